"""The rows of ``make bench-pages`` as a page, made from the JSON alone, and what each is meant to stay under."""

import math
from typing import Any

from benchmarks.report import _table

Row = dict[str, Any]

WORK, THREAD, CHECK = "own work of an edit", "the same, processor time", "the same, by the page's clock"
PAINT = "pointer event to the painted frame"
SHIFT, SIZE, USABLE = "layout shift", "script", "navigation to the first control"
WEIGHT, LOCAL, SLOW = "page, compressed", "page to a changed picture, localhost", "the same, 1.6 Mbit/s, 150 ms"
UNITS = {WORK: "ms", THREAD: "ms", CHECK: "ms", PAINT: "ms", SHIFT: "", SIZE: "kB", USABLE: "ms"}
UNITS |= {WEIGHT: "kB", LOCAL: "ms", SLOW: "ms"}
DECIMALS = {"ms": 1, "kB": 1, "": 3}
AGREE = (0.7, 1.4)  # the least, over the processor time, and the most, over the time on the wall, in medians

AT_WORK = {("default", 1): 8.0, ("largest", 1): 16.0, ("default", 4): 32.0, ("largest", 4): 64.0}
TARGETS: dict[tuple[str, str, int], float] = {  # of the 95th percentile, by size and throttling
    **{(what, *place): ms for what in (WORK, THREAD) for place, ms in AT_WORK.items()},
    (PAINT, "default", 1): 33.0,
    (PAINT, "default", 4): 66.0,
    (SHIFT, "1280 px", 1): 0.05,
    (SHIFT, "375 px", 1): 0.05,
    (SHIFT, "1280 px", 4): 0.05,
    (SHIFT, "375 px", 4): 0.05,
    (SIZE, "raw", 1): 60.0,
    (WEIGHT, "gzipped", 1): 300.0,
    (LOCAL, "1280 px", 1): 1000.0,
    (SLOW, "1280 px", 4): 2500.0,
    (SLOW, "375 px", 4): 2500.0,
}

PREFACE = """\
**Own work of an edit**: script, style and layout (with pre-paint) on the page's main thread, from one key or pointer
event to the commit of its frame, out of a trace, by the clock on the wall. *Painting* (paint, layerize, commit) comes
on top of it. **Processor time** is what the thread itself used of that: on a busy machine, the rest was waiting for a
core. **By the page's clock**: the same edit dispatched by a script, its frame's callback called at once and the layout
forced; a second method, to check the first. It lacks pre-paint, the browser's own handling of the input, and the
pauses in which caches grow cold. **Pointer event to the painted frame**: Chromium's EventLatency of a drag's moves,
which ends when the frame is presented; up to one frame of 16.7 ms of it is waiting. **Layout shift**: the sum over one
load and a scroll through the page. **Script**: of an explorer its own one, and what it loads when its card comes near
(-data.js); 1 kB is 1000 bytes. **Navigation to the first control**: until a frame with a control that works is painted.
**Page, compressed**: all bytes of all answers for a page of the book from the server that compresses, headers
included, after a scroll through it; beside it, how many files. **Page to a changed picture**: of each page with a
card, from navigation until a frame is painted in which its first card's picture is another one, because a real click
or key has reached the control named beside it; empty caches, line and processor slowed down by Chromium. A target is
met where the 95th percentile is at most the limit. "×4" is Chromium's own throttling of the main thread. "Largest" is
the costliest of limits.json's
extremes."""


METHODS = """\
The page's clock over the trace, in medians. They agree if it is at least 0.7 of the processor time and at most 1.4 of
the time on the wall."""


def row(what: str, explorer: str, size: str, rate: int, summary: Row, **more: Any) -> Row:
    """One line of the table, with its target if it has one.

    Examples
    --------
    >>> row(WORK, "latch", "default", 1, {"median": 3.0, "p95": 9.0, "n": 60}, edit="drag")["target"]
    8.0
    """
    target = None if what == SIZE and explorer.startswith(("kit", "rnnkit-")) else TARGETS.get((what, size, rate))
    found = {"what": what, "explorer": explorer, "size": size, "edit": "", "throttling": rate, "unit": UNITS[what]}
    return {**found, **summary, "target": target, **more}


def verdict(row: Row) -> str:
    """Met, or by how much missed; never rounded down to nothing.

    Examples
    --------
    >>> verdict({"p95": 9.02, "target": 8.0, "unit": "ms"})
    'missed by 1.1 ms'
    """
    if row["p95"] is None:
        return "not measured"
    if row["target"] is None:
        return ""
    digits = DECIMALS[row["unit"]]
    over = row["p95"] - row["target"]
    beyond = math.ceil(round(10**digits * over, 6)) / 10**digits
    return "met" if over <= 0 else f"missed by {beyond:.{digits}f} {row['unit']}".rstrip()


def missed(rows: list[Row]) -> str:
    """In one sentence: how many targets are missed."""
    judged = [verdict(row) for row in rows if row["target"] is not None]
    late, open_ = sum(v.startswith("missed") for v in judged), judged.count("not measured")
    said = f"{late} of {len(judged)} targets missed." if late else f"All {len(judged) - open_} measured targets met."
    return said + f" {open_} not measured." * bool(open_)


def agreements(rows: list[Row]) -> list[str]:
    """Where both methods measured an edit: whether they agree.

    What an edit costs lies between the processor time and the time on the wall, which holds waiting too; so should the
    page's clock, give or take.
    """
    said, place = [], ("explorer", "size", "edit", "throttling")
    medians = {(r["what"], *(r[key] for key in place)): r["median"] for r in rows}
    for (what, *where), clock in medians.items():
        wall, thread = (medians.get((other, *where)) for other in (WORK, THREAD))
        if what == CHECK and clock and wall and thread:
            agree = "agree" if AGREE[0] * thread <= clock <= AGREE[1] * wall else "DISAGREE"
            explorer, size, edit, rate = where
            ratios = f"{clock / thread:.2f} of the processor time, {clock / wall:.2f} of the time on the wall"
            said.append(f"- {explorer}, {size}, {edit}, ×{rate}: {ratios}; they {agree}")
    return said


def markdown(results: dict[str, Any]) -> str:
    """All rows as a Markdown page.

    Raises
    ------
    ValueError
        If the results are not those of a run: what is missing is named.
    """
    wanted = ("date", "quick", "machine", "largest", "rows")
    if gone := [key for key in wanted if key not in results]:
        raise ValueError(f"results has no {gone[0]!r}, expected {', '.join(wanted)}. Was the run cut off?")
    m, rows = results["machine"], results["rows"]
    load = f"{m['load']:.1f}" if m["load"] is not None else "unknown"
    head = [
        f"- {m['processor']}, {m['cores']} cores, load before the run {load}",
        f"- Chromium {m['chromium']}, headless, without a GPU; ×4 made a loop {m['slowdown']:.1f} times as slow",
        f"- {results['date']}{', a quick run: few repeats' * results['quick']}",
        *(f"- {', '.join(run['explorers'])}: {run['date']}, load {run['load']}" for run in results.get("again", [])),
        *(f"- the largest {name}: {traits}" for name, traits in results["largest"].items()),
    ]
    parts = ["# The explorers in a browser, on " + m["processor"], "\n".join(head), PREFACE, missed(rows), _rows(rows)]
    if split := _parts(rows):
        parts += ["## What an edit's time goes to", "Medians of the processor time, in ms.", split]
    if said := agreements(rows):
        parts += ["## The two methods", METHODS, "\n".join(said)]
    return "\n\n".join(parts) + "\n"


def _number(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.{DECIMALS[unit]}f}"


def _rows(rows: list[Row]) -> str:
    header = ["what", "explorer", "size", "edit", "CPU", "median", "p95", "unit", "n", "limit", "target"]
    shown = [
        [
            *(r[key] for key in ("what", "explorer", "size", "edit")),
            f"×{r['throttling']}",
            _number(r["median"], r["unit"]),
            _number(r["p95"], r["unit"]),
            r["unit"],
            str(r["n"]),
            "" if r["target"] is None else f"{r['target']:g}",
            verdict(r),
        ]
        for r in rows
    ]
    return _table(header, shown)


def _parts(rows: list[Row]) -> str:
    header = ["explorer", "size", "edit", "CPU", "script", "style", "layout", "painting"]
    shown = [
        [r["explorer"], r["size"], r["edit"], f"×{r['throttling']}", *(f"{part:.2f}" for part in r["parts"].values())]
        for r in rows
        if r.get("parts")
    ]
    return _table(header, shown) if shown else ""
