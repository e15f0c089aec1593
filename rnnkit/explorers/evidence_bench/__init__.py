"""Evidence Bench: what a network's answer rests on, what six methods say of it, and what moving a number shows."""

from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from rnnkit.cells import Params
from rnnkit.explorers.base import Explorer
from rnnkit.explorers.evidence_bench import network
from rnnkit.explorers.traits import Limits

FOLDER = Path(__file__).parent
LIMITS = Limits(FOLDER)


class EvidenceBench(Explorer):
    """Choose a method, bet on the number that decides, drag numbers, and see what the answer does.

    A network reads 12 numbers, of which one or two were planted: it is given a mark at them, the reader is not. It says
    yes or no. Each column is coloured by the answer that it would give if this number stood elsewhere.

    Parameters
    ----------
    step : int, 0 to 12
        The number that is looked at; 0 is the whole sequence.
    points : int, 1 to 256
        How many points of the way integrated gradients look at.
    shuffle : int, 0 to 5
        0: the weights as they were trained. Else the same numbers in another order, in five ways.
    inputs : (12,), each from -1 to 1
        The numbers.
    planted : (2,), each from 0 to 12
        The steps whose numbers decide, rounded; 0 is none. The task "one" has the first alone.
    task : str
        "one": is the planted number above 0? "sum": are the two together? "either": is at least one of them?
    net : "a", "b" or "c"
        Three networks of each task, as often right, from other first weights and examples.
    method : str
        "attention", "gradient", "product" (gradient × input), "integrated" (integrated gradients), "occlusion" (one
        number at a time becomes 0), or "size": the numbers themselves, a decoy.
    playing, committed : bool
    name : str
        Tells explorers of one page apart in the links that they copy.

    Raises
    ------
    TypeError
        If a name is no trait's; it tells the nearest.
    traitlets.TraitError
        If a number lies beyond its limits, there are not 12 numbers, or a word is none of those above.
    """

    slug: ClassVar[str] = "evidence-bench"
    folder: ClassVar[Path] = FOLDER
    limits: ClassVar[Limits] = LIMITS
    caption: ClassVar[str] = (
        "Twelve numbers, and a column for each, coloured by the answer at every height of the number. Only the column "
        "of number 9 changes colour: the answer rests on it. The network's attention, below, stands at 12."
    )

    step, points, shuffle = (LIMITS.trait(name) for name in ("step", "points", "shuffle"))
    inputs, planted = LIMITS.trait("inputs"), LIMITS.trait("planted")
    task, net, method = (LIMITS.trait(name) for name in ("task", "net", "method"))

    @property
    def states(self) -> np.ndarray:
        """Each number, what the method says of it, the lowest and the highest score if it moves, (13, 4).

        A score above 0 is a yes, and a number is tried at 17 heights. Row 0 has the score of the whole, the sum of what
        the method says, and the score, twice.
        """
        x, marks = np.array(self.inputs), self.marks
        found, score = self.explained, network.score(self._net, x[:, None], marks[:, None])
        moved = network.moved(self._net, x, marks)
        rows = np.stack([x, found, moved.min(1), moved.max(1)], 1)
        return np.vstack([[score[0], found.sum(), score[0], score[0]], rows])

    @property
    def marks(self) -> np.ndarray:
        """1 at the planted steps, (12,), 0 elsewhere."""
        steps = np.floor(np.array(self.planted[: network.PLANTED[self.task]]) + 0.5).astype(int)
        marks = np.zeros(network.T + 1)
        marks[steps] = 1
        return marks[1:]

    @property
    def explained(self) -> np.ndarray:
        """What the method says of each number, (12,)."""
        x, marks = np.array(self.inputs)[:, None], self.marks[:, None]
        if self.method == "integrated":
            return np.asarray(network.integrated(self._net, x, marks, self.points)[:, 0])
        return np.asarray(network.METHODS[self.method](self._net, x, marks)[:, 0])

    @property
    def _net(self) -> Params:
        return _network(self.task, self.net, self.shuffle)


@cache
def _network(task: str, name: str, shuffle: int) -> Params:
    return network.shuffled(network.load()[task]["abc".index(name)], shuffle)
