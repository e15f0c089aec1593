"""Weights to and from Keras 3 itself, on its torch backend, in float64: outputs to 1e-12, and exact where it can be."""

import re

import numpy as np
import pytest
from wrong_calls import refused

import rnnkit
from rnnkit.layouts import from_keras, to_keras

# Keras 3.15's own variables do not take NumPy 2's copy keyword
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

T, N, I, H = 7, 3, 5, 4
FACES = {
    "RNN": (rnnkit.RNN, {}, "SimpleRNN", {}),
    "RNN, relu": (rnnkit.RNN, {"nonlinearity": "relu"}, "SimpleRNN", {"activation": "relu"}),
    "LSTM": (rnnkit.LSTM, {}, "LSTM", {}),
    "GRU": (rnnkit.GRU, {}, "GRU", {}),
    "GRUResetBefore": (rnnkit.GRUResetBefore, {}, "GRU", {"reset_after": False}),
}
SHAPES = [(1, False, True), (1, True, False), (2, True, True), (3, False, False)]  # layers, bidirectional, bias


@pytest.fixture(scope="module")
def keras(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "torch")
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        import keras
        from keras.src.backend.common import dtypes

        # but for TensorFlow, Keras 3.15 multiplies matrices in float32, whatever its layers' dtype: TensorFlow's entry
        patch.setitem(dtypes.BIT64_TO_BIT32_DTYPE, "float64", "float64")
        before = keras.config.floatx()
        keras.config.set_floatx("float64")
        yield keras
        keras.config.set_floatx(before)


def keras_stack(keras, name, options, sizes, layers, bidirectional, bias):
    """Keras's layers, one on the other, built for input of that many features."""
    I, H = sizes
    stack = []
    for k in range(layers):
        layer = getattr(keras.layers, name)(H, use_bias=bias, return_sequences=True, return_state=True, **options)
        layer = keras.layers.Bidirectional(layer) if bidirectional else layer
        layer.build((None, None, I if k == 0 else H * (1 + bidirectional)))
        stack.append(layer)
    return stack


def keras_outputs(keras, stack, xs, state, directions):
    """h (T, N, D*H) and the last state, (L*D, N, H) each, as rnnkit has them."""
    h, ends = xs.swapaxes(0, 1), []
    for k, layer in enumerate(stack):
        rows = range(k * directions, (k + 1) * directions)
        h, *end = layer(h, initial_state=[keras.ops.convert_to_tensor(s[row]) for row in rows for s in state])
        ends.extend(keras.ops.convert_to_numpy(e) for e in end)
    parts = len(state)  # Keras gives h, c of one direction and then of the other
    return keras.ops.convert_to_numpy(h).swapaxes(0, 1), tuple(np.stack(ends[part::parts]) for part in range(parts))


def assert_same_outputs(keras, layer, stack, seed):
    rng, rows = np.random.default_rng(seed), layer.num_layers * layer.num_directions
    xs, state = rng.standard_normal((T, N, I)), tuple(rng.standard_normal((rows, N, H)) for _ in layer.cell.STATE)
    h, end = keras_outputs(keras, stack, xs, state, layer.num_directions)
    run = layer(xs, state)
    for a, b in zip((run.h, *run.state), (h, *end), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("face", FACES)
def test_keras_computes_the_same_with_our_weights(keras, face, shape):
    ours, options, name, its_options = FACES[face]
    layers, bidirectional, bias = shape
    layer = ours(I, H, num_layers=layers, bidirectional=bidirectional, bias=bias, rng=1, **options)
    stack = keras_stack(keras, name, its_options, (I, H), layers, bidirectional, bias)
    for its, weights in zip(stack, to_keras(layer), strict=True):
        its.set_weights(weights)
    assert_same_outputs(keras, layer, stack, 2)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("face", FACES)
def test_we_compute_the_same_with_keras_weights(keras, face, shape):
    ours, options, name, its_options = FACES[face]
    layers, bidirectional, bias = shape
    shape_options = {"num_layers": layers, "bidirectional": bidirectional, "bias": bias}
    stack, rng = keras_stack(keras, name, its_options, (I, H), layers, bidirectional, bias), np.random.default_rng(3)
    for its in stack:
        its.set_weights([rng.uniform(-(H**-0.5), H**-0.5, a.shape) for a in its.get_weights()])
    arrays = [its.get_weights() for its in stack]
    plain = from_keras(arrays, its_options.get("activation"), its_options.get("reset_after"))
    for layer in (from_keras(stack), plain):
        assert layer.config() == ours(I, H, **shape_options, **options).config()
        assert_same_outputs(keras, layer, stack, 4)
        for weights, came in zip(to_keras(layer), arrays, strict=True):
            for a, b in zip(weights, came, strict=True):
                np.testing.assert_array_equal(a, b)  # Keras's weights come back exactly, whatever the bias


def test_weights_come_back_from_keras():
    gru, lstm = (
        face(I, H, num_layers=2, bidirectional=True, rng=5, dtype="float32") for face in (rnnkit.GRU, rnnkit.LSTM)
    )
    back = from_keras(to_keras(gru))
    for name, a in gru.params.items():
        assert back.params[name].dtype == np.float32
        np.testing.assert_array_equal(back.params[name], a)
    back, xs = from_keras(to_keras(lstm)), np.random.default_rng(6).standard_normal((T, N, I))
    assert not np.array_equal(back.params["bias_ih_l0"], lstm.params["bias_ih_l0"])
    np.testing.assert_allclose(back(xs).h, lstm(xs).h, rtol=0, atol=1e-6)


def test_layers_on_torch_are_converted_too():
    layer = rnnkit.GRU(I, H, rng=1, backend="torch", device="cpu")
    for a, b in zip(to_keras(layer)[0], to_keras(layer.to("numpy"))[0], strict=True):
        assert isinstance(a, np.ndarray)
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda k: k.GRU(H, activation="relu"), "GRU has activation='relu', expected 'tanh': rnnkit has that alone."),
        (
            lambda k: k.LSTM(H, recurrent_activation="hard_sigmoid"),
            "LSTM has recurrent_activation='hard_sigmoid', expected 'sigmoid': rnnkit has that alone.",
        ),
        (lambda k: k.SimpleRNN(H, activation="selu"), "activation is 'selu', expected 'tanh' or 'relu'"),
        (lambda k: k.LSTM(H, go_backwards=True), "LSTM has go_backwards=True, expected False: rnnkit has that alone."),
        (lambda k: k.LSTM(H, dropout=0.5), "LSTM has dropout=0.5, expected 0: rnnkit's layers drop nothing of their"),
        (lambda k: k.Bidirectional(k.GRU(H, recurrent_dropout=0.2)), "GRU has recurrent_dropout=0.2, expected 0"),
        (
            lambda k: k.Bidirectional(k.GRU(H), merge_mode="sum"),
            "merge_mode is 'sum', expected 'concat', which is how rnnkit joins directions",
        ),
        (
            lambda k: k.Bidirectional(k.GRU(H), backward_layer=k.GRU(H, activation="relu", go_backwards=True)),
            "GRU has activation='relu', expected 'tanh': rnnkit has that alone.",
        ),
        (lambda k: k.Dense(H), "a layer is a Dense, expected SimpleRNN, GRU, LSTM or Bidirectional"),
        (lambda k: k.RNN(k.LSTMCell(H)), "a layer is a RNN, expected SimpleRNN, GRU, LSTM or Bidirectional"),
    ],
)
def test_options_that_rnnkit_lacks_are_refused(keras, make, message):
    layer = make(keras.layers)
    layer.build((None, T, I))
    with pytest.raises(ValueError, match=re.escape(message)):
        from_keras([layer])


def test_an_unbuilt_layer_is_refused(keras):
    with pytest.raises(ValueError, match=r"a layer came with 0 arrays, .* Was it built"):
        from_keras([keras.layers.LSTM(H)])


def test_contradicting_arguments_are_refused(keras):
    layer = keras.layers.GRU(H)
    layer.build((None, T, I))
    with pytest.raises(ValueError, match=r"reset_after is False, expected True, the Keras layer's\. Leave it out"):
        from_keras([layer], reset_after=False)


def arrays(gates=4, bias=None, size=I):
    weights = [np.zeros((size, gates * H)), np.zeros((H, gates * H))]
    return weights if bias is None else [*weights, np.zeros(bias)]


CALLS = {
    "one layer without its list": (
        lambda: from_keras(arrays()),
        "layers is a list of ndarray, expected a list with one entry a layer: a Keras layer, or its",
    ),
    "no list": (lambda: from_keras(3), "layers is int, expected a list with one entry a layer"),
    "no layers": (lambda: from_keras([]), "layers is empty, expected a list with one entry a layer"),
    "five arrays": (
        lambda: from_keras([[np.zeros(3)] * 5]),
        "a layer came with 5 arrays, expected 2 (kernel, recurrent kernel) or 3 (and bias), and "
        "twice as many if it is bidirectional",
    ),
    "torch's layout": (
        lambda: from_keras([[a.T for a in arrays()]]),
        "kernel and recurrent kernel have shapes (16, 5) and (16, 4), expected (I, G*H) and (H, G*H), with "
        "G = 1, 3 or 4. Are they transposed, as torch.nn has them?",
    ),
    "two gates": (
        lambda: from_keras([arrays(2)]),
        "kernel and recurrent kernel have shapes (5, 8) and (4, 8), expected (I, G*H) and (H, G*H), with G = 1, 3 or 4",
    ),
    "two cells' kernels": (
        lambda: from_keras([[arrays(3)[0], arrays(4)[1]]]),
        "kernel and recurrent kernel have shapes (5, 12) and (4, 16), expected (I, G*H) and (H, "
        "G*H), with G = 1, 3 or 4",
    ),
    "a bias of another size": (
        lambda: from_keras([arrays(4, 12)]),
        "bias has shape (12,), expected (16,): one for each column of the kernel",
    ),
    "both biases of an LSTM": (lambda: from_keras([arrays(4, (2, 16))]), "bias has shape (2, 16), expected (16,)"),
    "a bias of the other GRU": (
        lambda: from_keras([arrays(3, 12)], reset_after=True),
        "reset_after is True, expected False: the bias has shape (12,).",
    ),
    "another activation": (
        lambda: from_keras([arrays(1)], activation="gelu"),
        "activation is 'gelu', expected 'tanh' or 'relu'",
    ),
    "an LSTM's activation": (
        lambda: from_keras([arrays(4)], activation="relu"),
        "activation is 'relu', expected 'tanh': rnnkit's LSTM and GRU have no other.",
    ),
    "two kinds": (
        lambda: from_keras([arrays(3, (2, 12)), arrays(3, 12, H)]),
        "layers are GRU with reset_after=True, GRU with reset_after=False, expected one kind: a "
        "layer here is a stack of one. Convert them one by one.",
    ),
    "two directions and one": (
        lambda: from_keras([arrays(4) * 2, arrays(4, size=2 * H)]),
        "weight_ih_l1_reverse is missing",
    ),
    "two widths": (
        lambda: from_keras([arrays(4), arrays(4)]),
        "weight_ih_l1 has shape (16, 5), expected (16, 4)",
    ),
    "integers": (lambda: from_keras([[a.astype(int) for a in arrays()]]), "dtype is int64, expected a floating one"),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)
