"""NumPy and Torch behind one face: the same call gives the same numbers, in every configuration."""

import copy
import gc
import itertools
import re
import weakref

import numpy as np
import pytest
import torch
from wrong_calls import refused

import rnnkit
from rnnkit.backends.torch.fused import TorchStack
from rnnkit.backends.torch.scan import blocked_scan
from rnnkit.backends.torch.tensors import found_device
from rnnkit.cells import mingru
from rnnkit.layers import GRU, LSTM, LSTM1997, RNN, GRUResetBefore, MinGRU, PeepholeLSTM
from rnnkit.ops import to_numpy

T, N, I, H = 7, 4, 3, 5
FACES = [RNN, LSTM, GRU, GRUResetBefore, PeepholeLSTM, LSTM1997, MinGRU]
MASKS = {"full": None, "ragged": np.arange(T)[:, None] < np.array([4, 7, 1, 0]), "gaps": np.eye(T, N, -1) == 0}
OPTIONS = [
    {"num_layers": L, "bidirectional": both, "bias": bias, "learned_state": learned, "dropout": 0.3 * (L - 1)}
    for L, both, bias, learned in itertools.product([1, 2], [False, True], [True, False], [False, True])
]


def far(a, b):
    a, b = to_numpy(a) * 1.0, to_numpy(b) * 1.0
    return np.abs(a - b).max() / max(np.abs(b).max(), 1e-12)


def made(face, rng, **options):
    layer = face(I, H, rng=rng, **options)
    for name, a in layer.params.items():
        if name in ("h_0", "c_0"):
            a[:] = rng.standard_normal(a.shape)
    return layer


def everything(layer, xs, mask, d_h, d_state, window):
    run = layer(xs, mask=mask, rng=5)
    grads = layer.backward(run, d_h, d_state, window)
    found = {"h": run.h, "d_xs": grads.xs, **run.trace}
    found |= {f"end {k}": s for k, s in enumerate(run.state)} | {f"d_start {k}": d for k, d in enumerate(grads.state)}
    return found | {f"d_{k}": d for k, d in grads.params.items()} | {f"total {k}": d for k, d in grads.h.items()}


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: " ".join(f"{k}={v}" for k, v in o.items() if v))
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("as_on_an_accelerator", [False, True])
@pytest.mark.parametrize("window", [None, 3])
def test_numpy_and_torch_agree_in_everything(face, options, mask, as_on_an_accelerator, window):
    """Values, trace, gradients and the totals ∂L/∂h_t, with NaN in what the mask covers."""
    rng = np.random.default_rng(1)
    ours = made(face, rng, **options)
    theirs = ours.to("torch", device="cpu")
    if isinstance(theirs._stack, TorchStack):
        theirs._stack.on_cpu = not as_on_an_accelerator
    xs = rng.standard_normal((T, N, I))
    if mask is not None:
        xs[~mask] = np.nan
    rows = ours.num_layers * ours.num_directions
    d_h = rng.standard_normal((T, N, ours.num_directions * H))
    d_state = tuple(rng.standard_normal((rows, N, H)) for _ in ours.cell.STATE)
    one, other = (everything(layer, xs, mask, d_h, d_state, window) for layer in (ours, theirs))
    assert one.keys() == other.keys()
    for name, a in one.items():
        assert far(other[name], a) <= 1e-12, name


def test_moving_there_and_back_copies_the_weights():
    layer = LSTM(I, H, num_layers=2, bidirectional=True, rng=0)
    there = layer.to("torch", device="cpu")
    back = there.to("numpy")
    assert layer.config() == back.config()
    for name, a in layer.params.items():
        np.testing.assert_array_equal(a, back.params[name])
    with torch.no_grad():
        there.params["weight_ih_l0"][:] = 7
    assert not np.isin(7, layer.params["weight_ih_l0"])
    assert not np.isin(7, back.params["weight_ih_l0"])


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_both_backends_draw_the_same_weights(backend):
    layer = GRU(I, H, rng=0, dtype="float64", backend=backend, device="cpu")
    np.testing.assert_array_equal(to_numpy(layer.params["weight_hh_l0"]), GRU(I, H, rng=0).params["weight_hh_l0"])


def test_each_backend_has_its_librarys_precision():
    assert LSTM(I, H).dtype == np.float64
    assert LSTM(I, H, backend="torch", device="cpu").dtype == np.float32
    assert LSTM(I, H, backend="torch", device="cpu", dtype=torch.float64)(np.ones((2, 1, I))).h.dtype == torch.float64


def test_nobody_pays_for_a_trace_that_nobody_reads(monkeypatch):
    asked = []
    replayed = TorchStack._replayed
    monkeypatch.setattr(TorchStack, "_replayed", lambda self, *rest: asked.append(1) or replayed(self, *rest))
    layer = LSTM(I, H, rng=0, backend="torch", device="cpu")
    run = layer(np.ones((T, N, I)))
    grads = layer.backward(run, np.ones((T, N, H)))
    assert not asked
    assert run.trace["f_l0"].shape == (T, N, H)
    assert run.trace["i_l0"].shape == grads.h["h_l0"].shape == (T, N, H)
    assert len(asked) == 1


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_run_is_freed_when_nobody_holds_it(backend):
    """No reference cycle: the activations of a long sequence go at once, not when the collector comes."""
    layer = LSTM(I, H, num_layers=2, rng=0, backend=backend, device="cpu")
    gc.disable()
    try:
        run = layer(np.ones((T, N, I)))
        grads = layer.backward(run, np.ones((T, N, H)))
        assert run.trace["f_l0"].shape == grads.h["h_l0"].shape
        gone = [weakref.ref(record) for record in run.records]
        del run, grads
        assert [ref() for ref in gone] == [None, None]
    finally:
        gc.enable()


def test_torch_users_have_their_graph():
    """Outputs take part in autograd: a loss of one's own reaches parameters, inputs and initial state."""
    layer = LSTM(I, H, rng=0, backend="torch", device="cpu", dtype="float64")
    net = torch.nn.LSTM(I, H, dtype=torch.float64)
    net.load_state_dict({name: p.detach() for name, p in layer.params.items()})
    xs = torch.randn(T, N, I, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    one, other = xs.clone().requires_grad_(), xs.clone().requires_grad_()
    layer(one * 2).h.square().sum().backward()
    net(other * 2)[0].square().sum().backward()
    assert far(one.grad, other.grad) <= 1e-12
    for name, p in net.named_parameters():
        assert far(layer.params[name].grad, p.grad) <= 1e-12


def test_backward_can_be_called_twice_and_without_a_graph():
    layer = GRU(I, H, rng=0, backend="torch", device="cpu", dtype="float64")
    xs, d_h = np.ones((T, N, I)), np.ones((T, N, H))
    run = layer(xs)
    first, second = layer.backward(run, d_h), layer.backward(run, d_h)
    with torch.no_grad():
        third = layer.backward(layer(xs), d_h)
    for name in layer.params:
        assert far(second.params[name], first.params[name]) == 0
        assert far(third.params[name], first.params[name]) <= 1e-12


def test_a_call_does_not_differentiate_the_call_before():
    """Autograd would follow the state back into the same weights, through all calls before."""
    layer = LSTM(I, H, rng=0, learned_state=True, backend="torch", device="cpu", dtype="float64")
    xs, d_h = np.random.default_rng(0).standard_normal((T, N, I)), np.ones((T, N, H))
    first = layer(xs)
    followed, cut = layer(xs, first.state), layer(xs, tuple(s.detach() for s in first.state))
    one, other = layer.backward(followed, d_h), layer.backward(cut, d_h)
    assert all(far(one.params[name], d) <= 1e-12 for name, d in other.params.items())
    again = layer.backward(layer(followed.h[..., :I] * 1, first.state), d_h)
    detached = layer.backward(layer(followed.h[..., :I].detach(), first.state), d_h)
    assert all(far(again.params[name], d) <= 1e-12 for name, d in detached.params.items())


def test_backward_gives_gradients_of_frozen_parameters_too():
    layer = GRU(I, H, rng=0, backend="torch", device="cpu", dtype="float64")
    wanted = layer.backward(layer(np.ones((T, N, I))), np.ones((T, N, H))).params["weight_hh_l0"]
    layer.params["weight_hh_l0"].requires_grad_(False)
    run = layer(np.ones((T, N, I)))
    assert far(layer.backward(run, np.ones((T, N, H))).params["weight_hh_l0"], wanted) == 0
    run.h.sum().backward()
    assert layer.params["weight_hh_l0"].grad is None
    assert layer.params["weight_ih_l0"].grad is not None


def test_a_weight_that_diverges_later_is_noticed():
    """Torch's count of changes tells whether there is anything to look at again."""
    layer = RNN(I, H, rng=0, backend="torch", device="cpu")
    layer(np.ones((T, N, I)))
    with torch.no_grad():
        layer.params["bias_ih_l0"][2] = torch.inf
    with pytest.raises(ValueError, match=re.escape("bias_ih_l0 holds inf at [2]")):
        layer(np.ones((T, N, I)))
    with torch.inference_mode():
        other = RNN(I, H, rng=0, backend="torch", device="cpu")
        assert other(np.ones((T, N, I))).trace["h_l0"].shape == (T, N, H)
        other.params["bias_ih_l0"][2] = torch.nan
        with pytest.raises(ValueError, match=re.escape("bias_ih_l0 holds nan at [2]")):
            other(np.ones((T, N, I)))


@pytest.mark.parametrize("look", ["trace", "backward", "window", "totals", "peephole"])
@pytest.mark.parametrize("change", ["weights", "xs", "h", "start", "gates"])
def test_a_run_is_refused_after_its_inputs_change(change, look):
    """Torch replays gates from the weights as they are, which are no longer those of the run."""
    layer = (PeepholeLSTM if look == "peephole" else LSTM)(I, H, rng=0, backend="torch", device="cpu")
    xs, d_h = torch.ones(T, N, I), np.ones((T, N, H))
    start = (torch.ones(1, N, H), torch.ones(1, N, H))
    run, early = layer(xs, start), layer(torch.ones(T, N, I))
    grads, gates = layer.backward(run, d_h), early.trace["f_l0"].clone()
    with torch.no_grad():
        parts = {"weights": layer.params["weight_hh_l0"], "xs": xs, "h": run.h, "start": start[1]}
        parts |= {"gates": run.trace["f_l0"]} if change == "gates" else {}
        parts[change].add_(1)
    if (change, look) == ("gates", "trace"):
        assert run.trace["f_l0"] is parts["gates"]  # it is what it was changed to
        return
    calls = {
        "trace": lambda: run.trace["f_l0"],
        "totals": lambda: grads.h["h_l0"],
        "window": lambda: layer.backward(run, d_h, window=2),
        "backward": lambda: layer.backward(run, d_h),
        "peephole": lambda: layer.backward(run, d_h),
    }
    with pytest.raises(ValueError, match="was changed in place since"):
        calls[look]()
    assert torch.equal(early.trace["f_l0"], gates)


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam])
@pytest.mark.parametrize("fused", [True, False])
def test_a_step_of_torchs_optimisers_is_noticed(optimizer, fused):
    """Their fused kernels do not raise Torch's count of changes."""
    layer = LSTM(I, H, rng=0, backend="torch", device="cpu")
    run = layer(np.ones((T, N, I)))
    run.h.sum().backward()
    optimizer(layer.params.values(), lr=0.1, fused=fused).step()
    with pytest.raises(ValueError, match="was changed in place since"):
        run.trace["f_l0"]
    for p in layer.params.values():
        p.data.fill_(torch.nan)
    with pytest.raises(ValueError, match="weight_ih_l0 holds nan"):
        layer(np.ones((T, N, I)))


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("layers", [1, 2])
def test_callers_may_write_into_their_arrays_and_final_states(backend, layers):
    """A stream that begins anew, and a mask that is filled for the next batch."""
    layer = LSTM(I, H, num_layers=layers, rng=0, backend=backend, device="cpu", dtype="float64")
    xs, d_h, mask = np.random.default_rng(0).standard_normal((T, N, I)), np.ones((T, N, H)), MASKS["gaps"].copy()
    d_state = tuple(np.ones((layers, N, H)) for _ in "hc")
    run = layer(xs, mask=mask)
    wanted, gates = layer.backward(run, d_h, d_state), dict(layer(xs, mask=mask).trace)
    for s in run.state:
        (s.detach() if backend == "torch" else s)[:, 0] = 0
    mask[:] = False
    for found in (layer.backward(run, d_h, d_state), layer.backward(run, d_h, d_state, window=T)):
        assert all(far(found.params[name], d) <= 1e-12 for name, d in wanted.params.items())
    assert all(far(run.trace[name], a) == 0 for name, a in gates.items())


@pytest.mark.parametrize("face", FACES)
def test_backward_works_outside_of_inference_mode(face):
    layer = face(I, H, rng=0, backend="torch", device="cpu", dtype="float64")
    xs, d_h = np.ones((T, N, I)), np.ones((T, N, H))
    wanted = layer.backward(layer(xs), d_h).params
    with torch.inference_mode():
        run = layer(xs)
    outside = layer(xs)
    with torch.inference_mode():
        assert outside.trace.keys() == run.trace.keys()
    for found in (layer.backward(run, d_h), layer.backward(outside, d_h)):
        assert all(far(found.params[name], d) <= 1e-12 for name, d in wanted.items())


def test_weights_that_move_in_memory_are_followed():
    """share_memory_() frees the old memory, and .data = ... leaves it behind."""
    layer = LSTM(I, 300, rng=0, backend="torch", device="cpu")
    for p in layer.params.values():
        p.share_memory_()
    run = layer(np.ones((T, N, I)))
    layer.backward(run, np.ones((T, N, 300)), window=2)
    old = layer.params["weight_hh_l0"].data
    layer.params["weight_hh_l0"].data = old.clone()
    old.fill_(0)
    run = layer(np.ones((T, N, I)))
    old.fill_(1)
    layer.backward(run, np.ones((T, N, 300)), window=2)
    torch.nn.utils.vector_to_parameters(
        torch.zeros(sum(p.numel() for p in layer.params.values())), layer.params.values()
    )
    with pytest.raises(ValueError, match="was changed in place since"):
        layer.backward(run, np.ones((T, N, 300)), window=2)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_all_parameters_can_be_assigned_at_once(backend):
    layers = [LSTM(I, H, rng=seed, backend=backend, device="cpu") for seed in (0, 1)]
    models = [rnnkit.Sequential(layer) for layer in layers]
    models[0].params = models[1].params
    assert far(layers[0].params["weight_hh_l0"], layers[1].params["weight_hh_l0"]) == 0
    layers[0].params = {"bias_ih_l0": np.zeros(4 * H)}
    assert not to_numpy(models[0].params["0.bias_ih_l0"]).any()
    square = RNN(I, H, rng=0, backend=backend, device="cpu")
    transposed = to_numpy(square.params["weight_hh_l0"]).T.copy()
    square.params["weight_hh_l0"] = square.params["weight_hh_l0"].T  # a view of the same memory
    assert far(square.params["weight_hh_l0"], transposed) == 0


def test_a_trace_is_not_computed_for_being_printed(monkeypatch):
    layer = LSTM(I, H, rng=0, backend="torch", device="cpu")
    run = layer(np.ones((T, N, I)))
    monkeypatch.setattr(TorchStack, "_replayed", lambda *given: 1 / 0)
    assert "trace={computed when it is first looked at}" in repr(run)


def test_numpy_results_that_backward_reads_are_read_only():
    layer = GRU(I, H, rng=0)
    run = layer(np.ones((T, N, I)))
    h = run.h.copy()
    with pytest.raises(ValueError, match="read-only"):
        run.h[:] = 0
    with pytest.raises(ValueError, match="read-only"):
        run.trace["z_l0"][:] = 0
    run.state[0][:, 0] = 0  # a stream that begins anew
    assert (run.h == h).all()
    lstm = LSTM(I, H, rng=0)
    d_params = lstm.backward(lstm(np.ones((T, N, I))), np.ones((T, N, H))).params
    assert not np.shares_memory(d_params["bias_ih_l0"], d_params["bias_hh_l0"])


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_what_is_assigned_is_copied_and_converted(backend):
    one, other = (LSTM(I, H, rng=seed, dtype="float32", backend=backend, device="cpu") for seed in (0, 1))
    held = one.params["weight_hh_l0"]
    one.params.update(other.params)
    one.params.update(torch.nn.LSTM(I, H).state_dict())
    one.params["weight_hh_l0"] = other.params["weight_hh_l0"].tolist()
    assert one.params["weight_hh_l0"] is held
    assert to_numpy(held).dtype == np.float32
    assert not np.shares_memory(to_numpy(held), to_numpy(other.params["weight_hh_l0"]))
    assert far(held, other.params["weight_hh_l0"]) == 0


def test_a_layer_stays_where_it_is_unless_told(monkeypatch):
    layer = LSTM(I, H, rng=0, backend="torch", device="cpu", dtype="float64")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert layer.to("numpy").to("torch").device == "cpu"  # float64, which MPS has not
    assert layer.to("torch", dtype="float32").device == "cpu"
    assert found_device("auto", np.dtype("float32")) == "mps"


def test_what_is_frozen_stays_frozen_elsewhere():
    layer = LSTM(I, H, rng=0, backend="torch", device="cpu", dtype="float64")
    layer.params["weight_ih_l0"].requires_grad_(False)
    for other in (copy.deepcopy(layer), layer.to("torch", dtype="float32")):
        assert [name for name, p in other.params.items() if not p.requires_grad] == ["weight_ih_l0"]
    assert layer.to("numpy").params["weight_ih_l0"].shape == (4 * H, I)


def test_a_call_in_inference_mode_spoils_no_later_one():
    layer = PeepholeLSTM(I, H, rng=0, backend="torch", device="cpu")
    with torch.inference_mode():
        run = layer(torch.ones(T, N, I))
    assert layer.backward(layer(torch.ones(T, N, I), run.state), np.ones((T, N, H))).xs.shape == (T, N, I)


def test_layers_say_what_they_are():
    layer = RNN(I, H, bidirectional=True, rng=0)
    assert repr(layer).startswith(f"RNN(input_size={I}, hidden_size={H}, num_layers=1, bidirectional=True, ")
    assert repr(layer).endswith("nonlinearity='tanh') on numpy, cpu, float64")
    assert repr(layer.params).startswith(f"{{weight_ih_l0: ({H}, {I}), weight_hh_l0: ({H}, {H}), ")
    assert "1: MeanPool() on numpy" in repr(rnnkit.Sequential(layer, rnnkit.MeanPool()))


def test_assigning_a_parameter_copies_it_into_the_module():
    layer = RNN(I, H, rng=0, backend="torch", device="cpu", dtype="float64")
    before, h = layer.params["weight_hh_l0"], layer(np.ones((T, N, I))).h
    layer.params["weight_hh_l0"] = np.zeros((H, H))
    assert layer.params["weight_hh_l0"] is before
    assert not torch.equal(layer(np.ones((T, N, I))).h, h)


def test_a_deep_copy_is_independent():
    for backend in ("numpy", "torch"):
        layer = LSTM(I, H, rng=0, backend=backend, device="cpu", dtype="float64")
        other = copy.deepcopy(layer)
        h = to_numpy(layer(np.ones((T, N, I))).h)
        for p in other.params.values():
            (p.data if backend == "torch" else p)[:] = 0
        np.testing.assert_array_equal(to_numpy(layer(np.ones((T, N, I))).h), h)
        assert not to_numpy(other(np.ones((T, N, I))).h).any()


def test_streaming_equals_the_whole_batch_on_both_backends():
    xs = np.random.default_rng(0).standard_normal((T, N, I))
    for face, backend in itertools.product(FACES, ("numpy", "torch")):
        layer = face(I, H, num_layers=2, rng=0, backend=backend, device="cpu", dtype="float64")
        whole, state, parts = layer(xs), None, []
        for t in range(T):
            run = layer(xs[t : t + 1], state)
            state = run.state
            parts.append(to_numpy(run.h))
        assert far(np.concatenate(parts), whole.h) <= 1e-12
        assert all(far(a, b) <= 1e-12 for a, b in zip(state, whole.state, strict=True))


@pytest.mark.parametrize("steps", [1, 2, 3, 9, 50])
def test_the_blocked_scan_is_the_loop(steps):
    rng = np.random.default_rng(0)
    keep, new, c = (torch.from_numpy(rng.random(shape)) for shape in ((steps, 3, 4), (steps, 3, 4), (3, 4)))
    kept = keep.clone()
    scanned = blocked_scan(keep, new, c)
    np.testing.assert_allclose(scanned, mingru.scan(keep, new, c), rtol=0, atol=1e-13)
    for t in range(steps):
        c = keep[t] * c + new[t]
        np.testing.assert_allclose(scanned[t], c, rtol=0, atol=1e-13)
    assert torch.equal(keep, kept)


def test_dropout_draws_one_mask_a_sequence():
    """A layer that copies its input shows the mask: constant over time, different from sequence to sequence."""
    layer = RNN(1, 400, num_layers=2, dropout=0.25, nonlinearity="relu", rng=0)
    for name, a in layer.params.items():
        a[:] = np.eye(*a.shape) if name == "weight_ih_l1" else 1.0 if name == "weight_ih_l0" else 0.0
    h = layer(np.ones((6, 3, 1)), rng=0).h
    assert (h == h[0]).all()
    assert (h[0, 0] != h[0, 1]).any()
    assert set(np.unique(h)) == {0.0, 1 / 0.75}
    assert abs((h[0] == 0).mean() - 0.25) < 0.05
    assert (layer(np.ones((6, 3, 1))).h == 1).all()


def with_h_0(a):
    layer = GRU(3, 4, learned_state=True, rng=0)
    layer.params["h_0"] = a
    return layer


CALLS = {
    "a tensor with a graph for NumPy": (
        lambda: LSTM(3, 4)(torch.ones(5, 2, 3, requires_grad=True)),
        "xs is a tensor that requires a gradient, expected an array: this layer computes in NumPy, where no gradient",
    ),
    "an unknown backend": (lambda: LSTM(3, 4, backend="jax"), "backend is 'jax', expected 'numpy' or 'torch'"),
    "NumPy on a GPU": (lambda: LSTM(3, 4, device="cuda"), "device is 'cuda', expected 'cpu'"),
    "a device that is not there": (
        lambda: LSTM(3, 4, backend="torch", device="cuda:99"),
        "device is 'cuda:99', expected one that this machine has",
    ),
    "half precision": (
        lambda: LSTM(3, 4, dtype="float16"),
        "dtype is float16, expected a floating one: float64",
    ),
    "no dtype": (
        lambda: LSTM(3, 4, dtype="double or so"),
        "dtype is 'double or so', expected float64 or float32",
    ),
    "dropout in one layer": (lambda: LSTM(3, 4, dropout=0.5), "dropout is 0.5, expected 0"),
    "all dropped": (
        lambda: LSTM(3, 4, num_layers=2, dropout=1),
        "dropout is 1, expected 0 <= dropout < 1.",
    ),
    "another activation": (
        lambda: RNN(3, 4, nonlinearity="gelu"),
        "nonlinearity is 'gelu', expected 'tanh' or 'relu'.",
    ),
    "a wrong weight": (
        lambda: LSTM(3, 4, backend="torch", device="cpu").params.update(weight_ih_l0=np.zeros((4, 3))),
        "weight_ih_l0 has shape (4, 3), expected (16, 3)",
    ),
    "a misspelt weight": (
        lambda: LSTM(3, 4, backend="torch", device="cpu").params.update(weight_ih=np.zeros((16, 3))),
        "weight_ih is no parameter of this layer, expected one of weight_ih_l0, weight_hh_l0",
    ),
    "a learned state of another shape": (
        lambda: with_h_0(np.zeros((2, 5)))(np.ones((2, 1, 3))),
        "h_0 has shape (2, 5), expected (1, 4)",
    ),
    "a learned state that diverged": (
        lambda: with_h_0(np.full((1, 4), np.nan))(np.ones((2, 1, 3))),
        "h_0 holds nan at [0, 0], expected a finite number",
    ),
    "the run of another layer": (
        lambda: LSTM(3, 4, rng=0).backward(LSTM(3, 4, rng=0)(np.ones((2, 1, 3))), np.ones((2, 1, 4))),
        "run is not a result of this layer",
    ),
    "a weight taken out": (
        lambda: LSTM(3, 4, backend="torch", device="cpu").params.clear(),
        "was to be removed, expected a layer to keep the parameters",
    ),
    "NaN for Torch": (
        lambda: LSTM(3, 4, backend="torch", device="cpu")(torch.full((2, 1, 3), torch.nan)),
        "xs holds nan at time 0, sequence 0, feature 0",
    ),
    "a wrong width for Torch": (
        lambda: LSTM(3, 4, backend="torch", device="cpu")(torch.zeros(2, 1, 4)),
        "xs has 4 features in its last axis, expected 3, as weight_ih_l0 has",
    ),
    "complex numbers for Torch": (
        lambda: LSTM(3, 4, backend="torch", device="cpu")(torch.zeros(2, 1, 3, dtype=torch.complex64)),
        "xs has dtype complex64, expected real numbers",
    ),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)


def test_a_trace_that_is_not_there_says_what_is():
    with pytest.raises(KeyError, match="f, expected one of i_l0, f_l0"):
        rnnkit.LSTM(3, 4, rng=0)(np.ones((2, 1, 3))).trace["f"]
