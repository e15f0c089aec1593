"""rnnkit/records/long_memory.json: what was run, and under which settings. It is written after each run."""

import hashlib
import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from artefacts.long_memory.entries import AGAIN, ENTRIES, TIMES, Recipe
from artefacts.long_memory.networks import NETWORKS
from benchmarks.machine import processor
from rnnkit.records import LONG_MEMORY, Run, long_memory

Key = tuple[str, str, int, int, float]  # network, task, T, seed, learning rate
RULE = (
    "A network's learning rate on a task is the one whose trials, on other seeds and at one T, need the fewest updates "
    "on average. An unsolved trial needs all that it may have; of equal rates the smallest is taken."
)


class Record:
    """The runs and trials that are known, by the settings as they are now."""

    def __init__(self, file: Path = LONG_MEMORY):
        self.file, self.settings = file, settings()
        self.rates: dict[str, dict[str, float]] = {}
        self.runs: dict[Key, Run] = {}
        self.trials: dict[Key, Run] = {}
        self.longer: dict[Key, Run] = {}
        if file.exists():
            known = long_memory(file)
            self.rates = known.rates
            self.runs, self.trials, self.longer = (
                {run[:5]: run for run in runs if self._stands(run, known.settings)}
                for runs in (known.runs, known.trials, known.longer)
            )
            if known.settings.get("again") != self.settings["again"]:
                self.longer = {}

    def _stands(self, run: Run, before: dict[str, Any]) -> bool:
        """Whether a run is of the settings as they are now: a new network, task or T leaves the others' runs alone."""
        return run.network in NETWORKS and run.task in ENTRIES and _of(self.settings, run) == _of(before, run)

    def choose(self, network: str, task: str) -> None:
        """The learning rate of a network on a task, from its trials."""
        trials = [run for run in self._trials() if (run.network, run.task) == (network, task)]
        self.rates.setdefault(network, {})[task] = chosen(trials)

    def _trials(self) -> list[Run]:
        return sorted((run for run in self.trials.values() if ENTRIES[run.task].trial == run.T), key=_place)

    def _is_wanted(self, run: Run) -> bool:
        rate = self.rates.get(run.network, {}).get(run.task)
        return run.rate == rate and run.T in ENTRIES[run.task].lengths

    def write(self) -> None:
        trials = self._trials()
        runs = sorted((run for run in self.runs.values() if self._is_wanted(run)), key=_place)
        longer = sorted(self.longer.values(), key=_place)
        content = {
            "rule": RULE,
            "settings": self.settings,
            "settings_sha256": fingerprint(self.settings),
            "rates": self.rates,
            "cpu_seconds": round(sum(run.cpu_seconds for run in (*runs, *trials, *longer))),
            "processor": processor(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "columns": Run._fields,
            "trials": trials,
            "runs": runs,
            "longer": longer,
        }
        draft = self.file.with_suffix(".part")
        draft.write_text(written(content), "utf-8")
        draft.replace(self.file)


def _of(settings: dict[str, Any], run: Run) -> list[Any]:
    """The part of the settings that a run depends on."""
    task = settings["tasks"].get(run.task, {})
    return [settings["recipe"], settings["networks"].get(run.network), *map(task.get, ("updates", "test", "criterion"))]


def settings() -> dict[str, Any]:
    """All that a run depends on, but for its seed, as JSON has it."""
    tasks = {}
    for name, entry in ENTRIES.items():
        criteria = {entry.made(T).criterion for T in entry.lengths}
        numbers = {key: value for key, value in asdict(entry).items() if key != "made"}
        tasks[name] = numbers | {"criterion": criteria.pop()}
    networks = {name: made.__doc__ for name, made in NETWORKS.items()}
    again = {"times": TIMES, "runs": AGAIN}
    content = {"recipe": asdict(Recipe()), "networks": networks, "tasks": tasks, "again": again}
    found: dict[str, Any] = json.loads(json.dumps(content))
    return found


def fingerprint(of: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()


def chosen(trials: list[Run]) -> float:
    """The learning rate by the rule, from the trials of one network on one task."""
    needed = {
        rate: np.mean([_needed(run) for run in trials if run.rate == rate]) for rate in {run.rate for run in trials}
    }
    return min(sorted(needed), key=needed.__getitem__)


def _needed(run: Run) -> int:
    return run.updates if run.solved else ENTRIES[run.task].updates


def _place(run: Run) -> tuple[Any, ...]:
    return (list(ENTRIES).index(run.task), run.T, list(NETWORKS).index(run.network), run.rate, run.seed)


def written(content: dict[str, Any]) -> str:
    """JSON with a line for each key, and for each run."""
    lines = []
    for key, value in content.items():
        text = json.dumps(value, ensure_ascii=False)
        if key in ("runs", "trials", "longer"):
            rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in value)
            text = f"[\n{rows}\n]"
        lines.append(f"{json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
