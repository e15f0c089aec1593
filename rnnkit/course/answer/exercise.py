"""What an exercise is: data that the general machinery (check, hints, build) works on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
UNCHANGED = "the arguments are left as they came"


class Output(NamedTuple):
    """One thing that an answer returns.

    ``kind`` is "array", "number", "integer", "truth" (True or False), or "sequence" (a list that is typed).
    ``axes`` says what each index counts, by the axis's letter: {"T": "step", "N": "sequence", "H": "unit"}.
    ``place`` names an entry by these words; a step is counted from 1, as in the equations, all others from 0.
    ``coarse``: it moves in steps, as a share of few rows does, so that many faults come to the same number by chance.
    """

    name: str
    kind: str
    axes: dict[str, str] = {}  # noqa: RUF012  # of a NamedTuple, and never written to
    size: int = 0  # how many values a sequence has: one that is cut short is judged by what is there
    means: str = ""  # what the one number is, in words
    place: str = ""  # such as "the state after step {step}: sequence {sequence}, unit {unit}"
    one_more: str = ""  # what a row too many most likely is, as a question
    coarse: bool = False


class Case(NamedTuple):
    """One call: the layer that it belongs to, its arguments, and its sizes in words ("" if there is nothing to say)."""

    layer: str
    args: tuple[Any, ...]
    label: str
    only: str = ""  # the one term that is not zero; "" if all are there
    term: str = ""  # that term as it is written in the sum


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


class Own(NamedTuple):
    """Numbers of a student's own, one case in place of random ones.

    ``candidate`` makes the arguments, choosing by a function that picks one of a sequence; ``tells`` says whether they
    are good ones. Two wrong answers with different hints never come to the same on them, nor does any of ``faults``,
    (name, result) pairs that the exercise tells apart by itself: that is seen to.
    """

    candidate: Callable[[Callable[[Sequence[Any]], Any]], tuple[Any, ...]]
    tells: Callable[[Any], bool]
    faults: Callable[[Any], list[tuple[str, Values]]] = lambda numbers: []


class Fit(NamedTuple):
    """Values of an answer as a sum: a right answer has coefficient 1 for ``terms`` and 0 for ``strange``.

    ``alike`` is said first, for a sum that is itself a fault; ``says`` opens the sentence about what is off in it.
    ``where`` stands before both and may differ from case to case. ``partial``: a NaN among the values is left out.
    ``whole``: believed only with factors that a person's slip makes: −1, 0, 1/2, 1 and 2, or one for all terms.
    A term whose name begins with "the" is called by that name alone; those of ``plural`` are more than one thing.
    """

    says: str
    terms: dict[str, Values]
    strange: dict[str, Values]
    values: Values
    alike: str = ""
    where: str = ""
    partial: bool = False
    whole: bool = False
    plural: tuple[str, ...] = ()


class Carry(NamedTuple):
    """What a loop hands on from step to step, in words; and the exercise's function with something else handed on."""

    due: str
    others: dict[str, Callable[..., Any]]


class Guessed(NamedTuple):
    """A list of guesses in the notebook, made before the answer is worked out: what is said of it once all is right.

    ``looked_back`` gets whatever the notebook has under ``name``, and the case; "" if there is nothing to say.
    """

    name: str
    looked_back: Callable[[Any, Case], str]


class Cause(NamedTuple):
    """The likely cause of an exception: of this type, with one of these words in its message, "matmul|not aligned"."""

    error: type[BaseException]
    words: str
    says: str


class Told(NamedTuple):
    """A sentence to a student, and whether it names a fault or the place alone."""

    says: str
    names_a_fault: bool


class Layer(NamedTuple):
    """One property that is graded.

    ``cases`` names the cases that have to come out right ("" for none), ``outputs`` which of the outputs count.
    ``alike`` compares an output with the expected one in place of closeness; ``judge`` decides by calling the answer.
    ``share`` says how much of its points it earns where it is right, from 0 to 1; all of them if it is left out.
    ``needs`` are layers: if none of them is right, this one earns nothing.
    """

    says: str
    points: float
    cases: str
    outputs: tuple[int, ...] = (0,)
    alike: Callable[[Values, Values], bool] | None = None
    judge: Callable[["Exercise", Callable[..., Any], Sequence[Case]], bool] | None = None
    needs: tuple[int, ...] = ()
    share: Callable[["Exercise", Callable[..., Any], Sequence[Case]], float] | None = None
    unchanged: bool = False  # the property is that no call changed its arguments


@dataclass(frozen=True, eq=False)
class Exercise:
    """A graded exercise. Its ``set`` is the folder that it was found in; together they are its ``id``.

    ``name`` is the grade_id of its cell and the name that the answer has in the notebook. ``parameters`` are the names
    of the arguments, each with a letter for every axis ("N I"). ``cases`` draws the inputs, or ``own`` those of a
    student. ``lends`` are right versions of what a call may rely on, ``absent`` modules that it may not.

    ``made_with`` makes a function like this one of another slope or norm, by the keys of ``hints/ways/parts.py``.
    ``watch`` calls the answer before anything else is tried, and says what it sees of a fault; "" if nothing.
    ``by_property`` does so after the wrong answers on record, where many results are right and the reference's is one.
    ``used`` is what a check does with an answer in place of one call, where it is a class, or a function that is called
    many times: it gets the answer and the case's arguments, and gives the outputs, or a sentence about their form.
    """

    name: str
    number: int
    parameters: dict[str, str]
    outputs: tuple[Output, ...]
    layers: tuple[Layer, ...]
    reference: Callable[..., Any]
    cases: Callable[[np.random.Generator], list[Case]] | None = None
    own: Own | None = None
    fits: Callable[[Case, tuple[Values, ...], tuple[Values, ...]], Iterator[Fit]] | None = None
    joint_fits: Callable[[Sequence[tuple[Case, tuple[Values, ...]]]], Iterator[Fit]] | None = None
    explain: Callable[[Case, Values, Values], Told] | None = None  # its own diagnosis, which shows no expected value
    watch: Callable[["Exercise", Callable[..., Any], Sequence[Case]], str] | None = None
    by_property: Callable[["Exercise", Callable[..., Any], Sequence[Case]], str] | None = None
    used: Callable[..., Any] | None = None
    lends: dict[str, Callable[..., Any]] = field(default_factory=dict)
    built_on: Callable[..., Callable[..., Any]] | None = (
        None  # from other versions of those to a function like this one
    )
    made_with: dict[str, Callable[..., Callable[..., Any]]] = field(default_factory=dict)
    slips: dict[str, Callable[..., Any]] = field(default_factory=dict)  # functions like this one, by what is wrong
    carry: Carry | None = None
    made_in: tuple[int, ...] = ()  # the order in which the outputs are worked out, if another: h is made of c
    overflow: str = ""  # what to do where large numbers overflow
    squash: str = ""  # what the result is a sum put through, element by element: "np.tanh" or "a sigmoid"
    absent: tuple[str, ...] = ()  # names of modules that are not there while an answer runs
    causes: tuple[Cause, ...] = ()  # of exceptions, looked at before the general ones
    rtol: float = 1e-5  # a right answer in float32 agrees to this
    atol: float = 1e-6
    apart: float = 1e-6  # how far two wrong answers have to be apart to be told from one another
    procedure: str = ""  # if the answer is a value: the function in the solution that comes to it
    note: str = ""
    guessed: Guessed | None = None
    set: str = ""

    @property
    def id(self) -> str:
        return f"{self.set}.{self.name}"

    @property
    def is_function(self) -> bool:
        """Whether the answer is a function. If not it is a value, and its wrong answers are procedures."""
        return not self.procedure

    @property
    def function(self) -> str:
        """The function that an answer on record defines."""
        return self.procedure or self.name

    @property
    def title(self) -> str:
        return f"Exercise {self.number}, {self.name}"

    @property
    def points(self) -> float:
        return sum(layer.points for layer in self.layers)
