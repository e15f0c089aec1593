"""Measure speed and memory, show them beside their targets, and keep them as JSON, Markdown and SVG.

    python3 make.py bench               seven minutes on two cores; rewrites benchmarks/results/
    python3 make.py bench --quick       half a minute: one thread, the two smaller sizes; writes to _build/benchmarks/
    python3 make.py bench --gpu-only    what needs a CUDA device, alone
    python3 make.py bench --only NAME   one part anew, the others as stored: speed, ragged, memory, growth, vocabulary

A target that is missed is a line in the table, not an error. OPENBLAS_CORETYPE in the environment, say SkylakeX,
changes the kernels that NumPy's OpenBLAS picks; the page names them.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.contenders import FACE, KERNEL, READABLE, SIZES, TORCH, TORCH_NN, TORCH_TRACE
from benchmarks.machine import cores, slug
from benchmarks.ragged import SMALL
from benchmarks.report import Results, growth_plot, markdown
from benchmarks.timing import Effort
from benchmarks.vocabulary import FEW, MAKERS, WORDS, Words
from benchmarks.worker import Job

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("speed", "ragged", "memory", "growth", "vocabulary")
NOTHING: Results = {"speed": [], "ragged": None, "memory": None, "growth": None, "vocabulary": None}
REMEMBERED = (KERNEL, FACE, READABLE, TORCH_NN, TORCH, TORCH_TRACE)  # whose memory is measured
REST = 0.12  # OpenBLAS's threads spin for 2^28 cycles, a tenth of a second; on one thread there is nothing to wait for

# With these glibc's allocator keeps what was freed. Else it returns large arrays to the system, which hands them out
# again page by page at the next call; on a virtual machine that can cost as much as the products. Other systems do not
# read these.
ALLOCATOR = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)}


class Plan(NamedTuple):
    """What is measured, and how long."""

    sizes: tuple[str, ...]
    threads: tuple[int, ...]
    effort: Effort
    Ts: tuple[int, ...]
    growth_effort: Effort
    memory: str  # the size at which it is measured
    words: Words


FULL = Plan(
    sizes=("S", "M", "L", "XL"),
    threads=tuple(sorted({1, cores()})),
    effort=Effort(seconds=2.5, fewest=5, most=25, sample=0.01, rest=0.0),
    Ts=(400, 800, 1600, 3200),
    growth_effort=Effort(seconds=20, fewest=5, most=11, sample=0.0, rest=0.0),
    memory="XL",
    words=WORDS,
)
QUICK = Plan(
    sizes=("S", "M"),
    threads=(1,),
    effort=Effort(seconds=0.2, fewest=3, most=9, sample=0.002, rest=0.0),
    Ts=(100, 200, 400),
    growth_effort=Effort(seconds=0.5, fewest=3, most=5, sample=0.0, rest=0.0),
    memory="M",
    words=FEW,
)


def measure(plan: Plan, on_cpu: bool = True, parts: Collection[str] = PARTS) -> Results:
    """Everything in ``plan``, job by job, each in a process of its own; on the processor, and on a GPU if there is one.

    Of what is measured on the processor, ``parts`` names what is wanted.

    Raises
    ------
    ValueError
        If the plan names a size that there is not.
    """
    if unknown := sorted({*plan.sizes, plan.memory} - SIZES.keys()):
        raise ValueError(f"plan has the size {unknown[0]!r}, expected {', '.join(SIZES)}.")
    machine = ask({"do": "machine"})
    sizes = {name: SIZES[name] for name in (*plan.sizes * on_cpu, *("GPU",) * bool(machine["gpu"]))}
    found = {"date": datetime.date.today().isoformat(), "quick": plan == QUICK, "machine": machine, "sizes": sizes}
    found |= _on_cpu(plan, parts) if on_cpu else NOTHING
    effort = plan.effort._asdict()
    gpu = [{"do": "gpu", "tf32": tf32, "sizes": sizes, "effort": effort} for tf32 in (False, True) if machine["gpu"]]
    return found | {"gpu": [ask(job) for job in gpu]}


def _on_cpu(plan: Plan, parts: Collection[str]) -> Results:
    measures = {"speed": _speed, "ragged": _ragged, "memory": _memory, "growth": _growth, "vocabulary": _vocabulary}
    return {name: measures[name](plan) for name in PARTS if name in parts}


def _speed(plan: Plan) -> list[Any]:
    sizes, speed = {name: SIZES[name] for name in plan.sizes}, []
    for threads in plan.threads:
        effort = plan.effort._replace(rest=REST if threads > 1 else 0.0)
        speed.append(ask({"do": "speed", "threads": threads, "sizes": sizes, "effort": effort._asdict()}, threads))
    return speed


def _ragged(plan: Plan) -> Results:
    sizes = {"small": SMALL} | {name: SIZES[name] for name in plan.sizes if name in ("M", "L")}
    rows = ask({"do": "ragged", "sizes": sizes, "effort": plan.effort._asdict()})
    return {"date": datetime.date.today().isoformat(), "sizes": sizes, "rows": rows}


def _memory(plan: Plan) -> Results:
    rows = [ask({"do": "memory", "contender": name, "size": SIZES[plan.memory]}) for name in REMEMBERED]
    return {"size": plan.memory, "rows": rows}


def _growth(plan: Plan) -> Results:
    job = {"do": "growth", "Ts": plan.Ts, "size": SIZES["M"], "effort": plan.growth_effort._asdict()}
    return {"size": SIZES["M"][1:], "rows": ask(job)}


def _vocabulary(plan: Plan) -> Results:
    rows = ask({"do": "vocabulary", "size": plan.words, "effort": plan.growth_effort._asdict()})
    memory = [ask({"do": "vocabulary's memory", "contender": name, "size": plan.words}) for name in MAKERS]
    return {"date": datetime.date.today().isoformat(), "size": plan.words, "rows": rows, "memory": memory}


def ask(job: Job, threads: int = 1) -> Any:
    """The answer to a job, from a process of its own with that many threads.

    This process stays small: the system hands a parent's peak of memory on to its children, and a large one would hide
    theirs.

    Raises
    ------
    subprocess.CalledProcessError
        If the job fails; its own message is on the screen.
    """
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    settings = dict.fromkeys(names, str(threads)) | (ALLOCATOR if "memory" not in job["do"] else {})
    print(f"== {' '.join(str(job[key]) for key in ('do', 'contender') if key in job)}, threads: {threads}", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.worker"],
        input=json.dumps(job),
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env=os.environ | settings,
        check=True,
    )
    return json.loads(done.stdout)


def write(results: Results, folder: Path) -> str:
    """Keep the results as JSON, and what is made from them, named after the processor; returns the page."""
    machine = results["machine"]
    stem = folder / slug(machine["processor"] if results["speed"] else machine["gpu"])
    folder.mkdir(parents=True, exist_ok=True)
    stem.with_suffix(".json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    files = made_from(results, stem.name)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return files[f"{stem.name}.md"]


def made_from(results: Results, stem: str) -> dict[str, str]:
    """The files that are made from the results alone, by name: a page, and a plot if there is something to plot."""
    if not results["growth"]:
        return {f"{stem}.md": markdown(results)}
    plot = f"{stem}.svg"
    return {f"{stem}.md": markdown(results, plot), plot: growth_plot(results["growth"]["rows"])}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one thread, the two smaller sizes, few rounds")
    parser.add_argument("--gpu-only", action="store_true", help="leave out what runs on the processor")
    parser.add_argument("--only", choices=PARTS, help="measure this part anew, and keep the others")
    parser.add_argument("--out", type=Path, help="the folder to write to")
    options = parser.parse_args(arguments)
    parts = (options.only,) if options.only else PARTS
    results = measure(QUICK if options.quick else FULL, on_cpu=not options.gpu_only, parts=parts)
    if options.gpu_only and not results["gpu"]:
        sys.exit("--gpu-only is given, but Torch finds no CUDA device. Leave it out to measure on the processor.")
    folder = options.out or ROOT / ("_build/benchmarks" if options.quick else "benchmarks/results")
    if options.only:
        stored = folder / f"{slug(results['machine']['processor'])}.json"
        results = json.loads(stored.read_text("utf-8")) | {options.only: results[options.only]}
    print(f"\n{write(results, folder)}\nWritten to {os.path.relpath(folder)}.")


if __name__ == "__main__":
    main()
