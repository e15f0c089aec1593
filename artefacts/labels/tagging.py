"""A tag for every character of Python's own sources: one direction, the other, both, and a window without a memory."""

from typing import Any, NamedTuple

import numpy as np
import torch

from artefacts.labels.record import softmax
from artefacts.labels.tags import TAGS, Piece, pieces
from rnnkit import LSTM, Embedding, Linear, Sequential, fit
from rnnkit.data import Vocabulary, by_length, leaks, no_leaks, padded, split_by_group
from rnnkit.data.real import library
from rnnkit.training import Adam

SEEDS = range(3)
SHARES = (0.8, 0.08, 0.12)
READ = (2500, 250, 600)  # pieces of each part
EPOCHS, PATIENCE, BATCH, RATE = 5, 2, 32, 0.005
INPUTS = 32
UNITS = {"forwards": 96, "backwards": 96, "both ways": 64}  # of each direction, for about as many weights
REACHES = {"window": 10, "wide window": 25}  # characters on each side
WINDOW_UNITS, WINDOW_EPOCHS = 128, 4
EXAMPLE = """\
def format(island, index=0):
    for interval in island:
        if interval.isolated:
            print(interval, end="in")
    return index + 10  # is it in?
"""


class Parts(NamedTuple):
    """Of each of train, validation and test: pieces, their characters as numbers, and their tags as numbers."""

    pieces: list[list[Piece]]
    rows: list[list[Any]]
    targets: list[list[Any]]
    vocabulary: Vocabulary


def parts() -> Parts:
    """Split by module or package, so that no package is on both sides; pieces that stand twice are read once."""
    files = library.pinned()
    texts = library.texts(files)
    packages = [file.path.split("/")[0] for file in files]
    rng = np.random.default_rng(0)
    of: list[list[Piece]] = []
    for rows, count in zip(split_by_group(packages, SHARES, 1), READ, strict=True):
        every = list({piece.text: piece for row in rows for piece in pieces(texts[row])}.values())
        of.append([every[k] for k in rng.permutation(len(every))[:count]])
    for k in (1, 2):  # a line such as an import may stand in two packages
        names = {"before": [p.text for part in of[:k] for p in part], "here": [p.text for p in of[k]]}
        twice = {leak.rows[1] for leak in leaks(names)}
        of[k] = [piece for n, piece in enumerate(of[k]) if n not in twice]
    no_leaks({name: [p.text for p in part] for name, part in zip(("train", "validation", "test"), of, strict=True)})
    vocabulary = Vocabulary([piece.text for piece in of[0]], least=20)
    rows = [[vocabulary.encode(piece.text) for piece in part] for part in of]
    return Parts(of, rows, [[numbers(piece.tags) for piece in part] for part in of], vocabulary)


def numbers(tags: Any) -> Any:
    return np.array([TAGS.index(tag) for tag in tags])


def network(V: int, way: str, seed: int) -> Sequential:
    rng, like = np.random.default_rng(seed), {"backend": "torch", "device": "cpu", "dtype": np.float32}
    both, H = way == "both ways", UNITS[way]
    return Sequential(
        Embedding(V, INPUTS, rng=rng, **like),
        LSTM(INPUTS, H, bidirectional=both, rng=rng, **like),
        Linear((1 + both) * H, len(TAGS), rng=rng, **like),
    )


def turned(sequences: list[Any], way: str) -> list[Any]:
    """Read from its end, a sequence is turned round."""
    return [row[::-1].copy() for row in sequences] if way == "backwards" else sequences


def run(of: Parts, way: str, seed: int) -> tuple[list[Any], list[Any]]:
    """The probabilities of the tags, (T, K) for each piece of the test, and for the example."""
    model = network(len(of.vocabulary), way, seed)
    batches = [by_length(turned(of.rows[k], way), turned(of.targets[k], way), BATCH) for k in (0, 1)]
    fit(
        model,
        batches[0],
        "softmax_cross_entropy",
        Adam(RATE),
        EPOCHS,
        validation=batches[1],
        patience=PATIENCE,
        seed=seed,
        progress=False,
    )
    rows, found = turned([*of.rows[2], of.vocabulary.encode(EXAMPLE)], way), []
    for start in range(0, len(rows), 64):
        some = rows[start : start + 64]
        xs, mask = padded(some)
        p = softmax(model(xs, mask=mask).h)
        found += [p[: len(row), n] for n, row in enumerate(some)]
    found = turned(found, way)
    return found[:-1], found[-1:]


def window(of: Parts, reach: int, seed: int) -> tuple[list[Any], list[Any], float]:
    """The same from the characters around each, without a state: two dense layers; and the validation loss."""
    torch.manual_seed(seed)
    V, width = len(of.vocabulary), 2 * reach + 1
    model = torch.nn.Sequential(
        torch.nn.Embedding(V, 16),
        torch.nn.Flatten(),
        torch.nn.Linear(16 * width, WINDOW_UNITS),
        torch.nn.ReLU(),
        torch.nn.Linear(WINDOW_UNITS, len(TAGS)),
    )
    xs, targets = around(of.rows[0], reach), torch.as_tensor(np.concatenate(of.targets[0]))
    check, wanted = around(of.rows[1], reach), torch.as_tensor(np.concatenate(of.targets[1]))
    optimizer, best, kept = torch.optim.Adam(model.parameters(), 0.002), np.inf, {}
    for _ in range(WINDOW_EPOCHS):
        for rows in torch.randperm(len(xs)).split(512):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(xs[rows]), targets[rows]).backward()
            optimizer.step()
        with torch.no_grad():
            loss = float(torch.nn.functional.cross_entropy(model(check), wanted))
        if loss < best:
            best, kept = loss, {name: a.clone() for name, a in model.state_dict().items()}
    model.load_state_dict(kept)
    rows = [*of.rows[2], of.vocabulary.encode(EXAMPLE)]
    with torch.no_grad():
        p = torch.cat([torch.softmax(model(some), -1) for some in around(rows, reach).split(20_000)]).numpy()
    found = np.split(p, np.cumsum([len(row) for row in rows])[:-1])
    return found[:-1], found[-1:], best


def around(rows: list[Any], reach: int) -> Any:
    """The window of each character, 0 beyond the ends of its piece."""
    shaped = [np.lib.stride_tricks.sliding_window_view(np.pad(row, reach), 2 * reach + 1) for row in rows]
    return torch.as_tensor(np.concatenate(shaped))


def tagged(p: Any) -> list[str]:
    return [TAGS[k] for k in p.argmax(-1)]
