"""Layers and models as ONNX models, against onnx's reference implementation; and weights out of ONNX models."""

import io

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from onnx.reference.ops.op_rnn import RNN_14
from wrong_calls import refused

import rnnkit
from rnnkit.layouts import from_onnx, from_torch, run_node, to_onnx

T, N, I, H = 7, 3, 5, 4
FACES = {
    "RNN": (rnnkit.RNN, {}),
    "RNN, relu": (rnnkit.RNN, {"nonlinearity": "relu"}),
    "LSTM": (rnnkit.LSTM, {}),
    "PeepholeLSTM": (rnnkit.PeepholeLSTM, {}),
    "GRU": (rnnkit.GRU, {}),
    "GRUResetBefore": (rnnkit.GRUResetBefore, {}),
}
SHAPES = [
    {},
    {"bias": False, "bidirectional": True},
    {"num_layers": 2, "bidirectional": True},
    {"num_layers": 3, "dropout": 0.5},
]


class RNN(RNN_14):
    """onnx's reference implementation, which has tanh alone, with the rectifier as numpy has it."""

    def choose_act(self, name, alpha, beta):
        return (lambda a: np.maximum(a, 0)) if name == "Relu" else super().choose_act(name, alpha, beta)


def evaluated(model, feed):
    return ReferenceEvaluator(model, new_ops=[RNN]).run(None, feed)


def start_of(layer, rng, batch=N):
    rows = layer.num_layers * layer.num_directions
    return tuple(rng.standard_normal((rows, batch, layer.hidden_size)).astype(layer.dtype) for _ in layer.cell.STATE)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("face", FACES)
def test_the_exported_layer_gives_the_same(face, shape):
    layer = FACES[face][0](I, H, rng=1, **shape, **FACES[face][1])
    exported, rng = to_onnx(layer), np.random.default_rng(2)
    for steps, batch in ((T, N), (2, 6)):  # neither is frozen
        xs, state = rng.standard_normal((steps, batch, I)), start_of(layer, rng, batch)
        names = [f"{name}_0" for name in layer.cell.STATE]
        run = layer(xs, state)
        h, *end = evaluated(exported, {"xs": xs} | dict(zip(names, state, strict=True)))
        for a, b in zip((h, *end), (run.h, *run.state), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("face", FACES)
def test_weights_come_back_exactly(face, shape):
    layer = FACES[face][0](I, H, rng=1, dtype="float32", **shape, **FACES[face][1])
    back = from_onnx(onnx.load_from_string(to_onnx(layer).SerializeToString()))
    assert back.config() == layer.config() | {"dropout": 0.0}
    assert list(back.params) == list(layer.params)
    for name, a in layer.params.items():
        assert back.params[name].dtype == a.dtype
        np.testing.assert_array_equal(back.params[name], a)


def test_torchs_layers_are_exported_too():
    layer = rnnkit.GRU(I, H, rng=1, backend="torch", device="cpu")
    assert to_onnx(layer) == to_onnx(layer.to("numpy"))


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_language_model(backend):
    model = rnnkit.Sequential(
        rnnkit.Embedding(9, I, rng=0),
        rnnkit.Dropout(0.5),
        rnnkit.LSTM(I, H, num_layers=2, rng=1),
        rnnkit.GRU(H, 6, rng=2),
        rnnkit.Linear(6, 9, rng=3),
    ).to(backend, device="cpu")
    exported, rng = to_onnx(model), np.random.default_rng(4)
    assert [value.name for value in exported.graph.input] == ["xs", "2.h_0", "2.c_0", "3.h_0"]
    assert [value.name for value in exported.graph.output] == ["h", "2.h_n", "2.c_n", "3.h_n"]
    xs, states = rng.integers(9, size=(T, N)), [start_of(model.layers[k], rng) for k in (2, 3)]
    run = model.to("numpy")(xs, ((), (), *states, ()))
    feed = dict(zip(["2.h_0", "2.c_0", "3.h_0"], [*states[0], *states[1]], strict=True))
    h, *end = evaluated(exported, {"xs": xs} | feed)
    for a, b in zip((h, *end), (run.h, *run.state[2], *run.state[3]), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


def test_a_classifier_of_whole_sequences():
    model = rnnkit.Sequential(rnnkit.GRU(I, H, rng=1), rnnkit.Last(), rnnkit.Linear(H, 6, bias=False, rng=2))
    exported, rng = to_onnx(model), np.random.default_rng(3)
    shape = exported.graph.output[0].type.tensor_type.shape.dim
    assert [dim.dim_param or dim.dim_value for dim in shape] == ["N", 6]
    xs = rng.standard_normal((T, N, I))
    h, _ = evaluated(exported, {"xs": xs, "0.h_0": np.zeros((1, N, H))})
    np.testing.assert_allclose(h, model(xs).h, rtol=0, atol=1e-13)


@pytest.mark.parametrize("pool", [lambda: rnnkit.Final(bidirectional=True), rnnkit.MeanPool, rnnkit.MaxPool])
def test_pooling_is_exported(pool):
    model = rnnkit.Sequential(rnnkit.GRU(I, H, bidirectional=True, rng=1), pool(), rnnkit.Linear(2 * H, 6, rng=2))
    xs = np.random.default_rng(3).standard_normal((T, N, I))
    h, _ = evaluated(to_onnx(model), {"xs": xs, "0.h_0": np.zeros((2, N, H))})
    np.testing.assert_allclose(h, model(xs).h, rtol=0, atol=1e-13)


def by_lengths(kind):
    """A node with its sequence_lens, which onnx leaves out: run_node is held against torch's packed sequences."""

    def _run(self, *inputs, **_):
        return run_node(self.onnx_node, [a for a in inputs if a is not None])

    return type(kind, (OpRun,), {"op_domain": "", "_run": _run})


POOLS = [None, rnnkit.Last, rnnkit.MeanPool, rnnkit.MaxPool, rnnkit.Final]


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lengths_and_starts_from_zeros(pool, dtype):
    both, lengths, rng = pool is rnnkit.Final, np.array([7, 1, 4], np.int32), np.random.default_rng(3)
    model = rnnkit.Sequential(
        rnnkit.LSTM(I, H, num_layers=2, bidirectional=both, rng=1, dtype=dtype),
        *([pool(both, dtype=dtype)] if both else [pool(dtype=dtype)] if pool else []),
        rnnkit.Linear(H * (1 + both), 6, rng=2, dtype=dtype),
    )
    exported = to_onnx(model, states=False, lengths=True)
    assert [value.name for value in exported.graph.input] == ["xs", "lengths"]
    xs, mask = rng.standard_normal((T, N, I)).astype(dtype), np.arange(T)[:, None] < lengths
    found = ReferenceEvaluator(exported, new_ops=[by_lengths("LSTM")]).run(None, {"xs": xs, "lengths": lengths})
    run = model(xs, mask=mask)
    for a, b in zip(found, (run.h, *run.state[0]), strict=True):
        assert a.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6 if dtype == "float32" else 1e-13)


def test_a_peephole_node_starts_from_zeros():
    layer, xs = rnnkit.PeepholeLSTM(I, H, rng=1), np.random.default_rng(2).standard_normal((T, N, I))
    np.testing.assert_allclose(evaluated(to_onnx(layer, states=False), {"xs": xs})[0], layer(xs).h, rtol=0, atol=1e-13)


class Tagger(torch.nn.Module):
    def __init__(self, rnn, width):
        super().__init__()
        self.embedding, self.rnn, self.head = torch.nn.Embedding(9, I), rnn, torch.nn.Linear(width, 9)

    def forward(self, xs):
        return self.head(self.rnn(self.embedding(xs))[0])


@pytest.mark.filterwarnings("ignore")  # the exporter that leaves recurrent layers whole is the one that torch gives up
@pytest.mark.parametrize("options", [{}, {"bias": False}, {"num_layers": 2, "bidirectional": True}], ids=str)
@pytest.mark.parametrize("kind", [torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU])
def test_weights_come_out_of_torchs_exports(kind, options):
    rnn, file = kind(I, H, **options), io.BytesIO()
    tagger = Tagger(rnn, H * (1 + options.get("bidirectional", False))).eval()
    torch.onnx.export(tagger, (torch.zeros(T, N, dtype=torch.int64),), file, dynamo=False, opset_version=17)
    layer, wanted = from_onnx(onnx.load_from_string(file.getvalue())), from_torch(rnn)
    assert layer.config() == wanted.config()
    for name, a in wanted.params.items():
        np.testing.assert_array_equal(layer.params[name], a)


def test_known_sizes_are_declared():
    def sizes(model):
        values = [*model.graph.input, *model.graph.output]
        return [[d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim] for value in values]

    assert sizes(to_onnx(rnnkit.Sequential(rnnkit.Linear(I, H), rnnkit.Last()))) == [["T", "N", I], ["N", H]]
    assert sizes(to_onnx(rnnkit.Embedding(9, I))) == [["T", "N"], ["T", "N", I]]
    assert sizes(to_onnx(rnnkit.Last())) == [["T", "N", "I"], ["N", "K"]]
    lstm = to_onnx(rnnkit.LSTM(I, H, num_layers=2, bidirectional=True))
    assert sizes(lstm) == [["T", "N", I], *[[4, "N", H]] * 2, ["T", "N", 2 * H], *[[4, "N", H]] * 2]


def model_of(*layers):
    return to_onnx(rnnkit.Sequential(*layers))


def changed(change, layer=None):
    """A right model, and one change of it."""
    model = to_onnx(layer or rnnkit.LSTM(I, H, num_layers=2, rng=0))
    change(model, [node for node in model.graph.node if node.op_type in ("LSTM", "GRU", "RNN")])
    return model


def with_attribute(name, value):
    def change(model, nodes):
        kept = [attribute for attribute in nodes[0].attribute if attribute.name != name]
        del nodes[0].attribute[:]
        nodes[0].attribute.extend([*kept, onnx.helper.make_attribute(name, value)])

    return change


def rectified_between(model, nodes):
    model.graph.node.append(onnx.helper.make_node("Relu", [nodes[1].input[0]], ["rectified"]))
    nodes[1].input[0] = "rectified"


def from_the_last_state(model, nodes):
    model.graph.node.append(onnx.helper.make_node("Identity", [nodes[0].output[1]], ["last"]))
    nodes[1].input[0] = "last"


def constant_start(value):
    def change(model, nodes):
        start = onnx.numpy_helper.from_array(np.full((1, N, H), value), "start")
        model.graph.node.append(onnx.helper.make_node("Constant", [], ["start"], value=start))
        nodes[0].input[5] = "start"

    return change


def weights_from_outside(model, nodes):
    nodes[0].input[1] = "given"


def without_recurrent_weights(model, nodes):
    nodes[0].input[2] = ""


CALLS = {
    "a model without a recurrent node": (
        lambda: from_onnx(model_of(rnnkit.Embedding(9, I), rnnkit.Linear(I, H))),
        "model holds Gather, MatMul, Add, Identity, expected an RNN, LSTM or GRU node",
    ),
    "two kinds": (
        lambda: from_onnx(model_of(rnnkit.GRU(I, H), rnnkit.LSTM(H, H))),
        "the nodes are of several kinds, expected one kind",
    ),
    "a head between": (
        lambda: from_onnx(model_of(rnnkit.GRU(I, H), rnnkit.Linear(H, H), rnnkit.GRU(H, H))),
        "between recurrent nodes 1 and 2 stands Add, expected that node 2 reads node 1's output at every step",
    ),
    "a rectifier between": (
        lambda: from_onnx(changed(rectified_between)),
        "between recurrent nodes 1 and 2 stands Relu",
    ),
    "the last state between": (
        lambda: from_onnx(changed(from_the_last_state)),
        "between recurrent nodes 1 and 2 stands LSTM",
    ),
    "two sizes": (
        lambda: from_onnx(model_of(rnnkit.GRU(I, H), rnnkit.GRU(H, 6))),
        "weight_ih_l1 has shape (18, 4), expected (12, 4)",
    ),
    "a clipped cell": (
        lambda: from_onnx(changed(with_attribute("clip", 1.0))),
        "LSTM has clip=1.0, expected None: rnnkit's",
    ),
    "a backward layer": (
        lambda: from_onnx(changed(with_attribute("direction", "reverse"))),
        "a node has direction='reverse', expected forwards or both ways, as a layer here reads",
    ),
    "a start that is not 0": (
        lambda: from_onnx(changed(constant_start(0.5))),
        "a node's initial_h is a constant other than 0",
    ),
    "weights that are an input": (
        lambda: from_onnx(changed(weights_from_outside)),
        "W is 'given', which the model computes or takes, expected a weight",
    ),
    "no recurrent weights": (
        lambda: from_onnx(changed(without_recurrent_weights)),
        "R is missing, expected X, W and R for LSTM",
    ),
    "attention": (
        lambda: rnnkit.layouts.to_onnx(rnnkit.Attention(I, H, 3)),
        "layer is Attention, expected a recurrent layer",
    ),
    "a module": (lambda: to_onnx(torch.nn.GRU(I, H)), "model is of class GRU, expected a layer or a Sequential"),
    "a minGRU": (lambda: model_of(rnnkit.MinGRU(I, H)), "layer is MinGRU, expected what ONNX has: RNN, LSTM, GRU."),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)


def test_a_constant_start_of_zeros_is_accepted():
    layer = rnnkit.LSTM(I, H, num_layers=2, rng=0)
    back = from_onnx(changed(constant_start(0.0), layer))
    np.testing.assert_array_equal(back.params["weight_hh_l1"], layer.params["weight_hh_l1"])
