"""Exercise ps5-applications.decode: the most probable continuation that greedy choice and a beam find."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps5_applications import FORBIDDEN, NOT_THERE

Model = Callable[[Sequence[int]], Values]
Found = tuple[Values, float]
Beam = tuple[tuple[int, ...], float]
TRIES = 3000


def decode(next_log_p: Model, end_symbol: int, longest: int, width: int) -> Found:
    """(symbols, their summed log probability) of the best that ``width`` beams come to; width 1 is greedy."""
    ended, going = _searched(next_log_p, end_symbol, longest, width)
    symbols, summed = max([*ended, *going], key=lambda beam: beam[1])
    return np.array(symbols), summed


def _searched(
    next_log_p: Model, end_symbol: int, longest: int, width: int, first: Callable[[Beam], Any] | None = None
) -> tuple[list[Beam], list[Beam]]:
    """What has ended, and what still goes on after ``longest`` symbols; ``first`` sorts, and else the order stands."""
    going: list[Beam] = [((), 0.0)]
    ended: list[Beam] = []
    for _ in range(longest):
        best = sorted(_continued(next_log_p, going), key=first or _falling)[:width]
        ended += [beam for beam in best if beam[0][-1] == end_symbol]
        going = [beam for beam in best if beam[0][-1] != end_symbol]
    return ended, going


def _continued(next_log_p: Model, beams: Sequence[Beam]) -> list[Beam]:
    """Each by every symbol."""
    return [((*symbols, k), total + float(p)) for symbols, total in beams for k, p in enumerate(next_log_p(symbols))]


def make_model(table: Values, longest: int) -> Model:
    """What a table says comes next, by how many symbols there are and by the last one; it counts what it is asked."""
    asked: list[tuple[int, ...]] = []
    most = 4 * longest + 20

    def next_log_p(symbols: Sequence[int]) -> Values:
        so_far = tuple(int(k) for k in symbols)
        asked.append(so_far)
        if len(so_far) >= most:
            raise RecursionError(f"the model was asked what follows {len(so_far)} symbols, and longest is {longest}")
        row = table[min(len(so_far), len(table) - 1)][so_far[-1] + 1 if so_far else 0]
        return np.array(row)

    next_log_p.asked = asked  # type: ignore[attr-defined]
    return next_log_p


def _table(rng: np.random.Generator, V: int, steps: int, end_symbol: int, ends: float, even: float) -> Values:
    """Log probabilities (steps, V + 1, V), those of the end about ``ends``."""
    p = rng.gamma(even, 1, (steps, V + 1, V))
    p[..., end_symbol] = 0
    p *= (1 - ends) / p.sum(-1, keepdims=True)
    p[..., end_symbol] = ends * rng.uniform(0.5, 1.5, p.shape[:2])
    found: Values = np.log(p / p.sum(-1, keepdims=True))
    return found


TIED: dict[str, Callable[[Beam], Any]] = {  # wrong ways to put beams with one sum in an order
    "larger": lambda beam: (-beam[1], -beam[0][-1]),
    "smaller": lambda beam: (-beam[1], beam[0][-1]),
    "as words": lambda beam: (-beam[1], beam[0]),
    "as words from the end": lambda beam: (-beam[1], beam[0][::-1]),
    "from the last word": lambda beam: (-beam[1], [-k for k in beam[0]]),
}
STEP = 0.25  # log probabilities of a table with ties are whole numbers of these: their sums are exact in any order


def _table_of_ties(rng: np.random.Generator, V: int, steps: int, end_symbol: int) -> Values:
    """Log probabilities (steps, V + 1, V) with many that are equal; what is left over goes to the last symbol."""
    found = -STEP * rng.integers(5, 8, (steps, V + 1, V))
    found[..., end_symbol] = -STEP * rng.integers(6, 10, (steps, V + 1))
    others, left = found[..., :-1], np.zeros((steps, V + 1))
    while (left <= 0).any():
        others[left <= 0] -= STEP
        left = 1 - np.exp(others).sum(-1)
    found[..., -1] = np.log(left)
    return found


def _tells_ties(shows: Sequence[str], args: tuple[Model, int, int, int]) -> bool:
    """Whether some wrong orders of beams with one sum come to something else, and one beam alone is the best."""
    beams = sorted(itertools.chain(*_searched(*args)), key=_falling)
    if len(beams) > 1 and beams[0][1] - beams[1][1] < 1e-9:
        return False
    wrong = (max(itertools.chain(*_searched(*args, TIED[how])), key=lambda beam: beam[1])[0] for how in shows)
    return all(other != beams[0][0] for other in wrong)


def _otherwise(how: str, model: Model, end_symbol: int, longest: int, width: int) -> tuple[int, ...]:
    """What comes out by a fault of which a case may tell.

    The best is chosen by the "mean" or among what has ended "alone"; beams that have ended are "dropped", "taken" at
    once, or may be "pushed" out of the beam; or "each" beam keeps ``width`` of its own. To go on with ``width`` others
    beside those that have ended comes to the same: no sum grows. It shows in what the model is asked.
    """
    if how in ("mean", "alone"):
        ended, going = _searched(model, end_symbol, longest, width)
        if how == "alone":
            return max(ended or going, key=lambda beam: beam[1])[0]
        return max([*ended, *going], key=lambda beam: beam[1] / len(beam[0]))[0]
    beams: list[Beam] = [((), 0.0)]
    for _ in range(longest):
        grown: list[Beam] = []
        for beam in beams:
            own = [beam] if beam[0][-1:] == (end_symbol,) else _continued(model, [beam])
            grown += sorted(own, key=_falling)[: width if how == "each" else None]
        if how == "dropped":
            grown = [beam for beam in grown if beam[0][-1] != end_symbol]
        beams = sorted(grown, key=_falling)[: None if how == "each" else width]
        ended = [beam for beam in beams if beam[0][-1] == end_symbol]
        if how == "taken" and ended:
            return ended[0][0]
    return beams[0][0]


def _falling(beam: Beam) -> float:
    return -beam[1]


def _tells(layer: str, shows: str, args: tuple[Model, int, int, int]) -> bool:
    """Whether a case shows what its layer is about."""
    end_symbol, longest, width = args[1:]
    symbols, summed = decode(*args)
    ended = bool(symbols[-1] == end_symbol)
    if layer == "longest":
        fits = not ended
    elif layer == "end":
        fits = ended and 1 < len(symbols) < longest - 2
    elif layer == "greedy":
        fits = ended and 2 < len(symbols) < longest and decode(*args[:3], 4)[1] > summed + 0.05
    else:
        fits = (ended or layer == "all") and decode(*args[:3], 1)[1] < summed - 0.05
        fits = fits and (layer != "beam" or decode(*args[:3], width + 3)[1] > summed + 0.02)
    return fits and not (shows and _otherwise(shows, *args) == tuple(symbols))


def _cases(rng: np.random.Generator) -> list[Case]:
    # layer, what it shows, symbols, longest, width, share of the end, how even the table is
    plan = [("greedy", "", 5, 9, 1, 0.25, 0.7), ("greedy", "", 6, 8, 1, 0.2, 0.7), ("end", "", 5, 10, 1, 0.3, 0.8)]
    plan += [
        ("end", "", 4, 9, 2, 0.35, 0.8),
        ("longest", "", 5, 6, 1, 0.02, 0.8),
        ("longest", "alone", 4, 7, 3, 0.05, 0.8),
    ]
    plan += [("beam", "each", 6, 8, 2, 0.2, 0.9), ("beam", "mean", 7, 9, 3, 0.2, 0.9)]
    plan += [("ended", "dropped", 5, 10, 2, 0.4, 0.9), ("ended", "pushed", 6, 9, 2, 0.2, 0.9)]
    plan += [("ended", "taken", 5, 9, 2, 0.3, 0.9), ("all", "", 3, 4, 81, 0.3, 0.9), ("all", "", 4, 3, 64, 0.25, 0.9)]
    cases = [_case(rng, *row) for row in plan]
    shows = ("larger", "as words"), ("smaller", "as words from the end"), ("from the last word", "larger")
    for row, some in zip(((5, 5, 2), (5, 5, 3), (6, 5, 4)), shows, strict=True):
        cases.append(_case_of_ties(rng, some, *row))
    for V, longest, width in ((4, 3, 1), (5, 2, 3)):  # nothing is more probable than anything else
        end_symbol = V - 1 if width > 1 else int(rng.integers(1, V))  # a beam that has ended would be the best
        args = make_model(np.full((1, V + 1, V), -np.log(V)), longest), end_symbol, longest, width
        cases.append(Case("alike", args, f"where all {V} symbols are alike, longest={longest}, width={width}"))
    return cases


def _case(
    rng: np.random.Generator, layer: str, shows: str, V: int, longest: int, width: int, ends: float, even: float
) -> Case:
    for _ in range(TRIES):
        end_symbol = int(rng.integers(V))
        table = _table(rng, V, longest, end_symbol, ends, even)
        args = make_model(table, longest), end_symbol, longest, width
        if _tells(layer, shows, args):
            break
    model: Any = args[0]
    model.asked.clear()
    return Case(layer, args, f"with {V} symbols, end_symbol={end_symbol}, longest={longest}, width={width}")


def _case_of_ties(rng: np.random.Generator, shows: Sequence[str], V: int, longest: int, width: int) -> Case:
    for _ in range(TRIES):
        end_symbol = int(rng.integers(V - 1))
        args = make_model(_table_of_ties(rng, V, longest, end_symbol), longest), end_symbol, longest, width
        if _tells_ties(shows, args):
            break
    model: Any = args[0]
    model.asked.clear()
    return Case("alike", args, f"where sums are equal, with {V} symbols, longest={longest}, width={width}")


def _asks_no_more(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    return not any(_asked_in_vain(exercise, function, case) for case in cases)


def _asked_in_vain(exercise: Exercise, function: Callable[..., Any], case: Case) -> str:
    """What the model was asked that leads nowhere: after an end, or after ``longest`` symbols."""
    model, end_symbol, longest, width = case.args
    model.asked.clear()
    decode(*case.args)
    due = set(model.asked)
    model.asked.clear()
    call(exercise, function, case)
    asked = list(model.asked)
    if any(end_symbol in symbols for symbols in asked):
        return f"The model is asked what comes after the end ({case.label}). A beam that has ended does not go on."
    if any(len(symbols) >= longest for symbols in asked):
        return f"The model is asked for more than longest symbols ({case.label}). Stop after that many."
    if case.layer == "ended" and (more := [symbols for symbols in asked if symbols not in due]):
        return (
            f"The model is asked how {list(more[0])} goes on, which is not among the {width} best of its round "
            f"({case.label}). What has ended keeps its place among them: fewer go on then, and no other moves up."
        )
    return ""


def _beside(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """Whether all results are right, and the model is asked about beams that are not among the best."""
    told = next(filter(None, (_asked_in_vain(exercise, function, case) for case in cases if case.layer == "ended")), "")
    if "goes on, which is not among" not in told:
        return ""
    for case in cases:
        came = call(exercise, function, case).values
        if len(came) < 2 or _fault(case, *came):
            return ""
    return told


def _sum(model: Model, symbols: Sequence[int]) -> float:
    return sum(float(model(symbols[:k])[symbol]) for k, symbol in enumerate(symbols))


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    for case in cases:
        came = call(exercise, function, case).values
        if len(came) < 2:
            return ""
        if told := _fault(case, *came):
            return told
    return next(filter(None, (_asked_in_vain(exercise, function, case) for case in cases)), "")


def _fault(case: Case, came: Values, summed: Values) -> str:
    """What is wrong with a result; "" if it is right."""
    model, end_symbol, longest, width = case.args
    symbols, due = decode(*case.args)
    where = f" ({case.label})"
    if came.ndim != 1 or not len(came) or summed.shape != ():
        return f"Expected symbols as an array of one axis with a symbol in it, and log_p as one number{where}."
    V = len(model(()))
    if (came % 1 != 0).any() or came.min() < 0 or came.max() >= V:
        return f"symbols holds {came.max():g}, and they are whole numbers from 0 to {V - 1}{where}."
    own = tuple(int(k) for k in came)
    if own[:1] == (end_symbol,) and len(own) > 1 and len(symbols) > 1:
        return (
            f"symbols begins with the end symbol{where}: {list(own)}. The model begins with (), with no symbol at all."
        )
    if end_symbol in own[:-1]:
        return f"symbols goes on after its end symbol{where}: {list(own)}. Stop there, with the end as the last one."
    if len(own) > longest:
        return f"symbols has {len(own)} symbols, and longest is {longest}{where}."
    if len(own) < longest and own[-1] != end_symbol:
        return (
            f"symbols stops after {len(own)} symbols without an end{where}. It ends with end_symbol, which belongs to "
            f"it, or after {longest}."
        )
    total = _sum(model, own)
    if abs(total - summed) > 1e-6 + 1e-5 * abs(total):
        if told := _of_sum(model, own, float(summed), total):
            return f"{told}{where}. The sum of the log probabilities of all symbols is asked for."
        return (
            f"log_p is {summed:.4g}, and the log probabilities of symbols = {list(own)} add up to {total:.4g}{where}. "
            "Is something divided, left out, or not a logarithm?"
        )
    if own == tuple(symbols):
        return ""
    if abs(total - due) < 1e-9 or case.layer == "alike":
        first = "that of the better beginning, and of one beginning the smaller symbol"
        return f"Of beams with one sum the first counts, {first}{where}; {list(own)} came, and not {symbols.tolist()}."
    if width == 1:
        t = next(k for k, (a, b) in enumerate(zip(own, symbols, strict=False)) if a != b)
        return f"With width 1 the most probable symbol is taken at each step, and symbol {t} is another one{where}."
    if total > due:
        return f"That is more probable than what a beam of {width} finds{where}. Are more than width beams kept?"
    text = f"{list(own)} has a smaller sum than another one that a beam of {width} finds{where}"
    if case.layer == "ended":
        return f"{text}. Is a beam that has ended set aside, out of reach of the others, and compared at the end?"
    return f"{text}. Sort all continuations of all beams by their summed log probability, and keep the {width} best."


def _of_sum(model: Model, own: Sequence[int], came: float, total: float) -> str:
    """What else than the sum came; "" if that is not known."""
    parts = [float(model(own[:k])[symbol]) for k, symbol in enumerate(own)]
    others = {
        "log_p is turned round: minus the sum": -total,
        "log_p is the probability": float(np.exp(total)),
        "log_p is divided by the number of symbols": total / len(own),
        "log_p is that of the last symbol alone": parts[-1],
        "log_p is that of the first symbol alone": parts[0],
        "log_p leaves the last symbol out": total - parts[-1],
        "log_p leaves the first symbol out": total - parts[0],
        "log_p is in bits": total / float(np.log(2)),
        "log_p is in digits, to base 10": total / float(np.log(10)),
        "log_p is cut to a whole number": float(np.trunc(total)),
        "The log probabilities are multiplied": float(np.prod(parts)),
        "Probabilities are added": float(np.exp(parts).sum()),
        **{f"log_p is rounded, to decimals, {n} of them": round(total, n) for n in range(5)},
    }
    return next((says for says, other in others.items() if abs(other - came) < 1e-9 + 1e-7 * abs(other)), "")


BOTH = (0, 1)
EXERCISE = Exercise(
    name="decode",
    number=6,
    parameters={"next_log_p": "", "end_symbol": "", "longest": "", "width": ""},
    outputs=(
        Output("symbols", "array", {"T": "place"}),
        Output("log_p", "number", means="the sum over all symbols"),
    ),
    layers=(
        Layer("width 1: the most probable symbol at each step, up to the end", 0.75, "greedy", (0,)),
        Layer("and its summed log probability", 0.5, "greedy", (1,)),
        Layer("stops at the end symbol", 0.5, "end", BOTH),
        Layer("stops at the longest length", 0.5, "longest", BOTH),
        Layer("beams of 2 and 3 find what greedy choice misses", 1.0, "beam", BOTH),
        Layer("beams that have ended are kept, and compared at the end", 0.75, "ended", BOTH),
        Layer("a beam that holds everything finds the best of all", 0.25, "all", BOTH),
        Layer("of beams with one sum the first counts", 0.25, "alike", BOTH),
        Layer(
            "the model is asked nothing after an end, and nothing beside the best",
            0.5,
            "ended",
            judge=_asks_no_more,
            needs=(2, 5),
        ),
    ),
    cases=_cases,
    reference=decode,
    by_property=_seen,
    watch=_beside,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(
            RecursionError,
            "the model was asked",
            "nothing stops your loop: end at end_symbol, and after longest symbols.",
        ),
        Cause(IndexError, "out of bounds", "next_log_p takes the symbols so far: a tuple or a list of whole numbers."),
        Cause(TypeError, "iterable", "next_log_p takes the symbols so far, all of them: (), (2,), (2, 0)."),
    ),
    absent=FORBIDDEN,
)
