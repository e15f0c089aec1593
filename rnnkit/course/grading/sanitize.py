"""For nbgrader's autograde, before a submission is run: what it may not have, and what it may have twice."""

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor


class NoLinks(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Refuse a submission with a link in it: nbgrader would copy what it points to, such as another student's work."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        folder = Path(resources["metadata"]["path"])
        for path in (folder, *sorted(folder.rglob("*"))):
            if path.is_symlink():
                raise ValueError(f"{path} is a link to {os.readlink(path)}. Remove it, and ask who handed it in.")
        return nb, resources


class OneCellAnId(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Leave nbgrader's metadata to one cell for each id, and make ordinary cells of the others.

    A pasted copy has the metadata of its original. nbgrader 0.9.6 empties it in all copies but one and then stops with
    KeyError 'grade_id' at the emptied ones, so that the whole submission stays ungraded. This runs before that.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        copies: dict[str, list[Any]] = {}
        for cell in nb.cells:
            options = cell.metadata.get("nbgrader")
            if options is None:
                continue
            if not isinstance(options, dict) or not options.get("grade_id"):
                del cell.metadata["nbgrader"]
            else:
                copies.setdefault(options["grade_id"], []).append(cell)
        for grade_id, cells in copies.items():
            kept = _answered(cells)
            if len(cells) > 1:
                which = "the last" if kept is cells[-1] else "the last that is not blank"
                student = resources.get("nbgrader", {}).get("student")
                whose = f"{student}: " if student else ""
                self.log.warning("%sCell %s is there %d times; %s is graded.", whose, grade_id, len(cells), which)
            for cell in cells:
                if cell is not kept:
                    del cell.metadata["nbgrader"]
        return nb, resources


def _answered(cells: list[Any]) -> Any:
    """The last copy, as a kernel keeps the last definition; of a written answer the last that is not blank."""
    written = [cell for cell in cells if not _blank(cell)]
    return (written or cells)[-1]


def _blank(cell: Any) -> bool:
    return bool(cell.metadata["nbgrader"].get("checksum") == utils.compute_checksum(cell))


@cache
def warn_without_seed() -> None:
    """One line, however often nbgrader reads its configuration."""
    if not os.environ.get("RNNKIT_SEED"):
        text = "RNNKIT_SEED is not set, so the hidden inputs are those of the public repository."
        print(f"warning: {text}", file=sys.stderr)
