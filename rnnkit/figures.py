"""Figures in the look of the book: matplotlib's drawing, the page's colours and type.

The colours are read from ``explorers/tokens.css``, the one file that names them. A figure is put into the page as SVG
whose colours are the same custom properties that the explorers use, so that it follows light and dark.
"""

import html
import io
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler

TOKENS = Path(__file__).parent / "explorers" / "tokens.css"
FONT = "var(--pst-font-family-base, system-ui, sans-serif)"


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


class Figure:
    """A figure for a page, drawn twice: for a wide page and for a phone, so that its text is never too small to read.

    Parameters
    ----------
    draw : callable
        ``draw(ax)`` draws on a matplotlib Axes; it is called once for each width.
    alt : str
        What is seen, for those who do not see it.
    caption : str
        What to look for, in a sentence.
    height : float
        Of its width, on a wide page.

    Raises
    ------
    ValueError
        If alt or caption is empty.
    """

    def __init__(self, draw: Callable[[Any], object], alt: str, caption: str, height: float = 0.6):
        if not alt.strip() or not caption.strip():
            raise ValueError("A figure needs alternative text that says what is seen, and a caption. One is empty.")
        self.alt, self.caption = alt, caption
        self.wide, self.narrow = _svg(draw, alt, 7.5, height), _svg(draw, alt, 3.57, max(height, 0.8))

    def _repr_html_(self) -> str:
        widths = "".join(
            f'<div class="rk-{k}">{svg}</div>' for k, svg in (("wide", self.wide), ("narrow", self.narrow))
        )
        return f'<figure class="rk-figure">{widths}<figcaption>{html.escape(self.caption)}</figcaption></figure>'


def _svg(draw: Callable[[Any], object], alt: str, inches: float, height: float) -> str:
    salt = f"{alt} {inches}"  # ids that differ from figure to figure, and not from run to run
    with mpl.rc_context(style() | {"svg.hashsalt": salt}):
        figure, ax = plt.subplots(figsize=(inches, height * inches), layout="constrained")
        draw(ax)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
        plt.close(figure)
    svg = buffer.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg[svg.index("<svg") :], flags=re.S)
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg)  # nothing refers to these, and they repeat from figure to figure
    for name, value in colours().items():
        svg = re.sub(value, f"var(--rk-{name}, {value})", svg, flags=re.I)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", FONT, svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*pt" height="[^"]*pt"', r"\1", svg, count=1)
    return svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(alt)}"', 1)
