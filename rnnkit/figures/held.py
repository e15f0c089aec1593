"""A line that two units colour, and what a network expects after it while one of them is held."""

import html
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.figures.look import colours, described
from rnnkit.figures.reading import READING, marked

# No script: a radio button says which unit is held. All answers lie in one cell of a grid, so that nothing moves.
HELD = """
.rk-held { max-width: 720px; color: var(--rk-ink, inherit); font-variant-numeric: tabular-nums; }
.rk-held .rk-which { display: flex; flex-wrap: wrap; gap: 0 0.25rem; align-items: center; margin: 0 0 0.25rem; }
.rk-held .rk-which label { display: inline-flex; align-items: center; min-height: 2.75rem; padding: 0 0.75rem;
  cursor: pointer; margin: 0; }
.rk-held input { position: absolute; opacity: 0; width: 1px; height: 1px; margin: 0; }
.rk-held .rk-which input:checked + label { font-weight: 600; box-shadow: inset 0 -2px INK; }
.rk-held .rk-which input:focus-visible + label { outline: 2px solid INK; outline-offset: -3px; }
.rk-held .rk-line { display: grid; grid-template-columns: 1.5rem 1fr; align-items: baseline; margin: 0; }
.rk-held .rk-line b { font-weight: 600; }
.rk-held .rk-line.rk-code { line-height: 2.2; margin: 0; }
.rk-held .rk-last { border-bottom: 2px solid transparent; }
.rk-held .rk-said { display: grid; margin-top: 0.75rem; }
.rk-held .rk-said > div { grid-area: 1 / 1; visibility: hidden; }
.rk-held .rk-said p { margin: 0 0 0.25rem; line-height: 1.5; }
.rk-held .rk-bar { display: grid; grid-template-columns: 4rem 1fr 2.75rem; gap: 0.5rem; align-items: center;
  height: 1.9rem; }
.rk-held .rk-bar > span:first-child { text-align: right; white-space: nowrap; }
.rk-held .rk-bar > span:last-child { text-align: right; }
.rk-held .rk-bar i { position: relative; height: 1rem; }
.rk-held .rk-bar i::before, .rk-held .rk-bar i::after { content: ""; position: absolute; inset: 0 auto 0 0;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; box-sizing: border-box; }
.rk-held .rk-bar i::before { width: max(2px, 1% * var(--now)); background: LOOK; }
.rk-held .rk-bar i::after { inset: -0.2rem auto -0.2rem 0; width: max(2px, 1% * var(--before));
  border-right: 2px solid BASELINE; }
@supports not selector(:has(*)) { .rk-held .rk-said > div { grid-area: auto; visibility: visible; } }
@media print {
  .rk-held .rk-which { display: none; }
  .rk-held .rk-said > div { grid-area: auto; visibility: visible !important; }
}
"""


class Held:
    """One line, a copy of it for each unit, and what a network expects next while none or one of them is held.

    Each copy is tinted where its unit says yes (h > 0). A held unit's last character loses its tint, and the bars show
    the other answer beside marks where they stood before. No script is needed.

    Parameters
    ----------
    text : str
    states : mapping of str to array of shape (T,)
        Each unit's state after each of the T characters, by the unit's name.
    answers : mapping of str to array of shape (K,)
        The probability of each symbol, by what is held: first "neither" or the like, then each unit by its name.
    symbols : sequence of K str
        Their names at the bars.
    yes : str
        What the tint means, for the key.
    choice : str
        What stands in front of the choices.
    alt : str
        What is seen, for those who do not see it.
    caption : str
        What to look for, in a sentence.

    Raises
    ------
    ValueError
        If alt or caption is empty, a unit has no row for each character, or the answers are not those of nothing held
        and of each unit, with a probability for each symbol.

    Examples
    --------
    >>> held = Held("ab", {"A": [0, 1]}, {"none": [1], "A": [0]}, ["c"], "yes", "Hold", "a line", "What changes?")
    >>> held._repr_html_().count('type="radio"')
    2
    """

    def __init__(
        self,
        text: str,
        states: Mapping[str, Any],
        answers: Mapping[str, Any],
        symbols: Sequence[str],
        yes: str,
        choice: str,
        alt: str,
        caption: str,
    ):
        described("line", alt, caption)
        self.text, self.symbols, self.yes, self.choice = text, tuple(map(str, symbols)), yes, choice
        self.alt, self.caption = alt, caption
        self.states = {str(name): np.asarray(h, float) for name, h in states.items()}
        self.answers = {str(name): np.asarray(p, float) for name, p in answers.items()}
        for name, h in self.states.items():
            if h.shape != (len(text),):
                raise checks.wrong(f"unit {name!r} has shape {h.shape}", f"({len(text)},), a state for each character")
        if list(self.answers)[1:] != list(self.states):
            came = f"answers are of {list(self.answers)}"
            raise checks.wrong(came, f"of nothing held, and then of {list(self.states)}")
        for name, p in self.answers.items():
            if p.shape != (len(self.symbols),):
                raise checks.wrong(f"answer {name!r} has shape {p.shape}", f"({len(self.symbols)},), one a symbol")

    def _repr_html_(self) -> str:
        style = HELD.replace("LOOK", f"var(--rk-ink, {colours()['ink']})")
        style = READING + style
        for token in ("baseline", "ink", "positive"):
            style = style.replace(token.upper(), f"var(--rk-{token}, {colours()[token]})")
        key = "rk-" + sha256(repr((self.alt, self.text, *self.answers)).encode()).hexdigest()[:8]
        rules, which, lines, said = "", "", "", ""
        first = next(iter(self.answers.values()))
        for k, (name, p) in enumerate(self.answers.items()):
            rules += f".rk-held:has(#{key}-{k}:checked) #{key}-{k}-said {{ visibility: visible; }}\n"
            which += (
                f'<input type="radio" name="{key}" id="{key}-{k}"{" checked" * (k == 0)}>'
                f'<label for="{key}-{k}">{html.escape(name)}</label>'
            )
            said += f'<div id="{key}-{k}-said">{self._said(name, p, first)}</div>'
        off = "{ background: none; box-shadow: none; border-bottom: 2px dashed INK; }".replace(
            "INK", f"var(--rk-ink, {colours()['ink']})"
        )
        for k, (name, h) in enumerate(self.states.items(), 1):
            rules += f".rk-held:has(#{key}-{k}:checked) #{key}-{k}-line .rk-last > span {off}\n"
            shown, last = marked(self.text[:-1], h[:-1, None]), marked(self.text[-1], h[-1:, None])
            lines += (
                f'<p class="rk-line rk-code" id="{key}-{k}-line" lang="en"><b>{html.escape(name)}</b>'
                f'<span>{shown}<span class="rk-last">{last}</span></span></p>'
            )
        sample = f'<p class="rk-key">{marked(self.yes, np.full((len(self.yes), 1), 0.9))}</p>'
        return (
            f'<figure class="rk-figure rk-reading rk-held" role="group" aria-label="{html.escape(self.alt)}">'
            f'<style>{style}{rules}</style><div class="rk-which" role="radiogroup" '
            f'aria-label="{html.escape(self.choice)}"><span>{html.escape(self.choice)}</span>{which}</div>'
            f'<div class="rk-lines">{lines}</div>{sample}<div class="rk-said" aria-live="polite">{said}</div>'
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )

    def _said(self, name: str, answer: Any, before: Any) -> str:
        most = int(answer.argmax())
        bars = "".join(
            f'<div class="rk-bar"><span>{html.escape(symbol)}</span>'
            f'<i style="--now:{100 * p:.1f};--before:{100 * was:.1f}"></i><span>{p:.2f}</span></div>'
            for symbol, p, was in zip(self.symbols, answer, before, strict=True)
        )
        likeliest = f"<b>{html.escape(self.symbols[most])}</b>, with {answer[most]:.2f}"
        return f"<p>{html.escape(name)} held: the likeliest next is {likeliest}.</p>{bars}"
