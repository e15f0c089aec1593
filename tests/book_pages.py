"""The book's pages as tests go through them: what is in the table of contents, and what a page's source declares."""

import contextlib
import importlib
import io
import linecache
import re
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jupytext
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
EXTENSIONS = ROOT / "book" / "_ext"
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))


def listed(entries):
    """The files of a part, those below others included."""
    for entry in entries:
        yield entry["file"]
        yield from listed(entry.get("sections", []))


LANDING = TOC["root"]
PARTS = {part["caption"]: list(listed(part["chapters"])) for part in TOC["parts"]}
PAGES = [name for names in PARTS.values() for name in names]  # without the landing page


def extension(name):
    """An extension of the book; they import one another as Sphinx has them, by their plain names."""
    if str(EXTENSIONS) not in sys.path:
        sys.path.append(str(EXTENSIONS))
    return importlib.import_module(name)


def frontmatter(name):
    text = (ROOT / f"{name}.md").read_text("utf-8")
    return yaml.safe_load(text.split("---\n")[1]) if text.startswith("---\n") else {}


def sampled(pages, first):
    """As parameters of a test that runs a whole page: two of them, from this one on; make test-all runs the others."""
    tried = {first % len(pages), (first + len(pages) // 2) % len(pages)}
    return [pytest.param(name, marks=[pytest.mark.heavy] * (k not in tried)) for k, name in enumerate(pages)]


class Executed(NamedTuple):
    """What the cells of a page print, its prose without code, and the names that its cells leave behind."""

    printed: str
    prose: str
    names: dict


def said(page, words):
    """Whether an executed page says this, however its lines are broken."""
    return words in " ".join(page.prose.split())


@cache
def executed(path):
    """A page's cells, run in an empty folder that stays empty. Their source can be looked at, as in a notebook."""
    printed, names, prose = io.StringIO(), {"__name__": "__main__"}, []
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for k, cell in enumerate(jupytext.read(path).cells):
            if cell.cell_type == "code":
                name = f"{path.name}:{k}"
                linecache.cache[name] = (len(cell.source), None, cell.source.splitlines(keepends=True), name)
                with contextlib.redirect_stdout(printed):
                    exec(compile(cell.source, name, "exec"), names)
            else:
                prose.append(re.sub(r"```.*?```", "", cell.source, flags=re.S))
        assert not list(Path(folder).iterdir()), f"{path.name} leaves files"
    return Executed(printed.getvalue(), "\n".join(prose), names)
