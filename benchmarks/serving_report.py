"""The rows of ``make bench-serve`` as a page, made from the JSON alone, and what each is meant to stay under."""

from typing import Any

import numpy as np

from benchmarks.report import _table, _verdict

T = 200  # symbols that a handler without a state reads again
BARE, OWN = "onnxruntime's bare step", "rnnkit's bare step"
ECHO, BEHIND = "echo", "onnxruntime behind the echo"
STREAM, BINARY = "stream, JSON", "stream, bytes"
SESSION, REDIS = "stream of a session, in memory", "stream of a session, in Redis"
POST, POST_REDIS = "POST to a session, in memory", "POST to a session, in Redis"
RECOMPUTE, PREDICT = f"stream, recomputing T = {T}", f"POST /predict, T = {T}"
STATE, FASTER = 1.5, 5.0  # the goals
CALM = 2.0  # of the p99 beside slow connections, over that alone
FLAT = 1.02  # of the memory, the last quarter over the second

PREFACE = f"""\
One client; an LSTM of 256 units that reads 98 symbols through 64 numbers, in float32, on one thread. Milliseconds from
a message sent to its answer read, by a client in Python on the same machine; the bare steps are calls in the client's
own process, one after the other. The ways took turns, round by round. The echo is a stream of the same server that
sends back what came: what the framework, the socket and the client cost. onnxruntime behind the echo takes a step
between the two, looks at nothing, and sends back what came: its caches are as cold as the server's. A recomputing
stream gets all {T} symbols with each message, and has no state."""

CROWD = """\
Streams at once, of one server, each a symbol a message; the clients share one process, and with the server two
cores."""


def summary(rounds: list[list[float]]) -> dict[str, Any]:
    """What is kept of the milliseconds of each message, round by round.

    Examples
    --------
    >>> found = summary([[1.0, 2.0, 9.0], [3.0, 4.0, 5.0]])
    >>> found["p50"], found["mean"], found["n"], found["medians"]
    (3.5, 4.0, 6, [2.0, 4.0])
    """
    every = np.array([ms for one in rounds for ms in one])
    quantiles = {f"p{q}": [round(float(np.percentile(ms, q)), 4) for ms in rounds] for q in (50, 99)}
    whole = {f"p{q}": round(float(np.percentile(every, q)), 4) for q in (50, 99)}
    mean = round(float(every.mean()), 4)
    return {**whole, "mean": mean, "n": len(every), "medians": quantiles["p50"], "p99s": quantiles["p99"]}


def goals(results: dict[str, Any]) -> list[dict[str, Any]]:
    """The ratios, each the median over the rounds of the ratio of medians within a round, with its quartiles."""
    of = {way: np.array(found["medians"]) for way, found in results["ways"].items()}
    work = of[BARE] + of[ECHO]
    ratios = [
        (f"{STREAM}, over bare step + echo", of[STREAM] / work, STATE, False),
        (f"{BINARY}, over bare step + echo", of[BINARY] / work, STATE, False),
        (f"{STREAM}, over {BEHIND}", of[STREAM] / of[BEHIND], None, False),
        (f"{BINARY}, over {BEHIND}", of[BINARY] / of[BEHIND], None, False),
        (f"{RECOMPUTE}, over {STREAM}", of[RECOMPUTE] / of[STREAM], FASTER, True),
    ]
    return [
        {"what": what, "spread": np.quantile(ratio, [0.5, 0.25, 0.75]).tolist(), "goal": goal, "at_least": at_least}
        for what, ratio, goal, at_least in ratios
    ]


def flatness(mb: list[float]) -> float:
    """The memory's median in the last quarter over that in the second: what comes first is warming up.

    Examples
    --------
    >>> flatness([50, 90, 100, 100, 101, 101, 102, 102])
    1.02
    """
    quarter = len(mb) // 4
    return float(np.median(mb[-quarter:]) / np.median(mb[quarter : 2 * quarter]))


def markdown(results: dict[str, Any]) -> str:
    """All tables as a Markdown page.

    Raises
    ------
    ValueError
        If the results are not those of a run: what is missing is named.
    """
    wanted = ("date", "quick", "machine", "redis", "clients", "ways", "crowd", "attack", "load")
    if gone := [key for key in wanted if key not in results]:
        raise ValueError(f"results has no {gone[0]!r}, expected {', '.join(wanted)}. Was the run cut off?")
    m = results["machine"]
    load = "unknown" if m["load"] is None else f"{m['load']:.1f}"
    head = [
        f"- {m['processor']}, {m['cores']} cores, load before the run {load}; onnxruntime {m['onnxruntime']}",
        f"- {results['date']}{', a quick run: few rounds' * results['quick']}",
    ]
    parts = [f"# The server on {m['processor']}", "\n".join(head), PREFACE, _ways(results), _goals(results)]
    if not results["redis"]:
        parts.append("There was no redis-server: sessions in Redis are not measured.")
    parts += [f"## {results['clients']} clients", CROWD, _crowd(results["crowd"])]
    return "\n\n".join([*parts, *_attack(results["attack"]), *_load(results["load"])]) + "\n"


def _ways(results: dict[str, Any]) -> str:
    shown = [
        [way, f"{of['p50']:.3f}", f"{of['p99']:.3f}", f"{1000 / of['mean']:.0f}", str(of["n"])]
        for way, of in results["ways"].items()
    ]
    return _table(["way", "p50, ms", "p99, ms", "steps a second", "messages"], shown)


def _goals(results: dict[str, Any]) -> str:
    shown = []
    for goal in goals(results):
        median, low, high = goal["spread"]
        bound = verdict = ""
        if goal["goal"] is not None:
            bound = f"{'≥' if goal['at_least'] else '≤'} {goal['goal']:g}"
            verdict = _verdict((goal["goal"] - median) if goal["at_least"] else median - goal["goal"])
        shown.append([goal["what"], f"{median:.2f}", f"{low:.2f}–{high:.2f}", bound, verdict])
    return _table(["ratio of medians", "median", "quartiles", "goal", "target"], shown)


def _crowd(rows: list[dict[str, Any]]) -> str:
    shown = [[r["way"], str(r["steps_a_second"]), f"{r['p50']:.2f}", f"{r['p99']:.2f}"] for r in rows]
    return _table(["way", "steps a second", "p50, ms", "p99, ms"], shown)


def _attack(attack: dict[str, Any]) -> list[str]:
    many = attack["connections"]
    alone, beside = (np.array(attack[name]["p99s"]) for name in ("alone", "beside them"))
    median, low, high = np.quantile(beside / alone, [0.5, 0.25, 0.75])
    said = (
        f"One stream, alone and while {many} connections come at once, keep the server waiting, and are let go: "
        "silent, with half their headers, half a body, half a second request, and streams that say nothing. "
        f"The server closed {attack['closed']} of {many * len(beside)}. The ratio is of the p99 of four seconds."
    )
    row = [f"{np.median(alone):.2f}", f"{np.median(beside):.2f}", f"{median:.2f}", f"{low:.2f}–{high:.2f}"]
    header = ["p99 alone, ms", "p99 beside them, ms", "ratio", "quartiles", "goal", "target"]
    table = _table(header, [[*row, f"≤ {CALM:g}", _verdict(median - CALM)]])
    return [f"## Beside {many} slow connections", said, table]


def _load(load: dict[str, Any]) -> list[str]:
    mb, ratio = load["mb"], flatness(load["mb"])
    said = (
        f"{load['clients']} clients at once: streams of 200 messages that come and go, half of them of sessions, "
        f"batches, and messages that are refused. {load['steps']:,} steps, {load['wrong']} wrong answers."
    )
    quarter = len(mb) // 4
    second, last = np.median(mb[quarter : 2 * quarter]), np.median(mb[-quarter:])
    row = [f"{mb[0]:.1f}", f"{second:.1f}", f"{last:.1f}", f"{ratio:.3f}", f"≤ {FLAT:g}", _verdict(ratio - FLAT)]
    header = ["begin, MB", "second quarter", "last quarter", "last over second", "goal", "target"]
    return [f"## {load['seconds']:.0f} seconds of load", said, _table(header, [row])]
