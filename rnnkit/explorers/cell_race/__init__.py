"""Cell Race: a simple RNN, an LSTM and a GRU with as many weights learn, in the page, to remember."""

from pathlib import Path
from typing import ClassVar

import numpy as np

from rnnkit.explorers.base import Explorer
from rnnkit.explorers.cell_race import nets
from rnnkit.explorers.traits import Limits

FOLDER = Path(__file__).parent
LIMITS = Limits(FOLDER)


class CellRace(Explorer):
    """Guess which of three nets learns first, watch them race to a line, and drag the answer away.

    An RNN of 25 units, an LSTM of 12 and a GRU of 14 (854, 868 and 872 parameters on letters) train on the same
    batches of 16 by Adam, for at most 2,000 updates. A race is the same in every browser. Training is the page's alone:
    in Python the nets are those before they learn, and ``cell_race.nets.train`` races them on rnnkit.

    Its presets are 10 letters, 20 letters, 20, bias 3, 20, z turned, 30, bias 3 and Adding. A link of the text names
    what differs from the explorer's own traits: ``#cell-race=main;bias=3;word=CDBAABDCABDCDACBBADC;step=20``.

    Parameters
    ----------
    bias : float, -2 to 5
        The bias, at the start, of the gate that keeps: the LSTM's f, the GRU's z.
    rate : float, 0.001 to 0.05
        Adam's learning rate.
    clip : float, 0 to 10
        The largest norm of a gradient; 0 does not clip.
    seed : int, 1 to 99
        Of the weights and of the examples.
    task : str
        "recall", to name the first letter, or "adding", to add the two marked numbers.
    z : str
        "keeps", h = z h + (1 - z) n, as torch.nn has it, or "renews", h = (1 - z) h + z n.
    word : str, 2 to 40 letters from A to D
        What the rivers stand on; its length T is the delay.
    flip : int, 1 to 3
        By how many letters the first is moved where it is flipped.
    view : str
        "gradient", back from the answer, or "flip", on from the first letter.
    step : int, 0 to T
    playing, committed : bool
    name : str
        Tells explorers of one page apart in the links that they copy.

    Raises
    ------
    TypeError
        If a name is no trait's; it tells the nearest.
    traitlets.TraitError
        If a number lies beyond its limits, a word is none of the choices, or a letter is none of the four.
    """

    slug: ClassVar[str] = "cell-race"
    folder: ClassVar[Path] = FOLDER
    limits: ClassVar[Limits] = LIMITS
    caption: ClassVar[str] = (
        "Left, the loss of three nets, each with about 860 weights, that learn to name the first of ten letters: the "
        "RNN is home first. "
        "Right, how much of the gradient at the answer is left at each step, a shade for each factor of 10."
    )

    bias, rate, clip, seed = (LIMITS.trait(name) for name in ("bias", "rate", "clip", "seed"))
    task, z, word = (LIMITS.trait(name) for name in ("task", "z", "word"))
    flip, view, step = (LIMITS.trait(name) for name in ("flip", "view", "step"))

    @property
    def nets(self) -> tuple[nets.Net, ...]:
        """The RNN, the LSTM and the GRU before they learn, on rnnkit's cells."""
        return nets.begin(self.task, self.seed, self.bias, self.z)

    @property
    def states(self) -> np.ndarray:
        """The rivers before the race, (T + 1, 6), in decades, computed by rnnkit; row t is step t.

        Three columns for the gradient in the RNN, the LSTM and the GRU, three for what a flip of the first changes.
        """
        return np.asarray(nets.rivers(self.nets, self.task, self.word, self.flip))
