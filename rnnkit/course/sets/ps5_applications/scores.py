"""Exercise ps5-applications.text_scores: perplexity and bits per character over batches of unequal size."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit.course.answer.exercise import UNCHANGED, Case, Cause, Exercise, Layer, Output, Values
from rnnkit.course.answer.run import call
from rnnkit.course.sets.ps5_applications import FORBIDDEN, NOT_THERE


def text_scores(log_p: Values, mask: Values, characters: int) -> tuple[float, float]:
    """(perplexity of a token, bits per character)."""
    nats = -log_p[mask].mean()
    return float(np.exp(nats)), float(nats * mask.sum() / characters / np.log(2))


LONG = 1000  # tokens, at least, of the long text: a product of so many probabilities is 0


def _cases(rng: np.random.Generator) -> list[Case]:
    plan = [("full", 3, 5, 4), ("full", 2, 6, 3), ("padded", 3, 7, 4), ("padded", 4, 5, 3)]
    plan += [("unequal", 4, 6, 5), ("unequal", 3, 8, 4), ("tokens", 3, 6, 4), ("tokens", 4, 7, 3), ("nothing", 3, 6, 4)]
    plan += [("long", 3, 60, 8)]
    cases = []
    for layer, B, T, N in plan:
        log_p = np.log(rng.uniform(0.02, 0.9, (B, T, N))) * rng.uniform(0.6, 1.8, (B, 1, 1))
        mask = np.ones((B, T, N), bool)
        if layer not in ("full", "long"):
            for b in range(B):
                lengths = rng.permutation(np.linspace(2, T, N).astype(int))
                mask[b] = np.arange(T)[:, None] < lengths
        if layer not in ("full", "padded"):
            mask[-1, :, 1:], mask[-1, 3:, 0] = False, False  # the last batch has one short sequence
        if layer == "long":
            mask = np.concatenate([mask[:1], mask[:1], mask])
            log_p = np.concatenate([log_p[:1], log_p[:1, ::-1], log_p])
        if layer not in ("full", "padded", "unequal"):
            log_p[0, 0, 1] = log_p[0, 1, 0] = 0  # tokens that were certain
        tokens = int(mask.sum())
        characters = tokens if layer in ("full", "padded", "unequal") else int(tokens * rng.uniform(2.5, 5)) + 1
        if layer == "nothing":
            log_p[~mask] = -np.inf
        said = f"{tokens} tokens in {characters} characters"
        sizes = "B={}, T={}, N={}".format(*mask.shape)
        cases.append(Case(layer, (log_p, mask, characters), f"with {sizes}, {said}"))
    return cases


Nats = Callable[[Values, Values], Any]  # nats of a token, from log_p and mask


def _by(nats: Nats) -> Callable[..., tuple[float, float]]:
    """Both measures, from another number of nats a token."""

    def scores(log_p: Values, mask: Values, characters: int) -> tuple[float, float]:
        mean = float(nats(log_p, mask))
        return float(np.exp(mean)), float(mean * mask.sum() / characters / np.log(2))

    return scores


def _both(perplexity: Callable[..., Any], bits: Callable[..., Any]) -> Callable[..., tuple[float, float]]:
    return lambda *args: (float(perplexity(*args)), float(bits(*args)))


def _perplexity(log_p: Values, mask: Values, characters: int) -> float:
    return text_scores(log_p, mask, characters)[0]


def _bits(log_p: Values, mask: Values, characters: int) -> float:
    return text_scores(log_p, mask, characters)[1]


def _of_batches(log_p: Values, mask: Values) -> Values:
    """The nats of a token of each batch."""
    return np.array([-p[m].mean() for p, m in zip(log_p, mask, strict=True)])


def _over(axis: int | tuple[int, ...], kept: bool) -> Nats:
    """The mean over sequences (axis 1) or steps (axis 2) of their own means; with those that are all padding, as 0."""

    def nats(log_p: Values, mask: Values) -> float:
        tokens = mask.sum(axis=axis)
        means = -np.where(mask, log_p, 0).sum(axis=axis) / np.maximum(tokens, 1)
        return float(means.mean() if kept else means[tokens > 0].mean())

    return nats


def _weighted(weights: Callable[[Values], Values]) -> Nats:
    return lambda log_p, mask: np.average(_of_batches(log_p, mask), weights=weights(mask))


def _means(of: str, cure: str = "Take one mean over the tokens of all batches, log_p[mask].mean()") -> str:
    return f"Each {of}'s own mean is taken first: those are averaged, and a token in a small one counts more. {cure}."


PADDED = "Take one mean over all tokens; what is all padding counts as a mean of 0 here"
SLIPS: dict[str, Callable[..., Any]] = {
    "The padding is counted as if it were text: only where mask is True there is a token, log_p[mask].": _both(
        lambda log_p, mask, c: np.exp(-log_p.mean()), lambda log_p, mask, c: -log_p.sum() / np.log(2) / c
    ),
    "The padding counts as tokens of log_p = 0: the sum is divided by all places. Divide it by mask.sum().": _by(
        lambda log_p, mask: -np.where(mask, log_p, 0).mean()
    ),
    _means("batch"): _by(lambda p, m: _of_batches(p, m).mean()),
    "The batches' own perplexities are averaged. Average the logarithms over all tokens.": _both(
        lambda log_p, mask, c: np.exp(_of_batches(log_p, mask)).mean(), _bits
    ),
    "The batches' own perplexities are averaged by their tokens. Average the logarithms first.": _both(
        lambda log_p, mask, c: np.average(np.exp(_of_batches(log_p, mask)), weights=mask.sum((1, 2))), _bits
    ),
    _means("sequence"): _by(_over(1, False)),
    _means("sequence", PADDED): _by(_over(1, True)),
    _means("step"): _by(_over(2, False)),
    _means("step", "Take one mean over all tokens"): _by(_over((0, 2), False)),
    _means("step", PADDED): _by(_over(2, True)),
    "Batches count by their sequences. Let each token count once: log_p[mask].mean().": _by(
        _weighted(lambda mask: mask.any(1).sum(1))
    ),
    "Batches count by their steps. Let each token count once: log_p[mask].mean().": _by(
        _weighted(lambda mask: mask.any(2).sum(1))
    ),
    "The bits are in digits, logarithms to base 10. Divide nats by np.log(2).": _both(
        _perplexity, lambda *args: _bits(*args) * np.log(2) / np.log(10)
    ),
    "The bits are those of a batch, as a mean. All bits are shared among the characters: add them up.": _both(
        _perplexity, lambda log_p, mask, c: _bits(log_p, mask, c) / len(mask)
    ),
    "The last batch is left out. It is a small one, and counts by its tokens.": _both(
        lambda p, m, c: _perplexity(p[:-1], m[:-1], c), lambda p, m, c: _bits(p[:-1], m[:-1], c)
    ),
    "The first step is left out. Its tokens were predicted too.": _both(
        lambda p, m, c: _perplexity(p[:, 1:], m[:, 1:], c), lambda p, m, c: _bits(p[:, 1:], m[:, 1:], c)
    ),
    "Tokens are counted where log_p is not 0, and one that was certain has log_p 0: count mask.": _both(
        lambda p, m, c: np.exp(-p[m].sum() / np.count_nonzero(p[m])), _bits
    ),
    "The mean is that of the probabilities. Average their logarithms, and take np.exp of that.": _both(
        lambda p, m, c: 1 / np.exp(p[m]).mean(), _bits
    ),
    "This is np.exp of the sum over all tokens. Divide by their number first.": _both(
        lambda p, m, c: np.exp(-p[m].sum()), _bits
    ),
    "The sum is divided by one token less than there are. Divide by mask.sum().": _both(
        lambda p, m, c: np.exp(-p[m].sum() / (m.sum() - 1)), _bits
    ),
    "The sum is divided by the number of batches. Divide by that of tokens, mask.sum().": _both(
        lambda p, m, c: np.exp(-p[m].sum() / len(m)), _bits
    ),
    "The perplexity is the cross-entropy of a token: np.exp of it is asked for.": _both(
        lambda p, m, c: -p[m].mean(), _bits
    ),
}


def _turned_round(exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case]) -> str:
    """Whether the padding is read in place of the tokens; where there is none, that comes to no number."""
    padded = [case for case in cases if case.layer == "padded"]
    for case in padded:
        came, read = call(exercise, function, case).values, case.args[0][~case.args[1]]
        if len(came) < 2 or came[0].shape != () or not abs(came[0] - np.exp(-read.mean())) < 1e-6:
            return ""
    return "The mask is turned round: what is read is the padding. It is True where there is a token, log_p[mask]."


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
        Layer("the bits, without padding and with a token for each character", 0.5, "full", (1,)),
        Layer("both, where batches are padded and equally large", 0.5, "padded", (0, 1)),
        Layer("both, where batches differ in size", 0.75, "unequal", (0, 1)),
        Layer("both, with tokens of several characters", 0.75, "tokens", (0, 1)),
        Layer("both, whatever stands in the padding", 0.25, "nothing", (0, 1)),
        Layer("both, of a long text", 0.25, "long", (0, 1)),
        Layer(UNCHANGED, 0.25, "", needs=(0, 1, 2, 3, 4), unchanged=True),
    ),
    cases=_cases,
    reference=text_scores,
    slips=SLIPS,
    watch=_turned_round,
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
