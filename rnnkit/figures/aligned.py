"""A word that is written as another sequence: readers step through it, and see where the network looks."""

import html
from collections.abc import Mapping
from difflib import SequenceMatcher
from hashlib import sha256
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.figures.look import colours, described

# No script: each step is a radio button, and a checkbox takes the letter away that the step looks at most. Arrow keys
# move from step to step. Print shows all lines of the last step.
ALIGNED = """
.rk-aligned { max-width: 560px; color: var(--rk-ink, inherit); font-variant-numeric: tabular-nums; }
.rk-aligned input { position: absolute; appearance: none; width: 1px; height: 1px; margin: 0; }
.rk-aligned input:focus-visible { outline: 2px solid INK; }
.rk-aligned .rk-which { display: flex; flex-wrap: wrap; gap: 0 0.25rem; margin: 0 0 0.75rem; }
.rk-aligned .rk-which label, .rk-aligned .rk-take label { display: inline-flex; align-items: center;
  min-height: 2.75rem; padding: 0 0.75rem; cursor: pointer; }
.rk-aligned .rk-which input:checked + label { font-weight: 600; box-shadow: inset 0 -2px INK; }
.rk-aligned input:focus-visible + label { outline: 2px solid INK; outline-offset: -2px; }
.rk-aligned .rk-one, .rk-aligned .rk-step { display: none; }
.rk-aligned .rk-letters, .rk-aligned .rk-sounds { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; }
.rk-aligned .rk-letters i { font-style: normal; text-align: center; padding: 0.4rem 0 0.25rem; margin: 0 2px;
  border: 1px solid LINE; background: linear-gradient(to top, color-mix(in srgb, OUTPUT 55%, transparent)
  calc(100% * var(--lit)), transparent 0); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.rk-aligned .rk-letters b { display: block; font-size: 1.75rem; line-height: 1.2; font-weight: 400; }
.rk-aligned .rk-letters small { display: block; font-size: 0.75rem; }
.rk-aligned .rk-letters .rk-most { border-color: INK; }
.rk-aligned .rk-letters .rk-most b { font-weight: 600; }
.rk-figure.rk-aligned .rk-step svg { display: block; width: 100%; max-width: none; height: 4.5rem; overflow: visible; }
.rk-aligned line { stroke: BASELINE; vector-effect: non-scaling-stroke; }
.rk-aligned .rk-now line { stroke: OUTPUT; }
.rk-aligned .rk-sounds label { display: grid; place-items: center; min-height: 2.75rem; margin: 0 2px; cursor: pointer;
  border: 1px solid LINE; font-weight: 600; }
.rk-aligned .rk-sounds input:checked + label { border: 2px solid INK; }
.rk-aligned .rk-sounds input:checked ~ input + label span { display: none; }
.rk-aligned .rk-sounds input:checked ~ input + label::after { content: "·"; color: BASELINE; }
.rk-aligned .rk-said { min-height: 3.2rem; margin: 0.5rem 0 0; }
.rk-aligned .rk-take { margin: 0.25rem 0 0; }
.rk-aligned .rk-take label::before { content: ""; width: 1.1rem; height: 1.1rem; margin-right: 0.6rem;
  border: 2px solid INK; }
.rk-aligned .rk-take input:checked + label::before { background: INK; box-shadow: inset 0 0 0 2px PAGE; }
.rk-aligned .rk-without { visibility: hidden; min-height: 3.2rem; margin: 0.25rem 0 0; }
.rk-aligned .rk-without u { text-decoration: none; border-bottom: 3px solid POSITIVE; font-weight: 600; }
@media (min-width: 540px) { .rk-aligned :is(.rk-said, .rk-without) { min-height: 1.7rem; } }
@media print {
  .rk-aligned .rk-which, .rk-aligned .rk-take, .rk-aligned input { display: none; }
  .rk-aligned .rk-sounds input:checked ~ input + label span { display: inline; }
  .rk-aligned .rk-sounds input:checked ~ input + label::after { content: none; }
  .rk-aligned .rk-one .rk-step { display: none !important; }
  .rk-aligned .rk-one .rk-step:last-of-type { display: block !important; }
}
"""


class Aligned:
    """Words that a network reads and writes as other symbols, a step at a time. No script is needed.

    Parameters
    ----------
    words : mapping of str to mapping
        By word: "sound", its S symbols; "weights" (S, T), where each step looked, rows that add up to 1; and "without",
        for each of the T letters what is said when it is not there.
    examples : mapping of str to str
        By symbol, a word in which it is heard.
    alt : str
        What is seen, for those who do not see it.
    caption : str
        What to look for, in a sentence.
    first : int
        The step that is shown at the beginning, 1 to S.

    Raises
    ------
    ValueError
        If alt or caption is empty, there is no word, or a word's parts do not fit.

    Examples
    --------
    >>> one = {"sound": ["AY"], "weights": [[0.9, 0.1]], "without": [["Y"], ["AY"]]}
    >>> Aligned({"ay": one}, {"AY": "hide"}, "a word", "Where does it look?")._repr_html_().count('type="radio"')
    1
    """

    def __init__(
        self,
        words: Mapping[str, Mapping[str, Any]],
        examples: Mapping[str, str],
        alt: str,
        caption: str,
        first: int = 1,
    ):
        described("figure", alt, caption)
        self.words, self.examples = dict(words), dict(examples)
        self.alt, self.caption, self.first = alt, caption, first
        if not self.words:
            raise checks.wrong("words is empty", "a word, or more")
        for word, one in self.words.items():
            wanted = (len(one["sound"]), len(word))
            came = np.shape(one["weights"]), len(one["without"])
            if came != (wanted, len(word)) or not 1 <= first <= wanted[0]:
                words_of = (
                    f"the weights of {word!r} have shape {came[0]}, it has {came[1]} of without, first is {first}"
                )
                raise checks.wrong(words_of, f"{wanted}, {len(word)}, and 1 to {wanted[0]}")

    def _repr_html_(self) -> str:
        style = ALIGNED
        tokens = ("baseline", "ink", "line", "output", "positive", "page")
        for token in tokens:
            style = style.replace(token.upper(), f"var(--rk-{token}, {colours()[token]})")
        key = "rk-" + sha256(repr((self.alt, *self.words)).encode()).hexdigest()[:8]
        rules, which, ones = "", "", ""
        for n, (word, one) in enumerate(self.words.items()):
            own = f"{key}-{n}"
            shows = f".rk-aligned:has(#{own}:checked) #{own}-one" if len(self.words) > 1 else f"#{own}-one"
            rules += f"{shows} {{ display: block; }}\n"
            rules += f"#{own}-one:has(#{own}-take:checked) .rk-without {{ visibility: visible; }}\n"
            rules += f"#{own}-one:has(#{own}-take:checked) .rk-most b {{ text-decoration: line-through; }}\n"
            for s in range(len(one["sound"])):
                rules += f"#{own}-one:has(#{own}-{s}:checked) .rk-step-{s} {{ display: block; }}\n"
            which += (
                f'<input type="radio" name="{key}" id="{own}"{" checked" * (n == 0)}>'
                f'<label for="{own}">{html.escape(word)}</label>'
            )
            ones += self._one(own, word, one)
        choice = f'<div class="rk-which" role="radiogroup" aria-label="word">{which}</div>' if n else ""
        return (
            f'<figure class="rk-figure rk-aligned" role="group" aria-label="{html.escape(self.alt)}">'
            f"<style>{style}{rules}</style>{choice}{ones}<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )

    def _one(self, own: str, word: str, one: Mapping[str, Any]) -> str:
        weights = np.asarray(one["weights"], float)
        above, steps, below = "", "", ""
        for s, sound in enumerate(one["sound"]):
            most = int(weights[s].argmax())
            letters = "".join(
                f'<i class="{"rk-most" * (t == most)}" style="--lit:{w:.3f}"><b>{html.escape(letter)}</b>'
                f"<small>{w:.2f}</small></i>"
                for t, (letter, w) in enumerate(zip(word, weights[s], strict=True))
            )
            above += (
                f'<div class="rk-step rk-step-{s}"><div class="rk-letters" aria-hidden="true">{letters}</div>'
                f"{_lines(weights, s)}</div>"
            )
            steps += (
                f'<input type="radio" name="{own}" id="{own}-{s}"{" checked" * (s + 1 == self.first)} '
                f'aria-label="step {s + 1} of {len(weights)}"><label for="{own}-{s}">'
                f"<span>{html.escape(sound)}</span></label>"
            )
            below += (
                f'<div class="rk-step rk-step-{s}">{self._said(s, sound, word[most], weights[s, most])}'
                f"{_without(word, most, one)}</div>"
            )
        words = f'<label for="{own}-take">Take away the most lit letter</label>'
        take = f'<div class="rk-take"><input type="checkbox" id="{own}-take">{words}</div>'
        return (
            f'<div class="rk-one" id="{own}-one">{above}<div class="rk-sounds" role="radiogroup" '
            f'aria-label="{html.escape(word)}: sounds">{steps}</div>{take}<div aria-live="polite">{below}</div></div>'
        )

    def _said(self, s: int, sound: str, letter: str, weight: float) -> str:
        as_in = f", as in <i>{html.escape(self.examples[sound])}</i>" if sound in self.examples else ""
        return (
            f'<p class="rk-said">Step {s + 1}: it says <b>{html.escape(sound)}</b>{as_in}. It looks at '
            f"<b>{html.escape(letter)}</b> with {weight:.2f}.</p>"
        )


def _lines(weights: Any, now: int) -> str:
    """A line from each letter to each step up to now, as wide as its weight; those of now in colour."""
    (S, T), drawn = weights.shape, ""
    for s, row in enumerate(weights[: now + 1]):
        lines = "".join(
            f'<line x1="{(t + 0.5) / T:.4f}" y1="0" x2="{(s + 0.5) / S:.4f}" y2="1" stroke-width="{7 * w:.2f}" '
            f'opacity="{0.35 + 0.65 * w:.2f}"/>'
            for t, w in enumerate(row)
            if w >= 0.05
        )
        drawn += f'<g class="rk-now">{lines}</g>' if s == now else f"<g>{lines}</g>"
    return f'<svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">{drawn}</svg>'


def _without(word: str, most: int, one: Mapping[str, Any]) -> str:
    before, after = list(one["sound"]), list(one["without"][most])
    left = word[:most] + word[most + 1 :]
    marked = []
    for tag, _, _, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        sounds = html.escape(" ".join(after[c:d]))
        marked.append(sounds if tag == "equal" else f"<u>{sounds or 3 * '&nbsp;'}</u>")
    same = " The same." if before == after else ""
    return f'<p class="rk-without">Of <i>{html.escape(left)}</i> it says {" ".join(marked)}.{same}</p>'
