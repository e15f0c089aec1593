"""Exercise ps3-gradients.vanishing: six matrices of a student's own, what their powers do, guessed and measured."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.convert import convert
from rnnkit.course.answer.exercise import Case, Exercise, Guessed, Layer, Output, Own, Values
from rnnkit.course.answer.run import call
from rnnkit.course.answer.typed import near

POWERS = 20
SHRINKS, GROWS_FIRST, STAYS, GROWS = 1, 2, 3, 4
WORDS = {SHRINKS: "SHRINKS", GROWS_FIRST: "GROWS_FIRST", STAYS: "STAYS", GROWS: "GROWS"}
TURNS = ((0.6, 0.8), (0.8, 0.6), (0.28, 0.96), (0.96, 0.28))  # cosine and sine, exactly
LISTS = "kinds", "peaks", "ends"
NEARLY_ALL = 9  # of twelve numbers
TOLERANCE = 0.012  # in powers of ten: two decimals, rounded either way
Matrix = tuple[tuple[float, float], tuple[float, float]]


class Numbers(NamedTuple):
    """Six matrices, 2 by 2, in an order that is drawn too."""

    A: Matrix
    B: Matrix
    C: Matrix
    D: Matrix
    E: Matrix
    F: Matrix


def _matrix(*rows: Sequence[float]) -> Matrix:
    (a, b), (c, d) = [[round(float(v), 4) for v in row] for row in rows]
    return (a, b), (c, d)


def _candidate(pick: Callable[[Sequence[Any]], Any]) -> Numbers:
    large, small = pick((0.7, 0.75, 0.8, 0.85)), pick((0.2, 0.3, 0.4, 0.5))
    (c, s), (k, m), shrink = pick(TURNS), pick(TURNS), pick((0.8, 0.85, 0.9))
    diagonal, beside = pick((0.65, 0.7, 0.75)), pick((0.4, 0.45, 0.5))
    between = s * c * (large - small)
    found = [
        _matrix((c * c * large + s * s * small, between), (between, s * s * large + c * c * small)),  # symmetric
        _matrix((large, pick((2.0, 3.0, 4.0))), (0, small)),  # the same eigenvalues, not normal
        _matrix((k, -m), (m, k)),  # a turn
        _matrix((shrink * m, -shrink * k), (shrink * k, shrink * m)),  # a turn that shrinks
        _matrix((diagonal, beside), (beside, diagonal)),  # small entries, a large eigenvalue
        _matrix((1, pick((0.3, 0.4, 0.5, 0.6))), (0, 1)),  # a shear
    ]
    order = [found.pop(pick(range(len(found)))) for _ in range(len(found))]
    return Numbers(*order)


def six_powers(*matrices: Matrix) -> tuple[list[int], list[float], list[float]]:
    """For each matrix what its powers do, and log10 of the largest norm of the powers 1 to 20 and of the last."""
    sizes = [norms(W) for W in matrices]
    logs = [np.log10(size) for size in sizes]
    return [kind(W) for W in matrices], [float(max(row)) for row in logs], [float(row[-1]) for row in logs]


def norms(W: Any) -> list[float]:
    """The largest singular value of each power from the first on."""
    return [float(np.linalg.norm(np.linalg.matrix_power(np.array(W), t), 2)) for t in range(1, POWERS + 1)]


def kind(W: Any) -> int:
    """What the powers of a matrix do, told from the matrix: its spectral radius and its largest singular value."""
    radius, stretch = _radius(W), float(np.linalg.norm(np.array(W), 2))
    if abs(radius - 1) < 1e-6:
        return STAYS if stretch < 1 + 1e-6 else GROWS  # on the border only a matrix that is not normal grows
    if radius > 1:
        return GROWS
    return GROWS_FIRST if stretch > 1 else SHRINKS


def _radius(W: Any) -> float:
    return float(max(abs(np.linalg.eigvals(np.array(W)))))


def _tells(numbers: Numbers) -> bool:
    """Whether what grows does so clearly: the shrinking ones end far down, the others reach far above 1."""
    kinds, peaks, ends = six_powers(*numbers)
    clear = [abs(p) > 0.03 or k == STAYS for k, p in zip(kinds, peaks, strict=True)]
    return all(clear) and sorted(kinds) == [SHRINKS, SHRINKS, GROWS_FIRST, STAYS, GROWS, GROWS] and min(ends) < -1


def _facts(W: Any) -> str:
    return f"Its spectral radius is {_radius(W):.2f} and its largest singular value {norms(W)[0]:.2f}."


RULES = {
    SHRINKS: "A largest singular value below 1 shortens every vector, at every step.",
    GROWS_FIRST: "A spectral radius below 1 decides the end, and a singular value above 1 the first step.",
    STAYS: "A matrix that turns keeps every length, and so do all its powers.",
    GROWS: "A spectral radius above 1 grows in the end; one of exactly 1 grows too, slowly, if W is not normal.",
}


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """The first of the six that is named or measured wrongly, and what would have told; never the right value."""
    matrices = Numbers(*cases[0].args)
    came = call(exercise, function, cases[0]).values
    if [v.shape for v in came] != [(6,)] * 3:
        return ""
    right = six_powers(*matrices)
    if off := _of_another(came[1:], right[1:], matrices):
        return (
            f"{off} of the twelve numbers in peaks and ends are not those of these matrices. Was STUDENT changed after "
            "they were worked out? If not, look at how each size is measured: np.linalg.norm(P, 2) of a power P."
        )
    for k, (name, W) in enumerate(zip(Numbers._fields, matrices, strict=True)):
        got = came[0][k]
        if np.isnan(got):
            return f"{name} has no word yet: kinds holds six, one for each matrix."
        if got != right[0][k]:
            said = WORDS.get(got, f"{got:g}, which is none of the four words,")
            return f"kinds says {said} for {name}. {_facts(W)} {RULES[right[0][k]]}"
    for output, values, wanted in zip(exercise.outputs[1:], came[1:], right[1:], strict=True):
        for k, name in enumerate(Numbers._fields):
            if not abs(values[k] - wanted[k]) <= TOLERANCE:
                return f"All six words of kinds are right. {_measured(output.name, name, values, k, matrices)}"
    return ""


def _of_another(came: Sequence[Values], right: Sequence[Sequence[float]], matrices: Sequence[Matrix]) -> int:
    """How many numbers are off, if nearly all are, and no slip is known for the first of each list; else 0."""
    count = 0
    for name, values, wanted in zip(LISTS[1:], came, right, strict=True):
        off = np.flatnonzero(abs(values - np.array(wanted)) > TOLERANCE)
        count += len(off)
        if np.isnan(values).any() or (len(off) and _slip(name, values[off[0]], matrices[off[0]])):
            return 0
    return count if count >= NEARLY_ALL else 0


def _measured(listed: str, name: str, values: Values, k: int, matrices: Sequence[Matrix]) -> str:
    """A measured number that is off, and the slip that makes it."""
    if np.isnan(values[k]):
        return f"{listed} has no number for {name} yet."
    text, slip = f"{listed} for {name} = {values[k] + 0:g} is off.", _slip(listed, values[k], matrices[k])
    cure = "It is no number that a common slip makes: look at the twenty sizes of this matrix, one by one."
    return f"{text} It is what comes out for {slip}." if slip else f"{text} {cure}"


def _slip(listed: str, value: float, matrix: Matrix) -> str:
    """The slip, or the two, that make a measured number out of the right sizes; "" if none is known."""
    size, power = norms(matrix), np.linalg.matrix_power
    W = np.array(matrix)
    last = listed == "ends"
    slips = {
        "W to the 0th, the identity, which is taken along": np.nan if last else max(0.0, np.log10(max(size))),
        "the norm itself, without its logarithm": size[-1] if last else max(size),
        "the number of the power at which it is largest, where its size is due": np.nan
        if last
        else np.argmax(size) + 1,
        "the logarithm to base e: use np.log10": np.log(size[-1] if last else max(size)),
        "the largest of all twenty, where the last is due": np.log10(max(size)) if last else np.nan,
        "the last of the twenty, where the largest is due": np.nan if last else np.log10(size[-1]),
        "the norm of W itself, before any product": np.log10(size[0]),
        "one step too many: W to the 21st": np.log10(np.linalg.norm(power(W, POWERS + 1), 2)),
        "one step too few: W to the 19th": np.log10(size[-2]),
        "the spectral radius to the 20th, not the norm of the product": POWERS * np.log10(_radius(W)),
        "the norm of W to the 20th, a bound and not the norm of the product": POWERS * np.log10(size[0]),
        "a size below 1 whose minus is lost: its logarithm is negative": abs(np.log10(size[-1] if last else max(size))),
        "a root of the sum of all squares (a norm without its 2)": _frobenius(W, last),
    }
    told = [words for words, due in slips.items() if abs(due - value) <= TOLERANCE]
    right = np.log10(size[-1] if last else max(size))
    shortened = [f(right * ten) / ten for f in (np.round, np.trunc) for ten in (10, 1)]
    if min(abs(short - value) for short in shortened) < 1e-9:
        told.append("the right number with too few decimals: two are needed")
    return ", or for ".join(told) if len(told) < 3 else ""  # of more, none is likely


def _frobenius(W: Values, last: bool) -> float:
    sizes = [np.linalg.norm(np.linalg.matrix_power(W, t)) for t in range(1, POWERS + 1)]
    return float(np.log10(sizes[-1] if last else max(sizes)))


def _looked_back(guesses: Any, case: Case) -> str:
    """How many of six guesses were right, once the answers are."""
    came = convert(guesses, (Output("guessed", "sequence", {"M": "matrix"}, 6),))
    if came.problem or came.values[0].shape != (6,) or np.isnan(came.values[0]).any():
        return ""
    right = [kind(W) for W in case.args]
    otherwise = [name for name, a, b in zip(Numbers._fields, came.values[0], right, strict=True) if a != b]
    told = "" if not otherwise else f" {', '.join(otherwise)} came otherwise: which of the two numbers did you not see?"
    return f"By eye you had {6 - len(otherwise)} of 6.{told}"


EXERCISE = Exercise(
    name="vanishing",
    number=2,
    parameters=dict.fromkeys(Numbers._fields, ""),
    outputs=tuple(Output(name, "sequence", {"M": "matrix"}, 6) for name in LISTS),
    layers=(
        *(Layer(f"{m}, named", 0.25, "own", (0,), alike=near(k, TOLERANCE)) for k, m in enumerate(Numbers._fields)),
        *(
            Layer(f"{m}, measured", 0.25, "own", (1, 2), alike=near(k, TOLERANCE))
            for k, m in enumerate(Numbers._fields)
        ),
        Layer("all of them", 1.0, "own", (0, 1, 2)),
    ),
    reference=six_powers,
    own=Own(_candidate, _tells),
    by_property=_seen,
    atol=TOLERANCE,
    rtol=0.0,
    apart=0.03,
    procedure="six_powers",
    note="The matrices are those of {name}.",
    guessed=Guessed("guessed", _looked_back),
)
