"""Exercise ps7-deployment.latency: where a message's time goes, and what a change of one part is worth."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any, NamedTuple

from rnnkit.course.answer.exercise import Own
from rnnkit.course.answer.typed import TYPED, five_of_own, of_student

PARTS = ("read the message", "wait for a batch", "step of the network", "save the state", "send the answer")
WAIT, STEP, KEEP = 1, 2, 3
TOLERANCE = 0.002  # what is accepted
WHAT = (
    "the mean time of a whole message",
    "how many times as fast a message is with a step twice as fast",
    "how many times as fast it is without the largest part",
    "how many messages are in the server at a time",
    "the share of conversations with a message slower than the 99th percentile",
)
READ, WAITS, STEPS = (
    (0.21, 0.28, 0.34, 0.43),
    (3.6, 3.9, 4.1, 4.4, 4.7, 5.0, 5.2, 5.6, 5.9),
    (0.62, 0.74, 0.88, 1.06, 1.23),
)
SAVE, SEND = (1.34, 1.43, 1.52, 1.64, 1.77, 1.92, 2.06, 2.17, 2.31), (0.16, 0.24, 0.31, 0.37)
TAILS = (1.4, 1.7, 2.2, 2.8, 3.3, 3.9)  # a part's 99th percentile, in its means
RATES = tuple(range(330, 620, 5))
LENGTHS = tuple(range(18, 90))


class Numbers(NamedTuple):
    """Of each part the mean and the 99th percentile in ms, and that of a whole message; the load."""

    mean_times: tuple[float, ...]
    slowest: tuple[float, ...]  # the 99th percentiles
    slowest_whole: float
    arrivals: int  # messages a second
    conversation: int  # messages in one


def five_of_table(mean_times: Any, slowest: Any, slowest_whole: Any, arrivals: Any, conversation: Any) -> list[float]:
    """The five numbers of WHAT."""
    whole = float(sum(mean_times))
    return [
        whole,
        whole / (whole - mean_times[STEP] / 2),
        whole / (whole - max(mean_times)),
        arrivals * whole / 1000,
        1 - 0.99**conversation,
    ]


def _candidate(pick: Callable[[Sequence[Any]], Any]) -> Numbers:
    mean_times = tuple(float(pick(options)) for options in (READ, WAITS, STEPS, SAVE, SEND))
    slowest = tuple(round(mean * float(pick(TAILS)), 2) for mean in mean_times)
    share = 0.6 + pick(range(20)) / 100
    return Numbers(mean_times, slowest, round(share * sum(slowest), 2), int(pick(RATES)), int(pick(LENGTHS)))


def _tells(numbers: Numbers) -> bool:
    """Whether the whole's percentile lies between, no slip is taken for a right number, and saving and waiting tell."""
    mean_times, slowest, whole = numbers[:3]
    symbols = mean_times[KEEP] / mean_times[STEP]  # that are read again in the time of a save
    if symbols < 1.1 or abs(symbols - round(symbols)) < 0.05 or numbers.arrivals * mean_times[WAIT] < 1200:
        return False
    right = five_of_table(*numbers)
    between = sum(mean_times) * 1.15 < whole < 0.92 * sum(slowest) and whole > max(slowest)
    rows = zip(_slips(*numbers), right, strict=True)
    clear = all(abs(made - due) > 2 * TOLERANCE + TYPED for slips, due in rows for made in slips.values())
    gaps = [abs(a - b) for i, a in enumerate(right) for b in right[:i]]
    return bool(between and clear and min(gaps) > 0.02)


def _slips(
    mean_times: Any, slowest: Any, slowest_whole: Any, arrivals: Any, conversation: Any
) -> tuple[dict[str, float], ...]:
    """For each of the five numbers, what comes out by a slip, in words."""
    whole, tails, step, largest = float(sum(mean_times)), float(sum(slowest)), mean_times[STEP], max(mean_times)
    n = conversation
    of_mean = {
        "the sum of the 99th percentiles: means add up, and those do not": tails,
        "the 99th percentile of the whole message: its mean is asked for": slowest_whole,
        "the mean of the parts: a message goes through all of them, so add": whole / len(mean_times),
        "the largest part alone": largest,
        "the sum without the waiting": whole - mean_times[WAIT],
        "seconds: milliseconds are asked for": whole / 1000,
        "the step and the waiting alone": step + mean_times[WAIT],
    }
    of_step = {
        "2, as if a message were nothing but its step": 2.0,
        "the one without the step: it is halved": whole / (whole - step),
        "the new time as a share of the old one: how many times as fast is the old one divided by the new": (
            1 - step / 2 / whole
        ),
        "the new time, in ms: divide the old one by it": whole - step / 2,
        "what is gained, as a share: divide the old time by the new": step / 2 / whole,
        "the one worked out with the 99th percentiles": tails / (tails - slowest[STEP] / 2),
        "the one with the waiting halved": whole / (whole - mean_times[WAIT] / 2),
        "the share of the step": step / whole,
        "the right one less 1: how many times as fast is the old time divided by the new": step
        / 2
        / (whole - step / 2),
    }
    of_largest = {
        "the one with the largest part halved: it is gone": whole / (whole - largest / 2),
        "the new time as a share of the old one: how many times as fast is the old one divided by the new": (
            1 - largest / whole
        ),
        "the new time, in ms: divide the old one by it": whole - largest,
        "the share of the largest part: divide the old time by the new": largest / whole,
        "the one worked out with the 99th percentiles": tails / (tails - max(slowest)),
        "the old time divided by the largest part": whole / largest,
        "the one without the step": whole / (whole - step),
        "the one with the step twice as fast too: it is as long as now": whole / (whole - largest - step / 2),
        "the right one less 1: how many times as fast is the old time divided by the new": largest / (whole - largest),
    }
    of_inside = {
        "the one with milliseconds for seconds: a message a second for a second is 1": arrivals * whole,
        "how many are at the step alone": arrivals * step / 1000,
        "how many are there beside those that wait": arrivals * (whole - mean_times[WAIT]) / 1000,
        "how many come in a second: each stays for a part of one": float(arrivals),
        "how many wait for a batch": arrivals * mean_times[WAIT] / 1000,
        "the one worked out with the 99th percentile: of many, the mean counts": arrivals * slowest_whole / 1000,
        "the one worked out with the sum of the 99th percentiles: of many, the mean counts": arrivals * tails / 1000,
        "how many messages one client could send in a second, one after another": 1000 / whole,
        "messages a second divided by the time: multiply": arrivals / whole,
        "the time divided by the messages a second: multiply": whole / arrivals,
    }
    of_tail = {
        "0.01, the share of messages: a conversation has many": 0.01,
        "0.01 for each message, added up: two slow ones in a conversation count once": n * 0.01,
        "the share of conversations with no slow message": 0.99**n,
        "0.99, the share of messages that are not slower: a conversation has many": 0.99,
        "the one of a message more": 1 - 0.99 ** (n + 1),
        "the one of a message less": 1 - 0.99 ** (n - 1),
        "a percentage: the share itself is asked for": 100 * (1 - 0.99**n),
        "the one with the 95th percentile": 1 - 0.95**n,
        "the chance that all of them are slow": 0.01**n,
        "the one with the 99.9th percentile": 1 - 0.999**n,
    }
    right = five_of_table(mean_times, slowest, slowest_whole, arrivals, conversation)
    rows = of_mean, of_step, of_largest, of_inside, of_tail
    return tuple(
        {words: float(made) for words, made in row.items() if abs(made - due) > 1e-9}
        for row, due in zip(rows, right, strict=True)
    )


CURES = (
    "A message goes through all parts, one after another. Add up their means.",
    "Halve the mean of the step, and leave the others. Divide the old time by the new one.",
    "Take the largest mean away, and leave the others. Divide the old time by the new one.",
    "So many come in a second, and each stays for so long: multiply, both in seconds.",
    "0.99 is the share of messages that are not slower. In how many conversations is that so of all messages?",
)


class Table(NamedTuple):
    """A student's table, as a notebook shows it."""

    rows: tuple[tuple[str, str, str], ...]
    below: str

    def __repr__(self) -> str:
        lines = [f"{part:22} {mean:>9} {slow:>9}" for part, mean, slow in self.rows]
        return "\n".join([*lines, self.below])

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr>{''.join(f'<{tag}>{escape(text)}</{tag}>' for text in row)}</tr>"
            for tag, row in zip(("th", *("td",) * len(self.rows)), self.rows, strict=False)
        )
        return f"<table>{cells}</table><p>{escape(self.below)}</p>"


def show_table(student: Any) -> Any:
    """The table of a student's own server."""
    return of_student("ps7-deployment.latency", student, _table)


def _table(*given: Any) -> Table:
    numbers = Numbers(*given)
    rows = zip(PARTS, numbers.mean_times, numbers.slowest, strict=True)
    head = ("part of a message", "mean, ms", "p99, ms")
    last = ("the whole message", "?", f"{numbers.slowest_whole:.2f}")
    text = f"{numbers.arrivals} messages a second come in. A conversation has {numbers.conversation}."
    return Table((head, *((part, f"{mean:.2f}", f"{slow:.2f}") for part, mean, slow in rows), last), text)


EXERCISE = five_of_own(
    "latency",
    6,
    Numbers._fields,
    WHAT,
    TOLERANCE,
    five_of_table,
    Own(_candidate, _tells),
    _slips,
    CURES,
    procedure="five_of_mine",
    note="The table is that of {name}.",
)
