"""nbgrader's execution of a submission, in the sandbox, with an end to its time and output."""

import json
import time
from pathlib import Path
from typing import Any

import zmq
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from traitlets import Bool, Integer

from rnnkit.course.grading.kernel import SandboxedKernelManager, kill
from rnnkit.course.grading.limits import MB, Limits, SandboxError
from rnnkit.course.grading.probe import require
from rnnkit.course.grading.verdict import error, settle

SHORT = 20_000  # characters: a result or an error of this size is kept even when the output is used up


class ExecuteSubmission(Execute):  # type: ignore[misc]  # nbgrader has no types
    """Run a submission's cells. What stops the kernel costs the cells from there on, and no one else anything."""

    unprotected = Bool(
        False,
        help="Run submissions without a sandbox, as this user: each can then read and change everything that you can.",
    ).tag(config=True)
    seconds = Integer(300, help="What a whole submission may take.").tag(config=True)
    memory_mb = Integer(Limits.memory // MB, help="What a process may take; all together, 512 more.").tag(config=True)
    processes = Integer(Limits.processes, help="How many a submission may have, threads included.").tag(config=True)
    output_mb = Integer(4, help="What a submission may print and show.").tag(config=True)

    def __call__(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        if not self.enabled:
            raise SandboxError(
                "a submission is not graded by the outputs that it brought along: run autograde without --no-execute."
            )
        return super().__call__(nb, resources)  # type: ignore[no-any-return]

    def preprocess(self, nb: Any, resources: Any = None, km: Any = None) -> tuple[Any, Any]:
        if not self.unprotected:
            require(self._course())
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None  # also where a cell is not run, or nothing cleared it
        self._stopped, self._left = "", self.output_mb * MB
        self._deadline = time.monotonic() + self.seconds
        self._manager: SandboxedKernelManager | None = None
        self.timeout_func = self._time_for
        self.shutdown_kernel = "immediate"
        try:
            nb, resources = super().preprocess(nb, resources, km)
        except RuntimeError as e:
            said = f" It said: {self._manager.said}" if self._manager else ""
            raise SandboxError(f"the kernel did not start: {e}.{said}") from e
        for cell in nb.cells:
            settle(cell)
        return nb, resources

    def create_kernel_manager(self) -> Any:
        if self.unprotected:
            return super().create_kernel_manager()
        memory = self.memory_mb * MB
        limits = Limits(memory=memory, total=memory + 512 * MB, processes=self.processes)
        self.km = self._manager = SandboxedKernelManager(limits, self._course(), config=self.config)
        return self.km

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        if cell.cell_type != "code" or not cell.source.strip():
            return cell, resources
        if not self._stopped and time.monotonic() >= self._deadline:
            self._stop(f"the notebook took longer than {self.seconds} s in all")
        if self._stopped:
            text = f"This cell was not run, because the notebook was stopped before it: {self._stopped}."
            cell.outputs = [error("NotRun", text)]
            return cell, resources
        try:
            return super().preprocess_cell(cell, resources, index)  # type: ignore[no-any-return]
        except (DeadKernelError, CellTimeoutError, RuntimeError, zmq.ZMQError) as e:
            self._stop(self._reason(e))
        cell.outputs.append(error("Stopped", f"The notebook was stopped in this cell: {self._stopped}."))
        return cell, resources

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        if msg["msg_type"] in ("stream", "display_data", "update_display_data", "execute_result", "error"):
            size = len(json.dumps(msg["content"], default=str))
            full, self._left = self._left < 0, self._left - size
            result = msg["msg_type"] in ("execute_result", "error")
            if self._left < 0 and not (result and size <= SHORT):
                if not full:
                    text = f"[More than {self.output_mb} MB of output: the rest was dropped.]\n"
                    cell.outputs.append(new_output("stream", text=text))  # type: ignore[no-untyped-call]
                return None
        return super().process_message(msg, cell, cell_index)

    def _time_for(self, cell: Any) -> int:
        return max(1, min(int(self.timeout), int(self._deadline - time.monotonic())))

    def _stop(self, reason: str) -> None:
        self._stopped = reason
        kill(getattr(getattr(self.km, "provisioner", None), "process", None))

    def _reason(self, e: Exception) -> str:
        if self._manager and self._manager.watch and self._manager.watch.reason:
            return self._manager.watch.reason
        if isinstance(e, DeadKernelError):
            return "the kernel ended (an exit, or more memory than a submission may have)"
        if isinstance(e, CellTimeoutError):
            return "the cell did not end in time and could not be interrupted (a loop, or output without end)"
        return f"{type(e).__name__}: {e}"

    def _course(self) -> Path:
        return Path(self.config.get("CourseDirectory", {}).get("root", "") or Path.cwd())
