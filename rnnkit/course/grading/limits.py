"""What a submission may use."""

from dataclasses import dataclass

MB = 1 << 20


class SandboxError(Exception):
    """There is no sandbox to run a submission in; the message says why, and what to do."""


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes.

    ``memory`` is the address space of one process: beyond it Python raises MemoryError, and the notebook goes on.
    ``total`` is what all processes of a submission hold together: beyond it they are killed.
    """

    memory: int = 3072 * MB
    total: int = 3584 * MB
    processes: int = 64  # threads count
    file: int = 64 * MB
    disk: int = 128 * MB  # of each of the folders that can be written to
    open_files: int = 512
