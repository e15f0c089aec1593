#!/usr/bin/env python3
"""Build, serve, check and test the course. Needs Python 3.11 and nothing else.

    python3 make.py book        the book, into _build/html
    python3 make.py pdf         the book as one file to print, _build/pdf/book.pdf; needs Chromium
    python3 make.py serve       the book, and a server on localhost that prints its address
    python3 make.py quick       style, types and the fast tests: under two minutes, while you work
    python3 make.py test        style, types and the tests, on every core; this is what has to pass
    python3 make.py test-all    the same, with the heavy tests, and twenty times as many drawn examples
    python3 make.py lint        style and types alone
    python3 make.py bench       speed and memory, measured beside torch.nn and the bare matrix products (bench --help)
    python3 make.py bench-serve the server of rnnkit.deploy, beside its echo and onnxruntime (bench-serve --help)
    python3 make.py bench-pages the explorers in a browser: what an edit costs, beside its targets (bench-pages --help)
    python3 make.py exercises   what is generated: the release notebooks, their hints, the README's picture
    python3 make.py artefacts   what is trained, and what it costs: hours (artefacts NAME --help; artefacts --check)

Each command first makes .venv and installs what constraints.txt pins, once. pip's own settings (its environment
variables and pip.conf) are honoured, so you can point it at a CPU build of PyTorch or at a mirror.
"""

import sys

if sys.version_info < (3, 11):
    found = ".".join(map(str, sys.version_info[:2]))
    sys.exit(f"Python 3.11 or newer is needed, but this is {found}. Name another: make serve PYTHON=python3.12")

import argparse
import functools
import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from server import BookServer

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "installed"
HTML = ROOT / "_build" / "html"
TESTS = {"quick": "not slow and not heavy", "test": "not heavy", "test-all": ""}  # the marks that a command runs
# the commands whose arguments are pytest's, the benchmarks', the training's
OWN_ARGUMENTS = (*TESTS, "bench", "bench-serve", "bench-pages", "artefacts")


def say(text: str) -> None:
    print(f"\n== {text}", flush=True)


def run(*command: str | Path, show: Callable[[str], bool] | None = None) -> None:
    """Run a command of the environment in the project's root, printing the lines to show; leave if it fails."""
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}", "VIRTUAL_ENV": str(VENV)}
    environment.pop("PYTHONHOME", None)
    environment |= {"JUPYTER_PREFER_ENV_PATH": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    environment.setdefault("OMP_NUM_THREADS", "1")  # small networks run many times slower on two threads than on one
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "replace"}
    process = subprocess.Popen([str(part) for part in command], cwd=ROOT, env=environment, **(pipe if show else {}))
    hidden: list[str] = []
    for line in process.stdout or ():
        if show and show(line):
            print(line, end="", flush=True)
        else:
            hidden = [*hidden[-60:], line]
    if process.wait():
        print("".join(hidden), end="")  # what was not worth a line before it failed
        sys.exit(
            f"\n== {' '.join([Path(command[0]).name, *map(str, command[1:4])])} ... failed ({process.returncode})."
        )


def environment() -> None:
    """Make .venv and install everything that is pinned, unless that has been done for these very pins."""
    wanted = hashlib.sha256(b"".join((ROOT / f).read_bytes() for f in ("pyproject.toml", "constraints.txt")))
    wanted.update(f"{sys.version_info[:2]} {ROOT}".encode())
    if STAMP.exists() and STAMP.read_text() == wanted.hexdigest() and PYTHON.exists():
        return
    say("Setting up .venv with the pinned packages: one to five minutes, the first time. Large downloads are named.")
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        sys.exit("This Python has no ensurepip. On Debian and Ubuntu: apt-get install python3-venv")
    started = time.monotonic()
    if not _works(PYTHON):
        shutil.rmtree(VENV, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    pip = (PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off")
    run(*pip, "--constraint", "constraints.txt", "-e", ".[dev]", show=_worth_a_line)
    STAMP.write_text(wanted.hexdigest())
    say(f"The environment is ready ({time.monotonic() - started:.0f} s).")


def _worth_a_line(line: str) -> bool:
    """Of pip's five hundred lines: large downloads and errors."""
    large = re.search(r"Downloading .*\((\d+(?:\.\d+)?) (MB|GB)\)", line)
    return line.startswith("ERROR") or bool(large and (large[2] == "GB" or float(large[1]) > 20))


def _works(python: Path) -> bool:
    return python.exists() and subprocess.run([python, "-c", "import pip"], check=False).returncode == 0


def book(everything: bool = False) -> None:
    say("Building the book into _build/html; every page is executed, and a warning is an error.")
    (ROOT / "_build" / "tested.json").unlink(missing_ok=True)  # the tests' note of the book that they built
    unfinished = ROOT / "_build" / "unfinished"  # a build that was broken off leaves files that the next cannot read
    # an incremental build does not repeat the warnings of pages that it leaves alone
    if everything or unfinished.exists():
        shutil.rmtree(HTML, ignore_errors=True)
        shutil.rmtree(ROOT / "_build" / ".doctrees", ignore_errors=True)
    unfinished.parent.mkdir(exist_ok=True)
    unfinished.touch()
    # the kernel listens on this machine alone; and where the book is, we say ourselves
    noise = re.compile(r"\[IPKernelApp\]|^\s*$|=====|^(Finished|Your book|You can look|Or paste)|^\s+(file:|_build)")
    run(BIN / "jupyter-book", "build", ".", "-W", "--keep-going", "-n", "-q", show=lambda line: not noise.search(line))
    unfinished.unlink()
    print(f"The book is in {HTML.relative_to(ROOT)}: open index.html there, or run the command serve.", flush=True)


def pdf() -> None:
    book()
    say("Printing the book through Chromium; about a minute.")
    run(PYTHON, "-m", "book._pdf")


def serve(port: int | None) -> None:
    if port is not None and not 0 < port < 65536:
        sys.exit(f"--port is {port}, but a port is a number from 1 to 65535. Leave it out, and a free one is found.")
    book()
    for candidate in [port] if port else range(8000, 8020):
        try:
            server = BookServer(HTML, candidate)
            break
        except OSError:
            continue
    else:
        sys.exit(f"Port {port or '8000 to 8019'} is taken. Name another one: python3 make.py serve --port 9000")
    say(f"The book is at http://localhost:{server.server_port}/ (stop with Ctrl+C)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("\nStopped.")


def lint() -> None:
    say("Style (ruff), types (mypy, strict, on rnnkit/) and the JavaScript of explorers and pages (oxlint)")
    run(PYTHON, "-m", "ruff", "check", ".")
    run(PYTHON, "-m", "ruff", "format", "--check", ".")
    run(PYTHON, "-m", "mypy")
    run(BIN / "oxlint", "--deny-warnings", "rnnkit/deploy", "rnnkit/explorers", "rnnkit/figures", "book/_static")


def test(command: str, arguments: list[str]) -> None:
    """Run the tests of a command on all cores. The arguments are pytest's: with -n 0 it is one process."""
    lint()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = min(cores + 1, 8)  # one more, since tests in a browser wait; each holds PyTorch in memory, and a browser
    if command == "test-all":
        os.environ.setdefault("RNNKIT_DRAWS", "20")  # tests/strategies.py
    say(f"Tests (pytest, {workers} at a time)")
    how = ("-n", str(workers), "--dist", "worksteal", "--durations=20", "--durations-min=10")
    run(PYTHON, "-m", "pytest", *how, "-m", TESTS[command], *arguments)


def bench(arguments: list[str]) -> None:
    say("Measuring; leave the machine alone meanwhile.")
    run(PYTHON, "-m", "benchmarks.bench", *arguments)


def bench_serve(arguments: list[str]) -> None:
    say("Measuring the server; leave the machine alone meanwhile.")
    run(PYTHON, "-m", "benchmarks.serving", *arguments)


def bench_pages(arguments: list[str]) -> None:
    say("Measuring the explorers in Chromium; leave the machine alone meanwhile.")
    run(PYTHON, "-m", "benchmarks.pages", *arguments)


def exercises() -> None:
    say("Generating the release notebooks and the hints from solutions/, and the README's picture")
    run(PYTHON, "-m", "rnnkit.course", "build")
    run(PYTHON, "-m", "rnnkit.explorers", "book/_static/latch.svg")


def artefacts(arguments: list[str]) -> None:
    """Train every artefact, or the one that the first argument names, with the options that follow; or check them."""
    if arguments[:1] == ["--check"]:
        say("Holding what is trained against its scripts, by their tests: minutes, and nothing is trained anew")
        return run(PYTHON, "-m", "artefacts.known", *arguments)
    there = sorted(path.parent.name for path in (ROOT / "artefacts").glob("*/__main__.py"))
    named = arguments[:1] if arguments and arguments[0] in there else []
    if arguments and not named:
        sys.exit(f"{arguments[0]} is no artefact. Name one of {', '.join(there)}; its options follow, such as --help.")
    if not named:
        say("What it costs")
        run(PYTHON, "-m", "artefacts.known")
    for name in named or there:
        say(f"Training what takes too long for a page: {name.replace('_', ' ')}")
        run(PYTHON, "-m", f"artefacts.{name}", *arguments[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name in ("book", "pdf", "lint", "exercises"):
        commands.add_parser(name)
    commands.choices["book"].add_argument("--all", action="store_true", help="every page anew, every warning shown")
    commands.add_parser("serve").add_argument("--port", type=int)
    for name in OWN_ARGUMENTS:
        commands.add_parser(name, add_help=False)
    options, rest = parser.parse_known_args()
    if rest and options.command not in OWN_ARGUMENTS:
        parser.error(f"unknown: {' '.join(rest)}")
    environment()
    actions = {
        "book": lambda: book(options.all),
        "pdf": pdf,
        "serve": lambda: serve(options.port),
        **{name: functools.partial(test, name, rest) for name in TESTS},
        "lint": lint,
        "bench": lambda: bench(rest),
        "bench-serve": lambda: bench_serve(rest),
        "bench-pages": lambda: bench_pages(rest),
        "exercises": exercises,
        "artefacts": lambda: artefacts(rest),
    }
    actions[options.command]()


if __name__ == "__main__":
    main()
