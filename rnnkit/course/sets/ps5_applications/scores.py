"""Exercise ps5-applications.text_scores: perplexity and bits per character over batches of unequal size."""

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.sets.ps5_applications import FORBIDDEN, NOT_THERE


def text_scores(log_p: Values, mask: Values, characters: int) -> tuple[float, float]:
    """(perplexity of a token, bits per character)."""
    nats = -log_p[mask].mean()
    return float(np.exp(nats)), float(nats * mask.sum() / characters / np.log(2))


def _cases(rng: np.random.Generator) -> list[Case]:
    plan = [("full", 3, 5, 4), ("full", 2, 6, 3), ("padded", 3, 7, 4), ("padded", 4, 5, 3)]
    plan += [("unequal", 4, 6, 5), ("unequal", 3, 8, 4), ("tokens", 3, 6, 4), ("tokens", 4, 7, 3), ("nothing", 3, 6, 4)]
    cases = []
    for layer, B, T, N in plan:
        log_p = np.log(rng.uniform(0.02, 0.9, (B, T, N))) * rng.uniform(0.6, 1.8, (B, 1, 1))
        mask = np.ones((B, T, N), bool)
        if layer != "full":
            for b in range(B):
                lengths = rng.permutation(np.linspace(2, T, N).astype(int))
                mask[b] = np.arange(T)[:, None] < lengths
        if layer not in ("full", "padded"):
            mask[-1, :, 1:], mask[-1, 3:, 0] = False, False  # the last batch has one short sequence
        tokens = int(mask.sum())
        characters = tokens if layer in ("full", "padded", "unequal") else int(tokens * rng.uniform(2.5, 5)) + 1
        if layer == "nothing":
            log_p[~mask] = -np.inf
        said = f"{tokens} tokens in {characters} characters"
        cases.append(Case(layer, (log_p, mask, characters), f"with B={B}, T={T}, N={N}, {said}"))
    return cases


EXERCISE = Exercise(
    name="text_scores",
    number=3,
    parameters={"log_p": "B T N", "mask": "B T N", "characters": ""},
    outputs=(
        Output("perplexity", "number", means="that of a token"),
        Output("bits", "number", means="those of a character"),
    ),
    layers=(
        Layer("the perplexity, without padding", 0.75, "full", (0,)),
        Layer("the bits, without padding and with a token for each character", 0.75, "full", (1,)),
        Layer("both, where batches are padded and equally large", 0.5, "padded", (0, 1)),
        Layer("both, where batches differ in size", 0.75, "unequal", (0, 1)),
        Layer("both, with tokens of several characters", 0.75, "tokens", (0, 1)),
        Layer("both, whatever stands in the padding", 0.25, "nothing", (0, 1)),
        Layer(UNCHANGED, 0.25, "", needs=(0, 1, 2, 3, 4), unchanged=True),
    ),
    cases=_cases,
    reference=text_scores,
    causes=(
        Cause(ImportError, "", NOT_THERE),
        Cause(
            IndexError,
            "boolean index",
            "mask has the shape of log_p: log_p[mask] takes the real tokens of all batches.",
        ),
    ),
    absent=FORBIDDEN,
)
