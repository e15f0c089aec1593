"""What a training run says while it runs: a bar or lines, and TensorBoard's file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib import import_module
from typing import Any

from rnnkit.extras import needed
from rnnkit.training.history import History


class Lines:
    """Progress where tqdm is not installed: a line for each epoch on the standard error."""

    def __init__(self, epochs: int):
        self.epochs = epochs

    def step(self, epoch: int, step: int) -> None:
        """Print nothing: a line a step would fill a log."""

    def epoch(self, history: History) -> None:
        print(f"epoch {history.epochs}/{self.epochs}: {history.last()}", file=sys.stderr)


class Silence(Lines):
    """No progress."""

    def epoch(self, history: History) -> None:
        pass


class Bar(Lines):
    """tqdm's bar: epochs and the part of the current one that is done, with its step.

    How many steps an epoch has is known from the one before. So the first epoch has no rate and no time left.
    """

    FORMAT = "{l_bar}{bar}| {n:.3g}/{total_fmt} [{elapsed}<{remaining}, {rate_fmt}{postfix}]"

    def __init__(self, epochs: int, bar: Any):
        super().__init__(epochs)
        self.bar, self.done, self.steps, self.known = bar, bar.n, 0, 0

    def step(self, epoch: int, step: int) -> None:
        self.steps = step
        self.bar.set_description(f"epoch {epoch}, step {step}", refresh=False)
        self._to(self.done + (min(step / self.known, 1.0) if self.known else 0.0))

    def epoch(self, history: History) -> None:
        self.done, self.known = self.done + 1, self.steps
        self.bar.set_postfix_str(history.last(), refresh=False)
        self._to(self.done)

    def _to(self, epochs: float) -> None:
        """Draws, at most ten times a second."""
        self.bar.update(epochs - self.bar.n)


@contextmanager
def progress(wanted: bool, epochs: int, done: int) -> Iterator[Lines]:
    """Show a run's progress: as a bar if tqdm is installed, else as lines."""
    bar_of = _tqdm() if wanted else None
    if bar_of is None:
        yield Lines(epochs) if wanted else Silence(epochs)
        return
    options = {"unit": "epoch", "miniters": 0, "smoothing": 0, "bar_format": Bar.FORMAT}  # 0: the mean rate
    with bar_of(total=epochs, initial=done, **options) as bar:
        yield Bar(epochs, bar)


def _tqdm() -> Any:
    """tqdm's bar for where we are, a notebook or a terminal; None if it is not installed.

    tqdm.auto takes any process that has imported a kernel's code for a notebook, and then a terminal shows nothing.
    """
    IPython = sys.modules.get("IPython")
    in_kernel = IPython is not None and hasattr(IPython.get_ipython(), "kernel")
    try:
        return import_module("tqdm.auto" if in_kernel else "tqdm").tqdm
    except ImportError:
        return None


@contextmanager
def board(folder: Any) -> Iterator[Any]:
    """A function that writes the last epoch of a history to TensorBoard's file in ``folder``; None: to nowhere."""
    if folder is None:
        yield lambda history: None
        return
    writer = needed("tensorboard.summary", "tensorboard=...").Writer(str(folder))
    try:
        yield lambda history: _write(writer, history)
    finally:
        writer.close()


def _write(writer: Any, history: History) -> None:
    """Every number of the last epoch, at the epoch's number."""
    for name, values in asdict(history).items():
        if isinstance(values, list) and values:
            writer.add_scalar(name, values[-1], history.epochs)
    writer.flush()
