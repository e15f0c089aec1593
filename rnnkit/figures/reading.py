"""A text in which each character shows the state of one or two units."""

import html
from collections.abc import Mapping
from hashlib import sha256
from itertools import groupby
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.figures.look import colours, described

READING = """
.rk-reading { color: var(--rk-ink, inherit); }
.rk-reading .rk-key span { display: inline-block; white-space: nowrap; }
.rk-reading p { margin: 0.75rem 0 0; line-height: 1.9; overflow-wrap: anywhere; }
.rk-reading:has(.rk-code) { container-type: inline-size; }
.rk-reading .rk-code { white-space: pre-wrap; font-family: var(--pst-font-family-monospace, monospace);
  font-size: clamp(12px, min(4.2cqw, 165cqw / var(--rk-longest)), 1em); }
.rk-reading .rk-row { display: block; padding: 0 0 0 calc(1ch * (var(--rk-in) + 2));
  text-indent: calc(-1ch * (var(--rk-in) + 2)); }
@supports selector(:has(*)) { .rk-reading:has(input) > p:not(.rk-key) { display: none; } }
.rk-reading .rk-pick { padding: 0; white-space: nowrap; }
.rk-reading input { width: 1.15rem; height: 1.15rem; margin: 0 0 0 0.75rem; vertical-align: middle; }
.rk-reading label { display: inline-block; padding: 0.7rem 0.5rem; font-variant-numeric: tabular-nums; }
.rk-reading input:checked + label { font-weight: 600; }
.rk-reading span { padding-bottom: 0.1em; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.rk-reading .rk-yes-1 {
  background: color-mix(in srgb, POSITIVE var(--rk-h), transparent);
  box-shadow: inset 0 -1.5px POSITIVE;
}
.rk-reading .rk-yes-2 {
  text-decoration: underline dotted 3px;
  text-decoration-color: color-mix(in srgb, POSITIVE var(--rk-h), transparent);
  text-underline-offset: 0.35em;
}
.rk-reading .rk-answer { background: color-mix(in srgb, INK 8%, transparent); border-radius: 3px;
  -webkit-box-decoration-break: clone; box-decoration-break: clone; }
"""


# How strong a unit's mark is, in percent: a tint of up to 45, over which the text keeps a contrast of 6; dots of at
# least 40, so that they are seen.
MARKS = (lambda h: 45 * h, lambda h: 40 + 60 * h)


class Reading:
    """A text in the page. Each character is marked by the state of one or two units after it.

    Where the first unit says yes (h > 0), an orange tint as deep as h stands over a thin line; where the second does, a
    row of dots. Where a unit says no, its mark is absent. Of several readings of one text, readers choose one, without
    a script, and see the same words change.

    Parameters
    ----------
    text : str, or mapping of str to str
        One for all, or one for each reading, by its name, all of the same length.
    readings : mapping of str to array of shape (T, K), K of 1 or 2
        The units' states after each of the T characters, by the name under which a reading is chosen. The first is
        shown at the beginning.
    units : sequence of K str
        What a yes of each unit means, for the key.
    choice : str
        What readers choose, in front of the names.
    alt : str
        What is seen, for those who do not see it.
    caption : str
        What to look for, in a sentence.
    code : bool
        The text is a program: its lines and spaces are kept.
    answer : tuple of int and str, optional
        From which character on the text is a machine's answer, and what the key calls that: it has a quiet ground.

    Raises
    ------
    ValueError
        If alt or caption is empty, a reading has no text of its name, or it does not have a row for each character and
        a column for each unit.
    """

    def __init__(
        self,
        text: str | Mapping[str, str],
        readings: Mapping[str, Any],
        units: Any,
        choice: str,
        alt: str,
        caption: str,
        code: bool = False,
        answer: tuple[int, str] | None = None,
    ):
        described("reading", alt, caption)
        self.units, self.choice, self.alt, self.caption = tuple(units), choice, alt, caption
        self.code, self.answer = checks.flag("code", code), answer
        self.readings = {str(name): np.asarray(h, dtype=float) for name, h in readings.items()}
        self.texts = dict(text) if isinstance(text, Mapping) else dict.fromkeys(self.readings, text)
        if self.texts.keys() != self.readings.keys():
            raise checks.wrong(f"texts are of {list(self.texts)}", f"{list(self.readings)}", "a text for each reading.")
        for name, h in self.readings.items():
            expected = (len(self.texts[name]), len(units))
            if h.shape != expected or len(units) > len(MARKS):
                hint = "a row for each character of the text, a column for each unit."
                raise checks.wrong(
                    f"reading {name!r} has shape {h.shape}", f"(T, K) = {expected}, with K of 1 or 2", hint
                )

    def _repr_html_(self) -> str:
        style = READING
        for word in ("positive", "ink"):
            style = style.replace(word.upper(), f"var(--rk-{word}, {colours()[word]})")
        key = "rk-" + sha256(repr((self.alt, *self.texts.values(), *self.readings)).encode()).hexdigest()[:8]
        names, many = list(self.readings), len(self.readings) > 1
        rules, fields, texts = "", f"{html.escape(self.choice)} " if many else "", ""
        for k, name in enumerate(names):
            if many:
                rules += f".rk-reading:has(#{key}-{k}:checked) > #{key}-{k}-text {{ display: block !important; }}\n"
                fields += (
                    f'<span class="rk-pick"><input type="radio" name="{key}" id="{key}-{k}"{" checked" * (k == 0)}>'
                    f'<label for="{key}-{k}">{html.escape(name)}</label></span> '
                )
            longest = max(map(len, self.texts[name].splitlines()), default=1)
            look = f' class="rk-code" style="--rk-longest: {max(longest, 1)}"' if self.code else ""
            texts += f'<p id="{key}-{k}-text"{look} lang="en">{self._marked(name)}</p>'
        known = [_span(html.escape(unit), k, 0.9) for k, unit in enumerate(self.units)]
        if self.answer:
            known.append(f'<span class="rk-answer">{html.escape(self.answer[1])}</span>')
        samples = " &ensp; ".join(known)
        return (
            f'<figure class="rk-figure rk-reading" role="group" aria-label="{html.escape(self.alt)}">'
            f"<style>{style}{rules}</style>{fields}"
            f'<p class="rk-key">{samples}</p>{texts}<figcaption>{html.escape(self.caption)}</figcaption></figure>'
        )

    def _marked(self, name: str) -> str:
        text, h = self.texts[name], self.readings[name]
        if self.code and not self.answer:
            return rows_of(text, h)
        at = self.answer[0] if self.answer else len(text)
        answer = f'<span class="rk-answer">{marked(text[at:], h[at:])}</span>' if at < len(text) else ""
        return marked(text[:at], h[:at]) + answer


def rows_of(text: str, h: Any) -> str:
    """The lines of a program, each a block: what has no room goes on below, two characters further in."""
    rows, at = "", 0
    for line in text.splitlines(keepends=True):
        depth, end = len(line) - len(line.lstrip(" ")), at + len(line)
        rows += f'<span class="rk-row" style="--rk-in: {depth}">{marked(line, h[at:end])}</span>'
        at = end
    return rows


def marked(text: str, h: Any) -> str:
    """The text in spans, one for each run of characters that look alike: h in steps of a tenth, 0 where it is below."""
    levels = [tuple(row) for row in np.ceil(10 * np.clip(h, 0, 1)).astype(int).tolist()]
    parts = []
    for look, run in groupby(range(len(text)), key=levels.__getitem__):
        where = list(run)
        part = html.escape(text[where[0] : where[-1] + 1], quote=False)
        for unit, level in enumerate(look):
            part = _span(part, unit, level / 10) if level else part
        parts.append(part)
    return "".join(parts)


def _span(part: str, unit: int, h: float) -> str:
    return f'<span class="rk-yes-{unit + 1}" style="--rk-h: {MARKS[unit](h):.0f}%">{part}</span>'
