"""Search that finds what formulas and code name: W_hh in a formula, σ by its name, and pages in reading order.

Sphinx splits a text into words; here a formula's `W_{hh}` is the word `W_hh` too, and a Greek letter also the word
that names it, in the index as in what a reader types. Of pages that fit equally well, the first in reading order leads.
"""

import json
import re
from pathlib import Path
from typing import Any

import arc
from sphinx.application import Sphinx
from sphinx.search import SearchEnglish

LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"
NAMES = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi"
GREEK = dict(zip(LETTERS + LETTERS.upper(), 2 * [*NAMES.split(), "chi", "psi", "omega"], strict=True))
SUBSCRIPT = re.compile(r"([A-Za-z])_\{?([A-Za-z]+)\}?")
VARIANT = re.compile(r"\\var([a-z]+)")  # \varepsilon is an epsilon

SPLITTER = """
const greekNames = %s;
var splitQuery = (query) => query
  .replace(/([A-Za-z])_\\{([A-Za-z]+)\\}/g, "$1_$2")
  .replace(/[\\u0391-\\u03c9]/g, (letter) => ` ${greekNames[letter] ?? letter} `)
  .split(/[^\\p{Letter}\\p{Number}_\\p{Emoji_Presentation}]+/gu)
  .filter((term) => term);
"""

SCORER = """
const readingOrder = %s;
var Scorer = {
  score: ([name, , , , score]) => {
    const place = readingOrder.indexOf(name);
    return score + (place < 0 ? 0 : 1 - place / readingOrder.length);
  },
  objNameMatch: 11, objPartialMatch: 6, objPrio: { 0: 15, 1: 5, 2: -5 }, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
};
"""


class SearchNames(SearchEnglish):
    """English, and the names of mathematics and code."""

    js_splitter_code = SPLITTER % json.dumps(GREEK)

    def split(self, input: str) -> list[str]:
        joined = [f"{letter}_{below}" for letter, below in SUBSCRIPT.findall(input)]
        greek = [GREEK[letter] for letter in input if letter in GREEK]
        return [*super().split(input), *joined, *greek, *VARIANT.findall(input)]


def rank(app: Sphinx, env: Any) -> list[str]:
    """Sphinx reads the scorer from a file, when the first page is written."""
    _, *pages = arc.order(app)  # the landing page last: it has a word of everything
    path = Path(app.doctreedir) / "scorer.js"
    path.write_text(SCORER % json.dumps([*pages, app.config.root_doc]), encoding="utf-8")
    app.config.html_search_scorer = str(path)
    return []


def setup(app: Sphinx) -> dict[str, object]:
    app.add_search_language(SearchNames)
    app.connect("env-updated", rank)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
