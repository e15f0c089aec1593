"""The cells of this set with one thing wrong: a block in another's place, another squash, another sum."""

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Values

Function = Callable[..., Any]


def orders(names: str) -> Iterator[tuple[tuple[int, ...], str]]:
    """Every wrong order of the blocks: where each block is looked for, and the order in words."""
    for order in list(permutations(range(len(names))))[1:]:
        yield order, ", ".join(names[order.index(k)] for k in range(len(names)))


def reordered(array: Values, order: Sequence[int], axis: int) -> Values:
    """The blocks along an axis, each taken from the place that the order gives."""
    blocks = np.split(array, len(order), axis)
    return np.concatenate([blocks[k] for k in order], axis)


def read_in_order(function: Function, order: Sequence[int], places: dict[int, int]) -> Function:
    """A function that reads the blocks of some arguments, {argument: axis}, in another order."""

    def reads(*args: Any) -> Any:
        return function(*(reordered(a, order, places[k]) if k in places else a for k, a in enumerate(args)))

    return reads


def read_slips(function: Function, names: str, places: dict[int, int]) -> dict[str, Function]:
    """The function with its blocks read in every wrong order, by the sentence that says so."""
    found = {}
    for order, came in orders(names):
        words = f"The blocks are read in the order {came}. They stand in the order {', '.join(names)}."
        found[words] = read_in_order(function, order, places)
    return found
