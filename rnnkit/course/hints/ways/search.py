"""Compare an answer with what each known fault would make of the right function, output by output."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.compare import agreeing, close
from rnnkit.course.answer.exercise import Case, Values
from rnnkit.course.hints.ways.asked import Asked
from rnnkit.course.hints.ways.known import Known, Tried, Variant
from rnnkit.course.hints.ways.results import Change, Scaled, applied, changes
from rnnkit.course.hints.ways.rows import means
from rnnkit.course.hints.words import say


def found(asked: Asked) -> str:
    """The fault of each output that is wrong; "" if one of them has none that is known."""
    known = Known(asked)
    try:
        return _found(known, asked)
    finally:
        known.clear()


def _found(known: Known, asked: Asked) -> str:
    said = _said(known, asked)
    if len(said) == 1:  # what is named explains all of them, and says where it stands
        return f"{said[0]}{_alone(known, asked, said[0])}"
    return _one_factor(asked) or (_whole(known, asked) if said else "") or " ".join(said)


def _whole(known: Known, asked: Asked) -> str:
    """One fault that explains everything that came; "" if none does."""
    some = (*known.functions, *known.recorded)
    return next((text for text, tried in some if not known.late and _explains(asked, tried)), "")


def _explains(asked: Asked, tried: Tried) -> bool:
    """Whether a function comes to what the answer did, in every output of every case."""
    for i, got in enumerate(asked.got):
        values = tried.on(i)
        if values is None or len(values) != len(got.values):
            return False
        if not all(_close(asked, a, b) for a, b in zip(got.values, values, strict=True)):
            return False
    return True


def _alone(known: Known, asked: Asked, said: str) -> str:
    """To which outputs an argument that is read wrongly is confined, where another that is right would be off by it."""
    tried = next((tried for text, tried in known.functions if text == said), None)
    outputs = range(len(asked.exercise.outputs))
    off = [k for k in outputs if _wrong_rows(asked, k) is not None]
    if tried is None or said not in known.read or len(off) == len(outputs):
        return ""
    for i, expected in enumerate(asked.expected):
        values = tried.on(i)
        if values and any(not _close(asked, values[k], expected.values[k]) for k in outputs if k not in off):
            names = [asked.exercise.outputs[k].name for k in off]
            return " " + say("confined", outs=" and ".join(names))
    return ""


def _said(known: Known, asked: Asked) -> list[str]:
    """The faults, one for each output unless several have the same; none if that of one output is not known."""
    said: list[str] = []
    for k, _ in enumerate(asked.exercise.outputs):
        rows = _wrong_rows(asked, k)
        if rows is None:
            continue
        text = _first(known, k, rows, said)
        if not text:
            return []
        said += [text] if text not in said else []
    return said


def _one_factor(asked: Asked) -> str:
    """Whether several outputs are off by one and the same factor: one fault, in what they have in common."""
    outputs = asked.exercise.outputs
    wrong = {k: rows for k in range(len(outputs)) if (rows := _wrong_rows(asked, k))}
    if len(wrong) < 2 or any(len(rows) < 2 for rows in wrong.values()):
        return ""
    names = [outputs[k].name for k in wrong]
    outs = f"{', '.join(names[:-1])} and {names[-1]}"
    for n in (-1, 2, 0.5):
        if all(_close(asked, asked.got[i].values[k], n * asked.expected[i].values[k]) for k in wrong for i in wrong[k]):
            return say("all-wrong-sign", outs=outs) if n == -1 else say("all-times", outs=outs, n=f"{n:g}")
    return ""


def _wrong_rows(asked: Asked, k: int) -> list[int] | None:
    """The cases on which a fault of output k has to show as it is; None if the output is right."""
    rows = [i for i, o in enumerate(asked.got) if not o.error and not o.problem]
    off = [i for i in rows if not _close(asked, asked.got[i].values[k], asked.expected[i].values[k])]
    if not off:
        return None
    finite = [i for i in rows if np.isfinite(asked.got[i].values[k]).all()]
    same = [i for i in finite if asked.cases[i].layer == asked.cases[off[0]].layer]
    return finite if len(finite) == len(rows) else same


def _close(asked: Asked, a: Any, b: Any) -> bool:
    return close(np.asarray(a, float), np.asarray(b, float), asked.exercise.rtol, asked.exercise.atol)


class Probe:
    """One case that is wrong, and an entry of it that is: what does not come to this one is looked at no further."""

    def __init__(self, asked: Asked, k: int, rows: Sequence[int]) -> None:
        self.asked = asked
        rtol, atol = asked.exercise.rtol, asked.exercise.atol
        off: dict[int, Values] = {}
        for i in rows:
            a, b = asked.got[i].values[k], asked.expected[i].values[k]
            off[i] = np.flatnonzero(~agreeing(a, b, rtol, atol)) if a.shape == b.shape else np.zeros(1, int)
        wrong = [i for i in rows if off[i].size] or list(rows)
        self.row = min(wrong, key=lambda i: sum(np.size(a) for a in asked.cases[i].args))
        self.values = asked.got[self.row].values[k]
        self.entry = int(off[self.row][0]) if off[self.row].size else 0

    def passes(self, value: Any) -> bool:
        """Whether a variant's value on this case is the answer's."""
        if value is None or np.shape(value) != self.values.shape:
            return False
        return bool(self.meets(np.asarray(value), 1)) and _close(self.asked, self.values, value)

    def meets(self, value: Values, factor: Any) -> Any:
        """Whether a value of the answer's shape, times a factor or each of several, is the answer's at the entry."""
        if not self.values.size:
            return np.ones(np.shape(factor), bool)
        e, a, b = self.asked.exercise, self.values.item(self.entry), value.item(self.entry) * factor
        return (abs(a - b) <= e.atol + e.rtol * abs(b)) | (a == b) | ((a != a) & (b != b))

    def passing(self, changed: list[Change], value: Values, scaled: list[int], factors: Values) -> list[Change]:
        """The changes by which a value comes to the answer's; of those that scale, no others than meet it are made."""
        case, left = self.asked.cases[self.row], set(scaled)
        if value.shape == self.values.shape:
            with np.errstate(all="ignore"):
                left -= {k for k, met in zip(scaled, self.meets(value, factors), strict=True) if met}
        some = [one for k, one in enumerate(changed) if k not in left]
        return [one for one in some if self.passes(applied(one[1], value, case))]


def _first(known: Known, k: int, rows: list[int], said: list[str]) -> str:
    """The first variant that fits; one that another output has been found to be, if it fits this one too."""
    asked = known.asked
    if len(rows) < (1 if asked.exercise.own else 2) or not any(np.any(asked.got[i].values[k]) for i in rows):
        return ""  # zeros come of too many things
    some = [i for i in rows if asked.cases[i].layer == asked.cases[rows[0]].layer]
    probe, first, near = Probe(asked, k, some), "", []
    for text, variant in _variants(known, k, probe):
        if known.late:
            break
        if not probe.passes(variant(probe.row)):
            continue
        near.append((text, variant))
        if (not first or text in said) and _fits(asked, k, rows, variant):
            first = text
            if not said or text in said:
                return text
    if first or asked.exercise.outputs[k].kind == "integer" or asked.exercise.outputs[k].coarse:
        return first  # too much fits a few whole numbers, or a few shares
    if 1 < len(some) < len(rows):  # a second fault may show in the others
        fits = [text for text, variant in near if _fits(asked, k, some, variant)]
        return next((text for text in fits if text in said), "".join(fits[:1]))
    return ""


def _fits(asked: Asked, k: int, rows: list[int], variant: Variant) -> bool:
    """Whether a variant comes to what the answer did, on every case and not only where it is right by chance."""
    differs = False
    for i in rows:
        value = variant(i)
        if value is None or not _close(asked, asked.got[i].values[k], value):
            return False
        differs = differs or not _close(asked, value, asked.expected[i].values[k])
    return differs


def _variants(known: Known, k: int, probe: Probe) -> Iterator[tuple[str, Variant]]:
    """One fault, then two. Of two, those alone that come to the answer's values on the probe.

    A fault that would show in another output, and does not, is tried after those that come behind everything else.
    """
    asked, output = known.asked, known.asked.exercise.outputs[k]
    if output.coarse:
        yield from _by_all(known, k, probe)
        return
    one, elsewhere_too = [(text, tried.output(k)) for text, tried in known.functions], []
    for (text, variant), (_, tried) in zip(one, known.functions, strict=True):
        if probe.passes(variant(probe.row)) and not _agrees_elsewhere(asked, k, probe.row, tried):
            elsewhere_too.append((text, variant))
        else:
            yield text, variant
    changed = list(changes(asked, output))
    for text, change in changed:
        yield text, _changed(asked, change, lambda i: asked.expected[i].values[k])
    yield from elsewhere_too
    yield from means(asked, k)
    alone = [(hint, tried.output(k)) for hint, tried in known.recorded if _right_but_for(asked, k, tried)]
    yield from alone
    for text, tried in known.inside:
        yield text, tried.output(k)
    if output.kind in ("integer", "sequence") or known.without_influence:
        return
    passing: dict[Any, list[Change]] = {}  # by the value that is changed: many functions come to the same
    case = asked.cases[probe.row]
    by_factor = {k: change.factor(case) for k, (_, change) in enumerate(changed) if isinstance(change, Scaled)}
    scaled, factors = list(by_factor), np.array(list(by_factor.values()), float)
    for first, variant in alone + one:
        value = variant(probe.row)
        if known.late or value is None:
            continue
        same = value.shape, value.tobytes()
        if same not in passing:
            passing[same] = probe.passing(changed, value, scaled, factors)
        for second, change in passing[same]:
            then = second.replace(" the right one", " what then comes out")
            yield say("and", one=first, other=then), _changed(asked, change, variant)


def _by_all(known: Known, k: int, probe: Probe) -> Iterator[tuple[str, Variant]]:
    """Of an output that many faults come to by chance: those that explain all others too, and the result changed."""
    asked = known.asked
    for text, tried in (*known.functions, *known.recorded):
        if probe.passes(tried.output(k)(probe.row)) and _explains(asked, tried):
            yield text, tried.output(k)
    for text, change in changes(asked, asked.exercise.outputs[k]):
        yield text, _changed(asked, change, lambda i: asked.expected[i].values[k])


def _agrees_elsewhere(asked: Asked, k: int, i: int, tried: Tried) -> bool:
    """Whether a function comes to the answer's values in all outputs but this one, or those are wrong anyway."""
    values, got, expected = tried.on(i), asked.got[i].values, asked.expected[i].values
    others = [j for j in range(len(got)) if j != k and _close(asked, got[j], expected[j])]
    return values is not None and all(_close(asked, values[j], got[j]) for j in others)


def _changed(asked: Asked, change: Callable[[Values, Case], Any], variant: Variant) -> Variant:
    """A variant's result, changed."""

    def changed(i: int) -> Any:
        value = variant(i)
        return None if value is None else applied(change, value, asked.cases[i])

    return changed


def _right_but_for(asked: Asked, k: int, tried: Tried) -> bool:
    """Whether a function is right in all outputs but this one."""
    for i, expected in enumerate(asked.expected):
        values = tried.on(i)
        if values is None:
            return False
        if not all(_close(asked, v, expected.values[j]) for j, v in enumerate(values) if j != k):
            return False
    return True
