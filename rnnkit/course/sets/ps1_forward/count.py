"""Exercise ps1-forward.count_parameters: the size of a network, without building it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from rnnkit.cells import rnn
from rnnkit.course.answer.exercise import Case, Exercise, Fit, Layer, Output, Values
from rnnkit.course.answer.run import call
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
        input_size, H, depth, both = np.array([a if len(a) == 4 else (*a, 1, 0) for a, _ in some], float).T
        ways = 1 + both
        first = {"weight_ih": ways * H * input_size, "weight_hh": ways * H * H, BIASES: ways * 2 * H}
        later = {"weight_ih": ways * H * ways * H, "weight_hh": ways * H * H, BIASES: ways * 2 * H}
        deep = "deep" in layers
        terms = {name: (depth - 1) * size for name, size in later.items()} if deep else first
        values = counts - sum(first.values()) if deep else counts
        says = f"Counted for {words}"
        narrow = {"all": ways * H * (H + H + 2)}
        if not deep and (values == narrow["all"]).all():
            text = "The first layer is counted as if it read hidden_size numbers. It reads input_size."
            yield Fit(says, narrow, {}, values, text)
        yield Fit(says, terms, {}, values, whole=True, plural=(BIASES,))
        extra = {"a bias for each input, input_size numbers,": ways * input_size}
        yield Fit(says, terms, extra, values, whole=True, plural=(BIASES,))
        if not (values == sum(terms.values())).all():
            return


def _grows(more: dict[str, int]) -> Any:
    """A judge: whether the count grows by the right number when an argument does."""

    def judge(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
        for case in cases:
            sizes = dict(zip(exercise.parameters, case.args, strict=False))
            larger = Case("", tuple({**sizes, **{k: sizes[k] + n for k, n in more.items()}}.values()), "")
            got = [call(exercise, function, c).values for c in (case, larger)]
            if not all(values and values[0].shape == () for values in got):
                return False
            right = count_parameters(*larger.args) - count_parameters(*case.args)
            if float(got[1][0]) - float(got[0][0]) != right:
                return False
        return True

    return judge


def _two_ways(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    """Whether two directions in one layer count twice what one does, whatever that is."""
    got = [[call(exercise, function, Case("", (*c.args[:2], 1, both), "")).values for both in (0, 1)] for c in cases]
    return all(a and b and a[0].shape == b[0].shape == () and float(b[0]) == 2 * float(a[0]) > 0 for a, b in got)


EXERCISE = Exercise(
    name="count_parameters",
    number=4,
    parameters={"input_size": "", "hidden_size": "", "num_layers": "", "bidirectional": ""},
    outputs=(Output("count", "integer"),),
    layers=(
        Layer("one layer", 0.5, "one layer"),
        Layer("how the count grows with input_size", 0.5, "one layer", judge=_grows({"input_size": 1})),
        Layer("several layers", 0.5, "deep"),
        Layer("how the count grows with num_layers", 0.25, "deep", judge=_grows({"num_layers": 1})),
        Layer("two directions count twice", 0.25, "both ways", judge=_two_ways),
        Layer("both directions", 0.25, "both ways"),
        Layer("several layers in both directions", 0.75, "deep, both ways"),
    ),
    cases=_count_cases,
    reference=count_parameters,
    joint_fits=_count_joint_fits,
)
