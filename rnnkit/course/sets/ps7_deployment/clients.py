"""What a check does with answers to ps7-deployment that are called many times: users who come, talk, and go.

Nothing in here is an answer, so that it is there while an answer runs.
"""

import copy
import tracemalloc
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from rnnkit.course.answer.exercise import Values

Advance = Callable[[int, Values], float]  # writes the next state into the one that it gets
REFUSED, UNKNOWN, ANSWERED = 1000.0, 2000.0, 3000.0  # in place of answers: a ValueError, a KeyError, neither
States = dict[str, Values]
Network = Callable[[Values, Values], tuple[Values, Values]]
SYMBOLS, H = range(5, 12), 4  # how many symbols the service's network may know; its units


# --- a step --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Talk:
    """Which input comes when. ``after`` says for each of them which one's state goes in, by its number; -1: none."""

    rows: Values  # (E, I)
    after: tuple[int, ...]
    users: tuple[int, ...]


def talked(answer: Callable[..., Any], talk: Talk, _: Any, *weights: Values) -> Any:
    """(ys, grown): what a step answers to each input, (E, K), and by how many numbers the state is off: how many
    the last one has more than an early one, or too few for h; a sentence if it gives no pair."""
    return _talked(answer, talk, weights)[0]


def writes(answer: Callable[..., Any], talk: Talk, weights: Sequence[Values]) -> bool:
    """Whether a step writes into a state that goes in."""
    return _talked(answer, talk, weights)[1]


def holds(answer: Callable[..., Any], talk: Talk, weights: Sequence[Values]) -> float:
    """How many numbers the largest state has that a step hands out."""
    return float(_talked(answer, talk, weights)[2])


EARLY = 4  # the step from which on a state has all that it will ever have


def _talked(answer: Callable[..., Any], talk: Talk, weights: Sequence[Values]) -> tuple[Any, bool, int]:
    """The answers, whether a state that went in was written into, and the size of the largest state."""
    states: list[Any] = []
    sizes: list[int] = []
    ys, written = [], False
    for row, before in zip(talk.rows, talk.after, strict=True):
        given = states[before] if before >= 0 else None
        kept = copy.deepcopy(given)
        came = answer(row.copy(), given, *weights)
        if not isinstance(came, tuple | list) or len(came) != 2:
            return "expected (y, carried), two values, at each call, but something else came.", False, 0
        K = len(weights[-1])
        y = _numbers(came[0])
        if y is None or y.shape != (K,):
            if (other := _numbers(came[1])) is not None and other.shape == (K,):
                return "expected (y, carried), but (carried, y) came: the answer is due first.", False, 0
            shape = f"an array of shape {y.shape}" if y is not None else "no array of numbers"
            return f"expected y of shape ({K},), (K,), but {shape} came.", False, 0
        written = written or not _same_state(kept, given)
        ys.append(y.astype(float))
        states.append(came[1])
        sizes.append(_size(came[1]))
    lacks = max(0, len(weights[2]) - max(sizes))  # what h alone takes
    return (np.array(ys), float(lacks or max(0, sizes[-1] - max(sizes[:EARLY])))), written, max(sizes)


def _numbers(value: Any) -> Values | None:
    """An array of numbers, or None."""
    try:
        array = np.asarray(value)
    except Exception:
        return None
    return array if array.dtype.kind in "iuf" else None


def _size(state: Any, deep: int = 0) -> int:
    """How many numbers a state has, as far as one can look."""
    if isinstance(state, np.ndarray):
        return sum(_size(one, deep + 1) for one in state.flat) if state.dtype.kind == "O" else int(state.size)
    if isinstance(state, str | bytes):
        return len(state)
    if deep < 20 and isinstance(state, dict):
        return sum(_size(value, deep + 1) for value in state.values())
    if deep < 20 and isinstance(state, list | tuple | set | frozenset | deque):
        return sum(_size(value, deep + 1) for value in state)
    inside = getattr(state, "__dict__", None)
    return _size(inside, deep + 1) if deep < 20 and type(inside) is dict else 1


def _same_state(a: Any, b: Any) -> bool:
    """Whether two states hold the same, as far as one can look."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(_same_state(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list | deque):
        return len(a) == len(b) and all(map(_same_state, a, b))
    return not isinstance(a, int | float) or bool(a == b)


# --- a service -----------------------------------------------------------------------------------------------------


class Pooled:
    """The service that students get: three bugs are in it."""

    def __init__(self, advance: Advance, start: Values) -> None:
        self.advance = advance
        self.pool = np.tile(start, (8, 1))
        self.connected: set[int] = set()

    def open(self, number: int) -> None:
        self.connected.add(number)

    def read(self, number: int, symbols: Sequence[int]) -> Values:
        if number not in self.connected:
            raise KeyError(number)
        h = self.pool[number % 8]
        return np.array([self.advance(symbol, h) for symbol in symbols])

    def close(self, number: int) -> None:
        self.connected.remove(number)


class Event(NamedTuple):
    """What a client does: open, close, or read these symbols; leave is the close of one who is not connected."""

    act: str
    number: int
    symbols: tuple[int, ...] = ()
    service: int = 0  # which of two that run side by side


@dataclass(frozen=True)
class Visits:
    """A network by its seed, and what clients do."""

    network: int
    events: tuple[Event, ...]


def symbols_of(seed: int) -> int:
    """How many symbols a network knows."""
    return SYMBOLS[seed % len(SYMBOLS)]


def network(seed: int) -> tuple[Advance, Values]:
    """An advance, and the state in which a client begins."""
    rng, V = np.random.default_rng(seed), symbols_of(seed)
    W_ih, W_hh, w = rng.normal(0, 1, (V, H)), rng.normal(0, 1.3 / np.sqrt(H), (H, H)), rng.normal(0, 1, H)
    start = rng.uniform(0.2, 0.8, H) * rng.choice([-1, 1], H)

    def advance(symbol: int, h: Values) -> float:
        if symbol not in range(V):
            raise ValueError(f"symbol is {symbol!r}, expected 0 to {V - 1}")
        h[:] = np.tanh(W_ih[symbol] + W_hh @ h)
        return float(w @ h)

    return advance, start


def served(answer: Any, plan: Visits) -> Any:
    """What clients get, one after another: a number a symbol; or a sentence about what read returned."""
    values, problem = _served(answer, plan)
    return problem or np.concatenate([np.zeros(0), *values])


def _served(answer: Any, plan: Visits) -> tuple[list[Values], str]:
    """The answers to each read, and what is wrong with the form of one."""
    advance, start = network(plan.network)
    if max(event.number for event in plan.events) > LARGE and (size := _grows(answer, advance, start)):
        return [], (
            f"expected a service that holds those who are connected, but for one client, of number {PROBED}, it takes "
            f"{size // 10**6} megabytes: a row for every number up to that one. A dictionary has a state for each "
            "client who is there."
        )
    services = [answer(advance, start.copy()) for _ in range(1 + max(event.service for event in plan.events))]
    values: list[Values] = []
    for event in plan.events:
        service, size = services[event.service], max(1, len(event.symbols))
        if event.act == "leave":
            values.append(np.array([_left(service, event.number)]))
            continue
        if event.act != "read":
            getattr(service, event.act)(event.number)
            continue
        try:
            came = service.read(event.number, list(event.symbols))
        except KeyError:
            values.append(np.full(size, UNKNOWN))
            continue
        except ValueError as error:
            if not isinstance(error, UnicodeError):
                values.append(np.full(size, REFUSED))
                continue
            raise
        row = _numbers(came)
        if row is None or row.shape != (len(event.symbols),):
            if max(event.symbols, default=0) >= symbols_of(plan.network):  # whatever came: it was to be refused
                values.append(np.full(size, ANSWERED))
                continue
            if came is None:
                return [], f"expected read to return an array of answers, but None came{_to(event)}."
            wanted = f"an array of {len(event.symbols)} numbers, one for each symbol,"
            return [], f"expected read to return {wanted} but shape {np.shape(came)} came{_to(event)}."
        values.append(row.astype(float) if row.size else np.zeros(1))
    return values, ""


LARGE, PROBED, MUCH = 10_000, 2**20, 6_000_000  # numbers, and bytes that a service with one client does not need


def _grows(answer: Any, advance: Advance, start: Values) -> int:
    """How many bytes a service takes for one client with a large number, if they are many; 0 if not."""
    if tracemalloc.is_tracing():  # somebody else's
        return 0
    tracemalloc.start()
    try:
        service = answer(advance, start.copy())
        service.open(PROBED)
        service.read(PROBED, [0])
    except Exception:  # said of the clients that follow
        return 0
    finally:
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return size if size > MUCH else 0


def _left(service: Any, number: int) -> float:
    """What the close of one who is not connected comes to."""
    try:
        service.close(number)
    except KeyError:
        return UNKNOWN
    except ValueError:
        return REFUSED
    return ANSWERED


def _to(event: Event) -> str:
    return f" (client {event.number}, {len(event.symbols)} symbols)"


# --- those who wait ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Queue:
    """Who waits with what, every user's state, the weights, and how many rows a call may have."""

    users: tuple[str, ...]  # who waits, in the order of arrival
    rows: Values  # (M, I)
    states: States
    weights: tuple[Values, ...]
    limit: int


class Call(NamedTuple):
    """One call of the network: what went in."""

    xs: Values
    hs: Values


def batched(answer: Callable[..., Any], plan: Queue, *_: Any) -> Any:
    """(answers, after, calls, kept, served_in): numbers of what came; a sentence if it has another form."""
    return batched_by(answer, plan)[0]


MOST_CALLS = 1000  # of which a loop that never ends makes more
AS_IT_WAS, STATES, WAITING, INPUTS = (
    1.0,
    0.0,
    2.0,
    3.0,
)  # what an answer leaves of what came in: all, or what it changes


def _record() -> Generator[tuple[Call, ...], Call | None, None]:
    """Keeps what is sent to it in a name of its own: a list in a closure could be cut by who is watched."""
    calls: tuple[Call, ...] = ()
    while True:
        one = yield calls
        calls = calls if one is None else (*calls, one)


def batched_by(answer: Callable[..., Any], plan: Queue) -> tuple[Any, Sequence[Call], float]:
    """What came, the calls that were made, and whether what went in is as it was."""
    W_ih, W_hh, b, W_out = plan.weights
    record = _record()
    next(record)
    I, H, K = W_ih.shape[1], len(b), len(W_out)

    def network(xs: Values, hs: Values) -> tuple[Values, Values]:
        if not isinstance(xs, np.ndarray) or not isinstance(hs, np.ndarray):
            raise TypeError("xs and hs are expected as arrays: np.array of a list makes one")
        x, h = np.array(xs, float), np.array(hs, float)
        if x.ndim != 2 or h.shape != (len(x), H) or x.shape[1] != I:
            raise ValueError(f"xs has shape {x.shape} and hs {h.shape}, expected (N, {I}) and (N, {H})")
        if len(x) > plan.limit:
            raise ValueError(f"model got {len(x)} rows, expected {plan.limit} at most")
        if len(record.send(None)) == MOST_CALLS:
            raise RuntimeError(f"model was called {MOST_CALLS} times, and the loop goes on")
        record.send(Call(x, h))
        new = np.tanh(x @ W_ih.T + h @ W_hh.T + b)
        return new @ W_out.T, new

    waiting = [(user, row.copy()) for user, row in zip(plan.users, plan.rows, strict=True)]
    states = {user: h.copy() for user, h in plan.states.items()}
    given, messages = dict(states), list(waiting)
    came = answer(waiting, states, network, plan.limit)
    calls = record.send(None)
    same = states.keys() == plan.states.keys() and all(
        given[u] is states[u] and (states[u] == h).all() for u, h in plan.states.items()
    )
    moved = any((x != row).any() for (_, x), row in zip(messages, plan.rows, strict=True))
    whole = len(waiting) == len(messages) and all(a is b for a, b in zip(waiting, messages, strict=True))
    kept = INPUTS if moved else STATES if not same else AS_IT_WAS if whole else WAITING
    return _as_numbers(came, plan, calls, K, H, kept), calls, kept


NEVER = -1.0  # the call in which a message is read that none has


def read_in(plan: Queue, calls: Sequence[Call]) -> Values:
    """The number of the call in which each message goes in first, with the state that is due to it; NEVER if none.

    It is worked out from the calls alone: what is cut out of them is a message that nobody read.
    """
    W_ih, W_hh, b, _ = plan.weights
    states, found = {user: h.copy() for user, h in plan.states.items()}, np.full(len(plan.users), NEVER)
    for k, (user, row) in enumerate(zip(plan.users, plan.rows, strict=True)):
        for c, one in enumerate(calls):
            near = (abs(one.xs - row) <= 1e-6).all(1) & (abs(one.hs - states[user]) <= 1e-6).all(1)
            if near.any():
                found[k] = c
                break
        states[user] = np.tanh(W_ih @ row + W_hh @ states[user] + b)
    return found


def _as_numbers(came: Any, plan: Queue, calls: Sequence[Call], K: int, H: int, kept: float) -> Any:
    if not isinstance(came, tuple | list) or len(came) != 2:
        return "expected (answers, states), two values, but something else came."
    answers, after = came
    if not isinstance(after, dict):
        return "expected states as a dictionary, by the user's name, but something else came."
    if missing := [user for user in plan.states if user not in after]:
        return f"expected the state of every user, but {missing[0]} is not in the states that came."
    try:
        nothing = np.full(K, np.nan)  # a message that has no answer
        ys = (
            np.array([nothing if y is None else np.asarray(y, float) for y in answers])
            if len(plan.users)
            else np.zeros((0, K))
        )
        hs = np.array([np.asarray(after[user], float) for user in plan.states])
    except (TypeError, ValueError):
        return f"expected answers as a list of arrays, each of {K} numbers, and states as arrays of {H}."
    if ys.shape != (len(plan.users), K) or (not len(plan.users) and len(answers)):
        return f"expected {len(plan.users)} answers of {K} numbers, but shape {np.shape(ys)} came."
    if hs.shape != (len(plan.states), H):
        return f"expected each state of shape ({H},), but another one came."
    return ys, hs, float(len(calls)), kept, read_in(plan, calls)
