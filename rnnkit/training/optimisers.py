"""Optimisers, written once for NumPy's arrays and Torch's tensors.

θ is a parameter, d its gradient, η the learning rate, λ the weight decay; t counts the updates from 1.

SGD      v ← μ v + d                                        θ ← θ - η v
RMSProp  s ← α s + (1 - α) d²;   v ← μ v + d / (√s + ε)     θ ← θ - η v
Adam     m ← β₁ m + (1 - β₁) d;  m̂ = m / (1 - β₁ᵗ)
         s ← β₂ s + (1 - β₂) d²; ŝ = s / (1 - β₂ᵗ)          θ ← θ - η m̂ / (√ŝ + ε)
AdamW    θ ← (1 - η λ) θ, then Adam with λ = 0

In the first three, d stands for d + λ θ. These are torch.optim's formulae.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import ClassVar

import numpy as np

from rnnkit import checks
from rnnkit.ops import Array, blocks, count_change, detached, in_numpy, on_processor, zeros_like

Slots = dict[str, Array]


@dataclass
class Optimizer(ABC):
    """What SGD, RMSProp, Adam and AdamW share.

    A class of your own is a dataclass with its numbers, the names of its `SLOTS`, and a `change`. If each element is
    changed by itself, and the slots in place, say so by `ELEMENTWISE = True`: large parameters then change in blocks
    that fit the cache.

    Attributes
    ----------
    lr : float
        The learning rate, above 0, of an update that is not given one.
    steps : int
        Updates so far.
    state : dict of dicts of arrays
        What is remembered of each parameter, by the names of the module's equations: ``state["weight_ih_l0"]["v"]``.

    Raises
    ------
    ValueError
        If lr is not above 0, momentum, alpha, beta1 or beta2 not in [0, 1), or weight_decay or eps below 0.
    """

    SLOTS: ClassVar[tuple[str, ...]] = ()
    ELEMENTWISE: ClassVar[bool] = False
    lr: float
    steps: int = field(default=0, init=False, repr=False)
    state: dict[str, Slots] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        checks.positive("lr", self.lr)
        for name in ("momentum", "alpha", "beta1", "beta2"):
            checks.in_range(name, getattr(self, name, 0.0), below=1.0)
        for name in ("weight_decay", "eps"):
            checks.in_range(name, getattr(self, name, 0.0))
        for own in fields(self):
            if own.init:
                setattr(self, own.name, float(getattr(self, own.name)))

    def update(self, params: Mapping[str, Array], grads: Mapping[str, Array], lr: float | None = None) -> None:
        """Take one step, changing the parameters in place. No number is read back from a GPU.

        Parameters
        ----------
        params : mapping of arrays
            ``layer.params``: NumPy's arrays or Torch's parameters.
        grads : mapping of arrays
            ``layer.backward(...).params``, with the same names and shapes. They are not changed.
        lr : float, optional
            This step's learning rate, 0 or more, as a schedule gives it; the optimiser's own if left out.

        Raises
        ------
        ValueError
            If names or shapes differ, the optimiser remembers other parameters, or lr is out of its range. Nothing is
            changed then.
        """
        lr = self.lr if lr is None else lr
        checks.in_range("lr", lr)
        slots = {name: self._slots(name, p, grads) for name, p in params.items()}
        if unknown := sorted(grads.keys() - params.keys()):
            raise checks.wrong(
                f"grads holds {unknown[0]}", "the names of the parameters", f"{', '.join(params)}. Is it misspelt?"
            )
        self.state |= slots
        self.steps += 1
        for name, p in params.items():
            self._change(detached(p), detached(grads[name]), slots[name], float(lr))

    @abstractmethod
    def change(self, p: Array, d: Array, s: Slots, lr: float) -> None:
        """Change one parameter in place, and its slots (where ``ELEMENTWISE``, a block of rows of them)."""

    def _change(self, p: Array, d: Array, s: Slots, lr: float) -> None:
        """``change``, where it may be in blocks of rows that fit the cache, and in NumPy, which is faster there."""
        if not self.ELEMENTWISE or not on_processor(p):
            self.change(p, d, s, lr)
            return
        own, grad, slots = in_numpy(p), in_numpy(d), {slot: in_numpy(a) for slot, a in s.items()}
        for rows in blocks(own):
            self.change(own[rows], grad[rows], {slot: a[rows] for slot, a in slots.items()}, lr)
        count_change(p)

    def _slots(self, name: str, p: Array, grads: Mapping[str, Array]) -> Slots:
        """What is remembered of a parameter, zeros at first, once it and its gradient are known to fit."""
        checks.among(name, grads, "the gradient of ")
        if type(detached(p)) is not type(detached(grads[name])):
            raise checks.wrong(
                f"the gradient of {name} is a {type(grads[name]).__name__}",
                f"a {type(p).__name__}, as the parameter is",
            )
        if isinstance(p, np.ndarray) and not p.flags.writeable:
            raise checks.wrong(f"{name} is read-only", "an array that an update may change in place")
        wanted = tuple(p.shape)
        checks.shape(f"the gradient of {name}", grads[name], wanted, "the parameter's.")
        slots = self.state.get(name) or {slot: zeros_like(detached(p)) for slot in self.SLOTS}
        for a in slots.values():
            if tuple(a.shape) != wanted or type(a) is not type(detached(p)):
                raise checks.wrong(
                    f"{name} is a {type(detached(p)).__name__} of shape {wanted}",
                    f"a {type(a).__name__} of shape {tuple(a.shape)}, as the optimiser remembers",
                    "Was it used for another model? Make a new one.",
                )
        return slots


@dataclass
class SGD(Optimizer):
    """Gradient descent, with momentum μ (Polyak, 1964) and weight decay λ. Call and errors: :class:`Optimizer`.

    Examples
    --------
    >>> params = {"weight": np.array([1.0, -2.0])}
    >>> SGD(lr=0.5).update(params, {"weight": np.array([1.0, 1.0])})
    >>> params["weight"]
    array([ 0.5, -2.5])
    """

    SLOTS, ELEMENTWISE = ("v",), True
    momentum: float = 0.0
    weight_decay: float = 0.0

    def change(self, p: Array, d: Array, s: Slots, lr: float) -> None:
        s["v"] *= self.momentum
        s["v"] += d
        if self.weight_decay:
            s["v"] += self.weight_decay * p
        p -= lr * s["v"]


@dataclass
class RMSProp(Optimizer):
    """RMSProp (Tieleman and Hinton, 2012): each gradient over its own running size. Errors: :class:`Optimizer`.

    Examples
    --------
    >>> params = {"weight": np.array([1.0, -2.0])}
    >>> RMSProp(lr=0.1).update(params, {"weight": np.array([100.0, 0.01])})
    >>> params["weight"].round(3)  # lr / √(1 - α) at first, however large the gradient
    array([ 0., -3.])
    """

    SLOTS, ELEMENTWISE = ("s", "v"), True
    lr: float = 0.01
    alpha: float = 0.99
    eps: float = 1e-8
    momentum: float = 0.0
    weight_decay: float = 0.0

    def change(self, p: Array, d: Array, s: Slots, lr: float) -> None:
        if self.weight_decay:
            d = d + self.weight_decay * p
        s["s"] *= self.alpha
        s["s"] += (1 - self.alpha) * d * d
        s["v"] *= self.momentum
        s["v"] += d / (s["s"] ** 0.5 + self.eps)
        p -= lr * s["v"]


@dataclass
class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015). Errors: :class:`Optimizer`.

    Examples
    --------
    >>> params = {"weight": np.array([1.0, -2.0])}
    >>> Adam(lr=0.1).update(params, {"weight": np.array([100.0, 0.01])})
    >>> params["weight"].round(3)  # lr at first, however large the gradient
    array([ 0.9, -2.1])
    """

    SLOTS, ELEMENTWISE = ("m", "s"), True
    lr: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    weight_decay: float = 0.0

    def change(self, p: Array, d: Array, s: Slots, lr: float) -> None:
        self.move(p, d + self.weight_decay * p if self.weight_decay else d, s, lr)

    def move(self, p: Array, d: Array, s: Slots, lr: float) -> None:
        """The formula, without weight decay."""
        s["m"] *= self.beta1
        s["m"] += (1 - self.beta1) * d
        s["s"] *= self.beta2
        s["s"] += (1 - self.beta2) * d * d
        m_hat = s["m"] / (1 - self.beta1**self.steps)
        s_hat = s["s"] / (1 - self.beta2**self.steps)
        p -= lr * m_hat / (s_hat**0.5 + self.eps)


@dataclass
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019): parameters shrink, whatever their gradients.

    Examples
    --------
    >>> params = {"weight": np.array([1.0, -2.0])}
    >>> AdamW(lr=0.1, weight_decay=0.5).update(params, {"weight": np.array([0.0, 0.0])})
    >>> params["weight"]
    array([ 0.95, -1.9 ])
    """

    weight_decay: float = 0.01

    def change(self, p: Array, d: Array, s: Slots, lr: float) -> None:
        p *= 1 - lr * self.weight_decay
        self.move(p, d, s, lr)
