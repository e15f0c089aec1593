"""What happened at every step, by name: the view of a trace that figures, explorers and chapters use."""

from typing import Any

from rnnkit.cells import Cell, State
from rnnkit.ops import Array, split


def by_name(cell: Cell, states: State, trace: Any) -> dict[str, Array]:
    """Every quantity that the cell's equations name, each (T, N, H): gates and candidates, then the states after t.

    For an LSTM: i, f, o in (0, 1), g and tanh_c in (-1, 1), h in (-1, 1), c unbounded. For a GRU: r, z in (0, 1),
    n in (-1, 1), m unbounded. For a simple RNN: slope in (0, 1]. Nothing is copied.
    """
    named: dict[str, Array] = {}
    for field, values in trace._asdict().items():
        if field == "gates":  # one array, the blocks side by side
            named |= zip(cell.GATES, split(values, len(cell.GATES)), strict=True)
        else:
            named[field] = values
    named |= {name: s[1:] for name, s in zip(cell.STATE, states, strict=True)}
    return named
