"""What stronger rivals, fairer units and one control make of the page's comparisons; and the rows of *Does it win?*."""

from typing import Any

import numpy as np
from scipy.stats import t as student

from artefacts.labels import controls, folds, reviews, rivals, tagging
from artefacts.labels import longer as further
from artefacts.labels.record import FOLDER, Runs, fingerprint
from artefacts.labels.report import f1, of_kind, shares
from artefacts.labels.tags import KINDS
from rnnkit.metrics import span_counts

SEEDS = range(3)
WINDOWS = ("window of 51", rivals.DILATED)
LONGER = {f"{name}{further.SUFFIX}": name for name in ("both ways", rivals.DILATED)}
RULES = "Python's tokenizer, and a rule on top"
READINGS = ("both ways", "forwards", *WINDOWS, *LONGER)
SCRIPTS = ("digits.py", "folds.py", "reviews.py", "controls.py", "tagging.py", "rivals.py", "longer.py")


def of_everything(runs: Runs) -> dict[str, Any]:
    """The three parts, and what they depend on."""
    found = {"digits": of_digits(runs), "reviews": of_reviews(runs), "tags": of_tags(runs)}
    return found | {"scripts_sha256": fingerprint(*(FOLDER / name for name in SCRIPTS))}


def of_digits(runs: Runs) -> dict[str, Any]:
    """Seven folds of two sheets: neighbours, support vectors and the LSTM on the same digits."""
    parts = [folds.fold(k) for k in range(folds.FOLDS)]
    trained = [
        {rate: runs.timed(f"fold {k}, rate {rate}", folds.lstm, of, rate, k) for rate in folds.RATES}
        for k, of in enumerate(parts)
    ]
    rates = [max(of, key=lambda rate: of[rate][0]) for of in trained]
    made = {
        "neighbours": [folds.neighbours(of) for of in parts],
        "support vectors": [folds.machine(of) for of in parts],
        "LSTM": [(rate, *of[rate]) for rate, of in zip(rates, trained, strict=True)],
    }
    by_sheet = {
        name: [
            float(right[of.sheets == sheet].mean())
            for (*_, right), of in zip(each, parts, strict=True)
            for sheet in np.unique(of.sheets)
        ]
        for name, each in made.items()
    }
    by_fold = {name: np.reshape(each, (-1, 2)).mean(1) for name, each in by_sheet.items()}
    runs.rows.insert(  # the page begins with digits
        0,
        {
            "task": "a digit, read row by row",
            "data": f"digits of scikit-learn; {folds.FOLDS} folds of two sheets, the unit of the interval",
            "measure": "accuracy",
            "network": "LSTM, 2 layers of 128",
            "baseline": "nearest neighbours",
            "better": "higher",
            "items": sum(len(of.sheets) for of in parts),
            "ours": np.round(by_fold["LSTM"], 4).tolist(),
            "theirs": np.round(by_fold["neighbours"], 4).tolist(),
            "difference": paired(by_fold["LSTM"], by_fold["neighbours"]),
        },
    )
    lot = [folds.fold(k, by_sheet=False) for k in range(folds.FOLDS)]
    return {
        "by_sheet": {name: np.round(each, 4).tolist() for name, each in by_sheet.items()},
        "chosen": {name: [choice for choice, *_ in each] for name, each in made.items()},
        "checked": {name: [round(share, 4) for _, share, _ in each] for name, each in made.items()},
        "by_lot": {
            name: [round(float(f(of)[2].mean()), 4) for of in lot]
            for name, f in (("neighbours", folds.neighbours), ("support vectors", folds.machine))
        },
        "less": {name: paired(by_fold["LSTM"], by_fold[name]) for name in ("neighbours", "support vectors")},
    }


def paired(ours: Any, theirs: Any) -> list[float]:
    """The mean difference of pairs, and its t interval of 95 %."""
    apart = np.subtract(ours, theirs)
    half = student.ppf(0.975, len(apart) - 1) * apart.std(ddof=1) / np.sqrt(len(apart))
    return [round(float(value), 4) for value in (apart.mean(), apart.mean() - half, apart.mean() + half)]


def of_reviews(runs: Runs) -> dict[str, Any]:
    """The learning curve of counts, of a mean of vectors and of a mean of an LSTM's states.

    The last has been trained on all reviews by ``report.py``, whose runs are asked for again.
    """
    of = reviews.parts()
    targets = of.targets[2]
    curve: dict[str, dict[str, list[dict[str, float]]]] = {name: {} for name in ("counts", *controls.KINDS)}
    for share in controls.SHARES:
        some = controls.fewer(of, share) if share < 1 else of
        size = str(len(some.texts[0]))
        curve["counts"][size] = [controls.measures(reviews.counted(some), targets)]
        for kind in controls.KINDS[: 2 if share < 1 else 1]:
            made = [runs.timed(f"{kind}, {size}, seed {s}", controls.run, some, kind, s) for s in controls.SEEDS]
            curve[kind][size] = [controls.measures(p, targets) for p in made]
    asked = of, reviews.SMALL
    made = [runs.timed(f"reviews, mean, seed {s}", reviews.run, *asked, s, "mean", True)[0] for s in controls.SEEDS]
    curve["mean of states"][str(len(of.texts[0]))] = [controls.measures(p, targets) for p in made]
    return {"curve": curve}


def of_tags(runs: Runs) -> dict[str, Any]:
    """Every program decoded tag by tag, and as the best legal sequence; the weight is chosen in the validation part."""
    of = tagging.parts()
    true = [[list(piece.tags) for piece in part] for part in of.pieces[1:]]
    home = np.array(rivals.packages(of))
    names = sorted(set(home), key=lambda name: (-(home == name).sum(), name))
    found: dict[str, dict[str, Any]] = {}
    counts = {}
    for name in READINGS:
        kind, run = ("longer", further.run) if name in LONGER else ("rivals", rivals.run)
        several = [
            runs.timed(f"{kind}, {LONGER.get(name, name)}, seed {s}", run, of, LONGER.get(name, name), s) for s in SEEDS
        ]
        made = [one[:2] for one in several]
        checked = {
            weight: float(np.mean([score(rivals.decoded(p, of, weight), true[0]) for p, _ in made]))
            for weight in rivals.WEIGHTS
        }
        weight = max(checked, key=checked.__getitem__)
        alone = [[tagging.tagged(p) for p in test] for _, test in made]
        best = [rivals.decoded(test, of, weight) for _, test in made]
        counts[name] = np.array([by_package(said, true[1], home, names) for said in best])
        found[name] = {
            "weight": weight,
            "alone": [[round(score(said, true[1]), 4), round(shares(said, true[1]), 4)] for said in alone],
            "best": [[round(score(said, true[1]), 4), round(shares(said, true[1]), 4)] for said in best],
            "by_kind": {kind: [round(f1(of_kind(said, true[1], kind)), 4) for said in best] for kind in KINDS},
            "checked": round(checked[weight], 4),
            "by_package": [round(f1(c), 4) for c in counts[name].sum(0)],
        }
        if name in LONGER:
            found[name]["epochs"] = [about["epochs"] for *_, about in several]
    read = [rivals.tokenized(piece.text) for piece in of.pieces[2]]
    exact = np.array([by_package(read, true[1], home, names)])
    ours = max(("both ways", f"both ways{further.SUFFIX}"), key=lambda name: found[name]["checked"])
    five = max(WINDOWS, key=lambda name: found[name]["checked"])  # beside a network that had five epochs, too
    window = max(five, rivals.DILATED + further.SUFFIX, key=lambda name: found[name]["checked"])
    both, rival = (
        f"{words}{', trained longer' if name in LONGER else ''}"
        for name, words in (
            (ours, "LSTM both ways, 2 × 64 units"),
            (window, f"{LONGER.get(window, window)} characters, no memory"),
        )
    )
    one, weak = "LSTM forwards, 96 units", f"{five} characters, no memory"
    for task, network, own, baseline, theirs in (
        ("each character, read both ways", both, counts[ours], rival, counts[window]),
        ("the same, beside the rules", both, counts[ours], RULES, exact),
        ("each character, read from the left alone", one, counts["forwards"], weak, counts[five]),
    ):
        runs.compare(
            task=task,
            group="the labels of a program",
            data=f"Python's standard library; {len(names)} packages, the unit of the interval",
            measure="F1 of spans, the best sequence",
            network=network,
            baseline=baseline,
            ours=own,
            theirs=theirs,
            of_counts=True,
            items=len(home),
        )
    return found | {
        "counted": [ours, window],
        "tokenizer": [round(score(read, true[1]), 4), round(shares(read, true[1]), 4)],
        "longer": {kind: longer(true[1], kind) for kind in KINDS},
        "packages": len(names),
        "largest": [names[0], round(float((home == names[0]).mean()), 4)],
    }


def longer(true: list[list[str]], kind: str) -> list[float]:
    """The share of the spans of this kind that are longer than 25 characters, and than 127: half of each window."""
    text = " ".join("".join({f"B-{kind}": "B", f"I-{kind}": "I"}.get(tag, " ") for tag in row) for row in true)
    lengths = np.array([len(span) for span in text.replace("B", " B").split()])
    return [round(float((lengths > most).mean()), 4) for most in (25, 127)]


def score(said: Any, true: Any) -> float:
    return f1(np.array([span_counts([a], [b]) for a, b in zip(said, true, strict=True)]))


def by_package(said: Any, true: Any, home: Any, names: list[str]) -> Any:
    """Spans right, said and there, (P, 3), of each package."""
    counts = np.array([span_counts([a], [b]) for a, b in zip(said, true, strict=True)])
    return np.array([counts[home == name].sum(0) for name in names])
