"""Whether submissions can be run in a sandbox here; if not, what is in the way and what to do about it."""

import functools
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rnnkit.course.grading import cgroup, sandbox
from rnnkit.course.grading.limits import MB, Limits, SandboxError

CONTAINER_FLAGS = "--cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
UNSUPPORTED = (
    "bubblewrap needs Linux, and this is {system}. Grade in a container: the repository's Containerfile makes one, "
    "and the guide for instructors has the commands."
)
MISSING = "{reason} Install it: sudo apt-get install bubblewrap util-linux (with dnf in place of apt-get on Fedora)."
OLD = "bubblewrap is too old: version 0.8 is the first with all that is needed here, and this one said: {said}"
FORBIDDEN = "bubblewrap is there and may not work. It said: {said}\n{cure}"
BROKEN = "bubblewrap works, but Python does not start in it. It said: {said}"
APPARMOR = (
    "AppArmor lets no ordinary user make a user namespace, as on Ubuntu 24.04. Allow it to bubblewrap alone:\n"
    "  sudo apt-get install apparmor-profiles\n"
    "  sudo cp /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/\n"
    "  sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict"
)
CLONE = "Ordinary users may make no user namespace here. Allow it: sudo sysctl -w kernel.unprivileged_userns_clone=1"
NUMBER = "The system allows no user namespace. Allow some: sudo sysctl -w user.max_user_namespaces=10000"
CONTAINER = f"This container may make no namespaces. Start it with {CONTAINER_FLAGS}"
UNKNOWN = "Namespaces are blocked here, and none of the usual reasons was found: ask who runs this machine."
TRIAL = (sys.executable, "-P", "-c", "import ipykernel, rnnkit.course")


@dataclass(frozen=True)
class Probe:
    """``state`` is works, missing, forbidden, old, broken or unsupported; ``text`` is for a person."""

    state: str
    text: str


def probe(root: Path = Path("/"), system: str = platform.system(), course: Path | None = None) -> Probe:
    """Try the sandbox on all that a submission's kernel imports.

    Parameters
    ----------
    root : Path
        Where the settings of Linux are read.
    system : str
        The system's name, as ``platform.system`` gives it.
    course : Path, optional
        The folder that holds everybody's work.
    """
    if system != "Linux":
        return Probe("unsupported", UNSUPPORTED.format(system={"Darwin": "macOS"}.get(system, system)))
    limits = Limits()
    group = cgroup.create(f"rnnkit-{os.getpid()}-probe", limits)
    try:
        with tempfile.TemporaryDirectory(prefix="rnnkit-", dir="/tmp") as folder:
            work, private = Path(folder) / "work", Path(folder) / "private"
            work.mkdir()
            private.mkdir()
            sandbox.hand_over(private)
            command, extra = group.enter(sandbox.command(TRIAL, work, private, limits, course))
            environment = sandbox.environment() | extra
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    except SandboxError as e:
        return Probe("missing", MISSING.format(reason=e)) if "not on PATH" in str(e) else Probe("broken", str(e))
    except (OSError, subprocess.TimeoutExpired) as e:
        return Probe("broken", BROKEN.format(said=e))
    finally:
        group.close()
    if done.returncode == 0:
        return Probe("works", _holds(group, limits))
    return _failed(done.stderr, root)


@functools.cache
def require(course: Path) -> None:
    """Try once a process.

    Raises
    ------
    SandboxError
        If submissions cannot be run in a sandbox here.
    """
    found = probe(course=course)
    if found.state != "works":
        raise SandboxError(found.text)


def _failed(stderr: str, root: Path) -> Probe:
    lines = [line for line in stderr.splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith("bwrap: ")), "")
    if not said:
        return Probe("broken", BROKEN.format(said=lines[-1] if lines else "nothing"))
    if "nknown option" in said:
        return Probe("old", OLD.format(said=said))
    return Probe("forbidden", FORBIDDEN.format(said=said, cure=_cure(root)))


def _cure(root: Path) -> str:
    if _setting(root, "kernel/unprivileged_userns_clone") == "0":
        return CLONE
    if _setting(root, "user/max_user_namespaces") == "0":
        return NUMBER
    if (root / ".dockerenv").exists() or (root / "run" / ".containerenv").exists():
        return CONTAINER
    if _setting(root, "kernel/apparmor_restrict_unprivileged_userns") == "1":
        return APPARMOR
    return UNKNOWN


def _setting(root: Path, name: str) -> str:
    try:
        return (root / "proc" / "sys" / name).read_text().strip()
    except OSError:
        return ""


def _holds(group: cgroup.Group, limits: Limits) -> str:
    start = "Each submission runs in bubblewrap: its own files, no network, "
    if group.kind == "none":
        return start + (
            f"{limits.memory // MB} MB and {limits.processes} processes. There is no control group to write to, so "
            "the memory of all its processes together is watched four times a second, and a burst can pass in between."
        )
    return start + (
        f"{limits.memory // MB} MB a process, {limits.total // MB} MB in all and {limits.processes} processes, "
        f"held by control groups ({group.kind})."
    )
