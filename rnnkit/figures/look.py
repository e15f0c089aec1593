"""The look of a figure: the page's colours, and matplotlib's settings for them."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from cycler import cycler

from rnnkit import checks

TOKENS = Path(__file__).parents[1] / "explorers" / "shared" / "tokens.css"


def described(what: str, alt: str, caption: str) -> None:
    """The alternative text and the caption of a figure or reading: neither is empty."""
    for name, text in (("alt", alt), ("caption", caption)):
        if not text.strip():
            hint = "alternative text says what is seen, and a caption what to look for."
            raise checks.wrong(f"{name} of the {what} is empty", "text", hint)


@cache
def colours() -> dict[str, str]:
    """The light colours by name: ink, page, baseline, input, forget, candidate, output, negative, positive, ..."""
    light = re.search(r":root\s*\{(.*?)\}", TOKENS.read_text("utf-8"), re.S)
    if light is None:
        raise checks.wrong(f"{TOKENS.name} has no block ':root {{ ... }}'", "the light colours in one")
    return dict(re.findall(r"--rk-([a-z-]+):\s*(#[0-9A-Fa-f]{6});", light[1]))


def style() -> Any:
    """matplotlib's rcParams for a figure 720 px wide: no box, a light grid, and text that stays text in the SVG."""
    c = colours()
    return {
        "axes.edgecolor": c["baseline"],
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.labelcolor": c["ink"],
        "axes.prop_cycle": cycler(
            color=[c[k] for k in ("forget", "input", "candidate", "output")], linestyle=["--", "-", ":", "-."]
        ),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "font.family": "DejaVu Sans",
        "font.size": 10,
        "grid.color": c["line"],
        "grid.linewidth": 0.8,
        "legend.frameon": False,
        "lines.linewidth": 1.8,
        "svg.fonttype": "none",
        "text.color": c["ink"],
        "xtick.color": c["ink"],
        "ytick.color": c["ink"],
    }
