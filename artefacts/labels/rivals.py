"""What a tag has to beat, without softness: wider windows, labels that fit one another, and the tokenizer itself.

``tagging.py`` says how each of them is trained. Here the same functions run once more on the same split, read the
validation part as well, and every program is decoded twice: each tag alone, and the best legal sequence of tags.
"""

import io
import tokenize
from typing import Any

import numpy as np
import torch

from artefacts.labels import tagging
from artefacts.labels.record import softmax
from artefacts.labels.tags import LAYOUT, TAGS, kind_of, pieces, starts
from rnnkit import fit
from rnnkit.data import by_length, padded, split_by_group
from rnnkit.data.real import library
from rnnkit.training import Adam

REACHES = {"window of 51": 25, "window of 101": 50, "window of 201": 100}
DILATED = "window of 255"  # seven thin layers of three characters each, 1, 2, 4, … 64 apart
CHANNELS, APART, RATE = 48, (1, 2, 4, 8, 16, 32, 64), 0.003
WEIGHTS = (0.0, 0.25, 0.5, 1.0)  # of the transitions beside what a window says; 0 leaves the legal ones alone


def run(of: tagging.Parts, name: str, seed: int) -> tuple[list[Any], list[Any], dict[str, Any]]:
    """The probabilities of the tags, (T, K) a piece, of the validation part and of the test; and an LSTM's weights."""
    both = of._replace(rows=[*of.rows[:2], [*of.rows[1], *of.rows[2]]])
    weights: dict[str, Any] = {}
    if name in REACHES:
        found = tagging.window(both, REACHES[name], seed)[0]
    elif name == DILATED:
        found = dilated(both, seed)
    else:
        found, weights = lstm(both, name, seed)
    found = [p.astype(np.float32) for p in found]
    return found[: len(of.rows[1])], found[len(of.rows[1]) :], weights


def lstm(of: tagging.Parts, way: str, seed: int) -> tuple[list[Any], dict[str, Any]]:
    """What ``tagging.run`` finds, and the weights that found it."""
    model = tagging.network(len(of.vocabulary), way, seed)
    turned = [[tagging.turned(part, way) for part in several] for several in (of.rows, of.targets)]
    train, validation = (by_length(turned[0][k], turned[1][k], tagging.BATCH) for k in (0, 1))
    fit(
        model,
        train,
        "softmax_cross_entropy",
        Adam(tagging.RATE),
        tagging.EPOCHS,
        validation=validation,
        patience=tagging.PATIENCE,
        seed=seed,
        progress=False,
    )
    found: list[Any] = []
    for start in range(0, len(of.rows[2]), 64):
        some = turned[0][2][start : start + 64]
        xs, mask = padded(some)
        p = softmax(model(xs, mask=mask).h)
        found += [p[: len(row), n] for n, row in enumerate(some)]
    return tagging.turned(found, way), {name: np.asarray(a) for name, a in model.to("numpy").params.items()}


class Dilated(torch.nn.Module):
    """A window of 255 characters in layers of three: each adds to what is below it (Yu and Koltun, 2016)."""

    def __init__(self, V: int) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(V, CHANNELS)
        self.layers = torch.nn.ModuleList(
            torch.nn.Conv1d(CHANNELS, CHANNELS, 3, padding=apart, dilation=apart) for apart in APART
        )
        self.readout = torch.nn.Linear(CHANNELS, len(TAGS))

    def forward(self, xs: Any, mask: Any) -> Any:
        """Of characters (N, T) and a mask like it, one score a tag, (N, T, K); 0 beyond the ends of a piece."""
        h = self.table(xs).mT * mask[:, None]
        for layer in self.layers:
            h = h + torch.relu(layer(h)) * mask[:, None]
        return self.readout(h.mT)


def dilated(of: tagging.Parts, seed: int) -> list[Any]:
    """The probabilities of the pieces of the test, trained for the epochs of the LSTMs, the best by validation kept."""
    torch.manual_seed(seed)
    model = Dilated(len(of.vocabulary))
    optimizer, best, kept = torch.optim.Adam(model.parameters(), RATE), np.inf, {}
    for _epoch in range(tagging.EPOCHS):
        for some in torch.randperm(len(of.rows[0])).split(tagging.BATCH):
            optimizer.zero_grad()
            loss_of(model, [of.rows[0][n] for n in some], [of.targets[0][n] for n in some]).backward()
            optimizer.step()
        with torch.no_grad():
            loss = float(loss_of(model, of.rows[1], of.targets[1]))
        if loss < best:
            best, kept = loss, {name: a.clone() for name, a in model.state_dict().items()}
    model.load_state_dict(kept)
    found: list[Any] = []
    with torch.no_grad():
        for start in range(0, len(of.rows[2]), 64):
            some = of.rows[2][start : start + 64]
            p = torch.softmax(model(*filled(some)), -1).numpy()
            found += [p[n, : len(row)] for n, row in enumerate(some)]
    return found


def filled(rows: list[Any]) -> tuple[Any, Any]:
    """Rows (N, T) filled with zeros to the length of the longest, and where they are."""
    xs = torch.nn.utils.rnn.pad_sequence([torch.as_tensor(row) for row in rows], batch_first=True)
    lengths = torch.as_tensor([len(row) for row in rows])
    return xs, (torch.arange(xs.shape[1]) < lengths[:, None]).float()


def loss_of(model: Dilated, rows: list[Any], targets: list[Any]) -> Any:
    xs, mask = filled(rows)
    wanted, _ = filled(targets)
    losses = torch.nn.functional.cross_entropy(model(xs, mask).mT, wanted, reduction="none")
    return (losses * mask).sum() / mask.sum()


def transitions(of: tagging.Parts) -> tuple[Any, Any]:
    """log P(tag | tag before), (K, K), and log P(tag), (K,), counted in the training part, each count and one."""
    pairs = np.zeros((len(TAGS), len(TAGS)))
    for row in of.targets[0]:
        np.add.at(pairs, (row[:-1], row[1:]), 1)
    seen = np.bincount(np.concatenate(of.targets[0]), minlength=len(TAGS)) + 1.0
    return np.log((pairs + 1) / (pairs + 1).sum(1, keepdims=True)), np.log(seen / seen.sum())


def legal() -> Any:
    """0 where a tag may follow another, and −inf where it may not: I goes on only what B or I of its kind began."""
    allowed = [[b[0] != "I" or a in (b, f"B{b[1:]}") for b in TAGS] for a in TAGS]
    return np.where(allowed, 0.0, -np.inf)


def viterbi(ps: Any, lengths: Any, steps: Any) -> Any:
    """The best sequences of tags, (T, N), of log probabilities (T, N, K) and of the value (K, K) of each step.

    Viterbi (1967). A sequence that is shorter than T ends at its length; what stands after it means nothing.
    """
    begins = np.where([tag.startswith("I") for tag in TAGS], -np.inf, 0.0)
    best, back = ps[0] + begins, np.zeros(ps.shape, int)
    for t in range(1, len(ps)):
        through = best[:, :, None] + steps  # (N, K before, K)
        goes_on = (t < lengths)[:, None]
        back[t] = np.where(goes_on, through.argmax(1), np.arange(len(TAGS)))
        best = np.where(goes_on, through.max(1) + ps[t], best)
    path = [best.argmax(-1)]
    for t in range(len(ps) - 1, 0, -1):
        path.append(back[t, np.arange(len(lengths)), path[-1]])
    return np.array(path[::-1])


def decoded(ps: list[Any], of: tagging.Parts, weight: float) -> list[list[str]]:
    """Tags of every piece: what a program says of each tag, and ``weight`` times what the tag before says of it.

    The second is log P(tag | before) − log P(tag), so that what is frequent does not count twice.
    """
    after, alone = transitions(of)
    lengths = np.array([len(p) for p in ps])
    filled = np.zeros((lengths.max(), len(ps), len(TAGS)))
    for n, p in enumerate(ps):
        filled[: len(p), n] = np.log(np.maximum(p, 1e-12))
    paths = viterbi(filled, lengths, legal() + weight * (after - alone))
    return [[TAGS[k] for k in paths[:length, n]] for n, length in enumerate(lengths)]


def packages(of: tagging.Parts) -> list[str]:
    """The package or module of each piece of the test."""
    files = library.pinned()
    names = [file.path.split("/")[0] for file in files]
    rows = split_by_group(names, tagging.SHARES, 1)[2]
    texts = library.texts([files[row] for row in rows])
    home = {p.text: names[row] for row, text in reversed(list(zip(rows, texts, strict=True))) for p in pieces(text)}
    return [home[piece.text] for piece in of.pieces[2]]


def tokenized(text: str) -> list[str]:
    """A tag for each character of a piece, by the tokenizer. In a bracket no indentation is out of place."""
    source, found, depth = f"[\n{text}]", ["O"] * len(text), 0
    begins = [begin - 2 for begin in starts(source)]
    read = [t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type not in LAYOUT]
    for before, token, after in zip(read, read[1:], read[2:], strict=False):
        depth += (token.string in tuple("([{")) - (token.string in tuple(")]}"))
        if kind := kind_of(token, before.string, after.string, depth):
            start, stop = (begins[row - 1] + column for row, column in (token.start, token.end))
            found[start:stop] = [f"B-{kind}", *[f"I-{kind}"] * (stop - start - 1)]
    return found
