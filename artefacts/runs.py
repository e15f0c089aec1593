"""Runs of a script that are kept on disk, so that an interruption costs one of them."""

import hashlib
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Kept:
    """CPU seconds of each run, and the rows of *Does it win?*."""

    def __init__(self, folder: Path) -> None:
        self.seconds: dict[str, float] = {}
        self.rows: list[dict[str, Any]] = []
        self.folder = folder

    def once(self, name: str, key: str, run: Callable[..., Any], *given: Any) -> Any:
        """What the run returns, or has returned before under this key."""
        file = self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.pickle"
        if not file.is_file():
            began = time.process_time()
            result = run(*given)
            seconds = round(time.process_time() - began, 1)
            print(f"{name}: {seconds} s", flush=True)
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = file.with_suffix(".part")
            draft.write_bytes(pickle.dumps((seconds, result)))
            draft.replace(file)
        self.seconds[name], result = pickle.loads(file.read_bytes())
        return result
