"""What rnnkit uses where it is installed: everything but NumPy."""

import importlib
from typing import Any


def needed(module: str, what: str = "this") -> Any:
    """The module, or an ImportError that says how to install the package that it is in."""
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != package and not str(error.name).startswith(f"{package}."):
            raise
        raise ImportError(f"{what} needs {package}, which is not installed. Run: pip install {package}") from error
