"""What the page shows of the runs."""

from collections import Counter
from typing import Any

import numpy as np
from sacrebleu.metrics import BLEU, CHRF

from artefacts.translate import dates, decode, joint, measures, removed, sentences, sounds, words
from artefacts.translate.record import Runs, rounded
from artefacts.translate.words import phoneme_error, word_error
from rnnkit.metrics import difference

KINDS = {"attention": True, "one state": False}


def of_sounds(runs: Runs) -> dict[str, Any]:
    """Letters in, phonemes out: two translators and four rivals."""
    of = words.parts()
    check, test = of.pairs(1), of.pairs(2)
    aligned = runs.timed("sounds, aligned", sounds.aligned, of)
    heard: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    for kind, attends in KINDS.items():
        for seed in sounds.SEEDS:
            weights, _ = runs.timed(f"sounds, {kind}, seed {seed}", sounds.trained, of, attends, seed)
            name = f"heard, {kind}, seed {seed}"
            heard[kind].append(runs.timed(name, measures.heard, of, attends, weights, seed))
    made = {kind: [one["sounds"] for one in each] for kind, each in heard.items()}
    asked = [*check.sources, *test.sources]
    checked, rivals = {}, {"memory": [runs.timed("sounds, memory", sounds.remembered, aligned, asked)]}
    for name, run in (("trees", sounds.trees), ("labels", sounds.tagged)):
        key = {"trees": "trees", "labels": "tagger"}[name]
        rivals[name] = [runs.timed(f"sounds, {key}, seed {s}", run, aligned, asked, s) for s in sounds.SEEDS]
    orders = {}
    for order in joint.ORDERS:
        answers = runs.timed(f"joint, {order} in a row, checked", joint.said, aligned, check.sources, order)
        orders[order] = phoneme_error(words.edits(answers, of.sounds[1]))
    order = min(orders, key=lambda n: orders[n])
    rivals["joint"] = [runs.timed(f"joint, {order} in a row", joint.said, aligned, asked, order)]
    for name, each in rivals.items():
        cut = len(check.sources)
        checked[name] = [phoneme_error(words.edits(answers[:cut], of.sounds[1])) for answers in each]
        made[name] = [answers[cut:] for answers in each]
    counts = {name: [words.edits(answers, of.sounds[2]) for answers in each] for name, each in made.items()}
    titles = {"memory": "widest known window", "trees": "trees on 9 letters", "joint": f"joint {order}-gram"}
    cheap, *softer = sorted(titles, key=lambda name: float(np.mean(checked[name])))
    labels = "GRU both ways, a label a letter"
    for name, network, rival in (
        ("attention", "GRU to GRU, attention", cheap),
        ("labels", labels, softer[0]),
        ("labels", labels, cheap),
    ):
        runs.compare(
            counts[name],
            counts[rival],
            phoneme_error,
            "lower",
            task="the sounds of a word, from its letters",
            group="spelling to sound",
            data="CMU dictionary, split by first four letters",
            measure="phoneme error",
            network=network,
            baseline=titles[rival],
        )
    return {
        "sizes": [len(part) for part in of.words],
        "orders": {str(n): round(error, 5) for n, error in orders.items()},
        "phonemes": len(of.phonemes),
        "weights": {kind: each[0]["weights"] for kind, each in heard.items()},
        "cheap": cheap,
        "words": {name: [word_error(c) for c in each] for name, each in counts.items()},
        "sounds": {name: rounded([phoneme_error(c) for c in each], 5) for name, each in counts.items()},
        "words_less": {
            name: rounded(difference(np.array(counts[name], float), np.array(counts[cheap], float), word_error))
            for name in ("attention", "labels")
        },
        "checked": {name: rounded(each, 5) for name, each in checked.items()},
        "by_length": by_length(of.words[2], counts),
        "forced": {kind: together([one["forced"] for one in each]) for kind, each in heard.items()},
        "derailed": heard["attention"][0]["derailed"],
        "beams": {width: together([one["beams"][width] for one in heard["attention"]]) for width in measures.WIDTHS},
        "removed": {how: together([one["removed"][how] for one in heard["attention"]]) for how in removed.WAYS},
        "aligned": together([one["aligned"] for one in heard["attention"]]),
        "shown": heard["attention"][0]["shown"],
        "slips": slips(of, made["attention"]),
        "wrong": wrong(of, made),
    }


def together(several: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """A list over the seeds for each key."""
    return {key: [one[key] for one in several] for key in several[0]}


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


def slips(of: Any, made: list[Any]) -> list[dict[str, Any]]:
    """The commonest confusions, over all seeds: one sound for another in a word of the right length."""
    found: Counter[tuple[str, str]] = Counter()
    for answers in made:
        for one, ways in zip(answers, of.sounds[2], strict=True):
            if len(one) == len(ways[0]) and sum(a != b for a, b in zip(one, ways[0], strict=True)) == 1:
                found.update((b, a) for a, b in zip(one, ways[0], strict=True) if a != b)
    return [{"true": a, "said": b, "count": count} for (a, b), count in found.most_common(6)]


def wrong(of: Any, made: dict[str, Any]) -> list[dict[str, Any]]:
    """Words that attention has wrong and the labels right, the most edits first."""
    found = []
    for n, ways in enumerate(of.sounds[2]):
        ours, theirs = made["attention"][0][n], made["labels"][0][n]
        if tuple(theirs) in ways and tuple(ours) not in ways:
            ((edits, _),) = words.edits([ours], [ways])
            one = {"word": of.words[2][n], "true": theirs, "said": ours}
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
    for part, where in (("near", "unseen days of known years"), ("far", "years before 1950")):
        runs.compare(
            right["attention"][part],
            rule[part],
            lambda values: float(values.mean()),
            "higher",
            task=f"a date to ISO, {where}",
            group="dates",
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
        "centuries": {  # of the other years, with attention: 19 begins known years as well, 18 none
            begins: [
                round(float(np.mean([one for one, iso in zip(seed, of.isos[3], strict=True) if iso[:2] == begins])), 4)
                for seed in right["attention"]["far"]
            ]
            for begins in ("18", "19")
        },
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
        best=100,
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
