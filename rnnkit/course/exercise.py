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
    axes: tuple[str, ...] = ()  # what each index counts: ("step", "sequence", "unit"); steps are counted from 1
    size: int = 0  # how many values a sequence has: one that is cut short is judged by what is there


class Case(NamedTuple):
    """One call: the layer that it belongs to, its arguments, and its sizes in words ("" if there is nothing to say)."""

    layer: str
    args: tuple[Any, ...]
    label: str
    only: str = ""  # the one term that is not zero; "" if all are there


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

    ``alike`` is said first, for a sum that is itself a fault; ``says`` opens the sentence about what is off in it.
    ``where`` stands before both and may differ from case to case. ``partial``: a NaN among the values is left out.
    """

    says: str
    terms: dict[str, Values]
    strange: dict[str, Values]
    values: Values
    alike: str = ""
    where: str = ""
    partial: bool = False


class Cause(NamedTuple):
    """The likely cause of an exception: of this type, with this word in its message."""

    error: type[BaseException]
    word: str
    says: str


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
    number: int
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
    causes: tuple[Cause, ...] = ()  # of exceptions, looked at before the general ones
    rtol: float = 1e-5  # a right answer in float32 agrees to this
    atol: float = 1e-6
    apart: float = 1e-6  # how far two wrong answers have to be apart to be told from one another
    is_function: bool = True  # False: the answer is a value, and its wrong answers are procedures on the arguments
    note: str = ""

    @property
    def title(self) -> str:
        return f"Exercise {self.number}, {self.id.partition('.')[2]}"

    @property
    def points(self) -> float:
        return sum(layer.points for layer in self.layers)
