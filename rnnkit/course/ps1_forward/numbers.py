"""What the trajectory exercise shows in the notebook: a student's numbers, or why there are none."""

from html import escape
from typing import NamedTuple


class Drawn(NamedTuple):
    """A simple RNN with one input and one unit, and a sequence of four inputs for it."""

    xs: tuple[float, ...]
    h0: float
    weight_ih: float
    weight_hh: float
    bias_ih: float
    bias_hh: float


class Numbers(Drawn):
    """The numbers with the name that they were drawn from, so that a notebook shows both."""

    drawn_from = ""

    def _repr_html_(self) -> str:
        rows = [("x₁ … x₄", ", ".join(map(_signed, self.xs)))]
        rows += [(name, _signed(value)) for name, value in zip(self._fields[1:], self[1:], strict=True)]
        rows = [*rows, ("drawn from the name", escape(self.drawn_from))] if self.drawn_from else rows
        cells = "".join(f"<tr><th>{name}</th><td>{text}</td></tr>" for name, text in rows)
        return f"<table>{cells}</table>"


class Message(str):
    """A sentence that a notebook shows as it reads, without quotes."""

    def __repr__(self) -> str:
        return str(self)


def _signed(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")
