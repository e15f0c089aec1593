"""A file that a package carries: where it is, what it is, and whether it is still the one that was looked at."""

import hashlib
import importlib.machinery
import importlib.util
from pathlib import Path
from typing import NamedTuple

from rnnkit import checks


class Source(NamedTuple):
    """A data set in an installed package, which is not imported: its file is read as it lies there.

    Attributes
    ----------
    name : str
        What it is called here.
    package, version : str
        What pip installs; the version whose file has this hash, or "" where that has not changed for years.
    module, path : str
        The folder of the package, and the file in it.
    licence : str
        Of the data, which is not always the package's, and where it says so.
    size, sha256 : int, str
        Of the file.
    about : str
        What it holds, and who collected it.
    """

    name: str
    package: str
    version: str
    module: str
    path: str
    licence: str
    size: int
    sha256: str
    about: str

    @property
    def pip(self) -> str:
        """The line that installs it."""
        return f"pip install {self.package}" + (f"=={self.version}" if self.version else "")

    def content(self) -> bytes:
        """The bytes of the file.

        Raises
        ------
        ValueError
            If the package is not installed, or its file is missing or another one; with the line for pip.
        """
        found = installed(self.module)
        if found is None:
            raise checks.wrong(f"{self.package} is not installed", f"it, for it carries {self.name}", self._install())
        file = found / self.path
        if not file.is_file():
            raise checks.wrong(f"{self.package} has no file {self.path}", f"the one that {self.name} is read from")
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if (len(content), digest) != (self.size, self.sha256):
            came = f"{self.path} of {self.package} has {len(content)} bytes and the hash {digest[:8]}…"
            raise checks.wrong(came, f"{self.size} bytes and {self.sha256[:8]}…", self._install())
        return content

    def _install(self) -> str:
        return f"Run: {self.pip}."


def installed(module: str) -> Path | None:
    """The folder of an installed package, without an import of it; None where there is none."""
    found: importlib.machinery.ModuleSpec | None = importlib.util.find_spec(module)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations)))
