"""What is compared with what, and the ratio that each comparison is meant to stay under.

The figures are ratios of float32 timings at the sizes of ``contenders.SIZES``; None: measured without a target.
A forward pass alone is measured for Torch, where reading a trace is paid for.
"""

from typing import NamedTuple

from benchmarks.contenders import BOTH, FACE, FORWARD, KERNEL, PRODUCTS, READABLE, TORCH, TORCH_NN, TORCH_TRACE

Limits = dict[str, float | None]
SLOPE, SLOPE_WITHIN = 1.0, 0.05  # of the logarithm of the time over that of T


class Comparison(NamedTuple):
    """``contender`` over ``reference``, at most ``at_most[size]`` times; its keys are the sizes that are measured."""

    cell: str
    phase: str
    contender: str
    reference: str
    at_most: Limits


TO_L: Limits = {"S": None, "M": None, "L": None}
TO_XL: Limits = TO_L | {"XL": None}

ON_NUMPY = [
    Comparison("LSTM", BOTH, KERNEL, PRODUCTS, {"S": 3.5, "M": 1.4, "L": 1.25, "XL": 1.25}),
    Comparison("LSTM", BOTH, KERNEL, TORCH_NN, {"S": 1.0, "M": 2.0, "L": 2.0, "XL": 2.0}),
    Comparison("LSTM", BOTH, FACE, KERNEL, TO_XL),
    Comparison("LSTM", BOTH, READABLE, KERNEL, TO_L),
    Comparison("GRU", BOTH, READABLE, TORCH_NN, dict.fromkeys(TO_L, 1.0)),
    Comparison("GRU", BOTH, FACE, READABLE, TO_L),
    Comparison("RNN", BOTH, READABLE, TORCH_NN, dict.fromkeys(TO_L, 0.8)),
    Comparison("RNN", BOTH, FACE, READABLE, TO_L),
]


def _on_torch(cell: str, sizes: Limits) -> list[Comparison]:
    """Without a trace within 5 % of torch.nn, and 10 % at S; with it at most twice as long at M and L."""
    without: Limits = {size: 1.1 if size == "S" else 1.05 for size in sizes}
    return [
        Comparison(cell, FORWARD, TORCH, TORCH_NN, without),
        Comparison(cell, FORWARD, TORCH_TRACE, TORCH_NN, sizes),
        Comparison(cell, BOTH, TORCH, TORCH_NN, without),
        Comparison(cell, BOTH, TORCH_TRACE, TORCH_NN, sizes | {"M": 2.0, "L": 2.0}),
    ]


ON_TORCH = [*_on_torch("LSTM", TO_XL), *_on_torch("GRU", TO_L), *_on_torch("RNN", TO_L)]

ON_GPU = [
    Comparison("LSTM", FORWARD, TORCH, TORCH_NN, {"GPU": None}),
    Comparison("LSTM", FORWARD, TORCH_TRACE, TORCH_NN, {"GPU": 1.3}),
    Comparison("LSTM", BOTH, TORCH, TORCH_NN, {"GPU": None}),
    Comparison("LSTM", BOTH, TORCH_TRACE, TORCH_NN, {"GPU": 1.15}),
]
