"""Languages: predict each next symbol of aⁿbⁿ, of nested brackets, and of Reber's grammars."""

from dataclasses import dataclass
from itertools import product
from typing import Any

from rnnkit import checks
from rnnkit.data.automata import Arrows, Automaton
from rnnkit.data.language import Language


@dataclass(frozen=True)
class AnBn(Language):
    """The context-free language aⁿbⁿ, between S and T: SabT, SaabbT, ...

    n is uniform between ``least`` and ``most``. After an a both a and b are legal; after the first b everything is
    determined. The task needs a counter. A predictor that sees the present symbol alone cannot tell the last b from
    the others: it gets only the string with one b right.

    Parameters
    ----------
    least, most : int
        The range of n. To see whether a network counts, train it on one range and measure it on another.

    Raises
    ------
    ValueError
        If least is no whole number of 1 or more, or most is less than it, or above 1000.

    Notes
    -----
    Some legal symbols never come: an a after ``most`` of them, and a b before ``least`` of them. An answer need not
    rank them high, and may.

    References
    ----------
    Gers and Schmidhuber (2001), with sigmoid outputs, n of 1 to 10 in training and up to 1000 after it.

    Examples
    --------
    >>> task = AnBn(least=1, most=10)
    >>> task.decode(task.encode(["SaabbT"])), round(task.chance, 6)
    (['SaabbT'], 0.1)
    """

    least: int = 1
    most: int = 10

    name = "aⁿbⁿ"
    criterion = "every string right at every step; Gers and Schmidhuber (2001) ask it of each n in a range"

    def __post_init__(self) -> None:
        checks.whole("least", self.least)
        checks.whole("most", self.most, self.least, f"least is {self.least}.")
        if self.most > 1000:
            raise checks.wrong(f"most is {self.most}", "at most 1000", "each count is a node of an automaton.")

    def _built(self) -> Automaton:
        N = self.most  # nodes: 0 after S; 1 to N after so many a; N + 1 + k with k more b to come; then the end
        arrows: list[dict[str, tuple[int, float]]] = [{"a": (1, 1.0)}]
        for n in range(1, N + 1):
            stop = (
                1 / (N - n + 1) if n >= self.least else 0.0
            )  # the share of strings with n times a, of those with more
            row = {"a": (n + 1, 1 - stop), "b": (N + n, stop)}
            arrows.append({symbol: arrow for symbol, arrow in row.items() if arrow[1]})
        arrows += [{"T": (2 * N + 1, 1.0)}, *({"b": (N + k, 1.0)} for k in range(1, N))]
        return Automaton("SabT", arrows, legal=["a", *["ab"] * N, "T", *["b"] * (N - 1)])


BRACKETS = ("()", "[]", "{}", "<>")


@dataclass(frozen=True)
class Dyck(Language):
    """Well-nested brackets of ``kinds`` kinds, at most ``depth`` deep, between S and E: S([])()E.

    The first symbol opens a bracket. Each symbol after it opens another or closes the last open one, with probability
    1/2 each; at ``depth`` it closes, and where none is open, it opens one or ends the string. Kinds are uniform. The
    task needs a stack. A predictor that sees the present symbol alone gets the strings right in which each bracket is
    closed at once: 1/3 of all.

    Parameters
    ----------
    kinds : int
        From 1 to 4. With one kind, a counter is enough.
    depth : int
        2 or more: at depth 1 the present symbol is enough.

    Raises
    ------
    ValueError
        If one of them is out of range, or there are more than 2000 stacks.

    References
    ----------
    Chomsky and Schützenberger (1963); with bounded depth, Hewitt, Hahn, Ganguli, Liang and Manning (2020).

    Examples
    --------
    >>> task = Dyck(kinds=2, depth=3)
    >>> batch = task.encode(["S([])E"])
    >>> ["".join(s for s, legal in zip(task.symbols, row) if legal) for row in task.legal(batch)[:, 0]]
    ['([', '()[', '([]', '()[', '([E']
    """

    kinds: int = 2
    depth: int = 3

    name = "Dyck"
    criterion = "every string right at every step: the criterion of Hochreiter and Schmidhuber (1997) for Reber's"

    def __post_init__(self) -> None:
        checks.whole("depth", self.depth, 2, "at depth 1 nothing has to be remembered.")
        if checks.whole("kinds", self.kinds) > len(BRACKETS):
            raise checks.wrong(f"kinds is {self.kinds}", f"at most {len(BRACKETS)}", f"{' '.join(BRACKETS)}.")
        if (stacks := sum(self.kinds**d for d in range(min(self.depth, 2000) + 1))) > 2000:
            came = f"depth is {self.depth} and kinds is {self.kinds}, which makes {stacks} stacks"
            raise checks.wrong(came, "at most 2000", "each is a node of an automaton.")

    @property
    def chance(self) -> float:
        # After a closing bracket the end has to rank first, or no string is right. It is best to rank it first after
        # all kinds, and not to let some kinds nest in others: (r - 1)/2 + kinds/(kinds + r), which bounds the gain of
        # ranking it first after r kinds, is convex in r.
        closed_at_once = again = 0.5
        return closed_at_once * (1 - again) / (1 - closed_at_once * again)

    def _built(self) -> Automaton:
        kinds = range(self.kinds)
        stacks = [stack for d in range(self.depth + 1) for stack in product(kinds, repeat=d)]
        number = {stack: k for k, stack in enumerate(stacks, 1)}
        arrows: list[dict[str, tuple[int, float]]] = [{BRACKETS[k][0]: (number[(k,)], 1 / self.kinds) for k in kinds}]
        for stack in stacks:
            full = len(stack) == self.depth
            row = {BRACKETS[k][0]: (number[(*stack, k)], 0.5 / self.kinds) for k in kinds if not full}
            back = (BRACKETS[stack[-1]][1], number[stack[:-1]]) if stack else ("E", len(stacks) + 1)
            arrows.append(row | {back[0]: (back[1], 1.0 if full else 0.5)})
        return Automaton(self._alphabet(), arrows)

    def _alphabet(self) -> str:
        return "S" + "".join(BRACKETS[: self.kinds]) + "E"


_REBER = ({"T": 1, "P": 2}, {"S": 1, "X": 3}, {"T": 2, "V": 4}, {"X": 2, "S": 5}, {"P": 3, "V": 5}, {"E": 6})


def _reber(start: int) -> Arrows:
    """The arrows of Reber's grammar after its B, with nodes from ``start`` to ``start`` + 6, all equally likely."""
    return [{symbol: (start + node, 1 / len(row)) for symbol, node in row.items()} for row in _REBER]


@dataclass(frozen=True)
class Reber(Language):
    """Reber's grammar: BTXSE, BPVVE, BTSSXXTVVE, ...

    A finite automaton with six nodes and two equally likely arrows from each but the last. The same symbol stands on
    several arrows, so that one symbol does not tell the node. The last two symbols do: a short memory is enough.

    References
    ----------
    Reber (1967); as a task for recurrent networks, Cleeremans, Servan-Schreiber and McClelland (1989).

    Examples
    --------
    >>> task = Reber()
    >>> task.decode(task.sample(0, n=3))
    ['BPTVVE', 'BTXXVPXTVPXTVVE', 'BTXXTVVE']
    >>> round(task.chance, 6), task.chance_loss > task.optimum_loss
    (0.125, True)
    """

    name = "Reber"
    criterion = "every string right at every step: the criterion of Hochreiter and Schmidhuber (1997)"

    def _built(self) -> Automaton:
        return Automaton("BTPSXVE", _reber(0))


@dataclass(frozen=True)
class EmbeddedReber(Language):
    """The embedded Reber grammar: B, then T or P, then a string of Reber's grammar, then the same T or P, then E.

    The network has to keep the second symbol through the inner string, which does not depend on it. No predictor that
    sees the present symbol alone gets a string right: T, for example, comes before B and before E.

    References
    ----------
    Cleeremans, Servan-Schreiber and McClelland (1989); Hochreiter and Schmidhuber (1997), experiment 1.

    Examples
    --------
    >>> task = EmbeddedReber()
    >>> task.encode(["BTBPVVETE"]).xs.shape
    (8, 1, 7)
    >>> task.encode(["BTBPVVEPE"])
    Traceback (most recent call last):
    ...
    ValueError: sequence 0 begins 'BTBPVVEP', expected the beginning of a string of this task. Is it of another task?
    """

    name = "embedded Reber"
    criterion = "every string right at every step; Hochreiter and Schmidhuber (1997), experiment 1"

    def _built(self) -> Automaton:
        arrows: list[Any] = [{"T": (1, 0.5), "P": (10, 0.5)}]  # two paths of nine nodes: B, six of Reber's, T or P, E
        for outer, first in (("T", 1), ("P", 10)):
            arrows += [{"B": (first + 1, 1.0)}, *_reber(first + 1), {outer: (first + 8, 1.0)}, {"E": (19, 1.0)}]
        return Automaton("BTPSXVE", arrows)
