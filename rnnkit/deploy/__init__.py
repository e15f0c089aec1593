"""A network that leaves the notebook: in one file, in steps with a state, in eight bits, in a page.

>>> import numpy as np, rnnkit
>>> model = rnnkit.Sequential(rnnkit.GRU(2, 3, rng=0), rnnkit.Linear(3, 1, rng=0))
>>> step = stream(model)
>>> y, state = step(np.ones((1, 2)), step.start())
>>> y.shape, state[0][0].shape
((1, 1), (1, 1, 3))
"""

from rnnkit.deploy.bundle import Bundle, load_bundle, save_bundle
from rnnkit.deploy.page import script, to_html, to_page
from rnnkit.deploy.quantised import Quantised, quantise, quantised
from rnnkit.deploy.stream import Step, joined, parted, stream

__all__ = [
    "Bundle",
    "Quantised",
    "Step",
    "joined",
    "load_bundle",
    "parted",
    "quantise",
    "quantised",
    "save_bundle",
    "script",
    "stream",
    "to_html",
    "to_page",
]
