"""What a recorded trace and a recorded profile say: pure functions on the events that Chromium reports.

A trace is a list of events, each with a name, a thread, a start ``ts``, a length ``dur`` in microseconds, and ``tdur``,
the processor time that the thread had in it. Events of one thread lie inside each other or side by side, so an event's
own time is its length without what lies in it.
"""

from collections import Counter
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Event = dict[str, Any]

PARTS = {
    **dict.fromkeys(("EventDispatch", "FunctionCall", "FireAnimationFrame", "RunMicrotasks"), "script"),
    **dict.fromkeys(("MinorGC", "MajorGC", "BlinkGC.AtomicPhase", "v8.compile"), "script"),
    "UpdateLayoutTree": "style",
    **dict.fromkeys(("Layout", "PrePaint"), "layout"),
    **dict.fromkeys(("Paint", "Layerize", "Commit"), "painting"),
}
PRESENTED = "SubmitCompositorFrameToPresentationCompositorFrame"
NOT_CODE = ("(root)", "(program)", "(idle)")


class Edit(NamedTuple):
    """What one edit cost on the page's main thread, in ms, from its event to the commit of its frame."""

    script: float
    style: float
    layout: float
    painting: float

    @property
    def work(self) -> float:
        """Script, style and layout."""
        return self.script + self.style + self.layout


def edits(events: list[Event], kind: str, clock: str = "dur") -> list[Edit]:
    """One entry for each event of this kind (pointermove, keydown) that a frame followed before the next one.

    The clock is "dur", the one on the wall, or "tdur": without the time that the thread waited for a core.

    Examples
    --------
    >>> def event(name, ts, dur, **data):
    ...     return {"name": name, "ph": "X", "ts": ts, "dur": dur, "pid": 1, "tid": 1, "args": {"data": data}}
    >>> edits([event("EventDispatch", 0, 300, type="keydown"), event("FireAnimationFrame", 1000, 2000),
    ...     event("Layout", 1500, 500), event("Paint", 3000, 100), event("Commit", 3100, 200)], "keydown")
    [Edit(script=1.8, style=0.0, layout=0.5, painting=0.3)]
    """
    spans = _own_times([event for event in events if event["ph"] == "X" and event["name"] in PARTS], kind, clock)
    starts = [ts for name, ts, _ in spans if name == kind]
    found = []
    for start, end in pairwise([*starts, float("inf")]):
        drawn = next((ts for name, ts, _ in spans if name == "FireAnimationFrame" and start < ts < end), None)
        commit = next((ts for name, ts, _ in spans if drawn and name == "Commit" and drawn < ts < end), None)
        if commit is None:  # two events in one frame, or the recording ended
            continue
        spent = dict.fromkeys(Edit._fields, 0.0)
        for name, ts, own in spans:
            if start <= ts <= commit:
                spent[PARTS.get(name, "script")] += own / 1e3
        found.append(Edit(**{part: round(ms, 4) for part, ms in spent.items()}))
    return found


def _own_times(spans: list[Event], kind: str, clock: str) -> list[tuple[str, float, float]]:
    """(name, start, own time) of the events on the thread that handles ``kind``; its dispatch is named ``kind``."""
    threads = Counter((e["pid"], e["tid"]) for e in spans if _dispatches(e, kind))
    if not threads:
        return []
    main = threads.most_common(1)[0][0]
    ordered = sorted((e for e in spans if (e["pid"], e["tid"]) == main), key=lambda e: (e["ts"], -e["dur"]))
    own, open_spans = [float(e.get(clock, 0)) for e in ordered], []
    for k, event in enumerate(ordered):
        while open_spans and ordered[open_spans[-1]]["ts"] + ordered[open_spans[-1]]["dur"] <= event["ts"]:
            open_spans.pop()
        if open_spans:
            own[open_spans[-1]] -= event.get(clock, 0)
        open_spans.append(k)
    names = [kind if _dispatches(e, kind) else e["name"] for e in ordered]
    return [(name, e["ts"], max(0.0, t)) for name, e, t in zip(names, ordered, own, strict=True)]


def _dispatches(event: Event, kind: str) -> bool:
    return event["name"] == "EventDispatch" and event["args"].get("data", {}).get("type") == kind


def latencies(events: list[Event], kind: str = "MOUSE_DRAGGED") -> list[float]:
    """ms from each input event of this kind to the presentation of its frame; events without a frame are left out."""
    begun: dict[Any, float] = {}
    presented: set[Any] = set()
    found = []
    for event in sorted((e for e in events if e["ph"] in "be" and "id2" in e), key=lambda e: e["ts"]):
        key = (event["pid"], event["id2"].get("local"))
        if event["name"] == "EventLatency" and event["ph"] == "b":
            presented.discard(key)
            if event["args"].get("event_latency", {}).get("event_type") == kind:
                begun[key] = event["ts"]
        elif event["name"] == PRESENTED and event["ph"] == "b" and key in begun:
            presented.add(key)
        elif event["name"] == "EventLatency" and key in begun:
            start = begun.pop(key)
            if key in presented:
                found.append((event["ts"] - start) / 1e3)
    return found


def costliest(profile: dict[str, Any], source: list[str], most: int = 15) -> list[tuple[float, str, str]]:
    """The functions that took longest themselves: (share of all code, name, line of the source), the first one first.

    Parameters
    ----------
    profile : dict
        What the Chrome DevTools Protocol's Profiler.stop gives.
    source : list of str
        The page's lines.
    """
    frames = {node["id"]: node["callFrame"] for node in profile["nodes"]}
    spent: Counter[tuple[str, int]] = Counter()
    for sample, delta in zip(profile["samples"], profile["timeDeltas"], strict=True):
        if frames[sample]["functionName"] not in NOT_CODE:
            spent[frames[sample]["functionName"] or "(anonymous)", frames[sample]["lineNumber"]] += max(0, delta)
    total = sum(spent.values()) or 1
    return [(t / total, name, _line(source, line)) for (name, line), t in spent.most_common(most)]


def _line(source: list[str], line: int) -> str:
    return source[line].strip()[:90] if 0 <= line < len(source) else "(the browser's own)"


def summary(values: list[float]) -> dict[str, float | int | None]:
    """The median, the 95th percentile and the number of the values; None where there are none.

    Examples
    --------
    >>> summary([1.0, 2.0, 3.0, 4.0, 100.0])
    {'median': 3.0, 'p95': 80.8, 'n': 5}
    """
    if not values:
        return {"median": None, "p95": None, "n": 0}
    median, p95 = (round(float(q), 3) for q in np.quantile(values, [0.5, 0.95]))
    return {"median": median, "p95": p95, "n": len(values)}
