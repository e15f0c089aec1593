"""What ``fit`` is given: errors for what does not go together, before the first step."""

import math
import sys
from collections.abc import Collection
from typing import Any

import numpy as np

from rnnkit import checks, losses
from rnnkit.layers import Layer, Sequential
from rnnkit.training.loop import Loss, frozen_names
from rnnkit.training.optimisers import Optimizer

LOSSES = ("softmax_cross_entropy", "squared_error", "binary_cross_entropy")


def loss_of(loss: Any) -> Loss:
    """The function, or the one of that name in rnnkit.losses."""
    named: Loss = getattr(losses, loss) if loss in LOSSES else loss
    if not callable(named) or hasattr(named, "parameters"):
        raise ValueError(
            f"loss is {loss!r}, expected a function, loss(y, targets, scored) -> (number, d_y), or the name of "
            f"one of rnnkit.losses: {', '.join(LOSSES)}."
        )
    return named


def model_of(model: Any) -> Any:
    """A layer or Sequential of rnnkit's; a torch.nn.Module is made to look like one."""
    if isinstance(model, (Layer, Sequential)):
        return model
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        raise ValueError(
            f"model is a {type(model).__name__}, expected a layer or a Sequential of rnnkit's, or a torch.nn.Module."
        )
    from rnnkit.training.torch_model import TorchModel

    return TorchModel(model)


def named_settings(names: Any, settings: dict[str, Any]) -> Collection[str]:
    if isinstance(names, str) or not all(name in settings for name in names):
        raise ValueError(f"resume is {names!r}, expected True, False, or names of: {', '.join(settings)}.")
    return tuple(names)


def check_model(model: Any, optimizer: Any, carry: bool, window: int | None) -> None:
    own = isinstance(model, (Layer, Sequential))
    if window is not None and not own:
        raise ValueError(f"window is {window}, expected None: autograd goes back through all of a Module's steps.")
    if carry and not own and "state" not in model.takes:
        raise ValueError("carry is True, expected False: the module's forward has no argument state.")
    if not isinstance(optimizer, Optimizer):
        came = f"the class {optimizer.__name__}" if isinstance(optimizer, type) else type(optimizer).__name__
        raise ValueError(f"optimizer is {came}, expected one of rnnkit.training, such as rnnkit.Adam(0.01).")
    if len(frozen_names(model)) == len(model.params):
        raise ValueError("every parameter of the model is frozen or there is none, so that nothing can be trained.")
    layers = model.layers if isinstance(model, Sequential) else (model,)
    if carry and any(getattr(layer, "bidirectional", False) for layer in layers):
        raise ValueError(
            "carry is True, expected False: the model reads backwards too, and that way a batch starts at its end."
        )


def check_goes_on(carry: bool, **functions: Any) -> None:
    for name, function in functions.items():
        if carry and not getattr(function, "goes_on", True):
            raise ValueError(
                f"carry is True, but {name} draws or shuffles sequences, expected batches whose sequences go on where "
                "those of the batch before ended: leave carry out, or cut a long series in order."
            )


def check_functions(
    batches: Any, validation: Any, measure: Any, patience: Any, schedule: Any, after_epoch: Any
) -> None:
    for name, function in (("batches", batches), ("validation", validation)):
        if not callable(function) and (name, function) != ("validation", None):
            raise ValueError(
                f"{name} is {type(function).__name__}, expected a function that takes a Generator and returns "
                "an epoch's batches: lambda rng: [batch, ...]."
            )
    for name, function in (("measure", measure), ("schedule", schedule), ("after_epoch", after_epoch)):
        if function is not None and not callable(function):
            raise ValueError(f"{name} is {function!r}, expected a function.")
    for name, value in (("measure", measure), ("patience", patience)):
        if value is not None and validation is None:
            raise ValueError(f"{name} is {value!r}, expected None: there is no validation for it to look at.")


def check_numbers(whole: dict[str, Any], clip: Any, seed: Any) -> None:
    for name, value in whole.items():
        if value is not None or name == "epochs":
            checks.size(name, value)
    if clip is not None and not (isinstance(clip, (int, float, np.number)) and 0 < clip < math.inf):
        raise ValueError(f"clip is {clip!r}, expected a number above 0; None: no clipping.")
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"seed is {seed!r}, expected a whole number of at least 0.")
