"""Exercise ps5-applications.trained: a network that beats a baseline, handed in as its weights."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import permutations
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Case, Exercise, Layer, Output, Own, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps5_applications.language import (
    ALPHABET,
    TASK,
    Brackets,
    Network,
    Text,
    V,
    above_the_best,
    baseline,
    best,
    bits,
    fresh,
    log_probabilities,
    text,
)
from rnnkit.course.sets.ps5_applications.networks import stored, train

UNITS = 32  # at most
CELLS = {1: "a simple RNN", 3: "a GRU", 4: "an LSTM"}  # by the blocks of rows
BLOCKS = {3: "rzn", 4: "ifgo"}
NEAR = 0.01  # bits above the reference that still earn all
PRESENT = float(TASK.chance_loss / np.log(2))  # bits of who sees the present symbol alone
TRIED = 60  # strings, to see whether arrays come in another order
ABSURD = 100  # bits: more is not worth its digits


def six_arrays(alphabet: str, fresh: int) -> tuple[Values, ...]:
    """Six arrays of the form that is asked for; what a network is worth is measured, and compared with no other."""
    H = UNITS // 2
    return tuple(np.zeros(shape) for shape in ((3 * H, V), (3 * H, H), (3 * H,), (3 * H,), (V, H), (V,)))


def _drawn(pick: Callable[[Sequence[Any]], Any]) -> tuple[str]:
    """An alphabet in another order."""
    left, found = list(ALPHABET), ""
    while left:
        found += left.pop(pick(range(len(left))))
    return (found,)


def _tells(numbers: tuple[str]) -> bool:
    """Whether most symbols have another number than in the package's own strings."""
    return sum(a == b for a, b in zip(numbers[0], ALPHABET, strict=True)) < 2


def _strings(case: Case) -> tuple[Brackets, Text]:
    """The task of a case, and its fresh strings."""
    task = Brackets(alphabet=case.args[0])
    return task, fresh(case.args[1], task=task)


@cache
def borders(alphabet: str, seed: int) -> tuple[float, float]:
    """On the same fresh strings: the bits of the baseline, and those that earn all points."""
    task = Brackets(alphabet=alphabet)
    of = fresh(seed, task=task)
    return baseline(of, task), best(of) + above_the_best() + NEAR


def _shapes(G: int, H: int) -> tuple[tuple[int, ...], ...]:
    return (G, V), (G, H), (G,), (G,), (V, H), (V,)


def _network(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> Network | str:
    """What was handed in, or what is wrong with its shapes and sizes."""
    came = call(exercise, function, cases[0]).values
    if len(came) != len(Network._fields):
        return ""
    w = Network(*came)
    if told := _in_disorder(came):
        return told
    H = w.weight_hh.shape[-1] if w.weight_hh.ndim == 2 else 0
    if not H or len(w.weight_hh) not in [blocks * H for blocks in CELLS]:
        came_as = f"weight_hh has shape {w.weight_hh.shape}"
        return f"{came_as}. It is (H, H) for a simple RNN, (3H, H) for a GRU and (4H, H) for an LSTM."
    if H > UNITS:
        return f"This network has {H} units, and {UNITS} are the most."
    G = len(w.weight_hh)
    for name, array, shape in zip(Network._fields, w, _shapes(G, H), strict=True):
        if array.shape != shape:
            what = f"weight_hh has shape {(G, H)}, that of {CELLS[G // H]} with H = {H}"
            turned = " Transpose it." if array.shape == shape[::-1] and len(shape) > 1 else ""
            return f"{what}. Then {name} is {shape}, but {array.shape} came.{turned}"
    if not all(np.isfinite(array).all() for array in w):
        return (
            "Some weights are NaN or infinite: the training has diverged. A smaller learning rate, or clipping, helps."
        )
    return w


def _in_disorder(came: Sequence[Values]) -> str:
    """Whether the shapes are those of a network in another order, and of no network in this one."""
    shapes = [array.shape for array in came]
    fitting = [
        (k, due) for k, shape in enumerate(shapes) if len(shape) == 2 and (due := _shapes(*shape)) and shape[1] > 0
    ]
    for _, due in fitting:
        G, H = due[1]
        if G not in [blocks * H for blocks in CELLS] or sorted(shapes) != sorted(due):
            continue
        if shapes == list(due):
            return ""
        order = next(o for o in permutations(range(len(due))) if all(shapes[o[k]] == due[k] for k in range(len(due))))
        names = [Network._fields[order.index(k)] for k in range(len(due))]
        return f"The arrays come as ({', '.join(names)}). The order is ({', '.join(Network._fields)})."
    return ""


def _measured(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> float:
    """Bits a symbol on fresh strings; infinite if there is no network."""
    w = _network(exercise, function, cases)
    if isinstance(w, str):
        return np.inf
    return _bits(cases[0].args, tuple((array.shape, array.tobytes()) for array in w))


@lru_cache(maxsize=4)
def _bits(args: tuple[str, int], arrays: tuple[tuple[tuple[int, ...], bytes], ...]) -> float:
    """Worked out once for all properties."""
    return _worth(
        Network(*(np.frombuffer(values).reshape(shape) for shape, values in arrays)), _strings(Case("", args, ""))[1]
    )


def _worth(w: Network, of: Text) -> float:
    """Bits a symbol; infinite if they are no number."""
    with np.errstate(all="ignore"):
        came = bits(log_probabilities(w, of), of)
    return came if np.isfinite(came) else np.inf


def _is_one(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    return isinstance(_network(exercise, function, cases), Network)


def _remembers(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    return _measured(exercise, function, cases) < PRESENT


def _beats(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> bool:
    return _measured(exercise, function, cases) < borders(*cases[0].args)[0]


def _way(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> float:
    """How much of the way from the baseline to the reference, in hundredths."""
    low, high = borders(*cases[0].args)
    share = (low - _measured(exercise, function, cases)) / (low - high)
    return round(float(np.clip(share, 0, 1)), 2)


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    w = _network(exercise, function, cases)
    if isinstance(w, str):
        return w
    task, of = _strings(cases[0])
    low, high = borders(*cases[0].args)
    log_p = log_probabilities(w, of)
    came, said = _measured(exercise, function, cases), log_p.argmax(-1)
    needs = f"{came:.3f}" if came < ABSURD else f"more than {ABSURD}"
    text = f"On fresh strings this network needs {needs} bits a symbol; the baseline {low:.3f}"
    text = f"{text}, and all points {high:.3f}."
    if (said == of.read)[of.real].mean() > 0.9:
        return f"{text} What it gives most to is the symbol that it has just read: is it trained on the next one?"
    again = log_probabilities(w._replace(weight_hh=0 * w.weight_hh), of)
    if abs(again - log_p).max() < 1e-6:
        return f"{text} Its states do not go on from step to step: weight_hh has no effect."
    if told := _otherwise(w, task, came, low):
        return f"{text} {told}"
    if came > np.log2(V):
        return (
            f"{text} To give {V} symbols the same would cost {np.log2(V):g}. Are these the weights after the training, "
            "and was it on strings of task_for with your own name? Else it has learned a few strings by heart, and is "
            "sure of what is wrong: draw new ones for each update."
        )
    if came > low:
        cure = "Let it run longer, on new strings, or with more units."
        ask = "" if w.bias_ih.any() or w.bias_hh.any() else " Both biases are 0: are they those that were trained?"
        return f"{text}{ask} Does its loss still fall when the training ends? {cure}"
    cure = "More updates, a learning rate that falls at the end, or more units bring the rest."
    return f"{text} It beats the baseline. {cure}"


def _otherwise(w: Network, task: Brackets, came: float, low: float) -> str:
    """How else the arrays could be meant, if they are then worth more than the baseline, and more than as they are."""
    for says, other, read in _meant(w, task):
        if (worth := _worth(other, text(1, TRIED, read))) < min(low, came - 0.05):
            return f"{says}: then it would need about {worth:.2f}."
    return ""


def _meant(w: Network, task: Brackets) -> Iterator[tuple[str, Network, Brackets]]:
    G, H = w.weight_hh.shape
    for order in list(permutations(BLOCKS.get(G // H, "")))[1:]:
        rows = [order.index(name) for name in BLOCKS[G // H]]
        arrays = [np.concatenate([np.split(a, G // H)[k] for k in rows]) for a in w[:4]]
        due, own = (", ".join(names) for names in (BLOCKS[G // H], order))
        whose = " (Keras's order)" if own == "z, r, n" else ""
        yield f"Its blocks of rows stand as {own}{whose}, and {due} is due", Network(*[*arrays, *w[4:]]), task
    swapped = w._replace(bias_ih=w.bias_hh, bias_hh=w.bias_ih)
    yield "bias_ih and bias_hh have changed places", swapped, task
    if G == H:
        yield "weight_hh is transposed", w._replace(weight_hh=w.weight_hh.T), task
    yield "Its symbols are numbered as in language.TASK, and not as in task_for with your name", w, Brackets()
    for times in (2, 3, 10):
        softer = w._replace(weight_out=w.weight_out / times, bias_out=w.bias_out / times)
        yield f"It is surer than it may be: divide weight_out and bias_out by about {times}", softer, task


EXERCISE = Exercise(
    name="trained",
    number=7,
    parameters={"alphabet": "", "fresh": ""},
    outputs=(
        Output("weight_ih", "array", {"G": "to row", "V": "from symbol"}),
        Output("weight_hh", "array", {"G": "to row", "H": "from unit"}),
        Output("bias_ih", "array", {"G": "row"}),
        Output("bias_hh", "array", {"G": "row"}),
        Output("weight_out", "array", {"V": "to symbol", "H": "from unit"}),
        Output("bias_out", "array", {"V": "symbol"}),
    ),
    layers=(
        Layer(f"six arrays of a network with {UNITS} units at most", 0.5, "handed in", judge=_is_one),
        Layer("fresh strings: fewer bits than the present symbol alone allows", 0.5, "handed in", judge=_remembers),
        Layer("fresh strings: fewer bits than the baseline", 1.0, "handed in", judge=_beats),
        Layer("fresh strings: the way from the baseline to the reference", 3.0, "handed in", judge=_beats, share=_way),
    ),
    own=Own(_drawn, _tells),
    cases=lambda rng: [Case("handed in", (int(rng.integers(2**32)),), "")],
    reference=six_arrays,
    by_property=_seen,
    lends={"train": train, "stored": stored},
    procedure="six_arrays",
    note="The strings are those of {name}.",
)
