"""Control groups: the memory and the number of processes of a whole submission, in each of the forms Linux has.

Version 1 has a tree for each controller; version 2 has one tree, which systemd shares out where it runs. In a
container there is often neither to write to: then ``create`` returns a group that holds nothing.
"""

import contextlib
import functools
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from rnnkit.course.grading.limits import Limits

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
JOIN = """
for group in $GROUPS_TO_JOIN; do echo $$ > "$group/cgroup.procs" || exit 70; done
unset GROUPS_TO_JOIN
exec "$@"
"""
BUS = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")


@dataclass(frozen=True)
class Group:
    """Where a submission's processes are put: folders of control groups, or a command of systemd's, or nothing."""

    kind: str
    folders: tuple[Path, ...] = ()
    prefix: tuple[str, ...] = ()

    def enter(self, command: list[str]) -> tuple[list[str], dict[str, str]]:
        """The command that puts itself into the group before it runs ``command``, and what it needs of environment."""
        if self.folders:
            return ["/bin/sh", "-c", JOIN, "sh", *command], {"GROUPS_TO_JOIN": " ".join(map(str, self.folders))}
        if self.prefix:
            bus = {name: os.environ[name] for name in BUS if name in os.environ}
            hidden = [word for name in bus for word in ("-u", name)]
            return [*self.prefix, "/usr/bin/env", *hidden, *command], bus
        return command, {}

    def close(self) -> None:
        """Remove the group, once its processes have ended."""
        for folder in self.folders:
            for _ in range(20):
                with contextlib.suppress(OSError):
                    folder.rmdir()
                if not folder.exists():
                    break
                time.sleep(0.05)


def create(name: str, limits: Limits, root: Path = ROOT, own: Path = OWN) -> Group:
    """A new group with a submission's limits, of the first kind that this machine and this user have."""
    for kind in (_version_1, _systemd, _version_2):
        group = kind(name, limits, root, own)
        if group:
            return group
    return Group("none")


def _version_1(name: str, limits: Limits, root: Path, own: Path) -> Group | None:
    made: list[Path] = []
    for controller, values in (
        ("memory", {"memory.limit_in_bytes": limits.total, "memory.memsw.limit_in_bytes": limits.total}),
        ("pids", {"pids.max": limits.processes + 8}),  # bubblewrap's own, and what prlimit leaves room for
    ):
        tree = root / controller
        folder = _make([tree / _own(own, controller), tree], name, values)
        if folder is None:
            Group("", tuple(made)).close()
            return None
        made.append(folder)
    return Group("version 1", tuple(made))


def _version_2(name: str, limits: Limits, root: Path, own: Path) -> Group | None:
    """Below the own group, which works for the first of a machine, else beside it, where its parent shares out."""
    here = root / _own(own, "")
    for parent in dict.fromkeys((here, here.parent)):
        if not parent.is_relative_to(root) or not (parent / "cgroup.controllers").exists():
            continue
        with contextlib.suppress(OSError):  # busy: a group that has processes shares nothing out
            (parent / "cgroup.subtree_control").write_text("+memory +pids")
        values = {"memory.max": limits.total, "memory.swap.max": 0, "pids.max": limits.processes + 8}
        folder = _make([parent], name, values)
        if folder:
            return Group("version 2", (folder,))
    return None


def _make(parents: list[Path], name: str, values: dict[str, int]) -> Path | None:
    """A new folder in the first of the parents that takes it; swap is limited where it can be."""
    for parent in parents:
        folder = parent / name
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            for file, value in values.items():
                with contextlib.suppress(OSError) if "sw" in file else contextlib.nullcontext():
                    (folder / file).write_text(str(value))
        except OSError:
            with contextlib.suppress(OSError):
                folder.rmdir()
            continue
        return folder
    return None


def _own(own: Path, controller: str) -> str:
    """The own group's path in a tree; the tree of version 2 has no controller in its line."""
    for line in own.read_text().splitlines() if own.exists() else ():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return path.lstrip("/")
    return ""


def _systemd(_name: str, limits: Limits, root: Path, _own: Path) -> Group | None:
    if root != ROOT or not Path("/run/systemd/system").exists() or not shutil.which("systemd-run"):
        return None
    whose = () if os.geteuid() == 0 else ("--user",)
    sizes = {"MemoryMax": limits.total, "MemorySwapMax": 0, "TasksMax": limits.processes + 8}
    properties = tuple(word for key, value in sizes.items() for word in ("-p", f"{key}={value}"))
    prefix = ("systemd-run", "--quiet", "--scope", "--collect", *whose, *properties, "--")
    return Group("systemd", prefix=prefix) if _runs((*prefix, "true")) else None


@functools.cache
def _runs(command: tuple[str, ...]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
