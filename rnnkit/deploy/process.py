"""The server as a process of its own, for tests, measurements and pages: started, asked, stopped, or killed."""

import atexit
import os
import re
import subprocess
import sys
import tempfile
from typing import Self


class Process:
    """A server that runs; ``with start(...) as server:`` ends it.

    Attributes
    ----------
    address, socket : str
        Such as http://127.0.0.1:43211, and the same for streams, ws://127.0.0.1:43211.
    pid : int
    """

    def __init__(self, command: list[str]):
        self._said, self._errors = "", tempfile.TemporaryFile()  # noqa: SIM115
        env = {"OMP_NUM_THREADS": "1"} | os.environ
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._errors, env=env, text=True)
        self.pid = self._process.pid
        atexit.register(self._process.kill)  # a program or a notebook that ends takes its servers along
        line = self._process.stdout.readline() if self._process.stdout else ""
        found = re.search(r"http(://\S+)", line)
        if not found:
            self.kill()
            said = self.errors.strip() or line
            self._errors.close()
            raise RuntimeError(f"The server did not start: {said}")
        self.address, self.socket = f"http{found[1]}", f"ws{found[1]}"

    @property
    def errors(self) -> str:
        """What it has written to its standard error."""
        if not self._errors.closed:
            self._errors.seek(0)
            self._said = self._errors.read().decode("utf-8", "replace")
        return self._said

    def stop(self, seconds: float = 30.0) -> int:
        """SIGTERM: it finishes what runs, tells its streams, and ends. Its exit status; killed, if it takes longer."""
        self._process.terminate()
        return self._ended(seconds)

    def kill(self) -> int:
        """SIGKILL, as kill -9: it ends in the middle of whatever it does."""
        self._process.kill()
        return self._ended(30.0)

    def _ended(self, seconds: float) -> int:
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._said = self.errors
        self._errors.close()
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.stop()
        elif self._process.stdout:
            self._process.stdout.close()
        self._errors.close()


def start(bundle: str | os.PathLike[str], *options: str) -> Process:
    """``python -m rnnkit.deploy serve`` on this bundle, on a free port unless the options name one.

    Parameters
    ----------
    bundle : str or Path
        What :func:`rnnkit.deploy.save_bundle` wrote.
    *options : str
        Those of the command, such as "--redis", "redis://127.0.0.1:6379/0".

    Returns
    -------
    Process

    Raises
    ------
    RuntimeError
        If it does not start; with what it said.
    """
    port = () if "--port" in options else ("--port", "0")
    return Process([sys.executable, "-m", "rnnkit.deploy", "serve", os.fspath(bundle), *port, *options])
