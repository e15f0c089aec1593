"""One training loop for both backends: forward, loss, backward, clip, update."""

import math
import re
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit import checkpoint as files
from rnnkit import history as report
from rnnkit import losses
from rnnkit.feedforward import Sequential
from rnnkit.history import History
from rnnkit.layer import Layer
from rnnkit.ops import Array, detached, stack, to_numpy
from rnnkit.optim import Diverged, Optimizer, Schedule, clip_by_global_norm, global_norm, on_processor

Batches = Callable[[np.random.Generator], Iterable[Any]]
Loss = Callable[..., tuple[Any, Array]]
Measure = Callable[[Any, Any], float]
Row = dict[str, float]
LOSSES = ("softmax_cross_entropy", "squared_error", "binary_cross_entropy")


def fit(
    model: Any,
    batches: Batches,
    loss: Loss | str,
    optimizer: Optimizer,
    epochs: int,
    *,
    validation: Batches | None = None,
    measure: Measure | None = None,
    clip: float | None = 1.0,
    schedule: Schedule | None = None,
    patience: int | None = None,
    window: int | None = None,
    carry: bool = False,
    checkpoint: str | Path | None = None,
    resume: bool | Collection[str] = True,
    after_epoch: Callable[[History], Any] | None = None,
    seed: int = 0,
    progress: bool = True,
    tensorboard: str | Path | None = None,
) -> History:
    """Train a model.

    On a CPU the same call gives the same numbers, bit for bit, also when it was killed on its way and called again
    with the same ``checkpoint`` folder. For that, make the model with a seed, and let ``batches`` draw from the
    Generator that it is given alone. (On a GPU, with another number of threads, or where a checkpoint goes on in the
    other backend, sums are taken in another order, and the last digits differ.)

    Parameters
    ----------
    model : layer, Sequential, or a torch.nn.Module of yours
        Its parameters are changed in place, but for Torch's whose ``requires_grad`` is False. A Module's ``forward``
        takes xs, and mask and state if it has arguments of those names, and returns outputs, or those and a state;
        its gradients are autograd's, and dropout is drawn from Torch's generator, seeded in each step.
    batches : callable
        ``batches(rng)`` returns an iterable of batches with ``xs``, ``targets``, ``mask`` and ``scored``, as
        :class:`rnnkit.data.Batch` has them. It is called once an epoch, always with the same Generator.
    loss : callable
        ``loss(y, targets, scored) -> (number, d_y)``, such as those of :mod:`rnnkit.losses`, or the name of one, such
        as a task's ``loss``. Padding never counts: where y is (T, N, K), what is scored is also in the batch's mask.
    optimizer : Optimizer
        One of :mod:`rnnkit.optim`. Its state is changed in place.
    epochs : int
        In all, those before a resumption included.
    validation : callable, optional
        As ``batches``. Its Generator starts from the same fixed seed in each epoch and in each run, so that all are
        held against the same data. No dropout.
    measure : callable, optional
        ``measure(y, batch) -> float`` with y as a NumPy array, on the validation batches, such as a task's. Batches are
        averaged with the weight of their scored answers, as losses are; a task's, of its ``answers(batch)``.
    clip : float, optional
        Largest global norm of the gradient (Pascanu et al., 2013); None: no clipping.
    schedule : callable, optional
        ``schedule(step) -> learning rate`` in place of the optimiser's, such as :class:`rnnkit.optim.Cosine` or
        ``Warmup``; step is how many updates it has made.
    patience : int, optional
        Stop after this many epochs without a smaller validation loss. However training ends, the model then has the
        parameters of the best epoch.
    window : int, optional
        Truncate backpropagation through time at every multiple of this many steps.
    carry : bool
        Start each batch of an epoch from the state in which the one before ended; no gradient flows back over the
        border. For long sequences that are cut into batches of one size, and layers of one direction.
    checkpoint : path, optional
        A folder; after each epoch a checkpoint is written there. The last two are kept.
    resume : bool, or names of arguments
        Go on from the folder's last checkpoint, if it has one. Other settings are refused, but for those named here:
        ``resume=["optimizer", "schedule"]`` goes on with another learning rate. Functions are told apart by their names
        alone, so that other data, or another formula in a lambda, is not seen. False: remove the folder's checkpoints,
        and start again.
    after_epoch : callable, optional
        Called with the history after each epoch, its checkpoint included; training stops if it returns True.
    seed : int
        For the order of the data and for dropout. Dropout masks are drawn by the layers, one a sequence (Gal and
        Ghahramani, 2016).
    progress : bool
        Show a bar (a line an epoch on the standard error, where tqdm is not installed).
    tensorboard : path, optional
        A folder for TensorBoard's file, with each number of the history by its name.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If an argument is out of its range, batches are none, or the checkpoint is that of another run.
    Diverged
        If a loss or the gradient's norm is not finite, with epoch and step. Looked at in each step on a CPU, and at
        the end of an epoch on a GPU, which would have to be waited for.
    ImportError
        If tensorboard is given, but TensorBoard is not installed.

    Examples
    --------
    >>> from rnnkit import RNN, Linear, Sequential, squared_error
    >>> from rnnkit.data import Batch
    >>> from rnnkit.optim import Adam
    >>> def batches(rng):  # recall the input of the step before
    ...     for _ in range(20):
    ...         xs = rng.uniform(-1, 1, (6, 8, 1))
    ...         yield Batch(xs[1:], targets=xs[:-1])
    >>> model = Sequential(RNN(1, 4, rng=0), Linear(4, 1, rng=1))
    >>> history = fit(model, batches, squared_error, Adam(0.02), epochs=5, progress=False)
    >>> history.loss[-1] < 0.5 * history.loss[0]
    True
    """
    _check_numbers({"epochs": epochs, "patience": patience, "window": window}, clip, seed)
    loss = _loss(loss)
    _check_functions(batches, validation, measure, patience, schedule, after_epoch)
    model = _model(model)
    _check_model(model, optimizer, carry, window)
    _check_goes_on(carry, batches=batches, validation=validation)
    data, dropout = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
    what = {"batches": batches, "validation": validation, "loss": loss, "measure": measure, "optimizer": optimizer}
    how = {"schedule": schedule, "clip": clip, "patience": patience, "window": window, "carry": carry, "seed": seed}
    run = files.Training(
        model,
        optimizer,
        History(_name(loss), _name(measure) if measure else ""),
        {"data": data, "dropout": dropout},
        {name: _described(a) for name, a in ({"model": model} | what | how).items()} | {"frozen": _frozen(model)},
    )
    if checkpoint is not None and resume is not False:
        run.resume(checkpoint, epochs, () if resume is True else _named_settings(resume, run.settings))
    elif checkpoint is not None:
        files.clear(checkpoint)
    loop = _Loop(model, loss, optimizer, clip, schedule, window, carry)
    try:
        with report.board(tensorboard) as write, report.progress(progress, epochs, run.history.epochs) as shown:
            while run.history.epochs < epochs and not _stopped(run.history, patience):
                run.history.append(_epoch(loop, run, batches, validation, measure, shown))
                if patience and run.history.best_epoch == run.history.epochs:
                    run.best = files.copies(model.params)
                write(run.history)
                if checkpoint is not None:
                    run.save(checkpoint)
                shown.epoch(run.history)
                if after_epoch is not None and after_epoch(run.history) is True:
                    break
    finally:
        if run.best:
            files.assign(model.params, run.best)
    return run.history


@dataclass(frozen=True)
class _Loop:
    """What a step is made of."""

    model: Any
    loss: Loss
    optimizer: Optimizer
    clip: float | None
    schedule: Schedule | None
    window: int | None
    carry: bool

    def train(self, batches: Iterable[Any], dropout: np.random.Generator, epoch: int, shown: report.Lines) -> Row:
        """One epoch of training."""
        frozen = _frozen(self.model)
        trained = {name: p for name, p in self.model.params.items() if name not in frozen}
        state, values, norms, weights = None, [], [], []
        for step, batch in enumerate(batches, 1):
            with _at(f"epoch {epoch}, step {step}"):
                _check_carried(state, batch)
                lr = self.schedule(self.optimizer.steps) if self.schedule else self.optimizer.lr
                run = self.model(batch.xs, state, batch.mask, dropout)
                value, d_y, weight = self.score(detached(run.h), batch)
                all_grads = self.model.backward(run, d_y, window=self.window).params
                grads = {name: all_grads[name] for name in trained}
                norm = clip_by_global_norm(grads, self.clip) if self.clip else global_norm(grads)
                _look_at("gradient's norm", norm)
                self.optimizer.update(trained, grads, lr)
            state = _without_graph(run.state) if self.carry else None
            values.append(value)
            norms.append(norm)
            weights.append(weight)
            shown.step(epoch, step)
        row = {"loss": _mean(values, weights), "grad_norm": _mean(norms), "grad_norm_max": max(_numbers(norms))}
        for step, (value, norm) in enumerate(zip(_numbers(values), _numbers(norms), strict=True), 1):
            with _at(f"epoch {epoch}, step {step}"):  # on a GPU, nobody has looked yet
                _look_at("loss", value)
                _look_at("gradient's norm", norm)
        return row | {"lr": float(lr)}

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
        value, d_y = self.loss(y, batch.targets, scored)
        _look_at("loss", value)
        return value, d_y, math.prod(y.shape[:-1]) if scored is None else scored.sum()


def _epoch(
    loop: _Loop,
    run: files.Training,
    batches: Batches,
    validation: Batches | None,
    measure: Measure | None,
    shown: report.Lines,
) -> Row:
    """Train, validate, and look at the clock."""
    start, epoch = time.perf_counter(), run.history.epochs + 1
    row = loop.train(_given("batches", batches, run.rngs["data"]), run.rngs["dropout"], epoch, shown)
    if validation is not None:
        # A stream that no training draws from, whatever its seed: those have the keys 0 and 1.
        rng = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(2,)))
        row |= loop.validate(_given("validation", validation, rng), measure, epoch)
    return row | {"seconds": time.perf_counter() - start}


def _given(name: str, batches: Batches, rng: np.random.Generator) -> Iterator[Any]:
    """The batches of an epoch, at least one."""
    batch = None
    for batch in batches(rng):
        if not all(hasattr(batch, part) for part in ("xs", "targets", "mask", "scored")):
            raise ValueError(
                f"{name} gave a {type(batch).__name__}, but something with xs, targets, mask and scored is expected. "
                "Use rnnkit.data.Batch."
            )
        yield batch
    if batch is None:
        raise ValueError(
            f"{name} gave no batch, but an epoch needs one. Does it return the same iterator again, now used up?"
        )


@contextmanager
def _at(place: str) -> Iterator[None]:
    """Errors say where they happened. What overflows is not warned of: it shows in the loss, which is looked at."""
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
    """Torch keeps nothing for a way back that will not be gone."""
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
        raise ValueError("no answer of the epoch is scored, expected at least one: is every target ignored?")
    return float(np.average(_numbers(values), weights=None if weights is None else counted))


def _stopped(history: History, patience: int | None) -> bool:
    return patience is not None and history.epochs > 0 and history.epochs - history.best_epoch >= patience


def _name(function: Any) -> str:
    """What a function calls itself; a task's measure, what the task calls it."""
    function = getattr(function, "func", function)  # of a functools.partial
    own = getattr(function, "__name__", type(function).__name__)
    return str(getattr(getattr(function, "__self__", None), "measure_name", own))


def _described(argument: Any) -> Any:
    """An argument as JSON can hold it and another process can compare it."""
    if hasattr(argument, "layers"):
        return [_described(layer) for layer in argument.layers]
    if hasattr(argument, "config"):
        return [type(argument).__name__, argument.config()]
    if isinstance(argument, np.generic):
        return argument.item()
    if argument is None or isinstance(argument, (bool, int, float)):
        return argument
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(argument))


def _frozen(model: Any) -> list[str]:
    return [name for name, p in model.params.items() if not getattr(p, "requires_grad", True)]


def _loss(loss: Any) -> Loss:
    """The function, or the one of that name in rnnkit.losses."""
    named: Loss = getattr(losses, loss) if loss in LOSSES else loss
    if not callable(named) or hasattr(named, "parameters"):
        raise ValueError(
            f"loss is {loss!r}, but a function is expected, loss(y, targets, scored) -> (number, d_y), or the name of "
            f"one of rnnkit.losses: {', '.join(LOSSES)}."
        )
    return named


def _model(model: Any) -> Any:
    """A layer or Sequential of rnnkit's; a torch.nn.Module is made to look like one."""
    if isinstance(model, (Layer, Sequential)):
        return model
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        raise ValueError(
            f"model is a {type(model).__name__}, but a layer or a Sequential of rnnkit's is expected, or a "
            "torch.nn.Module."
        )
    from rnnkit.torch_model import TorchModel

    return TorchModel(model)


def _named_settings(names: Any, settings: dict[str, Any]) -> Collection[str]:
    if isinstance(names, str) or not all(name in settings for name in names):
        raise ValueError(f"resume is {names!r}, expected True, False, or names of: {', '.join(settings)}.")
    return tuple(names)


def _check_model(model: Any, optimizer: Any, carry: bool, window: int | None) -> None:
    own = isinstance(model, (Layer, Sequential))
    if window is not None and not own:
        raise ValueError(f"window is {window}, expected None: autograd goes back through all of a Module's steps.")
    if carry and not own and "state" not in model.takes:
        raise ValueError("carry is True, expected False: the module's forward has no argument state.")
    if not isinstance(optimizer, Optimizer):
        came = f"the class {optimizer.__name__}" if isinstance(optimizer, type) else type(optimizer).__name__
        raise ValueError(f"optimizer is {came}, but one of rnnkit.optim is expected, such as rnnkit.Adam(0.01).")
    if len(_frozen(model)) == len(model.params):
        raise ValueError("every parameter of the model is frozen or there is none, so that nothing can be trained.")
    layers = model.layers if isinstance(model, Sequential) else (model,)
    if carry and any(getattr(layer, "bidirectional", False) for layer in layers):
        raise ValueError("carry is True, but the model reads backwards too, and that way a batch starts at its end.")


def _check_goes_on(carry: bool, **functions: Any) -> None:
    for name, function in functions.items():
        if carry and not getattr(function, "goes_on", True):
            raise ValueError(
                f"carry is True, but {name} draws or shuffles sequences, expected batches whose sequences go on where "
                "those of the batch before ended: leave carry out, or cut a long series in order."
            )


def _check_carried(state: Any, batch: Any) -> None:
    """The batch has as many sequences as the state that is carried into it."""
    sizes = {part.shape[1] for part in _leaves(state)}
    if sizes and np.shape(batch.xs)[1] not in sizes:
        raise ValueError(
            f"xs has {np.shape(batch.xs)[1]} sequences, but carry is True, and the batch before ended with "
            f"{sizes.pop()}. Leave a smaller last batch out."
        )


def _leaves(state: Any) -> list[Array]:
    if isinstance(state, tuple):
        return [a for part in state for a in _leaves(part)]
    return [] if state is None else [state]


def _check_functions(
    batches: Any, validation: Any, measure: Any, patience: Any, schedule: Any, after_epoch: Any
) -> None:
    for name, function in (("batches", batches), ("validation", validation)):
        if not callable(function) and (name, function) != ("validation", None):
            raise ValueError(
                f"{name} is {type(function).__name__}, but a function is expected that takes a Generator and returns "
                "an epoch's batches: lambda rng: [batch, ...]."
            )
    for name, function in (("measure", measure), ("schedule", schedule), ("after_epoch", after_epoch)):
        if function is not None and not callable(function):
            raise ValueError(f"{name} is {function!r}, but a function is expected.")
    for name, value in (("measure", measure), ("patience", patience)):
        if value is not None and validation is None:
            raise ValueError(f"{name} is {value!r}, but there is no validation for it to look at.")


def _check_numbers(whole: dict[str, Any], clip: Any, seed: Any) -> None:
    for name, value in whole.items():
        if (value is None and name != "epochs") or (isinstance(value, (int, np.integer)) and value >= 1):
            continue
        raise ValueError(f"{name} is {value!r}, but a positive whole number is expected.")
    if clip is not None and not (isinstance(clip, (int, float, np.number)) and 0 < clip < math.inf):
        raise ValueError(f"clip is {clip!r}, but a number above 0 is expected; None: no clipping.")
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"seed is {seed!r}, but a whole number of at least 0 is expected.")
