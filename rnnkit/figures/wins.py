"""The table *Does it win?*: networks beside what they have to beat."""

import html
from collections.abc import Iterable
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.records import BY_RULE, BY_US

PARTS = ("", BY_RULE, BY_US)  # of a row's data, in this order
HEADS = ("Task", "Network", "Baseline", "Difference, 95\N{NO-BREAK SPACE}%", "The network")
WINS = """
.rk-wins { max-width: 100%; margin: 1.5rem 0; color: var(--rk-ink, inherit); font-variant-numeric: tabular-nums; }
.rk-wins td { vertical-align: top; }
.rk-wins small { display: block; font-weight: 400; }
.rk-wins :is(.rk-part, .rk-group) th { background: none; text-align: left; }
.rk-wins .rk-part th { padding-top: 1.5rem; border-bottom: 3px solid; font-size: 1.15em; }
@media print { .rk-figure.rk-wins { break-inside: auto; } .rk-wins tr { break-inside: avoid; } }
"""


class Wins:
    """Rows of *Does it win?* as a table; the rows of a group stand last, under its name.

    If not all data is real, the rows on real data stand first, and a heading above each kind says which it is.

    Parameters
    ----------
    rows : iterable of :class:`rnnkit.records.Comparison`
    caption : str
        What to look for, in a sentence.

    Raises
    ------
    ValueError
        If there is no row, or the caption is empty.

    Examples
    --------
    >>> from rnnkit.records import Comparison
    >>> row = Comparison("a", "b", "accuracy", "LSTM", "a table", "higher", 9, [0.9], [0.8], (0.1, 0.05, 0.15))
    >>> "<b>wins</b>" in Wins([row], "Where does it?")._repr_html_()
    True
    """

    def __init__(self, rows: Iterable[Any], caption: str):
        self.rows, self.caption = sorted(rows, key=lambda row: (PARTS.index(row.made), bool(row.group))), caption
        if not self.rows:
            raise checks.wrong("rows is empty", "a comparison, or more")
        if not caption.strip():
            raise checks.wrong("caption is empty", "text", "a caption says what to look for.")

    def _repr_html_(self) -> str:
        heads = "".join(f'<th scope="col">{head}</th>' for head in HEADS)
        body, group, part = "", "", None
        parted = any(row.made for row in self.rows)
        for row in self.rows:
            if parted and row.made != part:
                words = html.escape(row.made or "Real data")
                body += f'<tr class="rk-part"><th scope="rowgroup" colspan="{len(HEADS)}">{words}</th></tr>'
                part, group = row.made, ""
            if row.group and row.group != group:
                head = f'<th scope="rowgroup" colspan="{len(HEADS)}">{html.escape(row.group)}</th>'
                body += f'<tr class="rk-group">{head}</tr>'
            body, group = f"{body}<tr>{''.join(f'<td>{cell}</td>' for cell in _cells(row))}</tr>", row.group
        table = f'<table class="table"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>"
        return f'<figure class="rk-figure rk-wins"><style>{WINS}</style>{table}{caption}</figure>'


def _cells(row: Any) -> list[str]:
    low_is_good = ", lower is better" if row.better == "lower" else ""
    task = f"{html.escape(row.task)}<small>{html.escape(row.data)}; {html.escape(row.measure)}{low_is_good}</small>"
    digits = 3 if row.best <= 1 else 1  # of a measure up to 100
    mean, low, high = (f"{value:+.{digits}f}".replace("-", "−") for value in row.difference)
    ours, theirs = (
        f"{_number(values, digits)}<small>{html.escape(name)}</small>"
        for name, values in ((row.network, row.ours), (row.baseline, row.theirs))
    )
    return [task, ours, theirs, f"{mean}<small>{low} to {high}</small>", f"<b>{row.verdict}</b>"]


def _number(values: Any, digits: int) -> str:
    """The mean, and with several seeds their deviation."""
    spread = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{spread}"
