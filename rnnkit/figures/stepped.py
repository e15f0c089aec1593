"""An image that is read row by row: readers choose how far, and see what a network says of it then."""

import html
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.figures.look import colours, described

# No script: each row of the image is the label of a radio button, and the chosen one covers the rows below it. Arrow
# keys move from row to row. Print shows the whole image and the last answer.
STEPPED = """
.rk-stepped { max-width: 720px; color: var(--rk-ink, inherit); font-variant-numeric: tabular-nums; }
.rk-stepped .rk-which { display: flex; flex-wrap: wrap; gap: 0 0.5rem; align-items: center; margin: 0 0 0.5rem; }
.rk-stepped .rk-which label { display: inline-flex; align-items: center; min-height: 2.75rem; padding: 0 0.75rem;
  cursor: pointer; }
.rk-stepped input { position: absolute; opacity: 0; width: 1px; height: 1px; margin: 0; }
.rk-stepped .rk-which input:checked + label { font-weight: 600; box-shadow: inset 0 -2px INK; }
.rk-stepped .rk-which input:focus-visible + label { outline: 2px solid INK; outline-offset: -3px; }
.rk-stepped .rk-one { display: none; gap: 1.5rem; border: 0; padding: 0; margin: 0; min-width: 0; }
.rk-stepped .rk-image { flex: none; width: min(45%, 22rem); border: 1px solid LINE; }
.rk-stepped .rk-image label { position: relative; display: grid; grid-auto-flow: column; grid-auto-columns: 1fr;
  height: 2.75rem; cursor: pointer; }
.rk-stepped .rk-image i { background: color-mix(in srgb, INK calc(100% * var(--ink)), transparent);
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.rk-stepped .rk-image input:checked + label { box-shadow: inset 0 -3px POSITIVE; }
.rk-stepped .rk-image input:focus-visible + label { outline: 2px solid INK; outline-offset: -2px; }
.rk-stepped .rk-image input:checked ~ input + label::after { content: "?"; position: absolute; inset: 0;
  display: grid; place-items: center; color: BASELINE; background: repeating-linear-gradient(135deg, PAGE 0 6px,
  LINE 6px 7px); }
.rk-stepped .rk-said { flex: 1; min-width: 0; }
.rk-stepped .rk-said > div { display: none; }
.rk-stepped .rk-said p { margin: 0 0 0.25rem; min-height: 3rem; }
.rk-stepped .rk-bar { display: grid; grid-template-columns: 1.25rem 1fr 2.75rem; gap: 0.5rem; align-items: center;
  height: 1.9rem; }
.rk-stepped .rk-bar u { height: 1rem; width: max(2px, 1% * var(--share)); background: BASELINE; text-decoration: none;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.rk-stepped .rk-most { font-weight: 600; }
.rk-stepped .rk-most u { background: LOOK; }
.rk-stepped .rk-bar span:last-child { text-align: right; }
@media print {
  .rk-stepped .rk-which, .rk-stepped input { display: none; }
  .rk-stepped .rk-image input:checked ~ input + label::after { content: none; }
  .rk-stepped .rk-one .rk-said > div { display: none !important; }
  .rk-stepped .rk-one .rk-said > div:last-child { display: block !important; }
}
"""


class Stepped:
    """Images of rows, and what a network says after each row. No script is needed.

    Parameters
    ----------
    images : mapping of str to array of shape (T, I)
        The ink of each image, 0 to 1, by the name under which it is chosen.
    answers : mapping of str to array of shape (T, K)
        The probability of each class after each row, by the same names.
    classes : sequence of K str
    first : int
        How many rows have been read at the beginning, 1 to T.
    alt : str
        What is seen, for those who do not see it.
    caption : str
        What to look for, in a sentence.

    Raises
    ------
    ValueError
        If alt or caption is empty, there is no image, answers do not fit, or first is not 1 to T.

    Examples
    --------
    >>> seen = Stepped({"a": np.eye(3)}, {"a": np.full((3, 2), 0.5)}, "xy", 1, "an image", "What is it?")
    >>> seen._repr_html_().count('type="radio"')
    3
    """

    def __init__(
        self,
        images: Mapping[str, Any],
        answers: Mapping[str, Any],
        classes: Sequence[str],
        first: int,
        alt: str,
        caption: str,
    ):
        described("image", alt, caption)
        self.images = {str(name): np.asarray(image, float) for name, image in images.items()}
        self.answers = {str(name): np.asarray(answers[name], float) for name in images}
        self.classes, self.alt, self.caption, self.first = tuple(map(str, classes)), alt, caption, first
        if not self.images:
            raise checks.wrong("images is empty", "an image, or more")
        for name, image in self.images.items():
            wanted = (len(image), len(self.classes))
            if image.ndim != 2 or self.answers[name].shape != wanted or not 1 <= first <= len(image):
                came = f"image {name!r} has shape {image.shape}, its answers {self.answers[name].shape}, first {first}"
                raise checks.wrong(came, f"(T, I), (T, {len(self.classes)}) and 1 to T")

    def _repr_html_(self) -> str:
        style = STEPPED
        tokens = {"BASELINE": "baseline", "INK": "ink", "LINE": "line", "POSITIVE": "positive", "PAGE": "page"}
        for word, token in (tokens | {"LOOK": "candidate"}).items():
            style = style.replace(word, f"var(--rk-{token}, {colours()[token]})")
        key = "rk-" + sha256(repr((self.alt, *self.images)).encode()).hexdigest()[:8]
        rules, which, ones = "", "", ""
        for n, name in enumerate(self.images):
            own = f"{key}-{n}"
            if len(self.images) > 1:
                rules += f".rk-stepped:has(#{own}:checked) #{own}-one {{ display: flex; }}\n"
                which += (
                    f'<input type="radio" name="{key}" id="{own}"{" checked" * (n == 0)}>'
                    f'<label for="{own}">{html.escape(name)}</label>'
                )
            else:
                rules += f"#{own}-one {{ display: flex; }}\n"
            for t in range(len(self.images[name])):
                rules += f"#{own}-one:has(#{own}-{t}:checked) #{own}-{t}-said {{ display: block; }}\n"
            ones += self._one(own, name)
        choice = f'<div class="rk-which" role="radiogroup" aria-label="image">{which}</div>' if which else ""
        return (
            f'<figure class="rk-figure rk-stepped" role="group" aria-label="{html.escape(self.alt)}">'
            f"<style>{style}{rules}</style>{choice}{ones}<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )

    def _one(self, own: str, name: str) -> str:
        rows, said = "", ""
        for t, (row, answer) in enumerate(zip(self.images[name], self.answers[name], strict=True)):
            cells = "".join(f'<i style="--ink:{ink:.2f}"></i>' for ink in row)
            rows += (
                f'<input type="radio" name="{own}" id="{own}-{t}"{" checked" * (t + 1 == self.first)} '
                f'aria-label="{t + 1} of {len(self.images[name])} rows read"><label for="{own}-{t}">{cells}</label>'
            )
            said += f'<div id="{own}-{t}-said">{self._said(t, answer)}</div>'
        return (
            f'<div class="rk-one" id="{own}-one"><div class="rk-image" role="radiogroup" '
            f'aria-label="{html.escape(name)}: rows read">{rows}</div>'
            f'<div class="rk-said" aria-live="polite">{said}</div></div>'
        )

    def _said(self, t: int, answer: Any) -> str:
        most = int(answer.argmax())
        bars = "".join(
            f'<div class="rk-bar{" rk-most" * (k == most)}"><span>{html.escape(label)}</span>'
            f'<u style="--share:{100 * p:.1f}"></u><span>{p:.2f}</span></div>'
            for k, (label, p) in enumerate(zip(self.classes, answer, strict=True))
        )
        read = f"{t + 1} row{'s' * (t > 0)}"
        return f"<p>After {read} it says <b>{html.escape(self.classes[most])}</b>, with {answer[most]:.2f}.</p>{bars}"
