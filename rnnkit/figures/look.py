"""The look of a figure: the page's colours, and matplotlib's settings for them."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from cycler import cycler

TOKENS = Path(__file__).parents[1] / "explorers" / "shared" / "tokens.css"


@cache
def colours() -> dict[str, str]:
    """The light colours by name: ink, page, baseline, input, forget, candidate, output, negative, positive, ..."""
    light = re.search(r":root\s*\{(.*?)\}", TOKENS.read_text("utf-8"), re.S)
    if light is None:
        raise ValueError(f"{TOKENS.name} has no block ':root {{ ... }}', where the light colours are expected.")
    return dict(re.findall(r"--rk-([a-z-]+):\s*(#[0-9A-Fa-f]{6});", light[1]))


def style() -> Any:
    """matplotlib's rcParams for a figure 720 px wide: no box, a light grid, text as text."""
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
