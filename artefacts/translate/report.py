"""What the page shows of the runs."""

from collections import Counter
from typing import Any

import numpy as np
from sacrebleu.metrics import BLEU, CHRF

from artefacts.translate import dates, decode, removed, sentences, sounds, words
from artefacts.translate.record import Runs, rounded
from artefacts.translate.words import phoneme_error, word_error

KINDS = {"attention": True, "one state": False}
SHOWN = 8  # letters of a word that is shown, at most
WIDTHS = (1, 4, 16)
EVERY = 4  # letters are taken away from every fourth word of the test
STEPS = 10  # steps of which errors are counted


def of_sounds(runs: Runs) -> dict[str, Any]:
    """Letters in, phonemes out: two translators and three rivals."""
    of = words.parts()
    check, test = of.pairs(1), of.pairs(2)
    models: dict[str, list[Any]] = {}
    for kind, attends in KINDS.items():
        models[kind] = []
        for seed in sounds.SEEDS:
            weights, _ = runs.timed(f"sounds, {kind}, seed {seed}", sounds.trained, of, attends, seed)
            model = sounds.network(of, attends, seed)
            model.take(weights)
            models[kind].append(model)
    said = {
        kind: [decode.greedy(model, test.sources, sounds.LONGEST) for model in each] for kind, each in models.items()
    }
    made = {kind: [[of.sound(one.symbols) for one in run] for run in each] for kind, each in said.items()}
    aligned = runs.timed("sounds, aligned", sounds.aligned, of)
    asked = [*check.sources, *test.sources]
    checked, rivals = {}, {"memory": [runs.timed("sounds, memory", sounds.remembered, aligned, asked)]}
    for name, run in (("trees", sounds.trees), ("labels", sounds.tagged)):
        key = {"trees": "trees", "labels": "tagger"}[name]
        rivals[name] = [runs.timed(f"sounds, {key}, seed {s}", run, aligned, asked, s) for s in sounds.SEEDS]
    for name, each in rivals.items():
        cut = len(check.sources)
        checked[name] = [phoneme_error(words.edits(answers[:cut], of.sounds[1])) for answers in each]
        made[name] = [answers[cut:] for answers in each]
    counts = {name: [words.edits(answers, of.sounds[2]) for answers in each] for name, each in made.items()}
    cheap = min(("memory", "trees"), key=lambda name: float(np.mean(checked[name])))
    for name, network in (("attention", "GRU to GRU, attention"), ("labels", "GRU both ways, a label a letter")):
        runs.compare(
            counts[name],
            counts[cheap],
            phoneme_error,
            "lower",
            task="the sounds of a word, from its letters",
            data="CMU dictionary, split by first four letters",
            measure="phoneme error",
            network=network,
            baseline={"memory": "widest known window", "trees": "trees on 9 letters"}[cheap],
        )
    forced = {kind: [decode.forced(model, test) for model in each] for kind, each in models.items()}
    return {
        "sizes": [len(part) for part in of.words],
        "phonemes": len(of.phonemes),
        "weights": {kind: sum(a.numel() for a in each[0].params.values()) for kind, each in models.items()},
        "cheap": cheap,
        "words": {name: [word_error(c) for c in each] for name, each in counts.items()},
        "sounds": {name: rounded([phoneme_error(c) for c in each], 5) for name, each in counts.items()},
        "checked": {name: rounded(each, 5) for name, each in checked.items()},
        "by_length": by_length(of.words[2], counts),
        "forced": {kind: told_and_alone(test, forced[kind], said[kind]) for kind in KINDS},
        "derailed": derailed(of, test, forced["attention"][0], said["attention"][0]),
        "beams": searches(of, test, models["attention"], forced["attention"]),
        "removed": taken(models["attention"], test, said["attention"]),
        "aligned": looked(of, aligned, test, said["attention"]),
        "shown": shown(of, models["attention"][0], said["attention"][0]),
        "slips": slips(of, made["attention"]),
        "wrong": wrong(of, made, said["attention"][0]),
    }


def by_length(of: list[str], counts: dict[str, Any]) -> dict[str, Any]:
    """Phoneme error by letters; the longest together."""
    lengths = np.clip([len(word) for word in of], 3, 13)
    found = {
        name: [[phoneme_error(c[lengths == n]) for n in range(3, 14)] for c in each] for name, each in counts.items()
    }
    return {
        "letters": list(range(3, 14)),
        "words": [int((lengths == n).sum()) for n in range(3, 14)],
        "error": {name: rounded(each) for name, each in found.items()},
    }


def told_and_alone(test: Any, forced: list[Any], said: list[Any]) -> dict[str, Any]:
    """The share of right symbols at each step, told the true beginning and hearing itself; and after a first slip."""
    found: dict[str, list[Any]] = {"told": [], "alone": [], "told_after": [], "alone_after": [], "loss": []}
    for each, one in zip(forced, said, strict=True):
        right = np.full((2, len(test.targets), STEPS), np.nan)
        after: list[list[float]] = [[], []]
        for n, target in enumerate(test.targets):
            answers = each[n][: len(target)].argmax(-1), np.array(one[n].symbols + [-1] * len(target))[: len(target)]
            fits = [answer == target for answer in answers]
            for k in (0, 1):
                right[k, n, : len(target)] = fits[k][:STEPS]
            slip = np.flatnonzero(~fits[1])
            if len(slip):
                for k in (0, 1):
                    after[k] += fits[k][slip[0] + 1 :].tolist()
        found["told"].append(rounded(np.nanmean(right[0], 0)))
        found["alone"].append(rounded(np.nanmean(right[1], 0)))
        found["told_after"].append(round(float(np.mean(after[0])), 4))
        found["alone_after"].append(round(float(np.mean(after[1])), 4))
        nats = [-decode.log_p(p, target) for p, target in zip(each, test.targets, strict=True)]
        found["loss"].append(round(float(np.sum(nats) / sum(len(t) + 1 for t in test.targets)), 4))
    return found


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


def searches(of: Any, test: Any, models: list[Any], forced: list[Any]) -> dict[int, Any]:
    """What a wider search finds in half of the test, and whether the truth would have been more probable."""
    found: dict[int, Any] = {}
    sources, ways = test.sources[::2], of.sounds[2][::2]
    for width in WIDTHS:
        rows = []
        for model, told in zip(models, forced, strict=True):
            ends = decode.beams(model, sources, width, sounds.LONGEST)
            counts = words.edits([of.sound(some[0].symbols) for some in ends], ways)
            missed = np.flatnonzero(counts[:, 0] > 0)
            truth = [decode.log_p(told[2 * n], test.targets[2 * n]) for n in missed]
            there = [any(of.sound(end.symbols) in ways[n] for end in ends[n][:width]) for n in missed]
            rows.append(
                {
                    "words": word_error(counts),
                    "sounds": phoneme_error(counts),
                    "log_p": float(np.mean([some[0].log_p for some in ends])),
                    "truth_less_probable": float(
                        np.mean([p < ends[n][0].log_p for n, p in zip(missed, truth, strict=True)])
                    ),
                    "among_ends": float(1 - (1 - np.mean(there)) * len(missed) / len(ends)),
                }
            )
        found[width] = {key: rounded([row[key] for row in rows]) for key in rows[0]}
    return found


def taken(models: list[Any], test: Any, said: list[Any]) -> dict[str, Any]:
    """Shares over all sounds of some words: the sound is lost; it alone is; and how many others are."""
    rows = range(0, len(test.sources), EVERY)
    found: dict[str, Any] = {}
    for seed, (model, each) in enumerate(zip(models, said, strict=True)):
        some = [test.sources[n] for n in rows], [each[n] for n in rows]
        for how, effect in removed.effects(model, *some, sounds.LONGEST, seed).items():
            lost, others, alone = effect.mean(0)
            of_how = found.setdefault(how, {"lost": [], "others": [], "alone": [], "sounds": []})
            for key, value in (("lost", lost), ("others", others), ("alone", alone)):
                of_how[key].append(round(float(value), 4))
            of_how["sounds"].append(len(effect))
    return found


def looked(of: Any, aligned: Any, test: Any, said: list[Any]) -> dict[str, Any]:
    """How often the most attended letter is the one that the alignment by Viterbi gives, and how often it is near."""
    from artefacts.translate import align

    learn = of.pairs(0)
    table = align.learned(learn.sources, [t - 2 for t in learn.targets], 27, len(of.phonemes))
    steps, fine = align.best(test.sources, [t - 2 for t in test.targets], table)
    same, near = [], []
    for each in said:
        apart = []
        for n in np.flatnonzero(fine):
            if each[n].symbols == test.targets[n].tolist():
                made = np.maximum(steps[: len(test.sources[n]), n], 0)
                apart += (each[n].weights[:-1].argmax(1) - np.repeat(np.arange(len(made)), made)).tolist()
        same.append(round(float(np.mean(np.array(apart) == 0)), 4))
        near.append(round(float(np.mean(np.abs(apart) <= 1)), 4))
    return {"same": same, "near": near}


def shown(of: Any, model: Any, said: list[Any]) -> dict[str, Any]:
    """Words of the test that are said rightly, where the decoder looks, and what it says without a letter."""
    found = {}
    test = of.pairs(2)
    for n, word in enumerate(of.words[2]):
        if not 5 <= len(word) <= SHOWN or of.sound(said[n].symbols) not in of.sounds[2][n] or word not in PICKED:
            continue
        found[word] = one_shown(of, model, test.sources[n], said[n])
    return found


def one_shown(of: Any, model: Any, source: Any, one: Any) -> dict[str, Any]:
    after = decode.greedy(model, [removed.without(source, k) for k in range(len(source))], sounds.LONGEST)
    return {
        "sound": of.sound(one.symbols),
        "weights": rounded(one.weights[:-1], 3),
        "without": [of.sound(each.symbols) for each in after],
    }


PICKED = ("knitted", "wreckage", "shatter", "boxwood")


def slips(of: Any, made: list[Any]) -> list[dict[str, Any]]:
    """The commonest confusions, over all seeds: one sound for another in a word of the right length."""
    found: Counter[tuple[str, str]] = Counter()
    for answers in made:
        for one, ways in zip(answers, of.sounds[2], strict=True):
            if len(one) == len(ways[0]) and sum(a != b for a, b in zip(one, ways[0], strict=True)) == 1:
                found.update((b, a) for a, b in zip(one, ways[0], strict=True) if a != b)
    return [{"true": a, "said": b, "count": count} for (a, b), count in found.most_common(6)]


def wrong(of: Any, made: dict[str, Any], said: list[Any]) -> list[dict[str, Any]]:
    """Words that attention has wrong and the labels right, the most edits first; and where it looked."""
    found = []
    for n, ways in enumerate(of.sounds[2]):
        ours, theirs = made["attention"][0][n], made["labels"][0][n]
        if tuple(theirs) in ways and tuple(ours) not in ways:
            ((edits, _),) = words.edits([ours], [ways])
            one = {"word": of.words[2][n], "true": theirs, "said": ours, "weights": rounded(said[n].weights[:-1], 2)}
            found.append((int(edits), one))
    return [one for _, one in sorted(found, key=lambda pair: -pair[0])[:8]]


def of_dates(runs: Runs) -> dict[str, Any]:
    """Dates to ISO: in years like those of the training part, and in others."""
    of = dates.parts()
    right: dict[str, Any] = {kind: {"near": [], "far": []} for kind in KINDS}
    slips: dict[str, Any] = {}
    for kind, attends in KINDS.items():
        for seed in dates.SEEDS:
            weights, _ = runs.timed(f"dates, {kind}, seed {seed}", dates.trained, of, attends, seed)
            model = dates.network(of, attends, seed)
            model.take(weights)
            for k, part in ((2, "near"), (3, "far")):
                said = [dates.iso(one.symbols) for one in decode.greedy(model, of.pairs(k).sources, 12)]
                right[kind][part].append(np.equal(said, of.isos[k]).astype(float))
                if not seed:
                    rows = [row for row in zip(of.texts[k], of.isos[k], said, strict=True) if row[1] != row[2]]
                    slips[f"{kind}, {part}"] = rows[:3]
    rule = {
        part: [float(dates.rule(t) == i) for t, i in zip(of.texts[k], of.isos[k], strict=True)]
        for k, part in ((2, "near"), (3, "far"))
    }
    for part, where in (("near", "unseen days of known years"), ("far", "days of another century")):
        runs.compare(
            right["attention"][part],
            rule[part],
            lambda values: float(values.mean()),
            "higher",
            task=f"a date to ISO, {where}",
            data="generated, nine ways to write a date",
            measure="dates right",
            network="GRU to GRU, attention",
            baseline="a rule: nine formats in turn",
        )
    return {
        "sizes": [len(part) for part in of.texts],
        "examples": [list(row) for row in zip(of.texts[2][:6], of.isos[2][:6], strict=True)],
        "right": {
            kind: {part: [float(r.mean()) for r in each] for part, each in by.items()} for kind, by in right.items()
        },
        "rule": {part: float(np.mean(each)) for part, each in rule.items()},
        "slips": slips,
    }


def of_sentences(runs: Runs) -> dict[str, Any]:
    """Short texts, English to German, and three measures of them."""
    of = sentences.parts()
    asked, test = of.english[2], of.pairs(2)
    true = [sentences.text(german) for german in of.german[2]]
    answers: dict[str, Any] = {"GRU": []}
    for seed in sentences.SEEDS:
        weights, _ = runs.timed(f"sentences, attention, seed {seed}", sentences.trained, of, True, seed)
        model = sentences.network(of, True, seed)
        model.take(weights)
        found = decode.beams(model, test.sources, 4, 14)
        answers["GRU"].append([written(of, english, some[0]) for english, some in zip(asked, found, strict=True)])
    rivals = {"memory": sentences.nearest, "word by word": sentences.word_by_word}
    answers |= {name: [rival(of, asked)] for name, rival in rivals.items()}
    answers["English"] = [[sentences.text(english) for english in asked]]
    bleu, chrf = BLEU(), CHRF()
    measures = {
        "BLEU": lambda said: bleu.corpus_score(said, [true]).score,
        "chrF": lambda said: chrf.corpus_score(said, [true]).score,
        "right": lambda said: float(np.mean(np.equal(said, true))),
    }
    each = {
        name: [[chrf.sentence_score(a, [b]).score for a, b in zip(said, true, strict=True)] for said in runs_]
        for name, runs_ in answers.items()
    }
    check, known = of.english[1], [sentences.text(german) for german in of.german[1]]
    cheap = max(rivals, key=lambda name: chrf.corpus_score(rivals[name](of, check), [known]).score)
    runs.compare(
        each["GRU"],
        each[cheap],
        lambda values: float(values.mean()),
        "higher",
        task="a short text, English to German",
        data="menus and messages of LibreOffice",
        measure="chrF, mean of texts",
        network="GRU to GRU, attention",
        baseline={"memory": "most alike known text", "word by word": "word by word, IBM model 1"}[cheap],
    )
    return {
        "sizes": [len(part) for part in of.english],
        "words": [len(vocabulary) for vocabulary in of.vocabularies],
        "scores": {
            name: {m: rounded([f(said) for said in runs_]) for m, f in measures.items()}
            for name, runs_ in answers.items()
        },
        "cheap": cheap,
        "signature": [str(bleu.get_signature()), str(chrf.get_signature())],
    }


def written(of: Any, english: list[str], one: Any) -> str:
    """The words; for one without a number, the English word that was looked at most."""
    german = of.vocabularies[1].decode(np.array(one.symbols, int) - 2)
    return sentences.text([word or english[int(w.argmax())] for word, w in zip(german, one.weights, strict=False)])
