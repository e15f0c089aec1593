"""Optimisers, clipping and schedules against torch.optim, in NumPy and in Torch."""

import copy
import re

import numpy as np
import pytest
import torch
from wrong_calls import refused

from rnnkit import ops
from rnnkit import training as optim
from rnnkit.training import clipping

SHAPES = {"weight_ih": (12, 5), "weight_hh": (12, 3), "bias": (12,)}
OPTIMISERS = {
    "SGD": (optim.SGD(0.05), torch.optim.SGD, {"lr": 0.05}),
    "SGD with momentum and decay": (
        optim.SGD(0.05, momentum=0.9, weight_decay=0.02),
        torch.optim.SGD,
        {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.02},
    ),
    "RMSProp": (optim.RMSProp(0.003), torch.optim.RMSprop, {"lr": 0.003}),
    "RMSProp with everything": (
        optim.RMSProp(0.003, alpha=0.9, eps=1e-4, momentum=0.8, weight_decay=0.02),
        torch.optim.RMSprop,
        {"lr": 0.003, "alpha": 0.9, "eps": 1e-4, "momentum": 0.8, "weight_decay": 0.02},
    ),
    "Adam": (optim.Adam(0.003), torch.optim.Adam, {"lr": 0.003}),
    "Adam with everything": (
        optim.Adam(0.003, beta1=0.8, beta2=0.95, eps=1e-4, weight_decay=0.02),
        torch.optim.Adam,
        {"lr": 0.003, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.02},
    ),
    "AdamW": (optim.AdamW(0.003), torch.optim.AdamW, {"lr": 0.003}),
    "AdamW with decay": (
        optim.AdamW(0.003, weight_decay=0.3),
        torch.optim.AdamW,
        {"lr": 0.003, "weight_decay": 0.3},
    ),
}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def drawn(seed):
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(-0.5, 0.5, shape) for name, shape in SHAPES.items()}


def on(backend, arrays):
    if backend == "numpy":
        return {name: a.copy() for name, a in arrays.items()}
    return {name: torch.nn.Parameter(torch.tensor(a)) for name, a in arrays.items()}


def numbers(a):
    return a.detach().numpy() if isinstance(a, torch.Tensor) else a


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_two_hundred_steps_are_torchs(name, backend):
    """Also with a learning rate that a schedule changes."""
    made, theirs, options = OPTIMISERS[name]
    ours = type(made)(**{k: v for k, v in vars(made).items() if k not in ("steps", "state")})
    params, reference = on(backend, drawn(0)), on("torch", drawn(0))
    theirs = theirs(list(reference.values()), **options)
    for step in range(200):
        grads = drawn(step + 1)
        lr = None if step < 100 else 0.001
        if lr:
            theirs.param_groups[0]["lr"] = lr
        for p, d in zip(reference.values(), grads.values(), strict=True):
            p.grad = torch.tensor(d)
        theirs.step()
        ours.update(params, {k: numbers_of(backend, d) for k, d in grads.items()}, lr)
    for key, p in reference.items():
        np.testing.assert_allclose(numbers(params[key]), numbers(p), rtol=0, atol=1e-12)


def numbers_of(backend, d):
    return torch.tensor(d) if backend == "torch" else d


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_changes_in_place_and_leaves_gradients_and_dtype(name, backend):
    made = OPTIMISERS[name][0]
    ours = type(made)(made.lr)
    params = on(backend, {k: a.astype(np.float32) for k, a in drawn(0).items()})
    grads = {k: numbers_of(backend, a.astype(np.float32)) for k, a in drawn(1).items()}
    before, kept = {k: id(p) for k, p in params.items()}, {k: numbers(d).copy() for k, d in grads.items()}
    for _ in range(3):
        ours.update(params, grads, optim.Cosine(0.1, 10)(3))
    assert {k: id(p) for k, p in params.items()} == before
    for k, d in grads.items():
        assert np.array_equal(numbers(d), kept[k])
        arrays = [params[k], *ours.state[k].values()]
        assert {str(numbers(a).dtype) for a in arrays} == {"float32"}
        assert not any(a.requires_grad for a in arrays[1:] if backend == "torch")


@pytest.mark.parametrize("name", OPTIMISERS)
def test_no_number_is_read_back_from_a_device(name):
    """Tensors on Torch's meta device have shapes and no numbers: whoever looks at one gets an error."""
    made = OPTIMISERS[name][0]
    params = {k: torch.nn.Parameter(p.to("meta")) for k, p in on("torch", drawn(0)).items()}
    grads = {k: p.detach().clone() for k, p in params.items()}
    with pytest.raises(RuntimeError, match="meta"):
        float(grads["bias"].sum())
    norm = optim.clip_by_global_norm(grads, 0.5)
    type(made)(made.lr).update(params, grads)
    assert (norm.device.type, grads["bias"].device.type) == ("meta", "meta")


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("limit", [0.3, 100.0])
def test_clipping_is_torchs(backend, limit):
    """torch adds 1e-6 to the norm that it divides by, so its gradients are that much smaller."""
    grads = on(backend, drawn(0))
    reference = on("torch", drawn(1))
    for p, d in zip(reference.values(), drawn(0).values(), strict=True):
        p.grad = torch.tensor(d)
    wanted = torch.nn.utils.clip_grad_norm_(reference.values(), limit)
    norm = optim.clip_by_global_norm(grads, limit)
    assert float(norm) == pytest.approx(float(wanted), rel=1e-14)
    assert float(optim.global_norm(grads)) == pytest.approx(min(limit, float(wanted)), rel=1e-14)
    for key, p in reference.items():
        np.testing.assert_allclose(numbers(grads[key]), numbers(p.grad), rtol=2e-6 if limit < 1 else 0)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_clipping_scales_two_names_of_one_array_once(backend):
    """A layer may return one array as the gradient of both its biases."""
    bias = drawn(0)["bias"]
    shared = numbers_of(backend, bias.copy())
    grads = {"bias_ih_l0": shared, "bias_hh_l0": shared}
    optim.clip_by_global_norm(grads, 0.5)
    for d in grads.values():
        np.testing.assert_allclose(numbers(d), bias * 0.5 / np.sqrt(2 * (bias**2).sum()), rtol=1e-14)


SCHEDULES = {
    "constant": (optim.Constant(0.1), lambda o: torch.optim.lr_scheduler.ConstantLR(o, factor=1.0)),
    "cosine": (optim.Cosine(0.1, 60, final=0.01), lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 60, 0.01)),
    "step decay": (optim.StepDecay(0.1, 7, 0.3), lambda o: torch.optim.lr_scheduler.StepLR(o, 7, 0.3)),
    "warm-up, then a cosine": (
        optim.Warmup(8, then=optim.Cosine(0.1, 52)),
        lambda o: torch.optim.lr_scheduler.SequentialLR(
            o,
            [
                torch.optim.lr_scheduler.LinearLR(o, start_factor=1 / 8, total_iters=7),
                torch.optim.lr_scheduler.CosineAnnealingLR(o, 52),
            ],
            milestones=[8],
        ),
    ),
}


@pytest.mark.filterwarnings("ignore:.*epoch parameter in `scheduler.step:UserWarning")  # SequentialLR's own call
@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_are_torchs(name):
    ours, theirs = SCHEDULES[name]
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    theirs = theirs(optimiser)
    for step in range(60):
        assert ours(step) == pytest.approx(theirs.get_last_lr()[0], abs=1e-14), step
        optimiser.step()
        theirs.step()


def test_cosine_and_warmup_stay_at_their_ends():
    assert optim.Cosine(0.1, 60, final=0.01)(60) == pytest.approx(0.01)
    assert optim.Cosine(0.1, 60, final=0.01)(1000) == pytest.approx(0.01)
    assert optim.Warmup(5, then=optim.Constant(0.1))(0) == pytest.approx(0.02)


def test_inverse_sqrt_is_the_papers():
    """lr = d^-0.5 min(t^-0.5, t w^-1.5): its largest value is (d w)^-0.5, at t = w."""
    d_model, w = 512, 40
    schedule = optim.InverseSqrt((d_model * w) ** -0.5, w)
    for step in range(200):
        t = step + 1
        assert schedule(step) == pytest.approx(d_model**-0.5 * min(t**-0.5, t * w**-1.5), rel=1e-14)


def test_schedules_tell_themselves_apart():
    assert optim.Cosine(0.1, 60) == optim.Cosine(0.1, 60)
    assert optim.Cosine(0.1, 60) != optim.Cosine(0.1, 61)
    assert repr(optim.Warmup(3, optim.Constant(0.1))) == "Warmup(steps=3, then=Constant(lr=0.1))"


def used():
    made = optim.Adam()
    made.update({"weight": np.zeros(3)}, {"weight": np.ones(3)})
    return made


def infinite(value):
    return {"weight_ih": np.ones(3), "weight_hh": np.array([1.0, value]), "bias": np.ones(2)}


CALLS = {
    "a learning rate of 0": (lambda: optim.SGD(0.0), "lr is 0.0, expected a number above 0"),
    "a learning rate that is none": (lambda: optim.Adam(float("nan")), "lr is nan, expected a number above 0"),
    "a momentum of 1": (lambda: optim.SGD(0.1, momentum=1.0), "momentum is 1.0, expected 0 <= momentum < 1"),
    "an alpha above 1": (lambda: optim.RMSProp(0.1, alpha=1.5), "alpha is 1.5, expected 0 <= alpha < 1"),
    "a beta of 1": (lambda: optim.AdamW(0.1, beta2=1.0), "beta2 is 1.0, expected 0 <= beta2 < 1"),
    "a negative decay": (
        lambda: optim.Adam(0.1, weight_decay=-1.0),
        "weight_decay is -1.0, expected 0 <= weight_decay < inf.",
    ),
    "a learning rate of text": (lambda: optim.SGD("0.1"), "lr is '0.1', expected a number above 0"),
    "a schedule that goes down too far": (
        lambda: optim.SGD(0.1).update({"a": np.zeros(3)}, {"a": np.ones(3)}, lr=-0.1),
        "lr is -0.1, expected 0 <= lr < inf",
    ),
    "a schedule that is lost": (
        lambda: optim.SGD(0.1).update({"a": np.zeros(3)}, {"a": np.ones(3)}, lr=np.nan),
        "lr is nan, expected 0 <= lr < inf",
    ),
    "an end that is none": (lambda: optim.Cosine(0.1, 10, final=np.nan), "final is nan, expected 0 <= final < inf."),
    "a list for a gradient": (
        lambda: optim.SGD(0.1).update({"a": np.zeros(3)}, {"a": [1.0] * 3}),
        "the gradient of a is a list, expected a ndarray, as the parameter is.",
    ),
    "an array that may not be changed": (
        lambda: optim.SGD(0.1).update({"a": np.broadcast_to(0.0, 3)}, {"a": np.ones(3)}),
        "a is read-only, expected an array that an update may change in place.",
    ),
    "NumPy's memory for Torch's parameters": (
        lambda: used().update({"weight": torch.zeros(3)}, {"weight": torch.ones(3)}),
        "weight is a Tensor of shape (3,), expected a ndarray of shape (3,), as the optimiser remembers",
    ),
    "a missing gradient": (
        lambda: optim.SGD(0.1).update({"a": np.zeros(3), "b": np.zeros(2)}, {"a": np.ones(3)}),
        "the gradient of b is missing, expected it beside what came: a.",
    ),
    "a gradient too many": (
        lambda: optim.SGD(0.1).update({"a": np.zeros(3)}, {"a": np.ones(3), "b": np.ones(2)}),
        "grads holds b, expected the names of the parameters: a. Is it misspelt?",
    ),
    "a gradient of another shape": (
        lambda: optim.SGD(0.1).update({"a": np.zeros((3, 2))}, {"a": np.ones((2, 3))}),
        "the gradient of a has shape (2, 3), expected (3, 2): the parameter's",
    ),
    "an optimiser of another model": (
        lambda: used().update({"weight": np.zeros(4)}, {"weight": np.ones(4)}),
        "weight is a ndarray of shape (4,), expected a ndarray of shape (3,), as the optimiser remembers. Was",
    ),
    "no gradients": (lambda: optim.global_norm({}), "grads is empty, expected at least one gradient."),
    "a limit of 0": (
        lambda: optim.clip_by_global_norm(infinite(1.0), 0.0),
        "limit is 0.0, expected a number above 0",
    ),
    "a constant rate below 0": (lambda: optim.Constant(-0.1), "lr is -0.1, expected a number above 0"),
    "a cosine of no steps": (lambda: optim.Cosine(0.1, 0), "steps is 0, expected a number above 0"),
    "a decay every 0 steps": (lambda: optim.StepDecay(0.1, 0), "every is 0, expected a number above 0"),
    "a square root of no steps": (lambda: optim.InverseSqrt(0.1, 0), "steps is 0, expected a number above 0."),
    "a warm-up of no steps": (lambda: optim.Warmup(0, optim.Constant(0.1)), "steps is 0, expected a number above 0."),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)


def test_an_update_that_is_refused_changes_nothing():
    ours, params = optim.Adam(), {"a": np.zeros(3), "b": np.zeros(2)}
    with pytest.raises(ValueError, match="the gradient of b is missing"):
        ours.update(params, {"a": np.ones(3)})
    assert ours.steps == 0
    assert not ours.state
    assert not params["a"].any()


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(("value", "norm"), [(np.nan, "nan"), (np.inf, "inf")])
def test_a_norm_that_is_not_finite_is_refused(value, norm, backend):
    grads = on(backend, infinite(value))
    message = f"the gradient's norm is {norm}; the first gradient that is not finite: weight_hh."
    with pytest.raises(optim.Diverged, match=re.escape(message)):
        optim.clip_by_global_norm(grads, 1.0)


@pytest.mark.parametrize("looks", [True, False], ids=["a processor", "as on an accelerator"])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(("dtype", "value"), [("float32", 1e20), ("float32", 3e38), ("float64", 1e200)])
def test_squares_that_overflow_are_clipped(backend, dtype, value, looks, monkeypatch):
    if not looks:
        monkeypatch.setattr(clipping, "on_processor", lambda a: False)
    grads = on(backend, {"a": np.full(3, value, dtype), "b": np.full(1, -value, dtype)})
    norm = optim.clip_by_global_norm(grads, 1.0)
    assert float(norm) == pytest.approx(2 * value, rel=1e-6)
    for name, sign in (("a", 1), ("b", -1)):
        assert str(grads[name].dtype).endswith(dtype)
        np.testing.assert_allclose(numbers(grads[name]), sign * 0.5, rtol=1e-5)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_no_gradient_on_an_accelerator_has_no_norm(backend, monkeypatch):
    monkeypatch.setattr(clipping, "on_processor", lambda a: False)
    grads = on(backend, {"a": np.zeros(3, "float32")})
    assert float(optim.clip_by_global_norm(grads, 1.0)) == 0
    assert not numbers(grads["a"]).any()


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_blocks_of_rows_change_no_bit(name, backend, monkeypatch):
    rng, found = np.random.default_rng(0), []
    start, d = rng.standard_normal((9, 5)), rng.standard_normal((9, 5))
    for block in (ops.BLOCK, 10):
        monkeypatch.setattr(ops, "BLOCK", block)
        optimiser = copy.deepcopy(OPTIMISERS[name][0])
        p = start.copy() if backend == "numpy" else torch.nn.Parameter(torch.tensor(start))
        for _ in range(3):
            optimiser.update({"p": p}, {"p": d if backend == "numpy" else torch.tensor(d)})
        found.append([ops.to_numpy(a) for a in (p, *optimiser.state["p"].values())])
    for whole, parts in zip(*found, strict=True):
        np.testing.assert_array_equal(whole, parts)


def test_torch_counts_an_update():
    p = torch.nn.Parameter(torch.ones(3))
    before = p._version
    optim.Adam().update({"p": p}, {"p": torch.ones(3)})
    assert p._version > before
