"""The pages of the built book as one document: the chapters in the order of the contents, links inside lead inside."""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml
from bs4 import BeautifulSoup

POINTERS = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "headers")
IN_STYLE = re.compile(r"#([A-Za-z][\w-]*)")
URL = re.compile(r"url\((['\"]?)#")
HTML = "../html"  # seen from the document
SCREEN_ONLY = "script, button, .headerlink, .rk-figure .rk-narrow, .rk-still .rk-narrow, #searchbox"


@dataclass
class Page:
    """A page of the contents: its name there, the caption above it if it is the first of a part, its article."""

    name: str
    part: str
    soup: BeautifulSoup

    @property
    def key(self) -> str:
        return key(self.name)

    @property
    def article(self):
        return self.soup.select_one("article.bd-article")

    @property
    def title(self) -> str:
        return heading(self.article.h1)

    def sections(self) -> list[tuple[str, str]]:
        """The id and the heading of each section below the page's own."""
        return [(node.parent["id"], heading(node)) for node in self.article.select("section[id] > h2")]


def key(name: str) -> str:
    return name.replace("/", "-")


def heading(node) -> str:
    return " ".join("".join(node.find_all(string=lambda text: text.parent.get("class") != ["headerlink"])).split())


def contents(toc: Path) -> list[tuple[str, str]]:
    """Every page of _toc.yml, in order, and the caption of the part that it opens."""
    table = yaml.safe_load(toc.read_text("utf-8"))
    found = [(table["root"], "")]
    for part in table.get("parts", [{"chapters": table.get("chapters", [])}]):
        for k, chapter in enumerate(part["chapters"]):
            found.append((chapter["file"], part.get("caption", "") if k == 0 else ""))
            found += [(section["file"], "") for section in chapter.get("sections", [])]
    return found


def read(html: Path, toc: Path, only: Sequence[str] = ()) -> list[Page]:
    """The pages of the contents, ready for paper: all, or the first and those that are named."""
    pages = []
    listed = contents(toc)
    for name, part in [listed[0], *(entry for entry in listed[1:] if not only or entry[0] in only)]:
        page = Page(name, part, BeautifulSoup((html / f"{name}.html").read_text("utf-8"), "lxml"))
        pages.append(page)
    names = {page.name for page in pages}
    for page in pages:
        bring_glyphs(page)
        for node in page.article.select(SCREEN_ONLY):
            node.decompose()
        for node in page.article.select("details"):
            node["open"] = ""
        rename(page, names)
    return pages


def bring_glyphs(page: Page) -> None:
    """Formulas share their glyphs, which stand elsewhere in the page: they come along."""
    for use in page.article.select("use[href^='#']"):
        glyph = page.soup.find(id=use["href"][1:])
        if glyph is not None and page.article not in glyph.parents:
            page.article.append(glyph.find_parent("svg").extract())


def rename(page: Page, names: set[str]) -> None:
    """Ids are the page's own, so that no two pages share one; what points to them follows."""
    ids = {node["id"] for node in page.article.select("[id]")}
    for node in page.article.find_all(True):
        if "id" in node.attrs:
            node["id"] = f"{page.key}--{node['id']}"
        for name in POINTERS:
            if name in node.attrs:
                node[name] = f"{page.key}--{node[name]}"
        for name, value in list(node.attrs.items()):
            if isinstance(value, str) and "url(" in value:
                node[name] = URL.sub(rf"url(\1#{page.key}--", value)
        if node.name == "use":
            for name in ("href", "xlink:href"):
                if node.get(name, "").startswith("#"):
                    node[name] = f"#{page.key}--{node[name][1:]}"
    for style in page.article.select("style"):
        style.string = IN_STYLE.sub(lambda m: f"#{page.key}--{m[1]}" if m[1] in ids else m[0], style.text)
    for link in page.article.select("a[href]"):
        lead_inside(link, page, names)
    for image in page.article.select("img[src]"):
        image["src"] = f"{HTML}/{posixpath.join(posixpath.dirname(page.name), image['src'])}"


def lead_inside(link, page: Page, names: set[str]) -> None:
    address = link["href"]
    if re.match(r"[a-z]+:", address):
        return
    path, _, fragment = address.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page.name), path)) if path else f"{page.name}.html"
    name = target.removesuffix(".html")
    if name not in names or "=" in fragment:  # a download; a link that sets an explorer
        link.name = "span"
        del link["href"]
    else:
        link["href"] = f"#{key(name)}--{fragment}" if fragment else f"#{key(name)}"


def head(pages: list[Page]) -> str:
    """The styles of all pages, each once."""
    styles = {}
    for page in pages:
        for link in page.soup.select('link[rel="stylesheet"]'):
            path = posixpath.join(HTML, posixpath.dirname(page.name), link["href"].split("?")[0])
            styles[posixpath.normpath(path)] = None
    return "\n".join(f'<link rel="stylesheet" href="{path}">' for path in styles)


def table_of_contents(pages: list[Page], numbers: dict[str, int]) -> str:
    rows = []

    def row(target: str, words: str, kind: str) -> None:
        number = numbers.get(target, 0)
        rows.append(
            f'<li class="{kind}"><a href="#{target}"><span>{escape(words)}</span> <span>{number}</span></a></li>'
        )

    for page in pages:
        if page.part:
            rows.append(f'<li class="pdf-part">{escape(page.part)}</li>')
        row(page.key, page.title, "pdf-chapter")
        for target, words in page.sections():
            row(target, words, "pdf-section")
    return f'<section class="pdf-contents"><h1>Contents</h1><ul>{"".join(rows)}</ul></section>'


def document(pages: list[Page], title: str, author: str, licence: str, style: str, numbers: dict[str, int]) -> str:
    """The whole book as HTML. `numbers` gives the page number of each target of the table of contents."""
    running = "\n".join(
        f'@page p{k} {{ @top-right {{ content: "{escape(page.title)}"; }} }} #{page.key} {{ page: p{k}; }}'
        for k, page in enumerate(pages)
    )
    chapters = "\n".join(
        f'<article class="bd-article pdf-page" id="{page.key}">{page.article.decode_contents()}</article>'
        for page in pages
    )
    return f"""<!doctype html>
<html lang="en" data-theme="light">
<head><meta charset="utf-8"><title>{escape(title)}</title><meta name="author" content="{escape(author)}">
{head(pages)}
<style>{style}
{running}</style></head>
<body><main class="bd-main"><div class="bd-content"><div class="bd-article-container">
<section class="pdf-cover"><p class="pdf-title">{escape(title)}</p><p>{escape(author)}</p><div>{licence}</div></section>
{table_of_contents(pages, numbers)}
{chapters}
</div></div></main></body></html>
"""
