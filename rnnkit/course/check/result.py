"""What a check answers: a number for nbgrader, sentences for a person."""

from dataclasses import dataclass
from html import escape
from typing import Any

DATA = "application/vnd.rnnkit+json"  # the type of what a notebook keeps for a grader and shows to nobody


@dataclass(frozen=True)
class Result:
    """The score of one exercise.

    ``repr`` is the score alone, because nbgrader reads a test cell's text/plain output as the points earned.
    ``print`` it, or let a notebook show it, for the sentences.
    """

    title: str
    score: float
    points: float
    right: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    hint: str = ""
    notes: tuple[str, ...] = ()
    drawn_from: str = ""  # the name that an exercise's own numbers were drawn from

    def __repr__(self) -> str:
        return f"{self.score:g}"

    def __float__(self) -> float:
        return float(self.score)

    @property
    def heading(self) -> str:
        return f"{self.title}: {self.score:g} of {self.points:g} points"

    def __str__(self) -> str:
        lines = [self.heading]
        lines += [f"  right: {line}" for line in self.right]
        lines += [f"  off: {line}" for line in self.off]
        lines += [f"  hint: {self.hint}"] if self.hint else []
        lines += [f"  note: {line}" for line in self.notes]
        return "\n".join(lines)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {DATA: {"drawn_from": self.drawn_from}} if self.drawn_from else {}

    def _repr_html_(self) -> str:
        rows = [f"<li>✓ {escape(line)}</li>" for line in self.right]
        rows += [f"<li>✗ {escape(line)}</li>" for line in self.off]
        rows += [f"<li>→ <strong>{escape(self.hint)}</strong></li>"] if self.hint else []
        rows += [f"<li>{escape(line)}</li>" for line in self.notes]
        items = f'<ul style="list-style: none; padding-left: 1em">{"".join(rows)}</ul>' if rows else ""
        return f"<div><p><strong>{escape(self.heading)}</strong></p>{items}</div>"
