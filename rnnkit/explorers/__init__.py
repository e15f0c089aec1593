"""Interactive pictures that compute in the page: ipywidgets in a notebook, and alive on a published page too.

They need ``pip install "rnnkit[explorers]"`` (anywidget and mini-racer); the rest of rnnkit does not.
"""

try:
    from rnnkit.explorers.base import Explorer, page_script, page_style, page_tokens
    from rnnkit.explorers.state_stepper import StateStepper
except ModuleNotFoundError as error:
    if (error.name or "").startswith("rnnkit"):
        raise
    raise ModuleNotFoundError(
        f'rnnkit.explorers needs {error.name}, which is not installed. Run: pip install "rnnkit[explorers]"',
        name=error.name,
    ) from error

EXPLORERS: tuple[type[Explorer], ...] = (StateStepper,)  # what the page's script holds

__all__ = ["EXPLORERS", "StateStepper", "page_script", "page_style", "page_tokens"]
