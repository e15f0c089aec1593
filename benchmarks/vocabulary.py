"""A step of training a language model with many words: forward, loss, backward, clipping and Adam, on both sides."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import rnnkit
from benchmarks.contenders import FACE, TORCH, TORCH_NN
from rnnkit.training import clip_by_global_norm

LIMITS = {TORCH: (1.15, 1.2), FACE: (1.15, 1.2)}  # over torch.nn: of the time, of the memory
RATE, CLIP = 0.001, 1.0


class Words(NamedTuple):
    """Vocabulary, time steps, batch, and the size of embedding and state."""

    V: int
    T: int
    N: int
    H: int


WORDS = Words(V=33_000, T=20, N=10, H=128)
FEW = Words(V=500, T=5, N=2, H=8)


def drawn(size: Words) -> tuple[Any, Any]:
    """Words and those that follow them, (T, N) each."""
    rng = np.random.default_rng(0)
    return rng.integers(0, size.V, (size.T, size.N)), rng.integers(0, size.V, (size.T, size.N))


def training_step(name: str, size: Words) -> Callable[[], float]:
    """What is timed: a step that changes the model, and returns its loss. All start from the same weights.

    Raises
    ------
    ValueError
        If there is no such contender.

    Examples
    --------
    >>> step = training_step(FACE, FEW)
    >>> step() > step()
    True
    """
    if name not in MAKERS:
        raise ValueError(f"contender is {name!r}, expected one of {', '.join(MAKERS)}.")
    return MAKERS[name](size)


def _model(size: Words, backend: str = "numpy") -> Any:
    V, _, _, H = size
    layers = (rnnkit.Embedding(V, H, rng=0), rnnkit.LSTM(H, H, rng=1), rnnkit.Linear(H, V, rng=2))
    return rnnkit.Sequential(*(layer.to(backend, "cpu", "float32") for layer in layers))


def _rnnkit(size: Words, backend: str) -> Callable[[], float]:
    (xs, targets), model, adam = drawn(size), _model(size, backend), rnnkit.Adam(RATE)

    def step() -> float:
        run = model(xs)
        loss, d_h = rnnkit.softmax_cross_entropy(run.h, targets)
        grads = model.backward(run, d_h).params
        clip_by_global_norm(grads, CLIP)
        adam.update(model.params, grads)
        return float(loss)

    return step


def _torch_nn(size: Words) -> Callable[[], float]:
    import torch

    V, _, _, H = size
    (xs, targets), ours = (torch.from_numpy(a) for a in drawn(size)), _model(size)
    model = torch.nn.ModuleList([torch.nn.Embedding(V, H), torch.nn.LSTM(H, H), torch.nn.Linear(H, V)])
    model.load_state_dict({name: torch.tensor(a) for name, a in ours.params.items()})
    adam = torch.optim.Adam(model.parameters(), RATE)
    embedding, lstm, linear = model

    def step() -> float:
        adam.zero_grad()
        logits = linear(lstm(embedding(xs))[0])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        adam.step()
        return float(loss.detach())

    return step


MAKERS: dict[str, Callable[[Words], Callable[[], float]]] = {
    TORCH_NN: _torch_nn,
    TORCH: lambda size: _rnnkit(size, "torch"),
    FACE: lambda size: _rnnkit(size, "numpy"),
}
