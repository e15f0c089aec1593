"""A torch.nn.Module of one's own in rnnkit's training loop: its gradients are autograd's."""

import inspect
from dataclasses import dataclass
from typing import Any

import torch

from rnnkit import checks
from rnnkit.cells import Params
from rnnkit.layers.run import Unpacked
from rnnkit.ops import Array, to_numpy


@dataclass(frozen=True, eq=False)
class ModelRun:
    """What a module gave: ``h``, and ``state`` where it returns two."""

    h: torch.Tensor
    state: Any = ()


@dataclass(frozen=True, eq=False)
class ModelGradients:
    """∂L/∂parameter, with the keys of ``params``."""

    params: Params


class TorchModel:
    """A torch.nn.Module as :func:`rnnkit.fit` sees a model.

    Its ``forward`` takes xs as a tensor, floats in the parameters' precision or integers. It is also given ``mask`` and
    ``state``, if it has arguments of those names, and returns the outputs, or them and a state, or a layer's run.

    Raises
    ------
    ValueError
        If it has no parameter.
    """

    backend = "torch"

    def __init__(self, module: torch.nn.Module):
        self.module = module
        self.takes = inspect.signature(module.forward).parameters.keys() & {"mask", "state"}
        self.buffer_names = [name for name in module.state_dict() if name in dict(module.named_buffers())]
        if not self.params:
            raise checks.wrong("the module has no parameter", "at least one to train")
        self.like = next(iter(self.params.values()))

    @property
    def params(self) -> Params:
        """The module's parameters, by torch's names; those that are tied, once."""
        return dict(self.module.named_parameters())

    def __repr__(self) -> str:
        return repr(self.module)

    def modules(self) -> Any:
        return self.module.modules()

    def __call__(self, xs: Array, state: Any = None, mask: Array = None, rng: Any = None) -> ModelRun:
        """Run in train mode where there is a generator, which then seeds Torch's, and else in eval mode."""
        given = {"mask": self._tensor(mask), "state": state}
        if mask is not None and "mask" not in self.takes and not to_numpy(mask).all():
            hint = "the module's forward has no argument mask. Add mask=None; the loss leaves padding out all the same."
            raise checks.wrong("a batch has a mask", "none", hint)
        self.module.train(rng is not None)
        with torch.random.fork_rng(devices=[] if self.like.is_cpu else None):
            if rng is not None:
                torch.manual_seed(int(rng.integers(2**63)))
            found = self.module(self._tensor(xs), **{name: given[name] for name in self.takes})
        found = tuple(found) if isinstance(found, Unpacked) else found
        run = ModelRun(*found) if isinstance(found, tuple) and len(found) == 2 else ModelRun(found)
        if not isinstance(run.h, torch.Tensor):
            raise checks.wrong(f"the module returned a {type(found).__name__}", "a tensor, or one and a state")
        return run

    def backward(self, run: ModelRun, d_h: Array, d_state: Any = None, window: int | None = None) -> ModelGradients:
        """By autograd. A parameter that has no effect on the outputs has a gradient of zero."""
        wanted = {name: p for name, p in self.params.items() if p.requires_grad}
        d = torch.autograd.grad(run.h, list(wanted.values()), d_h, allow_unused=True, materialize_grads=True)
        return ModelGradients(dict(zip(wanted, d, strict=True)))

    def _tensor(self, a: Array) -> Any:
        if a is None:
            return None
        found = torch.as_tensor(a if isinstance(a, torch.Tensor) else to_numpy(a).copy())
        return found.to(self.like.device, self.like.dtype if found.is_floating_point() else None)
