"""Splits that keep together what belongs together, and a check that finds what stands on both sides."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from rnnkit import checks
from rnnkit.data.task import Seed, generator
from rnnkit.ops import to_numpy

SHARES = (0.7, 0.15, 0.15)


def split_by_time(times: Any, shares: Sequence[float] = SHARES) -> tuple[Any, ...]:
    """Rows of each part, so that every row of a part is later than all rows of the part before.

    Parameters
    ----------
    times : array of shape (N,), of numbers or dates
        When each row was. Rows of one time stay together.
    shares : sequence of float
        Of the rows, as for training, validation and test; positive, with the sum 1.

    Returns
    -------
    tuple of arrays of int
        The rows of each part, in the order of time.

    Raises
    ------
    ValueError
        If times has another shape, the shares do not add up to 1, or a part would be empty.

    Examples
    --------
    >>> [rows.tolist() for rows in split_by_time([2003, 2001, 2002, 2002], (0.5, 0.5))]
    [[1], [2, 3, 0]]
    """
    times = to_numpy(times)
    if times.ndim != 1 or not times.size:
        raise checks.wrong(f"times has shape {times.shape}", "(N,), one time for each row")
    order = np.argsort(times, kind="stable")
    ends = np.round(np.cumsum(_shares(shares))[:-1] * len(times)).astype(int)
    later = np.append(times[order][1:] != times[order][:-1], True)  # after these a part may end
    allowed = np.flatnonzero(later) + 1
    cuts = [int(allowed[np.abs(allowed - end).argmin()]) for end in ends]
    return _whole(tuple(np.split(order, cuts)), "time")


def split_by_group(groups: Sequence[Hashable], shares: Sequence[float] = SHARES, rng: Seed = 0) -> tuple[Any, ...]:
    """Rows of each part, so that all rows of a group are in one part: a product, a writer, a patient, a project.

    Groups are taken in a random order, and each goes where the most rows are wanting.

    Parameters
    ----------
    groups : sequence of N hashable items
        The group of each row.
    shares : sequence of float
        Of the rows; positive, with the sum 1. Groups are not cut, so parts come out near to them.
    rng : Generator or int
        For the order of the groups.

    Returns
    -------
    tuple of arrays of int
        The rows of each part, ascending.

    Raises
    ------
    ValueError
        If the shares do not add up to 1, there are fewer groups than parts, or a part would be empty.

    Examples
    --------
    >>> train, test = split_by_group("aabbccdd", (0.5, 0.5))
    >>> len(train), sorted({"aabbccdd"[k] for k in train} & {"aabbccdd"[k] for k in test})
    (4, [])
    """
    shares, of = _shares(shares), list(to_numpy(groups).tolist() if hasattr(groups, "shape") else groups)
    members: dict[Hashable, list[int]] = {}
    for row, group in enumerate(of):
        members.setdefault(group, []).append(row)
    if len(members) < len(shares):
        raise checks.wrong(f"groups holds {len(members)} groups", f"{len(shares)} or more, one for each part")
    names, parts = list(members), [[] for _ in shares]  # type: list[Hashable], list[list[int]]
    for k in generator(rng).permutation(len(names)):
        wanting = [share * len(of) - len(part) for share, part in zip(shares, parts, strict=True)]
        parts[int(np.argmax(wanting))] += members[names[k]]
    return _whole(tuple(np.sort(np.array(part, int)) for part in parts), "group")


def split_by_prefix(
    words: Sequence[str], length: int, shares: Sequence[float] = SHARES, rng: Seed = 0
) -> tuple[Any, ...]:
    """As :func:`split_by_group`, the group of a word being its first ``length`` letters: *abandon* and *abandoned*.

    Examples
    --------
    >>> train, test = split_by_prefix(["walk", "walked", "run", "runner"], 3, (0.5, 0.5))
    >>> sorted(map(len, (train, test)))
    [2, 2]
    """
    length = checks.whole("length", length)
    return split_by_group([word[:length] for word in words], shares, rng)


class Leak(NamedTuple):
    """Something that stands on both sides of a split.

    Attributes
    ----------
    kind : str
        "row": two rows are equal. "group": rows of one group. "time": the spans of two rows overlap.
    parts : tuple of two str
        The names of the parts.
    rows : tuple of two int
        The first row of each part that shows it.
    """

    kind: str
    parts: tuple[str, str]
    rows: tuple[int, int]


def leaks(
    rows: Mapping[str, Sequence[Any]],
    groups: Mapping[str, Sequence[Hashable]] | None = None,
    spans: Mapping[str, Any] | None = None,
    key: Callable[[Any], Hashable] | None = None,
) -> list[Leak]:
    """What two parts of a split share: equal rows, rows of one group, windows that overlap.

    Parameters
    ----------
    rows : mapping of str to sequence
        The rows of each part by its name, ``{"train": …, "test": …}``: texts, or arrays. Batches are time-major, so
        give ``xs.swapaxes(0, 1)``.
    groups : mapping of str to sequence, optional
        The group of each row, by the same names.
    spans : mapping of str to array of shape (N, 2), optional
        The first and the last time that each row holds, the target's included; both belong to it.
    key : callable, optional
        Rows with one key are equal, such as ``str.casefold`` for texts; equal bytes if left out.

    Returns
    -------
    list of Leak
        Empty, if nothing is shared. One for each value, group or span of the later part that the earlier part has too.

    Raises
    ------
    ValueError
        If the parts of groups or spans are not those of rows, or have other lengths.

    Examples
    --------
    >>> leaks({"train": ["good", "bad"], "test": ["fine", "bad"]})
    [Leak(kind='row', parts=('train', 'test'), rows=(1, 1))]
    """
    found: list[Leak] = []
    for name, of in (("groups", groups), ("spans", spans)):
        if of is not None and {part: len(each) for part, each in of.items()} != {p: len(r) for p, r in rows.items()}:
            sizes = ", ".join(f"{part}: {len(each)}" for part, each in of.items())
            raise checks.wrong(f"{name} has {sizes}", ", ".join(f"{part}: {len(each)}" for part, each in rows.items()))
    for parts in combinations(rows, 2):
        found += _shared("row", parts, *([_key(row, key) for row in rows[part]] for part in parts))
        if groups is not None:
            found += _shared("group", parts, *(list(groups[part]) for part in parts))
        if spans is not None:
            found += _overlaps(parts, *(_checked_spans(spans[part]) for part in parts))
    return found


def no_leaks(
    rows: Mapping[str, Sequence[Any]],
    groups: Mapping[str, Sequence[Hashable]] | None = None,
    spans: Mapping[str, Any] | None = None,
    key: Callable[[Any], Hashable] | None = None,
) -> None:
    """Refuse a split that shares something. Arguments: :func:`leaks`.

    Raises
    ------
    ValueError
        If there is a leak; it says how many, and names the first.

    Examples
    --------
    >>> no_leaks({"train": ["good", "bad"], "test": ["fine"]})
    """
    if found := leaks(rows, groups, spans, key):
        kind, (a, b), (i, j) = found[0]
        same = {"row": "are equal", "group": "are of one group", "time": "overlap in time"}[kind]
        came = f"row {i} of {a} and row {j} of {b} {same}"
        more = f", and {len(found) - 1} more like this" if len(found) > 1 else ""
        raise checks.wrong(came + more, "parts that share nothing", "Split by group or by time, or drop one of them.")


def _key(row: Any, key: Callable[[Any], Hashable] | None) -> Hashable:
    if key is not None:
        return key(row)
    return row if isinstance(row, (str, bytes, int, tuple)) else np.ascontiguousarray(to_numpy(row)).tobytes()


def _shared(kind: str, parts: tuple[str, str], before: list[Hashable], after: list[Hashable]) -> list[Leak]:
    """What both hold, each once, by the first rows that hold it."""
    first = {value: row for row, value in reversed(list(enumerate(before)))}
    again = {value: row for row, value in reversed(list(enumerate(after))) if value in first}
    return [Leak(kind, parts, (first[value], row)) for value, row in sorted(again.items(), key=lambda pair: pair[1])]


def _checked_spans(spans: Any) -> Any:
    spans = to_numpy(spans)
    if spans.ndim != 2 or spans.shape[1] != 2 or (spans[:, 0] > spans[:, 1]).any():
        raise checks.wrong(f"spans has shape {spans.shape}", "(N, 2), the first and the last time of each row")
    return spans


def _overlaps(parts: tuple[str, str], before: Any, after: Any) -> list[Leak]:
    """For each span of the later part that meets one of the earlier, the first that it meets."""
    order = np.argsort(before[:, 0], kind="stable")
    starts, reach = before[order, 0], np.maximum.accumulate(before[order, 1])
    begun = np.searchsorted(starts, after[:, 1], side="right")  # so many begin before this one ends
    found = []
    for row in np.flatnonzero(begun):
        met = int(np.searchsorted(reach[: begun[row]], after[row, 0]))  # the first that reaches as far as its start
        if met < begun[row]:
            found.append(Leak("time", parts, (int(order[met]), int(row))))
    return found


def _shares(shares: Sequence[float]) -> tuple[float, ...]:
    if not shares or min(shares) <= 0 or not np.isclose(sum(shares), 1):
        raise checks.wrong(f"shares is {tuple(shares)}", "positive parts that add up to 1")
    return tuple(shares)


def _whole(parts: tuple[Any, ...], what: str) -> tuple[Any, ...]:
    """The parts, if each has a row."""
    if empty := [k for k, part in enumerate(parts) if not len(part)]:
        raise checks.wrong(f"part {empty[0]} has no row", "one or more", f"Is a {what} too large for the shares?")
    return parts
