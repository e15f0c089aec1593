"""Figures in the look of the book: matplotlib's drawing, the page's colours and type.

The colours are read from ``explorers/shared/tokens.css``, the one file that names them. A figure is put into the page
as SVG whose colours are the same custom properties that the explorers use, so that it follows light and dark.
"""

from rnnkit.figures import nets, wiring
from rnnkit.figures.aligned import Aligned
from rnnkit.figures.chosen import Chosen
from rnnkit.figures.covered import Covered, Marked
from rnnkit.figures.guessed import Guessed
from rnnkit.figures.heard import Heard
from rnnkit.figures.held import Held
from rnnkit.figures.look import colours, style
from rnnkit.figures.nudged import Nudged
from rnnkit.figures.opened import Opened, bar
from rnnkit.figures.reading import Reading
from rnnkit.figures.running import Running
from rnnkit.figures.shrunk import Shrunk
from rnnkit.figures.stepped import Stepped
from rnnkit.figures.svg import Figure
from rnnkit.figures.views import Views
from rnnkit.figures.wins import Wins

__all__ = [
    "Aligned",
    "Chosen",
    "Covered",
    "Figure",
    "Guessed",
    "Heard",
    "Held",
    "Marked",
    "Nudged",
    "Opened",
    "Reading",
    "Running",
    "Shrunk",
    "Stepped",
    "Views",
    "Wins",
    "bar",
    "colours",
    "nets",
    "style",
    "wiring",
]
