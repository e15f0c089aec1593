"""What an exercise is: data that the general machinery (run, grade, diagnose, hints, build) works on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
UNCHANGED = "the arguments are left as they came"


class Output(NamedTuple):
    """One thing that an answer returns; ``kind`` is "array", "number", "integer" or "sequence"."""

    name: str
    kind: str
    axes: tuple[str, ...] = ()  # what each index counts: ("time step", "sequence", "unit")


class Case(NamedTuple):
    """One call: the layer that it belongs to, its arguments, and its sizes in words."""

    layer: str
    args: tuple[Any, ...]
    label: str


class Wrong(NamedTuple):
    """A wrong answer from wrong.yml, with the hint that names its fault."""

    id: str
    hint: str
    code: str


class Draw(NamedTuple):
    """What the cases are drawn from: a generator, the student's name, and the exercise's wrong answers."""

    rng: np.random.Generator
    name: str
    wrong: tuple[Wrong, ...]


class Fit(NamedTuple):
    """Values of an answer as a sum: a right answer has coefficient 1 for ``terms`` and 0 for ``strange``.

    ``says`` opens the sentence about what is off; ``alike`` is said if nothing is, for a sum that is itself a fault.
    """

    says: str
    terms: dict[str, Values]
    strange: dict[str, Values]
    values: Values
    alike: str = ""


class Layer(NamedTuple):
    """One property that is graded.

    ``cases`` names the cases that have to come out right ("" for none), ``outputs`` which of the outputs count.
    ``judge`` decides instead of a comparison; ``needs`` is a layer without which this one earns nothing.
    """

    says: str
    points: float
    cases: str
    outputs: tuple[int, ...] = (0,)
    judge: Callable[[Callable[..., Any], Sequence[Case]], bool] | None = None
    needs: int | None = None
    unchanged: bool = False  # the property is that no call changed its arguments


@dataclass(frozen=True)
class Exercise:
    """A graded exercise. ``parameters`` are the names of the arguments; ``lends`` what a call may rely on."""

    id: str
    function: str
    parameters: tuple[str, ...]
    outputs: tuple[Output, ...]
    layers: tuple[Layer, ...]
    cases: Callable[[Draw], list[Case]]
    reference: Callable[..., Any]
    fits: Callable[[Case, tuple[Values, ...], tuple[Values, ...]], Iterator[Fit]] | None = None
    joint_fits: Callable[[Sequence[tuple[Case, tuple[Values, ...]]]], Iterator[Fit]] | None = None
    explain: Callable[[Case, Values, Values], str] | None = None  # its own diagnosis, which shows no expected value
    lends: dict[str, Callable[..., Any]] = field(default_factory=dict)
    rtol: float = 1e-9
    atol: float = 1e-11
    apart: float = 1e-6  # how far two wrong answers have to be apart to be told from one another
    is_function: bool = True  # False: the answer is a value, and its wrong answers are procedures on the arguments
    note: str = ""

    @property
    def points(self) -> float:
        return sum(layer.points for layer in self.layers)
