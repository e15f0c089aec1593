"""What an answer returned, as plain arrays: what is accepted with a note, and what is wrong with its type."""

from collections.abc import Mapping, ValuesView
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Output, Values

NO_RETURN = "Does every path of your function end in a return?"
MISSING = np.copysign(np.nan, -1)  # a value that did not come; a NaN that came is made positive


def is_missing(values: Values) -> Values:
    """Which values of a sequence did not come."""
    missing: Values = np.isnan(values) & np.signbit(values)
    return missing


class Converted(NamedTuple):
    """The values as arrays of their own, what is wrong with their type ("" if nothing), and what was accepted."""

    values: tuple[Values, ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = ()


def convert(value: Any, outputs: tuple[Output, ...]) -> Converted:
    """A returned value in the form that the exercise asks for."""
    if len(outputs) == 1:
        parts: Any = (value,)
    elif (isinstance(value, tuple | list | ValuesView) and len(value) == len(outputs)) or _unpacks(value, outputs):
        parts = tuple(value)
    else:
        names = ", ".join(o.name for o in outputs)
        return Converted((), f"expected {len(outputs)} values, ({names}), but {kind_of(value)} came.{_inside(value)}")
    if first := _swapped(parts, outputs):
        names = ", ".join(o.name for o in outputs)
        return Converted((), f"expected ({names}), in this order, but the {first} came first: are the two swapped?")
    arrays, notes = [], []
    for part, output in zip(parts, outputs, strict=True):
        array, problem, note = _array(part, output)
        arrays.append(array)
        notes += [note] if note else []
        if problem:
            return Converted(tuple(arrays), problem)
    return Converted(tuple(arrays), "", tuple(notes))


def _unpacks(value: Any, outputs: tuple[Output, ...]) -> bool:
    """Whether an array is made of one part for each output, as np.stack([h, c]) is."""
    if type(value) is not np.ndarray or value.ndim == 0 or len(value) != len(outputs):
        return False
    if value.dtype.kind == "O":
        return value.ndim == 1
    return all(value.ndim == 1 + (1 if o.kind == "sequence" else len(o.axes)) for o in outputs)


def _inside(value: Any) -> str:
    """Where several values lie in one that came whole: in a dictionary, or in a layer."""
    if value is None:
        return f" {NO_RETURN}"
    if isinstance(value, Mapping):
        return " Its values are list(….values()), in the order in which they stand in it."
    held = getattr(value, "params", None)
    return " What it holds is list(….params.values())." if isinstance(held, Mapping) else ""


def _swapped(parts: Any, outputs: tuple[Output, ...]) -> str:
    """Which one came first, if a number and an array have changed places."""
    kinds = [o.kind for o in outputs]
    first, second = parts if len(kinds) == 2 else (None, None)
    if kinds == ["number", "array"] and isinstance(first, np.ndarray) and first.ndim > 1 and _is_number(second):
        return "array"
    several = isinstance(second, list | tuple) or (isinstance(second, np.ndarray) and second.ndim > 0)
    if kinds == ["array", "number"] and several and _is_number(first):
        return "number"
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) or (isinstance(value, np.ndarray) and value.size == 1)


def _array(value: Any, output: Output) -> tuple[Values, str, str]:
    nothing = np.zeros(0)
    if value is None:
        return nothing, f"expected {output.name}, but None came. {NO_RETURN}", ""
    if output.kind == "truth":
        if isinstance(value, bool | np.bool_):
            return np.array(float(value)), "", ""
        cure = "A comparison makes one of numbers, and np.all one of many."
        return nothing, f"expected {output.name} to be True or False, but {kind_of(value)} came. {cure}", ""
    if _holds_itself(value):
        cure = "Does an append take the list in place of a value?"
        return nothing, f"expected numbers in {output.name}, but a list came that holds itself. {cure}", ""
    if output.kind == "sequence" and isinstance(value, list | tuple):
        return _sequence(list(value), output)
    if output.kind == "array" and len(output.axes) == 1 and _of_numbers(value):
        value = list(value)
    if output.kind == "array" and not isinstance(value, np.ndarray | list):
        cure = "Use NumPy throughout."
        if isinstance(value, tuple) and len(value) == 1 and len(output.axes) == 1:
            cure = "np.where and np.nonzero return a tuple: its [0] is the array. A comma after a result makes one too."
        elif isinstance(value, tuple):
            cure = f"Return {output.name} alone: a comma after return, or brackets around two results, make a tuple."
        elif isinstance(value, int | float | np.number):
            cure = "Is one entry returned of several, or does a sum, a mean, a max or a norm run over all axes?"
        return nothing, f"expected {output.name} as a NumPy array, but {kind_of(value)} came. {cure}", ""
    try:
        array = np.array(value, subok=False)  # a copy, and never a subclass with operators of its own
    except Exception:
        return nothing, f"expected numbers for {output.name}, but {kind_of(value)} came, which NumPy cannot read.", ""
    if array.dtype.kind not in "iuf":
        came = f"{kind_of(value)} of dtype {array.dtype}" if isinstance(value, np.ndarray | list) else kind_of(value)
        cure = " The numbers of what is True in it: np.flatnonzero of it." if array.dtype == bool and array.ndim else ""
        return nothing, f"expected numbers for {output.name}, but {came} came.{cure}", ""
    array = array.astype(float, copy=False)  # each copy that is let go of lies in memory as it is
    array[np.isnan(array)] = np.nan  # some have a sign
    return _accepted(array, value, output)


def _of_numbers(value: Any) -> bool:
    """Whether a tuple is a row of numbers, as a list could be."""
    return isinstance(value, tuple) and len(value) > 0 and all(isinstance(v, int | float | np.number) for v in value)


def _holds_itself(value: Any) -> bool:
    """Whether the way to a list's first number never ends: NumPy would follow it 64 times, on every branch."""
    above = set()
    while isinstance(value, list | tuple) and value and id(value) not in above:
        above.add(id(value))
        value = value[0]
    return id(value) in above


def _accepted(array: Values, value: Any, output: Output) -> tuple[Values, str, str]:
    """Numbers in another form than asked for: no point is lost where they can only mean one thing."""
    if output.kind == "array":
        note = f"{output.name} came as a list and was read as an array: np.array(...)" if type(value) is list else ""
        return array, "", note
    if output.kind in ("number", "integer") and array.shape == (1,):
        return array.reshape(()), "", f"{output.name} came as an array of one number, and was read as that number"
    if output.kind == "integer" and not isinstance(value, int | np.integer) and array.shape == ():
        if array != np.floor(array):
            return array, f"expected a whole number (an int) for {output.name}, but {kind_of(value)} came.", ""
        return array, "", f"{output.name} came as a float, and was read as a whole number: int(...), or // to divide"
    return array, "", ""


def _sequence(values: list[Any], output: Output) -> tuple[Values, str, str]:
    """A list that a person typed: what is missing at its end, or is None, is NaN."""
    nothing = np.zeros(0)
    words = [v for v in values if isinstance(v, str)]
    if any(word.isidentifier() for word in words):
        word = next(word for word in words if word.isidentifier())
        return (
            nothing,
            f"expected {output.name} without quotes, but text came: write {word[:30]}, not '{word[:30]}'.",
            "",
        )
    if words:
        return nothing, f"expected numbers in {output.name}, but text came. Write 0.412 with a point, no quotes.", ""
    blank = [v is None for v in values]
    try:
        array = np.array([np.nan if v is None else v for v in values], float)
    except Exception:
        return nothing, f"expected {output.size} numbers in {output.name}{each(output)}: [0.412, ...].", ""
    if array.ndim != 1:
        wanted = f"{output.size} numbers in one list for {output.name}, [0.412, ...]"
        return nothing, f"expected {wanted}, but shape {array.shape} came. Take the inner brackets out.", ""
    if output.size == len(array) // 2 and (array == np.floor(array)).all():
        cure = "Decimal commas make two numbers of one: write 0.412 with a point, no quotes."
        return nothing, f"expected {output.size} numbers in {output.name}, but {len(array)} came. {cure}", ""
    array[np.isnan(array)] = np.nan
    array[blank] = MISSING
    missing = max(0, output.size - len(array))
    note = f"{output.size} values expected, {len(array) - sum(blank)} came" if missing or any(blank) else ""
    return np.concatenate([array, np.full(missing, MISSING)]) if missing else array, "", note


def each(output: Output) -> str:
    """What each number of a typed list belongs to, in words."""
    return f", one a {next(iter(output.axes.values()))}" if output.axes else ""


def kind_of(value: Any) -> str:
    """A value's type in words, without asking the value to print itself."""
    if value is None:
        return "None"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, str | bool | int | float) and type(value).__module__ == "builtins":
        return f"{'an' if type(value) is int else 'a'} {type(value).__name__}"
    return "a function" if callable(value) else f"a value of type {type(value).__name__}"
