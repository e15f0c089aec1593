"""Exercise ps5-applications.span_f1: spans that are right in their beginning, their end and their kind."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps5_applications import FORBIDDEN, NOT_THERE

KINDS = "person", "period", "time"  # neither a letter nor three tell the first two apart
Spans = set[tuple[int, int, str]]


def span_f1(predicted: Values, true_tags: Values) -> float:
    """2 right / (predicted + there); 1 if there is no span in either."""
    said, there = spans(predicted), spans(true_tags)
    return 2 * len(said & there) / (len(said) + len(there)) if said or there else 1.0


def spans(tags: Sequence[str] | Values) -> Spans:
    """(first, behind the last, kind) of each span; an I that goes on with nothing begins one."""
    found, start, kind = set(), 0, ""
    for t, tag in enumerate([*map(str, tags), "O"]):
        if kind and tag != f"I-{kind}":
            found.add((start, t, kind))
            kind = ""
        if tag != "O" and not kind:
            start, kind = t, tag[2:]
    return found


def _tags(T: int, some: Sequence[tuple[int, int, str]], bare: Sequence[int] = ()) -> Values:
    """The tags of spans; those that begin at a step of ``bare`` begin with an I."""
    tags = ["O"] * T
    for start, stop, kind in some:
        tags[start:stop] = [f"{'I' if start in bare else 'B'}-{kind}"] + [f"I-{kind}"] * (stop - start - 1)
    return np.array(tags)


def _laid(
    rng: np.random.Generator, n: int, gap: int, kinds: int, first: int | None = None
) -> tuple[int, list[tuple[int, int, str]]]:
    """n spans one after another with ``gap`` tokens between them, and the length of it all; three have several."""
    at, found = int(rng.integers(0, 3)) if first is None else first, []
    for length in rng.permutation([2, 3, 4, *rng.integers(1, 4, n - 3)]).tolist():
        stop = at + length
        found.append((at, stop, KINDS[int(rng.integers(kinds))]))
        at = stop + gap + int(rng.integers(0, 2)) * (gap > 0)
    return at + 3, found


def _missed(rng: np.random.Generator, some: Sequence[tuple[int, int, str]], kinds: int) -> list[tuple[int, int, str]]:
    """Most of them as they are: one begins late, one ends early, and, of several kinds, one is of another."""
    found = list(some)
    late, early = (int(k) for k in rng.permutation([k for k, (a, b, _) in enumerate(some) if b - a > 1])[:2])
    start, stop, kind = found[late]
    found[late] = start + 1, stop, kind
    start, stop, kind = found[early]
    found[early] = start, stop - 1, kind
    if kinds > 1:
        left = [int(k) for k in rng.permutation([k for k in range(len(found)) if k not in (late, early)])]
        for k, kind in zip(left, ("period", "person" if kinds < 3 else "time"), strict=False):
            found[k] = (*found[k][:2], "person" if found[k][2] == kind else kind)  # period or person; time or person
    return found


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []

    def add(layer: str, predicted: Values, true_tags: Values, label: str) -> None:
        cases.append(Case(layer, (predicted, true_tags), label))

    for n in (6, 9):
        T, some = _laid(rng, n, 2, 1)
        add("even", _tags(T, _missed(rng, some, 1)), _tags(T, some), "with one kind, as many spans predicted as there")
    for n in (7, 8):
        T, some = _laid(rng, n, 2, 1)
        found = _missed(rng, some, 1)
        fewer = [found[k] for k in sorted(rng.permutation(n)[: n - 2])]
        pair = (fewer, some) if n == 7 else (some, fewer)
        add("uneven", _tags(T, pair[0]), _tags(T, pair[1]), "with one kind, fewer spans on one side")
        T, some = _laid(rng, n, 2, 3)
        add("kinds", _tags(T, _missed(rng, some, 3)[1:]), _tags(T, some), "with three kinds")
    for n in (6, 7):
        T, some = _laid(rng, n, 0, 2)
        add("adjacent", _tags(T, _missed(rng, some, 2)[:-1]), _tags(T, some), "with spans side by side")
    for n in (6, 8):
        T, some = _laid(rng, n, 2, 2, 0)  # the very first token is an I
        begun = [start for start, _, _ in some]
        missed = _missed(rng, some, 2)
        add("bare", _tags(T, missed[1:], begun[::2]), _tags(T, some, begun[::3]), "where spans begin with an I")
        first = [(0, 2, "person"), (3, 4, "period"), (6, 9, "time")]
        add("bare", _tags(12, first[:-1]), _tags(12, first, (0,)), "where the very first token is an I on one side")
        some = [(4, 6, "person"), (6, 9, "period"), (11, 12, "time")]
        add("bare", _tags(16, some[:-1], (6,)), _tags(16, some), "where a span begins with an I, right behind another")
    T, some = _laid(rng, 5, 2, 2)
    last = (T - 2, T, "person")
    add("last", _tags(T, [*some[:3], last]), _tags(T, [*some, last]), "with a span up to the last token")
    add(
        "last", _tags(T, [*some, (T - 2, T - 1, "person")]), _tags(T, [*some, last]), "with a span up to the last token"
    )
    empty = _tags(T, [])
    add("none", empty, _tags(T, some), "with no span predicted")
    add("none", _tags(T, some), empty, "with spans where there is none")
    add("none", empty, empty, "with no span in either")
    moved = [(start + 1, stop + 1, kind) for start, stop, kind in some]
    add("none", _tags(T, moved), _tags(T, some), "with spans on both sides, and none of them right")
    add("same", _tags(T, some), _tags(T, some), "with both alike")
    return cases


def _rounded(digits: int) -> Callable[[int, int, int, int], float]:
    return lambda right, said, there, T: round(2 * right / (said + there), digits)


OTHERS: dict[str, Callable[[int, int, int, int], float]] = {  # by right, predicted, there, and the tokens
    "The 2 is missing": lambda right, said, there, T: right / (said + there),
    "The denominator is the larger of both numbers of spans, and their mean is due": (
        lambda right, said, there, T: right / max(said, there)
    ),
    "The denominator is the smaller of both numbers of spans, and their mean is due": (
        lambda right, said, there, T: right / min(said, there)
    ),
    "This is the precision alone, right among predicted": lambda right, said, there, T: right / said,
    "This is the recall alone, right among those that are there": lambda right, said, there, T: right / there,
    "This is the arithmetic mean of precision and recall, and the harmonic one is due": (
        lambda right, said, there, T: (right / said + right / there) / 2
    ),
    "This is the geometric mean of precision and recall, and the harmonic one is due": (
        lambda right, said, there, T: right / float(np.sqrt(said * there))
    ),
    "This is the share of the right ones among all spans of either side": (
        lambda right, said, there, T: right / (said + there - right)
    ),
    "It is divided by the number of tokens": lambda right, said, there, T: right / T,
    "It is a percentage": lambda right, said, there, T: 200 * right / (said + there),
    "It is cut to a whole number, by int(...) or //": lambda right, said, there, T: float(2 * right // (said + there)),
    **{f"It is rounded, to {n} decimal{'s' * (n > 1)}": _rounded(n) for n in (1, 2, 3, 4, 5)},
}
TOLD = "Return 2 · right / (predicted + there), as it comes"


def _of_other_numbers(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """Whether the spans are right, and what is made of their numbers is not."""
    rows = []
    for case in cases:
        came = call(exercise, function, case).values
        said, there = (spans(tags) for tags in case.args)
        if came and came[0].shape == () and said and there:
            rows.append((float(came[0]), (len(said & there), len(said), len(there), len(case.args[0]))))
    if len(rows) > 3 and len({came for came, _ in rows}) == 1:
        return f"Whatever the tags are, {rows[0][0]:.3g} comes out: your result depends on neither side."
    off = any(abs(came - 2 * n[0] / (n[1] + n[2])) > 1e-6 for came, n in rows)
    for words, other in OTHERS.items():
        if off and len(rows) > 3 and all(abs(other(*n) - came) < 1e-9 for came, n in rows):
            return f"The spans are right, and what is made of them is not. {words}. {TOLD}."
    return ""


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """The first case that is off, as it stands, and what is counted in it."""
    if told := _of_other_numbers(exercise, function, cases):
        return told
    for case in cases:
        came = call(exercise, function, case).values
        right = span_f1(*case.args)
        if not came or came[0].shape != () or abs(came[0] - right) <= 1e-6:
            continue
        said, there = (spans(tags) for tags in case.args)
        where = f" ({case.label})"
        if not said and not there:
            cure = "Where neither holds a span, 1 is due: nothing was missed, and nothing made up."
            return f"{cure} {came[0]:.3g} came{where}."
        if not said or not there:
            return f"Where one side holds no span, nothing is right, and 0 is due. {came[0]:.3g} came{where}."
        if came[0] > 1 or not came[0] >= 0:
            return f"An F1 lies between 0 and 1, and {came[0]:.4g} came{where}. Is something counted twice?"
        text = f"{len(said)} spans are predicted, {len(there)} are there, {len(said & there)} are the same"
        shown = _shown(case)
        if case.layer == "bare":
            shown = f"An I that goes on with nothing begins a span, as the very first tag too. {shown}"
        return f"{came[0]:.4g} came{where}: {text}. {shown}"
    return ""


def _shown(case: Case) -> str:
    """The first span that is not on both sides, as an example of what is no match."""
    said, there = (spans(tags) for tags in case.args)
    odd = sorted(there - said) or sorted(said - there)
    if not odd:
        return "Print both sets of spans, (start, stop, kind)."
    start, stop, kind = odd[0]
    side = "there" if odd[0] in there else "predicted"
    return (
        f"One that is {side} alone: {kind}, tokens {start} to {stop - 1}. Print both of your sets, (start, stop, kind)."
    )


EXERCISE = Exercise(
    name="span_f1",
    number=5,
    parameters={"predicted": "", "true_tags": ""},
    outputs=(Output("f1", "number"),),
    layers=(
        Layer("one kind, as many spans predicted as there", 0.75, "even"),
        Layer("one kind, fewer spans on one side", 0.5, "uneven"),
        Layer("several kinds", 0.5, "kinds"),
        Layer("spans side by side", 0.25, "adjacent"),
        Layer("spans that begin with an I", 0.25, "bare"),
        Layer("a span up to the last token", 0.25, "last"),
        Layer("no span on one side or on both, and none that is right", 0.25, "none", needs=(0, 1, 2)),
        Layer(f"both alike; {UNCHANGED}", 0.25, "same", needs=(0, 1, 2, 3, 4), unchanged=True),
    ),
    cases=_cases,
    reference=span_f1,
    by_property=_seen,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(
            ZeroDivisionError,
            "",
            "there is no span on one side or on both, or none that is right, and then precision and recall are 0: look "
            "before you divide.",
        ),
    ),
    absent=FORBIDDEN,
)
