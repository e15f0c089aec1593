"""Pictures of one thing, of which a reader chooses one: a setting that was computed for several values."""

import html
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from rnnkit import checks
from rnnkit.figures.look import colours, described
from rnnkit.figures.svg import FIGURE, Figure

# No script: the names are radio buttons, in a row as the steps of a slider. All pictures lie in one cell of a grid, so
# that nothing moves; where no picture can be chosen, and on paper, all of them are shown.
CHOSEN = """
.rk-chosen { max-width: 720px; color: var(--rk-ink, inherit); font-variant-numeric: tabular-nums; }
.rk-chosen .rk-which { display: flex; flex-wrap: wrap; gap: 0 0.25rem; align-items: center; margin: 0 0 0.25rem; }
.rk-chosen .rk-which > span { margin-right: 0.5rem; }
.rk-chosen .rk-which label { display: inline-flex; align-items: center; justify-content: center; min-width: 2.75rem;
  min-height: 2.75rem; padding: 0 0.5rem; margin: 0; cursor: pointer; box-shadow: inset 0 -2px LINE; }
.rk-chosen input { position: absolute; opacity: 0; width: 1px; height: 1px; margin: 0; }
.rk-chosen input:checked + label { font-weight: 600; box-shadow: inset 0 -3px INK; }
.rk-chosen input:focus-visible + label { outline: 2px solid INK; outline-offset: -3px; }
.rk-chosen .rk-one { display: grid; }
@container (max-width: 520px) {
  .rk-chosen .rk-which { gap: 0; }
  .rk-chosen .rk-which > span { flex-basis: 100%; }
}
.rk-chosen .rk-one > div { grid-area: 1 / 1; visibility: hidden; min-width: 0; }
.rk-chosen .rk-one p { margin: 0.25rem 0 0.5rem; }
.rk-chosen pre { margin: 0.25rem 0 0.5rem; padding: 0.5rem 0.75rem; color: inherit; background: transparent;
  border: 1px solid LINE; font-size: clamp(12px, 3.1vw, 15px); line-height: 1.6; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.rk-chosen pre + pre { min-height: 10.5rem; }
.rk-chosen mark { padding: 0 0 2px; color: inherit;
  background: linear-gradient(POSITIVE 0 0) 0 100% / 100% 3px no-repeat;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
@supports not selector(:has(*)) { .rk-chosen .rk-one > div { grid-area: auto; visibility: visible; } }
@media print {
  .rk-chosen .rk-which { display: none; }
  .rk-chosen .rk-one { grid-template-columns: 1fr 1fr; gap: 0.5rem; }
  .rk-chosen .rk-one > div { grid-area: auto; visibility: visible !important; break-inside: avoid; }
}
"""


class Chosen:
    """Pictures beside a row of names; the chosen one is shown, with a line of words. No script is needed.

    Parameters
    ----------
    choice : str
        What is chosen, in front of the names.
    pictures : mapping of str to (draw, alt, words)
        By name: ``draw(ax)`` draws on a matplotlib Axes, as in :class:`rnnkit.figures.Figure`; what is seen, for those
        who do not see it; and what stands below, as HTML. A text in place of ``draw`` is shown as it is: HTML, such as
        ``<pre>`` in which ``<mark>`` underlines.
    caption : str
        What to look for, in a sentence.
    height, narrow : float
        Shares of the width, on a wide page and on a phone.
    first : str, optional
        The name that is chosen at the beginning; the first if left out.

    Raises
    ------
    ValueError
        If there are fewer than two pictures, an alt or the caption is empty, or ``first`` is no name.

    Examples
    --------
    >>> line = lambda slope: (lambda ax: ax.plot([0, slope]), f"a line of slope {slope}", f"slope {slope}")
    >>> Chosen("slope", {"1": line(1), "2": line(2)}, "Which is steeper?")._repr_html_().count('type="radio"')
    2
    """

    def __init__(
        self,
        choice: str,
        pictures: Mapping[str, tuple[Callable[[Any], object] | str, str, str]],
        caption: str,
        height: float = 0.6,
        narrow: float | None = None,
        first: str = "",
    ):
        self.choice, self.caption, self.first = choice, caption, first or next(iter(pictures), "")
        if len(pictures) < 2 or self.first not in pictures:
            raise checks.wrong(f"pictures are of {list(pictures)}, first {first!r}", "two or more, and one of them")
        self.bodies, self.words = {}, {}
        for name, (draw, alt, words) in pictures.items():
            described("picture", alt, caption)
            self.bodies[name] = draw if isinstance(draw, str) else Figure(draw, alt, caption, height, narrow).body
            self.words[name] = words

    def _repr_html_(self) -> str:
        style = CHOSEN
        for token in ("ink", "line", "positive"):
            style = style.replace(token.upper(), f"var(--rk-{token}, {colours()[token]})")
        key = "rk-" + sha256(repr((self.choice, self.caption, *self.bodies)).encode()).hexdigest()[:8]
        rules, which, ones = "", "", ""
        for k, (name, body) in enumerate(self.bodies.items()):
            rules += f".rk-chosen:has(#{key}-{k}:checked) #{key}-{k}-one {{ visibility: visible; }}\n"
            which += (
                f'<input type="radio" name="{key}" id="{key}-{k}"{" checked" * (name == self.first)}>'
                f'<label for="{key}-{k}">{html.escape(name)}</label>'
            )
            ones += f'<div id="{key}-{k}-one">{body}<p>{self.words[name]}</p></div>'
        return (
            f'<figure class="rk-figure rk-chosen" role="group" aria-label="{html.escape(self.choice)}">'
            f'<style>{FIGURE}{style}{rules}</style><div class="rk-which" role="radiogroup" '
            f'aria-label="{html.escape(self.choice)}"><span>{html.escape(self.choice)}</span>{which}</div>'
            f'<div class="rk-one" aria-live="polite">{ones}</div>'
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )
