"""What the book knows of its pages: parts and order from _toc.yml, all else from the pages themselves.

A page says in its frontmatter what no one could guess: `description`, a line for those who choose where to go, and
`needs`, the pages that it builds on. Explorers, their opening questions and problem sets are found in its text.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import PurePosixPath
from typing import Any

from docutils import nodes
from sphinx.addnodes import download_reference
from sphinx.application import Sphinx

from rnnkit.explorers import EXPLORERS

EXPLORER = re.compile(r'class="rk-explorer" data-explorer="([\w-]+)" data-traits="([^"]*)"')
SET = re.compile(r"(?:\.\./)*exercises/([\w-]+)/\1\.ipynb")
BY_SLUG = {kind.slug: kind for kind in EXPLORERS}


@dataclass
class Page:
    """A page by its name, as in _toc.yml."""

    name: str
    title: str
    description: str = ""
    openings: list[dict[str, Any]] = field(default_factory=list)  # Explorer.opening and its slug, for each that asks
    sets: list[str] = field(default_factory=list)


def parts(app: Sphinx) -> list[tuple[str, list[str]]]:
    """The caption of each part of the table of contents, with its pages in reading order."""
    site = app.config.external_site_map

    def below(tree: Any) -> Iterator[str]:
        for name in tree.files():
            yield name
            for inner in site[name].subtrees if name in site else ():
                yield from below(inner)

    return [(tree.caption or "", list(below(tree))) for tree in site.root.subtrees]


def order(app: Sphinx) -> list[str]:
    """All pages in reading order, the landing page first."""
    return [app.config.root_doc, *(name for _, names in parts(app) for name in names)]


def needs(app: Sphinx, name: str) -> list[str]:
    """The pages that a page says it builds on."""
    given = app.env.metadata[name].get("needs", [])
    return list(json.loads(given) if isinstance(given, str) else given)


def title(app: Sphinx, name: str) -> str:
    return str(app.env.titles[name].astext())


def description(app: Sphinx, name: str) -> str:
    return str(app.env.metadata[name].get("description", ""))


def page(app: Sphinx, name: str) -> Page:
    """All that is known of a page that has been read."""
    doctree = app.env.get_doctree(name)
    shown = [found for node in doctree.findall(nodes.raw) for found in EXPLORER.findall(node.astext())]
    explorers = [BY_SLUG[slug](**json.loads(unescape(traits))) for slug, traits in shown]
    downloads = [SET.fullmatch(node.get("reftarget", "")) for node in doctree.findall(download_reference)]
    sets = dict.fromkeys(found[1] for found in downloads if found)
    openings = [one.opening() | {"slug": one.slug} for one in explorers if not one.committed]  # the others ask nothing
    return Page(name, title(app, name), description(app, name), openings, list(sets))


def address(app: Sphinx, origin: str, target: str) -> str:
    """The relative address of a page, seen from another."""
    return str(app.builder.get_relative_uri(origin, target))


def file_address(app: Sphinx, origin: str, path: str) -> str:
    """The relative address of a file of the built book, seen from a page."""
    return "../" * (len(PurePosixPath(app.builder.get_target_uri(origin)).parts) - 1) + path
