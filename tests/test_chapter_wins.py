"""The page that counts all tasks: each by its best network beside its strongest cheap rival, the other rows apart."""

import re

import numpy as np
import pytest
from book_pages import ROOT, said

from rnnkit.records import BY_RULE, BY_US, MARGIN, OTHER, RULE, SOFT, comparisons, labels, translations

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "applications" / "wins.md"


def test_every_row_is_counted_set_apart_or_a_control(page):
    everything = comparisons()
    rows, beside, controls = (page.names[name] for name in ("rows", "beside", "controls"))
    assert len(rows) + len(beside) + len(controls) == len(everything)
    assert page.names["table"]._repr_html_().count("<tr>") == 1 + len(rows)
    assert {row.made for row in controls} == {BY_US}
    assert {row.group for row in controls} == {"a random walk"}
    assert {row.apart for row in beside} == {RULE, OTHER, SOFT}
    for row, (asked, answer) in zip(beside, page.names["left_out"], strict=True):
        assert row.task in asked
        assert row.baseline in asked
        assert answer.startswith(f"{row.verdict}: ")


def test_a_task_has_one_network_and_one_rival_at_each_horizon(page):
    for task, own in page.names["tasks"].items():
        assert len({row.task for row in own}) == len(own), task
        assert len({row.network for row in own}) == 1, task


def test_a_rival_set_apart_as_softer_is_softer():
    """By its own measure: the counted rival of the same task is nearer."""
    everything = comparisons()
    for soft in (row for row in everything if row.apart == SOFT):
        (counted,) = (row for row in everything if row.task == soft.task and not row.apart)
        assert counted.better == soft.better == "lower"
        assert sum(counted.theirs) / len(counted.theirs) < sum(soft.theirs) / len(soft.theirs)


def test_a_network_set_apart_is_worse_than_the_counted_one():
    """Over the rows of its task: the two networks on the riders are as good a day ahead."""
    everything = comparisons()
    for other in (row for row in everything if row.apart == OTHER):
        counted = [row for row in everything if row.group == other.group and not row.apart]
        others = [row for row in everything if (row.group, row.network) == (other.group, other.network) and row.apart]
        own, left = (sum(sum(row.ours) / len(row.ours) for row in rows) for rows in (counted, others[: len(counted)]))
        assert own > left if other.better == "higher" else own < left


def test_a_rule_set_apart_makes_no_mistake():
    assert {value for row in comparisons() if row.apart == RULE for value in row.theirs} == {1}


def test_the_counts_stand_under_the_guess(page):
    tasks, real = page.names["tasks"], page.names["real"]
    found = dict(
        re.findall(r"(wins|within the margin|ties|undecided|loses) (\d+)", page.names["seen"].split("</p>")[0])
    )
    assert sum(map(int, found.values())) == len(real) == 7
    assert set(page.names["won"]) == {task for task, own in tasks.items() if all(r.verdict == "wins" for r in own)}
    assert int(found["wins"]) == len(real & {*page.names["won"]}) == 0
    assert {task: own[0].made for task, own in tasks.items() if task not in real} == {
        "the labels of a program": BY_RULE,
        "tunes": BY_US,
    }
    assert said(page, "Seven of the nine tasks have real data.")
    assert len(tasks) == 9


def test_the_table_says_first_what_is_real(page):
    """And the answer stands behind the press alone: on real data first, the made ones after."""
    html = page.names["table"]._repr_html_()
    heads = re.findall(r'class="rk-part"><th[^>]*>(.*?)</th>', html)
    assert heads == ["Real data", BY_RULE, BY_US]
    seen = page.names["seen"]
    assert seen.index("7 tasks on real data: wins 0") < seen.index("It wins the other two, and a program made those")
    before = PAGE.read_text("utf-8").partition("(cell-does-it-win)=")[0]
    assert not re.search(r"wins? (none|no )|tokenizer|composed", re.sub(r"```.*?```", "", before, flags=re.S))


def test_the_wins_are_those_that_the_page_explains(page):
    assert set(page.names["won"]) == {"the labels of a program", "tunes"}
    text = PAGE.read_text("utf-8")
    assert not {*page.names["won"]} & page.names["real"]
    assert said(page, "Here it wins where a program made what is to be learned.")
    assert not said(page, "wins two"), "it stands behind the press, and so do the ends"
    assert text.index("## How a row ends") < text.index("## When it wins")
    assert [task for task, end in page.names["ends"].items() if end == "within the margin"] == ["programs"]
    (row,) = page.names["tasks"]["programs"]
    assert -row.margin < row.difference[0] < row.difference[2] < 0
    alone = [row.verdict for row in page.names["beside"] if row.network == "GRU of 96 units" and row.apart == OTHER]
    assert alone == ["loses", "ties"], "wins only with its rival's own memory"
    assert page.names["ends"]["spelling to sound"] == "undecided"
    assert set(page.names["LEARNED"]) == set(page.names["tasks"])


def test_the_win_on_programs_labels_is_one_of_training_on(page):
    """Each way is printed; and one package is more than half of the test."""
    tags, text = labels()["again"]["tags"], PAGE.read_text("utf-8")
    on = [f"{name}, trained longer" for name in ("both ways", "window of 255")]
    assert tags["counted"] == on
    means = {name: np.mean(tags[name]["best"], 0)[0] for name in ("both ways", "window of 255", *on)}
    assert said(page, "After five epochs each the network was ahead by 0.06")
    assert means["both ways"] - means["window of 255"] == pytest.approx(0.06, abs=0.005)
    assert 0 < means["both ways"] - means[on[1]] < 0.01
    assert said(page, "with both trained longer it is ahead by 0.03")
    assert means[on[0]] - means[on[1]] == pytest.approx(0.03, abs=0.005)
    assert f"{100 * tags['largest'][1]:.0f}\u00a0% is one package" in text
    apart = np.subtract(*(tags[name]["by_package"] for name in on))
    assert (int((apart > 0).sum()), int((apart < 0).sum())) == (14, 2)
    assert said(page, "the network is nearer on 14 of 19, and farther off on two")


def test_the_intervals_are_sorted_and_on_the_side_of_their_verdict(page):
    saved = page.names["saved"]
    for row in page.names["rows"] + page.names["controls"]:
        low, middle, high = saved(row)
        assert low <= middle <= high
        assert (row.verdict == "wins") == (low > 0 and middle > 5)
        assert (row.verdict == "loses") == (high < 0 and middle < -5)
        assert (row.verdict == "within the margin") == (low * high > 0 and abs(middle) <= 5)


def test_german_is_lost_by_one_measure_and_won_by_the_other(page):
    assert said(
        page,
        "German is lost by chrF, and by BLEU the same network [is ahead](chapter-sentences), in each of three seeds.",
    )
    scores = translations()["sentences"]["scores"]
    (row,) = page.names["tasks"]["a short text, English to German"]
    assert row.verdict == "loses"
    for rival in ("word by word", "memory"):
        assert max(scores["GRU"]["chrF"]) < min(scores[rival]["chrF"])
        assert min(scores["GRU"]["BLEU"]) > max(scores[rival]["BLEU"])


def test_the_rule_and_its_place_are_as_said(page):
    text = PAGE.read_text("utf-8")
    assert text.index("Guessed(") < text.index("## How a row ends"), "the rule stands below the guess, the counts in it"


def test_the_margin_and_the_controls_are_as_said(page):
    assert MARGIN == 0.05
    assert all(row.verdict != "wins" for row in page.names["controls"])
