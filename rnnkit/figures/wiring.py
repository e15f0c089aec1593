"""How the parts of an LSTM's step are joined: gate by gate, as a whole, and as one product of matrices.

Each function fills an Axes, whose units become points, so that the text keeps its size however wide the figure is.
"""

from typing import Any

from rnnkit import checks
from rnnkit.figures.look import colours

# The blocks in PyTorch's order: what squashes each, its colour, and the line that says the same.
BLOCKS = {"i": ("σ", "input", "-"), "f": ("σ", "forget", "--")}
BLOCKS |= {"g": ("tanh", "candidate", ":"), "o": ("σ", "output", "-.")}
STAGES = ("", "li", "i", "if", "ifo")  # l is a leak of 0.8, where f will stand


def stage(ax: Any, gates: str) -> None:
    """A unit with some of its gates, of which the last stands out where it is new; with none, a leak of 0.8.

    Parameters
    ----------
    ax : matplotlib Axes
        At least 130 points wide and 70 high.
    gates : str
        "", "li", "i", "if" or "ifo", where l is the leak.

    Raises
    ------
    ValueError
        If gates is another text.
    """
    if gates not in STAGES:
        raise checks.wrong(f"gates is {gates!r}", "'', 'li', 'i', 'if' or 'ifo'", "the order in which they are added.")
    W, H = _in_points(ax)
    f, i, mid, o = (W * k for k in (0.2, 0.34, 0.5, 0.79))
    top, low, half, foot = H - 14, H * 0.3, H * 0.48, 10
    _wire(ax, (22, top), (W - 20, top), width=4, end=0)
    _wire(ax, (mid, foot + 4), (mid, top))
    _wire(ax, (o, top), (o, low), (W - 20, low), end=0)
    places = {"i": ((i, half), (mid, half)), "f": ((f, foot), (f, top)), "o": ((W * 0.63, low), (o, low))}
    for name in gates.removeprefix("l"):
        (_, look, line), (start, end), new = BLOCKS[name], places[name], name == gates[-1] and gates != "i"
        _wire(ax, start, end, look=look, line=line, width=2.6 if new else 1.4)
        _node(ax, *end, "×", "circle", look, 2.6 if new else 1.4, bold=False)
        _node(ax, *start, f"{name}ₜ", "circle", look, 2.6 if new else 1.4, bold=False)  # a bold i is an I
    if gates in ("", "li"):
        _node(ax, f, top, "0.8", "round")
    if not gates:
        _node(ax, mid, half, "0.2", "round")
    _node(ax, mid, top, "+")
    _node(ax, o, (top + low) / 2 + 2, "tanh", "round")
    _words(ax, {"cₜ₋₁": (10, top), "cₜ": (W - 9, top), "hₜ": (W - 9, low), "xₜ": (mid - 12, foot + 2)})


def step(ax: Any, *, numbered: bool = False) -> None:
    """The whole step: four boxes, and the way of c above them.

    Parameters
    ----------
    ax : matplotlib Axes
        It fills its figure, which is at least 260 points wide.
    numbered : bool, optional
        Whether the lines of the way back, ① to ⑥, stand at their places.
    """
    alone(ax)
    W, H = _in_points(ax)
    f, i, mid, g, o = (W * k for k in (0.2, 0.4, 0.49, 0.58, 0.8))
    top, low, out, boxes, bus = H - 26, H - 82, H - 112, 66, 22
    _wire(ax, (26, top), (W - 30, top), width=4, end=0)
    _wire(ax, (44, bus), (o, bus), end=0)
    _wire(ax, (o, top), (o, out))
    _wire(ax, (o, out), (W - 30, out), end=0)
    _wire(ax, (mid, low), (mid, top))
    ends = {"f": (f, top), "i": (mid, low), "g": (mid, low), "o": (o, out)}
    for name, x in zip("figo", (f, i, g, o), strict=True):
        squash, look, line = BLOCKS[name]
        _wire(ax, (x, bus), (x, boxes))
        _wire(ax, (x, boxes), ends[name], look=look, line=line)
        _node(ax, x, boxes, f"{name}: {squash}", "round", look)
    for x, y, name in (f, top, "×"), (mid, low, "×"), (mid, top, "+"), (o, out, "×"):
        _node(ax, x, y, name)
    _node(ax, o, (top + low) / 2, "tanh", "round")
    words = {"cₜ₋₁": (12, top), "cₜ": (W - 16, top), "hₜ": (W - 16, out), "xₜ, hₜ₋₁": (22, bus)}
    _words(ax, words)
    if not numbered:
        return
    _words(ax, {"①": (W - 14, out + 15), "②": (o - 19, out), "③": (o, top + 14), "④": (mid + 15, top + 14)})
    for x in (f - 24, i - 26, g + 28, o + 24):
        _words(ax, {"⑤": (x, boxes + 17)})
    for y in (bus + 13, top - 14):
        _words(ax, {"⑥": (34, y)})


def product(ax: Any) -> None:
    """All sums of a step as one product, for a batch, and how it is cut: x W_ihᵀ + h W_hhᵀ + b, then σ σ tanh σ."""
    alone(ax)
    W, H = _in_points(ax)
    u, row = W / 19, 15  # a block of H columns; N rows
    high = {"I": 2.2 * row, "H": 3 * row, "N": row, "1": 5}
    wide = {"I": 1.1 * u, "H": 1.6 * u}
    x, middle = 1.0, H - 16 - high["H"] / 2
    parts = [("xₜ", "N", "I"), ("Wᵢₕᵀ", "I", "4H"), ("+", "", ""), ("hₜ₋₁", "N", "H"), ("Wₕₕᵀ", "H", "4H")]
    for name, rows, columns in [*parts, ("+", "", ""), ("b", "1", "4H")]:
        if not rows:
            _words(ax, {name: (x + 0.45 * u, middle)})
            x += 0.9 * u
            continue
        width = wide.get(columns, 4 * u)
        _blocks(ax, x, middle, width, high[rows], split=columns == "4H")
        below = middle - high["H"] / 2 - 8
        _words(ax, {name: (x + width / 2, middle + high["H"] / 2 + 8)})
        _words(ax, {columns if rows == "1" else f"{rows}×{columns}": (x + width / 2, below)})
        x += width + 0.4 * u
    out, start = 64, 52
    each = (W - start - 2) / 4
    _words(ax, {"= aₜ": (start - 22, out), "N×4H": (start - 26, out - 15)})
    _blocks(ax, start, out, 4 * each, row, split=True)
    for k, (name, (squash, look, line)) in enumerate(BLOCKS.items()):
        at = start + (k + 0.5) * each
        _wire(ax, (at, out - row / 2), (at, 18), look=look, line=line, end=0)
        _node(ax, at, 38, squash, "round", look)
        _words(ax, {f"{name}ₜ": (at, 9)})


def alone(ax: Any) -> float:
    """Let an Axes fill its whole figure; how wide that is, in points."""
    ax.figure.set_layout_engine("none")
    ax.set_position([0, 0, 1, 1])
    return _in_points(ax)[0]


def _in_points(ax: Any) -> tuple[float, float]:
    """Empty Axes whose units are points: how many they are wide and high."""
    ax.set_axis_off()
    box = ax.get_window_extent()
    W, H = (72 * size / ax.figure.dpi for size in (box.width, box.height))
    ax.set(xlim=(0, W), ylim=(0, H))
    return W, H


def _node(
    ax: Any,
    x: float,
    y: float,
    name: str,
    shape: str = "circle",
    look: str = "ink",
    width: float = 1.6,
    *,
    bold: bool = True,
) -> None:
    c = colours()
    box: dict[str, Any] = {"boxstyle": f"{shape},pad=0.25"}
    box |= {"facecolor": c["page"], "edgecolor": c[look], "linewidth": width}
    ax.text(x, y, name, ha="center", va="center", bbox=box, weight="bold" if bold and width > 2 else "normal")


def _wire(
    ax: Any, *points: tuple[float, float], look: str = "ink", line: str = "-", width: float = 1.4, end: float = 9
) -> None:
    style = {"color": colours()[look], "ls": line, "lw": width}
    ax.plot(*zip(*points[:-1], strict=True), **style)
    ax.annotate("", points[-1], points[-2], arrowprops={"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": end} | style)


def _words(ax: Any, places: dict[str, tuple[float, float]]) -> None:
    for word, place in places.items():
        ax.text(*place, word, ha="center", va="center")


def _blocks(ax: Any, x: float, middle: float, width: float, height: float, *, split: bool) -> None:
    """A matrix, centred on a height; split in four, each block has its letter and the line of its gate."""
    low, c = middle - height / 2, colours()
    if not split:
        ax.fill([x, x + width, x + width, x], [low, low, low + height, low + height], fc=c["line"], ec=c["ink"], ls="-")
        return
    for k, (name, (_, look, line)) in enumerate(BLOCKS.items()):
        a, b = x + k * width / 4 + 0.8, x + (k + 1) * width / 4 - 0.8
        ax.fill([a, b, b, a], [low, low, low + height, low + height], fc=c["page"], ec=c[look], ls=line, lw=1.6)
        if height > 9:
            ax.text((a + b) / 2, middle, name, ha="center", va="center")
