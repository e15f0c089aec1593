"""Guesses that a reader sets on tracks, and the counts that then stand under them."""

import html
from collections.abc import Mapping
from hashlib import sha256

from rnnkit import checks
from rnnkit.figures.look import colours

# No script: a guess is the browser's own slider, and an open <details> makes the counts visible. Their place is kept
# free before, so that nothing moves. A thumb's middle goes from half its width to as much before the track's end. Once
# the counts are open, a thumb casts dots, as shadows, on the bars below it: how far off was the guess?
GUESSED = """
.rk-guessed { --thumb: 1.25rem; max-width: 720px; color: var(--rk-ink, inherit); font-variant-numeric: tabular-nums; }
.rk-guessed :is(p, details > div) { margin: 0 0 0.5rem; }
.rk-guessed .rk-track { display: grid; grid-template-columns: 5.5rem 1fr; column-gap: 0.5rem; align-items: center;
  padding-right: 1.25rem; }
.rk-guessed .rk-track > :nth-child(odd) { text-align: right; }
.rk-guessed label { font-weight: 600; }
.rk-guessed .rk-set { position: relative; }
.rk-guessed .rk-set::before { content: ""; position: absolute; inset: 50% calc(var(--thumb) / 2 - 1px) auto
  calc(var(--thumb) / 2); height: 0.5rem; background: repeating-linear-gradient(90deg, BASELINE 0 1px,
  transparent 1px calc((100% - 1px) / var(--most))); }
.rk-guessed input { position: relative; appearance: none; display: block; width: 100%; height: 2.75rem; margin: 0;
  background: none; cursor: pointer; touch-action: pan-y; }
.rk-guessed input:focus-visible { outline: 2px solid INK; outline-offset: -4px; }
.rk-guessed input::-webkit-slider-runnable-track { height: 2px; background: BASELINE; }
.rk-guessed input::-moz-range-track { height: 2px; background: BASELINE; }
.rk-guessed input::-webkit-slider-thumb { appearance: none; box-sizing: border-box; width: var(--thumb);
  height: var(--thumb); margin-top: calc(1px - var(--thumb) / 2); border: 3px solid INK; border-radius: 50%;
  background: PAGE; }
.rk-guessed input::-moz-range-thumb { box-sizing: border-box; width: var(--thumb); height: var(--thumb);
  border: 3px solid INK; border-radius: 50%; background: PAGE; }
.rk-guessed .rk-count { position: relative; height: 1.1rem; margin: 0 calc(var(--thumb) / 2); }
.rk-guessed .rk-count span { position: absolute; left: calc(1% * var(--share)); padding-left: 0.4rem; }
.rk-guessed .rk-count::before { content: ""; position: absolute; inset: 0.25rem auto 0.25rem 0; background: LOOK;
  width: max(2px, 1% * var(--share)); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.rk-guessed :is(.rk-truth, .rk-scale) { font-size: 0.85rem; line-height: 1.1rem; }
.rk-guessed .rk-truth { visibility: hidden; }
.rk-guessed:has(details[open]) .rk-truth { visibility: visible; }
.rk-guessed .rk-scale > :last-child { display: flex; justify-content: space-between;
  margin: 0 calc(var(--thumb) / 2); }
.rk-guessed .rk-scale span { display: flex; width: 0; justify-content: center; }
.rk-guessed summary { width: fit-content; margin: 0.75rem 0; padding: 0.6rem 1rem; border: 1px solid BASELINE;
  border-radius: 6px; cursor: pointer; font-weight: 600; }
.rk-guessed:has(details[open]) .rk-set input { z-index: 1; }
.rk-guessed:has(details[open]) input::-webkit-slider-thumb { box-shadow: var(--dots); }
.rk-guessed:has(details[open]) input::-moz-range-thumb { box-shadow: var(--dots); }
@supports not selector(:has(*)) { .rk-guessed .rk-truth { visibility: visible; } }
@media print {
  .rk-figure.rk-guessed:has(table) { break-inside: auto; }
  .rk-guessed .rk-truth { visibility: visible; }
  .rk-guessed :is(input, summary, .rk-set) { display: none; }
}
"""


class Guessed:
    """A slider a row to commit to a count, and one button; then the true counts stand under the guesses.

    Parameters
    ----------
    question : str
        What to set, in a sentence.
    counts : mapping of str to mapping of str to int
        The rows by their labels; each has the true counts by name. All rows have the same names.
    most : int
        The largest count: a slider goes from 0 to it, and begins in the middle.
    button : str
        What shows the counts.
    seen : str
        What stands below them then, as HTML.
    caption : str
        What to look for, in a sentence.

    Raises
    ------
    ValueError
        If there is no row, rows have different names, a count is not between 0 and most, or a text is empty.

    Examples
    --------
    >>> guessed = Guessed("How many of 10?", {"T = 5": {"tanh": 9}}, 10, "Show", "Nine.", "Which row falls?")
    >>> guessed._repr_html_().count('type="range"')
    1
    """

    def __init__(
        self, question: str, counts: Mapping[str, Mapping[str, int]], most: int, button: str, seen: str, caption: str
    ):
        self.question, self.button, self.seen, self.caption = question, button, seen, caption
        self.most = checks.whole("most", most)
        self.counts = {label: dict(row) for label, row in counts.items()}
        for name in ("question", "button", "seen", "caption"):
            if not getattr(self, name).strip():
                raise checks.wrong(f"{name} is empty", "text", "a caption says what to look for.")
        if not self.counts:
            raise checks.wrong("counts is empty", "a row to guess, or more")
        names = list(next(iter(self.counts.values())))
        for label, row in self.counts.items():
            if list(row) != names:
                raise checks.wrong(f"row {label!r} has {', '.join(row)}", ", ".join(names), "as the first row has.")
            for name, count in row.items():
                if not 0 <= count <= most:
                    raise checks.wrong(f"{name} of row {label!r} is {count}", f"a count from 0 to {most}")

    def _repr_html_(self) -> str:
        style = GUESSED
        for word, token in (("INK", "ink"), ("BASELINE", "baseline"), ("PAGE", "page"), ("LOOK", "candidate")):
            style = style.replace(word, f"var(--rk-{token}, {colours()[token]})")
        below = (f"0 {1.375 + 1.1 * (k + 0.5):.3f}rem 0 -6px" for k in range(len(next(iter(self.counts.values())))))
        dots = ", ".join(f"{place} var(--rk-ink, {colours()['ink']})" for place in below)  # each figure has its own
        key = "rk-" + sha256(repr((self.question, self.counts)).encode()).hexdigest()[:8]
        room = 14 if self.most <= 20 else 7  # numbers that a phone has room for: not each count has one
        every = next(n for n in (1, 2, 5, 10, 20, 50, self.most) if room * n >= self.most)
        ticks = self.most if self.most <= 20 else 2 * self.most / every
        scale = "".join(f"<span>{'' if k % every else k}</span>" for k in range(self.most + 1))
        rows = "".join(self._row(f"{key}-{k}", key, label) for k, label in enumerate(self.counts))
        return (
            f'<figure class="rk-figure rk-guessed" style="--most:{ticks:g};--dots:{dots}"><style>{style}</style>'
            f'<p id="{key}">{html.escape(self.question)}</p>'
            f'<div class="rk-track rk-scale" aria-hidden="true"><span></span><div>{scale}</div></div>{rows}'
            f"<details><summary>{html.escape(self.button)}</summary><div>{self.seen}</div></details>"
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )

    def _row(self, key: str, question: str, label: str) -> str:
        most, middle = self.most, self.most // 2
        guess = (
            f'<label for="{key}">{html.escape(label)}</label><div class="rk-set"><input type="range" id="{key}"'
            f' min="0" max="{most}" value="{middle}" autocomplete="off" aria-describedby="{question}"></div>'
        )
        truth = "".join(
            f'<div>{html.escape(name)}</div><div class="rk-count" style="--share:{100 * count / self.most:.1f}">'
            f"<span>{count}</span></div>"
            for name, count in self.counts[label].items()
        )
        return f'<div class="rk-track">{guess}</div><div class="rk-track rk-truth">{truth}</div>'
