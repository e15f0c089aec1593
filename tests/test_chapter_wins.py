"""The page that counts all comparisons: each stands in its table, a control in a table of its own and in no count."""

import re

import pytest
from book_pages import ROOT, executed

from rnnkit.records import MARGIN, comparisons

pytestmark = pytest.mark.slow  # the page is executed
PAGE = ROOT / "chapters" / "applications" / "wins.md"


@pytest.fixture(scope="module")
def page():
    return executed(PAGE)


def test_every_row_stands_under_the_guess_and_every_control_apart(page):
    everything = comparisons()
    html = page.names["table"]._repr_html_()
    assert html.count("<tr>") == 1 + sum(not row.control for row in everything)
    assert sum(page.names["ends"].values()) + len(page.names["controls"]) == len(everything)
    assert {row.group for row in page.names["controls"]} == {"a random walk"}


def test_the_counts_add_up_and_stand_under_the_guess(page):
    ends, seen = page.names["ends"], page.names["seen"]
    by_task, by_row = (dict(re.findall(r"(wins|ties|undecided|loses) (\d+)", part)) for part in seen.split("</p>")[:2])
    assert {end: int(count) for end, count in by_row.items()} == {end: ends[end] for end in page.names["ENDS"]}
    assert sum(map(int, by_row.values())) == len(page.names["rows"])
    assert sum(map(int, by_task.values())) == len({row.group or row.task for row in page.names["rows"]})


def test_a_task_is_won_only_if_each_of_its_rows_is(page):
    rows = page.names["rows"]
    lost = {row.group or row.task for row in rows if row.verdict != "wins"}
    assert set(page.names["won"]) == {row.group or row.task for row in rows} - lost
    assert f"wins {len(page.names['won'])}" in page.names["seen"]


def test_on_the_dates_no_row_can_be_won():
    rivals = {value for row in comparisons() if row.group == "dates" for value in row.theirs}
    assert rivals == {1}


def test_a_rule_labels_programs_without_a_mistake():
    assert [1] in [row.theirs for row in comparisons() if row.group == "the labels of a program"]


def test_the_rule_and_its_place_are_as_said(page):
    text = PAGE.read_text("utf-8")
    assert text.index("Guessed(") < text.index("## How a row ends"), "the rule stands below the guess, the counts in it"


def test_the_margin_and_the_controls_are_as_said(page):
    assert MARGIN == 0.05
    assert all(row.verdict != "wins" for row in page.names["controls"])
