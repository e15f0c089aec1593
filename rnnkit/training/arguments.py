"""What ``fit`` is given: errors for what does not go together, before the first step."""

import sys
from collections.abc import Collection
from typing import Any

from rnnkit import checks, losses
from rnnkit.layers import Layer, Sequential
from rnnkit.training.loop import Loss, frozen_names
from rnnkit.training.optimisers import Optimizer

LOSSES = ("softmax_cross_entropy", "squared_error", "binary_cross_entropy")


def loss_of(loss: Any) -> Loss:
    """The function, or the one of that name in rnnkit.losses."""
    named: Loss = getattr(losses, loss) if loss in LOSSES else loss
    if not callable(named) or hasattr(named, "parameters"):
        raise checks.wrong(
            f"loss is {loss!r}",
            "a function, loss(y, targets, scored) -> (number, d_y), or the name of one of rnnkit.losses",
            f"{', '.join(LOSSES)}.",
        )
    return named


def model_of(model: Any) -> Any:
    """A layer or Sequential of rnnkit's; a torch.nn.Module is made to look like one."""
    if isinstance(model, (Layer, Sequential)):
        return model
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        raise checks.wrong(
            f"model is a {type(model).__name__}", "a layer or a Sequential of rnnkit's, or a torch.nn.Module"
        )
    from rnnkit.training.torch_model import TorchModel

    return TorchModel(model)


def named_settings(names: Any, settings: dict[str, Any]) -> Collection[str]:
    if isinstance(names, str) or not all(name in settings for name in names):
        raise checks.wrong(f"resume is {names!r}", f"True, False, or a list of names out of {', '.join(settings)}")
    return tuple(names)


def check_model(model: Any, optimizer: Any, carry: bool, window: int | None) -> None:
    own = isinstance(model, (Layer, Sequential))
    if window is not None and not own:
        raise checks.wrong(f"window is {window}", "None", "autograd goes back through all of a Module's steps.")
    if carry and not own and "state" not in model.takes:
        raise checks.wrong("carry is True", "False", "the module's forward has no argument state.")
    if not isinstance(optimizer, Optimizer):
        kind = optimizer if isinstance(optimizer, type) else type(optimizer)
        library = kind.__module__.partition(".")[0]
        came = f"{library}'s {kind.__name__}" if library not in ("builtins", "rnnkit") else kind.__name__
        came = f"the class {came}" if kind is optimizer else came
        raise checks.wrong(f"optimizer is {came}", "one of rnnkit.training, such as rnnkit.Adam(0.01)")
    if len(frozen_names(model)) == len(model.params):
        raise checks.wrong("the model has no parameter to train", "at least one", "Are all of them frozen?")
    params = dict(model.params)
    names = {id(p): name for name, p in params.items()}
    if shared := [(name, names[id(p)]) for name, p in params.items() if names[id(p)] != name]:
        came = f"{shared[0][0]} and {shared[0][1]} of the layer are one tensor"
        raise checks.wrong(came, "a tensor for each", "A Sequential may tie parameters of its layers.")
    layers = model.layers if isinstance(model, Sequential) else (model,)
    if carry and any(getattr(layer, "bidirectional", False) for layer in layers):
        raise checks.wrong(
            "carry is True", "False", "the model reads backwards too, and that way a batch starts at its end."
        )


def check_kept(model: Any, **keeping: Any) -> None:
    """A module's buffers, such as a BatchNorm's means, are in no checkpoint, and not brought back by patience."""
    buffers = getattr(model, "buffer_names", [])
    for name, value in keeping.items():
        if value is not None and buffers:
            came = f"{name} is {value!r} and the module has the buffer {buffers[0]}"
            raise checks.wrong(came, "parameters alone", "Only those are kept.")


def check_goes_on(carry: bool, **functions: Any) -> None:
    for name, function in functions.items():
        if carry and not getattr(function, "goes_on", True):
            raise checks.wrong(
                f"carry is True and {name} draws or shuffles sequences",
                "batches whose sequences go on where those of the batch before ended",
                "leave carry out, or cut a long series in order.",
            )


def check_functions(batches: Any, validation: Any, measure: Any, patience: Any, **others: Any) -> None:
    for name, function in (("batches", batches), ("validation", validation)):
        if not callable(function) and (name, function) != ("validation", None):
            raise checks.wrong(
                f"{name} is {type(function).__name__}",
                "a function that takes a Generator and returns an epoch's batches",
                "lambda rng: [batch, ...].",
            )
    for name, function in ({"measure": measure} | others).items():
        if function is not None and not callable(function):
            raise checks.wrong(f"{name} is {function!r}", "a function")
    for name, value in (("measure", measure), ("patience", patience)):
        if value is not None and validation is None:
            raise checks.wrong(f"{name} is {value!r}", "None", "there is no validation for it to look at.")


def check_numbers(whole: dict[str, Any], clip: Any, seed: Any) -> None:
    for name, value in whole.items():
        if value is not None or name in ("epochs", "accumulate"):
            checks.whole(name, value)
    if clip is not None:
        checks.positive("clip", clip, hint="None clips nothing.")
    checks.whole("seed", seed, 0)
