"""What is measured of one trained network that says words."""

from typing import Any

import numpy as np

from artefacts.translate import align, decode, removed, sounds, words
from artefacts.translate.record import rounded
from artefacts.translate.words import phoneme_error, word_error
from rnnkit.metrics import edit_distance

PICKED = ("knitted", "wreckage", "shatter", "boxwood")  # words of the test that the page shows
WIDTHS = (1, 4, 16)
EVERY = 4  # letters are taken away from every fourth word of the test
STEPS = 10  # steps of which errors are counted


def heard(of: Any, attends: bool, weights: dict[str, Any], seed: int) -> dict[str, Any]:
    """Everything that the record has of this network."""
    model, test = sounds.network(of, attends, seed), of.pairs(2)
    model.take(weights)
    said, forced = decode.greedy(model, test.sources, sounds.LONGEST), decode.forced(model, test)
    found = {
        "sounds": [of.sound(one.symbols) for one in said],
        "weights": sum(a.size for a in weights.values()),
        "forced": told_and_alone(test, forced, said),
    }
    if attends:
        found |= {
            "derailed": derailed(of, test, forced, said),
            "beams": searches(of, test, model, forced),
            "removed": taken(model, test, said, seed),
            "aligned": looked(of, test, said),
            "shown": shown(of, model, said),
        }
    return found


def told_and_alone(test: Any, forced: list[Any], said: list[Any]) -> dict[str, Any]:
    """The share of right symbols at each step, told the true beginning and hearing itself; and after a first slip.

    Over all steps, the wrong ones by place, and the edits, which forgive a sequence that is shifted: a symbol each.
    """
    wrong, edits, total = [0, 0], [0, 0], sum(map(len, test.targets))
    right = np.full((2, len(test.targets), STEPS), np.nan)
    after: list[list[float]] = [[], []]
    for n, target in enumerate(test.targets):
        answers = forced[n][: len(target)].argmax(-1), np.array(said[n].symbols + [-1] * len(target))[: len(target)]
        fits = [answer == target for answer in answers]
        slip = np.flatnonzero(~fits[1])
        for k in (0, 1):
            right[k, n, : len(target)] = fits[k][:STEPS]
            after[k] += fits[k][slip[0] + 1 :].tolist() if len(slip) else []
            wrong[k] += int((~fits[k]).sum())
        for k, answer in enumerate((answers[0].tolist(), said[n].symbols)):
            edits[k] += edit_distance(answer, target.tolist())
    nats = [-decode.log_p(p, target) for p, target in zip(forced, test.targets, strict=True)]
    return {
        "told": rounded(np.nanmean(right[0], 0)),
        "alone": rounded(np.nanmean(right[1], 0)),
        "told_after": round(float(np.mean(after[0])), 4),
        "alone_after": round(float(np.mean(after[1])), 4),
        "wrong": [round(count / total, 4) for count in wrong],
        "edits": [round(count / total, 4) for count in edits],
        "loss": round(float(np.sum(nats) / sum(len(t) + 1 for t in test.targets)), 4),
    }


def derailed(of: Any, test: Any, forced: Any, said: Any) -> list[dict[str, Any]]:
    """Words that slip once when told and go wrong when alone: what is said at each step, both ways."""
    found = []
    for n, target in enumerate(test.targets):
        told = [int(p.argmax()) for p in forced[n]][: len(target)]
        alone, right = said[n].symbols, target.tolist()
        slips = sum(a != b for a, b in zip(told, right, strict=True))
        lost = sum(not stay for stay in removed.kept(right, alone))
        if slips == 1 and lost >= 3 and len(of.sounds[2][n]) == 1:
            one = {"word": of.words[2][n], "true": of.sound(target), "told": names(of, told), "alone": of.sound(alone)}
            found.append((lost, one))
    return [one for _, one in sorted(found, key=lambda pair: -pair[0])[:12]]


def names(of: Any, symbols: list[int]) -> list[str]:
    return ["." if k < 2 else of.phonemes[k - 2] for k in symbols]


def searches(of: Any, test: Any, model: Any, forced: list[Any]) -> dict[int, Any]:
    """What a wider search finds in half of the test, and whether the truth would have been more probable."""
    found: dict[int, Any] = {}
    sources, ways = test.sources[::2], of.sounds[2][::2]
    for width in WIDTHS:
        ends = decode.beams(model, sources, width, sounds.LONGEST)
        counts = words.edits([of.sound(some[0].symbols) for some in ends], ways)
        missed = np.flatnonzero(counts[:, 0] > 0)
        less = [decode.log_p(forced[2 * n], test.targets[2 * n]) < ends[n][0].log_p for n in missed]
        there = [any(of.sound(end.symbols) in ways[n] for end in some[:width]) for n, some in enumerate(ends)]
        found[width] = {
            "words": round(word_error(counts), 4),
            "sounds": round(phoneme_error(counts), 4),
            "log_p": round(float(np.mean([some[0].log_p for some in ends])), 4),
            "truth_less_probable": round(float(np.mean(less)), 4),
            "among_ends": round(float(np.mean(there)), 4),
        }
    return found


def taken(model: Any, test: Any, said: list[Any], seed: int) -> dict[str, Any]:
    """Shares over all sounds of some words: the sound is lost; it alone is; and how many others are."""
    some = test.sources[::EVERY], said[::EVERY]
    found = {}
    for how, effect in removed.effects(model, *some, sounds.LONGEST, seed).items():
        lost, others, alone = (round(float(value), 4) for value in effect.mean(0))
        found[how] = {"lost": lost, "others": others, "alone": alone, "sounds": len(effect)}
    return found


def looked(of: Any, test: Any, said: list[Any]) -> dict[str, float]:
    """How often the most attended letter is the one that the alignment by Viterbi gives, and how often it is near."""
    learn = of.pairs(0)
    table = align.learned(learn.sources, [t - 2 for t in learn.targets], 27, len(of.phonemes))
    steps, fine = align.best(test.sources, [t - 2 for t in test.targets], table)
    apart: list[int] = []
    for n in np.flatnonzero(fine):
        if said[n].symbols == test.targets[n].tolist():
            made = np.maximum(steps[: len(test.sources[n]), n], 0)
            apart += (said[n].weights[:-1].argmax(1) - np.repeat(np.arange(len(made)), made)).tolist()
    same, near = (float(np.mean(np.abs(apart) <= most)) for most in (0, 1))
    return {"same": round(same, 4), "near": round(near, 4)}


def shown(of: Any, model: Any, said: list[Any]) -> dict[str, Any]:
    """Words of the test, where the decoder looks, and what it says without each of the letters."""
    found = {}
    for word in PICKED:
        n = of.words[2].index(word)
        source, one = of.pairs(2).sources[n], said[n]
        after = decode.greedy(model, [removed.without(source, k) for k in range(len(source))], sounds.LONGEST)
        found[word] = {
            "sound": of.sound(one.symbols),
            "weights": rounded(one.weights[:-1], 3),
            "without": [of.sound(each.symbols) for each in after],
        }
    return found
