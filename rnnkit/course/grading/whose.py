"""Whose numbers were answered: the names that students typed, held against the gradebook's and against one another."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from rnnkit.course.check.names import normal
from rnnkit.course.check.result import DATA


class Answered(NamedTuple):
    """A name that was typed in a submission; ``whole`` is the student's in the gradebook, "" if that has none."""

    assignment: str
    student: str
    whole: str
    typed: str

    @property
    def own(self) -> bool:
        """Whether the name is the student's, in any order of its words, or the id."""
        return normal(self.typed) == normal(self.student) or _words(self.typed) == _words(self.whole)


def names_in(nb: Any) -> list[str]:
    """The names that the exercises' own numbers were drawn from, as the results of a notebook's checks keep them."""
    checks = [cell for cell in nb["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]
    results = [o["data"] for cell in checks for o in cell.get("outputs", ()) if o["output_type"] == "execute_result"]
    kept = [data[DATA] for data in results if isinstance(data.get(DATA), dict)]
    return list(dict.fromkeys(str(data.get("drawn_from", "")) for data in kept))


def doubts(found: Iterable[Answered]) -> Iterator[str]:
    """What an instructor should look at, a sentence each."""
    by_name: dict[tuple[str, str], list[Answered]] = defaultdict(list)
    nameless = set()
    for one in found:
        by_name[one.assignment, normal(one.typed)].append(one)
        if one.whole and not one.own:
            yield (
                f"{one.student}, {one.assignment}: the numbers answered are those of {one.typed!r}, and the gradebook "
                f"calls this student {one.whole}."
            )
        elif not one.own:
            nameless.add(one.student)
    for (assignment, _), some in by_name.items():
        students = list(dict.fromkeys(one.student for one in some))
        if len(students) > 1:
            yield f"{' and '.join(students)}, {assignment}: all answered the numbers of {some[0].typed!r}."
    if nameless:
        yield (
            f"The names that students typed were held against one another alone for {len(nameless)} of them: the "
            "gradebook has no name of theirs. Add it with nbgrader db student add or import."
        )


def _words(name: str) -> list[str]:
    return sorted(normal(name).replace(",", " ").split())
