"""The book's pages as tests go through them: what is in the table of contents, and what a page's source declares."""

import importlib
import sys
from pathlib import Path

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
