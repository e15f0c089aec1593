"""One training loop for both backends: forward, loss, backward, clip, update."""

import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit.training import checkpoint as files
from rnnkit.training import progress as report
from rnnkit.training.arguments import (
    check_functions,
    check_goes_on,
    check_kept,
    check_model,
    check_numbers,
    loss_of,
    model_of,
    named_settings,
)
from rnnkit.training.history import History
from rnnkit.training.loop import Batches, Loop, Loss, Measure, frozen_names, one_epoch
from rnnkit.training.optimisers import Optimizer
from rnnkit.training.schedules import Schedule
from rnnkit.training.state import Training, assign, copies


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
    accumulate: int = 1,
    checkpoint: str | Path | None = None,
    resume: bool | Collection[str] = True,
    after_step: Callable[[int], Any] | None = None,
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
        its gradients are autograd's, and dropout is drawn from Torch's generator, seeded in each step. Its buffers
        (BatchNorm's) are in no checkpoint, so that those are refused with ``checkpoint`` and ``patience``.
    batches : callable
        ``batches(rng)`` returns an iterable of batches with ``xs``, ``targets``, ``mask`` and ``scored``, as
        :class:`rnnkit.data.Batch` has them. It is called once an epoch, always with the same Generator.
    loss : callable
        ``loss(y, targets, scored) -> (number, d_y)``, such as those of :mod:`rnnkit.losses`, or the name of one, such
        as a task's ``loss``. Padding never counts: where y is (T, N, K), what is scored is also in the batch's mask.
    optimizer : Optimizer
        One of :mod:`rnnkit.training`. Its state is changed in place.
    epochs : int
        In all, those before a resumption included.
    validation : callable, optional
        As ``batches``. Its Generator starts from the same fixed seed in each epoch and in each run, so that all are
        held against the same data. No dropout.
    measure : callable, optional
        ``measure(y, batch) -> float`` with y as a NumPy array, on the validation batches, such as a task's. Batches are
        averaged with the weight of their scored answers, as losses are; a task's, of its ``answers(batch)``.
    clip : float, optional
        Largest global norm of an update's gradient (Pascanu et al., 2013); None: no clipping.
    schedule : callable, optional
        ``schedule(step) -> learning rate`` in place of the optimiser's, such as :class:`rnnkit.training.Cosine` or
        ``Warmup``; step is how many updates it has made.
    patience : int, optional
        Stop after this many epochs without a smaller validation loss. However training ends, the model then has the
        parameters of the best epoch.
    window : int, optional
        Truncate backpropagation through time at every multiple of this many steps.
    carry : bool
        Start each batch of an epoch from the state in which the one before ended; no gradient flows back over the
        border. For long sequences that are cut into batches of one size, and layers of one direction.
    accumulate : int
        Update once for so many batches, with the gradient of the mean over all their scored answers: that of one batch
        with all their sequences. The mean counts answers, whatever weight a loss gives to each (``class_weights``). The
        batches that are left at the end of an epoch make an update too.
    checkpoint : path, optional
        A folder; after each epoch a checkpoint is written there. The last two are kept.
    resume : bool, or names of arguments
        Go on from the folder's last checkpoint, if it has one. Other settings are refused, but for those named here:
        ``resume=["optimizer", "schedule"]`` goes on with another learning rate. Functions are told apart by their names
        alone, so that other data, or another formula in a lambda, is not seen. A schedule goes on counting from the
        run's first update: one that begins where a run of 300 was resumed is ``lambda step: new(step - 300)``. False:
        remove the folder's checkpoints, and start again.
    after_step : callable, optional
        Called after each update with how many there have been, as for an average of a Torch model's weights:
        ``lambda step: average.update_parameters(model)`` with ``torch.optim.swa_utils.AveragedModel(model)``. A
        checkpoint does not hold what it makes.
    after_epoch : callable, optional
        Called with the history after each epoch, its checkpoint included. Training stops if it returns True, Python's
        or NumPy's; anything else is ignored.
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

    Notes
    -----
    A loss of Torch's, with autograd's gradient::

        def loss(y, targets, scored):
            with torch.enable_grad():
                value = torch.nn.functional.huber_loss(y.requires_grad_(), torch.as_tensor(targets))
            return value.detach(), torch.autograd.grad(value, y)[0]

    Mixed precision: a Module whose ``forward`` runs under ``torch.autocast`` and returns ``y.float()``. A DataLoader
    (time-major): ``batches = lambda rng: (Batch(xs, targets) for xs, targets in loader)``; its order is then its own
    generator's, and not that of ``seed``.

    Examples
    --------
    >>> from rnnkit import RNN, Linear, Sequential, squared_error
    >>> from rnnkit.data import Batch
    >>> from rnnkit.training import Adam
    >>> def batches(rng):  # recall the input of the step before
    ...     for _ in range(20):
    ...         xs = rng.uniform(-1, 1, (6, 8, 1))
    ...         yield Batch(xs[1:], targets=xs[:-1])
    >>> model = Sequential(RNN(1, 4, rng=0), Linear(4, 1, rng=1))
    >>> history = fit(model, batches, squared_error, Adam(0.02), epochs=5, progress=False)
    >>> history.loss[-1] < 0.5 * history.loss[0]
    True
    """
    check_numbers({"epochs": epochs, "patience": patience, "window": window, "accumulate": accumulate}, clip, seed)
    loss = loss_of(loss)
    others = {"schedule": schedule, "after_step": after_step, "after_epoch": after_epoch}
    check_functions(batches, validation, measure, patience, **others)
    model = model_of(model)
    check_model(model, optimizer, carry, window)
    check_kept(model, checkpoint=checkpoint, patience=patience)
    check_goes_on(carry, batches=batches, validation=validation)
    data, dropout = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
    what = {"batches": batches, "validation": validation, "loss": loss, "measure": measure, "optimizer": optimizer}
    how = {"schedule": schedule, "clip": clip, "patience": patience, "window": window, "carry": carry}
    how |= {"accumulate": accumulate, "seed": seed}
    training = Training(
        model,
        optimizer,
        History(_name(loss), _name(measure) if measure else ""),
        {"data": data, "dropout": dropout},
        {name: _described(a) for name, a in ({"model": model} | what | how).items()} | {"frozen": frozen_names(model)},
    )
    if checkpoint is not None and resume is not False:
        training.resume(checkpoint, epochs, () if resume is True else named_settings(resume, training.settings))
    elif checkpoint is not None:
        files.clear(checkpoint)
    loop = Loop(model, loss, optimizer, clip, schedule, window, carry, accumulate, after_step)
    try:
        with report.board(tensorboard) as write, report.progress(progress, epochs, training.history.epochs) as shown:
            while training.history.epochs < epochs and not _stopped(training.history, patience):
                training.history.append(one_epoch(loop, training, batches, validation, measure, shown))
                if patience and training.history.best_epoch == training.history.epochs:
                    training.best = copies(model.params)
                write(training.history)
                if checkpoint is not None:
                    training.save(checkpoint)
                shown.epoch(training.history)
                if after_epoch is not None and _is_true(after_epoch(training.history)):
                    break
    finally:
        if training.best:
            assign(model.params, training.best)
    return training.history


def _is_true(answer: Any) -> bool:
    return isinstance(answer, (bool, np.bool_)) and bool(answer)


def _stopped(history: History, patience: int | None) -> bool:
    return patience is not None and history.epochs > 0 and history.epochs - history.best_epoch >= patience


def _name(function: Any) -> str:
    """A function's own name, or the name that a task gives to its measure."""
    function = getattr(function, "func", function)  # of a functools.partial
    own = getattr(function, "__name__", type(function).__name__)
    return str(getattr(getattr(function, "__self__", None), "measure_name", own))


def _described(argument: Any) -> Any:
    """An argument in a form that JSON can hold and another process can compare."""
    if hasattr(argument, "layers"):
        return [_described(layer) for layer in argument.layers]
    if hasattr(argument, "config"):
        return [type(argument).__name__, argument.config()]
    if isinstance(argument, np.generic):
        return argument.item()
    if argument is None or isinstance(argument, (bool, int, float)):
        return argument
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(argument))
