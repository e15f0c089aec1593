"""A page as plain Markdown: what Sphinx has resolved, written without a directive, a role or a reference left in it.

What comes out is a list of blocks, each a piece of Markdown or the index of a code cell. A kind of node that is not
known here is an error of the build: a reader would find a hole.
"""

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

from docutils import nodes
from sphinx.errors import ExtensionError

Block = str | int
SPECIAL = re.compile(r"([\\`*\[\]<$]|(?<!\w)_|_(?!\w))")
SUMMARY = re.compile(r"<summary>(.*?)</summary>", re.S)
SILENT = ("comment", "index", "target", "meta", "substitution_definition", "colspec", "toctree", "label")
THROUGH = ("inline", "generated", "compound", "container", "abbreviation", "title_reference", "glossary")
NOTES = ("note", "tip", "hint", "important", "warning", "caution", "seealso", "admonition", "attention")


class Writer:
    """Of one page, whose address in the published book is `home`; empty if that is not known."""

    def __init__(self, doctree: nodes.document, home: str):
        self.doctree, self.home = doctree, home

    # Inside a paragraph

    def inline(self, node: nodes.Node) -> str:
        if isinstance(node, nodes.Text):
            return SPECIAL.sub(r"\\\1", node.astext())
        inside = lambda: "".join(self.inline(child) for child in node.children)  # noqa: E731
        kinds: dict[str, Callable[[], str]] = {
            "emphasis": lambda: f"*{inside()}*",
            "strong": lambda: f"**{inside()}**",
            "literal": lambda: f"`{node.astext()}`",
            "math": lambda: f"${node.astext()}$",
            "subscript": lambda: f"<sub>{inside()}</sub>",
            "superscript": lambda: f"<sup>{inside()}</sup>",
            "reference": lambda: self.link(inside(), self.target(node)),
            "download_reference": lambda: self.link(inside(), self.published(f"_downloads/{node['filename']}", "/")),
            "image": lambda: self.image(node),
            "footnote_reference": lambda: f"<sup>{node.astext()}</sup>",
            "raw": lambda: node.astext() if node.get("format") == "html" else "",
        }
        name = type(node).__name__
        if name in kinds:
            return kinds[name]()
        if name in THROUGH:
            return inside()
        if name in SILENT:
            return ""
        raise self.unknown(node)

    def link(self, words: str, target: str) -> str:
        return f"[{words}]({target})" if target else words

    def target(self, node: nodes.Element) -> str:
        """Where a reference leads from a notebook; empty if it cannot be known."""
        address = node.get("refuri") or f"#{node['refid']}"
        if re.match(r"[a-z]+:", address) or "rk-set" in node["classes"]:
            return address
        if address.startswith("#"):
            section = self.doctree.ids.get(address[1:])
            if isinstance(section, nodes.section):
                return "#" + section.next_node(nodes.title).astext().replace(" ", "-")
        return self.published(address)

    def published(self, address: str, base: str = "") -> str:
        """In the published book; `base` is "/" for what is counted from its root."""
        if not self.home:
            return ""
        root, page = self.home
        return urljoin(root if base else root + page, address)

    def image(self, node: nodes.Element) -> str:
        alt = node.get("alt", "")
        target = self.published(f"_images/{node['uri'].rsplit('/', 1)[-1]}", "/")
        return f"![{alt}]({target})" if target else alt

    # Between paragraphs

    def blocks(self, node: nodes.Node, level: int = 1) -> list[Block]:
        name = type(node).__name__
        below = lambda more=0: [b for child in node.children for b in self.blocks(child, level + more)]  # noqa: E731
        if name in SILENT or (name == "container" and node.get("nb_element") == "cell_code_output"):
            return []
        if node.get("nb_element") == "cell_code":
            return [node["cell_index"]]
        kinds: dict[str, Callable[[], list[Block]]] = {
            "document": below,
            "section": lambda: below(1),
            "title": lambda: [self.heading(node, level - 1)],
            "rubric": lambda: [self.heading(node, 0)],
            "paragraph": lambda: [self.inside(node)],
            "caption": lambda: [self.inside(node)],
            "transition": lambda: ["---"],
            "math_block": lambda: [self.formula(node)],
            "literal_block": lambda: [f"```{code_language(node)}\n{node.astext().rstrip()}\n```"],
            "bullet_list": lambda: [self.listed(node, lambda k: "- ")],
            "enumerated_list": lambda: [self.listed(node, lambda k: f"{k + node.get('start', 1)}. ")],
            "definition_list": lambda: [self.defined(item) for item in node.children],
            "block_quote": lambda: [quoted(self.joined(node))],
            "table": lambda: [self.table(node)],
            "figure": below,
            "legend": below,
            "image": lambda: [self.image(node)],
            "raw": lambda: self.raw(node),
            "line_block": lambda: ["  \n".join(self.inside(line) for line in node.children)],
            "footnote": lambda: [f"<sup>{node[0].astext()}</sup> {self.joined(node)}"],
            "citation": lambda: [f"[{node[0].astext()}] " + self.joined(node)],
        }
        if name in kinds:
            return kinds[name]()
        if name in NOTES:
            titled = isinstance(node[0], nodes.title)
            return [quoted(("" if titled else f"**{name.capitalize()}**\n\n") + self.joined(node))]
        if name in THROUGH:
            return below()
        raise self.unknown(node)

    def heading(self, node: nodes.Element, level: int) -> str:
        words = self.inside(node).strip()
        return f"{'#' * level} {words}" if level else f"**{words}**"

    def inside(self, node: nodes.Element) -> str:
        """A paragraph's lines are one: a line break of the source is no more than a space."""
        return " ".join("".join(self.inline(child) for child in node.children).split("\n"))

    def joined(self, node: nodes.Element) -> str:
        parts = [block for child in node.children for block in self.blocks(child)]
        if any(isinstance(part, int) for part in parts):
            raise ExtensionError(f"a code cell stands in a {type(node).__name__}, where a notebook has no place for it")
        return "\n\n".join(str(part) for part in parts)

    def formula(self, node: nodes.Element) -> str:
        number = f" \\tag{{{node['number']}}}" if node.get("number") else ""
        return f"$$\n{node.astext().strip()}{number}\n$$"

    def listed(self, node: nodes.Element, mark: Callable[[int], str]) -> str:
        items = [mark(k) + indented(self.joined(item), len(mark(k))) for k, item in enumerate(node.children)]
        return "\n".join(items)

    def defined(self, item: nodes.Element) -> str:
        terms = [self.inside(child) for child in item.children if isinstance(child, nodes.term)]
        return f"**{', '.join(terms)}**\n\n" + "\n\n".join(self.joined(c) for c in item.findall(nodes.definition))

    def table(self, node: nodes.Element) -> str:
        """Cells are one line each, as Markdown's tables have them."""
        rows = [
            [self.joined(entry).replace("\n\n", "<br>").replace("|", "\\|") for entry in row.children]
            for row in node.findall(nodes.row)
        ]
        title = next((f"**{self.inside(t)}**\n\n" for t in node.children if isinstance(t, nodes.title)), "")
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return title + "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])

    def raw(self, node: nodes.Element) -> list[Block]:
        """A fold, whose cells a notebook cannot hide with it, becomes a part between two rules."""
        if node.get("format") != "html":
            return []
        text = node.astext().strip()
        if found := SUMMARY.search(text):
            return ["---", f"**{html.unescape(' '.join(found[1].split()))}**"]
        return ["---"] if text == "</details>" else [text]

    def unknown(self, node: nodes.Node) -> ExtensionError:
        return ExtensionError(f"a notebook cannot show a {type(node).__name__} yet: teach book/_ext/to_markdown.py")


def code_language(node: nodes.Element) -> str:
    language = node.get("language", "")
    return "" if language in ("default", "none", "text") else str(language)


def indented(text: str, width: int) -> str:
    return text.replace("\n", "\n" + " " * width)


def quoted(text: str) -> str:
    return "> " + text.replace("\n", "\n> ")


def blocks(doctree: nodes.document, home: Any) -> list[Block]:
    """`home` is the address of the published book and that of the page in it, or None if there is none yet."""
    found = Writer(doctree, home).blocks(doctree)
    return [block for k, block in enumerate(found) if not (block == "---" and k and found[k - 1] == "---")]
