"""What the page on saving says, held against its cells, and against lines of our own."""

import json
import re
import struct
from collections import Counter

import numpy as np
import pytest
from book_pages import ROOT, said

from rnnkit.deploy import load_bundle, save_bundle

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "deployment" / "save.md"


def test_it_opens_with_a_choice_and_one_question():
    head = PAGE.read_text("utf-8").partition("# Save, load, and be sure")[2].partition("```")[0]
    assert len(head.split()) < 80
    assert head.count("?") == 1
    assert "$" not in head


def test_a_list_without_a_letter_moves_those_behind_it_and_no_others(names):
    letters = names["LETTERS"]
    for missing in names["MISSING"][1:]:
        behind = letters[letters.index(missing) :]  # itself too: it has no number of its own
        assert names["moved"][missing] == behind
        assert len(names["listed"](missing)) == len(names["reads"]) == 98
    assert names["moved"]["é"] == []


def logs(names, xs):
    """Log of the probability of each letter next, base 2, (T - 1, V)."""
    y = names["model"](names["ONE_HOT"][xs[:-1], None]).h[:, 0].astype(float)
    y -= y.max(-1, keepdims=True)
    return (y - np.log(np.exp(y).sum(-1, keepdims=True))) / np.log(2)


def test_harm_is_of_the_letter_itself_and_of_all_behind_it(page, names):
    costs, rare = names["costs"], re.findall(r"^(.): +(\d+) of a million letters", page.printed, re.M)
    assert list(costs.values()) == sorted(costs.values())
    assert costs["~"] == pytest.approx(costs["é"], abs=1e-6)
    uses = {letter: int(n) for letter, n in rare}
    assert list(uses) == list(names["MISSING"][1:])
    assert uses["x"] == max(uses.values())
    assert uses["&"] < uses["x"] / 100
    assert costs["&"] > 3 * costs["x"]
    unseen, right = names["unseen"], names["reads"].encode(names["unseen"])
    own = {}
    for letter in "x&":
        xs = names["listed"](letter).encode(unseen)
        lost = np.array([row[x] for row, x in zip(logs(names, xs), xs[1:], strict=True)])
        kept = np.array([row[x] for row, x in zip(logs(names, right), right[1:], strict=True)])
        own[letter] = (kept - lost)[xs[1:] == 1].sum() / len(lost)
    assert said(page, "most of the harm is the first")
    assert own["x"] > 0.6 * (costs["x"] - costs["é"])
    assert own["&"] < 0.1 * (costs["&"] - costs["é"])
    assert said(page, "more than three in four of the characters that are measured")
    assert (names["listed"]("&").encode(unseen) != right).mean() > 0.75


def test_at_the_grave_accent_it_writes_a_cipher(names):
    """A small letter stands for the one before it, in what it writes and in what it is given."""
    text = names["written"]["`"]
    assert "jg fyju" in text
    assert "tfmg" in text
    back = "".join(chr(ord(c) - 1) if "b" <= c <= "z" else c for c in text)
    assert "if exit: token = context.append(self." in back
    now, reads = names["listed"]("`"), names["reads"]
    assert now.encode("self").tolist() == reads.encode("rdke").tolist()


def test_its_weights_fit_and_its_probabilities_add_up(names):
    y = names["model"](names["ONE_HOT"][names["listed"]("&").encode("import"), None]).h.astype(float)
    p = np.exp(y - y.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    assert np.isfinite(y).all()
    assert p.sum(-1) == pytest.approx(1)
    assert p[..., :2].max() < 1e-9  # "it never says 0 or 1"


def test_the_network_is_type_aheads(names):
    from rnnkit.explorers.type_ahead import network

    known, text = network.load(), names["unseen"][:200]
    theirs = known.model(network.read(network.encode(text)[:, None])).h[:, 0]
    ours = names["model"](names["ONE_HOT"][names["reads"].encode(text), None]).h[:, 0]
    np.testing.assert_allclose(ours[:, 2:], theirs[:, names["at"][2:]], atol=1e-3)


def test_the_file_is_eight_bytes_json_and_numbers(page, names):
    raw = names["raw"]
    (size,) = struct.unpack("<Q", raw[:8])
    head = json.loads(raw[8 : 8 + size])
    assert list(head["__metadata__"]) == ["rnnkit"]
    assert len(raw) - size - 8 == sum(4 * a.size for a in names["model"].params.values())
    assert f"JSON {size:,} bytes, then 6 arrays" in page.printed
    assert {k: len(v) for k, v in names["hashes"].items()} == {1: 1, 8: 2}


def test_who_notices_what(page, names):
    silent = {f: [w for w, r in row.items() if isinstance(r, float)] for f, row in names["outcome"].items()}
    every = list(names["WAYS"])
    assert list(silent.values()) == [every[:2], every, every[:2], [], every[:2]]
    other_cell = names["outcome"]["The program makes another GRU of the same shapes"]
    right = names["right"]
    assert [r == pytest.approx(right, abs=1e-9) for r in other_cell.values()] == [False, True, True]
    one_bit = names["outcome"]["One bit of one weight changed on the way"]["weights alone"]
    assert 1e-5 < abs(one_bit - right) < 0.01  # nobody would see it in use
    assert said(page, "All three notice a file that is cut short.")
    assert said(page, "The configuration takes one fault away")
    refusals = [row["bundle"] for row in names["outcome"].values() if not isinstance(row["bundle"], float)]
    assert "its number 67 is '`', and here it is 'a'" in refusals[0]
    assert "other weights" in refusals[1]
    assert "as when it was saved" in refusals[3]


def test_it_is_refused_by_name_and_small_letters_are_not_seen(page, names):
    assert "its number 67 is '`', and here it is 'a'" in page.printed
    assert "its number 97 is '~', and here it is 'é'" in page.printed
    (small,) = (float(b) for b in re.findall(r"all letters made small: ([\d.]+) bits", page.printed))
    assert small > names["right"] + 0.5
    assert not re.search(r"/tmp|\\Temp", page.printed)


def test_a_fresh_process_gives_the_same_and_orders_a_set_anew(page):
    (gap,) = re.findall(r"another process, less this one: (\S+)", page.printed)
    assert float(gap) < 1e-5
    rows = re.findall(r"^(.{10}) … +([\d.]+) bits$", page.printed, re.M)
    assert len({order for order, _ in rows}) == 3
    assert said(page, "To hold all letters alike would cost 6.6 bits.")
    assert np.log2(97) == pytest.approx(6.6, abs=0.01)  # as many as Type Ahead reads, "other" among them
    assert min(float(paid) for _, paid in rows) > 6.6


def test_a_scale_of_many_is_harmless_and_of_one_is_not(page, names):
    correctly = {k: np.array(v) for k, v in names["correctly"].items()}
    same, anew, each = (correctly[k] for k in list(correctly)[:1] + list(correctly)[-2:])
    assert len(names["answers"]) == 382
    assert said(page, "of 382 unseen digits")
    assert same.min() > 0.88
    assert abs(anew - same).max() < 0.02
    assert said(page, "one more in eight is read wrong")
    assert (same - each).mean() == pytest.approx(1 / 8, abs=0.03)
    assert all(v.max() < 0.6 for k, v in correctly.items() if not np.array_equal(v, same) and k[:12] != "A scale made")
    for k, xs in names["COMES"].items():
        assert xs.shape == (8, 382, 8), k
    assert "the mean of feature 0 is" in page.printed


def test_a_pickle_ran_and_was_refused(page):
    ran, refused = page.printed.split("weights_only=False:")[1].split("torch.load, weights_only=True:")
    assert ran.strip() == "this line ran while the weights were read"
    assert refused.strip().startswith("Weights only load failed")


def test_a_module_of_ones_own_says_the_same_in_each_form(page):
    gaps = re.findall(r"^(.*\S) +less torch: (\S+)$", page.printed, re.M)
    assert [name for name, _ in gaps] == ["the bundle, loaded", "step by step", "onnxruntime"]
    assert max(float(gap) for _, gap in gaps) < 1e-5
    names = page.names
    y = names["again"].model(names["symbols"]).h.astype(float)
    p = np.exp(y - y.max(-1, keepdims=True))
    assert (p[..., :2] / p.sum(-1, keepdims=True)).max() < 1e-9  # "says neither"


def test_the_card_is_measured_again(page, names):
    card, anew = re.search(r"card: ([\d.]+) anew: ([\d.]+)", page.printed).groups()
    assert card == anew
    assert set(names["bundle"].card) == set(names["card"])


def test_exercises_have_the_answers_that_are_given(names, tmp_path):
    assert 0 < names["hit"] < 0.05
    assert names["first"] > 20
    counts = [Counter(text) for text in ("".join(names["counted"][:60]), "".join(names["counted"]))]
    assert [list(one.items) for one in (names["older"], names["newer"])] == [
        [letter for letter, _ in sorted(of.items(), key=lambda pair: -pair[1])] for of in counts
    ]
    crossed = {letter for k in names["changed"] for letter in names["older"].items[k : k + 1]}
    common = set(names["older"].items[: names["first"] - 1])
    assert not crossed & common
    assert sum(counts[1][letter] for letter in common) > 0.9 * sum(counts[1].values())  # "only rarer ones did"
    assert min(names["every"]) > 0.88
    usual = names["correctly"]["Nothing is different"]
    assert np.abs(np.subtract(names["every"], usual)).max() < 0.02  # "as before"
    scale = names["Scale"](names["ink"].xs)
    save_bundle(tmp_path / "ink.safetensors", names["readers"][0], scale)
    load_bundle(tmp_path / "ink.safetensors", expects=scale)  # "Does it notice? No."
