"""Interactive pictures that compute in the page: ipywidgets in a notebook, and alive on a published page too.

They need ``pip install "rnnkit[explorers]"`` (anywidget and mini-racer); the rest of rnnkit does not.
"""

try:
    from rnnkit.explorers.base import Explorer, kit_script, page_script, page_style, page_tokens
    from rnnkit.explorers.latch import Latch
    from rnnkit.explorers.state_stepper import StateStepper
except ModuleNotFoundError as error:
    if (error.name or "").startswith("rnnkit"):
        raise
    raise ModuleNotFoundError(
        f'rnnkit.explorers needs {error.name}, which is not installed. Run: pip install "rnnkit[explorers]"',
        name=error.name,
    ) from error

EXPLORERS: tuple[type[Explorer], ...] = (Latch, StateStepper)  # what the book's pages and the tests go through

__all__ = ["EXPLORERS", "Latch", "StateStepper", "kit_script", "page_script", "page_style", "page_tokens"]
