"""rnnkit/records/building.json: what was run, and under which settings. It is written after each run."""

import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from artefacts.building.entries import AGAIN, COMPARISONS, RECIPE
from artefacts.long_memory.entries import Entry
from artefacts.long_memory.record import RULE, Key, fingerprint, written
from benchmarks.machine import processor
from rnnkit.records import BUILDING, Run, building


class Record:
    """The runs and trials that are known, by the settings as they are now."""

    def __init__(self, file: Path = BUILDING):
        self.file, self.settings = file, settings()
        self.rates: dict[str, dict[str, float]] = {}
        self.runs: dict[Key, Run] = {}
        self.trials: dict[Key, Run] = {}
        self.longer: dict[Key, Run] = {}  # at the other rate
        if file.exists():
            known = building(file)
            self.rates = {name: known.rates[name] for name in self.settings["networks"] if name in known.rates}
            parts = (self.runs, known.runs), (self.trials, known.trials), (self.longer, known.longer)
            for runs, rows in parts:
                runs.update({run[:5]: run for run in rows if self._stands(run, known.settings)})

    def _stands(self, run: Run, before: dict[str, Any]) -> bool:
        """Whether a run is of the settings as they are now: a new network, T or seed leaves the others' runs alone."""
        known = any(run.network in one.networks and run.task in one.tasks for one in COMPARISONS.values())
        return known and _of(self.settings, run) == _of(before, run)

    def choose(self, network: str, task: str) -> float:
        """The learning rate of a network on a task, from its trials."""
        trials = [run for run in self.trials.values() if (run.network, run.task) == (network, task)]
        self.rates.setdefault(network, {})[task] = rate = chosen(trials)
        return rate

    def _is_wanted(self, run: Run) -> bool:
        """Whether the run is at a T that is asked for, with the rate that was chosen."""
        chosen = self.rates.get(run.network, {}).get(run.task)
        return run.T in _entry(run).lengths and run.seed in RECIPE.seeds and run.rate == chosen

    def write(self) -> None:
        runs = sorted((run for run in self.runs.values() if self._is_wanted(run)), key=_place)
        trials = sorted((run for run in self.trials.values() if _entry(run).trial == run.T), key=_place)
        again = sorted((run for run in self.longer.values() if (run.network, run.rate) in AGAIN), key=_place)
        content = {
            "rule": RULE,
            "settings": self.settings,
            "settings_sha256": fingerprint(self.settings),
            "rates": self.rates,
            "cpu_seconds": round(sum(run.cpu_seconds for run in (*runs, *trials, *again))),
            "processor": processor(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "columns": Run._fields,
            "trials": trials,
            "runs": runs,
            "longer": again,
        }
        draft = self.file.with_suffix(".part")
        draft.write_text(written(content), "utf-8")
        draft.replace(self.file)


def _of(settings: dict[str, Any], run: Run) -> list[Any]:
    """The part of the settings that a run depends on."""
    recipe = {key: value for key, value in settings["recipe"].items() if "seeds" not in key and key != "rates"}
    task = settings["comparisons"].get(settings["networks"].get(run.network), {"tasks": {}})["tasks"].get(run.task, {})
    return [recipe, *map(task.get, ("updates", "test", "criterion"))]


def settings() -> dict[str, Any]:
    """All that a run depends on, but for its seed, as JSON has it."""
    comparisons = {}
    for name, comparison in COMPARISONS.items():
        tasks = {}
        for task, entry in comparison.tasks.items():
            criteria = {entry.made(T).criterion for T in entry.lengths}
            numbers = {key: value for key, value in asdict(entry).items() if key != "made"}
            tasks[task] = numbers | {"criterion": criteria.pop()}
        comparisons[name] = {"networks": list(comparison.networks), "tasks": tasks}
    networks = {network: name for name, comparison in COMPARISONS.items() for network in comparison.networks}
    found: dict[str, Any] = json.loads(
        json.dumps({"recipe": asdict(RECIPE), "networks": networks, "comparisons": comparisons, "again": AGAIN})
    )
    return found


def chosen(trials: list[Run]) -> float:
    """The learning rate by the rule, from the trials of one network on one task; an unsolved run has spent them all."""
    rates = sorted({run.rate for run in trials})
    return min(rates, key=lambda rate: np.mean([run.updates for run in trials if run.rate == rate]))


def _entry(run: Run) -> Entry:
    """What a known run's task is now."""
    (entry,) = (one.tasks[run.task] for one in COMPARISONS.values() if run.network in one.networks)
    return entry


def _place(run: Run) -> tuple[Any, ...]:
    (where,) = (k for k, one in enumerate(COMPARISONS.values()) if run.network in one.networks)
    comparison = list(COMPARISONS.values())[where]
    places = list(comparison.tasks).index(run.task), run.T, list(comparison.networks).index(run.network)
    return (where, *places, run.rate, run.seed)
