"""A network that goes on with what a reader types, in the page, with weights of as many bits as the reader chooses."""

import html
import json
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.deploy import Bundle, quantise, script, stream, to_page
from rnnkit.deploy.page import TEMPLATE
from rnnkit.figures.look import colours, described
from rnnkit.ops import softmax

OWN = Path(__file__).with_suffix(".js")
FLOATS = "32"
NOISE = 997  # numbers, a prime: no step has the noise of another one in the same order
WAYS = {"row": "a scale for each row", "matrix": "one for each matrix"}

LIVE = 'document.currentScript.parentNode.classList.add("rk-live");'  # before the network has come: nothing jumps

# Without a script, and on paper, there is a table of what each number of bits comes to.
SHRUNK = """
.rk-shrunk { max-width: 720px; color: var(--rk-ink, inherit); font-variant-numeric: tabular-nums;
  container-type: inline-size; }
.rk-shrunk .rk-desk { display: none; }
.rk-shrunk.rk-live .rk-desk { display: block; }
.rk-shrunk.rk-live table { display: none; }
.rk-shrunk label { margin: 0; }
.rk-shrunk textarea { display: block; box-sizing: border-box; width: 100%; height: 5rem; margin: 0.25rem 0 0.5rem;
  padding: 0.5rem 0.75rem; border: 1px solid BASELINE; border-radius: 6px; color: INK; background: PAGE;
  font: 16px/1.5 var(--pst-font-family-monospace, monospace); resize: none; }
.rk-shrunk textarea:focus-visible { outline: 2px solid INK; outline-offset: 1px; }
.rk-shrunk .rk-which { display: flex; flex-wrap: wrap; gap: 0 0.25rem; align-items: stretch; margin: 0;
  padding: 0; border: 0; }
.rk-shrunk .rk-which > span { align-self: center; margin-right: 0.5rem; font-weight: 600; }
.rk-shrunk .rk-which input { position: absolute; appearance: none; width: 1px; height: 1px; margin: 0; border: 0; }
.rk-shrunk .rk-which label { display: grid; place-items: center; align-content: center; min-width: 2.9rem;
  min-height: 2.75rem; padding: 0 0.4rem;  cursor: pointer; box-shadow: inset 0 -2px LINE; }
.rk-shrunk .rk-which input:checked + label { font-weight: 600; box-shadow: inset 0 -3px INK; }
.rk-shrunk .rk-which input:focus-visible + label { outline: 2px solid INK; outline-offset: -3px; }
.rk-shrunk .rk-which label.rk-guess { outline: 2px dashed BASELINE; outline-offset: -4px; border-radius: 8px; }
.rk-shrunk small { font-size: 0.8rem; font-weight: 400; line-height: 1.2; }
.rk-shrunk:not(.rk-told) .rk-way { visibility: hidden; }
.rk-shrunk:not(.rk-told) input:not([value="32"]) + label small { position: relative; visibility: hidden; }
.rk-shrunk:not(.rk-told) input:not([value="32"]) + label small::after { content: "?"; position: absolute; inset: 0;
  text-align: center; visibility: visible; }
.rk-shrunk .rk-foot { display: flex; flex-wrap: wrap; align-items: center; gap: 0 1.5rem; }
.rk-shrunk .rk-verdict { min-height: 3.1em; margin: 0.4rem 0; line-height: 1.5; }
.rk-shrunk .rk-facts { display: grid; grid-template-columns: repeat(4, 1fr); gap: 0.25rem 1rem;
  margin: 0.5rem 0 !important; }
.rk-shrunk .rk-facts div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.rk-shrunk .rk-facts :is(dt, dd) { margin: 0 !important; }
.rk-shrunk .rk-facts dt { font-size: 0.85rem; font-weight: 400; line-height: 1.3; }
.rk-shrunk .rk-facts dd { font-size: 1.35rem; font-weight: 600; line-height: 1.3; white-space: nowrap; }
.rk-shrunk .rk-said { box-sizing: border-box; min-height: 13rem; margin: 0.25rem 0; padding: 0.75rem;
  border: 1px solid LINE; color: INK; background: transparent; white-space: pre-wrap;
  font: 15px/1.5 var(--pst-font-family-monospace, monospace); overflow-wrap: anywhere; }
.rk-shrunk .rk-said b { font-weight: 700; }
.rk-shrunk .rk-said u { color: NO; text-decoration: underline dotted 1px; text-underline-offset: 3px; }
.rk-shrunk button { min-height: 2.75rem; margin: 0.25rem 0; padding: 0 1rem; border: 1px solid BASELINE;
  border-radius: 6px; color: INK; background: transparent; font: inherit; cursor: pointer; }
.rk-shrunk button:focus-visible { outline: 2px solid INK; outline-offset: 2px; }
.rk-shrunk table { width: 100%; border-collapse: collapse; }
.rk-shrunk :is(th, td) { padding: 0.3rem 0.5rem; border-bottom: 1px solid LINE; text-align: right;
  vertical-align: top; }
.rk-shrunk :is(th, td):last-child { text-align: left; }
.rk-shrunk td code { color: INK; background: none; border: 0; padding: 0; white-space: pre-wrap;
  overflow-wrap: anywhere; }
@container (max-width: 520px) {
  .rk-shrunk .rk-facts { grid-template-columns: 1fr 1fr; }
  .rk-shrunk .rk-which { gap: 0; }
  .rk-shrunk .rk-which > span { flex-basis: 100%; margin: 0.25rem 0 0; }
  .rk-shrunk .rk-which label { min-width: 2.75rem; padding: 0 0.1rem; flex: 1 1 0; }
  .rk-shrunk .rk-said { min-height: 19rem; font-size: 14px; }
  .rk-shrunk .rk-verdict { min-height: 6.1em; }
}
@media print {
  .rk-figure.rk-shrunk { break-inside: auto; }
  .rk-shrunk .rk-desk { display: none !important; }
  .rk-shrunk table { display: table !important; }
}
"""


class Shrunk:
    """A field to type in, and under it how a network goes on, with weights of 32 bits, of 8, and so on down to 2.

    The page has the floats, and rounds and runs them itself. First it asks for a guess of the fewest bits that do; then
    the reader goes from one number to another, and sees from where on the text is another one, how many bytes it takes,
    what it costs on a text that nobody trained on, how fast their machine is, and how far this is from rnnkit's
    numbers. A button saves the network, in the bits that were chosen, as a page in one file.

    Parameters
    ----------
    bundle : Bundle
        As :func:`rnnkit.deploy.to_page` takes it, with a Vocabulary of characters.
    text : str
        What stands in the field at the beginning.
    passage : str
        A text that nobody trained on, which the page reads to measure bits a character.
    alt : str
        What is seen, for those who do not see it.
    caption : str
        What to look for, in a sentence.
    bits : sequence of int
        Beside 32.
    length : int
        How many characters it writes at most.
    temperature : float
        By which it draws them: the largest of y / temperature + noise, the same noise for all numbers of bits.
    seed : int
        Of the noise.

    Attributes
    ----------
    results : dict of dict
        By number of bits ("32" first) and, below 32, by "row" or "matrix": ``bytes``, ``bits`` a character of the
        passage, ``written``, and ``logits`` after the passage, all by rnnkit.

    Raises
    ------
    ValueError
        If alt, caption, text or passage is empty, or the bundle is not one that a page runs.

    Examples
    --------
    >>> import rnnkit
    >>> from rnnkit.data import Vocabulary
    >>> reads, like = Vocabulary(["to be"]), {"rng": 0}
    >>> layers = rnnkit.Embedding(7, 3, **like), rnnkit.GRU(3, 4, **like), rnnkit.Linear(4, 7, **like)
    >>> bundle = Bundle(rnnkit.Sequential(*layers), reads, {})
    >>> shrunk = Shrunk(bundle, "to ", "to be", "a field and a text", "Look.", bits=(8, 4))
    >>> shrunk._repr_html_().count('type="radio"')
    5
    """

    def __init__(
        self,
        bundle: Bundle,
        text: str,
        passage: str,
        alt: str,
        caption: str,
        bits: Sequence[int] = (8, 6, 5, 4, 3, 2),
        length: int = 180,
        temperature: float = 0.5,
        seed: int = 0,
    ):
        described("network", alt, caption)
        if not text or len(passage) < 2:
            raise checks.wrong("text or passage is empty", "text, and two characters or more")
        self.bundle, self.text, self.passage, self.alt, self.caption = bundle, text, passage, alt, caption
        self.length, self.temperature = length, temperature
        self.file = to_page(bundle, 32)
        self.noise = np.random.default_rng(seed).gumbel(size=NOISE).round(3)
        self.results: dict[str, dict[str, dict[str, Any]]] = {
            FLOATS: {"row": self._result(bundle.model.to(dtype="float32"), 32, 0)}
        }
        for k in bits:
            self.results[str(k)] = {way: self._result(*self._rounded(k, way)) for way in WAYS}

    def _rounded(self, bits: int, way: str) -> tuple[Any, int, int]:
        """The model in so many bits, these, and how many scales it has."""
        made, scales = self.bundle.model.to(dtype="float32"), 0
        for name, a in made.params.items():
            if a.ndim == 2:
                small = quantise(a if way == "row" else a.reshape(1, -1), bits)
                made.params[name], scales = small.floats.reshape(a.shape), scales + len(small.scales)
        return made, bits, scales

    def _result(self, model: Any, bits: int, scales: int) -> dict[str, Any]:
        symbols = self.bundle.reads.encode(self.passage)  # type: ignore[union-attr]
        y = model(symbols[:-1, None]).h[:, 0].astype(float)
        p = np.asarray(softmax(y))[np.arange(len(y)), symbols[1:]]
        sizes = [(a.ndim, a.size) for a in model.params.values()]
        small = sum(bits * size for ndim, size in sizes if ndim == 2) / 8
        return {
            "bytes": round(small + 4 * scales + sum(4 * size for ndim, size in sizes if ndim != 2)),
            "bits": float(-np.log2(p).mean()),
            "written": self._written(model),
            "logits": y[-1],
        }

    def _written(self, model: Any) -> str:
        """What it writes after the text: at most so many characters, and eight lines' ends."""
        step, reads = stream(model), self.bundle.reads
        state, out = step.start(), ""
        for number in reads.encode(self.text):  # type: ignore[union-attr]
            y, state = step(np.array([number]), state)
        for t in range(self.length):
            noise = self.noise[(t * y.shape[1] + np.arange(2, y.shape[1])) % NOISE]
            k = 2 + int((y[0, 2:] / self.temperature + noise).argmax())
            out += reads.decode([k])[0]  # type: ignore[union-attr]
            if out.count("\n") == 8:
                break
            y, state = step(np.array([k]), state)
        return out

    def _repr_html_(self) -> str:
        style = SHRUNK
        for word in ("INK", "LINE", "PAGE", "BASELINE", "NO"):
            style = re.sub(rf"\b{word}\b", f"var(--rk-{word.lower()}, {colours()[word.lower()]})", style)
        key = "rk-" + sha256(repr((self.alt, self.text, self.file)).encode()).hexdigest()[:8]
        bits = "".join(
            f'<input type="radio" name="{key}" id="{key}-{k}" value="{k}" autocomplete="off"'
            f"{' checked' * (k == FLOATS)}>"
            f'<label for="{key}-{k}">{k} <small>{self._more(k)}</small></label>'
            for k in self.results
        )
        ways = "".join(
            f'<input type="radio" name="{key}-way" id="{key}-{way}" value="{way}" autocomplete="off"'
            f'{" checked" * (way == "row")}><label for="{key}-{way}">{words}</label>'
            for way, words in WAYS.items()
        )
        facts = "".join(
            f'<div><dt>{words}</dt><dd data-fact="{name}">–</dd></div>'
            for name, words in {
                "size": "kB of weights",
                "bits": f"bits a character, of {len(self.passage) - 1:,} unseen ones",
                "speed": "characters a second, on this machine",
                "off": "off from rnnkit’s logits, at most",
            }.items()
        )
        rows = "".join(
            f"<tr><td>{k}</td><td>{one['row']['bytes'] / 1000:.0f}</td><td>{one['row']['bits']:.2f}</td>"
            f"<td><code>{html.escape(one['row']['written'][:60])}</code></td></tr>"
            for k, one in self.results.items()
        )
        return (
            f'<figure class="rk-figure rk-shrunk" role="group" aria-label="{html.escape(self.alt)}">'
            f"<style>{style}</style><script>{LIVE}</script>"
            f'<div class="rk-desk">'
            f'<label for="{key}-text">Type here, and the network goes on</label>'
            f'<textarea id="{key}-text" maxlength="300" spellcheck="false" autocomplete="off" autocapitalize="off">'
            f"{html.escape(self.text)}</textarea>"
            f'<div class="rk-which" role="radiogroup" aria-label="bits a weight"><span>Bits a weight</span>{bits}</div>'
            f'<p class="rk-verdict" aria-live="polite"></p><pre class="rk-said"></pre>'
            f'<dl class="rk-facts">{facts}</dl>'
            f'<div class="rk-foot"><button type="button">Save it as a page</button>'
            f'<div class="rk-which rk-way" role="radiogroup" aria-label="scales"><span>Scales</span>{ways}</div></div>'
            f"</div>"
            f"<table><thead><tr><th>bits</th><th>kB</th><th>bits a character</th><th>what it writes after "
            f"<code>{html.escape(self.text.splitlines()[-1].strip())}</code></th></tr></thead><tbody>{rows}</tbody></table>"
            f"<figcaption>{html.escape(self.caption)}</figcaption>"
            f'<script type="application/json">{self._data()}</script><script>{self._script()}</script></figure>'
        )

    def _more(self, bits: str) -> str:
        more = self.results[bits]["row"]["bits"] - self.results[FLOATS]["row"]["bits"]
        return f"{more:+.2f}".replace("-", "\N{MINUS SIGN}")

    def _data(self) -> str:
        """The network, the noise, and what rnnkit found; no letter of it ends the script that it stands in."""
        found = {
            bits: {
                way: [one["bytes"], round(one["bits"], 6), [float(f"{y:.8g}") for y in one["logits"]]]
                for way, one in ways.items()
            }
            for bits, ways in self.results.items()
        }
        rest = {
            "passage": self.passage,
            "template": TEMPLATE.read_text("utf-8"),
            "temperature": self.temperature,
            "length": self.length,
            "noise": self.noise.tolist(),
            "found": found,
        }
        text = json.dumps(rest, separators=(",", ":"), ensure_ascii=False)
        return f'{{"network":{self.file},"rest":{text}}}'.replace("<", "\\u003c")

    def _script(self) -> str:
        own = re.sub(r"^import .*\n", "", OWN.read_text("utf-8"), flags=re.M)
        return f"(() => {{\n// the program\n{script()}// the program\n{own}}})();".replace("</", "<\\/")
