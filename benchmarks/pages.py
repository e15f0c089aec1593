"""Measure the explorers in a real browser, beside their targets, and keep the figures as JSON and Markdown.

    python3 make.py bench-pages             five minutes an explorer; rewrites benchmarks/results/pages-*
    python3 make.py bench-pages --only X Y  these explorers' rows alone, put into the table of this processor
    python3 make.py bench-pages --quick     fewer repeats; writes to _build/benchmarks/
    python3 make.py bench-pages --profile   which functions an edit's time goes to; measures and writes nothing else

What is measured, each at default size and at the costliest of limits.json's extremes, with and without the processor
throttled fourfold; the configurations take turns, round by round, because a machine is never quite at rest:

own work of an edit     ms of script, style and layout on the page's main thread, from one real key or pointer event
                        to the commit of its frame, summed from a trace; redraws are coalesced into that frame
processor time          how much of that the thread had a core for: on a busy machine the rest is waiting
by the page's clock     the same by a second method: dispatched by a script, drawn at once, layout forced
pointer to frame        ms from a drag's real pointer event to its frame's presentation (Chromium's EventLatency)
layout shift            of the published chapter if the book is built, and of each explorer's bare page; at two widths
script                  kB of each explorer's own script, of the kit that all share, and of all
first control           ms from navigation until a frame with a working control is painted, on a bare page
page, compressed        kB of every page of the book, if it is built, from the server that make serve runs
page to a changed       ms from navigation until a real press of the first card's first working control has changed its
picture                 picture; on localhost, and at 1.6 Mbit/s, 150 ms, with the processor throttled fourfold

A target is for the 95th percentile. One that is missed is a line in the table, not an error.
"""

import argparse
import datetime
import gzip
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import pages_loads, pages_report, pages_trace
from benchmarks.machine import cores, processor, slug
from benchmarks.pages_browser import BUSY, DRAG, EVENT, KEY, SCROLL, SHIFTS, WHEN_USABLE, Page, bare, chromium
from benchmarks.pages_report import CHECK, PAINT, SHIFT, SIZE, THREAD, USABLE, WORK, Row, markdown, row
from benchmarks.pages_trace import summary
from rnnkit.explorers import EXPLORERS, kit_script, page_data, page_script
from rnnkit.explorers.base import Explorer

ROOT = Path(__file__).resolve().parents[1]
CHAPTER = ROOT / "_build" / "html" / "chapters" / "math" / "forward.html"
DEFAULT, LARGEST = "default", "largest"
RATES = (1, 4)
WIDTHS = ((1280, 900), (375, 812))

Kinds = tuple[type[Explorer], ...]


class Plan(NamedTuple):
    """How often: rounds, edits a round and configuration, edits before that, and loads of a page."""

    rounds: int
    edits: int
    warm: int
    loads: int


FULL = Plan(rounds=4, edits=20, warm=10, loads=12)
QUICK = Plan(rounds=2, edits=10, warm=5, loads=3)


def measure(plan: Plan, kinds: Kinds = EXPLORERS) -> dict[str, Any]:
    """Everything in ``plan``, for these explorers."""
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    machine = {"processor": processor(), "cores": cores(), "load": load}
    rows, largest, rng = sizes(EXPLORERS), {}, np.random.default_rng(0)
    with chromium() as browser, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        machine |= {"chromium": browser.version, "slowdown": slowdown(browser, folder)}
        for kind in kinds:
            largest[kind.slug] = heaviest(browser, folder, kind)
            rows += edits(browser, folder, kind, plan, largest[kind.slug], rng)
        rows += shifts(browser, folder, kinds, plan)
        rows += first_controls(browser, folder, kinds, plan)
        if kinds == EXPLORERS and pages_loads.HTML.exists():
            rows += pages_loads.measure(browser, plan.loads)
    found = {"date": datetime.date.today().isoformat(), "quick": plan == QUICK, "machine": machine}
    kinds_of_row = list(pages_report.UNITS)
    return {**found, "largest": largest, "rows": sorted(rows, key=lambda row: kinds_of_row.index(row["what"]))}


def edits(
    browser: Any, folder: Path, kind: type[Explorer], plan: Plan, extreme: Row, rng: np.random.Generator
) -> list[Row]:
    """Both methods and the latency of one explorer, all configurations in turn."""
    traits = {DEFAULT: {}, **({LARGEST: extreme} if extreme else {})}
    pages = {size: opened(browser, folder, kind, given) for size, given in traits.items()}
    every = [(size, edit, rate) for size in pages for edit in (DRAG, KEY) for rate in RATES]
    able = {(size, edit) for size, page in pages.items() for edit in (DRAG, KEY) if page.has(edit)}
    ways = [way for way in every if way[:2] in able]
    for size, edit in sorted({way[:2] for way in every} - able):
        print(f"== {kind.slug}, {size}: no value follows a {edit}, so none is measured", flush=True)
    traced: dict[Any, list[pages_trace.Edit]] = {way: [] for way in every}
    on_core: dict[Any, list[pages_trace.Edit]] = {way: [] for way in every}
    painted: dict[Any, list[float]] = {way: [] for way in every}
    checked: dict[Any, list[float]] = {way: [] for way in every}
    for turn in range(plan.rounds):
        print(f"== {kind.slug}: edits, round {turn + 1} of {plan.rounds}", flush=True)
        for k in rng.permutation(len(ways)):
            size, edit, rate = ways[k]
            pages[size].throttle(rate)
            events = pages[size].edits(edit, plan.edits, plan.warm, turn)
            traced[ways[k]] += pages_trace.edits(events, EVENT[edit])
            on_core[ways[k]] += pages_trace.edits(events, EVENT[edit], "tdur")
            painted[ways[k]] += pages_trace.latencies(events) if edit == DRAG else []
            checked[ways[k]] += pages[size].edits_at_once(edit, plan.edits // 2, plan.warm // 2, turn)
    for page in pages.values():
        page.close()
    rows = []
    for way in every:
        size, edit, rate = way
        of = {n: [getattr(e, n) for e in on_core[way]] for n in pages_trace.Edit._fields}
        parts = {name: summary(ms)["median"] for name, ms in of.items()} if on_core[way] else {}
        rows += [
            row(WORK, kind.slug, size, rate, summary([e.work for e in traced[way]]), edit=edit),
            row(THREAD, kind.slug, size, rate, summary([e.work for e in on_core[way]]), edit=edit, parts=parts),
            row(CHECK, kind.slug, size, rate, summary(checked[way]), edit=edit),
            *([row(PAINT, kind.slug, size, rate, summary(painted[way]), edit=edit)] if edit == DRAG else []),
        ]
    return rows


def opened(browser: Any, folder: Path, kind: type[Explorer], traits: Row) -> Page:
    """A bare page of one explorer, its question answered: before that there is little that one can edit."""
    url = bare(folder / f"{kind.slug}.html", kind(**{**traits, "committed": True}), kinds=(kind,))
    return Page(browser, url).go()


def heaviest(browser: Any, folder: Path, kind: type[Explorer]) -> Row:
    """The extreme whose edits cost most by the page's clock: the median of each, the costlier kind of edit."""
    costs = []
    for extreme in kind.limits.extremes:
        page = opened(browser, folder, kind, extreme)
        spent = [page.edits_at_once(edit, QUICK.edits, QUICK.warm, 0) for edit in (DRAG, KEY) if page.has(edit)]
        costs.append(max((statistics.median(ms) for ms in spent), default=0.0))
        page.close()
    print(f"== {kind.slug}: the extremes cost {', '.join(f'{ms:.1f}' for ms in costs)} ms", flush=True)
    return dict(kind.limits.extremes[int(np.argmax(costs))]) if costs else {}


def slowdown(browser: Any, folder: Path) -> float:
    """By how much throttling really slows a loop down."""
    (folder / "empty.html").write_text("<!doctype html><title>Empty</title>", "utf-8")
    page = Page(browser, (folder / "empty.html").as_uri()).go()
    spent: dict[int, list[float]] = {rate: [] for rate in RATES}
    for _ in range(7):
        for rate in RATES:
            page.throttle(rate)
            spent[rate].append(page.page.evaluate(BUSY))
    page.close()
    return round(statistics.median(spent[4]) / statistics.median(spent[1]), 2)


def sizes(kinds: Kinds) -> list[Row]:
    """kB of the scripts, raw and gzipped."""
    own = {kind.slug: page_script(kind) for kind in kinds}
    texts = {**own, "kit": kit_script(), "kit and all": "".join([kit_script(), *own.values()])}
    texts |= {name: text for kind in kinds for name, text in page_data(kind).items()}
    rows = []
    for name, text in texts.items():
        raw = text.encode()
        for size, data in (("raw", raw), ("gzipped", gzip.compress(raw, 9, mtime=0))):
            rows.append(row(SIZE, name, size, 1, summary([len(data) / 1000])))
    return rows


def shifts(browser: Any, folder: Path, kinds: Kinds, plan: Plan) -> list[Row]:
    """The sum of the layout shifts of a load and a scroll, of the chapter and of each bare page."""
    urls = {CHAPTER.name: CHAPTER.as_uri()} if CHAPTER.exists() else {}
    urls |= {kind.slug: bare(folder / f"{kind.slug}.html", kind(), kinds=(kind,)) for kind in kinds}
    ways = [(name, size, rate) for name in urls for size in WIDTHS for rate in RATES]
    found: dict[Any, list[float]] = {way: [] for way in ways}
    for turn in range(max(2, plan.loads // 4)):
        print(f"== layout shift, round {turn + 1}", flush=True)
        for name, size, rate in ways:
            page = Page(browser, urls[name], *size, first=SHIFTS)
            page.throttle(rate)
            found[name, size, rate].append(page.go().page.evaluate(SCROLL))
            page.close()
    return [row(SHIFT, name, f"{size[0]} px", rate, summary(found[name, size, rate])) for name, size, rate in ways]


def first_controls(browser: Any, folder: Path, kinds: Kinds, plan: Plan) -> list[Row]:
    """ms from navigation to the first control, each load in a context of its own."""
    urls = {kind.slug: bare(folder / f"{kind.slug}.html", kind(), kinds=(kind,)) for kind in kinds}
    ways = [(name, rate) for name in urls for rate in RATES]
    found: dict[Any, list[float]] = {way: [] for way in ways}
    print("== navigation to the first control", flush=True)
    for _ in range(plan.loads):
        for name, rate in ways:
            page = Page(
                browser, (folder / "empty.html").as_uri(), first=WHEN_USABLE
            ).go()  # the process is there already
            page.throttle(rate)
            page.url = urls[name]
            found[name, rate].append(page.go().page.evaluate("() => usable"))
            page.close()
    return [row(USABLE, name, DEFAULT, rate, summary(found[name, rate])) for name, rate in ways]


def profiles(plan: Plan, kinds: Kinds = EXPLORERS) -> str:
    """For each explorer, the functions that take longest while a handle is dragged and while a number is turned."""
    said = []
    with chromium() as browser, tempfile.TemporaryDirectory() as name:
        for kind in kinds:
            page = opened(browser, Path(name), kind, {})
            source = (Path(name) / f"{kind.slug}.html").read_text("utf-8").split("\n")
            for edit in filter(page.has, (DRAG, KEY)):
                found = pages_trace.costliest(page.profile(edit, 4 * plan.edits, plan.warm, 0), source)
                lines = [f"{100 * share:5.1f} %  {function:<24} {line}" for share, function, line in found]
                said += [f"== {kind.slug}, {edit}: own time of functions, of all that code took", *lines]
            page.close()
    return "\n".join(said)


def joined(before: dict[str, Any], now: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """The results of a whole run, with the rows of some explorers from a later run of those alone.

    Examples
    --------
    >>> was, now = (row(WORK, "latch", "default", 1, {"p95": ms}) for ms in (9.0, 7.0))
    >>> old = {"date": "May", "machine": {"load": 0.2}, "largest": {}, "rows": [was]}
    >>> new = {**old, "date": "June", "machine": {"load": 0.1}, "rows": [now]}
    >>> whole = joined(old, new, ["latch"])
    >>> whole["date"], [one["p95"] for one in whole["rows"]], whole["again"]
    ('May', [7.0], [{'date': 'June', 'load': 0.1, 'explorers': ['latch']}])
    """
    place = ("what", "explorer", "size", "edit", "throttling")
    rows = {tuple(one[key] for key in place): one for one in [*before["rows"], *now["rows"]]}
    kinds = list(pages_report.UNITS)
    earlier = [run for run in before.get("again", []) if not set(run["explorers"]) <= set(names)]
    again = [*earlier, {"date": now["date"], "load": now["machine"]["load"], "explorers": names}]
    ordered = sorted(rows.values(), key=lambda one: kinds.index(one["what"]))
    return {**before, "largest": before["largest"] | now["largest"], "rows": ordered, "again": again}


def write(results: dict[str, Any], folder: Path, names: list[str] | None = None) -> str:
    """Keep the results as JSON and as a page, named after the processor; returns the page. Of ``names``: into those."""
    stem = folder / f"pages-{slug(results['machine']['processor'])}"
    folder.mkdir(parents=True, exist_ok=True)
    if names and stem.with_suffix(".json").exists():
        results = joined(json.loads(stem.with_suffix(".json").read_text("utf-8")), results, names)
    stem.with_suffix(".json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    page = markdown(results)
    stem.with_suffix(".md").write_text(page, "utf-8")
    return page


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    parser.add_argument("--profile", action="store_true", help="which functions an edit's time goes to")
    parser.add_argument("--only", nargs="+", choices=[kind.slug for kind in EXPLORERS], help="some explorers alone")
    parser.add_argument("--out", type=Path, help="the folder to write to")
    options = parser.parse_args(arguments)
    plan = QUICK if options.quick else FULL
    kinds = tuple(kind for kind in EXPLORERS if kind.slug in (options.only or [kind.slug]))
    if options.profile:
        print(profiles(plan, kinds))
        return
    folder = options.out or ROOT / ("_build/benchmarks" if options.quick else "benchmarks/results")
    results = measure(plan, kinds)
    page, missed = write(results, folder, options.only), pages_report.missed(results["rows"])
    print(f"\n{page}\nWritten to {os.path.relpath(folder)}. {missed}")


if __name__ == "__main__":
    sys.exit(main())
