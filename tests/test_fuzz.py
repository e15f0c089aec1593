"""The public API under drawn calls. Each is right at first, and compared with torch; then exactly one thing is broken.

So at least half of all calls are valid, and the one broken thing alone makes the error, which has to name it, what came
and what was expected, all from the drawn values.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import strategies as s
import torch
from hypothesis import Phase, assume, given
from hypothesis import strategies as st

import rnnkit
from rnnkit.ops import to_numpy

pytestmark = pytest.mark.slow
PLACE = {"device": "cpu", "dtype": "float64"}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


class Call(NamedTuple):
    """How a layer is made, called and walked back; ``extra`` is what only the reference reads."""

    face: Callable[..., Any]
    made: dict[str, Any]
    params: dict[str, Any]
    given: dict[str, Any]
    back: dict[str, Any]
    extra: Any = None

    def copy(self):
        return Call(self.face, *(dict(part) for part in self[1:5]), self.extra)

    def run(self, backend):
        layer = self.face(**{"backend": backend} | PLACE | self.made)
        for name, a in self.params.items():
            layer.params[name] = a(layer) if callable(a) else a
        run = layer(**self.given)
        back = {name: a(layer, run) if callable(a) else a for name, a in self.back.items()}
        return layer, run, layer.backward(**{"run": run} | back)


def fuzz(name, calls, compare, breakages, examples=6):
    """Draw right calls, compare each with its reference, break it in the way of that name, and read the error."""
    count = Counter()

    @s.drawn(examples, name, phases=[Phase.generate])  # shrinking a call of small arrays takes longer than reading it
    @given(calls, st.sampled_from(["numpy", "torch"]), st.data())
    def agrees(call, backend, data):
        compare(call, backend)
        count["valid"] += 1
        broken = call.copy()
        words = breakages[name](broken, data.draw)
        with pytest.raises(ValueError) as error:  # noqa: PT011 - the words below are what it has to match
            broken.run(backend)
        count["broken"] += 1
        for word in words:
            assert str(word) in str(error.value)

    agrees()
    assert count["valid"] >= count["broken"] > 0


def catalogue():
    """A dict of breakages by name, and the decorator that adds to it."""
    breakages = {}

    def breaks(function):
        breakages[function.__name__] = function
        return function

    return breakages, breaks


# What can be wrong with a number, a shape or an array, whatever it is for.

NO_SIZE = st.sampled_from([0, -3, 2.5, "4", None, True, np.float64(2)])
NO_FLAG = st.sampled_from(["no", 1, None, 0.0])
NO_SHARE = st.sampled_from([1, 1.0, -0.25, np.nan, np.inf, "half", None])
NO_NUMBERS = st.sampled_from([lambda a: a + 1j, lambda a: a.astype(str), lambda a: a.astype(object)])
NO_NUMBER = st.sampled_from([np.nan, np.inf, -np.inf])


def other_shape(draw, shape):
    """One axis longer, one away, one more, or the axes in the other order."""
    k = draw(st.integers(0, len(shape) - 1))
    shapes = {(*shape[:k], shape[k] + 1, *shape[k + 1 :]), shape[:k] + shape[k + 1 :], (*shape, 2), shape[::-1]}
    return draw(st.sampled_from(sorted(shapes - {shape})))


def no_mask(draw, shape):
    """A mask of another shape or dtype, and what the error has to say of it."""
    shape, kind = tuple(shape), draw(st.sampled_from(["shape", "dtype"]))  # a tensor has a Size of its own
    came = other_shape(draw, shape) if kind == "shape" else shape
    mask = np.ones(came, bool if kind == "shape" else draw(st.sampled_from([int, float, "U1"])))
    return mask, [f"mask has shape {came} and dtype {mask.dtype}", f"{shape} and bool"]


def at_random(draw, there):
    """An index where ``there`` is True."""
    places = np.argwhere(there)
    assume(len(places))
    return tuple(int(k) for k in places[draw(st.integers(0, len(places) - 1))])


def mask_forms(mask):
    """The same mask as whatever a caller may have it in."""
    return st.sampled_from([mask, mask.tolist(), torch.from_numpy(mask.copy())])


def views(a):
    """The same numbers in memory that runs backwards, and in memory that may not be written."""
    frozen = a.copy()
    frozen.flags.writeable = False
    return st.sampled_from([frozen, a[::-1].copy()[::-1]])


def xs_forms(xs):
    """The same numbers, all of which a float32 can hold, in other arrays."""
    tensors = [torch.from_numpy(xs.copy()), torch.from_numpy(xs.astype(np.float32))]
    return st.sampled_from([xs, xs.astype(np.float32), xs[::-1].copy()[::-1], xs.tolist(), *tensors])


# Recurrent layers.


@st.composite
def recurrent_calls(draw):
    kind = draw(st.sampled_from(sorted(s.ALL)))
    problem = draw(s.problems(kind, lambda T, N: st.one_of(st.none(), s.padding(T, N), s.holes(T, N))))
    problem = problem._replace(xs=np.round(problem.xs * 8) / 8)
    mask = problem.mask if problem.mask is None else draw(mask_forms(problem.mask))
    back = {"d_h": problem.d_h, "d_state": problem.d_state}
    call = {"xs": draw(xs_forms(problem.xs)), "state": problem.state, "mask": mask}
    return Call(s.ALL[kind].face, problem.made, {}, call, back, problem)


def compare_recurrent(call, backend):
    layer, run, grads = call.run(backend)
    wanted = s.reference(call.extra, layer, s.stepwise if call.extra.kind in s.KINDS else s.on_tensors)
    found = s.named(run.h, run.state, grads.xs, grads.state, grads.params)
    s.assert_same(found, {name: a for name, a in wanted.items() if not name.startswith("total")})


def parts(call):
    """What the state is made of, its shape, and a right one."""
    made, N = call.made, call.extra.xs.shape[1]
    shape = (made["num_layers"] * (1 + made["bidirectional"]), N, made["hidden_size"])
    cell = call.face(**made).cell
    return cell.STATE, shape, tuple(np.zeros(shape) for _ in cell.STATE)


RECURRENT, breaks = catalogue()


@breaks
def a_size_that_is_none(call, draw):
    name = draw(st.sampled_from(["input_size", "hidden_size", "num_layers"]))
    call.made[name] = draw(NO_SIZE)
    return [f"{name} is {call.made[name]!r}", "expected a whole number of 1 or more"]


@breaks
def a_flag_that_is_none(call, draw):
    name = draw(st.sampled_from(["bias", "bidirectional", "learned_state"]))
    call.made[name] = draw(NO_FLAG)
    return [f"{name} is {call.made[name]!r}", "expected True or False"]


@breaks
def a_share_that_is_none(call, draw):
    call.made["dropout"] = draw(NO_SHARE)
    return [f"dropout is {call.made['dropout']!r}", "expected 0 <= "]


@breaks
def dropout_between_no_layers(call, draw):
    call.made.update(dropout=0.5, num_layers=1)
    return ["dropout is 0.5", "num_layers is 1"]


@breaks
def a_place_that_is_not_there(call, draw):
    name, values = draw(st.sampled_from([("backend", ["jax", None]), ("device", ["cuda:99", "gpu"])]))
    call.made[name] = draw(st.sampled_from(values))
    return [f"{name} is {call.made[name]!r}"]


@breaks
def a_dtype_that_is_none(call, draw):
    call.made["dtype"], said = draw(
        st.sampled_from([("float16", "float16"), (int, "int64"), (complex, "complex128"), ("real", "'real'")])
    )
    return [f"dtype is {said}", "float64 or float32"]


@breaks
def another_nonlinearity(call, draw):
    assume(call.face is rnnkit.RNN)
    call.made["nonlinearity"] = draw(st.sampled_from(["sigmoid", None, 0]))
    return [f"nonlinearity is {call.made['nonlinearity']!r}", "expected 'tanh' or 'relu'"]


@breaks
def another_number_of_features(call, draw):
    T, N, I = call.extra.xs.shape
    came = draw(st.integers(1, 9).filter(lambda size: size != I))
    call.given["xs"] = np.zeros((T, N, came))
    return [f"xs has {came} features", f"expected {I}"]


@breaks
def another_number_of_axes(call, draw):
    xs = call.extra.xs
    call.given["xs"] = draw(st.sampled_from([xs[0], xs[0, 0], xs[None], xs[0, 0, 0]]))
    return [f"xs has shape {call.given['xs'].shape}", f"expected (T, N, {xs.shape[2]})"]


@breaks
def features_before_the_batch(call, draw):
    _, N, I = call.extra.xs.shape
    call.given["xs"] = np.swapaxes(call.extra.xs, 1, 2)
    return [f"xs has {N} features", f"expected {I}"]


@breaks
def the_batch_first(call, draw):
    T, N, _ = call.extra.xs.shape
    call.given.update(xs=np.zeros((N, T, call.extra.xs.shape[2])), mask=np.ones((T, N), bool))
    return [f"mask has shape {(T, N)}", f"{(N, T)} and bool"]


@breaks
def nothing_in_an_axis(call, draw):
    shape = list(call.extra.xs.shape)
    shape[draw(st.integers(0, 1))] = 0
    call.given["xs"] = np.zeros(shape)
    return [f"xs has shape {tuple(shape)}", "at least one sequence of at least one step"]


@breaks
def xs_that_are_no_numbers(call, draw):
    call.given["xs"] = draw(NO_NUMBERS)(call.extra.xs)
    return [f"xs has dtype {call.given['xs'].dtype}", "expected real numbers"]


@breaks
def complex_tensors(call, draw):
    name = draw(st.sampled_from(["xs", "d_h"]))
    part = call.given if name == "xs" else call.back
    part[name] = torch.from_numpy(np.nan_to_num(getattr(call.extra, name)) + 1j)
    return [f"{name} has dtype complex128", "expected real numbers"]


@breaks
def sequences_of_several_lengths(call, draw):
    call.given["xs"] = [[[0.0]], [[0.0], [1.0]]]
    return ["xs makes no array ("]


@breaks
def a_number_that_is_none(call, draw):
    xs, mask = call.extra.xs.copy(), call.extra.mask
    place, bad = (
        at_random(draw, np.isfinite(xs) if mask is None else mask[..., None] & np.isfinite(xs)),
        draw(NO_NUMBER),
    )
    xs[place] = bad
    call.given["xs"] = xs
    return [f"xs holds {bad} at time {place[0]}, sequence {place[1]}, feature {place[2]}"]


@breaks
def a_state_that_is_no_tuple(call, draw):
    names, _, right = parts(call)
    part, name = draw(st.sampled_from([(call.given, "state"), (call.back, "d_state")]))
    part[name] = draw(st.sampled_from([list(right), right[0], (*right, right[0]), ()]))
    came = f"a tuple of {len(part[name])}" if isinstance(part[name], tuple) else type(part[name]).__name__
    return [f"{name} is {came}", f"a tuple ({', '.join(names)}"]


@breaks
def a_state_of_another_shape(call, draw):
    names, shape, right = parts(call)
    part, name = draw(st.sampled_from([(call.given, "state"), (call.back, "d_state")]))
    k, came = draw(st.integers(0, len(names) - 1)), other_shape(draw, shape)
    part[name] = (*right[:k], np.zeros(came), *right[k + 1 :])
    return [f"{names[k]} in {name} has shape {came}", f"expected {shape}"]


@breaks
def a_state_that_is_no_number(call, draw):
    names, shape, right = parts(call)
    part, name = draw(st.sampled_from([(call.given, "state"), (call.back, "d_state")]))
    k = draw(st.integers(0, len(names) - 1))
    right[k][at_random(draw, np.ones(shape, bool))] = draw(NO_NUMBER)
    part[name] = right
    return [f"{names[k]} in {name} holds NaN or infinity"]


@breaks
def a_state_of_text(call, draw):
    *_, right = parts(call)
    part, name = draw(st.sampled_from([(call.given, "state"), (call.back, "d_state")]))
    bad = draw(NO_NUMBERS)(right[-1])
    part[name] = (*right[:-1], bad)
    return [f"{name} has dtype {bad.dtype}", "expected real numbers"]


@breaks
def another_mask(call, draw):
    call.given["mask"], words = no_mask(draw, call.extra.xs.shape[:2])
    return words


@breaks
def a_ragged_mask(call, draw):
    call.given["mask"] = [[True], [True, False]]
    return ["mask"]


@breaks
def a_gradient_of_another_shape(call, draw):
    shape = call.extra.d_h.shape
    came = other_shape(draw, shape)
    call.back["d_h"] = np.zeros(came)
    return [f"d_h has shape {came}", shape]


@breaks
def a_gradient_that_is_no_number(call, draw):
    call.back["d_h"] = draw(NO_NUMBERS)(call.extra.d_h)
    return [f"d_h has dtype {call.back['d_h'].dtype}", "expected real numbers"]


@breaks
def a_window_that_is_none(call, draw):
    call.back["window"] = draw(st.sampled_from([0, -2, 2.5, "3"]))
    return [f"window is {call.back['window']!r}", "expected a whole number of 1 or more"]


@breaks
def a_window_without_end(call, draw):
    call.back["window"] = draw(st.sampled_from([np.nan, np.inf, [2], 2j]))
    return [f"window is {call.back['window']!r}", "expected a whole number of 1 or more"]


def a_parameter(call, draw, names=None):
    layer = call.face(**call.made)
    name = draw(st.sampled_from(sorted(names or layer.params)))
    return name, layer.params[name]


@breaks
def a_weight_of_another_shape(call, draw):
    name, right = a_parameter(call, draw)
    came = other_shape(draw, right.shape)
    call.params[name] = np.zeros(came)
    return [f"{name} has shape {came}", f"expected {right.shape}"]


@breaks
def a_learned_state_of_another_shape(call, draw):
    call.made["learned_state"] = True
    name, right = a_parameter(call, draw, ["h_0"])
    came = other_shape(draw, right.shape)
    call.params[name], call.given["state"] = np.zeros(came), None
    return [f"{name} has shape {came}", right.shape]


@breaks
def a_weight_that_is_no_number(call, draw):
    name, right = a_parameter(call, draw)
    wrong, place = right.copy(), at_random(draw, np.ones(right.shape, bool))
    wrong[place] = draw(NO_NUMBER)
    call.params[name] = wrong
    return [f"{name} holds {wrong[place]} at {list(place)}", "finite"]


@breaks
def a_weight_of_text(call, draw):
    name, right = a_parameter(call, draw)
    call.params[name] = draw(NO_NUMBERS)(right)
    return [name, call.params[name].dtype]


@breaks
def a_misspelt_parameter(call, draw):
    name, right = a_parameter(call, draw)
    call.params[name.upper()] = right
    return [name.upper(), name, "Is it misspelt?"]


@breaks
def a_run_that_is_none(call, draw):
    call.back["run"] = draw(st.sampled_from([None, call.extra.xs, ()]))
    return ["run is not a result of this layer"]


@breaks
def the_run_of_a_layer_of_another_size(call, draw):
    (T, N, _), made = call.extra.xs.shape, call.made | {"hidden_size": 2 * call.made["hidden_size"], "rng": 0}
    other = {"xs": np.zeros_like(call.extra.xs)}
    call.back["run"] = lambda layer, run: call.face(**made, **PLACE, backend=layer.backend)(**other)
    call.back.update(d_h=np.zeros((T, N, (1 + made["bidirectional"]) * made["hidden_size"])), d_state=None)
    return ["run is not a result of this layer"]


@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent(name):
    fuzz(name, recurrent_calls(), compare_recurrent, RECURRENT)


# The layers around them: each call is compared with a formula on tensors.


def numbers(draw, *shape):
    return np.random.default_rng(draw(s.seeds)).standard_normal(shape)


def compare_with(formula):
    """The values of ``formula(leaves, call)``, and its gradients with respect to all of the leaves, by autograd."""

    def compare(call, backend):
        layer, run, grads = call.run(backend)
        inputs = {name: a for name, a in call.given.items() if name in ("xs", "queries", "keys")}
        leaves = {f"d_{name}": s.tensor(to_numpy(a)) for name, a in (dict(layer.params) | inputs).items()}
        leaves = {name: a.requires_grad_() for name, a in leaves.items() if a.is_floating_point()}
        h = formula(leaves, call)
        wanted = torch.autograd.grad((h * s.tensor(call.back["d_h"])).sum(), list(leaves.values()), allow_unused=True)
        wanted = {name: to_numpy(a) for name, a in zip(leaves, wanted, strict=True) if a is not None}
        found = {f"d_{name}": to_numpy(a) for name, a in grads.params.items()}
        found |= {name: to_numpy(getattr(grads, name[2:])) for name in leaves if name not in found}
        s.assert_same({"h": to_numpy(run.h)} | found, {"h": to_numpy(h)} | wanted)

    return compare


def wrong_size(*names):
    def breakage(call, draw):
        name = draw(st.sampled_from(names))
        call.made[name] = draw(NO_SIZE)
        return [f"{name} is {call.made[name]!r}", "expected a whole number of 1 or more"]

    return breakage


def wrong_mask(call, draw):
    keys = call.given.get("keys", call.given.get("xs"))
    call.given["mask"], words = no_mask(draw, np.shape(keys)[:2])
    return words


def wrong_gradient(call, draw):
    shape = call.back["d_h"].shape
    came = other_shape(draw, shape)
    call.back["d_h"] = np.zeros(came)
    return [f"d_h has shape {came}", shape]


def textual(*names):
    def breakage(call, draw):
        name = draw(st.sampled_from(names))
        part = call.back if name == "d_h" else call.given
        part[name] = draw(NO_NUMBERS)(part[name])
        return [f"{name} has dtype {part[name].dtype}", "expected"]

    return breakage


def no_run(call, draw):
    call.back["run"] = draw(st.sampled_from([None, np.zeros((2, 3)), ()]))
    return ["run is not a result of this layer"]


def wrong_weight(call, draw):
    layer = call.face(**PLACE | call.made)
    name = draw(st.sampled_from(sorted(layer.params)))
    came = other_shape(draw, layer.params[name].shape)
    call.params[name] = np.zeros(came)
    return [f"{name} has shape {came}", layer.params[name].shape]


COMMON = {
    "wrong_gradient": wrong_gradient,
    "no_run": no_run,
}


@st.composite
def embedding_calls(draw):
    T, N, K, V = draw(s.sizes)
    rng = np.random.default_rng(draw(s.seeds))
    xs = rng.integers(0, V, (T, N)).astype(draw(st.sampled_from(["int64", "int8", "uint8", "int32"])))
    mask = draw(st.one_of(st.none(), s.holes(T, N)))
    if mask is not None:
        xs[~mask] = 100  # no symbol of this vocabulary
    form = draw(st.sampled_from([np.asarray, np.ndarray.tolist, torch.from_numpy]))
    made = {"num_embeddings": V, "embedding_dim": K, "rng": draw(s.seeds)}
    given = {"xs": form(xs), "mask": mask}
    return Call(rnnkit.Embedding, made, {}, given, {"d_h": numbers(draw, T, N, K)}, xs)


def embedded(p, call):
    hidden = call.given["mask"] is not None
    xs = np.where(call.given["mask"], call.extra, 0) if hidden else call.extra
    return torch.nn.functional.embedding(s.tensor(xs.astype(int)), p["d_weight"])


EMBEDDING, breaks = catalogue()
EMBEDDING |= COMMON | {
    "wrong_size": wrong_size("num_embeddings", "embedding_dim"),
    "wrong_mask": wrong_mask,
    "text_for_the_gradient": textual("d_h"),
    "wrong_weight": wrong_weight,
}


@breaks
def an_index_outside_the_vocabulary(call, draw):
    V, xs = call.made["num_embeddings"], call.extra.astype(int)
    mask = np.ones(xs.shape, bool) if call.given["mask"] is None else call.given["mask"]
    xs[at_random(draw, mask)] = bad = draw(st.one_of(st.integers(V, 10**9), st.integers(-(10**9), -1)))
    call.given["xs"] = xs
    return [f"xs holds index {bad}", f"expected 0 to {V - 1}: the vocabulary has {V} symbols"]


@breaks
def no_index(call, draw):
    xs = np.zeros(call.extra.shape)
    call.given["xs"] = draw(st.sampled_from([xs, xs.astype(str), xs.astype(bool), xs + 1j, torch.from_numpy(xs)]))
    return [f"xs has dtype {str(call.given['xs'].dtype).removeprefix('torch.')}", "expected"]


@breaks
def a_complex_tensor_for_indices(call, draw):
    call.given["xs"] = torch.zeros(call.extra.shape, dtype=torch.complex64)
    return ["xs has dtype complex64", "expected"]


@breaks
def one_hot_indices(call, draw):
    shape = draw(st.sampled_from([(*call.extra.shape, 3), call.extra.shape[:1], (0, 3), (3, 0), ()]))
    call.given["xs"] = np.zeros(shape, int)
    return [f"xs has shape {shape}", "expected (T, N)"]


@st.composite
def linear_calls(draw):
    T, N, I, K = draw(s.sizes)
    lead = draw(st.sampled_from([(T, N), (N,), (), (2, T, N)]))
    made = {"in_features": I, "out_features": K, "bias": draw(st.booleans()), "rng": draw(s.seeds)}
    return Call(rnnkit.Linear, made, {}, {"xs": numbers(draw, *lead, I)}, {"d_h": numbers(draw, *lead, K)})


def linear(p, call):
    return torch.nn.functional.linear(p["d_xs"], p["d_weight"], p.get("d_bias"))


LINEAR, breaks = catalogue()
LINEAR |= COMMON | {
    "wrong_size": wrong_size("in_features", "out_features"),
    "text": textual("xs", "d_h"),
    "wrong_weight": wrong_weight,
}


@breaks
def other_features(call, draw):
    *lead, I = call.given["xs"].shape
    came = draw(st.sampled_from([(*lead, I + 1), (*lead, I + 3), (*lead, I, I + 1), ()]))
    call.given["xs"] = np.zeros(came)
    return [f"xs has shape {came}", f"expected (..., {I})"]


@st.composite
def last_calls(draw):
    T, N, K, _ = draw(s.sizes)
    mask = draw(st.one_of(st.none(), s.padding(T, N), s.holes(T, N)))
    if mask is not None:
        mask[draw(st.integers(0, T - 1)), ~mask.any(0)] = True
    return Call(rnnkit.Last, {}, {}, {"xs": numbers(draw, T, N, K), "mask": mask}, {"d_h": numbers(draw, N, K)})


def last(p, call):
    T, N, _ = call.given["xs"].shape
    mask = np.ones((T, N), bool) if call.given["mask"] is None else call.given["mask"]
    return torch.stack([p["d_xs"][np.flatnonzero(mask[:, n])[-1], n] for n in range(N)])


LAST, breaks = catalogue()
LAST |= COMMON | {"wrong_mask": wrong_mask, "text": textual("xs", "d_h")}


@breaks
def a_sequence_without_a_step(call, draw):
    T, N, _ = call.given.get("keys", call.given.get("xs")).shape
    mask = np.ones((T, N), bool)
    mask[:, n := draw(st.integers(0, N - 1))] = False
    call.given["mask"] = mask
    return [f"mask is False in all of sequence {n}", "expected one"]


@breaks
def other_axes(call, draw):
    xs = call.given["xs"]
    call.given["xs"] = draw(st.sampled_from([xs[0], xs[None], xs[:0], xs[:, :0]]))
    return [f"xs has shape {call.given['xs'].shape}"]


@st.composite
def dropout_calls(draw):
    T, N, K, _ = draw(s.sizes)
    shape = draw(st.sampled_from([(T, N, K), (N, K)]))
    made, given = {"share": draw(st.sampled_from([0.0, 0.25, 0.5]))}, {"xs": numbers(draw, *shape)}
    given["rng"] = draw(st.one_of(st.none(), s.seeds))
    return Call(rnnkit.Dropout, made, {}, given, {"d_h": numbers(draw, *shape)})


def thinned(p, call):
    """The layer draws which features drop out: each gets one factor for all steps, 0 or 1 / (1 - share)."""
    share = 0 if call.given["rng"] is None else call.made["share"]
    kept = np.round(call.run("numpy")[1].h / call.given["xs"] * (1 - share))
    assert np.isin(kept, [0, 1]).all()
    assert kept.ndim == 2 or (kept == kept[0]).all()
    return p["d_xs"] * s.tensor(kept / (1 - share))


DROPOUT, breaks = catalogue()
DROPOUT |= COMMON | {"text": textual("xs", "d_h")}


@breaks
def no_share(call, draw):
    call.made["share"] = draw(NO_SHARE)
    return [f"share is {call.made['share']!r}", "expected 0 <= "]


# Attention, of the formula in its module's docstring.


@st.composite
def attention_calls(draw):
    (T, N, K, A), S, Q = draw(s.sizes), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    mask, keys = draw(st.one_of(st.none(), s.holes(T, N))), numbers(draw, T, N, K)
    if mask is not None:
        mask[draw(st.integers(0, T - 1)), ~mask.any(0)] = True
    made = {"query_size": Q, "key_size": K, "hidden_size": A, "rng": draw(s.seeds)}
    given = {"queries": numbers(draw, S, N, Q), "keys": keys, "mask": mask}
    return Call(rnnkit.Attention, made, {}, given, {"d_h": numbers(draw, S, N, K)})


def attended(p, call):
    match = p["d_queries"] @ p["d_weight_query"].T  # (S, N, A)
    match = torch.tanh(match[:, None] + p["d_keys"] @ p["d_weight_key"].T)  # (S, T, N, A)
    scores = match @ p["d_weight_score"]
    if call.given["mask"] is not None:
        scores = scores.masked_fill(~s.tensor(call.given["mask"]), -torch.inf)
    return torch.einsum("stn,tnk->snk", scores.softmax(1), p["d_keys"])


ATTENTION, breaks = catalogue()
ATTENTION |= COMMON | {
    "wrong_size": wrong_size("query_size", "key_size", "hidden_size"),
    "wrong_mask": wrong_mask,
    "text": textual("queries", "keys", "d_h"),
    "wrong_weight": wrong_weight,
    "a_sequence_without_a_key": a_sequence_without_a_step,
}


@breaks
def other_queries_or_keys(call, draw):
    name = draw(st.sampled_from(["queries", "keys"]))
    *lead, K = call.given[name].shape
    call.given[name] = np.zeros((*lead, K + 2))
    return [f"{name} has {K + 2} features", f"expected {K}"]


@breaks
def another_batch_of_queries(call, draw):
    S, N, Q = call.given["queries"].shape
    call.given["queries"] = np.zeros((S, N + 1, Q))
    return [f"queries has a batch of {N + 1}", f"expected {N}, as keys has"]


LAYERS = {
    "Embedding": (embedding_calls, embedded, EMBEDDING),
    "Linear": (linear_calls, linear, LINEAR),
    "Last": (last_calls, last, LAST),
    "Dropout": (dropout_calls, thinned, DROPOUT),
    "Attention": (attention_calls, attended, ATTENTION),
}


@pytest.mark.parametrize(("layer", "name"), [(k, name) for k, (*_, names) in LAYERS.items() for name in names])
def test_layers(layer, name):
    calls, formula, breakages = LAYERS[layer]
    fuzz(name, calls(), compare_with(formula), breakages)


# A model: symbols, a recurrent layer, its last output, and scores.


def model(layers, **place):
    return rnnkit.Sequential(*(layer(**{"rng": 0} | made | place) for layer, made in layers))


def placed(layer):
    """A layer without weights takes no generator."""
    return lambda rng, **made: layer(**made)


@st.composite
def model_calls(draw):
    kind = draw(st.sampled_from(sorted(s.KINDS)))
    problem = draw(s.problems(kind, s.padding))
    both = problem.made["bidirectional"]
    (T, N, K), H, V = problem.xs.shape, problem.made["hidden_size"] * (1 + both), 5
    problem = problem._replace(d_state=None, state=None)
    rnn = (rnnkit.Embedding, {"num_embeddings": V, "embedding_dim": K}), (s.KINDS[kind].face, problem.made)
    final, linear = {"bidirectional": both}, {"in_features": H, "out_features": 3}
    layers = [*rnn, (placed(rnnkit.Final), final), (rnnkit.Linear, linear)]
    given = {"xs": np.random.default_rng(draw(s.seeds)).integers(0, V, (T, N)), "mask": problem.mask}
    return Call(model, {"layers": layers}, {}, given, {"d_h": numbers(draw, N, 3)}, problem)


def compare_model(call, backend):
    layer, run, grads = call.run(backend)
    recurrent, problem = layer.layers[1], call.extra
    weights = {name: s.tensor(to_numpy(layer.params[name])).requires_grad_() for name in layer.params}
    names, forward = s.packed(problem, recurrent, None, None)
    weights |= {f"1.{name}": p for name, p in names.items()}
    shape = (recurrent.num_layers * recurrent.num_directions, len(problem.d_h[0]), recurrent.hidden_size)
    xs = torch.nn.functional.embedding(s.tensor(call.given["xs"]), weights["0.weight"])
    outputs, end, _ = forward(xs, [torch.zeros(shape, dtype=torch.float64) for _ in recurrent.cell.STATE])
    lengths = np.full(shape[1], len(problem.xs)) if problem.mask is None else problem.mask.sum(0)
    halves = outputs.split(recurrent.hidden_size, -1)
    ends = [half[at, range(shape[1])] for half, at in zip(halves, (lengths - 1, 0 * lengths), strict=False)]
    y = torch.nn.functional.linear(torch.cat(ends, -1), weights["3.weight"], weights["3.bias"])
    wanted = torch.autograd.grad((y * s.tensor(call.back["d_h"])).sum(), list(weights.values()))
    found = {"h": run.h, **grads.params} | {f"state {k}": a for k, a in enumerate(run.state[1])}
    wanted = {"h": y, **dict(zip(weights, wanted, strict=True))} | {f"state {k}": a for k, a in enumerate(end)}
    s.assert_same(*({name: to_numpy(a) for name, a in named.items()} for named in (found, wanted)))


MODEL, breaks = catalogue()
MODEL |= {"wrong_gradient": wrong_gradient, "wrong_mask": wrong_mask}


@breaks
def no_layer(call, draw):
    layers, said = draw(st.sampled_from([([], "nothing"), ([(placed(dict), {})], "dict")]))
    call.made["layers"] = layers
    return [f"layers are {said}", "expected"]


@breaks
def layers_on_two_places(call, draw):
    *above, (_, made) = call.made["layers"]
    call.made["layers"] = [*above, (lambda rng, **_: rnnkit.Linear(**made, dtype="float32"), {})]
    return ["expected all on one backend", "float64", "float32"]


@breaks
def layers_that_do_not_fit(call, draw):
    *above, (last_layer, made) = call.made["layers"]
    reads = made["in_features"]
    call.made["layers"] = [*above, (last_layer, made | {"in_features": reads + 1})]
    return [f"xs has shape {(call.given['xs'].shape[1], reads)}", f"expected (..., {reads + 1})"]


@breaks
def a_symbol_outside_the_vocabulary(call, draw):
    call.given["xs"] = np.full_like(call.given["xs"], bad := draw(st.integers(5, 99)))
    return [f"xs holds index {bad}", "expected 0 to 4: the vocabulary has 5 symbols"]


@breaks
def states_of_other_layers(call, draw):
    part, name = draw(st.sampled_from([(call.given, "state"), (call.back, "d_state")]))
    part[name] = draw(st.sampled_from([(), (None,) * 3, [None] * 4]))
    came = f"a tuple of {len(part[name])}" if isinstance(part[name], tuple) else "list"
    return [f"{name} is {came}", "expected a tuple (layer 0, layer 1, layer 2, layer 3)"]


@breaks
def an_array_for_a_layers_state(call, draw):
    part, name = draw(st.sampled_from([(call.given, "state"), (call.back, "d_state")]))
    part[name] = (None, np.zeros((2, 2, 2)), None, None)
    return [f"{name} is ndarray", "a tuple ("]


@breaks
def a_run_of_no_model(call, draw):
    call.back["run"] = draw(st.sampled_from([lambda layer, run: run.runs[1], None, call.given["xs"]]))
    return ["run is not a result of this model"]


@pytest.mark.parametrize("name", MODEL)
def test_models(name):
    fuzz(name, model_calls(), compare_model, MODEL)


# Losses: functions, so that a call is one, and its backward is in the result.


class Loss(NamedTuple):
    name: str
    given: dict[str, Any]

    def copy(self):
        return Loss(self.name, dict(self.given))

    def run(self, backend):
        first, y, given = self.first, self.given[self.first], dict(self.given)
        if backend == "torch" and y.dtype.kind in "fic":
            given[first] = torch.from_numpy(np.array(y))
        return getattr(rnnkit, self.name)(**given)

    @property
    def first(self):
        return "y" if self.name == "squared_error" else "logits"


@st.composite
def loss_calls(draw):
    name = draw(st.sampled_from(["softmax_cross_entropy", "squared_error", "binary_cross_entropy"]))
    T, N, V, _ = draw(s.sizes)
    shape = draw(st.sampled_from([(T, N, V), (N, V), (V,)]))
    rng, scored = np.random.default_rng(draw(s.seeds)), shape if name != "softmax_cross_entropy" else shape[:-1]
    y, size = rng.standard_normal(shape), draw(st.sampled_from([1, 30]))
    draws = {"softmax_cross_entropy": rng.integers(0, V, scored), "squared_error": rng.standard_normal(scored)}
    targets = draws.get(name, rng.random(scored))
    mask = None
    if draw(st.booleans()):
        mask = np.array(rng.random(draw(st.sampled_from([scored, shape[:-1]]))) < 0.6)
        mask.flat[0] = True
    if mask is not None:
        y[~mask] = np.nan
        targets = np.where(broad(mask, scored), targets, 10**6 if name == "softmax_cross_entropy" else np.nan)
    return Loss(name, {"y" if name == "squared_error" else "logits": y * size, "targets": targets, "mask": mask})


def broad(mask, shape):
    return np.broadcast_to(mask if mask.shape == shape else mask[..., None], shape)


def compare_loss(call, backend):
    y, targets, mask = call.given[call.first], call.given["targets"], call.given["mask"]
    there = np.ones(targets.shape, bool) if mask is None else broad(mask, targets.shape)
    rows = there if call.name != "softmax_cross_entropy" else np.broadcast_to(there[..., None], y.shape)
    leaf = s.tensor(np.where(rows, y, 0)).requires_grad_()
    function = {
        "softmax_cross_entropy": torch.nn.functional.cross_entropy,
        "squared_error": torch.nn.functional.mse_loss,
        "binary_cross_entropy": torch.nn.functional.binary_cross_entropy_with_logits,
    }[call.name]
    wanted = function(leaf[s.tensor(there)], s.tensor(targets[there]))
    loss, d_y = (to_numpy(a) for a in call.run(backend))
    (d_wanted,) = torch.autograd.grad(wanted, leaf)
    s.assert_same({"loss": loss, "d_y": d_y}, {"loss": to_numpy(wanted), "d_y": to_numpy(d_wanted)})


LOSS, breaks = catalogue()


@breaks
def outputs_that_are_no_floats(call, draw):
    shape = call.given[call.first].shape
    call.given[call.first] = wrong = np.zeros(shape, draw(st.sampled_from([int, complex, "U1"])))
    return [f"{call.first} has dtype", wrong.dtype, "expected floats"]


@breaks
def targets_of_another_shape(call, draw):
    shape = call.given["targets"].shape
    assume(shape)
    came = other_shape(draw, shape)
    call.given["targets"] = np.zeros(came, call.given["targets"].dtype)
    return [f"targets has shape {came}", shape]


@breaks
def targets_that_are_no_numbers(call, draw):
    call.given["targets"] = draw(NO_NUMBERS)(call.given["targets"])
    return [f"targets has dtype {call.given['targets'].dtype}"]


@breaks
def ragged_targets(call, draw):
    call.given["targets"] = [[1], [1, 0]]
    return ["targets"]


@breaks
def a_target_out_of_range(call, draw):
    assume(call.name != "squared_error")
    targets, mask = call.given["targets"].copy(), call.given["mask"]
    place = at_random(draw, np.ones(targets.shape, bool) if mask is None else broad(mask, targets.shape))
    V = call.given[call.first].shape[-1]
    if call.name == "softmax_cross_entropy":
        targets[place] = bad = draw(st.one_of(st.integers(V, 10**6), st.integers(-(10**6), -1)))
        words = [f"targets holds class {bad}", f"expected 0 to {V - 1}, the last axis of logits"]
    else:
        targets[place], words = draw(st.sampled_from([-0.25, 1.5, np.inf])), ["targets has values outside [0, 1]"]
    call.given["targets"] = targets
    return words


@breaks
def a_probability_that_is_no_number(call, draw):
    assume(call.name == "binary_cross_entropy")
    call.given.update(targets=np.full(call.given["targets"].shape, np.nan), mask=None)
    return ["targets", "[0, 1]"]


@breaks
def a_mask_that_is_none(call, draw):
    shape = call.given["targets"].shape
    assume(shape)
    came = draw(st.sampled_from([(*shape, 2), (shape[0] + 1, *shape[1:])]))
    dtype = draw(st.sampled_from([bool, int, float]))
    call.given["mask"] = np.ones(came, dtype)
    return [f"mask has shape {came} and dtype {np.dtype(dtype)}", f"expected {shape} and bool"]


@breaks
def no_row(call, draw):
    V = call.given[call.first].shape[-1]
    shape = (0, V) if call.name != "softmax_cross_entropy" else (0,)
    targets = np.zeros(shape, call.given["targets"].dtype)
    call.given.update({call.first: np.zeros((0, V)), "targets": targets, "mask": None})
    return [f"{call.first} has shape {(0, V)}", "at least one row"]


@pytest.mark.parametrize("name", LOSS)
def test_losses(name):
    fuzz(name, loss_calls(), compare_loss, LOSS, examples=12)


# What is right, in memory or in a type that Torch is particular about.


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("layer", [rnnkit.GRU, rnnkit.MinGRU])
def test_a_mask_may_be_a_view(layer, backend):
    @s.drawn(6, layer, backend)
    @given(s.sizes, s.seeds, st.data())
    def agrees(size, seed, data):
        (T, N, I, H), rng = size, np.random.default_rng(seed)
        made, xs, mask = layer(I, H, rng=0, backend=backend, **PLACE), rng.random((T, N, I)), rng.random((T, N)) < 0.5
        assert s.far(*(to_numpy(made(xs, mask=m).h) for m in (data.draw(views(mask)), mask))) == 0

    agrees()


@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy"])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_targets_may_be_a_view_or_bool(loss, backend):
    @s.drawn(6, loss, backend)
    @given(s.sizes, s.seeds, st.data())
    def agrees(size, seed, data):
        rng = np.random.default_rng(seed)
        y, yes = rng.standard_normal(size[:2]), rng.random(size[:2]) < 0.5
        form = data.draw(st.one_of(st.just(yes), views(yes.astype(float))))
        found, wanted = (Loss(loss, {Loss(loss, {}).first: y, "targets": t}).run(backend) for t in (form, yes + 0.0))
        assert s.far(to_numpy(found[1]), to_numpy(wanted[1])) <= 1e-12

    agrees()


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_weights_may_be_a_view(backend):
    layers = [rnnkit.GRU(3, 4, rng=0, backend=backend, **PLACE) for _ in "12"]
    weight = np.random.default_rng(0).standard_normal((12, 4))
    layers[0].params["weight_hh_l0"], layers[1].params["weight_hh_l0"] = weight[::-1], weight[::-1].copy()
    one, two = (to_numpy(layer(np.ones((5, 2, 3))).h) for layer in layers)
    assert s.far(one, two) == 0
