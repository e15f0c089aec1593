"""Finite automata with probabilities: their strings, the symbols that may come next, and how well one can predict."""

import itertools
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from rnnkit import checks

Arrows = Sequence[Mapping[str, tuple[int, float]]]


class Automaton:
    """A generator of strings.

    Parameters
    ----------
    symbols : str
        The alphabet; every string begins with the first of them.
    arrows : sequence of dict
        For each node the symbols that can come next, each with the node to which it leads and its probability. Node 0
        is the one after the first symbol; ``len(arrows)`` is the end.
    legal : sequence of str, optional
        The symbols that the language allows at each node, where the generator does not write all of them.

    Attributes
    ----------
    probability : array of shape (S+1, V)
        Of each symbol at each of the S nodes; 0 at the end.
    legal : array of bool of shape (S+1, V)

    Raises
    ------
    ValueError
        If the probabilities at a node do not add up to 1.

    Examples
    --------
    >>> coin = Automaton("^ht$", [{"h": (0, 0.5), "t": (1, 0.5)}, {"$": (2, 1.0)}])
    >>> round(coin.entropy_rate, 4)
    0.4621
    """

    def __init__(self, symbols: str, arrows: Arrows, legal: Sequence[str] | None = None):
        self.symbols, self.end = symbols, len(arrows)
        shape = (self.end + 1, len(symbols))
        self.probability, self._next = np.zeros(shape), np.full(shape, -1)
        for node, row in enumerate(arrows):
            for symbol, (following, p) in row.items():
                self.probability[node, symbols.index(symbol)] = p
                self._next[node, symbols.index(symbol)] = following
            if not np.isclose(sum(p for _, p in row.values()), 1):
                raise checks.wrong(f"node {node} has {dict(row)}", "probabilities that add up to 1")
        self.legal = self.probability > 0
        for node, allowed in enumerate(legal or ()):
            self.legal[node, [symbols.index(symbol) for symbol in allowed]] = True

    def sample(self, rng: np.random.Generator, n: int) -> Any:
        """n strings as whole numbers, (length, n), each padded with -1."""
        cumulative = self.probability.cumsum(1)
        cumulative[cumulative > 1 - 1e-9] = 1  # rounding must leave no gap below 1
        node, rows = np.zeros(n, int), [np.zeros(n, int)]
        while (node != self.end).any():
            symbol = (cumulative[node] <= rng.random(n)[:, None]).sum(1)  # at the end, one beyond the alphabet
            rows.append(np.where(node == self.end, -1, symbol))
            node = np.where(node == self.end, node, self._next[node, np.minimum(symbol, len(self.symbols) - 1)])
        return np.stack(rows)

    def read(self, symbols: Any, mask: Any) -> Any:
        """The node after each of ``symbols`` (T, N); 0 where the mask is False.

        Raises a ValueError at a symbol that cannot come where it stands.
        """
        nodes = np.zeros(symbols.shape, int)
        for t, (row, data) in enumerate(zip(symbols, mask, strict=True)):
            reached = self._next[nodes[t - 1], row] if t else np.where(row == 0, 0, -1)
            nodes[t] = np.where(data, reached, 0)
            if (nodes[t] < 0).any():
                n = int(nodes[t].argmin())
                so_far = "".join(self.symbols[k] for k in symbols[: t + 1, n])
                raise checks.wrong(
                    f"sequence {n} begins {so_far!r}",
                    "the beginning of a string of this task",
                    "Is it of another task?",
                )
        return nodes

    @cached_property
    def _visits(self) -> Any:
        """The expected number of times that a string passes each node, (S,)."""
        return np.linalg.solve(np.eye(self.end) - self._walk(self.probability[:-1]).T, np.eye(self.end)[0])

    def _walk(self, weight: Any) -> Any:
        """The weight of going from node to node, (S, S), by a weight (S, V) for each symbol. The end is left out."""
        step = np.zeros((self.end, self.end + 1))
        np.add.at(step, (np.arange(self.end)[:, None], self._next[:-1]), weight)  # weight 0 where there is no arrow
        return step[:, :-1]

    @property
    def entropy_rate(self) -> float:
        """Nats a symbol of a predictor that knows the node: the lowest possible cross-entropy."""
        return float(self._visits @ _entropy(self.probability[:-1]) / self._visits.sum())

    @property
    def memoryless_entropy(self) -> float:
        """Nats a symbol of a predictor that knows the last symbol alone, H(next | present)."""
        pairs = self._entries @ self.probability[:-1]  # (V, V): the expected number of each pair in a string
        total = pairs.sum(1, keepdims=True)
        share = np.divide(pairs, total, out=np.zeros_like(pairs), where=total > 0)
        return float(total[:, 0] @ _entropy(share) / total.sum())

    @cached_property
    def _entries(self) -> Any:
        """The expected number of times that a string enters each node with each symbol, (V, S)."""
        entries = np.zeros((len(self.symbols), self.end + 1))
        flow = self._visits[:, None] * self.probability[:-1]
        np.add.at(entries, (np.arange(len(self.symbols))[None], self._next[:-1]), flow)
        entries[0, 0] += 1  # every string begins here
        return entries[:, :-1]

    @cached_property
    def memoryless_right(self) -> float:
        """The largest share of strings that a predictor gets right if it ranks the next symbols by the last one alone.

        A string is right if at each step every symbol that may come next ranks above all that are illegal there.
        """
        ends = (self.probability[:-1] * (self._next[:-1] == self.end)).sum(1)
        columns, best = np.arange(len(self.symbols)), 0.0
        for choice in itertools.product(*(self._rankings(v) for v in range(len(columns)))):
            served = np.stack(choice)  # (V, S): right after that symbol, at that node
            reached = np.column_stack([served, np.ones(len(columns))])[columns, self._next[:-1]]  # the end is right
            walk = self._walk(self.probability[:-1] * reached)
            right = np.linalg.solve(np.eye(self.end) - walk, ends)[0] * served[0, 0]
            best = max(best, float(right))
        return best

    def _rankings(self, v: int) -> list[Any]:
        """Which nodes a ranking after symbol v serves, (S,), for each ranking that serves as many as possible."""
        alike: dict[bytes, list[int]] = {}
        for node in np.flatnonzero(self._entries[v]).tolist():
            alike.setdefault(self.probability[node].astype(bool).tobytes() + self.legal[node].tobytes(), []).append(
                node
            )
        found: list[set[int]] = []
        for size in range(len(alike), -1, -1):
            for groups in itertools.combinations(alike.values(), size):
                served = set().union(*groups)
                if not any(served <= other for other in found) and self._agree([group[0] for group in groups]):
                    found.append(served)
        return [np.isin(np.arange(self.end), list(served)) for served in found]

    def _agree(self, nodes: list[int]) -> bool:
        """Whether one ranking serves all these nodes: no symbol would have to rank above itself."""
        above = np.zeros((len(self.symbols),) * 2, bool)
        for node in nodes:
            above |= np.outer(self.probability[node] > 0, ~self.legal[node])
        for k in range(len(self.symbols)):
            above |= np.outer(above[:, k], above[k])  # above is transitive
        return not above.diagonal().any()


def _entropy(p: Any) -> Any:
    """In nats, of each row."""
    return -(p * np.log(np.where(p > 0, p, 1))).sum(-1)
