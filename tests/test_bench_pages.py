"""The browser benchmark: its sums of recorded events, its verdicts and its page. Nothing here is timed."""

import doctest
import gzip
import json
import random
import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("anywidget")
from benchmarks import pages, pages_browser, pages_report, pages_trace
from benchmarks.pages_report import CHECK, PAINT, SHIFT, SIZE, THREAD, USABLE, WORK, row, verdict
from rnnkit.explorers import EXPLORERS, kit_script, page_script

ROOT = Path(__file__).resolve().parents[1]
RESULTS = sorted((ROOT / "benchmarks" / "results").glob("pages-*.json"))
MAIN, OTHER = (1, 10), (1, 11)


def span(name, ts, dur, *, thread=MAIN, busy=1.0, **data):
    pid, tid = thread
    times = {"ts": ts, "dur": dur, "tdur": dur * busy}
    return {"name": name, "ph": "X", "pid": pid, "tid": tid, "args": {"data": data}, **times}


def drag_edit(at, script=2000, busy=1.0):
    """A move at ``at`` μs: 500 of handling, a frame with ``script``, 300 of style, 700 of layout, 500 of painting."""
    frame, drawn = at + 5000, at + 5300 + script
    return [
        span("EventDispatch", at, 400, type="pointermove", busy=busy),
        span("FunctionCall", at + 50, 300, busy=busy),
        span("EventDispatch", at + 450, 100, type="mousemove", busy=busy),
        span("FireAnimationFrame", frame, script + 300, busy=busy),
        span("FunctionCall", frame + 10, script + 200, busy=busy),
        span("UpdateLayoutTree", frame + 50, 300, busy=busy),  # forced by the script
        span("Layout", drawn, 600, busy=busy),
        span("PrePaint", drawn + 700, 100, busy=busy),
        span("Paint", drawn + 900, 200, busy=busy),
        span("Paint", drawn + 950, 50, busy=busy),
        span("Layerize", drawn + 1200, 100, busy=busy),
        span("Commit", drawn + 1400, 200, busy=busy),
    ]


def latency(ts, dur, key, kind="MOUSE_DRAGGED", presented=True):
    given = {"pid": 1, "id2": {"local": key}}
    frame = [{"name": pages_trace.PRESENTED, "ph": "b", "ts": ts + dur // 2, "args": {}, **given}]
    return [
        {"name": "EventLatency", "ph": "b", "ts": ts, "args": {"event_latency": {"event_type": kind}}, **given},
        *frame * presented,
        {"name": "EventLatency", "ph": "e", "ts": ts + dur, "args": {}, **given},
    ]


def test_an_edit_is_summed_by_what_its_time_was_for():
    events = drag_edit(0)
    random.Random(0).shuffle(events)
    (edit,) = pages_trace.edits(events, "pointermove")
    assert edit == pytest.approx((2.5, 0.3, 0.7, 0.5))
    assert edit.work == pytest.approx(3.5)


def test_processor_time_leaves_out_the_waiting():
    (edit,) = pages_trace.edits(drag_edit(0, busy=0.5), "pointermove", "tdur")
    assert edit == pytest.approx((1.25, 0.15, 0.35, 0.25))


def test_nested_time_is_counted_once():
    """The events of one edit, end to end, are as long as their own times together."""
    (edit,) = pages_trace.edits(drag_edit(0), "pointermove")
    outermost = 400 + 100 + 2300 + 600 + 100 + 200 + 100 + 200
    assert sum(edit) == pytest.approx(outermost / 1e3)


def test_what_lies_between_edits_or_on_other_threads_is_no_edits():
    idle = [span("PrePaint", 20_000, 900), span("Commit", 21_000, 900), span("Layout", 30, 9000, thread=OTHER)]
    found = pages_trace.edits([*drag_edit(0), *idle, *drag_edit(40_000, script=3000)], "pointermove")
    assert [edit.work for edit in found] == pytest.approx([3.5, 4.5])


def test_events_without_a_frame_of_their_own_are_left_out():
    lost = [span("EventDispatch", 12_000, 400, type="pointermove")]
    assert len(pages_trace.edits([*drag_edit(0), *lost, *drag_edit(40_000), *lost], "pointermove")) == 2
    assert pages_trace.edits(drag_edit(0), "keydown") == []
    assert pages_trace.edits([], "keydown") == []


def test_latency_ends_with_the_presented_frame():
    events = [
        *latency(0, 20_000, "0x1"),
        *latency(1000, 9000, "0x2", presented=False),
        *latency(2000, 9000, "0x3", kind="MOUSE_MOVED"),
        *latency(50_000, 30_000, "0x1"),  # ids are used again
    ]
    assert pages_trace.latencies(events) == [20.0, 30.0]


def test_the_profile_ranks_functions_by_their_own_time():
    def node(number, name, line):
        return {"id": number, "callFrame": {"functionName": name, "lineNumber": line}}

    nodes = [node(1, "(root)", -1), node(2, "(idle)", -1), node(3, "draw", 1), node(4, "", 0), node(5, "draw", 1)]
    profile = {"nodes": nodes, "samples": [1, 2, 3, 4, 5, 3], "timeDeltas": [50, 900, 100, 200, 300, -1]}
    found = pages_trace.costliest(profile, ["  () => 1,", "function draw() {"])
    assert found == [
        (pytest.approx(400 / 600), "draw", "function draw() {"),
        (pytest.approx(200 / 600), "(anonymous)", "() => 1,"),
    ]


def test_summaries_hold_the_median_and_the_95th_percentile():
    assert pages_trace.summary([float(k) for k in range(1, 102)]) == {"median": 51.0, "p95": 96.0, "n": 101}
    assert pages_trace.summary([]) == {"median": None, "p95": None, "n": 0}


@pytest.mark.parametrize(
    ("what", "size", "rate", "limit"),
    [
        (WORK, "default", 1, 8),
        (WORK, "largest", 1, 16),
        (THREAD, "default", 4, 32),
        (WORK, "largest", 4, 64),
        (PAINT, "default", 1, 33),
        (PAINT, "default", 4, 66),
        (PAINT, "largest", 1, None),
        (SHIFT, "375 px", 1, 0.05),
        (SIZE, "raw", 1, 60),
        (SIZE, "gzipped", 1, None),
        (CHECK, "default", 1, None),
        (USABLE, "default", 4, None),
    ],
)
def test_targets_are_those_agreed(what, size, rate, limit):
    assert row(what, "latch", size, rate, pages_trace.summary([1.0]))["target"] == limit
    assert row(SIZE, "kit", "raw", 1, pages_trace.summary([99.0]))["target"] is None


@pytest.mark.parametrize(
    ("unit", "p95", "target", "said"),
    [
        ("ms", 8.0, 8.0, "met"),
        ("ms", 8.001, 8.0, "missed by 0.1 ms"),
        ("ms", 8.1, 8.0, "missed by 0.1 ms"),
        ("", 0.0502, 0.05, "missed by 0.001"),
        ("kB", 10.0, None, ""),
        ("ms", None, 8.0, "not measured"),
    ],
)
def test_verdicts_say_by_how_much(unit, p95, target, said):
    assert verdict({"unit": unit, "p95": p95, "target": target}) == said


def figures(*rows):
    machine = {"processor": "An Abacus", "cores": 2, "load": None, "chromium": "156", "slowdown": 3.9}
    return {
        "date": "2000-01-01",
        "quick": False,
        "machine": machine,
        "largest": {"latch": {"w": 3}},
        "rows": list(rows),
    }


def edit_rows(ours, checks):
    parts = dict.fromkeys(pages_trace.Edit._fields, 1.0)
    return [
        row(WORK, "latch", "default", 1, pages_trace.summary(ours), edit="drag"),
        row(THREAD, "latch", "default", 1, pages_trace.summary(ours), edit="drag", parts=parts),
        row(CHECK, "latch", "default", 1, pages_trace.summary(checks), edit="drag"),
    ]


def test_the_page_is_made_from_the_figures_alone(tmp_path):
    page = pages.write(
        figures(*edit_rows([9.0, 9.5], [8.0]), row(SIZE, "latch", "raw", 1, pages_trace.summary([12.0]))), tmp_path
    )
    stored = json.loads((tmp_path / "pages-an-abacus.json").read_text("utf-8"))
    assert pages_report.markdown(stored) == page == (tmp_path / "pages-an-abacus.md").read_text("utf-8")
    assert "2 of 3 targets missed." in page
    line = next(line for line in page.splitlines() if line.startswith("| own work of an edit"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells == [
        "own work of an edit",
        "latch",
        "default",
        "drag",
        "×1",
        "9.2",
        "9.5",
        "ms",
        "2",
        "8",
        "missed by 1.5 ms",
    ]


def test_the_two_methods_are_compared_where_both_measured():
    assert pages_report.agreements(edit_rows([4.0], [3.6])) == [
        "- latch, default, drag, ×1: 0.90 of the processor time, 0.90 of the time on the wall; they agree"
    ]
    assert pages_report.agreements(edit_rows([4.0], [2.0]))[0].endswith("they DISAGREE")
    assert pages_report.agreements(edit_rows([4.0], [6.0]))[0].endswith("they DISAGREE")
    assert pages_report.agreements(edit_rows([], [2.0])) == []


def test_what_was_not_measured_is_said():
    rows = edit_rows([], [])
    assert pages_report.missed(rows) == "All 0 measured targets met. 2 not measured."
    assert pages_report.markdown(figures(*rows)).count("not measured |") == 3


def test_results_of_a_run_cut_off_are_refused():
    with pytest.raises(ValueError, match="results has no 'machine', expected date, quick, machine, largest, rows"):
        pages_report.markdown({"date": "2000-01-01", "quick": True})


def test_sizes_are_those_of_the_scripts():
    rows = {(r["explorer"], r["size"]): r["median"] for r in pages.sizes(EXPLORERS)}
    kind = EXPLORERS[0]
    raw = page_script(kind).encode()
    assert rows[kind.slug, "raw"] == pytest.approx(len(raw) / 1000, abs=1e-3)
    assert rows[kind.slug, "gzipped"] == pytest.approx(len(gzip.compress(raw, 9)) / 1000, abs=0.02)
    whole = len(kit_script().encode()) + sum(len(page_script(k).encode()) for k in EXPLORERS)
    assert rows["kit and all", "raw"] == pytest.approx(whole / 1000, abs=1e-3)


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_committed_pages_are_those_of_the_committed_figures(path):
    results = json.loads(path.read_text("utf-8"))
    assert not results["quick"]
    assert str(ROOT) not in path.read_text("utf-8")
    assert path.with_suffix(".md").read_text("utf-8") == pages_report.markdown(results), "run bench-pages again"


@pytest.mark.parametrize(
    ("arguments", "plan", "folder"),
    [
        ([], pages.FULL, "benchmarks/results"),
        (["--quick"], pages.QUICK, "_build/benchmarks"),
        (["--only", *(kind.slug for kind in EXPLORERS)], pages.FULL, "benchmarks/results"),
    ],
    ids=["whole", "quick", "only"],
)
def test_a_missed_target_is_no_error(monkeypatch, capsys, arguments, plan, folder):
    seen = []
    monkeypatch.setattr(pages, "measure", lambda *given: seen.append(given) or figures(*edit_rows([99.0], [99.0])))
    monkeypatch.setattr(pages, "write", lambda results, where, names: seen.append(where) or "the page")
    assert pages.main(arguments) is None
    assert seen == [(plan, EXPLORERS), ROOT / folder]
    assert re.search(r"the page\nWritten to .*\. 2 of 2 targets missed\.", capsys.readouterr().out)


def test_without_chromium_it_says_so_and_exits_with_1(monkeypatch):
    pytest.importorskip("playwright")
    monkeypatch.setattr(pages_browser.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"^bench-pages needs Chromium, but there is none on the PATH: ") as left:
        pages.main(["--quick"])
    assert "\n" not in left.value.code  # a text: it is printed, and the exit status is 1


def test_without_playwright_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with (
        pytest.raises(SystemExit, match="bench-pages needs playwright, which is not installed"),
        pages_browser.chromium(),
    ):
        pass


@pytest.mark.parametrize("module", [pages, pages_browser, pages_report, pages_trace], ids=lambda m: m.__name__)
def test_examples_give_what_they_say(module):
    assert doctest.testmod(module).failed == 0
