"""A Jupyter kernel in the sandbox: how it is started, spoken to, watched and ended."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, cast

import psutil
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import default

from rnnkit.course.grading import cgroup, sandbox
from rnnkit.course.grading.limits import MB, Limits

START = [sys.executable, "-P", "-m", "rnnkit.course.grading.start", "-f", "{connection_file}"]
LONGEST_MESSAGE = 4 * MB  # a connection that sends more in one message is closed before it fills the grader's memory
WAITING_MESSAGES = 100
LONGEST_SEND = 2000  # milliseconds: a kernel that has closed its end of a socket would make the grader wait for ever
PRIVATE = 16 * MB  # of the folder with the sockets, which hold nothing


def bounded_context() -> zmq.asyncio.Context:
    """Sockets on which a kernel can neither fill the grader's memory nor make it wait for ever."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.MAXMSGSIZE, LONGEST_MESSAGE)
    context.setsockopt(zmq.RCVHWM, WAITING_MESSAGES)
    context.setsockopt(zmq.SNDTIMEO, LONGEST_SEND)
    return context


class BoundedClient(AsyncKernelClient):
    """Takes no message that could fill the grader's memory."""

    @default("context")
    def _context_default(self) -> zmq.asyncio.Context:
        self._created_context = True
        return bounded_context()


class SandboxedKernelManager(AsyncKernelManager):
    """Starts ipykernel in bubblewrap, with Unix sockets in a folder of its own in place of the network.

    Parameters
    ----------
    limits : Limits
    course : Path
        The folder that holds everybody's work.
    """

    @default("context")
    def _context_default(self) -> zmq.asyncio.Context:
        self._created_context = True
        return bounded_context()

    def __init__(self, limits: Limits, course: Path, **options: Any) -> None:
        super().__init__(**options)
        self.limits, self.course = limits, course
        self.client_factory = BoundedClient
        self.private = Path(tempfile.mkdtemp(prefix="rnnkit-", dir="/tmp"))  # a socket's name has at most 107 letters
        self.transport, self.ip = "ipc", str(self.private / "socket")
        self.connection_file = str(self.private / "kernel.json")
        # an interrupt as a message: a signal would end bubblewrap, and the kernel with it
        self._kernel_spec = KernelSpec(argv=START, language="python", interrupt_mode="message")
        self.group = cgroup.Group("none")
        self.errors = self.private.with_suffix(".log")  # beside the folder: the kernel cannot open it
        self.said = ""  # by bubblewrap or by a kernel that did not start: the last line of its stderr
        self.watch: Watch | None = None

    async def _async_launch_kernel(self, kernel_cmd: list[str], **options: Any) -> None:
        self.group = cgroup.create(self.private.name, self.limits)
        sandbox.hand_over(self.private)
        work = Path(options.pop("cwd", None) or Path.cwd())
        command, extra = self.group.enter(sandbox.command(kernel_cmd, work, self.private, self.limits, self.course))
        options |= {"env": sandbox.environment() | extra, "stdout": subprocess.DEVNULL}
        with open(self.errors, "wb") as errors:
            # its parent is bubblewrap, which ends with the grader; ipykernel would look for the grader, and not see it
            await super()._async_launch_kernel(command, independent=True, stderr=errors, **options)
        process = cast(LocalProvisioner, self.provisioner).process
        assert process
        self.watch = Watch(process, self.private, self.limits)

    async def _async_interrupt_kernel(self) -> None:
        with contextlib.suppress(zmq.Again):
            await super()._async_interrupt_kernel()

    interrupt_kernel = _async_interrupt_kernel

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart)
        if self.watch:
            self.watch.end()
        self.group.close()
        with contextlib.suppress(OSError):
            lines = self.errors.read_text(errors="replace").split("\n")
            self.said = next((line[:500] for line in reversed(lines) if line.strip()), "nothing")
            self.errors.unlink()
        shutil.rmtree(self.private, ignore_errors=True)

    cleanup_resources = _async_cleanup_resources


class Watch(threading.Thread):
    """Ends a kernel whose processes together hold more than they may, where no control group does it first."""

    def __init__(self, process: subprocess.Popen[bytes], private: Path, limits: Limits) -> None:
        super().__init__(daemon=True)
        self.process, self.private, self.limits = process, private, limits
        self.reason = ""
        self._ended = threading.Event()
        self.start()

    def run(self) -> None:
        while not self.reason and not self._ended.wait(0.25):
            if _memory(self.process.pid, self.limits.total) > self.limits.total:
                self.reason = f"its processes held more than {self.limits.total // MB} MB"
            elif _size(self.private) > PRIVATE:
                self.reason = "it filled the folder that is there for its sockets"
        if self.reason:
            kill(self.process)

    def end(self) -> None:
        self._ended.set()


def kill(process: subprocess.Popen[bytes] | None) -> None:
    """End bubblewrap, and with it everything that runs inside."""
    if process and process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _memory(pid: int, limit: int) -> int:
    """What a process and its children hold; pages that they share are counted once, if that decides."""
    with contextlib.suppress(psutil.Error):
        processes = psutil.Process(pid).children(recursive=True)
        total = sum(map(_resident, processes))
        return total if total <= limit else sum(map(_proportional, processes))
    return 0


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it has ended
        return 0


def _proportional(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:  # ended, or not to be looked at so closely
        return _resident(process)


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size
    return total
