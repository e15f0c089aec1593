"""What the page on sequences that become others says, held against its cells and its record."""

import re

import numpy as np
import pytest
from book_pages import ROOT, said

from rnnkit.records import TRANSLATE, comparisons, translations

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "applications" / "translate.md"
RECORD = translations()
SOUNDS = RECORD["sounds"]


def test_it_opens_with_a_word_and_gives_nothing_away():
    head = PAGE.read_text("utf-8").partition("# From one sequence")[2].partition("(cell-aligned)")[0]
    assert len(head.split()) < 60
    assert head.count("?") == 1
    assert not re.search(r"\$|attention|encoder", head)


def test_the_shown_words_do_what_is_said_of_them(page):
    shown = SOUNDS["shown"]
    assert set(page.names["order"]) == set(shown)
    knitted = shown["knitted"]
    looks = np.array(knitted["weights"])
    assert len(knitted["sound"]) == 5
    assert said(page, "*Knitted* has seven letters and five sounds: no step")
    assert said(page, "*Boxwood* has seven of each")
    assert [len(shown[word]["sound"]) for word in ("knitted", "boxwood")] == [5, 7]
    assert said(page, "no step looks most at its k, nor at one t")
    assert "".join(c for k, c in enumerate("knitted") if k not in looks.argmax(1)) == "kt"
    boxwood = np.argmax(shown["boxwood"]["weights"], 1)
    assert said(page, "its x makes two of them and one o none of its own")
    assert "".join(c for k, c in enumerate("boxwood") if k not in boxwood) == "o"
    assert np.argmax(shown["boxwood"]["weights"], 1).tolist().count(2) == 2, "its x makes two"
    assert (looks.argmax(1) != 0).all(), "it passes over the k"
    assert "K" not in knitted["sound"]
    assert knitted["without"][1][0] == "K", "without the n it says K"
    assert all(np.allclose(np.sum(one["weights"], 1), 1, atol=0.01) for one in shown.values())


def test_an_untrained_one_looks_everywhere_alike(page):
    weights = np.asarray(page.names["asked"].weights)[0, :, 0]
    assert abs(weights - 1 / 7).max() < 0.05
    assert np.mean([np.max(one["weights"], 1).mean() for one in SOUNDS["shown"].values()]) > 0.6


def test_the_pages_gradient_is_finite_differences(page):
    """Of weights that reach the loss through each part."""
    names = page.names
    xs, ys = names["letters"]("wreckage"), names["sounds"]("wreckage")
    _, grads = names["learn"](xs, ys)
    assert set(grads) == set(names["trained"])
    for name, values in names["trained"].items():
        at, eps = np.unravel_index(np.abs(grads[name]).argmax(), values.shape), 1e-5
        before, losses = values[at], []
        for value in (before + eps, before - eps):
            values[at] = value
            losses.append(names["learn"](xs, ys)[0])
        values[at] = before
        assert (losses[0] - losses[1]) / (2 * eps) == pytest.approx(grads[name][at], rel=1e-3, abs=1e-7), name


def test_four_words_are_by_heart(page):
    say, says = page.names["say"], page.names["says"]
    for word in page.names["order"]:
        assert say(word) == " ".join(p.rstrip("012") for p in says[word])
    assert said(page, "*knit* still gets the sounds of two letters more")
    assert say("knit") != "N IH T"


def test_the_pages_split_is_the_records(page):
    parts = page.names["parts"]
    assert len(parts[0]) > SOUNDS["sizes"][0]
    assert SOUNDS["sizes"][2] == 2000


def mean(of, name):
    return float(np.mean(of[name]))


def test_one_state_fails_with_the_length():
    of = {name: np.mean(seeds, 0) for name, seeds in SOUNDS["by_length"]["error"].items()}
    assert abs(of["one state"][1] - of["attention"][1]) < 0.03, "alike at four letters"
    assert of["one state"][-1] == pytest.approx(0.4, abs=0.06), "four sounds in ten"
    assert of["attention"][-1] < 0.5 * of["one state"][-1]
    assert (of["one state"][4:] > of["attention"][4:]).all()


def test_a_letter_that_is_looked_at_takes_its_sound_along():
    lost, alone = ({how: np.mean(of[key]) for how, of in SOUNDS["removed"].items()} for key in ("lost", "alone"))
    assert lost["most"] == pytest.approx(0.9, abs=0.04)
    assert lost["random"] == pytest.approx(0.25, abs=0.04)
    assert lost["least"] == pytest.approx(0.1, abs=0.04)
    assert alone["most"] == pytest.approx(0.4, abs=0.05)
    others = {how: np.mean(of["others"]) for how, of in SOUNDS["removed"].items()}
    assert all(lost[how] + others[how] == pytest.approx(1.7, abs=0.06) for how in ("most", "random", "least"))
    assert lost["most"] - 0.15 < lost["hidden most"] < lost["most"], "nearly as much"
    assert lost["hidden most"] > 0.8
    assert lost["hidden random"] == pytest.approx(1 / 6, abs=0.02), "once in six"
    assert lost["hidden least"] == pytest.approx(1 / 50, abs=0.01), "once in fifty"


def test_what_is_said_of_teacher_forcing():
    of = SOUNDS["forced"]["attention"]
    told, alone = (np.mean(of[way], 0) for way in ("told", "alone"))
    assert told.min() > 0.8
    assert told[0] == pytest.approx(alone[0], abs=1e-9), "nobody has said anything yet"
    assert told[-1] - alone[-1] > 0.12
    assert (told >= alone - 1e-9).all()
    assert mean(of, "told_after") == pytest.approx(0.88, abs=0.03), "nearly nine in ten"
    assert mean(of, "alone_after") == pytest.approx(0.7, abs=0.04), "seven"


def test_places_count_more_slips_than_edits():
    of = SOUNDS["forced"]["attention"]
    wrong, edits = (np.mean(of[key], 0) for key in ("wrong", "edits"))
    assert wrong[1] - wrong[0] == pytest.approx(0.06, abs=0.005), "six more by place"
    assert edits[1] - edits[0] == pytest.approx(0.02, abs=0.003), "two more by edits"


def test_the_word_that_derails_makes_one_slip_when_told(page):
    slip = page.names["slip"]
    assert sum(a != b for a, b in zip(slip["told"], slip["true"], strict=True)) == 1
    assert sum(a != b for a, b in zip(slip["alone"], slip["true"], strict=False)) > 1


def test_what_is_said_of_beams():
    by_width = {int(width): of for width, of in SOUNDS["beams"].items()}
    words = {width: mean(of, "words") for width, of in by_width.items()}
    assert words[1] - words[4] == pytest.approx(0.01, abs=0.007), "one word in a hundred"
    assert (np.array(by_width[1]["words"]) > by_width[4]["words"]).all(), "in each of three seeds"
    assert abs(words[4] - words[16]) < 0.003, "none more"
    log_p = [mean(of, "log_p") for of in by_width.values()]
    assert log_p == sorted(log_p)
    assert all(mean(by_width[width], "truth_less_probable") > 0.995 for width in (4, 16))
    assert mean(by_width[16], "among_ends") > 0.85, "often among the ends"


def test_labels_and_pairs_lead_and_one_state_loses_to_a_table(page):
    words, sounds = ({name: mean(SOUNDS[key], name) for name in SOUNDS[key]} for key in ("words", "sounds"))
    assert said(page, "Two are ahead: the labels by sounds, and the joint n-gram by words.")
    assert sorted(sounds, key=sounds.get)[:2] == sorted(words, key=words.get)[1::-1] == ["labels", "joint"]
    assert said(page, "which one comes after the last nine")
    assert min(SOUNDS["orders"], key=SOUNDS["orders"].get) == "10"
    assert said(page, "counted in seconds")
    assert RECORD["cpu_seconds"]["joint, 10 in a row"] < 30
    assert words["attention"] < words["trees"]
    assert sounds["attention"] == pytest.approx(sounds["trees"], abs=0.006)
    assert sounds["one state"] > sounds["memory"]
    assert max(SOUNDS["words"]["labels"]) < min(SOUNDS["words"]["attention"])


def test_slips_are_vowels(page):
    vowels = {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}
    assert {s[k] for s in SOUNDS["slips"][:4] for k in ("true", "said")} <= vowels
    assert len(SOUNDS["wrong"]) >= 3
    slipped = {one["word"]: one for one in SOUNDS["derailed"]}
    for one in SOUNDS["wrong"][:3]:
        told = slipped[one["word"]]["told"]
        wrong = [k for k, (a, b) in enumerate(zip(told, one["true"], strict=True)) if a != b]
        assert len(wrong) == 1, "told the truth, its only slip"
        assert one["true"][wrong[0]] in vowels
        assert not set(one["true"][: wrong[0]]) & vowels, "and the first"


def test_the_table_has_the_records_verdicts():
    rows = comparisons(TRANSLATE)
    assert [row.verdict for row in rows[:3]] == ["loses", "wins", "undecided"]
    assert [row.task.startswith("the sounds") for row in rows] == [True] * 3 + [False] * 3, "the page shows those"
    for name, (mean, low, high) in SOUNDS["words_less"].items():
        assert low < mean < high
        assert low > 0 if name == "attention" else low < 0 < mean, f"{name}: more words wrong than pairs"
