"""Derivatives that claim to be one number, and what a nudge says: readers choose how large the nudge is."""

import html
from collections.abc import Mapping, Sequence
from hashlib import sha256

import numpy as np

from rnnkit import checks
from rnnkit.figures.look import colours, described

# No script: each nudge is a radio button, and what it says of each row is shown while it is chosen. Arrow keys move to
# the next nudge. Print shows one of them.
NUDGED = """
.rk-nudged { max-width: 720px; color: var(--rk-ink, inherit); font-variant-numeric: tabular-nums;
  container-type: inline-size; }
.rk-nudged .rk-track { display: grid; grid-template-columns: repeat(auto-fit, minmax(2.75rem, 1fr));
  margin: 0 0 0.5rem; }
.rk-nudged .rk-track input { position: absolute; appearance: none; width: 1px; height: 1px; margin: 0; }
.rk-nudged .rk-track label { display: grid; place-items: center; min-height: 3.25rem; cursor: pointer;
  font-size: 0.9rem; }
.rk-nudged .rk-track label::after { content: ""; width: 100%; height: 1.25rem; background:
  radial-gradient(circle closest-side, BASELINE 3px, transparent 4px) 50% / 1.25rem 100% no-repeat,
  linear-gradient(LINE 0 0) 50% / 100% 2px no-repeat; print-color-adjust: exact; }
.rk-nudged .rk-track input:checked + label { font-weight: 600; }
.rk-nudged .rk-track input:checked + label::after { background:
  radial-gradient(circle closest-side, PAGE calc(100% - 4px), INK calc(100% - 3px) calc(100% - 1px), transparent)
  50% / 1.25rem 100% no-repeat, linear-gradient(LINE 0 0) 50% / 100% 2px no-repeat; }
.rk-nudged .rk-track input:focus-visible + label { outline: 2px solid INK; outline-offset: -3px; }
.rk-nudged p { margin: 0.5rem 0; min-height: 3.2rem; }
.rk-nudged .rk-at { display: none; }
.rk-nudged .rk-loop { display: grid; grid-template-columns: 1.5rem 1fr; gap: 0.25rem 0.75rem; align-items: center;
  padding: 0.6rem 0; border-top: 1px solid LINE; }
.rk-nudged .rk-fall { display: flex; align-items: center; gap: 0.5rem; font-size: 0.85rem; white-space: nowrap; }
.rk-figure.rk-nudged svg { width: 5rem; height: 2.25rem; max-width: none; overflow: visible; margin: 0; }
.rk-nudged polyline { fill: none; stroke: INK; stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.rk-nudged :is(.rk-says, .rk-agrees) { grid-column: 2; }
.rk-nudged .rk-says { color: BASELINE; white-space: nowrap; }
.rk-nudged .rk-says b { color: INK; }
.rk-nudged .rk-agrees { display: grid; grid-template-columns: 1fr 5rem; gap: 0.5rem; align-items: center;
  height: 1.5rem; }
.rk-nudged .rk-agrees > span { grid-area: 1 / 1 / 2 / 3; grid-template-columns: subgrid; align-items: center; }
.rk-nudged .rk-agrees u { height: 0.9rem; width: max(2px, 1% * var(--share)); background: LOOK; text-decoration: none;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.rk-nudged summary { width: fit-content; margin: 0.25rem 0 0.5rem; padding: 0.6rem 1rem; border: 1px solid BASELINE;
  border-radius: 6px; cursor: pointer; font-weight: 600; }
@container (min-width: 560px) {
  .rk-nudged p { min-height: 0; }
  .rk-nudged .rk-loop { grid-template-columns: 1.5rem 13rem 10.5rem 1fr; }
  .rk-nudged :is(.rk-says, .rk-agrees) { grid-column: auto; }
}
@media print {
  .rk-nudged .rk-track { display: none; }
  .rk-nudged .rk-at { display: none !important; }
  .rk-nudged .rk-agrees .rk-printed { display: grid !important; }
  .rk-nudged .rk-printed { display: inline !important; }
}
"""


def agreeing(a: float, b: float, places: int = 12) -> int:
    """In how many characters, of so many decimal places, two numbers begin alike: those of a number of the same sign.

    Examples
    --------
    >>> agreeing(-0.33078, -0.33082), agreeing(0.1, -0.1)
    (6, 0)
    """
    same = 0
    for x, y in zip(f"{a:.{places}f}", f"{b:.{places}f}", strict=False):
        if x != y:
            break
        same += 1
    return same if f"{a:.{places}f}"[:same].strip("-0.") else 0


class Nudged:
    """A nudge that readers make smaller, and rows that claim to know what it will say. No script is needed.

    Parameters
    ----------
    nudges : mapping of str to float
        What each nudge says of the derivative, by its size, the largest first.
    loops : mapping of str to (sequence of float, float)
        The loss from update to update, and the derivative that is claimed, by the name of the row.
    printed : str
        The nudge that is shown on paper.
    button, seen : str
        What shows which row was right, and what then stands below it, as HTML.
    alt : str
        What is seen, for those who do not see it.
    caption : str
        What to look for, in a sentence.

    Raises
    ------
    ValueError
        If there is no nudge or no row, printed is not among the nudges, a loss is not above 0, or a text is empty.

    Examples
    --------
    >>> nudged = Nudged({"1": 0.3, "0.1": 0.25}, {"A": ([2, 1], 0.25)}, "0.1", "Show", "A.", "two numbers", "Which?")
    >>> nudged._repr_html_().count('type="radio"')
    2
    """

    def __init__(
        self,
        nudges: Mapping[str, float],
        loops: Mapping[str, tuple[Sequence[float], float]],
        printed: str,
        button: str,
        seen: str,
        alt: str,
        caption: str,
    ):
        described("nudge", alt, caption)
        self.nudges, self.loops, self.printed = dict(nudges), dict(loops), printed
        self.button, self.seen, self.alt, self.caption = button, seen, alt, caption
        for name in ("nudges", "loops", "button", "seen"):
            if not getattr(self, name):
                raise checks.wrong(f"{name} is empty", "one, or more" if name in ("nudges", "loops") else "text")
        if printed not in self.nudges:
            raise checks.wrong(f"printed is {printed!r}", f"one of the nudges, {', '.join(self.nudges)}")
        for name, (losses, _) in self.loops.items():
            if not min(losses) > 0:
                raise checks.wrong(
                    f"the least loss of {name!r} is {min(losses)}", "a loss above 0", "its axis is by decades."
                )

    def _repr_html_(self) -> str:
        style = NUDGED
        tokens = {"BASELINE": "baseline", "INK": "ink", "LINE": "line", "LOOK": "candidate", "PAGE": "page"}
        for word, token in tokens.items():
            style = style.replace(word, f"var(--rk-{token}, {colours()[token]})")
        key = "rk-" + sha256(repr((self.alt, self.nudges, [*self.loops])).encode()).hexdigest()[:8]
        track = ""
        for k, size in enumerate(self.nudges):
            style += f".rk-nudged:has(#{key}-{k}:checked) .rk-at-{k} {{ display: inline; }}\n"
            style += f".rk-nudged:has(#{key}-{k}:checked) .rk-agrees .rk-at-{k} {{ display: grid; }}\n"
            track += (
                f'<input type="radio" name="{key}" id="{key}-{k}"{" checked" * (k == 0)} autocomplete="off">'
                f'<label for="{key}-{k}">{html.escape(size)}</label>'
            )
        told = "".join(
            f'<span class="{self._at(k)}">By {html.escape(size)}: the loss moves '
            f"<b>{number(said)}</b> times as far.</span>"
            for k, (size, said) in enumerate(self.nudges.items())
        )
        return (
            f'<figure class="rk-figure rk-nudged" role="group" aria-label="{html.escape(self.alt)}">'
            f'<style>{style}</style><div class="rk-track" role="radiogroup" aria-label="nudge">{track}</div>'
            f"<p>{told}</p>{''.join(map(self._row, self.loops))}"
            f"<details><summary>{html.escape(self.button)}</summary><p>{self.seen}</p></details>"
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )

    def _at(self, k: int) -> str:
        return f"rk-at rk-at-{k}" + " rk-printed" * (list(self.nudges)[k] == self.printed)

    def _row(self, name: str) -> str:
        losses, claimed = self.loops[name]
        every = np.log10(np.concatenate([losses for losses, _ in self.loops.values()]))
        low, high = every.min(), every.max()
        heights = 36 * (high - np.log10(losses)) / max(high - low, 1e-9)
        points = " ".join(f"{80 * k / max(len(losses) - 1, 1):.1f},{y:.1f}" for k, y in enumerate(heights))
        says, agrees = "", ""
        for k, said in enumerate(self.nudges.values()):
            same, text = agreeing(claimed, said), number(claimed)
            digits = len(text[:same].replace(".", "").lstrip("\N{MINUS SIGN}0"))
            says += f'<span class="{self._at(k)}"><b>{text[:same]}</b>{text[same:]}</span>'
            share = f'<u style="--share:{100 * digits / 12:.0f}"></u>'
            agrees += f'<span class="{self._at(k)}">{share}<span>{digits} digit{"s" * (digits != 1)}</span></span>'
        return (
            f'<div class="rk-loop"><b>{html.escape(name)}</b><div class="rk-fall"><svg viewBox="0 0 80 36" '
            f'preserveAspectRatio="none" aria-hidden="true"><polyline points="{points}"/></svg>'
            f"loss {losses[0]:.1f} \N{RIGHTWARDS ARROW} {losses[-1]:.2f}</div>"
            f'<div class="rk-says">{says}</div><div class="rk-agrees">{agrees}</div></div>'
        )


def number(value: float) -> str:
    """Twelve decimal places, and a true minus sign."""
    return f"{value:.12f}".replace("-", "\N{MINUS SIGN}")
