"""A network that goes on with what a reader types, in the page, with weights of as many bits as the reader chooses."""

import html
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.deploy import Bundle, quantise, to_page
from rnnkit.figures.in_page import LIVE, as_data, classic, drawn, goes_on, styled
from rnnkit.figures.look import described
from rnnkit.ops import softmax

OWN = Path(__file__).with_suffix(".js")
FLOATS = "32"
WAYS = {"row": "a scale for each row", "matrix": "one for each matrix"}

# Without a script, and on paper, there is a table of what each number of bits comes to.
SHRUNK = """
.rk-shrunk.rk-live table { display: none; }
.rk-shrunk:not(.rk-told) .rk-way { visibility: hidden; }
.rk-shrunk:not(.rk-told) input:not([value="32"]) + label small { position: relative; visibility: hidden; }
.rk-shrunk:not(.rk-told) input:not([value="32"]) + label small::after { content: "?"; position: absolute; inset: 0;
  text-align: center; visibility: visible; }
.rk-shrunk .rk-verdict { min-height: 3.1em; margin: 0.4rem 0; line-height: 1.5; }
.rk-shrunk .rk-facts { display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.25rem 1rem;
  margin: 0.5rem 0 !important; }
.rk-shrunk .rk-facts div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.rk-shrunk .rk-facts :is(dt, dd) { margin: 0 !important; }
.rk-shrunk .rk-facts dt { font-size: 0.85rem; font-weight: 400; line-height: 1.3; }
.rk-shrunk .rk-facts dd { font-size: 1.35rem; font-weight: 600; line-height: 1.3; white-space: nowrap; }
.rk-shrunk .rk-said u { color: NO; text-decoration: underline dotted 1px; text-underline-offset: 3px; }
.rk-shrunk table { width: 100%; border-collapse: collapse; }
.rk-shrunk :is(th, td) { padding: 0.3rem 0.5rem; border-bottom: 1px solid LINE; text-align: right;
  vertical-align: top; }
.rk-shrunk :is(th, td):last-child { text-align: left; }
.rk-shrunk td code { color: INK; background: none; border: 0; padding: 0; white-space: pre-wrap;
  overflow-wrap: anywhere; }
@container (max-width: 520px) {
  .rk-shrunk .rk-which { gap: 0; }
  .rk-shrunk .rk-which > span { flex-basis: 100%; margin: 0.25rem 0 0; }
  .rk-shrunk .rk-which label { min-width: 2.75rem; padding: 0 0.1rem; flex: 1 1 0; }
  .rk-shrunk .rk-said { min-height: 19rem; font-size: 14px; }
  .rk-shrunk .rk-verdict { min-height: 6.1em; }
}
@media print { .rk-shrunk table { display: table !important; } }
"""


class Shrunk:
    """A field to type in, and under it how a network goes on, with weights of 32 bits, of 8, and so on down to 2.

    The page has the floats, and rounds and runs them itself. First it asks for a guess of the fewest bits that do; then
    the reader goes from one number to another, and sees from where on the text is another one, how many bytes it takes,
    what it costs on a text that nobody trained on, and how far this is from rnnkit's numbers.

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
        self.noise = drawn(seed)
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
            "written": goes_on(model, self.bundle.reads, self.text, self.length, self.temperature, self.noise),  # type: ignore[arg-type]
            "logits": y[-1],
        }

    def _repr_html_(self) -> str:
        style = styled(SHRUNK, "shrunk")
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
            f'<div class="rk-which rk-way" role="radiogroup" aria-label="scales"><span>Scales</span>{ways}</div></div>'
            f"<table><thead><tr><th>bits</th><th>kB</th><th>bits a character</th><th>what it writes after "
            f"<code>{html.escape(self.text.splitlines()[-1].strip())}</code></th></tr></thead><tbody>{rows}</tbody></table>"
            f"<figcaption>{html.escape(self.caption)}</figcaption>"
            f'<script type="application/json">{self._data()}</script><script>{classic(OWN)}</script></figure>'
        )

    def _more(self, bits: str) -> str:
        more = self.results[bits]["row"]["bits"] - self.results[FLOATS]["row"]["bits"]
        return f"{more:+.2f}".replace("-", "\N{MINUS SIGN}")

    def _data(self) -> str:
        """The network, the noise, and what rnnkit found."""
        found = {
            bits: {
                way: [one["bytes"], round(one["bits"], 6), [float(f"{y:.8g}") for y in one["logits"]]]
                for way, one in ways.items()
            }
            for bits, ways in self.results.items()
        }
        rest = {
            "passage": self.passage,
            "temperature": self.temperature,
            "length": self.length,
            "noise": self.noise.tolist(),
            "found": found,
        }
        return as_data(self.file, rest)
