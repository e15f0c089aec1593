"""Stream Desk: two guests type, a server carries a state for each; the states are swapped, lost, saved, and counted."""

from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from rnnkit.explorers.base import Explorer
from rnnkit.explorers.stream_desk import network
from rnnkit.explorers.traits import Limits

FOLDER = Path(__file__).parent
LIMITS = Limits(FOLDER)


class StreamDesk(Explorer):
    """Swap or lose the states of two guests and read what each is told; see the work of three servers grow.

    A network reads what the guests of a restaurant type, one symbol a step, and says at each step at which table a
    guest sits. All that it knows of what was said before is a state of 24 numbers for each guest.

    Parameters
    ----------
    step : int, 0 to 240
        The symbol that is looked at.
    at : int, 1 to 240
        Before this symbol something happens to the states.
    every : int, 1 to 240
        How many symbols lie between two times that the states are saved; 240 is never.
    lost : (2,), each from 0 to 1
        The share of the first and of the second guest's state that goes.
    mishap : str
        "swapped": what goes is replaced by the other guest's. "lost": by zeros.
    missing : str
        What the server does about a state that is wholly lost. "zeros": it starts with zeros. "replayed": it reads
        again what was said since the state was saved.
    server : str
        "reread": it keeps no state, and reads everything again at each symbol. "carry": it carries the states of the
        two. "ten": it carries those of ten guests at once.
    playing, committed : bool
    name : str
        Tells explorers of one page apart in the links that they copy.

    Raises
    ------
    TypeError
        If a name is no trait's; it tells the nearest.
    traitlets.TraitError
        If a number lies beyond its limits, there are not two shares, or a word is none of those above.
    """

    slug: ClassVar[str] = "stream-desk"
    folder: ClassVar[Path] = FOLDER
    limits: ClassVar[Limits] = LIMITS
    caption: ClassVar[str] = (
        "What two guests are told at each symbol, and what it costs. Before symbol 120 the server swaps their two "
        "states: each is told the other's table, Ben until he names one again, Anna to the end, though no weight has "
        "changed. Below, dashed: the work if everything were read again."
    )

    step, at, every = (LIMITS.trait(name) for name in ("step", "at", "every"))
    lost = LIMITS.trait("lost")
    mishap, missing, server = (LIMITS.trait(name) for name in ("mishap", "missing", "server"))

    @property
    def states(self) -> np.ndarray:
        """The leads of the two guests' own tables, and thousands of multiplications, (241, 3).

        A lead is the score of the right answer less the highest other one: below 0, another table is told. Row t is
        after symbol t, row 0 before the first. The multiplications are those of the network's equations at this symbol,
        for all guests that the server has.
        """
        desk = _desk()
        states, steps = network.serve(
            desk, self.at, self.lost, self.mishap, self.missing, self.every, self.server
        )  # (T + 1, 2, H), (T + 1,)
        guests = len(desk.guests) if self.server == "ten" else 2
        truth = np.stack([np.r_[network.NONE, network.named(text)] for text in [*desk.guests.values()][:2]], 1)
        leads = network.lead(network.scores(desk.net, states), truth)
        return np.column_stack([leads, network.multiplications(steps, guests) / 1000])


@cache
def _desk() -> network.Desk:
    return network.load()
