"""The benchmark: that all sides do the same work, that the harness reckons right, and that the page is the JSON's."""

import doctest
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from wrong_calls import refused

from benchmarks import bench, contenders, machine, report, targets, timing, vocabulary, worker
from benchmarks.contenders import BOTH, FACE, FORWARD, KERNEL, PRODUCTS, READABLE, TORCH, TORCH_NN, TORCH_TRACE, Size
from rnnkit.figures import colours

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]
STORED = sorted((ROOT / "benchmarks" / "results").glob("*.json"))
RESULTS = [path for path in STORED if not path.name.startswith(("pages-", "serve-"))]  # those are others' own
TINY = Size(T=7, N=3, I=5, H=4)
ONCE = timing.Effort(seconds=0, fewest=1, most=1, sample=0, rest=0)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


class Clock:
    """A clock on which a call takes as long as the test says, and the whole machine slows down as it goes."""

    def __init__(self, monkeypatch, slower=1.0):
        self.now, self.pace, self.slower, self.log = 0.0, 1.0, slower, []
        monkeypatch.setattr(timing.time, "perf_counter", lambda: self.now)

    def call(self, name, seconds):
        def work():
            self.now += seconds * self.pace
            self.log.append(name)

        return work

    def tick(self):
        self.pace *= self.slower


def gradients(name, given):
    """d_params by the cell's names, d_xs and d_state of (N, H), as NumPy arrays."""
    d_p, d_xs, d_state = contenders.contender(name, given).call(BOTH)()
    d_p = {key.removesuffix("_l0"): np.asarray(torch.as_tensor(d)) for key, d in d_p.items()}
    return d_p, np.asarray(d_xs), [np.asarray(d).reshape(given.size.N, given.size.H) for d in d_state]


PAIRS = [(cell, name) for cell in contenders.CELLS for name in (READABLE, FACE, TORCH, TORCH_TRACE)]


@pytest.mark.parametrize(("cell", "name"), [("LSTM", KERNEL), *PAIRS])
def test_every_contender_computes_torchs_gradients(cell, name):
    """In float32, because that is what is timed."""
    given = contenders.problem(cell, TINY)
    ours, theirs = gradients(name, given), gradients(TORCH_NN, given)
    assert ours[0].keys() == theirs[0].keys()
    pairs = [(ours[0][key], theirs[0][key]) for key in ours[0]]
    pairs += [(ours[1], theirs[1]), *zip(ours[2], theirs[2], strict=True)]
    for a, b in pairs:
        assert a.dtype == b.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-6 * np.abs(b).max())


def test_every_language_model_learns_alike():
    steps = [vocabulary.training_step(name, vocabulary.FEW) for name in vocabulary.MAKERS]
    losses = [[step() for _ in range(4)] for step in steps]
    np.testing.assert_allclose(losses[1:], [losses[0]] * 2, rtol=2e-5)


def test_only_the_contender_with_a_trace_reads_it():
    given = contenders.problem("LSTM", TINY)
    without = contenders.contender(TORCH, given).forward()[1]
    read = contenders.contender(TORCH_TRACE, given).forward()[1]
    assert without is None
    assert {"i_l0", "f_l0", "g_l0", "o_l0", "c_l0"} <= read.keys()


def test_the_products_are_those_of_the_kernel():
    T, N, I, H = TINY
    forward, backward = contenders.products(TINY)
    multiplications = [sum(len(a) * b.size for a, b, _ in part) for part in (forward, backward)]
    a_step = N * 4 * H
    assert multiplications == [T * a_step * (I + H + 1), T * a_step * (H + (I + H + 1) + I)]
    for a, b, out in forward + backward:
        assert out.shape == (len(a), b.shape[1])


def test_contenders_take_turns_in_an_order_of_their_own():
    log = []
    calls = {name: lambda name=name: log.append(name) for name in "abc"}
    effort = ONCE._replace(fewest=8, most=8)
    samples = timing.alternate(calls, effort, np.random.default_rng(0))
    assert {name: len(s) for name, s in samples.items()} == {"a": 8, "b": 8, "c": 8}
    rounds = [tuple(log[k : k + 3]) for k in range(12, len(log), 3)]  # four calls each before it counts
    assert len(rounds) == 8
    assert all(sorted(r) == ["a", "b", "c"] for r in rounds)
    assert len(set(rounds)) > 2


def test_a_slowing_machine_does_not_change_a_ratio(monkeypatch):
    clock = Clock(monkeypatch, slower=1.5)
    calls = {"ours": clock.call("ours", 3.0), "theirs": clock.call("theirs", 1.0)}
    samples = {"ours": [], "theirs": []}
    for _ in range(5):
        for name, seconds in timing.alternate(calls, ONCE, np.random.default_rng(0)).items():
            samples[name] += seconds
        clock.tick()
    assert samples["ours"][-1] > 4 * samples["ours"][0]
    assert timing.ratio(**samples) == pytest.approx((3.0, 3.0, 3.0))


@pytest.mark.parametrize(("seconds", "rounds"), [(0, 3), (24, 6), (1000, 9)])
def test_there_are_as_many_rounds_as_fit(monkeypatch, seconds, rounds):
    clock = Clock(monkeypatch)
    calls = {"slow": clock.call("slow", 3.0), "fast": clock.call("fast", 1.0)}
    effort = timing.Effort(seconds=seconds, fewest=3, most=9, sample=0, rest=0)
    samples = timing.alternate(calls, effort, np.random.default_rng(0))
    assert [len(s) for s in samples.values()] == [rounds, rounds]


def test_short_calls_are_repeated_within_a_sample(monkeypatch):
    clock = Clock(monkeypatch)
    effort = ONCE._replace(sample=0.125)
    load, stall, short = (clock.call("short", seconds) for seconds in (9.0, 2**-4, 2**-6))
    first = iter([load, stall])  # neither what a first call loads nor a stall is taken for the time of a call
    samples = timing.alternate({"short": lambda: next(first, short)()}, effort, np.random.default_rng(0))
    assert samples == {"short": [2**-6]}  # of one call
    assert len(clock.log) == 4 + 8


def test_garbage_is_collected_between_samples():
    seen = []
    timing.alternate({"a": lambda: seen.append(timing.gc.isenabled())}, ONCE, np.random.default_rng(0))
    assert set(seen) == {False}
    assert timing.gc.isenabled()


def test_the_clock_is_read_when_the_device_is_idle(monkeypatch):
    clock = Clock(monkeypatch)
    effort, late = ONCE, clock.call("late", 5.0)
    samples = timing.alternate({"a": clock.call("a", 1.0)}, effort, np.random.default_rng(0), wait=late)
    assert samples == {"a": [6.0]}
    assert clock.log[-3:] == ["late", "a", "late"]


def test_the_slope_is_that_of_the_logarithms(monkeypatch):
    def squares(calls, effort, rng):
        return {name: [1e-3 * int(name.split()[-1]) ** 2, 1e-4 * int(name.split()[-1]) ** 2] for name in calls}

    monkeypatch.setattr(worker, "alternate", squares)
    for row in worker.growth([4, 8, 16], TINY, ONCE):
        assert row["slope"] == pytest.approx({"median": 2.0, "low": 2.0, "high": 2.0})
        assert row["ms"] == pytest.approx([0.55 * T**2 for T in (4, 8, 16)])


def test_each_comparison_has_a_row_a_size():
    comparisons = targets.ON_NUMPY + targets.ON_TORCH
    sizes = {name: TINY._replace(T=2) for name in contenders.SIZES}
    rows = worker.speed(comparisons, sizes, ONCE)
    wanted = {
        (c.cell, size, c.phase, c.contender, c.reference): m for c in comparisons for size, m in c.at_most.items()
    }
    keys = ("cell", "size", "passes", "contender", "reference")
    assert {tuple(row[key] for key in keys): row["at_most"] for row in rows} == wanted
    assert len(rows) == len(wanted)
    for row in rows:
        assert row["rounds"] == 1
        assert row["ratio"]["median"] == pytest.approx(row["ms"] / row["reference_ms"])


def test_a_forward_pass_alone_is_timed_alone():
    given = contenders.problem("RNN", TINY)
    made = contenders.contender(READABLE, given)
    assert made.call(FORWARD)()[0][0].shape == (8, 3, 4)  # states, not gradients


def test_memory_is_measured_in_a_process_a_contender():
    """The trace's seven (T, N, H) arrays are 9 MB here; the parent between is a small one, as in the real run."""
    size = Size(T=300, N=16, I=8, H=64)
    job = {"do": "memory", "contender": FACE, "size": size}
    program = f"import json; from benchmarks import bench; print(json.dumps(bench.ask({job!r})))"
    program = f"from benchmarks.contenders import Size\n{program}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    row = json.loads(done.stdout.splitlines()[-1])
    states_and_trace = 4 * (300 * 16 * 64 * 6 + 301 * 16 * (64 + 8 + 1)) / 1e6  # gates, tanh c, c; and [x, h, 1]
    assert row["cache_mb"] == pytest.approx(states_and_trace, rel=0.01)
    assert row["trace_adds_mb"] == 0
    assert states_and_trace < row["peak_mb"] < 4 * states_and_trace


def test_a_worker_is_given_its_number_of_threads(monkeypatch):
    seen = {}

    def run(command, *, env, **options):
        seen.update(env)
        return subprocess.CompletedProcess(command, 0, stdout="[1]")

    monkeypatch.setattr(bench.subprocess, "run", run)
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    assert bench.ask({"do": "memory"}, threads=3) == [1]
    assert "MALLOC_TRIM_THRESHOLD_" not in seen  # memory is measured as everyone has it
    assert bench.ask({"do": "growth"}, threads=3) == [1]
    assert seen["MALLOC_TRIM_THRESHOLD_"] == str(1 << 40)
    assert seen["OMP_NUM_THREADS"] == seen["OPENBLAS_NUM_THREADS"] == seen["MKL_NUM_THREADS"] == "3"


def test_a_gpu_job_sets_tf32_on_both_sides(monkeypatch):
    seen, flags = [], (torch.backends.cuda.matmul, torch.backends.cudnn)
    before = [f.allow_tf32 for f in flags]
    monkeypatch.setattr(worker, "speed", lambda comparisons, sizes, effort, device: seen.append(device) or [])
    monkeypatch.setattr(worker, "memory", lambda name, size, device: {"contender": name, "peak_mb": 1.0})
    try:
        for tf32 in (True, False):
            job = {"do": "gpu", "tf32": tf32, "sizes": {"GPU": TINY}, "effort": ONCE._asdict()}
            found = worker.answer(json.loads(json.dumps(job)))
            assert [f.allow_tf32 for f in flags] == [tf32, tf32]
            assert found["tf32"] is tf32
    finally:
        for f, value in zip(flags, before, strict=True):
            f.allow_tf32 = value
    assert seen == ["cuda", "cuda"]


@pytest.fixture(scope="module")
def results():
    """A whole run at tiny sizes with one round, in this process; what memory it took is made up."""
    plan = bench.QUICK._replace(threads=(1, 2), effort=ONCE, Ts=(2, 4), growth_effort=ONCE)

    def ask(job, threads=1):
        job = json.loads(json.dumps(job))
        if "memory" not in job["do"]:
            return worker.answer(job)
        row = {"contender": job["contender"], "peak_mb": 40.0 if job["contender"] == TORCH_TRACE else 20.0}
        return row | ({"cache_mb": 12.0, "trace_adds_mb": 0.0} if job["contender"] == FACE else {})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "SIZES", dict.fromkeys(contenders.SIZES, TINY))
        patch.setattr(bench, "ask", ask)
        patch.setattr(bench, "REST", 0.0)
        patch.setattr(worker, "cores_at_work", lambda: {"numpy": 1.0, "torch": 1.0})
        patch.setattr(machine, "gpu", lambda: None)
        patch.setattr(torch, "set_num_threads", lambda n: None)
        return bench.measure(plan)


def test_page_and_plot_are_made_from_the_json(results, tmp_path):
    page = bench.write(results, tmp_path)
    (stored,) = tmp_path.glob("*.json")
    assert stored.stem == machine.slug(machine.processor())
    again = bench.made_from(json.loads(stored.read_text("utf-8")), stored.stem)
    assert again == {name: (tmp_path / name).read_text("utf-8") for name in again}
    assert sorted(again) == [f"{stored.stem}.md", f"{stored.stem}.svg"]
    ground = re.search(r'style="fill: ([^"]*)"', again[f"{stored.stem}.svg"])[1]  # of the whole figure
    assert colours()["page"] in ground
    headings = ("## One thread", "## All 2 cores", "## Sequences of unequal length", "## Memory at M", "## Cost in T")
    for heading in (*headings, "500 words", "no CUDA device"):
        assert heading in page
    assert re.search(r"rnnkit on NumPy +\| +0 \| +12 \| met ", page)
    assert re.search(r"rnnkit on Torch +\| +20 \| +12 \| missed by 8.000 ", page)


def test_the_page_says_how_far_a_target_was_missed():
    row = {"cell": "GRU", "size": "M", "passes": BOTH, "contender": READABLE, "reference": TORCH_NN, "rounds": 1}
    row |= {"ms": 2.0, "reference_ms": 1.0}

    def shown(median, at_most):
        ratio = {"median": median, "low": 0.5, "high": 1.75}
        return report._speed([row | {"ratio": ratio, "at_most": at_most}]).splitlines()[-1]

    assert re.search(r"\| 1.250 \| 0.500–1.750 \| +1.25 \| met +\| 2.000", shown(1.25, 1.25))
    assert "| missed by 0.001 |" in shown(1.25 + 1e-6, 1.25)
    assert "| missed by 0.430 |" in shown(1.43, 1.0)
    assert "met" not in shown(1.43, None)
    assert "missed" not in shown(1.43, None)


def test_the_page_says_what_a_call_costs_where_it_is_shortest():
    row = {"size": "S", "passes": FORWARD, "contender": TORCH}
    rows = [row | {"cell": cell, "ms": 0.25, "reference_ms": ms} for cell, ms in (("LSTM", 0.18), ("RNN", 0.1))]
    (said,) = report._face([*rows, rows[0] | {"size": "M"}, rows[0] | {"passes": BOTH}])
    assert "at S: LSTM 70 µs, RNN 150 µs. " in said
    assert "a pass of 100 µs" in said
    assert report._face([]) == []


def test_the_page_of_a_gpu_names_its_settings(results):
    rows = [{"contender": name, "peak_mb": 100.0} for name in (TORCH_NN, TORCH, TORCH_TRACE)]
    speed = [row for row in results["speed"][0]["rows"] if row["contender"] == TORCH_TRACE]
    gpu = [{"tf32": tf32, "rows": speed, "memory": rows} for tf32 in (False, True)]
    only = bench.NOTHING | {"gpu": gpu}
    page = report.markdown(results | only | {"machine": results["machine"] | {"gpu": "An Accelerator"}})
    assert page.startswith("# Speed and memory on An Accelerator\n")
    assert re.findall(r"TF32 (\w+) on both sides", page) == ["off", "on"]
    assert "There was no CUDA device" not in page


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_committed_pages_are_made_from_the_committed_json(path):
    """Text for text; a plot's coordinates to a hundredth of a point, because processors differ in the last digits."""
    number = re.compile(r"-?\d+\.\d+")
    results = json.loads(path.read_text("utf-8"))
    assert not results["quick"]
    for name, text in bench.made_from(results, path.stem).items():
        stored = (path.parent / name).read_text("utf-8")
        if name.endswith(".md"):
            assert stored == text, f"{name} is not made from {path.name}: run the benchmark again"
        else:
            assert number.sub("#", stored) == number.sub("#", text)
            found, made = ([float(n) for n in number.findall(svg)] for svg in (stored, text))
            np.testing.assert_allclose(found, made, atol=0.01)


def test_a_description_of_a_machine_names_no_path():
    found = machine.describe()
    assert found["numpy"] == np.__version__
    assert found["torch"] == torch.__version__
    libraries = {"numpy_blas", "numpy_blas_kernels", "torch_blas", "torch_onednn", "torch_instructions"}
    assert found.keys() == {"processor", "cores", "gpu", "python", "numpy", "torch"} | libraries
    assert str(ROOT) not in json.dumps(found)


@pytest.mark.parametrize(("command", "module"), [("bench", "benchmarks.bench"), ("bench-pages", "benchmarks.pages")])
def test_make_hands_its_arguments_on(monkeypatch, command, module):
    spec = importlib.util.spec_from_file_location("make", ROOT / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    seen = []
    monkeypatch.setattr(make, "environment", lambda: None)
    monkeypatch.setattr(make, "run", lambda *command: seen.append(command[1:]))
    monkeypatch.setattr(sys, "argv", ["make.py", command, "--quick", "--out", "here"])
    make.main()
    assert seen == [("-m", module, "--quick", "--out", "here")]


@pytest.mark.parametrize(
    ("arguments", "plan", "on_cpu", "folder"),
    [
        ([], bench.FULL, True, "benchmarks/results"),
        (["--quick"], bench.QUICK, True, "_build/benchmarks"),
        (["--gpu-only"], bench.FULL, False, "benchmarks/results"),
    ],
)
def test_the_command_line_chooses_the_plan_and_the_folder(monkeypatch, capsys, arguments, plan, on_cpu, folder):
    seen = []
    monkeypatch.setattr(bench, "measure", lambda *args, **named: seen.append((*args, named)) or {"gpu": [1]})
    monkeypatch.setattr(bench, "write", lambda results, where: seen.append(where) or "the page")
    bench.main(arguments)
    assert seen == [(plan, {"on_cpu": on_cpu, "parts": bench.PARTS}), ROOT / folder]
    assert "the page" in capsys.readouterr().out


def test_one_part_is_measured_anew(monkeypatch, tmp_path, results):
    bench.write(results, tmp_path)
    anew = {"machine": results["machine"], "growth": None, "gpu": []}
    monkeypatch.setattr(bench, "measure", lambda plan, on_cpu, parts: dict(anew, seen=parts))
    bench.main(["--only", "growth", "--out", str(tmp_path)])
    (stored,) = tmp_path.glob("*.json")
    assert json.loads(stored.read_text("utf-8")) == json.loads(json.dumps(results)) | {"growth": None}


def test_without_a_gpu_the_gpu_alone_cannot_be_measured(monkeypatch):
    monkeypatch.setattr(bench, "ask", lambda job: {"gpu": None})
    with pytest.raises(SystemExit, match="--gpu-only is given, but Torch finds no CUDA device"):
        bench.main(["--gpu-only"])


@pytest.mark.parametrize(
    "module", [bench, contenders, machine, report, timing, vocabulary, worker], ids=lambda m: m.__name__
)
def test_examples_give_what_they_say(module):
    assert doctest.testmod(module).failed == 0


CALLS = {
    "another cell": (lambda: contenders.problem("QRNN", TINY), "cell is 'QRNN', expected one of LSTM, GRU, RNN"),
    "another contender": (
        lambda: contenders.contender("keras", contenders.problem("GRU", TINY)),
        "contender is 'keras', expected one of products alone, NumPy kernel",
    ),
    "a kernel for a GRU": (
        lambda: contenders.contender(KERNEL, contenders.problem("GRU", TINY)),
        "GRU has no 'NumPy kernel', expected 'NumPy cell': only the LSTM has the other.",
    ),
    "products of an RNN": (
        lambda: contenders.contender(PRODUCTS, contenders.problem("RNN", TINY)),
        "RNN has no 'products alone'",
    ),
    "nobody": (lambda: timing.alternate({}, ONCE, np.random.default_rng(0)), "contenders is empty"),
    "no rounds": (
        lambda: timing.alternate({"a": int}, ONCE._replace(fewest=0), np.random.default_rng(0)),
        "effort has fewest=0 and most=1, expected 1 <= fewest <= most",
    ),
    "another group's samples": (
        lambda: timing.ratio([1.0, 2.0], [1.0]),
        "ours has 2 samples and theirs 1, expected one of each a round. Were they timed in one group?",
    ),
    "a name without letters": (lambda: machine.slug("®™"), "name is '®™', expected a letter or a digit"),
    "another job": (
        lambda: worker.answer({"do": "sing"}),
        "do is 'sing', expected one of machine, speed, growth, memory",
    ),
    "a run cut off": (
        lambda: report.markdown({"date": "2000-01-01", "quick": False}),
        "results has no 'machine', expected date, quick, machine, sizes, speed, ragged, memory, growth",
    ),
    "a size that there is not": (
        lambda: bench.measure(bench.QUICK._replace(memory="XXL")),
        "plan has the size 'XXL', expected S, M, L, XL, GPU",
    ),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)
