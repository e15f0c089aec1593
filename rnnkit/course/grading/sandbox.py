"""What a submission's kernel sees: the programs that run it, its own files, and nothing else."""

import os
import shutil
import site
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import rnnkit
from rnnkit.course.grading.limits import Limits, SandboxError

HOME = Path("/home/student")
WORK = HOME / "work"
USER = 1000  # inside a user namespace
DYNAMIC = range(61184, 65520)  # user ids that no account has: systemd keeps them free for services without one
SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libexec", "share")  # of /usr; not /usr/local, where exchanges lie
SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime")  # of /etc
OF_A_PREFIX = ("bin", "lib", "lib64", "include", "pyvenv.cfg")
NAMESPACES = ("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")


def command(kernel: Sequence[str], work: Path, private: Path, limits: Limits, course: Path | None = None) -> list[str]:
    """The command line that runs ``kernel`` in bubblewrap.

    Parameters
    ----------
    kernel : sequence of str
        What runs inside.
    work : Path
        The submission's folder. Its files can be read in ``WORK``; notebooks and links are left out.
    private : Path
        The folder that grader and kernel share, for the sockets between them; seen inside under the same name.
    limits : Limits
    course : Path, optional
        The folder that holds everybody's work.

    Raises
    ------
    SandboxError
        If a program is missing, or if ``course`` lies where every submission has to read.
    """
    folders = programs()
    for folder in folders if course else ():
        if course and course.resolve().is_relative_to(folder.resolve()):
            raise SandboxError(
                f"the course lies in {folder}, which every submission reads because its Python is there. "
                "Move the course to another place."
            )
    return [
        program("bwrap"),
        *NAMESPACES,
        *("--die-with-parent", "--hostname", "sandbox"),
        *_identity(),
        *_parents(HOME, Path("/usr/bin"), Path("/etc/fonts")),
        *_system(),
        *(word for place in ("/dev/shm", "/tmp", str(HOME)) for word in _writable(place, limits)),
        *("--perms", "1777", "--dir", str(WORK)),
        *_parents(*folders),
        *(word for folder in folders for word in ("--ro-bind", str(folder), str(folder))),
        *_files(work),
        *("--bind", str(private), str(private)),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", str(WORK), "--"),
        *_unprivileged(),
        *_limited(limits),
        *kernel,
    ]


def environment(outside: Mapping[str, str] = os.environ) -> dict[str, str]:
    """All of the environment of a submission's kernel."""
    here = {
        "HOME": str(HOME),
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join(dict.fromkeys((str(Path(sys.executable).parent), "/usr/bin", "/bin"))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NBGRADER_EXECUTION": "autograde",
    }
    if site.ENABLE_USER_SITE:
        here["PYTHONUSERBASE"] = site.getuserbase()
    if not any(_package().is_relative_to(folder) for folder in _prefixes()):  # a clone, not an installed package
        here["PYTHONPATH"] = str(_package().parent)
    return here | {name: outside[name] for name in ("RNNKIT_SEED",) if name in outside}


def programs() -> list[Path]:
    """What of Python has to be read: its prefixes, and this package; never a whole clone, which has solutions/."""
    found = [*_prefixes(), _package()]
    usr = [Path("/usr") / name for name in SYSTEM]
    inside = [path for path in found if path.exists() and not any(path.is_relative_to(folder) for folder in usr)]
    return [path for path in inside if not any(path != other and path.is_relative_to(other) for other in inside)]


def program(name: str) -> str:
    """The whole path of a program.

    Raises
    ------
    SandboxError
        If it is not on PATH.
    """
    found = shutil.which(name)
    if not found:
        raise SandboxError(f"the program {name} is not on PATH.")
    return found


def as_root() -> bool:
    return os.geteuid() == 0


def user() -> int:
    """The user id of the kernel as the system outside sees it. Each process of root's gives its own to its kernels."""
    return DYNAMIC[os.getpid() % len(DYNAMIC)] if as_root() else os.geteuid()


def hand_over(private: Path) -> None:
    """Give the folder that grader and kernel share to the user that the kernel runs as."""
    if as_root():
        for path in (private, *private.iterdir()):
            os.chown(path, user(), user())


def _prefixes() -> list[Path]:
    prefixes = dict.fromkeys([sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parents[1])])
    found = [Path(prefix) / name for prefix in prefixes for name in OF_A_PREFIX]
    return [*found, Path(site.getusersitepackages())] if site.ENABLE_USER_SITE else found


def _package() -> Path:
    return Path(rnnkit.__file__).resolve().parent


def _identity() -> list[str]:
    """An ordinary user needs a user namespace. Root does without, and keeps what it takes to become someone else."""
    if as_root():
        return ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return ["--unshare-user", "--disable-userns", "--uid", str(USER), "--gid", str(USER), "--cap-drop", "ALL"]


def _unprivileged() -> list[str]:
    """The kernel of Linux holds root to no number of processes, so root's kernels run as a user of their own."""
    if not as_root():
        return []
    return [program("setpriv"), f"--reuid={user()}", f"--regid={user()}", "--clear-groups", "--inh-caps=-all", "--"]


def _limited(limits: Limits) -> list[str]:
    sizes = {"as": limits.memory, "nproc": limits.processes, "fsize": limits.file, "nofile": limits.open_files}
    return [program("prlimit"), *(f"--{name}={size}" for name, size in sizes.items()), "--core=0", "--"]


def _system() -> Iterator[str]:
    for name in SYSTEM:
        yield from ("--ro-bind-try", f"/usr/{name}", f"/usr/{name}")
        path = Path("/") / name
        if path.is_symlink():
            yield from ("--symlink", os.readlink(path), str(path))
        elif name != "share":
            yield from ("--ro-bind-try", str(path), str(path))
    for name in SETTINGS:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    yield from ("--proc", "/proc", "--dev", "/dev")


def _parents(*paths: Path) -> Iterator[str]:
    """Folders that all may enter: those that bubblewrap makes by itself are its own user's alone."""
    for folder in sorted({parent for path in paths for parent in path.parents if parent != Path("/")}):
        yield from ("--dir", str(folder))


def _writable(place: str, limits: Limits) -> tuple[str, ...]:
    return ("--perms", "1777", "--size", str(limits.disk), "--tmpfs", place)


def _files(work: Path) -> Iterator[str]:
    for path in sorted(work.iterdir()):
        if path.suffix != ".ipynb" and not path.is_symlink():
            yield from ("--ro-bind", str(path), str(WORK / path.name))
