"""A network that runs in the page, and writes as fast as the reader's machine can: so many characters a second."""

import html
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from rnnkit import checks
from rnnkit.deploy import Bundle, quantised, to_page
from rnnkit.deploy.page import TEMPLATE
from rnnkit.figures.in_page import LIVE, as_data, classic, drawn, goes_on, styled
from rnnkit.figures.look import described

OWN = Path(__file__).with_suffix(".js")
GUESSES = (100, 1_000, 10_000, 100_000)
LOW, HIGH = 2, 6  # the ruler, in powers of 10

RUNNING = """
.rk-running.rk-live .rk-still { display: none; }
@media print { .rk-running .rk-still { display: block !important; } }
.rk-running .rk-said { height: calc(8 * 1.5 * 15px + 24px); min-height: 0; overflow: hidden; padding: 0 0.25rem;
  border: 12px solid transparent; box-shadow: 0 0 0 1px LINE; }
.rk-running .rk-verdict { min-height: 3.1em; margin: 0.4rem 0 0; line-height: 1.5; }
.rk-running .rk-verdict b { font-size: 1.35rem; line-height: 1; }
.rk-running .rk-ruler { position: relative; height: 6.6rem; margin: 0 1.5rem; }
.rk-running .rk-ruler > * { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.rk-running .rk-line { inset: 4.5rem 0 auto 0; height: 2px; background: BASELINE; transform: none; }
.rk-running .rk-ruler small { top: 5rem; }
.rk-running .rk-ruler small::before { content: ""; position: absolute; left: 50%; top: -0.5rem; width: 1px;
  height: 0.5rem; background: BASELINE; }
.rk-running .rk-mine { top: 4.05rem; width: 1rem; height: 1rem; border: 2px solid INK; border-radius: 50%;
  background: PAGE; }
.rk-running .rk-mine.rk-on { background: INK; }
.rk-running .rk-mine i { position: absolute; left: 50%; bottom: 1.05rem; transform: translateX(-50%);
  font-style: normal; font-size: 0.9rem; }
.rk-running .rk-mine.rk-high i { bottom: 2.05rem; }
.rk-running .rk-guessed { top: 0; height: 4.5rem; font-size: 0.8rem;
  border-left: 2px dashed BASELINE; transform: none !important; }
.rk-running .rk-guessed span { padding-left: 0.25rem; }
.rk-running:not(.rk-told) :is(.rk-units, .rk-mine) { visibility: hidden; }
.rk-running .rk-foot { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between;
  gap: 0 1.5rem; }
@container (max-width: 520px) {
  .rk-running .rk-which { gap: 0; }
  .rk-running .rk-which > span { flex-basis: 100%; margin: 0.25rem 0 0; }
  .rk-running .rk-which label { min-width: 2.75rem; padding: 0 0.4rem; flex: 1 1 auto; }
  .rk-running .rk-said { height: calc(10 * 1.5 * 14px + 24px); font-size: 14px; }
  .rk-running .rk-verdict { min-height: 6.1em; }
}
"""


class Running:
    """A field to type in, how a network goes on with it, and how many characters a second this machine writes.

    The network has weights of eight bits and runs in the page. The reader guesses how fast, and then it writes for a
    second: the text runs by, and a mark moves along a ruler. Larger networks, with weights that are drawn, can be run
    beside it. A button saves the network as a page in one file.

    Parameters
    ----------
    bundle : Bundle
        As :func:`rnnkit.deploy.to_page` takes it, with a Vocabulary of characters.
    text : str
        What stands in the field at the beginning.
    alt : str
        What is seen, for those who do not see it.
    caption : str
        What to look for, in a sentence.
    units : sequence of int
        Of the larger networks: a GRU between an embedding and a readout as wide as the bundle's.
    length : int
        How many characters it writes at most before it is timed.
    temperature : float
        By which it draws them.
    seed : int
        Of the noise.

    Attributes
    ----------
    written : str
        What it writes after the text, by rnnkit.

    Raises
    ------
    ValueError
        If alt, caption or text is empty, or the bundle is not one that a page runs.

    Examples
    --------
    >>> import rnnkit
    >>> from rnnkit.data import Vocabulary
    >>> reads, like = Vocabulary(["to be"]), {"rng": 0}
    >>> layers = rnnkit.Embedding(7, 3, **like), rnnkit.GRU(3, 4, **like), rnnkit.Linear(4, 7, **like)
    >>> running = Running(Bundle(rnnkit.Sequential(*layers), reads, {}), "to ", "a field and a text", "Look.")
    >>> len(running.written)
    180
    """

    def __init__(
        self,
        bundle: Bundle,
        text: str,
        alt: str,
        caption: str,
        units: Sequence[int] = (128, 256, 512),
        length: int = 180,
        temperature: float = 0.5,
        seed: int = 0,
    ):
        described("network", alt, caption)
        if not text:
            raise checks.wrong("text is empty", "text")
        self.text, self.alt, self.caption, self.units = text, alt, caption, tuple(units)
        self.file, self.noise = to_page(bundle), drawn(seed)
        self.rest = {
            "template": TEMPLATE.read_text("utf-8"),
            "temperature": temperature,
            "length": length,
            "noise": self.noise.tolist(),
            "low": LOW,
            "high": HIGH,
        }
        model = quantised(bundle.model.to(dtype="float32"))[0]
        self.written = goes_on(model, bundle.reads, text, length, temperature, self.noise)  # type: ignore[arg-type]

    def _repr_html_(self) -> str:
        key = "rk-" + sha256(repr((self.alt, self.text, self.file)).encode()).hexdigest()[:8]
        own = json.loads(self.file)["layers"][0]["weight_hh"]["width"]
        guesses = "".join(
            f'<input type="radio" name="{key}" id="{key}-{k}" value="{k}" autocomplete="off">'
            f'<label for="{key}-{k}">{k:,}</label>'
            for k in GUESSES
        )
        units = "".join(
            f'<input type="radio" name="{key}-units" id="{key}-units-{k}" value="{k}" autocomplete="off"'
            f'{" checked" * (k == own)}><label for="{key}-units-{k}">{k}</label>'
            for k in (own, *self.units)
        )
        ticks = "".join(
            f'<small style="left: {100 * (k - LOW) / (HIGH - LOW):.1f}%">{_short(10**k)}</small>'
            for k in range(LOW, HIGH + 1)
        )
        last = html.escape(self.text.split("\n")[-1])
        return (
            f'<figure class="rk-figure rk-running" role="group" aria-label="{html.escape(self.alt)}">'
            f"<style>{styled(RUNNING, 'running')}</style><script>{LIVE}</script>"
            f'<div class="rk-desk">'
            f'<label for="{key}-text">Type here, and the network goes on</label>'
            f'<textarea id="{key}-text" maxlength="300" spellcheck="false" autocomplete="off" autocapitalize="off">'
            f"{html.escape(self.text)}</textarea>"
            f'<div class="rk-which rk-guesses" role="radiogroup" aria-label="characters a second">'
            f"<span>Characters a second: your guess</span>{guesses}</div>"
            f'<pre class="rk-said"></pre><p class="rk-verdict" aria-live="polite"></p>'
            f'<div class="rk-ruler" aria-hidden="true"><div class="rk-line"></div>{ticks}</div>'
            f'<div class="rk-foot"><div class="rk-which rk-units" role="radiogroup" aria-label="units">'
            f'<span>Units</span>{units}</div><button type="button">Save it as a page</button></div></div>'
            f'<pre class="rk-said rk-still"><b>{last}</b>{html.escape(self.written)}</pre>'
            f"<figcaption>{html.escape(self.caption)}</figcaption>"
            f'<script type="application/json">{as_data(self.file, self.rest)}</script>'
            f"<script>{classic(OWN)}</script></figure>"
        )


def _short(n: int) -> str:
    return f"{n:,}" if n < 10**6 else f"{n // 10**6} M"
