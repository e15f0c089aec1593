"""An epoch of training, and of validation."""

import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.cells import Params
from rnnkit.ops import Array, detached, on_processor, stack, to_numpy
from rnnkit.training.accumulated import Accumulated
from rnnkit.training.clipping import Diverged, clip_by_global_norm, global_norm
from rnnkit.training.optimisers import Optimizer
from rnnkit.training.progress import Lines
from rnnkit.training.schedules import Schedule
from rnnkit.training.state import Training

Batches = Callable[[np.random.Generator], Iterable[Any]]
Loss = Callable[..., tuple[Any, Array]]
Measure = Callable[[Any, Any], float]
Row = dict[str, float]


@dataclass(frozen=True)
class Loop:
    """The parts of a training step."""

    model: Any
    loss: Loss
    optimizer: Optimizer
    clip: float | None
    schedule: Schedule | None
    window: int | None
    carry: bool
    accumulate: int
    after_step: Callable[[int], Any] | None = None

    def train(self, batches: Iterable[Any], dropout: np.random.Generator, epoch: int, shown: Lines) -> Row:
        """One epoch of training."""
        frozen, waiting = frozen_names(self.model), Accumulated()
        trained = {name: p for name, p in self.model.params.items() if name not in frozen}
        state, values, weights, updates = None, [], [], []
        for step, batch in enumerate(batches, 1):
            with _at(f"epoch {epoch}, step {step}"):
                _check_carried(state, batch)
                run = self.model(batch.xs, state, batch.mask, dropout)
                value, d_y, weight = self.score(detached(run.h), batch)
                grads = self.model.backward(run, d_y, window=self.window).params
                waiting.add({name: grads[name] for name in trained}, weight)
                if waiting.batches == self.accumulate:
                    updates.append(self.update(trained, waiting))
            state = _without_graph(run.state) if self.carry else None
            values.append(value)
            weights.append(weight)
            shown.step(epoch, step)
        if waiting.batches:
            with _at(f"epoch {epoch}, step {step}"):
                updates.append(self.update(trained, waiting))
        losses, norms = _numbers(values), _numbers([norm for norm, _ in updates])
        seen = [(step, "loss", value) for step, value in enumerate(losses, 1)]
        seen += [(min(k * self.accumulate, step), "gradient's norm", norm) for k, norm in enumerate(norms, 1)]
        for step, name, number in sorted(seen, key=lambda at: at[0]):
            with _at(f"epoch {epoch}, step {step}"):  # on a GPU the numbers have not been checked yet
                _look_at(name, number)
        rate = float(updates[-1][1])
        return {"loss": _mean(values, weights), "grad_norm": _mean(norms), "grad_norm_max": max(norms), "lr": rate}

    def update(self, trained: Params, waiting: Accumulated) -> tuple[Any, float]:
        """One update with the accumulated gradient. Returns its norm before clipping, and the learning rate."""
        grads = waiting.take()
        lr = self.schedule(self.optimizer.steps) if self.schedule else self.optimizer.lr
        norm = clip_by_global_norm(grads, self.clip) if self.clip else global_norm(grads)
        _look_at("gradient's norm", norm)
        self.optimizer.update(trained, grads, lr)
        if self.after_step is not None:
            self.after_step(self.optimizer.steps)
        return norm, lr

    def validate(self, batches: Iterable[Any], measure: Measure | None, epoch: int) -> Row:
        """The mean loss, and measure, of the parameters as they are."""
        state, values, measures, weights, answers = None, [], [], [], []
        of_task = getattr(getattr(measure, "__self__", None), "answers", None)
        for batch in batches:
            with _at(f"the validation after epoch {epoch}"), _no_graph(), _without_dropout(self.model):
                _check_carried(state, batch)
                run = self.model(batch.xs, state, batch.mask, None)
                y = detached(run.h)
                value, _, weight = self.score(y, batch)
                measures += [measure(to_numpy(y), batch)] if measure else []
            state = run.state if self.carry else None
            values.append(value)
            weights.append(weight)
            answers.append(of_task(batch) if of_task else weight)
        row = {"validation_loss": _mean(values, weights)}
        with _at(f"the validation after epoch {epoch}"):
            _look_at("loss", row["validation_loss"])
        return row | ({"measure": _mean(measures, answers)} if measure else {})

    def score(self, y: Array, batch: Any) -> tuple[Any, Array, Any]:
        """The loss, its gradient, and how many answers it is the mean of."""
        scored = batch.scored if batch.scored is None else to_numpy(batch.scored)
        ignored = getattr(self.loss, "keywords", {}).get("ignore_index")  # of a functools.partial
        if ignored is not None:
            named = to_numpy(batch.targets) != ignored
            scored = named if scored is None else scored & named
        if y.ndim == 3 and batch.mask is not None:
            there = to_numpy(batch.mask)
            there = there if scored is None or scored.ndim == 2 else there[..., None]
            scored = there if scored is None else scored & there
        found = self.loss(y, batch.targets, scored)
        if not isinstance(found, tuple) or len(found) != 2:
            came, hint = f"loss returned a {type(found).__name__}", "rnnkit.fit's notes show it for a loss of Torch's."
            raise checks.wrong(came, "(number, d_y), the loss and its gradient", hint)
        value, d_y = found
        _look_at("loss", value)
        return value, d_y, math.prod(y.shape[:-1]) if scored is None else scored.sum()


def one_epoch(
    loop: Loop,
    training: Training,
    batches: Batches,
    validation: Batches | None,
    measure: Measure | None,
    shown: Lines,
) -> Row:
    """Train, validate, and measure the time."""
    start, epoch = time.perf_counter(), training.history.epochs + 1
    row = loop.train(_given("batches", batches, training.rngs["data"]), training.rngs["dropout"], epoch, shown)
    if validation is not None:
        # A stream that no training draws from, whatever its seed: those have the keys 0 and 1.
        rng = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(2,)))
        row |= loop.validate(_given("validation", validation, rng), measure, epoch)
    return row | {"seconds": time.perf_counter() - start}


def frozen_names(model: Any) -> list[str]:
    return [name for name, p in model.params.items() if not getattr(p, "requires_grad", True)]


def _given(name: str, batches: Batches, rng: np.random.Generator) -> Iterator[Any]:
    """The batches of an epoch, at least one."""
    batch = None
    for batch in batches(rng):
        if not all(hasattr(batch, part) for part in ("xs", "targets", "mask", "scored")):
            raise checks.wrong(
                f"{name} gave a {type(batch).__name__}",
                "something with xs, targets, mask and scored",
                "Use rnnkit.data.Batch.",
            )
        yield batch
    if batch is None:
        raise checks.wrong(
            f"{name} gave no batch", "one or more for an epoch", "Does it return the same iterator again, now used up?"
        )


@contextmanager
def _at(place: str) -> Iterator[None]:
    """Errors say where they happened. Overflow gives no warning, because it shows in the loss, which is checked."""
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            yield
    except Diverged as error:
        raise Diverged(f"{place}: {error}") from None
    except ValueError as error:
        error.add_note(f"This happened in {place}.")
        raise


def _look_at(name: str, value: Any) -> None:
    if on_processor(value) and not math.isfinite(value):
        raise Diverged(
            f"the {name} is {float(value)}. Is the learning rate too large, the gradient not clipped, or a NaN in the "
            "data? The last checkpoint, if there is one, is from before this epoch."
        )


def _no_graph() -> Any:
    """Torch keeps nothing for a gradient: none is asked for."""
    torch = sys.modules.get("torch")
    return torch.no_grad() if torch else nullcontext()


@contextmanager
def _without_dropout(model: Any) -> Iterator[None]:
    """A Torch module in train mode would draw masks of its own."""
    training = [module for module in getattr(model, "modules", tuple)() if module.training]
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True


def _without_graph(state: Any) -> Any:
    """A state from which no gradient flows back: a tuple of arrays, or of such tuples."""
    return tuple(map(_without_graph, state)) if isinstance(state, tuple) else detached(state)


def _numbers(values: list[Any]) -> list[float]:
    """Numbers of either backend as floats, fetched from a GPU in one go."""
    return [float(a) for a in (values if any(map(on_processor, values)) else to_numpy(stack(values)))]


def _mean(values: list[Any], weights: list[Any] | None = None) -> float:
    if weights is not None and not any(counted := _numbers(weights)):
        raise checks.wrong("no answer of the epoch is scored", "at least one", "is every target ignored?")
    return float(np.average(_numbers(values), weights=None if weights is None else counted))


def _check_carried(state: Any, batch: Any) -> None:
    """The batch has as many sequences as the state that is carried into it."""
    sizes = {part.shape[1] for part in _leaves(state)}
    if sizes and np.shape(batch.xs)[1] not in sizes:
        raise checks.wrong(
            f"xs has {np.shape(batch.xs)[1]} sequences",
            f"{sizes.pop()}, as in the batch before, whose state goes on",
            "carry is True. Leave a smaller last batch out.",
        )


def _leaves(state: Any) -> list[Array]:
    if isinstance(state, tuple):
        return [a for part in state for a in _leaves(part)]
    return [] if state is None else [state]
