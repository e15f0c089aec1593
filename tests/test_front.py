"""The built book's front: the map of its pages, the words between them, its citations and its footer."""

import html
import json
import re
from pathlib import Path
from urllib.parse import urldefrag

import pytest
import yaml
from book_pages import CONFIG, LANDING, PAGES, PARTS, ROOT, extension, frontmatter

EXPLORER = re.compile(r'class="rk-explorer" data-explorer="[\w-]+" data-traits="([^"]*)"')
STOP = re.compile(r'<li class="rk-stop[^>]*data-page="([^"]*)" data-questions="(\d+)">(.*?)</li>', re.S)


def text_of(markup):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", markup)).split())


def title_of(page):
    return text_of(re.search(r"<article.*?<h1[^>]*>(.*?)<a", page, re.S)[1])


@pytest.fixture(scope="module")
def pages(book_html):
    return {name: (book_html / f"{name}.html").read_text("utf-8") for name in [LANDING, *PAGES]}


@pytest.fixture(scope="module")
def stops(pages):
    """The stations of the map in their order: name, number of questions, markup."""
    return STOP.findall(pages[LANDING])


def test_the_map_has_every_page_of_the_table_of_contents_and_no_other(stops, pages):
    assert [name for name, _, _ in stops] == PAGES
    captions = re.findall(r'<section class="rk-part"><h3>(.*?)</h3>', pages[LANDING])
    assert [html.unescape(caption) for caption in captions] == list(PARTS)


def test_a_station_names_its_page_and_says_what_for(stops, pages):
    for name, _, markup in stops:
        link = re.search(r'<p class="rk-stop-title"><a href="([^"]*)">(.*?)</a>', markup)
        assert text_of(link[2]) == title_of(pages[name])
        words = text_of(re.search(r'<p class="rk-stop-ask">(.*?)</p>', markup)[1])
        assert len(words) > 20, f"{name} has neither a description nor a question"
        assert words == frontmatter(name).get("description", words)


def test_a_station_shows_the_explorers_of_its_page(stops, pages):
    for name, questions, markup in stops:
        traits = [json.loads(html.unescape(found)) for found in EXPLORER.findall(pages[name])]
        shown = [one for one in traits if not one["committed"]]  # the others ask nothing
        assert markup.count('class="rk-still-of"') == len(shown), name
        assert len(re.findall('<svg class="rk-svg rk-(?:wide|narrow)"', markup)) == 2 * len(shown), name
        assert (int(questions) > 0) == bool(shown)


def test_a_station_offers_the_problem_sets_of_its_page(stops, book_html):
    for name, _, markup in stops:
        source = (ROOT / f"{name}.md").read_text("utf-8")
        sets = sorted(set(re.findall(r"exercises/([\w-]+)/\1\.ipynb>", source)))
        links = re.findall(r'<p class="rk-stop-set"><a href="([^"]*)"', markup)
        assert sorted(Path(link).stem for link in links) == sets
        assert all(((book_html / LANDING).parent / link).is_file() for link in links)


def test_the_first_screen_is_an_explorer_a_sentence_and_three_doors(pages):
    page = pages[LANDING]
    explorer, doors, rest = (page.index(mark) for mark in ('class="rk-explorer"', 'class="rk-doors', "rk-map-of-book"))
    assert explorer < doors < rest
    between = page[page.index("</figure>", explorer) : doors]
    assert len(re.findall(r"<p>", between)) == 1
    items = re.findall(r"<li>(.*?)</li>", page[doors:rest], re.S)
    assert len(items) == 3
    assert all("<a " in item and len(text_of(item)) < 100 for item in items)


def test_no_link_of_any_page_leads_nowhere(pages, book_html):
    for name, page in pages.items():
        for href in re.findall(r'<a [^>]*href="([^"]*)"', page):
            path, anchor = urldefrag(html.unescape(href))
            if re.match(r"[a-z]+:", href) or "=" in anchor:
                continue  # another host, or numbers for an explorer
            target = ((book_html / name).parent / path).resolve() if path else book_html / f"{name}.html"
            assert target.is_file(), f"{name}: {href}"
            if anchor and target.suffix == ".html":
                assert f'id="{anchor}"' in target.read_text("utf-8"), f"{name}: {href}"


def test_previous_and_next_are_named(pages):
    names = [LANDING, *PAGES]
    for k, name in enumerate(names):
        neighbours = [*names[max(0, k - 1) : k], *names[k + 1 : k + 2]]
        shown = [text_of(t) for t in re.findall(r'<p class="prev-next-title">(.*?)</p>', pages[name])]
        assert shown == [title_of(pages[other]) for other in neighbours]


def test_the_footer_names_the_authors_and_keeps_the_licences(pages):
    for name, page in pages.items():
        footer = text_of(page[page.index('class="bd-footer-content') :])
        assert f"By {CONFIG['author']}" in footer, name
        assert "Text: CC BY 4.0." in footer
        assert "MIT" in footer


def test_the_authors_are_those_of_the_citation_file():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    names = [one.get("name") or f"{one['given-names']} {one['family-names']}" for one in cited["authors"]]
    assert ", ".join(names) == CONFIG["author"]
    assert cited["title"] == CONFIG["title"]
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert f"Copyright (c) {CONFIG['copyright']} {CONFIG['author']}" in licence


def test_a_citation_bears_the_label_of_its_entry(pages):
    entries = {}
    for page in pages.values():
        entry = r'<div class="citation" id="([^"]*)".*?<span class="label">(.*?)</span>\s'
        for key, label in re.findall(entry, page, re.S):
            entries[key] = text_of(label).strip("[]")
    assert entries
    assert len(set(entries.values())) == len(entries), "two entries bear one label"
    cited = [
        (key, text_of(words))
        for page in pages.values()
        for key, words in re.findall(r'href="[^"]*bibliography\.html#(id\d+)"[^>]*>(.*?)</a>', page, re.S)
    ]
    assert cited
    assert [words for _, words in cited] == [entries[key] for key, _ in cited]


def test_what_a_page_needs_stands_on_both_pages(pages):
    needs = {name: frontmatter(name).get("needs", []) for name in pages}
    for name, page in pages.items():
        wanting = [other for other, wanted in needs.items() if name in wanted]
        for kind, others in (("rk-needs", needs[name]), ("rk-needed", wanting)):
            line = re.search(rf'<p class="rk-between {kind}">(.*?)</p>', page, re.S)
            shown = re.findall(r"<a [^>]*>(.*?)</a>", line[1], re.S) if line else []
            assert [text_of(one) for one in shown] == [title_of(pages[other]) for other in others]


@pytest.mark.parametrize(
    ("needs", "why"),
    [
        ({"a": [], "b": ["a"], "c": ["a", "b"]}, ""),
        ({"a": ["z"]}, "a needs z, which is not in the table of contents"),
        ({"a": ["b"], "b": ["c"], "c": ["a"], "d": []}, "in a circle: a, b, c."),
        ({"a": ["a"]}, "in a circle: a."),
    ],
)
def test_needs_that_cannot_be_are_found(needs, why):
    fault = extension("between").fault(needs)
    assert (why in fault) if why else fault == ""


def test_no_formula_is_left_as_dollars(pages):
    """A line of a formula that begins with + or - is taken for a list, and its dollars are printed."""
    for name, page in pages.items():
        article = page[page.index("<article") : page.index("</article>")]
        prose = re.sub(r"<(pre|code|script|style)\b.*?</\1>", "", article, flags=re.S)
        assert "$" not in text_of(prose), name
