"""Type Ahead's network of tunes, tunes.json: the first seed's, arranged and rounded as the one of code is."""

from typing import Any

import numpy as np

from artefacts.text.music import bar_of, each_anew
from artefacts.text.training import NEVER, composed
from artefacts.type_ahead import export, units
from rnnkit import Sequential
from rnnkit.data.tunes import NOTES, SYMBOLS, Tune
from rnnkit.explorers.type_ahead import network
from rnnkit.explorers.type_ahead.network import encode

FOLLOWED = ("place in the bar", "metre", "bar of the line", "line")
NAMED = 0.3


def labels(text: str) -> dict[str, Any]:
    """What is so after each letter of a tune, (T,) each."""
    place, pitch, places, pitches = 0, 0, [], []
    for letter in text:
        if letter in NOTES:
            place, pitch = place + 1, NOTES.index(letter)
        elif letter in "234":
            place += int(letter) - 1
        else:
            place = 0
        places.append(place)
        pitches.append(pitch)
    head = text.index("\n", text.index("\n") + 1) + 1  # its digits and capitals are no notes
    places[:head], pitches[:head] = [0] * head, [0] * head
    newlines = np.cumsum([letter == "\n" for letter in text])
    after = {"notes": NOTES, "lengths": "234", "strokes": "|", "line ends": "\n"}
    return {
        "place in the bar": np.array(places),
        "metre": np.full(len(text), int(text.startswith("M:4"))),
        "bar of the line": np.append(bar_of(text)[1:], 0),
        "line": newlines,
        "pitch": np.array(pitches),
        **{name: np.array([letter in letters for letter in text], int) for name, letters in after.items()},
    }


def seen(model: Sequential, several: list[Tune]) -> units.Seen:
    """The states after each letter but each tune's last, side by side."""
    T = max(len(tune.text) for tune in several)
    symbols = np.zeros((T, len(several)), int)
    for n, tune in enumerate(several):
        symbols[: len(tune.text), n] = encode(tune.text)
    h = model.layers[0](network.read(symbols)).h.astype(np.float32)
    rows = [len(tune.text) - 1 for tune in several]
    by_tune = [labels(tune.text) for tune in several]
    return units.Seen(
        np.concatenate([h[:row, n] for n, row in enumerate(rows)]),
        np.concatenate([symbols[:row, n] for n, row in enumerate(rows)]),
        np.concatenate([symbols[1 : row + 1, n] for n, row in enumerate(rows)]),
        np.repeat(np.arange(len(rows)), rows),
        {name: np.concatenate([of[name][:row] for of, row in zip(by_tune, rows, strict=True)]) for name in by_tune[0]},
    )


def followed(found: units.Seen) -> tuple[list[str], Any, Any]:
    """What each unit follows best on the first half of the tunes, and its r there and on the other half."""
    halves = found.first, ~found.first
    r = np.array(
        [[units.correlations(found.h[rows], label[rows]) for label in found.labels.values()] for rows in halves]
    )
    best = np.abs(r[0]).argmax(0)
    return [[*found.labels][k] for k in best], r[0, best, range(r.shape[2])], r[1, best, range(r.shape[2])]


def few(model: Sequential) -> dict[str, Any]:
    """The parameters for the letters of tunes alone, and one symbol for all others."""
    p, letters = dict(model.params), encode(SYMBOLS)
    width = np.zeros((len(p["0.weight_ih_l0"]), 1))
    p["0.weight_ih_l0"] = np.concatenate([p["0.weight_ih_l0"][:, letters], width], 1)
    p["1.weight"] = np.concatenate([p["1.weight"][letters], np.zeros((1, p["1.weight"].shape[1]))])
    p["1.bias"] = np.append(p["1.bias"][letters], NEVER)
    return p


class Written:
    """As much of a model as export.written reads."""

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params


def text_of(model: Sequential, about: dict[str, Any]) -> str:
    return export.written(Written(few(model)), {"alphabet": SYMBOLS} | about)  # type: ignore[arg-type]


def publish(trained: Sequential, path: Any = network.TUNES) -> None:
    unseen = composed()[1]
    before = seen(trained, unseen)
    _, first, _ = followed(before)
    order = np.argsort(units.autocorrelation(before))
    model = export.arranged(trained, order, np.where(first < 0, -1.0, 1.0)[order])
    path.write_text(text_of(model, {}), "utf-8")
    after = network.load(path).model  # what the reader gets: rounded
    found = seen(after, unseen)
    names, first, other = followed(found)
    presets = {name: units.preset(found, name) for name in FOLLOWED}
    about = {
        "units": [
            {"follows": name if min(abs(a), abs(b)) >= NAMED else "", "r": round(float(b), 2)}
            for name, a, b in zip(names, first, other, strict=True)
        ],
        "presets": {
            name: {
                "unit": best.unit,
                "r": round(abs(best.r), 3),
                "rotated": {"r": round(float(np.mean([abs(one.r) for one in control])), 3)},
            }
            for name, (best, control) in presets.items()
        },
        "figures": {"bits_per_character": round(float(each_anew(after, unseen).mean()), 4)},
    }
    path.write_text(text_of(model, about), "utf-8")
