"""What took too long for a page, as it came out: the runs that `make artefacts` trains, one row each.

>>> solved = long_memory().solved("adding")
>>> list(solved), sorted(solved[5])
([5, 10, 20, 40], ['GRU', 'GRU, 3', 'IRNN', 'LSTM', 'LSTM, 3', 'orthogonal', 'tanh'])
"""

import base64
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

PARTS = ("trials", "runs", "longer")
LONG_MEMORY = Path(__file__).parent / "long_memory.json"
FORECASTS = Path(__file__).parent / "forecasts.json"
BUILDING = Path(__file__).parent / "building.json"
LABELS = Path(__file__).parent / "labels.json"
TAGGER = Path(__file__).parent / "tagger.json"
BRACKETS = Path(__file__).parent / "brackets.json"
TEXT = Path(__file__).parent / "text.json"
TRANSLATE = Path(__file__).parent / "translate.json"
EVIDENCE = Path(__file__).parent / "evidence.json"
WATCHED = Path(__file__).parent / "watched.json"
PAGE = Path(__file__).parent / "page.json"
CODE = Path(__file__).parent / "code.safetensors"  # a bundle: rnnkit.deploy.load_bundle reads it
DRIFT = Path(__file__).parent / "drift.json"
MARGIN = 0.05  # of what a baseline gets wrong: less does not matter
RULE, OTHER, SOFT = "the rule that made the data", "another network of ours", "a softer rival"
APART = {  # rows that are no comparison of a task's best network with its strongest cheap rival, by task and rival
    ("the same, beside the rules", "Python's tokenizer, and a rule on top"): RULE,
    ("a date to ISO, unseen days of known years", "a rule: nine formats in turn"): RULE,
    ("a date to ISO, years before 1950", "a rule: nine formats in turn"): RULE,
    ("each character, read from the left alone", "window of 255 characters, no memory"): OTHER,
    ("the next character of a program", "table of 4 characters"): SOFT,
    ("the next character of a program", "xz, behind all files to read"): SOFT,
    ("the next letter of a tune", "table of 5 letters"): SOFT,
    ("the sounds of a word, from its letters", "trees on 9 letters"): SOFT,
}
LESS = {  # the same, by task and network
    ("the sounds of a word, from its letters", "GRU to GRU, attention"): OTHER,
    ("the next character of a program", "GRU of 96 units"): OTHER,
    ("the next letter of a tune", "GRU of 96 units"): OTHER,
    ("ridership, a day ahead", "GRU"): OTHER,  # by the year to choose by, over the three horizons
    ("ridership, 7 days ahead", "GRU"): OTHER,
    ("ridership, 14 days ahead", "GRU"): OTHER,
}
BY_RULE, BY_US = "Real texts, whose labels a rule made", "Data that a program of ours made"
MADE = {  # what is not real of a task's data, by group
    "the labels of a program": BY_RULE,
    "tunes": BY_US,
    "dates": BY_US,
    "a random walk": BY_US,
}
APPLICATIONS = (LABELS, TEXT, TRANSLATE, FORECASTS)  # each has rows of *Does it win?*


class Run(NamedTuple):
    """One training run of a network on a task."""

    network: str
    task: str
    T: int
    seed: int
    rate: float  # Adam's learning rate
    solved: bool
    updates: int  # at the look that found the task solved, or when the run ended
    measure: float  # the task's own, on sequences that no run trains on: an error, or a share of right answers
    cpu_seconds: float


class Record(NamedTuple):
    """All runs of an experiment, and what they depend on."""

    settings: dict[str, Any]  # "recipe", "networks" and, of long_memory, "tasks" and "again"
    rates: dict[str, dict[str, float]]  # the learning rate of each network on each task, chosen by the trials
    trials: list[Run]
    runs: list[Run]
    longer: list[Run]  # some of them once more, with more updates or at another rate
    about: dict[str, Any]  # the rule of the choice, CPU seconds, processor, versions

    def only(self, *networks: str) -> "Record":
        """The record of these networks alone, with the CPU seconds that they took."""
        parts = {name: [run for run in getattr(self, name) if run.network in networks] for name in PARTS}
        seconds = {"cpu_seconds": round(sum(run.cpu_seconds for runs in parts.values() for run in runs))}
        words = {"networks": {network: self.settings["networks"][network] for network in networks}}
        rates = {network: self.rates[network] for network in networks}
        return Record(self.settings | words, rates, about=self.about | seconds, **parts)

    def of(self, task: str) -> dict[int, dict[str, list[Run]]]:
        """The runs of a task, by T and network."""
        found: dict[int, dict[str, list[Run]]] = {}
        for run in self.runs:
            if run.task == task:
                found.setdefault(run.T, {}).setdefault(run.network, []).append(run)
        return found

    def solved(self, task: str) -> dict[int, dict[str, int]]:
        """How many runs solved a task, by T and network."""
        return {
            T: {network: sum(run.solved for run in runs) for network, runs in row.items()}
            for T, row in self.of(task).items()
        }


def long_memory(path: Path = LONG_MEMORY) -> Record:
    """Which networks learn to bridge which lag: the runs of ``artefacts/long_memory``."""
    content = json.loads(path.read_text("utf-8"))
    rows = {part: [Run(*row) for row in content.pop(part, [])] for part in PARTS}
    return Record(content.pop("settings"), content.pop("rates"), **rows, about=content)


def building(path: Path = BUILDING) -> Record:
    """Depth, levels, dropout and cells: the runs of ``artefacts/building``."""
    return long_memory(path)


def brackets(path: Path = BRACKETS) -> tuple[list[int], dict[str, list[list[float]]]]:
    """Updates, and at each the bits for a last bracket by network and seed: the runs of ``artefacts/brackets``."""
    content = json.loads(path.read_text("utf-8"))
    looks = len(next(iter(content["bits"].values()))[0])
    return [content["every"] * n for n in range(1, looks + 1)], content["bits"]


def bracket_rates(path: Path = BRACKETS) -> dict[str, dict[str, float]]:
    """The same bits, on short lines, by network and learning rate: the means over looks and over seeds of their own."""
    tried = json.loads(path.read_text("utf-8"))["rates"]["bits"]
    return {name: {rate: float(np.mean(runs)) for rate, runs in row.items()} for name, row in tried.items()}


class Watched(NamedTuple):
    """One training run of *Watching a run*."""

    curve: Any  # (looks, 2): the update, and the loss on rows that it does not learn from
    along: Any  # (looks, T): the gradient's mean length along the state, by lag
    weights: Any  # (parameters,), in the order of the network's


def watched(path: Path = WATCHED) -> dict[str, list[Watched]]:
    """Runs with a planted fault or none, by name and seed: those of ``artefacts/watched``."""
    content = json.loads(path.read_text("utf-8"))["runs"]
    return {
        name: [
            Watched(
                np.array(run["curve"]),
                np.array(run["along"]),
                np.frombuffer(base64.b64decode(run["weights"]), "<f2").astype(float),
            )
            for run in runs
        ]
        for name, runs in content.items()
    }


class Forecast(NamedTuple):
    """How one model forecast a series over the year of the test: 364 targets, each foretold ``horizon`` days before."""

    series: str
    model: str
    horizon: int
    seed: int  # 0 for a model that draws nothing
    first: float  # the mean absolute error in the year after the training part, by which models and rivals are chosen
    before: float  # in the year before the test, by which no model was trained or tuned
    mae: float  # in the test
    mase: float  # in the naive forecast's errors of the year before: one day before, for ridership seven
    cover: float  # the share of targets inside the interval that is made for 80 %
    width: float  # of that interval, in the series' unit
    score: float  # of the interval: its width, and ten times what it lacks on the days outside


class Leak(NamedTuple):
    """The mean absolute error of one model on the same targets, by where the windows that it learned from come from."""

    series: str
    model: str
    horizon: int
    ordered: float  # the year before the test
    purged: float  # before and after the test, none that shares a day with the window or its target
    shuffled: float  # any day, the neighbouring ones too


class Forecasts(NamedTuple):
    """The forecasts of three daily series."""

    rows: list[Forecast]  # beside these the file has, as "rows", the network beside the best of the others
    leaks: list[Leak]
    about: dict[str, Any]  # the settings, CPU seconds, processor, versions

    def of(self, series: str, horizon: int) -> dict[str, list[Forecast]]:
        """The rows of a series and a horizon, by model."""
        found: dict[str, list[Forecast]] = {}
        for row in self.rows:
            if (row.series, row.horizon) == (series, horizon):
                found.setdefault(row.model, []).append(row)
        return found


def forecasts(path: Path = FORECASTS) -> Forecasts:
    """What naive forecasts, regressions, trees and a GRU are worth: the runs of ``artefacts/forecast``."""
    content = json.loads(path.read_text("utf-8"))
    rows, leaks = [Forecast(*row) for row in content.pop("forecasts")], [Leak(*row) for row in content.pop("leaks")]
    return Forecasts(rows, leaks, content)


def ending(difference: tuple[float, float, float], margin: float, better: str) -> str:
    """How a comparison ends, from the mean difference and its interval: one of five words.

    "wins" or "loses": all of the interval is on one side of 0, and the mean is beyond the margin. "within the margin":
    on one side of 0, but not so far; it is sure, and too small to matter. "ties": the interval holds 0 and nothing
    beyond the margin. "undecided": it holds 0 and more than that; the test is too small to tell.
    """
    mean, low, high = difference
    if low <= 0 <= high:
        return "ties" if max(-low, high) <= margin else "undecided"
    if abs(mean) <= margin:
        return "within the margin"
    return "wins" if (mean > 0) == (better == "higher") else "loses"


class Comparison(NamedTuple):
    """A network beside what it has to beat, on one test set: a row of *Does it win?*."""

    task: str
    data: str
    measure: str
    network: str
    baseline: str
    better: str  # "higher" or "lower"
    items: int  # of the test
    ours: list[float]  # the network's measure, one a seed
    theirs: list[float]  # the baseline's; one where it has no seed
    difference: tuple[float, float, float]  # the means' difference, and its interval over seeds and items
    group: str = ""  # what the row shares with others on the same data, which are no independent evidence
    control: bool = False  # nothing is there to be won: the row tests the comparison
    best: float = 1  # what a measure can reach of which more is better

    @property
    def apart(self) -> str:
        """Why the row is in no count of tasks; empty for a task's best network beside its strongest cheap rival."""
        return APART.get((self.task, self.baseline)) or LESS.get((self.task, self.network), "")

    @property
    def made(self) -> str:
        """What is not real of the data; empty where neither texts and numbers nor answers were made by a program."""
        return MADE.get(self.group, "")

    @property
    def margin(self) -> float:
        """A difference that would matter: a twentieth of what the baseline gets wrong, its error or its misses."""
        theirs = sum(self.theirs) / len(self.theirs)
        return MARGIN * (theirs if self.better == "lower" else self.best - theirs)

    @property
    def verdict(self) -> str:
        """How the row ends, by :func:`ending`."""
        return ending(self.difference, self.margin, self.better)


def labels(path: Path = LABELS) -> dict[str, Any]:
    """The runs of ``artefacts/labels``: "digits", "reviews" and "tags", and what they depend on."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def text(path: Path = TEXT) -> dict[str, Any]:
    """The runs of ``artefacts/text``: "code", "tunes", "writing", and what they depend on."""
    return labels(path)


def translations(path: Path = TRANSLATE) -> dict[str, Any]:
    """The runs of ``artefacts/translate``: "sounds", "dates" and "sentences", and what they depend on."""
    return labels(path)


def evidence(path: Path = EVIDENCE) -> dict[str, list[dict[str, Any]]]:
    """The networks of ``artefacts/evidence``: for each kind the weights by name, one dict a seed."""
    found: dict[str, list[dict[str, Any]]] = json.loads(path.read_text("utf-8"))["networks"]
    return found


class Tagger(NamedTuple):
    """A trained network that labels each character of a program."""

    characters: str  # in the order of their numbers, which begin with 2
    tags: list[str]
    weights: dict[str, Any]  # of a Sequential of an Embedding, an LSTM of both directions and a Linear


def in_page(path: Path = PAGE) -> dict[str, Any]:
    """What fewer bits a weight cost: the runs of ``artefacts/page``. "networks" has an entry a seed."""
    return labels(path)


def tagger(path: Path = TAGGER) -> Tagger:
    """The network that reads both ways of ``artefacts/labels``, seed 0, a byte for each weight."""
    content = json.loads(path.read_text("utf-8"))
    weights = {}
    for name, (shape, scale, code) in content["arrays"].items():
        whole = np.frombuffer(base64.b64decode(code), np.int8).reshape(len(scale), -1)
        weights[name] = (whole * np.array(scale)[:, None]).reshape(shape).astype(np.float32)
    return Tagger(content["characters"], content["tags"], weights)


def drift(path: Path = DRIFT) -> dict[str, dict[str, Any]]:
    """What is left of a bit after 10 to the power of 0 to 6 steps, by kind of network: the runs of ``artefacts/drift``.

    "right" is each network's share of right answers in training's windows, "looks" have "step" and, of each network,
    how many of its eight users hold the bit ("holds"), hear a new one ("hears"), and how far float32 is from float64
    ("apart").
    """
    found: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))["kinds"]
    return found


def comparisons(*paths: Path) -> list[Comparison]:
    """The rows of these records, or of all applications."""
    rows = (row for path in paths or APPLICATIONS for row in json.loads(path.read_text("utf-8"))["rows"])
    return [Comparison(**row | {"difference": tuple(row["difference"])}) for row in rows]
