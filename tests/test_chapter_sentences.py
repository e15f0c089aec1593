"""What the page of scores says, held against its cells and its record."""

import re

import numpy as np
import pytest
from book_pages import ROOT, said

from artefacts.translate.dates import FAR, NEAR
from rnnkit.records import TRANSLATE, comparisons, translations

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "applications" / "sentences.md"
RECORD = translations()
DATES, TEXTS = RECORD["dates"], RECORD["sentences"]


def test_it_opens_with_four_translations_and_one_question():
    head = PAGE.read_text("utf-8").partition("# What does a score not see?")[2].partition("```")[0]
    assert len(head.split()) < 60
    assert head.count("?") == 1
    assert not re.search(r"\$|opposite|pieces|BLEU|chrF", head)


def mean(of, name):
    return float(np.mean(of[name]))


def test_a_translation_that_says_the_opposite_scores_higher(page):
    rows = re.findall(r"^(\w.*\.)\n +formula (\d+), BLEU (\d+), chrF (\d+)$", page.printed, re.M)
    assert [row[0] for row in rows] == page.names["FOUR"]
    scores = {said: [float(score) for score in row] for said, *row in rows}
    saving, document, opposite, sold = scores.values()
    assert said(page, "A and B say what the message says, and have the lowest scores.")
    for right in (saving, document):
        assert all(wrong[k] > 2 * right[k] for wrong in (opposite, sold) for k in (1, 2))
    assert said(page, "A, B and C have no piece of four words of the reference. So $p_4 = 0$")
    assert [row[0] for row in scores.values()][:3] == [0, 0, 0]
    assert sold[0] > 0
    assert said(page, "and so C comes to its 41")
    assert opposite[1] == 41
    assert page.names["strict"].smooth_method == "exp"
    words = [set(one.rstrip(".").split()) ^ set(page.names["WANTED"].rstrip(".").split()) for one in page.names["FOUR"]]
    assert words[2:] == [{"not"}, {"saved", "sold"}], "each is one word away"


def test_the_card_shows_the_scores_that_the_code_prints(page):
    """And underlines the words that stand in the reference."""
    for one, *scores in re.findall(r"^(\w.*\.)\n +formula \d+, BLEU (\d+), chrF (\d+)$", page.printed, re.M):
        assert re.findall(r"</span> (\d+)", page.names["scored"](one)) == scores
    assert page.names["marked"]("The file was saved.").count("<mark>") == 4
    assert page.names["marked"]("Saving the file failed.").count("<mark>") == 1


def test_two_words_have_no_piece_of_four(page):
    (first,) = re.findall(r"^Insert rows +([\d.]+) +([\d.]+)$", page.printed, re.M)
    assert first == ("0.0", "100.0")
    made, true = page.names["made"], page.names["true"]
    each = [page.names["bleu"].sentence_score(a, [b]).score for a, b in zip(made, true, strict=True)]
    assert abs(np.mean(each) - page.names["whole"]) > 5, "no mean of theirs"


def test_the_measures_put_the_translators_in_opposite_orders(page):
    scores = {name: {m: float(np.mean(seeds)) for m, seeds in of.items()} for name, of in TEXTS["scores"].items()}
    order = ["GRU", "memory", "word by word", "English"]
    assert sorted(scores, key=lambda name: -scores[name]["BLEU"]) == order
    assert sorted(scores, key=lambda name: -scores[name]["chrF"]) == [*order[2::-1], "English"]
    assert 1 / 8.2 < scores["GRU"]["right"] < 1 / 7
    assert min(TEXTS["scores"]["GRU"]["right"]) > scores["word by word"]["right"], "in all three seeds"
    assert said(page, "three seeds are ahead of it, by less than 1,108 texts can tell")
    for right in TEXTS["scores"]["GRU"]["right"]:
        spread = sum(p * (1 - p) / TEXTS["sizes"][2] for p in (right, scores["word by word"]["right"])) ** 0.5
        assert right - scores["word by word"]["right"] < 1.96 * spread
    assert TEXTS["sizes"][0] == 9420
    assert "9,420 pairs" in page.prose


def test_dates_are_right_where_the_test_is_like_the_training_part(page):
    right = DATES["right"]
    assert right["attention"]["near"] == [1, 1, 1]
    assert 0.9 < mean(right["one state"], "near") < 0.99
    assert mean(right["attention"], "far") == pytest.approx(1 / 3, abs=0.07), "two of three are wrong"
    assert [f"{100 * share:.0f}" for share in DATES["centuries"]["18"]] == ["15", "27", "44"]
    assert [f"{100 * share:.0f}" for share in DATES["centuries"]["19"]] == ["46", "42", "18"]
    assert said(page, "of those the three seeds have 15, 27 and 44 % right")
    assert said(page, "of 1900 to 1949 they have 46, 42 and 18 %")
    assert (NEAR, FAR) == ((1950, 2050), (1850, 1950)), "half of the known years begin with 19, none with 18"
    assert DATES["rule"] == {"near": 1, "far": 1}
    slips = " ".join(row[2] for row in DATES["slips"]["attention, far"])
    assert "1180-01-16" in slips


def test_a_lost_not_costs_two_points(page):
    (score,) = re.findall(r"^BLEU ([\d.]+)$", page.printed, re.M)
    assert float(score) == pytest.approx(98, abs=0.7)
    (score,) = re.findall(r"^nineteen short: ([\d.]+)$", page.printed, re.M)
    assert float(score) == pytest.approx(62, abs=0.5), "a fall of 38"


def test_the_table_has_the_records_verdicts():
    assert [row.verdict for row in comparisons(TRANSLATE)][3:] == ["ties", "loses", "loses"]
