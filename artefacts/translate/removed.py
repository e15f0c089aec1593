"""Is an alignment what the decoder reads? Take a letter away, and see which sound is lost."""

from typing import Any

import numpy as np

from artefacts.translate.decode import Said, greedy
from artefacts.translate.network import Translator

CHOICES = ("most", "random", "least")  # which letter: by its weight at the step of the sound
WAYS = (*CHOICES, *(f"hidden {how}" for how in CHOICES))  # taken out of the word, or hidden from the decoder


def kept(before: list[int], after: list[int]) -> list[bool]:
    """Of each symbol of ``before``, whether it stands in ``after`` too, by a shortest way from one to the other."""
    S, U = len(before), len(after)
    cost = np.zeros((S + 1, U + 1), int)
    cost[:, 0], cost[0] = np.arange(S + 1), np.arange(U + 1)
    for s in range(1, S + 1):
        for u in range(1, U + 1):
            diagonal = cost[s - 1, u - 1] + (before[s - 1] != after[u - 1])
            cost[s, u] = min(diagonal, cost[s - 1, u] + 1, cost[s, u - 1] + 1)
    found, s, u = [False] * S, S, U
    while s and u:
        same = before[s - 1] == after[u - 1]
        if cost[s, u] == cost[s - 1, u - 1] + (not same):
            s, u = s - 1, u - 1
            found[s] = same
        elif cost[s, u] == cost[s - 1, u] + 1:
            s -= 1
        else:
            u -= 1
    return found


def without(source: Any, place: int) -> Any:
    return np.delete(source, place)


def chosen(weights: Any, how: str, rng: np.random.Generator) -> int:
    """The place that is taken away: weights (T,)."""
    if how == "random":
        return int(rng.integers(len(weights)))
    return int(weights.argmax() if how == "most" else weights.argmin())


def effects(model: Translator, sources: list[Any], said: list[Said], longest: int, seed: int) -> dict[str, Any]:
    """By choice, for every sound of every word: is it lost, how many others are, is it alone: (sounds, 3).

    "hidden" leaves the letter in the word, and forbids the decoder to look at its place.
    """
    rng, found = np.random.default_rng(seed), {}
    places = [(n, s) for n, one in enumerate(said) for s in range(len(one.symbols))]
    for how in WAYS:
        at = [chosen(said[n].weights[s], how.removeprefix("hidden "), rng) for n, s in places]
        if how.startswith("hidden"):
            after = greedy(model, [sources[n] for n, _ in places], longest, np.array(at))
        else:
            after = greedy(model, [without(sources[n], k) for (n, _), k in zip(places, at, strict=True)], longest)
        rows = []
        for (n, s), one in zip(places, after, strict=True):
            stay = kept(said[n].symbols, one.symbols)
            others = len(stay) - 1 - (sum(stay) - stay[s])
            more = len(one.symbols) > len(said[n].symbols)
            rows.append((not stay[s], others, not stay[s] and not others and not more))
        found[how] = np.array(rows, float)
    return found
