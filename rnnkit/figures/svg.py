"""A figure of matplotlib's as SVG that a page can show, wide and narrow, light and dark."""

import html
import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.ticker import LogFormatterSciNotation

from rnnkit.figures.look import colours, described, style

FONT = "var(--pst-font-family-base, system-ui, sans-serif)"


# In a notebook the book's styles are absent, so a figure itself chooses which of its two drawings fits.
FIGURE = """
.rk-figure { container-type: inline-size; max-width: 720px; margin: 0.5rem 0; }
.rk-figure svg { display: block; width: 100%; height: auto; }
.rk-figure .rk-narrow { display: none; }
@container (max-width: 520px) {
  .rk-figure .rk-wide { display: none; }
  .rk-figure .rk-narrow { display: block; }
}
"""


class Figure:
    """A figure for a page. It is drawn twice, for a wide page and for a phone, so that its text stays large enough.

    Parameters
    ----------
    draw : callable
        ``draw(ax)`` draws on a matplotlib Axes; it is called once for each width.
    alt : str
        What is seen, for those who do not see it.
    caption : str
        What to look for, in a sentence.
    height : float
        A share of its width, on a wide page.
    narrow : float, optional
        The same on a phone; at least 0.8 if left out.

    Raises
    ------
    ValueError
        If alt or caption is empty.
    """

    def __init__(
        self,
        draw: Callable[[Any], object],
        alt: str,
        caption: str,
        height: float = 0.6,
        narrow: float | None = None,
    ):
        described("figure", alt, caption)
        self.alt, self.caption = alt, caption
        self.wide, self.narrow = _svg(draw, alt, 7.5, height), _svg(draw, alt, 3.57, narrow or max(height, 0.8))

    @property
    def body(self) -> str:
        """Both drawings, of which a page shows the one that fits."""
        return "".join(f'<div class="rk-{k}">{svg}</div>' for k, svg in (("wide", self.wide), ("narrow", self.narrow)))

    def _repr_html_(self) -> str:
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>"
        return f'<figure class="rk-figure"><style>{FIGURE}</style>{self.body}{caption}</figure>'


class _Power(LogFormatterSciNotation):
    """The numbers of a logarithmic axis as letters, 10⁻³: matplotlib's own are mathematics, which is slow to parse."""

    SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

    def __call__(self, x: float, pos: int | None = None) -> str:
        name = super().__call__(x, pos)
        name = re.sub(r"\^\{(.*?)\}", lambda power: power[1].translate(self.SUPERSCRIPTS), name)
        return re.sub(r"\$|\\mathdefault|[{}]", "", name).replace(r"\times", "·").replace("-", "−")


def _plain_powers(figure: Any) -> None:
    for place in (*figure.axes, *(inset for ax in figure.axes for inset in ax.child_axes)):
        for axis in (place.xaxis, place.yaxis):
            if type(axis.get_major_formatter()) is LogFormatterSciNotation:
                axis.set_major_formatter(_Power(axis.get_transform().base))
            minor = axis.get_minor_formatter()
            if type(minor) is LogFormatterSciNotation:
                axis.set_minor_formatter(_Power(axis.get_transform().base, labelOnlyBase=minor.labelOnlyBase))


def _svg(draw: Callable[[Any], object], alt: str, inches: float, height: float) -> str:
    salt = f"{alt} {inches}"  # ids differ from figure to figure, and are the same in each run
    with mpl.rc_context(style() | {"svg.hashsalt": salt}):
        figure, ax = plt.subplots(figsize=(inches, height * inches), layout="constrained")
        draw(ax)
        _plain_powers(figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
        plt.close(figure)
    svg = buffer.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg[svg.index("<svg") :], flags=re.S)
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg)  # nothing refers to these ids, which repeat from figure to figure
    first = {value: name for name, value in reversed(colours().items())}  # of two names for one value, the first
    for value, name in first.items():
        svg = re.sub(value, f"var(--rk-{name}, {value})", svg, flags=re.I)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", FONT, svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*pt" height="[^"]*pt"', r"\1", svg, count=1)
    return svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(alt)}"', 1)
