"""Exercise ps1-forward.count_parameters: the size of a network, without building it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from rnnkit.cells import rnn
from rnnkit.course.answer.exercise import Case, Exercise, Fit, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps1_forward.miscounted import miscounted
from rnnkit.params import shapes


def count_parameters(input_size: int, hidden_size: int, num_layers: int = 1, bidirectional: bool = False) -> int:
    """By adding up the shapes that rnnkit gives each layer."""
    ways, total = 2 if bidirectional else 1, 0
    for layer in range(num_layers):
        reads = input_size if layer == 0 else ways * hidden_size
        total += ways * sum(int(np.prod(shape)) for shape in shapes(rnn, reads, hidden_size).values())
    return total


def _count_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    plan = (("one layer", 1, False), ("deep", 3, False), ("both ways", 1, True), ("deep, both ways", 3, True))
    for layer, depth, both in plan:
        for k in range(6):
            input_size, hidden_size = (int(n) for n in rng.choice(np.arange(2, 40), 2, replace=False))
            num_layers = depth + k % 2 if depth > 1 else 1
            sizes = (input_size, hidden_size, num_layers, both)
            label = "for count_parameters({}, {}, num_layers={}, bidirectional={})".format(*sizes)
            cases.append(Case(layer, sizes[: 2 if layer == "one layer" else 4], label))
    return cases


KINDS = {
    "one layer": ("one layer",),
    "both directions": ("both ways",),
    "the layers above the first": ("deep", "deep, both ways"),
}
BIASES = "the biases"


def _count_joint_fits(rows: Sequence[tuple[Case, tuple[Values, ...]]]) -> Iterator[Fit]:
    """Counts as a sum of the shapes' sizes, for each kind of network by itself: the smallest that is off is named.

    Nothing is said of larger networks then: what fits them alone would not be the fault. Where one layer is right, what
    the layers above it add is taken apart.
    """
    for words, layers in KINDS.items():
        some = [(c.args, float(got[0])) for c, got in rows if c.layer in layers and got and got[0].shape == ()]
        if len(some) < sum(c.layer in layers for c, _ in rows):
            return
        counts = np.array([count for _, count in some])
        I, H, depth, both = np.array([(*args, 1, 0)[:4] for args, _ in some], float).T
        ways = 1 + both
        first = {"weight_ih": ways * H * I, "weight_hh": ways * H * H, BIASES: ways * 2 * H}
        later = first | {"weight_ih": ways * H * ways * H}
        deep = "deep" in layers
        terms = {name: (depth - 1) * size for name, size in later.items()} if deep else first
        values = counts - sum(first.values()) if deep else counts
        off = values - sum(terms.values())
        for text, more in miscounted(I, H, ways, depth - 1).items():
            if more.any() and (off == more).all():
                yield Fit("", {"all": values}, {}, values, text)
        for strange in ({}, {"a bias for each input, input_size numbers,": ways * I}):
            yield Fit(f"Counted for {words}", terms, strange, values, whole=True, plural=(BIASES,))
        if off.any():
            return


def _count(exercise: Exercise, function: Callable[..., Any], *sizes: Any) -> float:
    """What the answer counts; NaN, which equals nothing, if that is no number."""
    values = call(exercise, function, Case("", sizes, "")).values
    return float(values[0]) if values and values[0].shape == () else np.nan


def _grows(name: str) -> Any:
    """A judge: whether the count grows by the right number when an argument grows by one."""

    def judge(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
        k = list(exercise.parameters).index(name)
        pairs = [(case.args, (*case.args[:k], case.args[k] + 1, *case.args[k + 1 :])) for case in cases]
        return all(
            _count(exercise, function, *larger) - _count(exercise, function, *sizes)
            == count_parameters(*larger) - count_parameters(*sizes)
            for sizes, larger in pairs
        )

    return judge


def _two_ways(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether two directions in one layer count twice what one does, whatever that is."""
    got = [[_count(exercise, function, *case.args[:2], 1, both) for both in (0, 1)] for case in cases]
    return all(two == 2 * one > 0 for one, two in got)


EXERCISE = Exercise(
    name="count_parameters",
    number=4,
    parameters={"input_size": "", "hidden_size": "", "num_layers": "", "bidirectional": ""},
    outputs=(Output("count", "integer"),),
    layers=(
        Layer("one layer", 0.5, "one layer"),
        Layer("how the count grows with input_size", 0.5, "one layer", judge=_grows("input_size")),
        Layer("several layers", 0.5, "deep"),
        Layer("how the count grows with num_layers", 0.25, "deep", judge=_grows("num_layers")),
        Layer("two directions count twice", 0.25, "both ways", judge=_two_ways),
        Layer("both directions", 0.25, "both ways"),
        Layer("several layers in both directions", 0.75, "deep, both ways"),
    ),
    cases=_count_cases,
    reference=count_parameters,
    joint_fits=_count_joint_fits,
)
