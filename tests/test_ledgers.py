"""Claims and beliefs are data: each row is held against the page that it names."""

import re

import pytest
from book_pages import PAGES, ROOT, executed, extension

ledgers = extension("ledgers")
ROWS = {name: [row for row in ledgers.rows(name) if row["page"] in PAGES] for name in ledgers.LEDGERS}
ON_PAGES = {name for name in PAGES if name.startswith("chapters/")}
CLAIMS, BELIEFS = ROWS["claims"], ROWS["misconceptions"]
BIBLIOGRAPHY = (ROOT / "book" / "references.bib").read_text("utf-8")
each_claim = pytest.mark.parametrize("row", CLAIMS, ids=lambda row: row["claim"])


def source(row):
    return (ROOT / f"{row['page']}.md").read_text("utf-8")


def found(row):
    return eval(row["value"], executed(ROOT / f"{row['page']}.md").names)


def holds(row):
    return abs(found(row) - row["is"]) <= row["within"]


@pytest.mark.slow
@each_claim
def test_a_claims_number_is_its_pages(row):
    assert holds(row), f"{row['value']} is {found(row)}, not {row['is']}"


@pytest.mark.slow
@each_claim
def test_a_claim_with_another_number_does_not_hold(row):
    away = 2 * row["within"] + 1e-3 * abs(row["is"])
    assert not holds(row | {"is": row["is"] + away})
    assert not holds(row | {"is": row["is"] - away})


@each_claim
def test_a_claims_label_stands_before_a_cell(row):
    assert re.search(rf"^\({row['at']}\)=\n```{{code-cell}}", source(row), re.M)


@each_claim
def test_a_claim_has_a_verdict_and_known_sources(row):
    assert row["verdict"] in ledgers.VERDICTS
    assert all(f"{{{key}," in BIBLIOGRAPHY for key in row.get("source", []))


def killed(row):
    """Whether the page has the place that the row names, and the row says what is there."""
    return bool(row.get("killer")) and f"({row.get('at')})=\n" in source(row)


@pytest.mark.parametrize("row", BELIEFS, ids=lambda row: row["belief"])
def test_a_belief_has_its_killer_on_the_page(row):
    assert killed(row)
    for part in ("killer", "at"):
        assert not killed({name: text for name, text in row.items() if name != part})
    assert not killed(row | {"at": f"{row['at']}-elsewhere"})


def test_a_row_is_of_a_page_that_is_or_will_be():
    """A page's name with a slip in it would leave its row out without a word."""
    for name in ledgers.LEDGERS:
        for row in ledgers.rows(name):
            assert row["page"] in ON_PAGES or not (ROOT / f"{row['page']}.md").exists()
            assert (ROOT / row["page"]).parent.is_dir(), row["page"]


def test_no_row_is_written_twice():
    for name, key in (("claims", "claim"), ("misconceptions", "belief")):
        said = [row[key] for row in ledgers.rows(name)]
        assert len(set(said)) == len(said)


@pytest.mark.parametrize("name", ledgers.LEDGERS)
def test_a_table_shows_the_rows_of_the_pages_there_are(name):
    lines = ledgers.table(name, PAGES).split("\n")
    assert len(lines) == 2 + len(ROWS[name])
    assert ledgers.table(name, []).count("\n") == 1
