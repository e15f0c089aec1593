"""What the drawn tests share: recurrent problems, and what torch.nn and its autograd make of them.

Numbers are float64, weights U(±1/√H), and T, N, I and H all differ. What a mask hides is NaN for rnnkit, 0 for torch.
"""

import os
from typing import NamedTuple
from zlib import crc32

import numpy as np
import torch
from hypothesis import seed, settings
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import rnnkit
from rnnkit.ops import to_numpy
from rnnkit.params import shapes


class Kind(NamedTuple):
    face: type
    module: type
    cell: type
    options: dict[str, str]


KINDS = {
    "RNN": Kind(rnnkit.RNN, torch.nn.RNN, torch.nn.RNNCell, {"nonlinearity": "tanh"}),
    "RNN-relu": Kind(rnnkit.RNN, torch.nn.RNN, torch.nn.RNNCell, {"nonlinearity": "relu"}),
    "LSTM": Kind(rnnkit.LSTM, torch.nn.LSTM, torch.nn.LSTMCell, {}),
    "GRU": Kind(rnnkit.GRU, torch.nn.GRU, torch.nn.GRUCell, {}),
}
OTHERS = {face.__name__: Kind(face, None, None, {}) for face in (rnnkit.GRUResetBefore, rnnkit.PeepholeLSTM)}
OTHERS |= {face.__name__: Kind(face, None, None, {}) for face in (rnnkit.LSTM1997, rnnkit.MinGRU)}
ALL = KINDS | OTHERS
SMALL = 1e-3  # below this size an array is measured absolutely: what is left of a cancellation is no yardstick
TIMES = int(os.environ.get("RNNKIT_DRAWS", "1"))  # make test-all draws twenty times as many examples
seeds = st.integers(0, 2**32 - 1)
sizes = st.lists(st.integers(1, 7), min_size=4, max_size=4, unique=True)  # T, N, I, H


def drawn(max_examples, *name, **more):
    """The same draws on every run and every machine, others for each name, and no clock."""

    def decorate(test):
        limits = settings(max_examples=TIMES * max_examples, deadline=None, derandomize=True, database=None, **more)
        return seed(crc32(repr(name).encode()))(limits(test))

    return decorate


class Problem(NamedTuple):
    """What a layer is made of, and all that its call and its backward are given."""

    kind: str
    made: dict
    xs: np.ndarray
    state: tuple | None
    mask: np.ndarray | None
    d_h: np.ndarray
    d_state: tuple | None

    def layer(self, backend):
        """``accelerator`` takes Torch's way on an accelerator, here on the processor."""
        name = "numpy" if backend == "numpy" else "torch"
        layer = ALL[self.kind].face(**self.made, backend=name, device="cpu", dtype=np.float64)
        if backend == "accelerator":
            layer._stack.on_cpu = False
        return layer


def by_lengths(T, lengths):
    """(T, N): True in each sequence's first steps."""
    return np.arange(T)[:, None] < np.array(lengths)


@st.composite
def padding(draw, T, N):
    """None, all lengths equal, or a length of its own for each sequence, in no order; one of them is T."""
    lengths = draw(
        st.one_of(
            st.none(),
            st.integers(1, T).map(lambda length: [length] * N),
            st.lists(st.integers(1, T), min_size=N, max_size=N),
        )
    )
    return None if lengths is None else by_lengths(T, lengths)


@st.composite
def holes(draw, T, N):
    """Any mask; with several sequences one of them may have no step at all."""
    mask = np.random.default_rng(draw(seeds)).random((T, N)) < draw(st.sampled_from([0.2, 0.5, 0.8]))
    mask[:, draw(st.integers(0, N - 1))] = draw(st.booleans())
    return mask


@st.composite
def problems(draw, kind, masks, **options):
    """A problem for a layer of this kind; options that are not given are drawn."""
    (T, N, I, H), rng = draw(sizes), np.random.default_rng(draw(seeds))
    made = {
        "num_layers": draw(st.integers(1, 3)),
        "bidirectional": draw(st.booleans()),
        "bias": draw(st.booleans()),
    }
    made |= {"input_size": I, "hidden_size": H, "rng": draw(seeds)} | ALL[kind].options | options
    D = 1 + made["bidirectional"]
    parts, shape = ALL[kind].face(1, 1).cell.STATE, (made["num_layers"] * D, N, H)
    state, d_state = (tuple(rng.standard_normal(shape) for _ in parts) if draw(st.booleans()) else None for _ in "01")
    if made.get("learned_state"):
        state = None
    xs, d_h, mask = rng.standard_normal((T, N, I)), rng.standard_normal((T, N, D * H)), draw(masks(T, N))
    if mask is not None:
        xs[~mask] = d_h[~mask] = np.nan
    return Problem(kind, made, xs, state, mask, d_h, d_state)


def named(h, state, d_xs, d_state, d_params, totals=None):
    """All results of a call and its backward, as NumPy arrays by name."""
    arrays = {"h": h, "d_xs": d_xs}
    arrays |= {f"state {k}": s for k, s in enumerate(state)} | {f"d_state {k}": d for k, d in enumerate(d_state)}
    arrays |= {f"d_{name}": d for name, d in d_params.items()}
    arrays |= {f"total {name}": d for name, d in (totals or {}).items()}
    return {name: to_numpy(a) for name, a in arrays.items()}


def ours(problem, backend, window=None, rng=None, layer=None, totals=False):
    layer = layer or problem.layer(backend)
    run = layer(problem.xs, problem.state, problem.mask, rng)
    grads = layer.backward(run, problem.d_h, problem.d_state, window)
    return named(run.h, run.state, grads.xs, grads.state, grads.params, grads.h if totals else None)


def far(a, b):
    """max|a - b| / max|b|: the measure in which parity is asked for; NaN if there is one anywhere."""
    assert a.shape == b.shape
    a, b = np.asarray(a, float), np.asarray(b, float)
    return np.abs(a - b).max() / max(np.abs(b).max(), SMALL)


def assert_same(found, wanted, tolerance=1e-10):
    assert found.keys() == wanted.keys()
    for name, a in found.items():
        assert np.isfinite(a).all(), f"{name} is not finite"
        assert far(a, wanted[name]) <= tolerance, f"{name} is {far(a, wanted[name]):.1e} off"


def tensor(a):
    return torch.from_numpy(np.array(a))


def filled(a, mask):
    """A tensor with 0 where the mask hides a NaN."""
    return tensor(a if mask is None else np.where(mask[..., None], a, 0))


def reference(problem, layer, make, window=None, dropped=None):
    """Values and gradients of Σ h·d_h + Σ state·d_state by autograd, of what ``make`` builds from torch.nn."""
    modules, forward = make(problem, layer, window, dropped)
    shape = (layer.num_layers * layer.num_directions, problem.xs.shape[1], layer.hidden_size)
    learned = {f"{s}_0": tensor(to_numpy(layer.params[f"{s}_0"])) for s in "hc" if f"{s}_0" in layer.params}
    given = problem.state or [a[:, None] + np.zeros(shape) for a in map(to_numpy, learned.values())]
    given = given or [np.zeros(shape) for _ in layer.cell.STATE]
    xs, start = filled(problem.xs, problem.mask).requires_grad_(), [tensor(s).requires_grad_() for s in given]
    h, end, variables = forward(xs, start)
    loss = (h * filled(problem.d_h, problem.mask)).sum() + 0 * xs.sum()  # a graph, even if the mask hides all
    if problem.d_state is not None:
        loss = loss + sum((s * tensor(d)).sum() for s, d in zip(end, problem.d_state, strict=True))
    leaves = modules | {f"start {k}": s for k, s in enumerate(start)} | {"xs": xs} | variables
    grads = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True, materialize_grads=True)
    d = dict(zip(leaves, grads, strict=True))
    d_start = [d[f"start {k}"] for k in range(len(start))]
    d_params = {name: d[name] for name in modules} | dict(zip(learned, (d_s.sum(1) for d_s in d_start), strict=False))
    return named(h, end, d["xs"], d_start, d_params, {name: d[name] for name in variables})


def loaded(module, weights):
    module.load_state_dict({name: tensor(to_numpy(a)) for name, a in weights.items()})
    return module


def twin(problem, layer):
    """torch.nn's module with the same weights."""
    made = problem.made
    options = {name: made[name] for name in ("num_layers", "bidirectional", "bias")} | KINDS[problem.kind].options
    module = KINDS[problem.kind].module(layer.input_size, layer.hidden_size, dtype=torch.float64, **options)
    return loaded(module, {name: a for name, a in layer.params.items() if not name.endswith("_0")})


def called(module, xs, start):
    h, end = module(xs, tuple(start) if len(start) == 2 else start[0])
    return h, end if isinstance(end, tuple) else (end,)


def packed(problem, layer, window, dropped):
    """torch.nn over sequences that are packed by their lengths."""
    module, mask = twin(problem, layer), problem.mask

    def forward(xs, start):
        if mask is None:
            return *called(module, xs, start), {}
        h, end = called(module, pack_padded_sequence(xs, tensor(mask.sum(0)), enforce_sorted=False), start)
        return pad_packed_sequence(h, total_length=len(xs))[0], end, {}

    return dict(module.named_parameters()), forward


def alone(problem, layer, window, dropped):
    """torch.nn over each sequence by itself, without the steps that the mask leaves out."""
    module = twin(problem, layer)

    def forward(xs, start):
        T, N, _ = xs.shape
        h, ends = torch.zeros(T, N, layer.num_directions * layer.hidden_size, dtype=xs.dtype), []
        for n in range(N):
            steps, end = np.flatnonzero(problem.mask[:, n]), tuple(s[:, n] for s in start)
            if len(steps):
                h_n, end = called(module, xs[steps, n], end)
                h = h.index_put((tensor(steps), torch.tensor(n)), h_n)
            ends.append(end)
        return h, tuple(torch.stack(parts, 1) for parts in zip(*ends, strict=True)), {}

    return dict(module.named_parameters()), forward


def stepwise(problem, layer, window, dropped):
    """torch.nn's cells in a loop, where the state is detached at multiples of the window."""
    kind, mask, cells = KINDS[problem.kind], problem.mask, {}
    for suffix, size in layer.sizes().items():
        cell = kind.cell(size, layer.hidden_size, bias=layer.bias, dtype=torch.float64, **kind.options)
        own = {name.removesuffix(suffix): a for name, a in layer.params.items() if name.endswith(suffix)}
        cells[suffix] = loaded(cell, own)

    def forward(xs, start):
        h, ends, variables = xs, [], {}
        for k in range(layer.num_layers):
            h, outputs = h if not dropped or dropped[k] is None else h * tensor(to_numpy(dropped[k])), []
            for suffix, backwards in layer.ways(k):
                own = tuple(s[len(ends)] for s in start)
                hs, end, variables[f"h{suffix}"] = loop(cells[suffix], h, own, mask, window, backwards)
                outputs.append(hs if mask is None else hs * tensor(mask)[..., None])
                ends.append(end)
            h = torch.cat(outputs, -1)
        return h, tuple(torch.stack(parts) for parts in zip(*ends, strict=True)), variables

    names = {f"{name}{suffix}": p for suffix, cell in cells.items() for name, p in cell.named_parameters()}
    return names, forward


def loop(cell, xs, start, mask, window, backwards):
    """Every state h_t (T, N, H) in the order of time, the last state, and zeros added to each h_t, to differentiate."""
    T, N = len(xs), xs.shape[1]
    nudge = torch.zeros(T, N, cell.hidden_size, dtype=xs.dtype, requires_grad=True)
    state, hs = start, [None] * T
    for read, t in enumerate(reversed(range(T)) if backwards else range(T)):
        if window and read % window == 0 and read > 0:
            state = tuple(s.detach() for s in state)
        new = cell(xs[t], state if len(state) == 2 else state[0])
        new = new if isinstance(new, tuple) else (new,)
        if mask is not None:
            new = tuple(torch.where(tensor(mask[t])[:, None], a, b) for a, b in zip(new, state, strict=True))
        state = (new[0] + nudge[t], *new[1:])
        hs[t] = state[0]
    return torch.stack(hs), state, nudge


def on_tensors(problem, layer, window, dropped):
    """rnnkit's own steps on tensors, for a cell that torch.nn has not: the reference of its adjoint is autograd."""
    weights = {name: tensor(to_numpy(a)).requires_grad_() for name, a in layer.params.items()}
    mask = problem.mask if problem.mask is None else tensor(problem.mask)

    def forward(xs, start):
        h, ends = xs, []
        for k in range(layer.num_layers):
            outputs = []
            for suffix, backwards in layer.ways(k):
                inputs, m = (h.flip(0), mask if mask is None else mask.flip(0)) if backwards else (h, mask)
                own = {
                    name: weights.get(name + suffix, torch.zeros(shape, dtype=torch.float64))
                    for name, shape in shapes(layer.cell, 1, layer.hidden_size).items()
                }
                states, _ = rnnkit.unroll(layer.cell, own, inputs, tuple(s[len(ends)] for s in start), m)
                hs = states[0][1:].flip(0) if backwards else states[0][1:]
                outputs.append(hs if mask is None else hs * mask[..., None])
                ends.append(tuple(s[-1] for s in states))
            h = torch.cat(outputs, -1)
        return h, tuple(torch.stack(parts) for parts in zip(*ends, strict=True)), {}

    return weights, forward
