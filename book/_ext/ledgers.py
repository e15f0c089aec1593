"""Two ledgers, kept as data and shown as tables: claims that pages settle, and beliefs that pages put right.

`book/claims.yml` and `book/misconceptions.yml` hold the rows; their pages show them by `{ledger} claims` and the like.
Rows whose page is not in the table of contents yet are left out. The tests hold each row against its page.
"""

from pathlib import Path
from typing import Any

import arc
import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

BOOK = Path(__file__).parents[1]
VERDICTS = ("wrong", "misleading", "incomplete", "right")


def rows(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load((BOOK / f"{name}.yml").read_text("utf-8")))


def claim(row: dict[str, Any]) -> list[str]:
    sources = f" {{cite:p}}`{','.join(row['source'])}`" if "source" in row else ""
    number = f"{row['is']:.4g}".replace("-", "−")
    return [row["claim"], row["verdict"], row["right"] + sources, f"{{ref}}`{number} <{row['at']}>`"]


def belief(row: dict[str, Any]) -> list[str]:
    return [row["belief"], f"{{ref}}`{row['killer']} <{row['at']}>`", row.get("noticed", "")]


LEDGERS = {
    "claims": (["What is said", "Verdict", "What is right", "Measured"], claim),
    "misconceptions": (["What readers believe", "What puts it right", "Noticed by"], belief),
}


def table(name: str, pages: list[str]) -> str:
    """A ledger as MyST: a table of the rows whose pages there are."""
    heads, cells = LEDGERS[name]
    lines = [heads, ["---"] * len(heads), *(cells(row) for row in rows(name) if row["page"] in pages)]
    return "\n".join(f"| {' | '.join(' '.join(cell.split()) for cell in line)} |" for line in lines)


class Ledger(SphinxDirective):
    """The ledger of that name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        self.env.note_dependency(str(BOOK / f"{name}.yml"))
        found, text = nodes.Element(), table(name, arc.order(self.env.app))
        self.state.nested_parse(StringList(text.split("\n"), f"{name}.yml"), 0, found)
        return found.children


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("ledger", Ledger)
    return {"version": "1", "parallel_read_safe": True}
