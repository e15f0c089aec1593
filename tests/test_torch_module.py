"""A layer on Torch is a torch.nn.Module: whatever Torch does to modules reaches the numbers that it computes with."""

import copy
import io

import numpy as np
import pytest
import torch
from torch.nn.utils import parametrizations, prune
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import rnnkit
from rnnkit.layers import GRU, LSTM, RNN, PeepholeLSTM

T, N, I, H = 6, 2, 3, 4
FACES = [RNN, LSTM, GRU, PeepholeLSTM]
XS = torch.randn(T, N, I, generator=torch.Generator().manual_seed(0))


def on_torch(face=GRU, **options):
    return face(I, H, backend="torch", device="cpu", **{"rng": 0} | options)


class Net(torch.nn.Module):
    """A layer of rnnkit's beside one of Torch's."""

    def __init__(self, face=GRU, rng=0):
        super().__init__()
        self.rnn = on_torch(face, rng=rng)
        self.out = torch.nn.Linear(H, 1)

    def forward(self, xs):
        return self.out(self.rnn(xs).h)


class Theirs(Net):
    """The same with torch.nn's own layer."""

    def __init__(self, face=GRU):
        super().__init__(face)
        self.rnn = getattr(torch.nn, face.__name__)(I, H)

    def forward(self, xs):
        return self.out(self.rnn(xs)[0])


def twins(face=GRU):
    ours, theirs = Net(face), Theirs(face)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def saved_and_loaded(net):
    file = io.BytesIO()
    torch.save(net, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


def test_names_are_torchs():
    ours, theirs = twins(LSTM)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    assert ours.rnn.weight_hh_l0 is ours.rnn.params["weight_hh_l0"]
    torch.testing.assert_close(ours(XS), theirs(XS))


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("copied", [copy.deepcopy, saved_and_loaded])
def test_a_copy_trains_what_it_computes_with(face, copied):
    net = Net(face)
    before = net(XS).detach()
    other = copied(net)
    torch.testing.assert_close(other(XS), before)
    other(XS).sum().backward()
    torch.optim.SGD(other.parameters(), 1.0).step()
    assert other.rnn.weight_hh_l0.grad is not None
    assert not torch.equal(other(XS), before)
    assert torch.equal(net(XS), before)


def test_a_parameter_dict_of_the_same_parameters_stays_tied():
    net = Net()
    net.weights = torch.nn.ParameterDict(net.rnn.params)
    for other in (copy.deepcopy(net), saved_and_loaded(net)):
        assert all(other.weights[name] is p for name, p in other.rnn.params.items())


@pytest.mark.parametrize("face", FACES)
def test_assigned_weights_compute(face):
    net, other = Net(face), Net(face, rng=1)
    other.load_state_dict(net.state_dict(), assign=True)
    torch.testing.assert_close(other(XS), net(XS))
    zeros = {name: torch.zeros_like(a) for name, a in net.state_dict().items()}
    other.load_state_dict(zeros, assign=True)
    assert not other.rnn(XS).h.any()


def test_assigned_weights_bring_their_precision():
    net = Net()
    net.load_state_dict({name: a.double() for name, a in net.state_dict().items()}, assign=True)
    assert (net.rnn.dtype, net.rnn(XS).h.dtype) == (np.float64, torch.float64)
    with pytest.raises(ValueError, match=r"would have torch\.bfloat16, expected float32 or float64"):
        net.load_state_dict({name: a.bfloat16() for name, a in net.state_dict().items()}, assign=True)


def test_a_run_keeps_the_weights_it_used():
    layer, wanted = on_torch(), on_torch()
    run, d_h = layer(XS), np.ones((T, N, H))
    layer.load_state_dict(on_torch(rng=1).state_dict(), assign=True)
    found = layer.backward(run, d_h, window=2).params
    for name, d in wanted.backward(wanted(XS), d_h, window=2).params.items():
        torch.testing.assert_close(found[name], d)


@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_an_average_is_the_average(decay):
    ours, theirs = twins()
    averages = [AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(decay)) for net in (ours, theirs)]
    for _ in range(2):
        for net, average in zip((ours, theirs), averages, strict=True):
            with torch.no_grad():
                for p in net.parameters():
                    p.add_(0.1)
            average.update_parameters(net)
    torch.testing.assert_close(averages[0](XS), averages[1](XS))


def test_a_module_moves_its_layer():
    ours, theirs = twins(LSTM)
    ours.double()
    assert (ours.rnn.dtype, ours.rnn.params["weight_hh_l0"].dtype) == (np.float64, torch.float64)
    torch.testing.assert_close(ours(XS.double()), theirs.double()(XS.double()))
    assert ours.to(torch.float32)(XS).dtype == torch.float32
    assert ours.share_memory()(XS).shape == (T, N, 1)
    with pytest.raises(ValueError, match=r"would have torch\.float16, expected float32 or float64"):
        ours.half()
    torch.testing.assert_close(ours.rnn(XS).h, theirs.rnn(XS.double())[0].float())
    with pytest.raises(ValueError, match="device is 'meta', expected one that this machine has"):
        ours.to("meta")


def test_to_copies_only_for_a_backend():
    layer = on_torch()
    assert layer.to(dtype="float64") is layer
    assert layer.to(torch.device("cpu"), torch.float32) is layer
    assert (layer.dtype, layer.params["bias_ih_l0"].dtype) == (np.float32, torch.float32)
    assert layer.to("torch") is not layer
    assert layer.to(backend="numpy", dtype="float64").dtype == np.float64


def test_a_layer_without_parameters_moves_too():
    model = rnnkit.Sequential(*(f(backend="torch", device="cpu") for f in (rnnkit.Last,))).double()
    assert model(XS).h.dtype == torch.float64


def test_dropout_follows_train_and_eval():
    net = torch.nn.Sequential(on_torch(GRU, num_layers=2, dropout=0.5))
    layer = net[0]
    plain = layer(XS).h
    assert torch.equal(layer(XS).h, plain)  # a new layer is in eval mode
    net.train()
    torch.manual_seed(3)
    one, other = layer(XS).h, layer(XS).h
    assert not torch.equal(one, other)
    torch.manual_seed(3)
    assert torch.equal(layer(XS).h, one)
    assert torch.equal(layer(XS, rng=5).h, layer(XS, rng=5).h)
    net.eval()
    assert torch.equal(layer(XS).h, plain)


def test_a_dropout_layer_follows_train_and_eval():
    layer = rnnkit.Dropout(0.5, backend="torch", device="cpu")
    assert torch.equal(layer(XS).h, XS)
    assert (layer.train()(XS).h == 0).any()
    assert torch.equal(layer.eval()(XS).h, XS)


def test_validation_has_no_dropout():
    model = rnnkit.Sequential(
        on_torch(GRU, num_layers=2, dropout=0.5), rnnkit.Linear(H, 1, rng=0, backend="torch", device="cpu")
    ).train()
    batch = rnnkit.data.Batch(XS.numpy(), np.zeros((T, N, 1), np.float32))
    history = rnnkit.fit(
        model, lambda r: [batch], "squared_error", rnnkit.SGD(1e-9), 2, validation=lambda r: [batch], progress=False
    )
    wanted = model.eval()(XS).h.square().mean().item()
    np.testing.assert_allclose(history.validation_loss, [wanted] * 2, rtol=1e-5)


@pytest.mark.parametrize("face", [*FACES, rnnkit.MinGRU])
def test_autocast_is_near_full_precision(face):
    layer, d_h = on_torch(face), torch.ones(T, N, H)
    with torch.autocast("cpu", torch.bfloat16):
        run = layer(XS)
        found = layer.backward(run, d_h).params
    full = layer(XS)
    assert not torch.equal(run.h.float(), full.h)
    torch.testing.assert_close(run.h.float(), full.h, rtol=0, atol=0.02)
    for name, d in layer.backward(full, d_h).params.items():
        torch.testing.assert_close(found[name].float(), d, rtol=0.05, atol=0.05 * d.abs().max().item())


def test_hooks_are_called():
    layer, seen = on_torch(), []
    layer.register_forward_hook(lambda module, given, run: seen.append(run.h.shape))
    layer(XS)
    assert seen == [(T, N, H)]


def test_a_pruned_weight_computes_and_cannot_be_assigned():
    ours, theirs = twins()
    for net in (ours, theirs):
        prune.l1_unstructured(net.rnn, "weight_hh_l0", amount=0.5)
    torch.testing.assert_close(ours(XS), theirs(XS))
    ours(XS).sum().backward()
    assert ours.rnn.weight_hh_l0_orig.grad is not None
    with pytest.raises(ValueError, match="weight_hh_l0 is computed from other parameters"):
        ours.rnn.params["weight_hh_l0"] = np.zeros((3 * H, H))


def test_a_parametrization_computes():
    ours, theirs = twins()
    for net in (ours, theirs):
        torch.manual_seed(0)
        parametrizations.spectral_norm(net.rnn, "weight_hh_l0")
        net.eval()
    torch.testing.assert_close(ours(XS), theirs(XS))
    torch.testing.assert_close(copy.deepcopy(ours)(XS), theirs(XS))
    run = ours.rnn(XS)
    assert run.trace["z_l0"].shape == (T, N, H)
    with pytest.raises(RuntimeError, match="only supported through state_dict"):
        saved_and_loaded(ours)


def test_functional_calls_take_other_weights():
    ours, theirs = twins()
    other = {name: torch.zeros_like(a) for name, a in ours.state_dict().items()} | {"out.bias": torch.ones(1)}
    assert (torch.func.functional_call(ours, other, (XS,)) == 1).all()
    torch.testing.assert_close(ours(XS), theirs(XS))


@pytest.mark.parametrize("face", FACES)
def test_functional_gradients_are_autograds(face):
    layer = on_torch(face)
    xs = XS.clone().requires_grad_()
    (wanted,) = torch.autograd.grad(layer(xs).h.square().sum(), xs)
    torch.testing.assert_close(torch.func.grad(lambda a: layer(a).h.square().sum())(XS), wanted)
    _, pull = torch.func.vjp(lambda a: layer(a).h, XS)
    torch.testing.assert_close(pull(2 * layer(XS).h.detach())[0], wanted)


def test_functional_gradients_reach_the_parameters():
    ours, theirs = twins()

    def loss_of(net):
        return lambda params: torch.func.functional_call(net, params, (XS,)).square().sum()

    found, wanted = (torch.func.grad(loss_of(net))(dict(net.named_parameters())) for net in (ours, theirs))
    for name, d in wanted.items():
        torch.testing.assert_close(found[name], d)


@pytest.mark.parametrize("face", [RNN, GRU])
def test_a_jacobian_is_torchs(face):
    ours, theirs = twins(face)
    torch.testing.assert_close(torch.func.jacrev(ours)(XS), torch.func.jacrev(theirs)(XS))


def test_a_sequential_is_a_module_named_as_torchs():
    layers = [
        rnnkit.Embedding(5, I, rng=0, backend="torch", device="cpu"),
        on_torch(),
        rnnkit.Last(backend="torch", device="cpu"),
        rnnkit.Linear(H, 2, rng=0, backend="torch", device="cpu"),
    ]
    model = rnnkit.Sequential(*layers)
    assert list(model.state_dict()) == list(model.params)
    assert model.layers[3].bias is model.params["3.bias"]
    ids = np.arange(6).reshape(3, 2) % 5
    for other in (copy.deepcopy(model), saved_and_loaded(model)):
        torch.testing.assert_close(other(ids).h, model(ids).h)
        other(ids).h.sum().backward()
        assert other.layers[1].weight_hh_l0.grad is not None
        assert other.layers[1].weight_hh_l0 is not model.layers[1].weight_hh_l0
    zeros = {name: torch.zeros_like(a) for name, a in model.state_dict().items()}
    model.load_state_dict(zeros, assign=True)
    assert not model(ids).h.any()
    grad = torch.func.grad(lambda p: torch.func.functional_call(model, p, (ids,)).h.sum())(zeros)
    assert grad["3.bias"].tolist() == [2, 2]


def test_attention_is_a_module():
    layer = rnnkit.Attention(3, 3, 4, rng=0, backend="torch", device="cpu")
    other = copy.deepcopy(layer)
    other.load_state_dict({name: torch.zeros_like(a) for name, a in layer.state_dict().items()}, assign=True)
    torch.testing.assert_close(other(XS, XS).weights, torch.full((T, T, N), 1 / T))


def test_a_class_of_ones_own_is_a_module():
    class Doubled(LSTM):
        def __init__(self):
            super().__init__(I, H, backend="torch", device="cpu", rng=0)

        def __call__(self, xs, *rest):
            return super().__call__(2 * xs, *rest)

    layer = Doubled()
    assert isinstance(layer, torch.nn.Module)
    assert isinstance(layer, Doubled)
    torch.testing.assert_close(copy.deepcopy(layer)(XS).h, on_torch(LSTM)(2 * XS).h)


def test_data_parallel_in_one_process(tmp_path):
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        ours, theirs = twins(LSTM)
        wrapped = torch.nn.parallel.DistributedDataParallel(ours)
        wrapped(XS).square().sum().backward()
        theirs(XS).square().sum().backward()
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(p.grad, q.grad)
    finally:
        torch.distributed.destroy_process_group()
