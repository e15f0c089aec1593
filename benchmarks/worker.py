"""One job in a process of its own: ``python -m benchmarks.worker`` reads it as JSON, and prints what it measured.

A process has one thread setting from its start to its end, and a peak of memory that no other contender has raised.
"""

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from benchmarks.contenders import (
    BOTH,
    CELLS,
    FACE,
    FORWARD,
    KERNEL,
    TORCH,
    TORCH_NN,
    TORCH_TRACE,
    Size,
    contender,
    problem,
)
from benchmarks.machine import cores_at_work, describe
from benchmarks.ragged import FULL, PACKED, PADDED, calls
from benchmarks.ragged import LIMIT as RAGGED
from benchmarks.targets import ON_GPU, ON_NUMPY, ON_TORCH, SLOPE, SLOPE_WITHIN, Comparison
from benchmarks.timing import Effort, Samples, alternate, ratio, spread
from benchmarks.vocabulary import FEW, LIMITS, MAKERS, Words, training_step

GROWING = (KERNEL, TORCH_NN, TORCH_TRACE)  # whose cost in T is measured
WARM = Size(2, 2, 3, 4)  # enough to load whatever is loaded at a first call

Job = dict[str, Any]
Rows = list[dict[str, Any]]


def speed(comparisons: list[Comparison], sizes: dict[str, Size], effort: Effort, device: str = "cpu") -> Rows:
    """One row for each comparison and size; what shares a cell, a size and its passes is timed in turns."""
    groups: dict[tuple[str, str, str], list[Comparison]] = {}
    for c in comparisons:
        for size in (size for size in c.at_most if size in sizes):
            groups.setdefault((c.cell, size, c.phase), []).append(c)
    rows: Rows = []
    for (cell, size, phase), members in groups.items():
        given, names = problem(cell, sizes[size], device), sorted({name for c in members for name in c[2:4]})
        print(f"   {cell} {size} {phase}: {', '.join(names)}", file=sys.stderr, flush=True)
        calls = {name: contender(name, given).call(phase) for name in names}
        samples = alternate(calls, effort, np.random.default_rng(0), _waiter(device))
        rows += [_row(c, size, samples) for c in members]
    return rows


def _row(c: Comparison, size: str, samples: Samples) -> dict[str, Any]:
    ours, theirs = samples[c.contender], samples[c.reference]
    return {
        **{"cell": c.cell, "size": size, "passes": c.phase, "contender": c.contender, "reference": c.reference},
        **{"ratio": ratio(ours, theirs)._asdict(), "at_most": c.at_most[size], "rounds": len(ours)},
        **{"ms": 1e3 * float(np.median(ours)), "reference_ms": 1e3 * float(np.median(theirs))},
    }


def growth(Ts: Iterable[int], size: Size, effort: Effort) -> Rows:
    """The LSTM's cost for sequences of growing length: the slope of log time over log T, round by round."""
    Ts = list(Ts)
    print(f"   LSTM, T = {', '.join(map(str, Ts))}: {', '.join(GROWING)}", file=sys.stderr, flush=True)
    given = {T: problem("LSTM", size._replace(T=T)) for T in Ts}
    calls = {f"{name} {T}": contender(name, given[T]).call(BOTH) for name in GROWING for T in Ts}
    samples = alternate(calls, effort, np.random.default_rng(0))
    return [_slope(name, Ts, [samples[f"{name} {T}"] for T in Ts]) for name in GROWING]


def _slope(name: str, Ts: list[int], by_T: list[list[float]]) -> dict[str, Any]:
    slopes = [float(np.polyfit(np.log(Ts), np.log(seconds), 1)[0]) for seconds in zip(*by_T, strict=True)]
    return {
        **{"contender": name, "T": Ts, "ms": [1e3 * float(np.median(seconds)) for seconds in by_T]},
        **{"slope": spread(slopes)._asdict(), "wanted": SLOPE, "within": SLOPE_WITHIN, "rounds": len(slopes)},
    }


def memory(name: str, size: Size, device: str = "cpu") -> dict[str, Any]:
    """The megabytes by which an LSTM's forward and backward raise the peak: this process's, or the accelerator's."""
    contender(name, problem("LSTM", WARM, device)).call(BOTH)()
    once = contender(name, problem("LSTM", size, device)).call(BOTH)
    row = {"contender": name, "peak_mb": (_raised_on_gpu if device == "cuda" else _raised)(once) / 1e6}
    return row | (_kept(size) if name == FACE else {})


def _raised(call: Callable[[], object]) -> int:
    before = _peak()
    call()
    return _peak() - before


def _peak() -> int:
    """The most memory, in bytes, that was ever resident; Linux counts it in kilobytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _raised_on_gpu(call: Callable[[], object]) -> int:
    import torch

    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    call()
    torch.cuda.synchronize()
    return int(torch.cuda.max_memory_allocated() - before)


def _kept(size: Size) -> dict[str, float]:
    """What BPTT needs of a forward pass on NumPy, and what a trace that is read adds to it, in megabytes."""
    run, _ = contender(FACE, problem("LSTM", size)).forward()
    directions = [d for record in run.records for d in record.directions]
    cache = _owners(a for d in directions for a in (*d.states, *d.trace))
    added = _owners(run.trace.values()).items() - cache.items()
    return {"cache_mb": sum(cache.values()) / 1e6, "trace_adds_mb": sum(nbytes for _, nbytes in added) / 1e6}


def _owners(arrays: Iterable[Any]) -> dict[int, int]:
    """The bytes of each block of memory that the arrays are views of."""
    blocks = {}
    for a in arrays:
        while isinstance(a.base, np.ndarray):
            a = a.base
        blocks[id(a)] = a.nbytes
    return blocks


def vocabulary(size: Words, effort: Effort) -> Rows:
    """A training step of a language model, over torch.nn's."""
    print(f"   a language model: {', '.join(MAKERS)}", file=sys.stderr, flush=True)
    samples = alternate({name: training_step(name, size) for name in MAKERS}, effort, np.random.default_rng(0))
    theirs = samples[TORCH_NN]
    return [
        {
            **{"contender": name, "ratio": ratio(samples[name], theirs)._asdict()},
            **{"ms": 1e3 * float(np.median(samples[name])), "reference_ms": 1e3 * float(np.median(theirs))},
            **{"rounds": len(theirs)},
        }
        for name in LIMITS
    ]


def vocabulary_memory(name: str, size: Words) -> dict[str, Any]:
    """The megabytes by which making the model and two training steps raise the peak."""
    training_step(name, FEW)()

    def two_steps() -> None:
        step = training_step(name, size)
        step()
        step()

    return {"contender": name, "peak_mb": _raised(two_steps) / 1e6}


def ragged(sizes: dict[str, Size], effort: Effort) -> Rows:
    """Batches of unequal sequences over full ones, for each cell, size and pass."""
    rows: Rows = []
    for cell in CELLS:
        for size in sizes:
            for phase in (FORWARD, BOTH):
                print(f"   {cell} {size} {phase}: {PADDED}, {PACKED} over {FULL}", file=sys.stderr, flush=True)
                samples = alternate(calls(cell, sizes[size], phase), effort, np.random.default_rng(0))
                at_most = {size: RAGGED}
                rows += [_row(Comparison(cell, phase, way, FULL, at_most), size, samples) for way in (PADDED, PACKED)]
    return rows


def _waiter(device: str) -> Callable[[], object]:
    if device == "cpu":
        return lambda: None
    import torch

    return torch.cuda.synchronize


def answer(job: Job) -> Any:
    """Do one job: ``{"do": "machine" | "speed" | "growth" | "memory" | "gpu", ...}``.

    Raises
    ------
    ValueError
        If there is no such job.

    Examples
    --------
    >>> row = answer({"do": "memory", "contender": "NumPy kernel", "size": [5, 2, 3, 4]})
    >>> sorted(row)
    ['contender', 'peak_mb']
    """
    if job.get("do") not in JOBS:
        raise ValueError(f"do is {job.get('do')!r}, expected one of {', '.join(JOBS)}.")
    return JOBS[job["do"]](job)


def _speed(job: Job) -> dict[str, Any]:
    import torch

    torch.set_num_threads(job["threads"])  # the environment has set NumPy's
    found = {"threads": job["threads"], "cores_at_work": cores_at_work()}
    return found | {"rows": speed(ON_NUMPY + ON_TORCH, _sizes(job), Effort(**job["effort"]))}


def _gpu(job: Job) -> dict[str, Any]:
    import torch

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = job["tf32"]
    sizes = _sizes(job)
    rows = speed(ON_GPU, sizes, Effort(**job["effort"]), "cuda")
    peaks = [memory(name, sizes["GPU"], "cuda") for name in (TORCH_NN, TORCH, TORCH_TRACE)]
    return {"tf32": job["tf32"], "rows": rows, "memory": peaks}


def _sizes(job: Job) -> dict[str, Size]:
    return {name: Size(*size) for name, size in job["sizes"].items()}


JOBS: dict[str, Callable[[Job], Any]] = {
    "machine": lambda job: describe(),
    "speed": _speed,
    "growth": lambda job: growth(job["Ts"], Size(*job["size"]), Effort(**job["effort"])),
    "memory": lambda job: memory(job["contender"], Size(*job["size"])),
    "vocabulary": lambda job: vocabulary(Words(*job["size"]), Effort(**job["effort"])),
    "vocabulary's memory": lambda job: vocabulary_memory(job["contender"], Words(*job["size"])),
    "ragged": lambda job: ragged(_sizes(job), Effort(**job["effort"])),
    "gpu": _gpu,
}

if __name__ == "__main__":
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
