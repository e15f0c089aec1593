"""rnnkit's layers against torch.nn over a grid of options; sizes, weights, lengths and states are drawn.

The measure is max|a - b| / max|b| in float64. What a mask hides is NaN, in xs and in d_h: it may reach nothing.
"""

from importlib import import_module

import numpy as np
import pytest
import strategies as s
import torch
from hypothesis import Phase, given
from hypothesis import strategies as st

from rnnkit.layers import recurrent
from rnnkit.ops import to_numpy

BACKENDS = ["numpy", "torch"]
WAYS = [*BACKENDS, "accelerator"]


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def over_kinds(backends):
    def decorate(test):
        return pytest.mark.parametrize("backend", backends)(pytest.mark.parametrize("kind", s.KINDS)(test))

    return decorate


def assert_nothing_at_padding(found, problem):
    if problem.mask is not None:
        assert not found["h"][~problem.mask].any()
        assert not found["d_xs"][~problem.mask].any()


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one-way", "both-ways"])
@pytest.mark.parametrize("num_layers", [1, 2, 3])
@over_kinds(BACKENDS)
def test_packed_sequences(kind, backend, num_layers, bidirectional, bias):
    options = {"num_layers": num_layers, "bidirectional": bidirectional, "bias": bias}

    @s.drawn(5, kind, backend, *options.values())
    @given(s.problems(kind, s.padding, **options))
    def agrees(problem):
        found = s.ours(problem, backend)
        s.assert_same(found, s.reference(problem, problem.layer("numpy"), s.packed))
        assert_nothing_at_padding(found, problem)

    agrees()


@over_kinds(WAYS)
def test_any_mask_is_each_sequence_without_its_masked_steps(kind, backend):
    @s.drawn(12, kind, backend)
    @given(s.problems(kind, s.holes))
    def agrees(problem):
        found = s.ours(problem, backend)
        s.assert_same(found, s.reference(problem, problem.layer("numpy"), s.alone))
        assert_nothing_at_padding(found, problem)

    agrees()


@over_kinds(WAYS)
def test_a_window_detaches_the_state_at_its_multiples(kind, backend):
    """And ∂L/∂h_t, of which each step's own loss and all later ones are part, is the one that autograd has."""

    @s.drawn(12, kind, backend)
    @given(s.problems(kind, lambda T, N: st.one_of(st.none(), s.padding(T, N), s.holes(T, N))), window())
    def agrees(problem, window):
        found = s.ours(problem, backend, window, totals=True)
        wanted = s.reference(problem, problem.layer("numpy"), s.stepwise, window)
        s.assert_same(found, wanted)

    agrees()


def window():
    return st.one_of(st.none(), st.integers(1, 8))


@over_kinds(BACKENDS)
def test_pieces_of_a_stream_are_the_whole(kind, backend):
    """Forwards each piece starts where the last one ended; backwards each hands its ∂L/∂state to the one before."""

    @s.drawn(12, kind, backend)
    @given(s.problems(kind, s.holes, bidirectional=False), st.data())
    def agrees(problem, data):
        T, layer = len(problem.xs), problem.layer(backend)
        cuts = sorted(data.draw(st.sets(st.integers(1, T - 1), max_size=3), label="cuts")) if T > 1 else []
        pieces = [slice(a, b) for a, b in zip([0, *cuts], [*cuts, T], strict=True)]
        runs, state = [], problem.state
        for piece in pieces:
            runs.append(layer(problem.xs[piece], state, problem.mask[piece]))
            state = runs[-1].state
        back, d_state = [], problem.d_state
        for piece, run in zip(pieces[::-1], runs[::-1], strict=True):
            back.insert(0, layer.backward(run, problem.d_h[piece], d_state))
            d_state = back[0].state
        h, d_xs = (
            np.concatenate([to_numpy(a) for a in parts]) for parts in ([r.h for r in runs], [b.xs for b in back])
        )
        d_params = {name: sum(to_numpy(b.params[name]) for b in back) for name in layer.params}
        s.assert_same(s.named(h, state, d_xs, d_state, d_params), s.ours(problem, backend), 1e-12)

    agrees()


@over_kinds(BACKENDS)
def test_a_learned_state_sums_the_sequences_gradients(kind, backend):
    @s.drawn(10, kind, backend)
    @given(s.problems(kind, s.padding, learned_state=True), s.seeds)
    def agrees(problem, seed):
        layer, rng = problem.layer(backend), np.random.default_rng(seed)
        for name in layer.params:
            if name.endswith("_0"):
                layer.params[name] = rng.standard_normal(layer.params[name].shape)
        s.assert_same(s.ours(problem, backend, layer=layer), s.reference(problem, layer, s.packed))

    agrees()


@over_kinds(BACKENDS)
def test_a_given_state_leaves_the_learned_one_alone(kind, backend):
    @s.drawn(5, kind, backend)
    @given(s.problems(kind, s.padding, learned_state=True))
    def agrees(problem):
        layer = problem.layer(backend)
        run = layer(problem.xs, layer(problem.xs, mask=problem.mask).state, problem.mask)
        d_params = layer.backward(run, problem.d_h).params
        assert not any(to_numpy(d).any() for name, d in d_params.items() if name.endswith("_0"))

    agrees()


@over_kinds(WAYS)
def test_both_backends_draw_the_same_dropout(kind, backend):
    @s.drawn(10, kind, backend)
    @given(s.problems(kind, s.holes, num_layers=3, dropout=0.4), s.seeds)
    def agrees(problem, seed):
        layer = problem.layer("numpy")
        dropped = layer(problem.xs, problem.state, problem.mask, seed).dropped
        (N, width), share = (problem.xs.shape[1], layer.num_directions * layer.hidden_size), layer.dropout
        assert dropped[0] is None
        assert all(d.shape == (N, width) and np.isin(d, [0, 1 / (1 - share)]).all() for d in dropped[1:])
        found = s.ours(problem, backend, rng=seed, totals=True)
        s.assert_same(found, s.ours(problem, "numpy", rng=seed, totals=True), 1e-12)
        s.assert_same(found, s.reference(problem, layer, s.stepwise, dropped=dropped))

    agrees()


@over_kinds(WAYS[1:])
def test_the_trace_has_the_same_names_and_numbers(kind, backend):
    @s.drawn(12, kind, backend)
    @given(s.problems(kind, lambda T, N: st.one_of(st.none(), s.padding(T, N), s.holes(T, N))))
    def agrees(problem):
        found, wanted = (
            {name: to_numpy(a) for name, a in problem.layer(b)(problem.xs, problem.state, problem.mask).trace.items()}
            for b in (backend, "numpy")
        )
        s.assert_same(found, wanted, 1e-12)

    agrees()


def rolled(step_backward):
    """An adjoint that gives each gate's gradient to its neighbour (with one gate: each unit's)."""

    def wrong(*given):
        (d_x, d_h), d_prev = step_backward(*given)
        return (np.roll(d_x, 1, -1), d_h), d_prev

    return wrong


FAULTS = {
    "an adjoint with its gates exchanged": lambda cell: (cell, "step_backward", rolled(cell.step_backward)),
    "a state that is not held": lambda cell: (import_module("rnnkit.unroll"), "_held", lambda mask, t, new, old: new),
    "padding that is read": lambda cell: (recurrent, "zeroed", lambda a, mask: a),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", s.KINDS)
def test_the_grid_notices(kind, fault, monkeypatch):
    @s.drawn(10, kind, fault, phases=[Phase.generate])
    @given(s.problems(kind, s.holes))
    def agrees(problem):
        s.assert_same(s.ours(problem, "numpy"), s.reference(problem, problem.layer("numpy"), s.alone))

    cell = s.KINDS[kind].face(1, 1, **s.KINDS[kind].options).cell
    monkeypatch.setattr(*FAULTS[fault](cell))
    with pytest.raises((AssertionError, ExceptionGroup)):
        agrees()
