"""The runs of the page on sequences: the record is its scripts', each part does what it says, small runs come anew."""

import json

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sacrebleu")
from artefacts.translate import align, dates, decode, joint, removed, report, sentences, sounds, words
from artefacts.translate.network import END, START, Translator
from artefacts.translate.record import DEPENDS, Runs, fingerprint
from artefacts.translate.train import Pairs, Recipe, train
from rnnkit.losses import softmax_cross_entropy
from rnnkit.records import TRANSLATE, comparisons, translations

RECORD = translations()
SOUNDS = RECORD["sounds"]


def test_the_record_is_of_the_scripts_as_they_are():
    assert RECORD["scripts_sha256"] == {name: fingerprint(name) for name in DEPENDS}
    assert TRANSLATE.stat().st_size < 150_000


def test_the_record_has_three_seeds_of_everything_that_draws():
    drawn = [SOUNDS["words"][name] for name in ("attention", "one state", "labels", "trees")]
    drawn += [RECORD["dates"]["right"][kind][part] for kind in report.KINDS for part in ("near", "far")]
    drawn += list(RECORD["sentences"]["scores"]["GRU"].values())
    assert all(len(seeds) == 3 for seeds in drawn)
    assert sum(RECORD["cpu_seconds"].values()) < 30 * 60


def test_rows_have_the_numbers_of_the_record():
    rows = comparisons(TRANSLATE)
    assert rows[0].ours == pytest.approx(SOUNDS["sounds"]["attention"], abs=1e-4)
    assert all(row.ours == pytest.approx(SOUNDS["sounds"]["labels"], abs=1e-4) for row in rows[1:3])
    checked = {name: np.mean(SOUNDS["checked"][name]) for name in ("memory", "trees", "joint")}
    assert SOUNDS["cheap"] == min(checked, key=checked.get) == "joint"
    assert SOUNDS["checked"]["joint"][0] == min(SOUNDS["orders"].values()), "the order is chosen on other words"
    for row in rows:
        assert row.difference[0] == pytest.approx(np.mean(row.ours) - np.mean(row.theirs), abs=2e-3)
        assert row.items > 500


# The network.

RNG = np.random.default_rng(0)
TOY = Pairs([RNG.integers(1, 6, n) for n in (3, 5, 4)], [RNG.integers(2, 7, n) for n in (2, 4, 3)])


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("attends", [True, False])
def test_gradients_are_the_slopes(attends, backend):
    model = Translator(6, 7, 4, 3, attends, 0, backend=backend, dtype=np.float64)
    xs, mask, ys, there = TOY.batch(range(3))

    def loss():
        told, encoded = model.told(xs, mask, ys)
        logits = told.logits.detach() if backend == "torch" else told.logits
        value, d_logits = softmax_cross_entropy(logits, ys[1:], there)
        return float(value), d_logits, told, encoded

    _, d_logits, told, encoded = loss()
    grads = model.gradients(told, encoded, d_logits)
    assert set(grads) == set(model.params)
    start, rng = model.copied(), np.random.default_rng(1)
    for name, a in start.items():
        place = tuple(rng.integers(size) for size in a.shape)
        values = []
        for push in (1e-5, -1e-5):
            moved = a.copy()
            moved[place] += push
            model.take({name: moved})
            values.append(loss()[0])
        model.take({name: a})
        assert float(grads[name][place]) == pytest.approx((values[0] - values[1]) / 2e-5, abs=1e-8), name


def test_padding_changes_nothing():
    model = Translator(6, 7, 4, 3, True, 0, dtype=np.float64)
    xs, mask, ys, _ = TOY.batch([1, 0])
    both, _ = model.told(xs, mask, ys)
    alone = TOY.batch([0])
    one, _ = model.told(*alone[:3])
    S, T = len(alone[2]) - 1, len(alone[0])
    assert np.allclose(both.logits[:S, 1].detach(), one.logits[:, 0].detach(), atol=1e-12)
    assert np.allclose(both.weights[:S, :T, 1].detach(), one.weights[:, :, 0].detach(), atol=1e-12)


def every_end(model, source, longest):
    """All sequences of up to so many symbols with their log p, by telling each of them."""
    ends = [[]]
    for n in range(longest + 1):
        ends += [[*start, v] for start in ends if len(start) == n for v in range(2, 5)] if n < longest else []
    of = Pairs([source] * len(ends), [np.array(end, int) for end in ends])
    found = decode.forced(model, of)
    return {tuple(end): decode.log_p(p, np.array(end, int)) for end, p in zip(ends, found, strict=True)}


@pytest.mark.parametrize("attends", [True, False])
def test_a_wide_search_finds_the_most_probable(attends):
    """Of all sequences of three symbols or less; and the log p of what any search says is that of telling it."""
    model = Translator(6, 5, 3, 2, attends, 3, dtype=np.float64)
    model.take({name: 3 * a for name, a in model.copied().items()})
    source = np.array([1, 4, 2])
    every = every_end(model, source, 3)
    assert np.exp(list(every.values())).sum() < 1 + 1e-9
    for width in (1, 4, 200):
        best = decode.beams(model, [source, source[:2]], width, 3)[0][0]
        if len(best.symbols) < 3:  # at the last step nothing but an END is allowed
            assert best.log_p == pytest.approx(every[tuple(best.symbols)], abs=1e-9)
    found = decode.beams(model, [source], 200, 3)[0]
    assert tuple(found[0].symbols) == max(every, key=every.get)
    assert decode.greedy(model, [source], 3)[0].log_p <= found[0].log_p


def test_a_hidden_place_gets_no_weight():
    model = Translator(6, 5, 3, 2, True, 0)
    seen, hidden = (decode.greedy(model, [np.array([1, 2, 3])], 4, at)[0] for at in (None, np.array([1])))
    assert (seen.weights[:, 1] > 0).all()
    assert (hidden.weights[:, 1] == 0).all()
    assert np.allclose(hidden.weights.sum(1), 1)


def some(of, n):
    return Pairs(*(rows[:: len(rows) // n] for rows in of))


@pytest.mark.slow
def test_a_short_run_of_the_words_lands_in_its_band():
    """Of 2,000 words and four epochs; seeds 0 to 2 came to 0.337, 0.330 and 0.321 of the sounds."""
    of = words.parts()
    model = Translator(27, 2 + len(of.phonemes), 32, 16, True, 0)
    train(model, some(of.pairs(0), 2000), some(of.pairs(1), 200), Recipe(32, 16, epochs=4, batch=32, rate=0.01), 0)
    said = decode.greedy(model, of.pairs(2).sources[::5], sounds.LONGEST)
    counts = words.edits([of.sound(one.symbols) for one in said], of.sounds[2][::5])
    assert 0.26 < words.phoneme_error(counts) < 0.4
    assert words.phoneme_error(counts) > max(SOUNDS["sounds"]["attention"])


@pytest.mark.slow
def test_a_network_learns_to_turn_round():
    """A small one, of 200 updates; seeds 0 to 2 had all of 100 right."""
    rng = np.random.default_rng(0)
    rows = [rng.integers(1, 5, rng.integers(2, 5)) for _ in range(500)]
    of = Pairs(rows, [1 + row[::-1] for row in rows])
    model = Translator(5, 6, 16, 8, True, 0)
    learn, check = Pairs(of.sources[:400], of.targets[:400]), Pairs(of.sources[400:], of.targets[400:])
    losses = train(model, learn, check, Recipe(16, 8, epochs=8, batch=16, rate=0.02), 0)
    said = decode.greedy(model, check.sources, 6)
    right = np.mean([one.symbols == t.tolist() for one, t in zip(said, check.targets, strict=True)])
    assert right > 0.8
    assert losses[-1] < 0.3 * losses[0]


# Words.


@pytest.mark.slow
def test_families_are_apart_and_stress_is_gone():
    of = words.parts()
    assert [len(part) for part in of.words] == SOUNDS["sizes"]
    begins = [{word[: words.FAMILY] for word in part} for part in of.words]
    assert not begins[0] & begins[2]
    assert len(of.phonemes) == 39
    pairs = of.pairs(2)
    assert of.sound(pairs.targets[0]) == of.sounds[2][0][0]
    assert [words.LETTERS[k - 1] for k in pairs.sources[0]] == list(of.words[2][0])


def test_edits_are_to_the_nearest_way_to_say_a_word():
    ways = [[("R", "IY", "D"), ("R", "EH", "D")], [("K",)]]
    found = words.edits([["R", "EH", "D"], ["K", "AA"]], ways)
    assert found.tolist() == [[0, 3], [1, 1]]
    assert (words.word_error(found), words.phoneme_error(found)) == (0.5, 0.25)


def test_letters_are_aligned_with_what_they_make():
    """abc: a makes 0, b makes nothing, c makes 1 and 2; found from the words alone."""
    makes = {1: [0], 2: [], 3: [1, 2]}
    rng = np.random.default_rng(0)
    sources = [np.append(rng.integers(1, 4, rng.integers(1, 6)), 1) for _ in range(300)]
    targets = [np.array([p for letter in source for p in makes[int(letter)]]) for source in sources]
    table = align.learned(sources, targets, 4, 3)
    made, fine = align.best(sources, targets, table)
    assert fine.all()
    for n, (source, target) in enumerate(zip(sources, targets, strict=True)):
        assert align.chunks(source, target, made[:, n]) == [tuple(makes[int(k)]) for k in source]


def test_a_memory_says_what_it_has_seen():
    known = sounds.Aligned([("A",), ("B",)], [[np.array([1, 2]), np.array([3, 2])], []], [[[0, 0], [1, 1]], []])
    assert sounds.remembered(known, [np.array([1, 2]), np.array([3, 2])]) == [("A", "A"), ("B", "B")]
    assert sounds.remembered(known, [np.array([1])]) == [("A",)]


SPELLED = [[1, 2, 3], [1, 2, 4], [1, 2, 3, 1], [2, 3]] * 5 + [[4, 1, 1]]


@pytest.mark.parametrize("order", [1, 2, 4])
def test_what_comes_next_of_pairs_sums_to_one(order):
    """After what was seen, what was seen in part, and what was never seen; the END counts among them."""
    model = joint.Joint(SPELLED, order)
    every = [joint.END, 1, 2, 3, 4]
    for last in ([1, 2, 3], [4, 4, 2], [3, 4, 4], [joint.START] * 3):
        history = tuple(last[4 - order :]) if order > 1 else ()
        found = model.p(history, every)
        assert sum(found) == pytest.approx(1)
        assert min(found) > 0


def test_shorter_orders_count_what_came_before_and_not_how_often():
    """3 came twenty times after the same pair, 4 came thrice, after three: of the shortest table 4 has more."""
    model = joint.Joint([[1, 3]] * 20 + [[1, 4], [2, 4], [5, 4]], 2)
    often, widely = model.p((), [3, 4])
    assert widely > often
    often, widely = model.p((1,), [3, 4])
    assert often > widely


def test_a_beam_of_pairs_finds_the_likeliest_row():
    """Letter 7 makes 1 or 2, letter 8 makes 3 or 4: of all four rows the likeliest one, by telling each."""
    rng = np.random.default_rng(0)
    model = joint.Joint([[int(rng.integers(1, 3)), int(rng.integers(3, 5))] * 2 for _ in range(40)], 3)
    makes = {7: {1: 10, 2: 20}, 8: {3: 30, 4: 40}}

    def told(row):
        whole = (joint.START, joint.START, *row, joint.END)
        return np.prod([model.p(whole[k - 2 : k], [whole[k]])[0] for k in range(2, len(whole))])

    best = max(((a, b) for a in (1, 2) for b in (3, 4)), key=told)
    assert joint.searched(model, makes, [7, 8]) == [{**makes[7], **makes[8]}[k] for k in best]


def test_pairs_say_what_they_have_seen():
    known = sounds.Aligned([("A",), ("B",)], [[np.array([1, 2]), np.array([3, 2])], []], [])
    known = known._replace(targets=[[np.array([0, 0]), np.array([1, 1])], []])
    assert joint.said(known, [np.array([1, 2]), np.array([3, 2])], 2) == [("A", "A"), ("B", "B")]


def test_a_window_of_a_letter_is_nine_wide():
    rows = sounds.windows([np.array([3, 4, 5])])
    assert rows.shape == (3, 9)
    assert rows[0].tolist() == [0, 0, 0, 0, 3, 4, 5, 0, 0]
    assert sounds.one_hot(rows).shape == (3, 9 * 26)
    assert sounds.one_hot(rows).sum() == 9


@pytest.mark.parametrize(
    ("before", "after", "stays"),
    [
        ([1, 2, 3], [1, 2, 3], [True, True, True]),
        ([1, 2, 3], [1, 3], [True, False, True]),
        ([1, 2, 3], [1, 4, 3], [True, False, True]),
        ([1, 2, 3], [5, 1, 2, 3], [True, True, True]),
        ([1, 2], [], [False, False]),
    ],
)
def test_what_stays_of_a_word(before, after, stays):
    assert removed.kept(before, after) == stays


def test_effects_are_counted_as_they_are():
    """A decoder that says nothing but END loses no sound, for there is none; a letter is taken by its weight."""
    weights = np.array([0.1, 0.7, 0.2])
    rng = np.random.default_rng(0)
    assert (removed.chosen(weights, "most", rng), removed.chosen(weights, "least", rng)) == (1, 0)
    assert {removed.chosen(weights, "random", rng) for _ in range(50)} == {0, 1, 2}
    assert removed.without(np.array([4, 5, 6]), 1).tolist() == [4, 6]


# Dates.


def test_the_rule_reads_every_date():
    of = dates.parts()
    for texts, isos in zip(of.texts, of.isos, strict=True):
        assert [dates.rule(text) for text in texts[:300]] == isos[:300]
    assert dates.rule("yesterday") == ""
    days = [set(isos) for isos in of.isos]
    assert not days[0] & days[2]
    assert {iso[:2] for iso in of.isos[0]} == {"19", "20"}
    assert {iso[:2] for iso in of.isos[3]} == {"18", "19"}


def test_dates_are_numbers_and_back():
    of = dates.parts()
    pairs = of.pairs(0)
    assert dates.iso(pairs.targets[0].tolist()) == of.isos[0][0]
    assert min(map(min, pairs.sources)) > START
    assert min(map(min, pairs.targets)) > END


# Sentences.


def small_texts():
    english = [["New", "file"], ["New", "page"], ["Old", "file"]]
    german = [["Neue", "Datei"], ["Neue", "Seite"], ["Alte", "Datei"]]
    from rnnkit.data import Vocabulary

    return sentences.Texts([english], [german], (Vocabulary(english), Vocabulary(german)))


def test_a_table_of_words_finds_which_word_is_which():
    of = small_texts()
    assert sentences.word_by_word(of, [["Old", "page"], ["Older", "file"]]) == ["Alte Seite", "Older Datei"]
    assert sentences.nearest(of, [["New", "pages"]]) == ["Neue Seite"]


def test_words_and_marks_become_a_text_again():
    assert sentences.text(sentences.tokens("_Save as… (a copy)?")) == "Save as… (a copy)?"
    assert sentences.text(["Ist", "das", "so", "?"]) == "Ist das so?"


def test_a_word_without_a_number_is_copied_from_where_it_looks():
    of = small_texts()
    known = 2 + of.vocabularies[1].encode(["Neue", "Unbekannte"])
    said = decode.Said(known.tolist(), np.array([[1, 0], [0, 1], [0, 1]]), 0.0)
    assert report.written(of, ["New", "Writer"], said) == "Neue Writer"


def test_runs_are_timed_kept_and_compared(tmp_path):
    runs = Runs(tmp_path)
    assert runs.timed("dates, one", lambda a: a + 1, 1) == 2
    assert Runs(tmp_path).timed("dates, one", lambda a: pytest.fail("it ran again"), 1) == 2
    with pytest.raises(KeyError):
        runs.timed("nothing, one", lambda: 1)
    told = dict.fromkeys(("task", "data", "measure", "network", "baseline"), "x")
    runs.compare(np.ones((2, 9)), np.zeros(9), lambda values: float(values.mean()), "lower", **told)
    assert runs.rows[0]["difference"] == [1, 1, 1]
    runs.write({"a": 1}, tmp_path / "record.json")
    assert json.loads((tmp_path / "record.json").read_text("utf-8"))["a"] == 1
