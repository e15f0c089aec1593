"""The built book as files: pages that exist, what they load, and outputs that are never older than the code."""

import importlib.util
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.config import Config
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[1]


def extension(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "book" / "_ext" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pages(html):
    return [p for p in html.rglob("*.html") if "_static" not in p.parts]


def test_the_pages_of_the_table_of_contents_are_there(book_html):
    listed = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())
    for name in listed:
        assert (book_html / f"{name}.html").is_file(), name


def test_nothing_of_the_solutions_is_published(book_html):
    published = {p.relative_to(book_html).as_posix() for p in book_html.rglob("*") if p.is_file()}
    assert not [p for p in published if "solution" in p or "wrong.yml" in p]
    assert [p for p in published if p.endswith("ps1-forward.ipynb")]


def test_no_mathematics_is_left_as_source(book_html):
    """A formula that is broken over two lines so that the second begins with a + becomes a list."""
    for page in pages(book_html):
        text = re.sub(
            r"<(script|style|pre|code)\b.*?</\1>|<span class=\"math.*?</span>|<div class=\"math.*?</div>|<[^>]*>",
            " ",
            page.read_text(),
            flags=re.S,
        )
        assert not re.findall(r".{30}(?:\$|\\\\[a-z]{3,}).{30}", text), page.name


OPTION = re.compile(r"^[ \t]*:[a-z][a-z-]*:(?:[ \t].*)?$", re.M)


def test_no_option_of_a_directive_is_shown(book_html):
    """An include that finds its own option before the line which that names would show it as if it were code."""
    assert OPTION.search("x\n:start-at: 'def f'\n")
    for page in pages(book_html):
        text = re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]*>", "", page.read_text(), flags=re.S)
        assert not OPTION.findall(text), page.name


def test_a_page_may_show_its_cell_above_it(tmp_path):
    page = tmp_path / "page.md"
    ask = "```{literalinclude} page.md\n:start-at: 'def f'\n:end-before: '```'\n```\n"
    page.write_text(f"{ask}\n```{{code-cell}}\ndef f():\n    return 1\n```\n")
    options = {"start-at": "def f", "end-before": "```"}
    read = extension("included").Reader(str(page), options, Config()).read()
    assert read == ("def f():\n    return 1\n", 2)


def test_no_two_bars_of_folded_code_stand_in_a_row(book_html):
    """Nobody knows which of them to open: a sentence, a figure or an output stands between."""
    bars = 0
    for page in pages(book_html):
        soup = BeautifulSoup(page.read_text(), "html.parser")
        for cell in soup.select("div.cell.tag_hide-input"):
            after, bars = cell.find_next_sibling(), bars + 1
            while after and "cell" in after.get("class", []) and not after.get_text(strip=True):
                after = after.find_next_sibling()  # a cell that shows nothing
            assert cell.select(".cell_output") or not after or "tag_hide-input" not in after.get("class", []), (
                f"{page.name}: {cell.get_text(strip=True)[:80]}"
            )
    assert bars > 20


def test_printed_lines_stay_together():
    out = {"output_type": "stream", "name": "stdout"}
    figure = {"output_type": "display_data"}
    joined = extension("streams").joined([out | {"text": "step 1"}, figure, out | {"text": "\nstep 2\n\nstep 4\n\n"}])
    assert joined == [out | {"text": "step 1\nstep 2\n\nstep 4\n"}, figure]


def test_scripts_and_styles_that_a_page_names_are_in_the_book(book_html):
    for page in pages(book_html):
        for target in re.findall(r"""<(?:script|link)\b[^>]*\b(?:src|href)="([^"#?]+)[^"]*\"""", page.read_text()):
            if not re.match(r"(?:https?:)?//|data:", target):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_no_page_carries_thebe_requirejs_or_widget_state(book_html):
    for page in pages(book_html):
        text = page.read_text()
        for name in ("thebe", "require.js", "html-manager", "widget-state+json"):
            assert name not in text, f"{page.name} has {name}"


def test_the_build_refuses_a_script_from_elsewhere(tmp_path):
    class App:
        outdir = tmp_path
        builder = type("Builder", (), {"format": "html"})

    page, offline = tmp_path / "page.html", extension("offline")
    page.write_text(
        '<a href="https://example.org">a link is no request</a><link rel="canonical" href="https://x.org/">'
    )
    offline.refuse_remote(App, None)
    page.write_text('<script async src="https://example.org/a.js"></script>')
    with pytest.raises(ExtensionError, match="loads from another host"):
        offline.refuse_remote(App, None)


def test_the_fingerprint_follows_the_package_and_the_pins(tmp_path, monkeypatch):
    fresh = extension("fresh")
    (tmp_path / "rnnkit").mkdir()
    (tmp_path / "constraints.txt").write_text("numpy==2")
    (tmp_path / "rnnkit" / "a.py").write_text("1")
    monkeypatch.setattr(fresh, "ROOT", tmp_path)
    seen = {fresh.fingerprint()}
    (tmp_path / "rnnkit" / "a.py").write_text("2")
    seen.add(fresh.fingerprint())
    (tmp_path / "rnnkit" / "b.js").write_text("2")
    seen.add(fresh.fingerprint())
    (tmp_path / "constraints.txt").write_text("numpy==3")
    seen.add(fresh.fingerprint())
    assert len(seen) == 4
