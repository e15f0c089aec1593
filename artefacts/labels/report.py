"""What the page shows of the runs. ``again.py`` has the rows of *Does it win?* of digits and tags."""

from typing import Any

import numpy as np

from artefacts.labels import digits, reviews, tagging
from artefacts.labels.record import Runs
from artefacts.labels.tags import KINDS, tags
from rnnkit.metrics import span_counts


def of_digits(runs: Runs) -> dict[str, Any]:
    """What the page shows of digits."""
    of, by_lot = digits.parts(), digits.parts(by_sheet=False)
    ours = [runs.timed(f"digits, seed {seed}", digits.run, of, seed) for seed in digits.SEEDS]
    lot = [runs.timed(f"digits by lot, seed {seed}", digits.run, by_lot, seed) for seed in digits.SEEDS[:3]]
    rows = [runs.timed(f"digits, every row, seed {seed}", digits.run, of, seed, True) for seed in digits.SEEDS[:3]]
    best, said = digits.nearest(of)
    lot_best, lot_said = digits.nearest(by_lot)
    right = [(p.argmax(-1) == of.targets[2]).astype(float) for p in ours]
    by_row = np.array([(p.argmax(-1) == of.targets[2]).mean(1) for p in rows])  # (seeds, 8)
    return {
        "sizes": [len(t) for t in of.targets],
        "neighbours": best,
        "accuracy": [float(r.mean()) for r in right],
        "nearest": float((said == of.targets[2]).mean()),
        "by_lot": {
            "accuracy": [float((p.argmax(-1) == by_lot.targets[2]).mean()) for p in lot],
            "nearest": float((lot_said == by_lot.targets[2]).mean()),
            "neighbours": lot_best,
        },
        "every_row": by_row.tolist(),
        "shown": shown(of, rows[0]),
        "reliability": runs.reliability(ours, of.targets[2]),
        "weights": sum(a.size for a in digits.network(0, False).to("numpy").params.values()),
    }


def shown(of: digits.Parts, p: Any) -> list[dict[str, Any]]:
    """The three test digits, of different classes, on which the answer changes most often and ends right."""
    answer = p.argmax(-1)  # (8, N)
    changes = (np.diff(answer, axis=0) != 0).sum(0)
    surety = p.max(-1).mean(0)
    order = sorted(np.flatnonzero(answer[-1] == of.targets[2]), key=lambda n: (-changes[n], -surety[n]))
    chosen: list[int] = []
    for n in order:
        if of.targets[2][n] not in of.targets[2][chosen] and len(chosen) < 3:
            chosen.append(int(n))
    return [{"row": int(of.rows[2][n]), "probabilities": np.round(p[:, n], 3).tolist()} for n in chosen]


def of_reviews(runs: Runs) -> dict[str, Any]:
    """What the page shows of reviews."""
    of = reviews.parts()
    targets = of.targets[2]
    kinds: dict[str, tuple[Any, ...]] = {
        "small": (reviews.SMALL, "last", True),
        "mean": (reviews.SMALL, "mean", True),
        "unmasked": (reviews.SMALL, "last", False),
        "source": (reviews.SOURCE, "last", True),
    }
    ours, promised = {}, {}
    for kind, (sizes, head, masked) in kinds.items():
        given = [
            runs.timed(f"reviews, {kind}, seed {seed}", reviews.run, of, sizes, seed, head, masked)
            for seed in reviews.SEEDS
        ]
        ours[kind], promised[kind] = [p for p, _ in given], [share for _, share in given]
    counts = reviews.counted(of)
    right = {kind: [(p.argmax(-1) == targets).astype(float) for p in each] for kind, each in ours.items()}
    right_counts = (counts.argmax(-1) == targets).astype(float)
    best = max(promised, key=lambda kind: float(np.mean(promised[kind])))
    runs.compare(
        task="five stars or not, from a review",
        data="reviews of foods, each of another product",
        measure="accuracy",
        network="LSTM over words, "
        + {"small": "64 units", "mean": "64 units, mean state", "unmasked": "no mask", "source": "256 units"}[best],
        baseline="TF-IDF and logistic regression",
        ours=right[best],
        theirs=right_counts,
    )
    return {
        "sizes": [len(t) for t in of.targets],
        "shared": of.shared,
        "vocabulary": len(of.vocabulary),
        "five_stars": float(targets.mean()),
        "best": best,
        "promised": promised,
        "accuracy": {kind: [float(r.mean()) for r in each] for kind, each in right.items()},
        "counts": float(right_counts.mean()),
        "weights": {
            kind: sum(a.size for a in reviews.network(len(of.vocabulary), sizes, 0).to("numpy").params.values())
            for kind, (sizes, *_) in kinds.items()
        },
        "reliability": {"LSTM": runs.reliability(ours[best], targets), "counts": runs.reliability([counts], targets)},
        "probabilities": np.round(ours[best][0][:, 1], 3).tolist(),
    }


def of_tags(runs: Runs) -> dict[str, Any]:
    """What the page shows of tags."""
    of = tagging.parts()
    true = [list(piece.tags) for piece in of.pieces[2]]
    made = {
        way: [runs.timed(f"tags, {way}, seed {s}", tagging.run, of, way, s) for s in tagging.SEEDS]
        for way in tagging.UNITS
    }
    windows = {
        name: [runs.timed(f"tags, {name}, seed {s}", tagging.window, of, reach, s) for s in tagging.SEEDS]
        for name, reach in tagging.REACHES.items()
    }
    made |= {name: [found[:2] for found in each] for name, each in windows.items()}
    said = {name: [[tagging.tagged(p) for p in test] for test, _ in each] for name, each in made.items()}
    counts = {
        name: [np.array([span_counts([a], [b]) for a, b in zip(answers, true, strict=True)]) for answers in each]
        for name, each in said.items()
    }
    answer = [tagging.tagged(each[0][1][0]) for each in made.values()]
    return {
        "sizes": [len(part) for part in of.pieces],
        "characters": [sum(len(row) for row in part) for part in of.rows],
        "spans": int(sum(counts["window"][0][:, 2])),
        "weights": {
            way: sum(a.size for a in tagging.network(len(of.vocabulary), way, 0).to("numpy").params.values())
            for way in tagging.UNITS
        },
        "f1": {name: [f1(c) for c in each] for name, each in counts.items()},
        "tags_right": {name: [shares(a, true) for a in each] for name, each in said.items()},
        "by_kind": {
            name: {kind: [f1(of_kind(a, true, kind)) for a in each] for kind in KINDS} for name, each in said.items()
        },
        "by_letter": {name: [by_letter(a, true) for a in each] for name, each in said.items()},
        "reliability": {
            name: runs.reliability([np.concatenate(test) for test, _ in made[name]], np.concatenate(of.targets[2]))
            for name in made
        },
        "example": {
            "text": tagging.EXAMPLE,
            "true": tags(tagging.EXAMPLE),
            "tags": dict(zip(made, answer, strict=True)),
        },
        "slips": slips(of, said["both ways"][0]),
    }


def f1(counts: Any) -> float:
    right, predicted, present = np.asarray(counts).reshape(-1, 3).sum(0)
    return float(2 * right / (predicted + present))


def shares(said: Any, true: Any) -> float:
    return float(np.mean([a == b for x, y in zip(said, true, strict=True) for a, b in zip(x, y, strict=True)]))


def of_kind(said: Any, true: Any, kind: str) -> Any:
    """Counts of one kind of spans alone."""
    alone = [[[tag if tag.endswith(kind) else "O" for tag in row] for row in rows] for rows in (said, true)]
    return span_counts(*alone)


def by_letter(said: Any, true: Any, most: int = 6) -> list[float]:
    """The share of wrong tags at the first, second, … letter of a word that is a keyword, a definition or a call."""
    wrong, seen = np.zeros(most), np.zeros(most)
    for answers, wanted in zip(said, true, strict=True):
        place = 0
        for answer, tag in zip(answers, wanted, strict=True):
            place = 0 if tag.startswith("B") else place + 1
            if tag[2:] in ("keyword", "definition", "call") and place < most:
                seen[place] += 1
                wrong[place] += answer != tag
    return (wrong / seen).tolist()


PLACES = {"B": "begins", "I": "inside"}


def slips(of: tagging.Parts, said: Any) -> list[dict[str, str]]:
    """The kinds of spans that are taken for one another most often, where they begin."""
    found: dict[tuple[str, str], int] = {}
    for answers, piece in zip(said, of.pieces[2], strict=True):
        for answer, tag in zip(answers, piece.tags, strict=True):
            if tag.startswith("B") and answer != tag:
                pair = f"{tag[2:]}, begins", "nothing" if answer == "O" else f"{answer[2:]}, {PLACES[answer[0]]}"
                found[pair] = found.get(pair, 0) + 1
    most = sorted(found.items(), key=lambda item: -item[1])[:3]
    return [{"true": pair[0], "said": pair[1], "count": str(count)} for pair, count in most]
