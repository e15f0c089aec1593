"""A series and a forecast of it as two lines: the plot of exercise 8, without a library."""

from collections.abc import Sequence

WIDTH, HEIGHT, SIDE, TOP = 560, 220, 36, 30


class Picture:
    """Two lines over days. A notebook shows it; printed, it says what is to be seen."""

    def __init__(self, series: Sequence[float], forecasts: Sequence[float]) -> None:
        self.series, self.forecasts = list(series), list(forecasts)

    def __repr__(self) -> str:
        return "Two lines over days. They rise and fall together."

    def _repr_html_(self) -> str:
        low, high = min(self.series + self.forecasts), max(self.series + self.forecasts)
        days = len(self.series)

        def place(day: int, value: float) -> tuple[float, float]:
            x = SIDE + (WIDTH - 2 * SIDE) * (day - 1) / (days - 1)
            return round(x, 1), round(HEIGHT - SIDE - (HEIGHT - SIDE - TOP) * (value - low) / (high - low), 1)

        came = [place(k + 1, value) for k, value in enumerate(self.series)]
        said = [place(k + 2, value) for k, value in enumerate(self.forecasts)]
        ends = [
            f'<text x="{x}" y="{HEIGHT - 12}" text-anchor="middle">day {day}</text>'
            for day, x in ((1, came[0][0]), (days, came[-1][0]))
        ]
        values = [f'<text x="{SIDE - 6}" y="{place(1, v)[1] + 4}" text-anchor="end">{v:g}</text>' for v in (low, high)]
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" style="max-width: {WIDTH}px; width: 100%" role="img" '
            f'aria-label="{self!r}" font-family="sans-serif" font-size="12" fill="currentColor">'
            f"{_line(came, 'currentColor', '')}{_line(said, '#c2410c', '6 4')}"
            f'<text x="{SIDE}" y="16">what came (line)</text>'
            f'<text x="{SIDE + 120}" y="16" fill="#c2410c">what our network had said the day before (dashes)</text>'
            f"{''.join(ends)}{''.join(values)}</svg>"
        )


def _line(points: Sequence[tuple[float, float]], colour: str, dashes: str) -> str:
    path = " ".join(f"{x},{y}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>'
