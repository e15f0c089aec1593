"""Exercise ps7-deployment.Service: a small service with three bugs of state, found by clients that it does not see."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import Outcome, call
from rnnkit.course.sets.ps7_deployment import FORBIDDEN, NOT_THERE
from rnnkit.course.sets.ps7_deployment.clients import (
    ANSWERED,
    REFUSED,
    UNKNOWN,
    Advance,
    Event,
    H,
    Pooled,
    Visits,
    network,
    served,
    symbols_of,
)

FAR = 2**10 * 3**2 * 5**3 * 7 * 11 * 13  # numbers so far apart leave the same remainder in tables of many sizes


MANY, OTHERS = 1010, 500  # clients at once: one after another, and at random
CROWD = 20_000  # clients at once, of whom few say something: none of them may be dropped to make room


class Service:
    """The same without them."""

    def __init__(self, advance: Advance, start: Values) -> None:
        self.advance, self.start = advance, start
        self.states: dict[int, Values] = {}

    def open(self, number: int) -> None:
        self.states[number] = self.start.copy()

    def read(self, number: int, symbols: Sequence[int]) -> Values:
        h = self.states[number].copy()
        answers = [self.advance(symbol, h) for symbol in symbols]
        self.states[number] = h
        return np.array(answers)

    def close(self, number: int) -> None:
        del self.states[number]


# --- what clients do -------------------------------------------------------------------------------------------------


def _cases(rng: np.random.Generator) -> list[Case]:
    plan = [("shared", _shared), ("shared", _shared), ("reused", _closed), ("reused", _vanished)]
    plan += [
        ("refused", _refused),
        ("refused", _refused),
        ("crowd", _crowd),
        ("whole", _whole),
        ("shared", _distances),
        ("shared", _side_by_side),
        ("shared", _neighbours),
        ("shared", _quiet_crowd),
    ]
    return [_case(rng, layer, made) for layer, made in plan]


Made = Callable[[np.random.Generator, int], list[Event]]  # with so many symbols


def _case(rng: np.random.Generator, layer: str, made: Made) -> Case:
    seed = int(rng.integers(2**31))
    what = LABELS.get(made, WHERE[layer])
    return Case(layer, (Visits(seed, tuple(made(rng, symbols_of(seed)))),), f"in a test with {what}")


WHERE = {
    "shared": "clients whose numbers are far apart",
    "reused": "a number that comes again",
    "refused": "a message that is refused",
    "crowd": "many clients",
    "whole": "one client",
}


def _said(rng: np.random.Generator, V: int, least: int = 1, most: int = 5) -> tuple[int, ...]:
    return tuple(int(k) for k in rng.integers(V, size=int(rng.integers(least, most + 1))))


def _some_number(rng: np.random.Generator) -> int:
    return int(rng.integers(100, 4000))


def _shared(rng: np.random.Generator, V: int) -> list[Event]:
    """Two or three clients in turn, whose numbers are the same to a small table."""
    a = _some_number(rng)
    clients = [a, a + FAR, a + 3 * FAR][: int(rng.integers(2, 4))]
    events = [Event("open", n) for n in clients]
    for _ in range(3):
        events += [Event("read", n, _said(rng, V)) for n in clients]
    return events


def _neighbours(rng: np.random.Generator, V: int) -> list[Event]:
    """So many at once that two of them meet in any table with fewer places: one after another from 0, and others."""
    clients = [*range(MANY), *sorted({int(n) for n in rng.integers(MANY, 2**20, OTHERS)})]
    twice = [
        Event("read", n, (k,))
        for _ in range(2)
        for n, k in zip(clients, rng.integers(V, size=len(clients)).tolist(), strict=True)
    ]
    return [*(Event("open", n) for n in clients), *twice]


def _quiet_crowd(rng: np.random.Generator, V: int) -> list[Event]:
    """A few who talk, and so many others between that whoever keeps the latest alone has lost them."""
    a = _some_number(rng)
    clients = [a, a + 1, *(int(n) for n in rng.integers(a + 2, a + CROWD, 4))]
    events = [Event("open", n) for n in clients[:2]]
    events += [Event("read", n, _said(rng, V, 2)) for n in clients[:2]]
    events += [Event("open", n) for n in range(a + 2, a + CROWD)]
    return [*events, *(Event("read", n, _said(rng, V, 2)) for _ in range(2) for n in clients)]


def _distances(rng: np.random.Generator, V: int) -> list[Event]:
    """Clients whose numbers are a power of 2 or of 10 apart: what keeps the last digits or bits alone mixes them."""
    a = int(rng.integers(1, 9))
    apart = [10**k for k in range(1, 13)] + [2**k for k in range(3, 41)]
    clients = [a, *(a + d for d in apart), *(2**k + j for k in (24, 53) for j in range(1, 4))]  # next to one another
    clients = [int(n) for n in rng.permutation(np.array(list(dict.fromkeys(clients)), dtype=np.int64))]
    reads = [Event("read", n, _said(rng, V, 2, 2)) for _ in range(2) for n in clients]
    return [*(Event("open", n) for n in clients), *reads]


def _side_by_side(rng: np.random.Generator, V: int) -> list[Event]:
    """Two services in one process, with clients of the same numbers."""
    a = _some_number(rng)
    clients = [(n, service) for n in (a, a + 1) for service in (0, 1)]
    reads = [Event("read", n, _said(rng, V, 2), service) for _ in range(3) for n, service in clients]
    return [*(Event("open", n, (), service) for n, service in clients), *reads]


def _closed(rng: np.random.Generator, V: int) -> list[Event]:
    """A client goes, and another one gets its number."""
    a = _some_number(rng)
    return [
        Event("open", a),
        Event("read", a, _said(rng, V, 2)),
        Event("close", a),
        Event("open", a),
        Event("read", a, _said(rng, V, 2)),
        Event("read", a, _said(rng, V)),
        Event("close", a),
        Event("read", a, _said(rng, V)),
    ]


def _vanished(rng: np.random.Generator, V: int) -> list[Event]:
    """A client is gone without a close, and its number is opened again."""
    a = _some_number(rng)
    b = a + 1
    return [
        Event("open", a),
        Event("open", b),
        Event("read", a, _said(rng, V, 2)),
        Event("read", b, _said(rng, V, 2)),
        Event("open", a),
        Event("read", a, _said(rng, V, 2)),
        Event("read", b, _said(rng, V)),
    ]


def _refused(rng: np.random.Generator, V: int) -> list[Event]:
    """A message with a symbol that the network does not know, after one that it reads and before the same, mended."""
    a = _some_number(rng)
    good, more = _said(rng, V, 2), _said(rng, V, 3)
    k = int(rng.integers(1, len(more)))
    bad = (*more[:k], V + int(rng.integers(9)), *more[k + 1 :])
    return [
        Event("open", a),
        Event("read", a, good),
        Event("read", a, bad),
        Event("read", a, more),
        Event("read", a, (*_said(rng, V, 2), V + 5)),
        Event("read", a, _said(rng, V, 2)),
    ]


def _crowd(rng: np.random.Generator, V: int) -> list[Event]:
    """All of it, at random."""
    a = _some_number(rng)
    numbers = [a + k * FAR for k in range(3)] + [a + 8, a + 1, a + 17]
    live: list[int] = []
    events: list[Event] = []
    for _ in range(70):
        chance = rng.random()
        if not live or chance < 0.2:
            n = int(rng.choice(numbers))
            events.append(Event("open", n))
            live = [*live, n] if n not in live else live
        elif chance < 0.3:
            n = live.pop(int(rng.integers(len(live))))
            events.append(Event("close", n))
        else:
            said = _said(rng, V)
            said = (*said, V + 1) if chance < 0.45 else said
            events.append(Event("read", int(rng.choice(live)), said))
    return events


def _whole(rng: np.random.Generator, V: int) -> list[Event]:
    """One client, in messages of several lengths; then one who was never there."""
    a = _some_number(rng)
    events = [
        Event("open", a),
        *(Event("read", a, said) for said in (_said(rng, V, 4), _said(rng, V, 1, 1), (), _said(rng, V))),
    ]
    return [*events, Event("read", a + 1, _said(rng, V)), Event("leave", a + 1)]


LABELS: dict[Made, str] = {
    _neighbours: "many clients at once",
    _quiet_crowd: f"{CROWD:,} clients at once",
    _distances: "clients whose numbers are a power of 2 or of 10 apart",
    _side_by_side: "two services side by side",
}


# --- what is said ----------------------------------------------------------------------------------------------------


def _watched(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """Whether a service knows what another one was told before."""
    first = [call(exercise, function, case) for case in cases[:2]]
    again = [call(exercise, function, case) for case in cases[:2]]
    for a, b in zip(first, again, strict=True):
        if a.values and b.values and a.values[0].shape == b.values[0].shape and not _close(a.values[0], b.values[0]):
            return (
                "Started again, your service answers the same clients otherwise: something stands in the class, or "
                "outside of it, where all services share it. Make it in __init__."
            )
    for case in (c for c in cases if c.layer == "refused" or c.label.endswith(LABELS[_side_by_side])):
        outcome = call(exercise, function, case)
        if case.layer == "refused" and outcome.values and {REFUSED, UNKNOWN} <= set(outcome.values[0].tolist()):
            return (
                "A refused message ends the conversation: after it read raises a KeyError to one who is connected. It "
                "changes nothing, so keep the state until the whole message is read."
            )
        plan: Visits = case.args[0]
        alone = tuple(event for event in plan.events if event.service == 0)
        if len(alone) < len(plan.events) and not _right(outcome, plan):
            half = Visits(plan.network, alone)
            if _right(call(exercise, function, case._replace(args=(half,))), half):
                return (
                    "Two services in one process give each other's clients their states: something stands in the "
                    "class, or outside of it, where both find it. Make it in __init__."
                )
    return ""


def _right(outcome: Outcome, plan: Visits) -> bool:
    due = served(Service, plan)
    return bool(outcome.values) and outcome.values[0].shape == due.shape and _close(outcome.values[0], due)


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """The first read that is off, and from which state its answers come."""
    for case in cases:
        outcome = call(exercise, function, case)
        if outcome.error or outcome.problem:
            return ""
        due = served(Service, case.args[0])
        if outcome.values[0].shape != due.shape:
            return ""
        if not _close(outcome.values[0], due):
            return f"{_of_case(case, outcome.values[0])}"
    return ""


def _close(a: Values, b: Values) -> bool:
    return bool((abs(a - b) <= 1e-6 + 1e-5 * abs(b)).all())


class Known(NamedTuple):
    """A state at a moment of a test, in words."""

    words: str
    h: Values


def _of_case(case: Case, came: Values) -> str:
    """What the first wrong read answers from: every state that there was is tried."""
    plan: Visits = case.args[0]
    advance, start = network(plan.network)
    right: dict[tuple[int, int], Values] = {}
    before: list[Known] = [Known("the start state: what this client said before is lost", start.copy())]
    before.append(Known("a state of zeros: a client begins with start", np.zeros(H)))
    at, asked = 0, 0
    for event in plan.events:
        n, key = event.number, (event.number, event.service)
        if event.act == "open":
            if key in right:
                before.append(_left(n, right[key], "was opened again"))
            right[key] = start.copy()
        elif event.act == "close":
            before.append(_left(n, right.pop(key), "has closed"))
        else:
            asked += event.act == "read"
            size = max(1, len(event.symbols))
            got = came[at : at + size]
            at += size
            if key not in right:
                if not (got == UNKNOWN).all():
                    return _of_stranger(event, got, case)
                continue
            h = right[key].copy()
            due, moved = _answers(advance, event.symbols, h)
            if _close(got, due):
                if (due != REFUSED).all():
                    right[key] = h
                else:
                    before += _half(event, moved, n)
                continue
            others = [Known(f"the state of client {_name(m, event)}", h) for m, h in right.items() if m != key]
            return _told(case, event, asked, got, due, [*before, *others], advance)
    return ""


def _name(key: tuple[int, int], event: Event) -> str:
    return f"{key[0]}{'' if key[1] == event.service else ' of another service'}"


def _of_stranger(event: Event, got: Values, case: Case) -> str:
    """What is said where one who is not connected gets no KeyError."""
    if event.act == "leave":
        came = "raises a ValueError" if (got == REFUSED).all() else "raises nothing"
        return f"Client {event.number} is not connected, and close {came}. A KeyError is due{_in(case)}."
    came = "raises a ValueError" if (got == REFUSED).all() else "answers"
    return f"Client {event.number} is not connected, and read {came}. It has to raise a KeyError{_in(case)}."


def _left(n: int, h: Values, how: str) -> Known:
    return Known(f"the state that an earlier client with the number {n} left, when it {how}", h.copy())


def _half(event: Event, moved: Sequence[Values], n: int) -> list[Known]:
    words = "the state after {} of the refused message. A message that is refused changes nothing"
    return [Known(words.format(f"the first {k} symbols"), h) for k, h in enumerate(moved, 1)]


def _answers(advance: Advance, symbols: Sequence[int], h: Values) -> tuple[Values, list[Values]]:
    """The answers, and the states on the way; REFUSED for all if one symbol is."""
    found, states = [], []
    try:
        for symbol in symbols:
            found.append(advance(symbol, h))
            states.append(h.copy())
    except ValueError:
        return np.full(len(symbols), REFUSED), states
    return np.array(found or [0.0]), states


def _in(case: Case) -> str:
    return f" ({case.label})"


def _told(
    case: Case, event: Event, asked: int, got: Values, due: Values, known: Sequence[Known], advance: Advance
) -> str:
    who = f"The answers of read number {asked}, to client {event.number},"
    if (due == REFUSED).all() and (got == UNKNOWN).all():
        return (
            "For a message with an unknown symbol read raises a KeyError, which says that the client is not connected. "
            f"Let the network's ValueError through{_in(case)}."
        )
    if (due == REFUSED).all():
        if (got == ANSWERED).all():
            return (
                "A message with an unknown symbol is not refused: read returns something, and swallows the error. It "
                f"has to raise the network's ValueError{_in(case)}, so that the client knows and sends it again."
            )
        return f"A message with an unknown symbol is answered. It has to raise the network's ValueError{_in(case)}."
    if (got == REFUSED).all():
        return f"read raises a ValueError for a message that the network knows{_in(case)}: client {event.number}."
    if (got == UNKNOWN).all():
        after = ". Does a refused message end the conversation? It changes nothing" if case.layer == "refused" else ""
        return f"read raises a KeyError for client {event.number}, who is connected{_in(case)}{after}."
    fits = [one.words for one in known if _close(got, _answers(advance, event.symbols, one.h.copy())[0])]
    if fits:
        return f"{who} are those that come from {fits[0]}{_in(case)}."
    if len(due) > 1 and _close(got[:1], due[:1]):
        return (
            f"{who} begin rightly, and are off from a later symbol on{_in(case)}: each symbol goes on from the "
            "state after the one before."
        )
    return (
        f"{who} come from no state that a client of this test was in{_in(case)}. Go on from what its last message left."
    )


EXERCISE = Exercise(
    name="Service",
    number=4,
    parameters={"clients": ""},
    outputs=(Output("replies", "array", {"E": "answer"}),),
    layers=(
        Layer("clients do not meet, whatever their numbers", 1.25, "shared"),
        Layer("a number that comes again is a new client", 1.25, "reused"),
        Layer("a message that is refused changes nothing", 1.25, "refused"),
        Layer("many clients, all of it at random", 0.75, "crowd"),
        Layer("what was right is still right", 0.5, "whole", needs=(0, 1, 2)),
    ),
    cases=_cases,
    reference=Service,
    used=served,
    watch=_watched,
    by_property=_seen,
    lends={"Pooled": Pooled},
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(
            KeyError,
            "",
            "open or close raises it. A number that opens need not have been there, and one that closes is connected, "
            "whatever its last message was.",
        ),
        Cause(
            IndexError,
            "",
            "is there a table with a place for so many clients and no more? Any number may be connected at once, and a "
            "dictionary has room for all.",
        ),
        Cause(MemoryError, "", "is there a row for every number up to the largest? Keep those who are connected."),
        Cause(
            AttributeError,
            "NoneType",
            "something is None there: does close leave None in a state's place? A client who has gone gets a KeyError.",
        ),
        Cause(
            AttributeError,
            "Service' object",
            "does your service have open, read and close, and does __init__ make what they use?",
        ),
        Cause(
            TypeError,
            "argument",
            "a service is made by Service(advance, start), and has open(number), read(number, symbols), close(number).",
        ),
    ),
    absent=FORBIDDEN,
)
