"""A map as a row of cells on white, the stronger the darker, also in a dark theme: the picture of exercise 7."""

from collections.abc import Sequence

SIDE, TOP = 52, 26


class Picture:
    """A cell for each step. A notebook shows it; printed, it says what is to be seen."""

    def __init__(self, heat: Sequence[float]) -> None:
        self.heat = [float(value) for value in heat]

    def __repr__(self) -> str:
        dark = [str(t + 1) for t, value in enumerate(self.heat) if value > 0.5]
        return f"A row of {len(self.heat)} cells. Dark are steps {', '.join(dark)}; the others are pale."

    def _repr_html_(self) -> str:
        width = SIDE * len(self.heat)
        cells = "".join(
            f'<g transform="translate({SIDE * t + 1} {TOP})"><path d="M0 0h{SIDE - 2}v{SIDE - 2}H0z" fill="#fff"/>'
            f'<rect width="{SIDE - 2}" height="{SIDE - 2}" fill="#c2410c" fill-opacity="{value:.2f}" '
            f'stroke="currentColor" stroke-opacity="0.3"/></g>'
            f'<text x="{SIDE * t + SIDE / 2:g}" y="{TOP + SIDE + 16}" text-anchor="middle">{t + 1}</text>'
            for t, value in enumerate(self.heat)
        )
        return (
            f'<svg viewBox="0 0 {width} {TOP + SIDE + 24}" style="max-width: {width}px; width: 100%" role="img" '
            f'aria-label="{self!r}" font-family="sans-serif" font-size="13" fill="currentColor">'
            f'<text x="1" y="16">why our network said yes: the stronger the colour, the more</text>{cells}</svg>'
        )
