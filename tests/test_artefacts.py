"""Type Ahead's network: that the file is the record's, and that each part of what made it does what it says."""

import doctest
import gzip
import hashlib
import json
import math
import tokenize

import numpy as np
import pytest

pytest.importorskip("anywidget")
from artefacts import known
from artefacts.type_ahead import __main__ as make
from artefacts.type_ahead import corpus, export, held, ngram, units
from artefacts.type_ahead.labels import labels
from artefacts.type_ahead.train import Recipe, bits_per_character, train
from rnnkit import GRU, Linear, Sequential
from rnnkit.data.real import library
from rnnkit.explorers.type_ahead import network
from rnnkit.explorers.type_ahead.network import SYMBOLS, encode, read

RECORD = json.loads(make.RECORD.read_text("utf-8"))
ABOUT = network.load().about
SMALL = Recipe(units=32, steps=1500, batch=16, warmup=50)
SMALL_BAND = (2.62, 2.80)  # bits a character; seeds 0 to 4 gave 2.70 to 2.71


def pinned_texts(held_out, every):
    """The texts of every so many of the pinned files; skips where this Python's library has other ones."""
    files = [f for f in library.pinned() if f.held_out == held_out][::every]
    if differs := library.differing(files):
        pytest.skip(f"the library of Python {library.PYTHON} is pinned, but this one differs, as in {differs[0]}")
    return library.texts(files)


def random_model(H=5, seed=0):
    """Random weights, a bit larger than those that a layer is drawn with, biases included."""
    rng = np.random.default_rng(seed)
    model = Sequential(GRU(len(SYMBOLS), H), Linear(H, len(SYMBOLS)))
    model.params = {name: rng.uniform(-1, 1, a.shape) for name, a in model.params.items()}
    return model


# All artefacts.


def test_every_artefact_has_a_cost_files_and_tests():
    assert sorted(known.KNOWN) == known.there(), "artefacts/known.py has an entry for each script"
    for name, one in known.KNOWN.items():
        assert one.minutes > 0
        assert all((known.ROOT / file).is_file() for file in one.files), name
        text = (known.ROOT / one.tests[0]).read_text("utf-8")
        assert f"artefacts.{name}" in text or f"artefacts import {name}" in text, f"no test of {name} there"


def test_no_file_is_made_by_two_artefacts():
    files = [file for one in known.KNOWN.values() for file in one.files]
    assert len(set(files)) == len(files)
    records = {f"rnnkit/records/{path.name}" for path in (known.ROOT / "rnnkit" / "records").glob("*.json")}
    assert records <= set(files), "each record is made by one"


# The file and its record.


def test_the_file_is_the_records():
    assert hashlib.sha256(network.FILE.read_bytes()).hexdigest() == RECORD["network_sha256"]
    assert hashlib.sha256(library.LIST.read_bytes()).hexdigest() == RECORD["files_sha256"]
    assert ABOUT["figures"]["seed"] == RECORD["seed"]


def test_the_seed_is_the_one_that_the_rule_chooses():
    by_seed = {int(seed): r for seed, r in RECORD["first_half"].items()}
    assert sorted(by_seed) == sorted(make.SEEDS)
    assert make.chosen(by_seed) == RECORD["seed"]


def test_the_file_is_light():
    content = network.FILE.read_bytes()
    assert len(content) < 1_000_000
    assert len(gzip.compress(content)) < 120_000


def test_the_network_beats_the_table_of_five():
    bits = ABOUT["figures"]["bits_per_character"]
    assert bits["int8"] <= 1.85
    assert bits["int8"] < ABOUT["figures"]["five_gram"] - 0.05
    assert abs(bits["int8"] - bits["float32"]) < 0.01


@pytest.mark.slow
def test_the_loaded_weights_need_the_recorded_bits():
    sample = pinned_texts(True, make.SAMPLE)
    bits = bits_per_character(network.load().model, corpus.joined(sample))
    assert bits == pytest.approx(ABOUT["figures"]["sample_bits_per_character"], abs=0.002)


def test_units_are_sorted_and_named_from_what_was_measured():
    assert len(ABOUT["units"]) == 96
    for unit in ABOUT["units"]:
        assert unit["r"] >= make.NAMED if unit["follows"] else abs(unit["r"]) <= 1
    for name, preset in ABOUT["presets"].items():
        assert ABOUT["units"][preset["unit"]]["r"] > 0, name


@pytest.mark.parametrize("name", units.PRESETS)
def test_a_unit_follows_and_rotated_labels_are_near_chance(name):
    preset = ABOUT["presets"][name]
    assert preset["r"] >= 0.5
    assert preset["rotated"]["r"] < 0.1
    if name in units.ON_OR_OFF:
        assert preset["balanced_accuracy"] >= 0.85
        assert preset["rotated"]["balanced_accuracy"] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("name", units.PRESETS)
def test_the_unit_does_what_it_follows(name):
    """Held at the other end, it takes three times as much from what truly comes as another unit does."""
    probability = ABOUT["presets"][name]["probability"]
    lost = {key: probability["unheld"] - probability[key] for key in ("held", "another held")}
    assert probability["places"] >= 400
    assert lost["held"] > 0.1
    assert lost["held"] > 3 * abs(lost["another held"])


@pytest.mark.slow
def test_the_figures_of_the_units_are_measured_again():
    """On a part of the unseen files, so within a band."""
    model = network.load().model
    found = units.seen(model, pinned_texts(True, 2), longest=4000)
    for name in units.PRESETS:
        best, control = units.preset(found, name, rotations=3)
        assert abs(best.r) == pytest.approx(ABOUT["presets"][name]["r"], abs=0.15), name
        assert np.mean([abs(f.r) for f in control]) < 0.15, name


# What is read.


def test_the_list_is_what_its_rule_lists():
    pinned_texts(False, 1)
    pinned_texts(True, 1)
    assert library.LIST.read_text("utf-8") == corpus.listed()


def test_every_tenth_file_is_held_out():
    files = library.pinned()
    assert [f.held_out for f in files] == [k % 10 == 0 for k in range(len(files))]
    assert [f.path for f in files] == sorted(f.path for f in files)


def written(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, "utf-8", newline="")
    return folder


def test_a_changed_file_and_a_missing_one_are_errors_that_name_it(tmp_path):
    there = written(tmp_path, one="x = 1\n", two="y = 2\n")
    files = [library.File(library.hashed(there / f"{name}.py"), False, f"{name}.py") for name in ("one", "two")]
    assert library.texts(files, there) == ["x = 1\n", "y = 2\n"]
    written(tmp_path, two="y = 3\n")
    with pytest.raises(ValueError, match=r"1 of 2 files .* the first: two\.py, expected the library of Python 3"):
        library.texts(files, there)
    (there / "one.py").unlink()
    assert library.differing(files, there) == ["one.py", "two.py"]


def test_line_ends_of_another_system_change_nothing(tmp_path):
    there = written(tmp_path, one="x = 1\n", two="x = 1\r\n")
    assert library.hashed(there / "one.py") == library.hashed(there / "two.py")
    assert library.text(there / "two.py") == "x = 1\n"


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("x = 1\n", True),
        ("# Copyright (C) 2001-2007 Python Software Foundation\n", True),
        ("# Copyright 2007 Google, Inc.\n# Licensed to PSF under a Contributor Agreement.\n", True),
        ("# Copyright 1996 by Sam Rushing\n", False),
        ("# Copyright (c) 2001 Python Software Foundation\n# Copyright (c) 2000 BeOpen.com\n", False),
        ('print("credits and copyright")\n', True),
    ],
)
def test_files_of_other_holders_are_left_out(text, free):
    assert corpus.foundations(text) is free


def test_symbols_are_numbered_in_their_order():
    assert len(SYMBOLS) == 97
    assert encode(SYMBOLS).tolist() == list(range(97))
    assert encode("\té\U0001f600\r\x7f").tolist() == [96] * 5


def test_examples_in_docstrings_run():
    assert doctest.testmod(network).attempted > 0
    assert doctest.testmod(network).failed == 0


# What is so at each character.


def marked(name, source):
    """The characters after which a label is on, the others as dots."""
    return "".join(c if on else "." for c, on in zip(source, labels(source)[name], strict=True))


@pytest.mark.parametrize(
    ("name", "source", "on"),
    [
        ("single quotes", "f('ab', \"c\")\n", "..'ab........"),
        ("single quotes", "rb'a' + ''\n", "..'a....'.."),
        ("single quotes", "'''ab'''\nx = 'y'\n", ".............'y.."),
        ("single quotes", "# don't\n", "........"),
        ("closes a single quote", "f('ab', '')\n", "....b...'..."),
        ("comments and docstrings", "'''ab'''  # c\n", "'''ab'''..# c."),
        ("brackets", "a(b[c])d\n", ".(b[c]..."),
        ("brackets", "'(' + (1)\n", "......(1.."),
        ("closes a bracket", "a(b[c])\n", "....c].."),
    ],
)
def test_labels_of_small_sources(name, source, on):
    assert marked(name, source) == on


def test_indentation_and_place_in_the_line():
    source = "if x:\n    y = 1\nz"
    found = labels(source)
    assert found["indentation"].tolist() == [0] * 6 + [1, 2, 3, 4, 4, 4, 4, 4, 4, 4] + [0]
    assert found["place in the line"].tolist() == [1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]


def test_what_is_not_python_has_no_labels():
    with pytest.raises((tokenize.TokenError, SyntaxError)):
        labels("f(('a'\n")


# What follows it.


def fake(unit_is_label=True, n=4000, seed=0):
    """Four files in which unit 2, turned round, is the label of quotes, with some noise; the others are noise."""
    rng = np.random.default_rng(seed)
    on = (np.sin(np.arange(n) / 7 + np.cumsum(rng.normal(0, 0.3, n))) > 0.4).astype(int)
    h = rng.normal(0, 1, (n, 5)).astype(np.float32)
    if unit_is_label:
        h[:, 2] = -on + rng.normal(0, 0.1, n)
    zeros = np.zeros(n, int)
    names = (*units.PRESETS, "comments and docstrings", "closes a single quote", "closes a bracket")
    of = dict.fromkeys(names, zeros) | {"single quotes": on}
    return units.Seen(h, zeros, zeros, np.arange(n) * 4 // n, of)


def test_the_follower_is_found_and_rotated_labels_lose_it():
    best, control = units.preset(fake(), "single quotes")
    assert best.unit == 2
    assert best.r < -0.95
    assert best.accuracy > 0.99
    assert len(control) == 8
    assert max(abs(f.r) for f in control) < 0.25
    assert np.mean([f.accuracy for f in control]) == pytest.approx(0.5, abs=0.06)


def test_where_no_unit_follows_accuracy_is_chance():
    best, _ = units.preset(fake(unit_is_label=False), "single quotes")
    assert abs(best.r) < 0.1
    assert best.accuracy == pytest.approx(0.5, abs=0.05)


def test_correlations_are_numpys():
    rng = np.random.default_rng(0)
    h, label = rng.normal(0, 1, (50, 3)), rng.normal(0, 1, 50)
    h[:, 2] = 4
    expected = [np.corrcoef(h[:, k], label)[0, 1] for k in (0, 1)]
    assert units.correlations(h, label).tolist() == pytest.approx([*expected, 0])


def test_states_and_labels_stand_side_by_side():
    """Files of different lengths, side by side, give what each gives alone."""
    model, sources = random_model(), ["x = 'a'\n", "f(1)\n\n# c\n" * 40]
    found = units.seen(model, sources, longest=330)
    assert len(found.h) == 7 + 329
    text = sources[1][:330]
    alone = model.layers[0](read(encode(text)[:, None])).h[:-1, 0]
    assert np.allclose(found.h[7:], alone, atol=1e-6)
    assert found.following[7:].tolist() == encode(text)[1:].tolist()
    assert found.labels["brackets"][7:].tolist() == labels(sources[1])["brackets"][:329].tolist()
    assert found.file.tolist() == [0] * 7 + [1] * 329


def test_a_slow_unit_has_the_larger_autocorrelation():
    found = fake()
    slow = np.repeat(np.random.default_rng(1).normal(0, 1, 40), 100)
    found.h[:, 4] = slow
    assert units.autocorrelation(found).argmax() == 4
    assert units.autocorrelation(found)[0] == pytest.approx(0, abs=0.1)


def test_holding_a_unit_takes_away_what_the_readout_has_from_it():
    """Unit 2 alone speaks for symbol 7: at -1 its probability is that of a logit of -3 among 96 zeros."""
    readout = Linear(5, len(SYMBOLS))
    weight = np.zeros((len(SYMBOLS), 5))
    weight[7, 2] = 3
    readout.params = {"weight": weight, "bias": np.zeros(len(SYMBOLS))}
    n, of = 40, {name: np.ones(40, int) for name in ("single quotes", "closes a single quote", "closes a bracket")}
    of |= {name: np.zeros(n, int) for name in ("indentation", "place in the line", "comments and docstrings")}
    found = units.Seen(np.ones((n, 5), np.float32), np.zeros(n, int), np.full(n, 7), np.ones(n, int), of)
    got = held.held(found, readout, "single quotes", 2, most=10)
    on, off = (math.exp(x) / (math.exp(x) + 96) for x in (3, -3))
    assert got == pytest.approx({"places": 10, "unheld": on, "held": off, "another held": on})


@pytest.mark.parametrize(
    ("name", "source", "next_one"),
    [
        ("single quotes", "x = 'ab'\n", "'"),
        ("brackets", "f(a)\n", ")"),
        ("indentation", "if x:\n    y\n    z\n", " "),
        ("place in the line", "#" * 70 + "\n\n", "\n"),
    ],
)
def test_places_are_where_it_truly_comes(name, source, next_one):
    found = units.seen(random_model(), ["xx\n", source])  # the second file is of the other half
    rows = held.places(found, name)
    assert len(rows) == 1
    assert SYMBOLS[found.following[rows[0]]] == next_one


def scores(quotes, brackets=0.8, units=(1, 2, 3)):
    r = {"single quotes": quotes, "brackets": brackets, "indentation": 0.7}
    return {name: {"unit": unit, "r": r[name]} for name, unit in zip(r, units, strict=True)}


def test_the_seed_is_chosen_by_the_rule():
    """The clearest unit for quotes wins, but not where brackets have none, or the same one."""
    seeds = {1: scores(0.7), 2: scores(0.8), 3: scores(0.95, brackets=0.4), 4: scores(0.9, units=(1, 1, 3))}
    assert make.chosen(seeds) == 2
    with pytest.raises(ValueError, match="in no seed three units follow"):
        make.chosen({seed: seeds[seed] for seed in (3, 4)})


# What is written.


def test_order_and_sign_of_the_units_change_no_output():
    model, rng = random_model(), np.random.default_rng(1)
    order, sign = rng.permutation(5), np.array([1, -1, -1, 1, -1])
    xs = read(rng.integers(0, 97, (30, 4)))
    before, after = model(xs), export.arranged(model, order, sign)(xs)
    assert np.allclose(after.h, before.h, rtol=0, atol=1e-12)
    assert np.allclose(after.runs[0].h, before.runs[0].h[..., order] * sign, rtol=0, atol=1e-12)


def test_rounding_is_off_by_half_a_step_at_most():
    weight = np.random.default_rng(0).normal(0, 1, (6, 50))
    weight[3] = 0
    rows, scale = export.rounded(weight)
    assert rows.dtype == np.int8
    assert (np.abs(rows * scale[:, None].astype(float) - weight) <= 0.501 * scale[:, None]).all()
    assert np.abs(rows).max(1).tolist() == [127, 127, 127, 0, 127, 127]


def test_what_is_written_is_read_again(tmp_path):
    model, path = random_model(), tmp_path / "network.json"
    path.write_text(export.written(model, {"units": [1]}), "utf-8")
    again = network.load(path)
    assert again.about == {"units": [1]}
    for name, a in again.model.params.items():
        step = np.abs(model.params[name]).max(-1, keepdims=True) / 127
        assert (np.abs(a - model.params[name]) <= 0.501 * step).all(), name
    twice = export.written(again.model, {"units": [1]})
    path.write_text(twice, "utf-8")
    assert all(
        np.allclose(a, again.model.params[name], atol=1e-6) for name, a in network.load(path).model.params.items()
    )


def test_a_file_that_is_cut_short_is_refused(tmp_path):
    content = json.loads(export.written(random_model(), {}))
    content["rows"] = content["rows"][:-8]
    (tmp_path / "network.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(ValueError, match="97 symbols and 5 units need"):
        network.load(tmp_path / "network.json")


# What it costs a character, and the rival.


def test_bits_per_character_are_those_of_a_model_that_knows_nothing():
    model = random_model()
    model.params = {name: 0 * a for name, a in model.params.items()}
    assert bits_per_character(model, np.arange(90) % 97, lanes=3) == pytest.approx(math.log2(97))


def test_bits_per_character_read_on_over_the_chunks():
    """One lane of more than two chunks gives the mean surprise of the whole text in one run."""
    model, symbols = random_model(), np.random.default_rng(0).integers(0, 97, 451)
    logits = model(read(symbols[:-1, None])).h[:, 0]
    surprise = np.log(np.exp(logits).sum(-1)) - logits[np.arange(450), symbols[1:]]
    assert bits_per_character(model, symbols, lanes=1) == pytest.approx(surprise.mean() / math.log(2))


def test_the_table_interpolates_as_witten_and_bell():
    """Of "abab" against "ab", by hand: P1(b) = (2 + 2/97) / 6; after an a, one kind of character, twice, follows."""
    p_1 = (2 + 2 / 97) / (4 + 2)
    p_2 = (2 + 1 * p_1) / (2 + 1)
    bits = ngram.bits_per_character(encode("abab"), encode("ab"), 2)
    assert bits == pytest.approx([-math.log2(p_1), -math.log2(p_2)])


def test_the_tables_probabilities_add_up_to_one():
    read_, context = encode("abracadabra, abracadabra"), encode("abr")
    for n in (2, 4):
        ends = [np.append(context, k) for k in range(97)]
        total = sum(2 ** -ngram.bits_per_character(read_, end[-n:], n)[-1] for end in ends)
        assert total == pytest.approx(1)


@pytest.mark.slow
def test_the_table_of_five_needs_the_recorded_bits():
    symbols, unseen = (corpus.joined(pinned_texts(held_out, 1)) for held_out in (False, True))
    assert ngram.bits_per_character(symbols, unseen, 5)[-1] == pytest.approx(ABOUT["figures"]["five_gram"], abs=1e-3)


@pytest.mark.slow
def test_a_small_network_trained_anew_lands_in_its_band():
    """On a sixth of the files, in 12 seconds; the table of the last character needs 3.47 bits."""
    symbols, unseen = (corpus.joined(pinned_texts(held_out, 6)) for held_out in (False, True))
    bits = bits_per_character(train(symbols, SMALL, seed=0, report=lambda line: None).model, unseen)
    unigram, bigram = ngram.bits_per_character(symbols, unseen, 2)
    assert SMALL_BAND[0] < bits < SMALL_BAND[1]
    assert bits < bigram - 0.6
    assert bits < unigram - 1.5


def test_the_nonsense_words_of_the_page_stand_in_no_file():
    texts = [*pinned_texts(False, 1), *pinned_texts(True, 1)]
    assert not [word for word in ("wug", "florp") if any(word in text for text in texts)]
