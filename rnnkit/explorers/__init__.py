"""Interactive pictures that compute in the page: ipywidgets in a notebook, and alive on a published page too."""

from rnnkit.explorers.base import Explorer, page_script, page_style, page_tokens
from rnnkit.explorers.state_stepper import StateStepper

EXPLORERS: tuple[type[Explorer], ...] = (StateStepper,)  # what the page's script holds

__all__ = ["EXPLORERS", "StateStepper", "page_script", "page_style", "page_tokens"]
