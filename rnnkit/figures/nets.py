"""How cells are joined to a network, unrolled over four steps: both ways, and layer on layer; what each half has read.

The first two fill an Axes, whose units become points, as those of ``wiring``.
"""

from collections.abc import Sequence
from typing import Any

from rnnkit.figures.look import colours
from rnnkit.figures.wiring import _in_points, _node, _wire, _words, alone

STEPS = "₁₂₃₄"
MARKED: dict[str, Any] = {"look": "positive", "width": 3.2}
THIN: dict[str, Any] = {"width": 1.1}


def both_ways(ax: Any) -> None:
    """Two rows of cells with opposed arrows, and answers that join them; marked, the way from x₄ into y₃."""
    alone(ax)
    W, H = _in_points(ax)
    aside, foot, front, back, top = 0.055 * W, 10, 0.34 * H, 0.66 * H, H - 10
    across = [W * (k + 0.5) / len(STEPS) for k in range(len(STEPS))]
    for k, x in enumerate(across):
        for at, side in ((front, x - aside), (back, x + aside)):
            _wire(ax, (x, foot + 6), (side, at), **_if(k == 3 and at == back))
            _wire(ax, (side, at + 8), (x, top), **_if(k == 2 and at == back))
        if k:
            _wire(ax, (across[k - 1] - aside, front), (x - aside, front), end=16, **THIN)
            _wire(ax, (x + aside, back), (across[k - 1] + aside, back), end=16, **_if(k == 3))
    for n, x in zip(STEPS, across, strict=True):
        _node(ax, x - aside, front, f"→h{n}", "round")
        _node(ax, x + aside, back, f"←h{n}", "round", width=2.6 if n in "₃₄" else 1.6)
        _words(ax, {f"x{n}": (x, foot), f"y{n}": (x, top)})


def stack(ax: Any) -> None:
    """Three layers over four steps, with paths past the upper two; marked, the gradient's way down at the last step."""
    alone(ax)
    W, H = _in_points(ax)
    foot, each = 10, (H - 44) / 3
    across = [W * (k + 0.55) / (len(STEPS) + 0.2) for k in range(len(STEPS))]
    cells = [foot + each * (k + 0.42) for k in range(3)]
    joints = [y + 0.44 * each for y in cells]  # a path joins what the cell says
    leaves = [foot + 6, *(y + 0.3 * each for y in joints)]  # where the layer above reads, and the path past it begins
    for n, x in zip(STEPS, across, strict=True):
        last = n == STEPS[-1]
        for k, (cell, joint) in enumerate(zip(cells, joints, strict=True)):
            ends = [(x, leaves[k]), (x, cell)], [(x, cell), (x, joint if k else leaves[1])]
            for way, end in zip(ends, (11, 8 if k else 0), strict=True):
                if last:
                    _wire(ax, *way[::-1], end=11 if way is ends[1] else 0, **(THIN if way[0][1] < cells[0] else MARKED))
                else:
                    _wire(ax, *way, end=end, **THIN)
            if k:
                past = [(x, leaves[k]), (x + 24, leaves[k]), (x + 24, joint), (x, joint)]
                look: dict[str, Any] = (
                    {"look": "positive", "width": 2.2} if last else {"look": "baseline", "width": 1.1}
                )
                _wire(ax, *(past[::-1] if last else past), line="--", end=2 if last else 8, **look)
                _wire(ax, (x, joint), (x, leaves[k + 1]), end=0, **THIN)
            if not last:
                _wire(ax, (x, cell), (across[STEPS.index(n) + 1], cell), end=13, **THIN)
        for k, (cell, joint) in enumerate(zip(cells, joints, strict=True)):
            _node(ax, x, cell, "cell", "round")
            if k:
                _node(ax, x, joint, "+")
        _words(ax, {f"x{n}": (x, foot)})
    x = across[-1]
    for k in (1, 2):
        _wire(ax, (x, leaves[k + 1]), (x, joints[k]), end=8, **MARKED)
    _words(ax, {"L": (x, H - 6)} | {f"h⁽{n}⁾": (across[0] - 16, leaves[k]) for k, n in enumerate("¹²³", 1)})


def halves(ax: Any, lengths: Sequence[int]) -> None:
    """How many letters of each padded sequence the half from the front and the one from the end have read, by step.

    A box stands where it is all of them, and a band on the last step of the batch.
    """
    page = ax.figure
    ax.remove()
    wide = page.get_size_inches()[0] > 5
    for one, back in zip(page.subplots(*((1, 2) if wide else (2, 1))), (False, True), strict=True):
        _half(one, [int(length) for length in lengths], back)


def _half(ax: Any, lengths: list[int], back: bool) -> None:
    steps, c = range(1, max(lengths) + 1), colours()
    for y, length in enumerate(lengths):
        for x in steps:
            pad, n = x > length, length - x + 1 if back else min(x, length)
            words = f"{'+' * (back and length < max(lengths))}{n}{'+' * pad}"
            look = {"fontsize": 9, "style": "italic"} if pad else {}
            ax.text(x, y, "pad" if pad and back else words, ha="center", va="center", **look)
        ax.plot(1 if back else length, y, "s", ms=24, mfc="none", mew=2, color=c["ink"])
    ax.axvspan(max(lengths) - 0.5, max(lengths) + 0.5, color=c["plus"], alpha=0.25, lw=0)
    ax.set(xlim=(0.5, max(lengths) + 0.5), ylim=(len(lengths) - 0.4, -0.6), xticks=steps, yticks=[])
    ax.set_title("← from the end" if back else "→ from the front")
    ax.grid(False)


def _if(marked: bool) -> dict[str, Any]:
    return MARKED if marked else THIN
