"""ONNX's own node tests for RNN, GRU and LSTM, through rnnkit's layers; and what they leave out."""

import warnings

import numpy as np
import onnx
import pytest
import torch
from onnx.backend.test.case.node import collect_testcases
from onnx.reference import ReferenceEvaluator
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from wrong_calls import refused

import rnnkit
from rnnkit.layouts import run_node, to_onnx, to_torch

NAMES = [
    "test_gru_batchwise",
    "test_gru_bidirectional",
    "test_gru_defaults",
    "test_gru_reverse",
    "test_gru_seq_length",
    "test_gru_with_initial_bias",
    "test_lstm_batchwise",
    "test_lstm_bidirectional",
    "test_lstm_defaults",
    "test_lstm_reverse",
    "test_lstm_with_initial_bias",
    "test_lstm_with_peepholes",
    "test_rnn_seq_length",
    "test_simple_rnn_batchwise",
    "test_simple_rnn_bidirectional",
    "test_simple_rnn_defaults",
    "test_simple_rnn_reverse",
    "test_simple_rnn_with_initial_bias",
]


@pytest.fixture(scope="module")
def suite():
    """onnx makes all of its cases anew, those of other operators too, whose casts overflow on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = collect_testcases()
    recurrent = {"RNN", "GRU", "LSTM"}
    return {case.name: case for case in cases if {node.op_type for node in case.model.graph.node} <= recurrent}


def test_onnx_has_18_cases(suite):
    assert sorted(suite) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_onnxs_own_case(suite, name):
    case = suite[name]
    (node,) = case.model.graph.node
    for inputs, outputs in case.data_sets:
        results = run_node(node, inputs)
        assert len(results) == len(outputs)
        for a, b in zip(results, outputs, strict=True):
            assert a.dtype == b.dtype
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=case.rtol, atol=case.atol)


GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
T, N, I, H = 7, 3, 5, 4


def drawn(kind, seed, D=1, peepholes=False):
    """Random inputs of a node, all of them, by slot."""
    rng, G = np.random.default_rng(seed), GATES[kind]

    def uniform(*shape):
        return rng.uniform(-(H**-0.5), H**-0.5, shape)

    given = {"X": rng.standard_normal((T, N, I)), "W": uniform(D, G * H, I), "R": uniform(D, G * H, H)}
    given |= {"B": uniform(D, 2 * G * H), "initial_h": rng.standard_normal((D, N, H))}
    if kind == "LSTM":
        given["initial_c"] = rng.standard_normal((D, N, H))
        if peepholes:
            given["P"] = uniform(D, 3 * H)
    return given


def node_for(kind, given, **attributes):
    slots = ["X", "W", "R", "B", "sequence_lens", "initial_h", *(["initial_c", "P"] if kind == "LSTM" else [])]
    outputs = ["Y", "Y_h", *(["Y_c"] if kind == "LSTM" else [])]
    names = [slot if slot in given else "" for slot in slots]
    return onnx.helper.make_node(kind, names, outputs, hidden_size=H, **attributes), [given[n] for n in names if n]


def reference(node, given):
    """The node, run by onnx's own reference implementation, in float64."""
    kind = onnx.TensorProto.DOUBLE
    inputs = [onnx.helper.make_tensor_value_info(name, kind, a.shape) for name, a in given.items()]
    outputs = [onnx.helper.make_tensor_value_info(name, kind, None) for name in node.output]
    graph = onnx.helper.make_graph([node], "one", inputs, outputs)
    return ReferenceEvaluator(onnx.helper.make_model(graph)).run(None, given)


CASES = {
    "RNN": ("RNN", {}, False),
    "GRU": ("GRU", {"linear_before_reset": 0}, False),
    "GRU, linear before reset": ("GRU", {"linear_before_reset": 1}, False),
    "LSTM": ("LSTM", {"activations": ["Sigmoid", "Tanh", "Tanh"]}, False),
    "LSTM with peepholes": ("LSTM", {}, True),
}


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("case", CASES)
def test_random_weights_as_onnx_computes_them(case, direction):
    """The suite's weights are constant, so that two exchanged gates change nothing in it. These are not."""
    kind, attributes, peepholes = CASES[case]
    if direction == "bidirectional" and "activations" in attributes:
        attributes = {"activations": attributes["activations"] * 2}
    given = drawn(kind, 1, 2 if direction == "bidirectional" else 1, peepholes)
    node, inputs = node_for(kind, given, direction=direction, **attributes)
    for a, b in zip(run_node(node, inputs), reference(node, given), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)


@pytest.mark.parametrize("kind", GATES)
def test_batchwise_is_the_same_with_axes_exchanged(kind):
    given = drawn(kind, 2, D=2)
    node, inputs = node_for(kind, given, direction="bidirectional")
    by_batch = given | {slot: a.swapaxes(0, 1) for slot, a in given.items() if slot in ("X", "initial_h", "initial_c")}
    batchwise, its_inputs = node_for(kind, by_batch, direction="bidirectional", layout=1)
    (Y, *ends), (Y_by_batch, *ends_by_batch) = run_node(node, inputs), run_node(batchwise, its_inputs)
    np.testing.assert_array_equal(Y_by_batch, Y.transpose(2, 0, 1, 3))
    for a, b in zip(ends_by_batch, ends, strict=True):
        np.testing.assert_array_equal(a, b.swapaxes(0, 1))


@pytest.mark.parametrize(
    ("face", "module", "options"),
    [
        (rnnkit.RNN, torch.nn.RNN, {"nonlinearity": "tanh"}),
        (rnnkit.RNN, torch.nn.RNN, {"nonlinearity": "relu"}),
        (rnnkit.LSTM, torch.nn.LSTM, {}),
        (rnnkit.GRU, torch.nn.GRU, {}),
    ],
)
def test_lengths_as_torch_packs_them(face, module, options):
    """onnx's reference implementation does not look at sequence_lens; torch's packed sequences are the same idea."""
    layer, lengths = face(I, H, bidirectional=True, rng=3, **options), np.array([4, 7, 1])
    theirs = module(I, H, bidirectional=True, dtype=torch.float64, **options)
    theirs.load_state_dict(to_torch(layer))
    model = to_onnx(layer)
    (node,) = (node for node in model.graph.node if node.op_type in GATES)
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    rng = np.random.default_rng(3)
    xs, state = rng.standard_normal((T, N, I)), tuple(rng.standard_normal((2, N, H)) for _ in layer.cell.STATE)
    node.input[4] = "sequence_lens"
    Y, *ends = run_node(node, [xs, *(weights[name] for name in node.input[1:4]), lengths, *state])
    start = tuple(map(torch.from_numpy, state))
    packed = pack_padded_sequence(torch.from_numpy(xs), lengths, enforce_sorted=False)
    h, end = theirs(packed, start if len(start) == 2 else start[0])
    h = pad_packed_sequence(h)[0].detach().numpy()
    np.testing.assert_allclose(Y.swapaxes(1, 2).reshape(T, N, 2 * H), h, rtol=0, atol=1e-13)
    for a, b in zip(ends, end if isinstance(end, tuple) else (end,), strict=True):
        np.testing.assert_allclose(a, b.detach().numpy(), rtol=0, atol=1e-13)


@pytest.mark.parametrize("kind", GATES)
def test_a_reverse_node_equals_half_a_bidirectional_one(kind):
    given = drawn(kind, 5, D=2) | {"sequence_lens": np.array([4, 7, 1])}
    node, inputs = node_for(kind, given, direction="bidirectional")
    second = {slot: a if slot in ("X", "sequence_lens") else a[1:] for slot, a in given.items()}
    backwards, its_inputs = node_for(kind, second, direction="reverse")
    (Y, *ends), (Y_back, *ends_back) = run_node(node, inputs), run_node(backwards, its_inputs)
    np.testing.assert_allclose(Y_back, Y[:, 1:], rtol=0, atol=1e-14)
    for a, b in zip(ends_back, ends, strict=True):
        np.testing.assert_allclose(a, b[1:], rtol=0, atol=1e-14)


def node_and(change, kind="LSTM", D=1, **attributes):
    """A call of run_node that is right but for ``change`` of its inputs, and these attributes."""
    node, inputs = node_for(kind, drawn(kind, 4, D) | change, **attributes)
    return lambda: run_node(node, inputs)


CALLS = {
    "another node": (
        lambda: run_node(onnx.helper.make_node("MatMul", ["a", "b"], ["c"]), [np.eye(2), np.eye(2)]),
        "node is a MatMul, expected RNN, LSTM or GRU",
    ),
    "clipped cells": (node_and({}, clip=3.0), "LSTM has clip=3.0, expected None: rnnkit's cells do not have it"),
    "coupled gates": (node_and({}, input_forget=1), "LSTM has input_forget=1, expected 0: rnnkit's"),
    "a slope of an activation": (
        node_and({}, activation_alpha=[0.5]),
        "LSTM has activation_alpha=[0.5], expected []: rnnkit's",
    ),
    "other activations": (
        node_and({}, "GRU", activations=["HardSigmoid", "Tanh"]),
        "GRU has activations=['HardSigmoid', 'Tanh'], expected ['Sigmoid', 'Tanh'], as rnnkit's cell has.",
    ),
    "two activations for two directions": (
        node_and({}, "RNN", 2, direction="bidirectional", activations=["Tanh", "Relu"]),
        "RNN has activations=['Tanh', 'Relu'], expected ['Tanh', 'Tanh'] or ['Relu', 'Relu'], as rnnkit's cell has.",
    ),
    "an attribute of old": (
        node_and({}, output_sequence=1),
        "LSTM has output_sequence, expected attributes of a LSTM of opset 7",
    ),
    "a direction that is none": (
        node_and({}, direction="up"),
        "direction is 'up', expected 'forward', 'reverse' or 'bidirectional'.",
    ),
    "one direction's weights for two": (
        node_and({}, direction="bidirectional"),
        "W has shape (1, 16, 5), expected (2, 16, 5): 2 directions, hidden_size 4",
    ),
    "a GRU's weights": (
        node_and({"W": np.zeros((1, 12, I))}),
        "W has shape (1, 12, 5), expected (1, 16, 5): 1 direction, hidden_size 4",
    ),
    "one bias": (node_and({"B": np.zeros((1, 16))}), "B has shape (1, 16), expected (1, 32)"),
    "an input too few": (
        lambda: run_node(onnx.helper.make_node("RNN", ["X", "W", "R"], ["Y"]), [np.zeros((T, N, I))]),
        "inputs holds 1 arrays, expected 3, as the node has: X, W, R.",
    ),
    "no recurrent weights": (
        lambda: run_node(onnx.helper.make_node("RNN", ["X", "W"], ["Y"]), [np.zeros((T, N, I)), np.zeros((1, H, I))]),
        "R is missing, expected X, W and R for RNN.",
    ),
    "a sequence without batch": (
        node_and({"X": np.zeros((T, I))}),
        "X has shape (7, 5), expected three axes: time, batch, features",
    ),
    "a length beyond the end": (
        node_and({"sequence_lens": np.array([8, 1, 2])}),
        "sequence_lens is [8 1 2], expected 3 lengths from 0 to 7",
    ),
    "lengths of another batch": (
        node_and({"sequence_lens": np.array([7, 1])}),
        "sequence_lens is [7 1], expected 3 lengths from 0 to 7",
    ),
    "other features": (node_and({"X": np.zeros((T, N, 6))}), "xs has 6 features in its last axis"),
    "a state of another batch": (
        node_and({"initial_c": np.zeros((1, 2, H))}),
        "c in state has shape (1, 2, 4), expected (1, 3, 4)",
    ),
    "half precision": (
        node_and({slot: a.astype(np.float16) for slot, a in drawn("LSTM", 4).items() if slot in ("W", "R", "B")}),
        "dtype is float16",
    ),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)
