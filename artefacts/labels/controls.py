"""Reviews once more: what the recurrence adds to a mean of word vectors, and what more reviews add to each."""

from typing import Any

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

from artefacts.labels import reviews
from rnnkit import Dropout, Embedding, Linear, MeanPool, Sequential, fit
from rnnkit.data import Vocabulary, by_length, words
from rnnkit.training import Adam

SEEDS = range(3)
SHARES = (0.25, 0.5, 1.0)  # of the training part
KINDS = ("mean of vectors", "mean of states")


def fewer(of: reviews.Parts, share: float) -> reviews.Parts:
    """The same parts with a share of the training part, and a vocabulary of that share alone."""
    rows = np.random.default_rng(1).permutation(len(of.texts[0]))[: round(share * len(of.texts[0]))]
    texts = [[of.texts[0][n] for n in rows], *of.texts[1:]]
    vocabulary = Vocabulary([words(text) for text in texts[0]], least=reviews.LEAST)
    encoded = [[vocabulary.encode(words(text)[-reviews.LONGEST :]) for text in part] for part in texts]
    return reviews.Parts(texts, encoded, [of.targets[0][rows], *of.targets[1:]], vocabulary, of.shared)


def bag(V: int, seed: int) -> Sequential:
    """The network of the mean of states, but for its LSTM: a mean of vectors, which knows no order."""
    rng, like = np.random.default_rng(seed), {"backend": "torch", "device": "cpu", "dtype": np.float32}
    E, _ = reviews.SMALL
    layers = Embedding(V, E, rng=rng, **like), Dropout(0.3, **like), MeanPool(**like), Linear(E, 2, rng=rng, **like)
    return Sequential(*layers)


def run(of: reviews.Parts, kind: str, seed: int) -> Any:
    """The probabilities of the test, (N, 2)."""
    if kind == "mean of states":
        return reviews.run(of, reviews.SMALL, seed, "mean")[0]
    model = bag(len(of.vocabulary), seed)
    model.params["0.weight"] = 0.1 * model.params["0.weight"]
    batches = [by_length(of.rows[k], of.targets[k], reviews.BATCH) for k in (0, 1)]
    fit(
        model,
        batches[0],
        "softmax_cross_entropy",
        Adam(0.002),
        reviews.EPOCHS,
        validation=batches[1],
        patience=reviews.PATIENCE,
        seed=seed,
        progress=False,
    )
    return reviews.said(model, of.rows[2], True)


def measures(p: Any, targets: Any) -> dict[str, float]:
    """Accuracy, the area under the ROC curve, and the log loss in nats."""
    return {
        "accuracy": round(float((p.argmax(-1) == targets).mean()), 4),
        "auc": round(float(roc_auc_score(targets, p[:, 1])), 4),
        "log loss": round(float(log_loss(targets, p)), 4),
    }
