"""The book as one file: its pages, its outline, its contents, its text. A third of the pages, or all of them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from printed import tails, texts
from pypdf import PdfReader
from test_pages import PAGES

ROOT = Path(__file__).resolve().parents[2]


A_THIRD, ALL = pytest.param(PAGES[::3], id="a third"), pytest.param(PAGES, id="all", marks=pytest.mark.heavy)


@pytest.fixture(scope="module", params=[A_THIRD, ALL])
def names(request):
    return request.param


@pytest.fixture(scope="module")
def file(browser, book_html, names, testrun_uid, tmp_path_factory):
    """Printed once a run, by the first worker that asks."""
    target = tmp_path_factory.getbasetemp().parent / testrun_uid / f"{len(names)}-pages.pdf"
    target.parent.mkdir(exist_ok=True)
    with FileLock(target.with_suffix(".lock")):
        if not target.exists():
            part = target.with_suffix(".part")
            command = [sys.executable, "-m", "book._pdf", str(book_html), str(part), *names]
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
            shutil.move(part, target)
    return target


@pytest.fixture(scope="module")
def reader(file):
    return PdfReader(file)


@pytest.fixture(scope="module")
def sheets(file):
    return texts(file)


@pytest.fixture(scope="module")
def titles(book_html, names):
    """The page's own headings, from the book on the screen."""
    found = []
    for name in names:
        heading = re.search(r"<article.*?<h1\b[^>]*>(.*?)</h1>", (book_html / f"{name}.html").read_text("utf-8"), re.S)[
            1
        ]
        found.append(" ".join(re.sub("<.*?>", "", heading.partition('<a class="headerlink')[0]).split()))
    return found


def chapters_of(reader):
    return [entry for entry in reader.outline if not isinstance(entry, list)][1:]  # the first is the contents


def solid(*texts):
    """Without spaces: where letters are set apart, or a line wraps, each reader of files finds others."""
    return "".join("".join(texts).split())


def test_the_outline_has_every_page_in_order_and_leads_to_it(reader, sheets, titles):
    chapters = chapters_of(reader)
    assert [solid(entry.title) for entry in chapters] == [solid(title) for title in titles]
    numbers = [reader.get_destination_page_number(entry) for entry in chapters]
    assert numbers == sorted(set(numbers))
    for number, title in zip(numbers, titles, strict=True):
        assert solid(title) in solid(sheets[number])


def test_the_contents_name_the_right_pages(reader, sheets, titles):
    first = reader.get_destination_page_number(chapters_of(reader)[0])
    listed = solid(*sheets[1:first])
    for title, entry in zip(titles, chapters_of(reader), strict=True):
        assert f"{solid(title)}{reader.get_destination_page_number(entry) + 1}" in listed
    links = [note.get_object() for page in reader.pages[1:first] for note in page.get("/Annots", [])]
    assert sum("/Dest" in link for link in links) >= len(titles)


def test_every_page_but_the_first_bears_its_number(sheets):
    assert not solid(sheets[0]).endswith("1")
    for number, sheet in enumerate(sheets[1:], start=2):
        lines = [line.strip() for line in sheet.splitlines()]
        assert str(number) in lines, number


def test_text_can_be_selected_and_formulas_are_rendered(reader, sheets, book_html, names):
    text = solid(*sheets)
    marks = sum((book_html / f"{name}.html").read_text("utf-8").count("↪") for name in names)
    assert solid("A recurrent network is one small function") in text
    assert "\\[" not in text
    assert "\\(" not in text
    assert "$$" not in text
    assert text.count("↪") == marks  # the page on accessibility names the mark
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_no_glyph_of_a_formula_is_blank(file, book_html, visit):
    page = visit((book_html.parent / "pdf" / f"{file.stem}.html").as_uri())
    boxes = "(n) => [Boolean(document.getElementById(n.getAttribute('href').slice(1))), n.getBBox().width > 0]"
    glyphs = page.evaluate(f"[...document.querySelectorAll('.math use')].map({boxes})")
    assert len(glyphs) > 100
    assert all(there for there, _ in glyphs)
    assert sum(wide for _, wide in glyphs) > 0.95 * len(glyphs)  # a function's application is a sign without ink


def test_no_page_is_half_empty_but_the_last_of_a_chapter(file, reader):
    starts = {reader.get_destination_page_number(entry) for entry in chapters_of(reader)}
    ends = {number - 1 for number in starts} | {0, len(reader.pages) - 1}
    assert {k + 1: round(tail, 2) for k, tail in enumerate(tails(file)) if tail > 0.55 and k not in ends} == {}
