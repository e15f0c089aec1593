"""Rows that a reader opens one by one, or all at once."""

import html
from collections.abc import Iterable

from rnnkit import checks
from rnnkit.figures.look import colours

OPENED = """
.rk-opened { container-type: inline-size; color: var(--rk-ink, inherit); font-variant-numeric: tabular-nums; }
.rk-opened details { position: relative; border-top: 1px solid var(--rk-line, #ddd); }
.rk-opened summary { padding: 0.6rem 0; cursor: pointer; }
.rk-opened code { white-space: pre-wrap; overflow-wrap: anywhere; }
.rk-opened p { margin: 0 0 0.75rem; }
.rk-opened p:has(i) { display: flex; gap: 0 1rem; flex-wrap: wrap; align-items: center; }
.rk-opened i { flex: 0 0 50%; align-self: stretch; min-height: 1.5rem; background: linear-gradient(
  var(--rk-baseline, gray) 0 0) 50% / 1px 100% no-repeat; }
.rk-opened i::before { content: ""; display: block; height: 100%; min-height: inherit;
  width: calc(1% * var(--wide)); margin-left: calc(1% * var(--from)); background: var(--look);
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.rk-opened .rk-scale { display: flex; width: 50%; font-size: 0.85rem; color: var(--rk-baseline, gray); }
.rk-opened .rk-scale span { flex: 1; text-align: center; }
.rk-opened .rk-scale :first-child { text-align: left; }
.rk-opened .rk-scale :last-child { text-align: right; }
.rk-opened .rk-row { display: grid; align-items: center; padding: 0.4rem 0;
  border-top: 1px solid var(--rk-line, #ddd); }
.rk-opened .rk-row > p { position: relative; margin: 0; visibility: hidden; }
.rk-opened .rk-row > p::before { content: "?"; position: absolute; inset: 0;
  padding-left: 0.5rem; background: var(--rk-soft, #eee); visibility: visible; }
.rk-opened .rk-row > div:empty + p { visibility: visible; }
.rk-opened:has(details[open]) .rk-row > p { visibility: visible; }
.rk-opened:has(details[open]) .rk-row > p::before, .rk-opened .rk-row > div:empty + p::before {
  display: none; }
.rk-opened .rk-row ~ details > summary { font-weight: 600; }
@supports not selector(:has(*)) { .rk-opened .rk-row > p { visibility: visible; }
  .rk-opened .rk-row > p::before { display: none; } }
@media print { .rk-opened .rk-row > p { visibility: visible; } .rk-opened .rk-row > p::before { display: none; }
  .rk-opened .rk-row ~ details { display: none; } }
@container (min-width: 560px) {
  .rk-opened .rk-scale { margin-left: 38%; width: 31%; }
  .rk-opened details:has(i) > summary { width: 38%; }
  .rk-opened details:has(i) > p { position: absolute; inset: 0 0 0 38%; margin: 0;
    flex-wrap: nowrap; white-space: nowrap; }
  .rk-opened .rk-row { grid-template-columns: 38% 1fr; }
  .rk-opened .rk-row > p:has(i) { flex-wrap: nowrap; white-space: nowrap; }
}
"""


class Opened:
    """Questions to commit to: each row is opened by itself, or all by one button. No script is needed.

    Parameters
    ----------
    rows : iterable of (str, str)
        What is asked and what is seen then, as HTML. Bars of :func:`bar` stand beside their questions where there is
        room, one below the other around a common zero.
    caption : str
        What to look for, in a sentence.
    scale : tuple of three str, optional
        What the left edge of the bars, their zero and their right edge stand for.
    once : str, optional
        The words of a button that shows all answers, where rows make one table and are compared.

    Raises
    ------
    ValueError
        If there is no row, or the caption is empty.

    Examples
    --------
    >>> Opened([("Step 6", bar(-0.5, 1) + "−0.5")], caption="Left: smaller.")._repr_html_().count("<details>")
    1
    """

    def __init__(
        self,
        rows: Iterable[tuple[str, str]],
        caption: str,
        scale: tuple[str, str, str] | None = None,
        once: str = "",
    ):
        self.rows, self.caption, self.scale, self.once = list(rows), caption, scale, once
        if not self.rows:
            raise checks.wrong("rows is empty", "a row to open, or more")
        if not caption.strip():
            raise checks.wrong("caption is empty", "text", "a caption says what to look for.")

    def _repr_html_(self) -> str:
        rows = "".join(f"<details><summary>{asked}</summary><p>{seen}</p></details>" for asked, seen in self.rows)
        if self.once:
            rows = "".join(f'<div class="rk-row"><div>{asked}</div><p>{seen}</p></div>' for asked, seen in self.rows)
            rows += f"<details><summary>{html.escape(self.once)}</summary></details>"
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>"
        names = "".join(f"<span>{html.escape(name)}</span>" for name in self.scale or ())
        scale = names and f'<div class="rk-scale" aria-hidden="true">{names}</div>'
        return f'<figure class="rk-figure rk-opened"><style>{OPENED}</style>{scale}{rows}{caption}</figure>'


def bar(value: float, most: float) -> str:
    """A bar for a row, from zero in the middle: below it blue and to the left, above it orange and to the right.

    Parameters
    ----------
    value : float
    most : float
        The value at the right edge, and the negative one at the left.

    Examples
    --------
    >>> bar(-0.5, 1)
    '<i style="--from:25.0;--wide:25.0;--look:var(--rk-minus, #2B5C9E)"></i>'
    """
    wide = 50 * abs(value) / most
    start, look = (50.0, "plus") if value > 0 else (50 - wide, "minus")
    return f'<i style="--from:{start:.1f};--wide:{wide:.1f};--look:var(--rk-{look}, {colours()[look]})"></i>'
