"""What is timed: the same work, forward and BPTT over one batch, by everything that can do it.

Every contender starts from the same weights, inputs, initial state and ∂L/∂h, and ends with the gradients of the
parameters, the inputs and the initial state.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

import rnnkit
from benchmarks.timing import Call
from rnnkit import params
from rnnkit.backends.lstm_kernel import lstm_bptt, lstm_unroll
from rnnkit.cells import Params, State, gru, lstm, rnn

FORWARD, BOTH = "forward", "forward + backward"
PRODUCTS, KERNEL, READABLE, FACE = "products alone", "NumPy kernel", "NumPy cell", "rnnkit on NumPy"
TORCH_NN, TORCH, TORCH_TRACE = "torch.nn", "rnnkit on Torch", "rnnkit on Torch + trace"
CELLS = {"LSTM": lstm, "GRU": gru, "RNN": rnn}


class Size(NamedTuple):
    """Time steps, batch, input size, hidden size."""

    T: int
    N: int
    I: int
    H: int


SIZES = {
    "S": Size(50, 1, 32, 64),
    "M": Size(100, 32, 64, 128),
    "L": Size(100, 64, 128, 256),
    "XL": Size(200, 64, 256, 512),
    "GPU": Size(512, 64, 256, 512),
}


class Problem(NamedTuple):
    """What every contender is given: float32, xs (T, N, I), state a tuple of (N, H), d_h (T, N, H)."""

    cell: str
    size: Size
    p: Params
    xs: Any
    state: State
    d_h: Any
    device: str = "cpu"


class Contender(NamedTuple):
    """``forward()`` returns what ``backward(kept)`` needs; that returns (d_params, d_xs, d_state)."""

    forward: Callable[[], Any]
    backward: Callable[[Any], Any]

    def call(self, phase: str) -> Call:
        """What is timed: the forward pass, or both."""
        return self.forward if phase == FORWARD else lambda: self.backward(self.forward())


def problem(cell: str, size: Size, device: str = "cpu", seed: int = 0) -> Problem:
    """Draw weights from U(±1/√H), and inputs, an initial state and ∂L/∂h from N(0, 1).

    Raises
    ------
    ValueError
        If there is no such cell.

    Examples
    --------
    >>> problem("GRU", Size(T=5, N=2, I=3, H=4)).xs.shape
    (5, 2, 3)
    """
    if cell not in CELLS:
        raise ValueError(f"cell is {cell!r}, expected one of {', '.join(CELLS)}.")
    (T, N, I, H), rng = size, np.random.default_rng(seed)
    p = params.uniform(CELLS[cell], I, H, rng, np.float32)
    state = tuple(rng.standard_normal((N, H), np.float32) for _ in CELLS[cell].STATE)
    xs, d_h = rng.standard_normal((T, N, I), np.float32), rng.standard_normal((T, N, H), np.float32)
    return Problem(cell, size, p, xs, state, d_h, device)


def contender(name: str, given: Problem) -> Contender:
    """A contender by its name, ready to be called.

    Raises
    ------
    ValueError
        If there is no such contender, or this cell has none: only the LSTM has a kernel and products.

    Examples
    --------
    >>> given = problem("LSTM", Size(T=5, N=2, I=3, H=4))
    >>> both = contender(KERNEL, given).call(BOTH)
    >>> both()[1].shape  # the inputs' gradient
    (5, 2, 3)
    """
    if name not in MAKERS:
        raise ValueError(f"contender is {name!r}, expected one of {', '.join(MAKERS)}.")
    if name in (PRODUCTS, KERNEL) and given.cell != "LSTM":
        raise ValueError(f"{given.cell} has no {name!r}, expected {READABLE!r}: only the LSTM has the other.")
    return MAKERS[name](given)


def products(size: Size) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The matrix products of an LSTM's forward and of its BPTT as (a, b, out): a step's with bias, and over all steps.

    Each of them reads and writes arrays of its own in the order in which the kernel does, so that they meet the same
    caches.
    """
    T, N, I, H = size
    rng = np.random.default_rng(0)

    def drawn(*shape: int) -> Any:
        return rng.standard_normal(shape, np.float32)

    xh1, d_a, d_h = drawn(T, N, I + H + 1), drawn(T, N, 4 * H), np.empty((N, H), np.float32)
    weights, recurrent, inputs = drawn(I + H + 1, 4 * H), drawn(4 * H, H), drawn(4 * H, I)
    forward = list(zip(xh1, [weights] * T, np.empty_like(d_a), strict=True))
    flat, over_all = d_a.reshape(T * N, -1), xh1.reshape(T * N, -1)
    backward = [(d, recurrent, d_h) for d in d_a[::-1]]
    backward.append((flat.T, over_all, np.empty((4 * H, I + H + 1), np.float32)))
    backward.append((flat, inputs, np.empty((T * N, I), np.float32)))
    return forward, backward


def _multiply(rows: Iterable[tuple[Any, ...]]) -> None:
    for a, b, out in rows:
        np.matmul(a, b, out)


def _products(given: Problem) -> Contender:
    forward, backward = products(given.size)
    return Contender(lambda: _multiply(forward), lambda _: _multiply(backward))


def _kernel(given: Problem) -> Contender:
    p, xs, d_h = given.p, given.xs, given.d_h
    return Contender(lambda: lstm_unroll(p, xs, given.state), lambda kept: lstm_bptt(p, xs, kept[0], kept[1], d_h)[:3])


def _readable(given: Problem) -> Contender:
    cell, p, xs, d_h = CELLS[given.cell], given.p, given.xs, given.d_h
    return Contender(
        lambda: rnnkit.unroll(cell, p, xs, given.state),
        lambda kept: rnnkit.bptt(cell, p, xs, kept[0], kept[1], d_h)[:3],
    )


def _face(given: Problem, backend: str, read_trace: bool) -> Contender:
    _, _, I, H = given.size
    layer = getattr(rnnkit, given.cell)(I, H, backend=backend, device=given.device, dtype=np.float32)
    for name, a in given.p.items():
        layer.params[f"{name}_l0"] = a
    on = _tensors(given) if backend == "torch" else given
    state = tuple(s[None] for s in on.state)  # (L*D, N, H)

    def forward() -> Any:
        run = layer(on.xs, state)
        return (run, dict(run.trace)) if read_trace else (run, None)

    return Contender(forward, lambda kept: layer.backward(kept[0], on.d_h)[:3])


def _torch_nn(given: Problem) -> Contender:
    import torch

    _, _, I, H = given.size
    module = getattr(torch.nn, given.cell)(I, H, device=given.device)
    on = _tensors(given)
    with torch.no_grad():
        for name, a in on.p.items():
            getattr(module, f"{name}_l0").copy_(a)
    xs, *state = (a.requires_grad_() for a in (on.xs, *(s[None] for s in on.state)))
    start = tuple(state) if len(state) > 1 else state[0]
    names, leaves = zip(*module.named_parameters(), strict=True)

    def backward(h: Any) -> Any:
        d_xs, *rest = torch.autograd.grad(h, [xs, *state, *leaves], on.d_h)
        return dict(zip(names, rest[len(state) :], strict=True)), d_xs, tuple(rest[: len(state)])

    return Contender(lambda: module(xs, start)[0], backward)


def _tensors(given: Problem) -> Problem:
    """The same problem, as tensors of their own on its device."""
    import torch

    def on(a: Any) -> Any:
        return torch.tensor(a, device=given.device)

    p = {name: on(a) for name, a in given.p.items()}
    return given._replace(p=p, xs=on(given.xs), state=tuple(map(on, given.state)), d_h=on(given.d_h))


MAKERS: dict[str, Callable[[Problem], Contender]] = {
    PRODUCTS: _products,
    KERNEL: _kernel,
    READABLE: _readable,
    FACE: lambda given: _face(given, "numpy", read_trace=False),
    TORCH_NN: _torch_nn,
    TORCH: lambda given: _face(given, "torch", read_trace=False),
    TORCH_TRACE: lambda given: _face(given, "torch", read_trace=True),
}
