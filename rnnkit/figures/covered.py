"""Maps that say which steps count, with the truth covered: readers trust one, change the weights, and uncover it."""

import html
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np

from rnnkit import checks
from rnnkit.figures.look import colours, described

# No script: a radio button chooses the sequence and, in each, the map that a reader trusts; a checkbox gives the maps
# of the network with other weights, over a thin strip of those before; the map that is trusted has its strongest
# steps outlined; an open <details> uncovers the truth. Places are kept free, so that nothing moves. Print shows the
# maps as they were first, and the truth.
COVERED = """
.rk-covered { max-width: 720px; color: var(--rk-ink, inherit); font-variant-numeric: tabular-nums; --edge: 3px; }
.rk-covered input { position: absolute; appearance: none; width: 1px; height: 1px; margin: 0; }
.rk-covered .rk-tools { display: flex; flex-wrap: wrap; gap: 0 0.5rem; margin: 0 0 0.25rem; }
.rk-covered .rk-tools label { display: inline-flex; align-items: center; min-height: 2.75rem; padding: 0 0.75rem;
  cursor: pointer; }
.rk-covered .rk-tools input:checked + label { font-weight: 600; box-shadow: inset 0 -2px INK; }
.rk-covered input:focus-visible + label { outline: 2px solid INK; outline-offset: -2px; }
.rk-covered .rk-covered-switch { margin-left: auto; }
.rk-covered .rk-covered-switch label { border: 1px solid BASELINE; border-radius: 6px; }
.rk-covered .rk-covered-switch label::before { content: ""; width: 1.1rem; height: 1.1rem; margin-right: 0.6rem;
  border: 2px solid INK; }
.rk-covered .rk-covered-switch input:checked + label { box-shadow: none; }
.rk-covered .rk-covered-switch input:checked + label::before { background: INK; box-shadow: inset 0 0 0 2px PAGE; }
.rk-covered .rk-one { display: none; }
.rk-covered .rk-cells { display: grid; grid-template-columns: repeat(var(--steps), 1fr); position: relative; }
.rk-covered .rk-numbers { height: 2.5rem; }
.rk-covered .rk-numbers i { position: relative; }
.rk-covered .rk-numbers i::before { content: ""; position: absolute; inset: var(--top) 20% var(--low) 20%;
  background: var(--look); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.rk-covered .rk-numbers::after { content: ""; position: absolute; inset: 50% 0 auto; border-top: 1px solid LINE; }
.rk-covered .rk-row { display: grid; grid-template-columns: 7rem 1fr 3.75rem; gap: 0 0.75rem; align-items: center;
  min-height: 2.75rem; }
.rk-covered label.rk-row { cursor: pointer; }
.rk-covered label.rk-row > :first-child { display: flex; align-items: center; gap: 0.5rem; }
.rk-covered label.rk-row > :first-child::before { content: ""; flex: none; width: 1.1rem; height: 1.1rem;
  border: 2px solid INK; border-radius: 50%; }
.rk-covered input:checked + label.rk-row > :first-child::before { background: INK; box-shadow: inset 0 0 0 2px PAGE; }
.rk-covered input:checked + label.rk-row { font-weight: 600; }
.rk-covered .rk-map i { --v: var(--a); height: 2.1rem; print-color-adjust: exact; -webkit-print-color-adjust: exact;
  background: linear-gradient(color-mix(in srgb, INK calc(100% * var(--v)), transparent) 0 0) 0 0 / 100% 1.5rem
  no-repeat, linear-gradient(color-mix(in srgb, INK calc(100% * var(--a)), transparent) 0 0) 0 100% / 100%
  var(--ghost, 0) no-repeat; }
.rk-covered .rk-map { background: linear-gradient(SOFT 0 0) 0 0 / 100% 1.5rem no-repeat; }
.rk-covered .rk-top { display: none; position: absolute; top: 0; left: calc(100% * var(--at) / var(--steps));
  width: calc(100% / var(--steps)); height: 1.5rem; outline: 2px solid INK; outline-offset: 1px; }
.rk-covered input:checked + label .rk-top { display: block; }
.rk-covered .rk-name, .rk-covered .rk-found { visibility: hidden; }
.rk-covered .rk-truth { visibility: hidden; position: absolute; inset: 0 auto 0 calc(100% * var(--at) / var(--steps));
  width: calc(100% / var(--steps)); box-shadow: inset var(--edge) 0 POSITIVE, inset calc(-1 * var(--edge)) 0 POSITIVE; }
.rk-covered .rk-map .rk-truth { inset-block: -0.7rem; }
.rk-covered:has(details[open]) :is(.rk-name, .rk-found, .rk-truth) { visibility: visible; }
.rk-covered:has(details[open]) .rk-letter { display: none; }
.rk-covered:not(:has(details[open])) .rk-name { position: absolute; }
.rk-covered :is(.rk-says, .rk-found) > * { display: none; }
.rk-covered .rk-says { min-height: 1.5em; }
.rk-covered .rk-says, .rk-covered details > p { margin: 0.5rem 0; }
.rk-covered summary { width: fit-content; margin: 0.5rem 0; padding: 0.6rem 1rem; border: 1px solid BASELINE;
  border-radius: 6px; cursor: pointer; font-weight: 600; }
@media (max-width: 539px) {
  .rk-covered .rk-row { grid-template-columns: 1fr auto; }
  .rk-covered .rk-row > .rk-cells { grid-column: 1 / -1; grid-row: 2; }
  .rk-covered .rk-row > span:first-child:empty { display: none; }
  .rk-covered { --edge: 2px; }
  .rk-covered .rk-covered-switch { margin-left: 0; }
  .rk-covered .rk-says { min-height: 3em; }
  .rk-covered .rk-map .rk-truth { inset-block: -1px; }
}
@supports not selector(:has(*)) { .rk-covered :is(.rk-name, .rk-found, .rk-truth) { visibility: visible; } }
@media print {
  .rk-covered :is(.rk-tools, summary, input, .rk-top) { display: none !important; }
  .rk-covered :is(.rk-name, .rk-found, .rk-truth) { visibility: visible; }
  .rk-covered .rk-name { position: static !important; }
  .rk-covered label.rk-row > :first-child::before { display: none; }
  .rk-covered .rk-letter { display: none; }
  .rk-covered .rk-map i { --v: var(--a) !important; --ghost: 0 !important; }
  .rk-covered :is(.rk-says, .rk-found) > :first-child { display: inline !important; }
  .rk-covered :is(.rk-says, .rk-found) > :last-child { display: none !important; }
}
"""


class Marked(NamedTuple):
    """A sequence, its maps, and what is covered.

    ``numbers`` (T,), -1 to 1. ``maps`` and ``others``: by the methods' names, each (T,), 0 or more, of the network and
    of one with other weights. ``says`` and ``others_say``: what the two answer, as HTML. ``truth``: the steps that
    count, from 0.
    """

    numbers: Any
    maps: Mapping[str, Any]
    others: Mapping[str, Any]
    says: str
    others_say: str
    truth: Sequence[int]


class Covered:
    """Maps over the steps of a sequence, under letters. A reader trusts one, changes the weights, uncovers the truth.

    Parameters
    ----------
    sequences : mapping of str to Marked
        By the name under which a sequence is chosen. All have the same steps and methods.
    switch, button : str
        What gives the maps of the other weights; what uncovers the steps that count, and the methods' names.
    seen : str
        What stands below the maps then, as HTML.
    alt : str
        What is seen, for those who do not see it.
    caption : str
        What to look for, in a sentence.

    Raises
    ------
    ValueError
        If a text is empty, there is no sequence, sequences differ in steps or methods, or a step of the truth is none.

    Examples
    --------
    >>> one = Marked([0.5, -1], {"size": [0.5, 1]}, {"size": [0.5, 1]}, "yes", "no", [0])
    >>> Covered({"first": one}, "Other weights", "Uncover", "Size.", "a map", "Which?")._repr_html_().count("<i ")
    4
    """

    def __init__(self, sequences: Mapping[str, Marked], switch: str, button: str, seen: str, alt: str, caption: str):
        described("maps", alt, caption)
        self.sequences = dict(sequences)
        self.switch, self.button, self.seen, self.alt, self.caption = switch, button, seen, alt, caption
        for name in ("switch", "button", "seen"):
            if not getattr(self, name).strip():
                raise checks.wrong(f"{name} is empty", "text")
        if not self.sequences:
            raise checks.wrong("sequences is empty", "a sequence, or more")
        first = next(iter(self.sequences.values()))
        self.methods, self.steps = list(first.maps), len(first.numbers)
        for name, one in self.sequences.items():
            for maps in (one.maps, one.others):
                if list(maps) != self.methods or any(np.shape(m) != (self.steps,) for m in maps.values()):
                    words = f"{', '.join(self.methods)}, each with {self.steps} steps"
                    raise checks.wrong(f"the maps of {name!r} are {', '.join(maps)}", words)
            if not one.truth or not all(0 <= t < self.steps for t in one.truth):
                raise checks.wrong(f"the truth of {name!r} is {list(one.truth)}", f"steps from 0 to {self.steps - 1}")

    def _repr_html_(self) -> str:
        style = COVERED
        for token in ("baseline", "ink", "line", "page", "positive", "soft"):
            style = style.replace(token.upper(), f"var(--rk-{token}, {colours()[token]})")
        key = "rk-" + sha256(repr((self.alt, self.methods, list(self.sequences))).encode()).hexdigest()[:8]
        other = f".rk-covered:has(#{key}-other:checked)"
        rules = f"{other} .rk-map i {{ --v: var(--b); --ghost: 0.4rem; }}\n"
        rules += f"{other} .rk-top {{ left: calc(100% * var(--then) / var(--steps)); }}\n"
        which, ones, many = "", "", len(self.sequences) > 1
        for n, (name, one) in enumerate(self.sequences.items()):
            own = f"{key}-{n}"
            shown = f":has(#{own}:checked)" if many else ""
            rules += f".rk-covered{shown} #{own}-one {{ display: block; }}\n"
            if many:
                which += (
                    f'<input type="radio" name="{key}" id="{own}"{" checked" * (n == 0)}>'
                    f'<label for="{own}">{html.escape(name)}</label>'
                )
            ones += self._one(own, one)
        both = ":is(.rk-says, .rk-found)"
        rules += f"{other} {both} > :last-child, .rk-covered:not(:has(#{key}-other:checked)) {both} > :first-child "
        rules += "{ display: inline; }\n"
        tools = f'<div class="rk-tools">{which}<span class="rk-covered-switch"><input type="checkbox" id="{key}-other">'
        tools += f'<label for="{key}-other">{html.escape(self.switch)}</label></span></div>'
        return (
            f'<figure class="rk-figure rk-covered" role="group" style="--steps:{self.steps}" '
            f'aria-label="{html.escape(self.alt)}"><style>{style}{rules}</style>{tools}{ones}'
            f"<details><summary>{html.escape(self.button)}</summary><p>{self.seen}</p></details>"
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )

    def _one(self, own: str, one: Marked) -> str:
        truth = "".join(f'<b class="rk-truth" style="--at:{t}"></b>' for t in one.truth)
        numbers = ""
        for x in np.asarray(one.numbers, float):
            top, low, look = (50 - 50 * x, 50.0, "plus") if x > 0 else (50.0, 50 + 50 * x, "minus")
            look = f"var(--rk-{look}, {colours()[look]})"
            numbers += f'<i style="--top:{top:.0f}%;--low:{low:.0f}%;--look:{look}"></i>'
        rows = (
            '<div class="rk-row"><span>numbers</span><div class="rk-cells rk-numbers" aria-hidden="true">'
            f"{numbers}{truth}</div><span></span></div>"
        )
        for k, name in enumerate(self.methods):
            shades = zip(*(_shades(maps[name]) for maps in (one.maps, one.others)), strict=True)
            cells = "".join(f'<i style="--a:{a:.2f};--b:{b:.2f}"></i>' for a, b in shades)
            letter, k_of = chr(ord("A") + k), len(one.truth)
            tops = [sorted(_top(maps[name], k_of)) for maps in (one.maps, one.others)]
            steps = " and ".join(str(t + 1) for t in tops[0])
            pairs = zip(*tops, strict=True)
            outlined = "".join(f'<b class="rk-top" style="--at:{t};--then:{u}"></b>' for t, u in pairs)
            hits = "".join(f"<span>{_hits(maps[name], one.truth)} of {k_of}</span>" for maps in (one.maps, one.others))
            rows += (
                f'<input type="radio" name="{own}-trust" id="{own}-{k}" '
                f'aria-label="map {letter}, strongest at {steps}">'
                f'<label class="rk-row" for="{own}-{k}"><span><span class="rk-letter">{letter}</span>'
                f'<span class="rk-name">{html.escape(name)}</span></span>'
                f'<span class="rk-cells rk-map" aria-hidden="true">{cells}{outlined}{truth}</span>'
                f'<span class="rk-found">{hits}</span></label>'
            )
        says = f'<p class="rk-says" aria-live="polite"><span>{one.says}</span><span>{one.others_say}</span></p>'
        return f'<div class="rk-one" id="{own}-one" role="radiogroup" aria-label="maps">{says}{rows}</div>'


def _top(m: Any, k: int) -> set[int]:
    """The k strongest steps of a map."""
    return set(np.argsort(-np.asarray(m, float), kind="stable")[:k].tolist())


def _hits(m: Any, truth: Sequence[int]) -> int:
    """How many of its strongest steps count."""
    return len(_top(m, len(truth)) & set(truth))


def _shades(m: Any) -> Any:
    """A map from 0 to its own largest as 0 to 1."""
    m = np.asarray(m, float)
    return m / max(m.max(), 1e-300)
