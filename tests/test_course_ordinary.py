"""The sandbox of someone who is not root, tried by root as a user that owns nothing but a course."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from course_attacks import MARK, NOTHING, Graded, attacks
from course_notebooks import FULL, ROOT, SET, right, submission, write

from rnnkit.course.build import release as build
from rnnkit.course.grading.limits import Limits

pytestmark = pytest.mark.slow
USER = 60123  # an id that no account has
MEMORY = 1300  # MB
TRIED = ("bomb", "files", "gradebook", "memory", "memory-of-many", "network", "persistence", "processes")
PROBE = "from rnnkit.course.grading.probe import probe; found = probe(); print(found.state, found.text)"
THREADS = """
import sys, threading, time
for _ in range({}):
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
print("busy", flush=True)
sys.stdin.read()
"""


def opened() -> list[str]:
    """A view of the files in which everyone reaches Python and this clone, also where they lie in root's own folder."""
    needed = sorted({Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve(), ROOT})
    closed = {f for path in needed for f in (*path.parents, path) if f.is_dir() and not f.stat().st_mode & 0o001}
    view = [word for f in sorted(closed) for word in ("--perms", "0755", "--tmpfs", str(f))]
    for path in needed:
        if closed & {path, *path.parents}:
            view += [word for f in reversed(path.parents[:-1]) for word in ("--dir", str(f))]
            view += ["--ro-bind", str(path), str(path)]
    return ["bwrap", "--dev-bind", "/", "/", "--cap-add", "ALL", *view, "--"]


class Ordinary:
    """Runs Python as the user, with a home of its own."""

    def __init__(self, home: Path) -> None:
        programs = os.pathsep.join((str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"))
        self.env = {"HOME": str(home), "PATH": programs, "PYTHONPATH": str(ROOT), "RNNKIT_SEED": "a seed"}
        self.env["PYTHONDONTWRITEBYTECODE"] = "1"
        self.prefix = [*opened(), "setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--inh-caps=-all"]

    def command(self, *arguments: str) -> list[str]:
        return [*self.prefix, sys.executable, *arguments]

    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), cwd=folder, env=self.env, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def folder():
    """Not pytest's own place, which is root's alone."""
    path = Path(tempfile.mkdtemp(prefix="rnnkit-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def ordinary(works, folder):
    """Skips, loudly, where root cannot become someone else who can read this clone."""
    if os.geteuid() != 0:
        pytest.skip("the other tests of the sandbox run as an ordinary user already")
    if not shutil.which("setpriv"):
        pytest.skip("no ordinary user: setpriv is missing")
    home = folder / "home"
    home.mkdir()
    os.chown(home, USER, USER)
    user = Ordinary(home)
    found = user.run(home, "-c", PROBE)
    if not found.stdout.startswith("works"):
        pytest.skip(f"no ordinary user: {found.stdout or found.stderr.strip().rpartition(chr(10))[2]}")
    return user


@pytest.fixture(scope="module")
def graded(ordinary, folder):
    """A course that is the user's, graded by the user, who has more processes of their own than a submission may."""
    course, home = folder / "course", folder / "home"
    build.write_course(ROOT, SET, course)
    build.nbgrader(course, "generate_assignment", SET)
    hostile = attacks(course, home / ".ipython", 9)
    everyone = {name: hostile[name] for name in TRIED} | {"zz-blank": submission({}), "zz-right": submission(right())}
    for student, nb in everyone.items():
        write(course / "submitted" / student / SET / f"{SET}.ipynb", nb)
    (course / f"{MARK}.txt").touch()
    (home / f"{MARK}.txt").touch()
    for path in (course, *course.rglob("*"), *home.iterdir()):
        os.chown(path, USER, USER)
    threads = ordinary.command("-c", THREADS.format(Limits.processes + 10))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(threads, env=ordinary.env, **pipes) as busy:  # until its input is closed
        assert busy.stdout.readline() == b"busy\n"
        done = ordinary.run(
            course, "-m", "nbgrader", "autograde", SET, f"--ExecuteSubmission.memory_mb={MEMORY}",
            "--ExecuteSubmission.timeout=20",
        )  # fmt: skip
        assert busy.poll() is None
    assert done.returncode == 0, done.stderr
    return Graded(course, done.stderr, [])


def test_a_submission_is_run_and_gets_its_marks(graded):
    assert graded.scores("zz-right") == FULL
    assert graded.scores("zz-blank") == NOTHING


@pytest.mark.parametrize("student", TRIED)
def test_an_attack_gains_nothing_and_is_graded(graded, student):
    assert graded.scores(student) == NOTHING


def test_limits_and_walls_hold(graded):
    assert "seen: [] False False" in graded.printed("files")
    assert "OperationalError unable to open database file" in graded.printed("gradebook")
    assert "ConnectionRefusedError" in graded.printed("network")
    assert "wrote into" not in graded.printed("persistence")
    said = graded.printed("processes")
    assert int(said.partition("started: ")[2].split()[0]) < Limits.processes
    said = graded.printed("memory")
    assert 0 < int(said.partition("MemoryError after ")[2].split()[0]) < MEMORY
    said = graded.printed("memory-of-many")
    killed = int((said.partition("killed: ")[2] or "0").split()[0])
    assert 0 < killed < 5 or f"its processes held more than {MEMORY + 512} MB" in said, said


def test_nothing_of_the_users_is_left_running(graded):
    deadline = time.monotonic() + 10  # what was killed takes a moment to go
    while (owned := _owned()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not owned


def _owned() -> list[str]:
    return [path.name for path in Path("/proc").glob("[0-9]*") if _owner(path) == USER]


def _owner(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except OSError:
        return None
