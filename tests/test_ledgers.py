"""Claims and beliefs are data: each row is held against the page that it names."""

import re

import pytest
from book_pages import PAGES, ROOT, executed, extension

ledgers = extension("ledgers")
ROWS = {name: [row for row in ledgers.rows(name) if row["page"] in PAGES] for name in ledgers.LEDGERS}
CLAIMS, BELIEFS = ROWS["claims"], ROWS["misconceptions"]
BIBLIOGRAPHY = (ROOT / "book" / "references.bib").read_text("utf-8")
each_claim = pytest.mark.parametrize("row", CLAIMS, ids=lambda row: row["claim"])


def source(row):
    return (ROOT / f"{row['page']}.md").read_text("utf-8")


def found(row):
    return eval(row["value"], executed(ROOT / f"{row['page']}.md").names)


def holds(row):
    return abs(found(row) - row["is"]) <= row["within"]


@each_claim
def test_a_claims_number_is_its_pages(row):
    assert holds(row), f"{row['value']} is {found(row)}, not {row['is']}"


@each_claim
def test_a_claim_with_another_number_does_not_hold(row):
    for other in (row["is"] + 2 * row["within"] + 1e-3 * abs(row["is"]), row["is"] - 2 * row["within"] - 1e-3 * abs(row["is"])):
        assert not holds(row | {"is": other})


@each_claim
def test_a_claims_label_stands_before_a_cell(row):
    assert re.search(rf"^\({row['at']}\)=\n```{{code-cell}}", source(row), re.M)


@each_claim
def test_a_claim_has_a_verdict_and_known_sources(row):
    assert row["verdict"] in ledgers.VERDICTS
    assert all(f"{{{key}," in BIBLIOGRAPHY for key in row.get("source", []))


@pytest.mark.parametrize("row", BELIEFS, ids=lambda row: row["belief"])
def test_a_belief_has_its_killer_on_the_page(row):
    assert f"({row['at']})=\n" in source(row)
    assert row["killer"]


def test_no_row_is_written_twice():
    for name, key in (("claims", "claim"), ("misconceptions", "belief")):
        said = [row[key] for row in ledgers.rows(name)]
        assert len(set(said)) == len(said)


@pytest.mark.parametrize("name", ledgers.LEDGERS)
def test_a_table_shows_the_rows_of_the_pages_there_are(name):
    lines = ledgers.table(name, PAGES).split("\n")
    assert len(lines) == 2 + len(ROWS[name])
    assert ledgers.table(name, []).count("\n") == 1
