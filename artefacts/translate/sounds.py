"""From spelling to sound: two translators, and what they have to beat."""

from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from artefacts.translate import align
from artefacts.translate.network import Translator
from artefacts.translate.train import Recipe, train
from artefacts.translate.words import Sound, Words
from rnnkit import GRU, Embedding, Linear, Sequential, fit
from rnnkit.data import by_length, padded
from rnnkit.ops import to_numpy
from rnnkit.training import Adam, Cosine

SEEDS = range(3)
RECIPE = Recipe(units=64, inputs=32, epochs=8, batch=128, rate=0.005)
LONGEST = 24  # phonemes
REACH = 4  # letters on each side of a window
TAGGER = {"inputs": 32, "units": 64, "epochs": 7, "batch": 64, "rate": 0.006}


def network(of: Words, attends: bool, seed: int) -> Translator:
    return Translator(27, 2 + len(of.phonemes), RECIPE.units, RECIPE.inputs, attends, seed)


def trained(of: Words, attends: bool, seed: int) -> tuple[dict[str, Any], list[float]]:
    """The weights, and the validation loss after each epoch."""
    model = network(of, attends, seed)
    losses = train(model, of.pairs(0), of.pairs(1), RECIPE, seed)
    return model.copied(), [float(loss) for loss in losses]


class Aligned(NamedTuple):
    """A label for each letter: which phonemes it makes. The label of none is the empty one."""

    labels: list[Sound]
    sources: list[list[Any]]  # of train and validation: words that can be aligned
    targets: list[list[Any]]


def aligned(of: Words) -> Aligned:
    """The table is learned from the training part alone."""
    (learn, check) = of.pairs(0), of.pairs(1)
    table = align.learned(learn.sources, [t - 2 for t in learn.targets], 27, len(of.phonemes))
    made = []
    for part in (learn, check):
        targets = [t - 2 for t in part.targets]
        steps, fine = align.best(part.sources, targets, table)
        rows = np.flatnonzero(fine)
        made.append([(part.sources[n], align.chunks(part.sources[n], targets[n], steps[:, n])) for n in rows])
    seen = Counter(chunk for _, each in made[0] for chunk in each)
    numbers = {chunk: k for k, chunk in enumerate(sorted(seen))}
    known = [[(s, c) for s, c in part if all(chunk in numbers for chunk in c)] for part in made]
    labels = [tuple(of.phonemes[p] for p in chunk) for chunk in sorted(seen)]
    return Aligned(
        labels,
        [[source for source, _ in part] for part in known],
        [[np.array([numbers[chunk] for chunk in each]) for _, each in part] for part in known],
    )


def joined(labels: list[Sound], answers: Any) -> Sound:
    return tuple(p for k in answers for p in labels[k])


def windows(sources: list[Any]) -> Any:
    """The letters around each, 0 beyond the ends: (all letters, 9)."""
    shaped = [np.lib.stride_tricks.sliding_window_view(np.pad(s, REACH), 2 * REACH + 1) for s in sources]
    return np.concatenate(shaped)


def remembered(of: Aligned, asked: list[Any]) -> list[Sound]:
    """Memory: what the letter made most often in the widest window around it that was seen before."""
    rows, answers = windows(of.sources[0]), np.concatenate(of.targets[0])
    spans = [(REACH - left, REACH + right + 1) for left, right in reach()]
    known: list[dict[bytes, Counter[int]]] = [{} for _ in spans]
    for row, answer in zip(rows.astype(np.uint8), answers, strict=True):
        for (a, b), table in zip(spans, known, strict=True):
            table.setdefault(row[a:b].tobytes(), Counter())[int(answer)] += 1
    most = [{key: counts.most_common(1)[0][0] for key, counts in table.items()} for table in known]
    found = []
    for source in asked:
        said = []
        for row in windows([source]).astype(np.uint8):
            keys = ((table, row[a:b].tobytes()) for (a, b), table in zip(spans, most, strict=True))
            said.append(next(table[key] for table, key in keys if key in table))
        found.append(joined(of.labels, said))
    return found


def reach() -> list[tuple[int, int]]:
    """Left and right letters, from the widest window to the letter alone."""
    return [(4, 4), (3, 4), (3, 3), (2, 3), (2, 2), (1, 2), (1, 1), (0, 1), (0, 0)]


def trees(of: Aligned, asked: list[Any], seed: int) -> list[Sound]:
    """Ten trees on the window, each letter of it as 26 numbers, 0 or 1."""
    from sklearn.ensemble import ExtraTreesClassifier

    fitted = ExtraTreesClassifier(10, max_features=0.2, random_state=seed, n_jobs=1)
    fitted.fit(one_hot(windows(of.sources[0])), np.concatenate(of.targets[0]))
    said = fitted.predict(one_hot(windows(asked)))
    cuts = np.cumsum([len(s) for s in asked])[:-1]
    return [joined(of.labels, answers) for answers in np.split(said, cuts)]


def one_hot(rows: Any) -> Any:
    return (rows[:, :, None] == np.arange(1, 27)).reshape(len(rows), -1).astype(np.float32)


def tagged(of: Aligned, asked: list[Any], seed: int) -> list[Sound]:
    """A recurrent network again, but with a label for each letter: it reads in both directions and never decodes."""
    rng, like = np.random.default_rng(seed), {"backend": "torch", "device": "cpu", "dtype": np.float32}
    H = TAGGER["units"]
    model = Sequential(
        Embedding(27, TAGGER["inputs"], rng=rng, **like),
        GRU(TAGGER["inputs"], H, num_layers=2, bidirectional=True, dropout=0.2, rng=rng, **like),
        Linear(2 * H, len(of.labels), rng=rng, **like),
    )
    batches = [by_length(of.sources[k], of.targets[k], TAGGER["batch"]) for k in (0, 1)]
    steps = TAGGER["epochs"] * -(-len(of.sources[0]) // TAGGER["batch"])
    fit(
        model,
        batches[0],
        "softmax_cross_entropy",
        Adam(TAGGER["rate"]),
        TAGGER["epochs"],
        validation=batches[1],
        patience=2,
        seed=seed,
        progress=False,
        schedule=Cosine(TAGGER["rate"], steps),
    )
    found = []
    for start in range(0, len(asked), 200):
        some = asked[start : start + 200]
        xs, mask = padded(some)
        answers = to_numpy(model(xs, mask=mask).h.detach()).argmax(-1)
        found += [joined(of.labels, answers[: len(s), n]) for n, s in enumerate(some)]
    return found
