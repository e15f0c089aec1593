"""What figures that run a network in the page have in common: a look, a script, data, and the text that is drawn."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnkit.data import Vocabulary
from rnnkit.deploy import script, stream
from rnnkit.figures.look import colours

Values = npt.NDArray[np.float64]
NOISE = 997  # numbers, a prime: no step has the noise of another one in the same order

LIVE = 'document.currentScript.parentNode.classList.add("rk-live");'  # before the network has come: nothing jumps

# What a figure that runs a network has in common with another: NAME is its class.
DESK = """
.rk-NAME { max-width: 720px; color: var(--rk-ink, inherit); font-variant-numeric: tabular-nums;
  container-type: inline-size; }
.rk-NAME .rk-desk { display: none; }
.rk-NAME.rk-live .rk-desk { display: block; }
.rk-NAME label { margin: 0; }
.rk-NAME textarea { display: block; box-sizing: border-box; width: 100%; height: 5rem; margin: 0.25rem 0 0.5rem;
  padding: 0.5rem 0.75rem; border: 1px solid BASELINE; border-radius: 6px; color: INK; background: PAGE;
  font: 16px/1.5 var(--pst-font-family-monospace, monospace); resize: none; }
.rk-NAME textarea:focus-visible { outline: 2px solid INK; outline-offset: 1px; }
.rk-NAME .rk-which { display: flex; flex-wrap: wrap; gap: 0 0.25rem; align-items: stretch; margin: 0;
  padding: 0; border: 0; }
.rk-NAME .rk-which > span { align-self: center; margin-right: 0.5rem; font-weight: 600; }
.rk-NAME .rk-which input { position: absolute; appearance: none; width: 1px; height: 1px; margin: 0; border: 0; }
.rk-NAME .rk-which label { display: grid; place-items: center; align-content: center; min-width: 2.9rem;
  min-height: 2.75rem; padding: 0 0.4rem;  cursor: pointer; box-shadow: inset 0 -2px LINE; }
.rk-NAME .rk-which input:checked + label { font-weight: 600; box-shadow: inset 0 -3px INK; }
.rk-NAME .rk-which input:focus-visible + label { outline: 2px solid INK; outline-offset: -3px; }
.rk-NAME .rk-which label.rk-guess { outline: 2px dashed BASELINE; outline-offset: -4px; border-radius: 8px; }
.rk-NAME small { font-size: 0.8rem; font-weight: 400; line-height: 1.2; }
.rk-NAME .rk-said { box-sizing: border-box; min-height: 13rem; margin: 0.25rem 0; padding: 0.75rem;
  border: 1px solid LINE; color: INK; background: transparent; white-space: pre-wrap;
  font: 15px/1.5 var(--pst-font-family-monospace, monospace); overflow-wrap: anywhere; }
.rk-NAME .rk-said b { font-weight: 700; }
.rk-NAME button { min-height: 2.75rem; margin: 0.25rem 0; padding: 0 1rem; border: 1px solid BASELINE;
  border-radius: 6px; color: INK; background: transparent; font: inherit; cursor: pointer; }
.rk-NAME button:focus-visible { outline: 2px solid INK; outline-offset: 2px; }
@media print {
  .rk-figure.rk-NAME { break-inside: auto; }
  .rk-NAME .rk-desk { display: none !important; }
}
"""


def styled(style: str, name: str) -> str:
    """The common style and a figure's own, in the page's colours."""
    text = DESK.replace("NAME", name) + style
    for word in ("INK", "LINE", "PAGE", "BASELINE", "NO"):
        text = re.sub(rf"\b{word}\b", f"var(--rk-{word.lower()}, {colours()[word.lower()]})", text)
    return text


def classic(script_of: Path) -> str:
    """A figure's own program behind page.js, as one classic script; page.js stands between two marks."""
    own = re.sub(r"^import .*\n", "", script_of.read_text("utf-8"), flags=re.M)
    return f"(() => {{\n// the program\n{script()}// the program\n{own}}})();".replace("</", "<\\/")


def as_data(network: str, rest: Mapping[str, Any]) -> str:
    """A network, and what else its script reads; no letter of it ends the script that it stands in."""
    text = json.dumps(rest, separators=(",", ":"), ensure_ascii=False)
    return f'{{"network":{network},"rest":{text}}}'.replace("<", "\\u003c")


def drawn(seed: int) -> Values:
    """The noise by which texts are drawn, the same for all networks."""
    return np.random.default_rng(seed).gumbel(size=NOISE).round(3)


def goes_on(model: Any, reads: Vocabulary, text: str, length: int, temperature: float, noise: Values) -> str:
    """What a network writes after a text: at most so many characters, and eight lines' ends."""
    step = stream(model)
    state, out = step.start(), ""
    for number in reads.encode(text):
        y, state = step(np.array([number]), state)
    for t in range(length):
        now = noise[(t * y.shape[1] + np.arange(2, y.shape[1])) % NOISE]
        k = 2 + int((y[0, 2:] / temperature + now).argmax())
        out += reads.decode([k])[0]
        if out.count("\n") == 8:
            break
        y, state = step(np.array([k]), state)
    return out
