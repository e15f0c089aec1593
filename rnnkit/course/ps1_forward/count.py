"""Exercise ps1.count_parameters: the size of a network, without building it."""

from collections.abc import Iterator, Sequence

import numpy as np

from rnnkit.cells import rnn
from rnnkit.course.exercise import Case, Draw, Exercise, Fit, Layer, Output, Values
from rnnkit.params import shapes


def count_parameters(input_size: int, hidden_size: int, num_layers: int = 1, bidirectional: bool = False) -> int:
    """By adding up the shapes that rnnkit gives each layer."""
    ways, total = 2 if bidirectional else 1, 0
    for layer in range(num_layers):
        reads = input_size if layer == 0 else ways * hidden_size
        total += ways * sum(int(np.prod(shape)) for shape in shapes(rnn, reads, hidden_size).values())
    return total


def _count_cases(draw: Draw) -> list[Case]:
    cases = []
    plan = (("one layer", 1, False), ("deep", 3, False), ("both ways", 1, True), ("deep, both ways", 3, True))
    for layer, depth, both in plan:
        for k in range(4):
            input_size, hidden_size = (int(n) for n in draw.rng.choice(np.arange(2, 40), 2, replace=False))
            num_layers = depth + k % 2 if depth > 1 else 1
            sizes = (input_size, hidden_size, num_layers, both)
            label = "for count_parameters({}, {}, num_layers={}, bidirectional={})".format(*sizes)
            cases.append(Case(layer, sizes[: 2 if layer == "one layer" else 4], label))
    return cases


def _count_joint_fits(rows: Sequence[tuple[Case, tuple[Values, ...]]]) -> Iterator[Fit]:
    """Counts as a sum of the shapes' sizes, for each kind of network by itself: the smallest that is off is named."""
    for layer in ("one layer", "deep", "both ways", "deep, both ways"):
        some = [(c.args, float(got[0])) for c, got in rows if c.layer == layer and got and got[0].shape == ()]
        if not some:
            continue
        terms: dict[str, list[float]] = {"weight_ih": [], "weight_hh": [], "the biases": []}
        for (input_size, H, *rest), _ in some:
            depth, ways = (rest[0], 1 + rest[1]) if rest else (1, 1)
            terms["weight_ih"].append(ways * H * (input_size + (depth - 1) * ways * H))
            terms["weight_hh"].append(depth * ways * H * H)
            terms["the biases"].append(depth * ways * 2 * H)
        arrays = {name: np.array(values, float) for name, values in terms.items()}
        yield Fit(f"Counted for {layer}", arrays, {}, np.array([count for _, count in some]))


EXERCISE = Exercise(
    id="ps1.count_parameters",
    number=4,
    function="count_parameters",
    parameters=("input_size", "hidden_size", "num_layers", "bidirectional"),
    outputs=(Output("count", "integer"),),
    layers=(
        Layer("one layer", 1.0, "one layer"),
        Layer("several layers", 1.0, "deep"),
        Layer("both directions", 0.5, "both ways"),
        Layer("several layers in both directions", 0.5, "deep, both ways"),
    ),
    cases=_count_cases,
    reference=count_parameters,
    joint_fits=_count_joint_fits,
)
