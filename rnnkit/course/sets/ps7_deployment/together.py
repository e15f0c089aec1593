"""Exercise ps7-deployment.micro_batches: users who wait are served together, and nobody gets another's state."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps7_deployment import FORBIDDEN, NOT_THERE
from rnnkit.course.sets.ps7_deployment.clients import (
    AS_IT_WAS,
    INPUTS,
    STATES,
    Call,
    Network,
    Queue,
    States,
    batched,
    batched_by,
)

NAMES = ("ida", "bo", "zoe", "kim", "ali", "eva", "uwe", "max", "tom", "ann", "leo", "mia")


def micro_batches(
    waiting: Sequence[tuple[str, Values]], states: States, network: Network, limit: int
) -> tuple[list[Values], States]:
    """The answers in the order of arrival, and every user's state afterwards."""
    after = dict(states)
    left = list(range(len(waiting)))
    found: dict[int, Values] = {}
    while left:
        now: list[int] = []
        for k in left:
            if len(now) < limit and waiting[k][0] not in [waiting[j][0] for j in now]:
                now.append(k)
        ys, hs = network(np.array([waiting[k][1] for k in now]), np.array([after[waiting[k][0]] for k in now]))
        for k, y, h in zip(now, ys, hs, strict=True):
            found[k], after[waiting[k][0]] = y, h
        left = [k for k in left if k not in now]
    return [found[k] for k in range(len(waiting))], after


def _cases(rng: np.random.Generator) -> list[Case]:
    plan = [("each", 5, 7, 4), ("each", 6, 6, 3), ("each", 8, 9, 8)]  # M users of so many, and the limit
    found = [_case(rng, layer, M, M, users, limit) for layer, M, users, limit in plan]
    again = (8, 5, 3), (9, 6, 4), (7, 4, 8), (9, 6, 2), (6, 5, 1)
    found += [_case(rng, "again", M, 4, users, limit) for M, users, limit in again]
    return [*found, _case(rng, "nobody", 0, 0, 3, 4)]


def _case(rng: np.random.Generator, layer: str, M: int, some: int, users: int, limit: int) -> Case:
    I, H, K = int(rng.integers(2, 4)), int(rng.integers(4, 6)), 3
    names = [str(name) for name in rng.permutation(NAMES)[:users]]
    while True:
        who = rng.permutation(names)[:some]
        queue = rng.permutation([*who, *rng.choice(who, M - some)]).tolist() if M else []
        if layer != "again" or (
            len(set(queue)) > 2 and (_tells(queue, limit) if limit < 3 else _twice_in_one(queue, limit))
        ):
            break
    weights = rng.normal(0, 1, (H, I)), rng.normal(0, 1 / np.sqrt(H), (H, H)), rng.normal(0, 0.5, H)
    states = {name: rng.uniform(-0.9, 0.9, H) for name in names}
    plan = Queue(tuple(queue), rng.normal(0, 1, (M, I)), states, (*weights, rng.normal(0, 1, (K, H))), limit)
    what = {"each": "each user once", "again": "a user with several messages", "nobody": "nobody"}[layer]
    return Case(layer, (plan,), f"with {what} waiting, {M} messages, most_rows={limit}")


def _tells(queue: Sequence[str], limit: int) -> bool:
    """Whether it shows in the calls who is preferred: who came first, or one of ORDERS."""
    due = _in_calls(queue, limit, lambda queue, left, k: k)
    return all(_in_calls(queue, limit, order) != due for order in ORDERS.values())


Order = Callable[[Sequence[str], list[int], int], Any]
ORDERS: dict[
    str, Order
] = {  # by what users are sorted who are ready, in place of the place of the message in the queue
    "whoever has most messages waiting": lambda queue, left, k: -sum(queue[j] == queue[k] for j in left),
    "whoever's first message came first": lambda queue, left, k: queue.index(queue[k]),
    "whoever comes first in the alphabet": lambda queue, left, k: queue[k],
    "whoever came last": lambda queue, left, k: -k,
}


def _in_calls(queue: Sequence[str], limit: int, order: Order) -> list[int]:
    """In which call each message is read, if users who are ready are taken in this order."""
    left, found, c = list(range(len(queue))), [0] * len(queue), 0
    while left:
        ready = [k for k in left if queue[k] not in [queue[j] for j in left if j < k]]
        for k in sorted(ready, key=lambda k: order(queue, left, k))[:limit]:
            found[k] = c
            left.remove(k)
        c += 1
    return found


def _twice_in_one(queue: Sequence[str], limit: int) -> bool:
    """Whether the first so many messages hold two of a user, who would then be twice in a batch."""
    first = queue[:limit]
    return len(set(first)) < len(first)


def _seen(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """What the calls of the network show: whose state went in with whose input, or what became of the results."""
    outcomes = [call(exercise, function, case) for case in cases]
    if any(o.error or o.problem for o in outcomes):
        return ""
    seen = [_of_case(exercise, function, case) for case in cases]
    return next((text for texts in zip(*seen, strict=True) for text in texts if text), "")


def _of_case(exercise: Exercise, function: Callable[..., Any], case: Case) -> tuple[str, str, str]:
    """What is wrong with the answers and states, with the number of calls, with what came in; "" each if nothing."""
    plan: Queue = case.args[0]
    found: list[Any] = []

    def watched(answer: Callable[..., Any], plan: Queue, *_: Any) -> Any:
        came, calls, kept = batched_by(answer, plan)
        found[:] = [came, calls, kept]
        return came

    call(replace(exercise, used=watched), function, case)
    if not found or isinstance(found[0], str):
        return "", "", ""
    (ys, hs, calls, _, calls_of), log, kept = found
    due_calls, where = batched(micro_batches, plan)[2], f" ({case.label})"
    many, changed = "", ""
    if calls > due_calls:
        many = (
            f"The network is called {calls:.0f} times, where {due_calls:.0f} are enough{where}. A call takes, in the "
            "order of arrival, every message whose user is not in it yet, up to most_rows."
        )
    due_of = batched(micro_batches, plan)[4]
    if not many and not (calls_of == due_of).all():
        by = [words for words, order in ORDERS.items() if _in_calls(plan.users, plan.limit, order) == calls_of.tolist()]
        taken = f": {by[0]} is taken first" if by else ""
        many = (
            f"The calls are few enough, and not those that are due{where}{taken}. A call takes, in the order of "
            "arrival, every message whose user is not in it yet, up to most_rows."
        )
    if kept == INPUTS:
        return (
            f"Your function writes into an x that came in{where}: it is no copy, and changes for whoever else has it. "
            "Make a new array of what a call reads.",
            many,
            "",
        )
    if kept != AS_IT_WAS:
        what, cure = ("states", "dict(states)") if kept == STATES else ("messages", "list(waiting)")
        changed = (
            f"The {what} that came in are changed{where}: should the network fail in the middle, they would be lost. "
            f"Begin with a copy, {cure}, and put new ones into that."
        )
    return _of_results(plan, ys, hs, log, where), many, changed


def _of_results(plan: Queue, ys: Values, hs: Values, log: Sequence[Call], where: str) -> str:
    due_ys, due_hs, *_ = batched(micro_batches, plan)
    if text := _mixed(plan, log):
        return f"{text}{where}."
    if not _close(ys, due_ys):
        if _close(np.sort(ys, 0), np.sort(due_ys, 0)):
            return (
                f"The answers are the right ones, and stand in another order{where}. They are due in that of arrival."
            )
        return f"The network is called rightly, and an answer that comes back is not what it said{where}."
    if not _close(hs, due_hs):
        k = int(np.flatnonzero(~(abs(hs - due_hs) <= 1e-6).all(1))[0])
        user = list(plan.states)[k]
        if user not in plan.users:
            return f"The state of {user}, who does not wait, is changed{where}."
        what = "the one that came in" if _close(hs[k], plan.states[user]) else "not that after the last message"
        return f"The answers are right, and the state of {user} that comes back is {what}{where}."
    return ""


def _mixed(plan: Queue, log: Sequence[Call]) -> str:
    """The first row of a call that has not the state that is due with its input."""
    state = {user: h.copy() for user, h in plan.states.items()}
    W_ih, W_hh, b, _ = plan.weights
    nth = dict.fromkeys(plan.states, 0)
    for c, one in enumerate(log, 1):
        moved: States = {}
        for x, h in zip(one.xs, one.hs, strict=True):
            m = next((k for k, row in enumerate(plan.rows) if _close(x, row)), None)
            if m is None:
                continue  # a row that nobody sent fills a batch
            user = plan.users[m]
            earlier = [k for k in range(m) if plan.users[k] == user]
            if user in moved:
                return (
                    f"In call {c} of the network {user} stands twice: both rows go on from one state, and the second "
                    "message does not know of the first. A call has one row a user"
                )
            if len(earlier) != nth[user]:
                return f"In call {c} a message of {user} is read before an earlier one, or twice"
            if not _close(h, state[user]):
                others = [other for other, s in state.items() if other != user and _close(h, s)]
                if others:
                    return f"In call {c} the input of {user} goes in with the state of {others[0]}"
                if _close(h, plan.states[user]):
                    return f"In call {c} the second message of {user} goes in with the state before the first"
                zeros = " of zeros" if not h.any() else ""
                return f"In call {c} the input of {user} goes in with a state{zeros} that is not the one of {user}"
            moved[user] = np.tanh(W_ih @ x + W_hh @ h + b)
            nth[user] += 1
        state |= moved
    left = [user for user in plan.users if nth[user] < plan.users.count(user)]
    return f"A message of {left[0]} is never read" if left else ""


def _close(a: Values, b: Values) -> bool:
    return np.shape(a) == np.shape(b) and bool((abs(np.asarray(a) - b) <= 1e-6 + 1e-5 * abs(np.asarray(b))).all())


EXERCISE = Exercise(
    name="micro_batches",
    number=5,
    parameters={"waiting": "", "states": "", "model": "", "most_rows": ""},
    outputs=(
        Output(
            "replies", "array", {"M": "message", "K": "entry"}, place="the answer to message {message}, entry {entry}"
        ),
        Output("states_after", "array", {"U": "user", "H": "unit"}, place="the state of user {user}, unit {unit}"),
        Output("calls_made", "number", means="how often the network was called"),
        Output("left_alone", "number", means="1 if what came in is as it was"),
        Output("read_in", "array", {"M": "message"}, place="the call that reads message {message}"),
    ),
    layers=(
        Layer("each user once: the answers, in the order of arrival", 1.0, "each"),
        Layer("a user with several messages: one after another", 1.0, "again"),
        Layer("every user's state afterwards", 0.5, "each", (1,)),
        Layer("and after several messages", 0.5, "again", (1,)),
        Layer("each call takes whom it may, in the order of arrival", 0.5, "again", (2, 4), needs=(0, 1)),
        Layer("nobody waits", 0.25, "nobody", (0, 1), needs=(0, 1)),
        Layer("what came in is left as it was", 0.25, "again", (3,), needs=(0, 1)),
    ),
    cases=_cases,
    reference=micro_batches,
    used=batched,
    by_property=_seen,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(ValueError, "rows, expected", "a call takes most_rows rows at most: serve the others in the next one."),
        Cause(ValueError, "shape (0,)", "a call has one row at least: where nobody waits, there is no call."),
        Cause(
            ValueError, "expected (N,", "model takes xs (N, I) and hs (N, H), with a row for each user of the batch."
        ),
        Cause(
            TypeError,
            "expected as arrays",
            "model takes arrays, (N, I) and (N, H): np.array of a list makes one.",
        ),
        Cause(
            RuntimeError,
            "the loop goes on",
            "a message that is served has to leave those that wait, or the loop never ends.",
        ),
        Cause(KeyError, "", "states are asked for by the user's name, as it stands in waiting."),
    ),
    absent=FORBIDDEN,
)
