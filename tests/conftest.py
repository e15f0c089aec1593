"""What several test files share: the built book."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def book_html() -> Path:
    """The built book's html folder: every page built anew, warnings are errors, cells executed (or from the cache)."""
    done = subprocess.run(
        [sys.executable, "make.py", "book", "--all"],
        cwd=ROOT,
        env=os.environ | {"PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"the book does not build:\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    return ROOT / "_build" / "html"
