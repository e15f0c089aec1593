"""Reviews of foods: words as vectors, an LSTM over them, and five stars or not; beside counts of words."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from artefacts.labels.record import softmax
from rnnkit import LSTM, Dropout, Embedding, Last, Linear, MeanPool, Sequential, fit
from rnnkit.data import Vocabulary, by_length, leaks, no_leaks, padded, shuffled, split_by_group, words
from rnnkit.data.real import Reviews, reviews
from rnnkit.training import Adam

SEEDS = range(3)
LONGEST, LEAST = (
    100,
    2,
)  # words that are read of a review, as in the source; how often a word stands in the training part
SHARES = (0.8, 0.2)
SOURCE, SMALL = (128, 256), (64, 64)  # numbers a word, units
HEADS = {"last": Last, "mean": MeanPool}  # what is made of the states: one of them, or the mean of all
EPOCHS, PATIENCE, BATCH = 15, 4, 64  # the batch as in the source, and half as many epochs again
STRENGTHS = (0.3, 1.0, 3.0, 10.0)


class Parts(NamedTuple):
    """Of each of train, validation and test: texts, their words as numbers, and targets (N,)."""

    texts: list[list[str]]
    rows: list[list[Any]]
    targets: list[Any]
    vocabulary: Vocabulary
    shared: int  # texts of the test that stand in the training part too, and are left out


def parts() -> Parts:
    """The package's training part, split so that equal texts stay together; its test without what stands there too."""
    given, test = reviews()
    same = [wording(text) for text in given.texts]
    train, validation = (taken(given, rows) for rows in split_by_group(same, SHARES, 0))
    shared = {leak.rows[1] for leak in leaks({"train": given.texts, "test": test.texts}, key=wording)}
    test = taken(test, np.array([n for n in range(len(test.texts)) if n not in shared]))
    of = [train, validation, test]
    no_leaks({name: p.texts for name, p in zip(("train", "validation", "test"), of, strict=True)}, key=wording)
    vocabulary = Vocabulary([words(text) for text in train.texts], least=LEAST)
    encoded = [[vocabulary.encode(words(text)[-LONGEST:]) for text in part.texts] for part in of]
    return Parts([p.texts for p in of], encoded, [p.targets for p in of], vocabulary, len(shared))


def wording(text: str) -> tuple[str, ...]:
    """Two texts are equal if their words are."""
    return tuple(words(text))


def taken(of: Reviews, rows: Any) -> Reviews:
    return Reviews([of.texts[n] for n in rows], of.targets[rows], of.products[rows])


def network(V: int, sizes: tuple[int, int], seed: int, head: str = "last") -> Sequential:
    rng, like = np.random.default_rng(seed), {"backend": "torch", "device": "cpu", "dtype": np.float32}
    E, H = sizes
    return Sequential(
        Embedding(V, E, rng=rng, **like),
        Dropout(0.3, **like),
        LSTM(E, H, rng=rng, **like),
        HEADS[head](**like),
        Linear(H, 2, rng=rng, **like),
    )


def run(of: Parts, sizes: tuple[int, int], seed: int, head: str = "last", masked: bool = True) -> tuple[Any, float]:
    """The test's probabilities, (N, 2), and the share that is right in the validation part.

    Without a mask every review ends in zeros, and the last state has read them.
    """
    model = network(len(of.vocabulary), sizes, seed, head)
    model.params["0.weight"] = 0.1 * model.params["0.weight"]  # N(0, 1) is large for words that are seen twice
    batches = [by_length(of.rows[k], of.targets[k], BATCH) if masked else filled(of, k) for k in (0, 1)]
    fit(
        model,
        batches[0],
        "softmax_cross_entropy",
        Adam(0.002),
        EPOCHS,
        validation=batches[1],
        patience=PATIENCE,
        seed=seed,
        progress=False,
    )
    checked = said(model, of.rows[1], masked).argmax(-1) == of.targets[1]
    return said(model, of.rows[2], masked), float(checked.mean())


def filled(of: Parts, k: int) -> Any:
    xs, _ = padded([*of.rows[k], np.zeros(LONGEST, np.int64)])
    return shuffled(xs[:, :-1], of.targets[k], BATCH)


def said(model: Sequential, rows: list[Any], masked: bool) -> Any:
    found = []
    for start in range(0, len(rows), 100):
        xs, mask = padded([*rows[start : start + 100], np.zeros(LONGEST, np.int64)])
        found.append(softmax(model(xs[:, :-1], mask=mask[:, :-1] if masked else None).h))
    return np.concatenate(found)


def counted(of: Parts) -> Any:
    """TF-IDF of words and pairs of words, and logistic regression; its strength is chosen on the validation part."""
    weigh = TfidfVectorizer(tokenizer=words, token_pattern=None, ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    train, validation, test = (
        f(texts) for f, texts in zip((weigh.fit_transform, *[weigh.transform] * 2), of.texts, strict=True)
    )
    fitted = [LogisticRegression(C=C, max_iter=1000).fit(train, of.targets[0]) for C in STRENGTHS]
    best = max(fitted, key=lambda f: f.score(validation, of.targets[1]))
    return best.predict_proba(test)
