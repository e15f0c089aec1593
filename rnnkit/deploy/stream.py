"""One step of a network, with its state in plain sight: what a server calls for each symbol of each user."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.layers import Dropout, Embedding, Last, Linear, Recurrent, Sequential
from rnnkit.ops import Array, columns, to_numpy

State = tuple[tuple[Array, ...], ...]
HEAD = 16  # bytes that name the network to which a packed state belongs
FINITE = "finite numbers"
LOOKED_UP = 2**24  # bytes, at most, of a table with what each symbol contributes to the first layer's gates


class Step:
    """``y, state = step(x, state)``: one step of a model for N users, each with a state of their own.

    Make it with :func:`stream`. It holds copies of the model's weights, and nothing of any user: what is not in
    ``state`` is forgotten.

    Attributes
    ----------
    backend : "numpy"
        What computes, whatever the model's was.
    dtype : numpy dtype
        The model's.
    symbols : int or None
        V, if the model reads symbols (an Embedding comes first).
    features : int
        I, the numbers that each step reads, if it reads no symbols.
    """

    backend = "numpy"

    def __init__(self, model: Sequential):
        layers = [_kept(k, layer) for k, layer in enumerate(model.layers)]
        layers[:2] = _looked_up(model.layers) or layers[:2]
        self.dtype = np.dtype(model.dtype)
        first = model.layers[0]
        self.symbols = first.num_embeddings if isinstance(first, Embedding) else None
        self.features = 0 if self.symbols else getattr(first, "input_size", getattr(first, "in_features", 0))
        self._layers, self._shapes = [layer for layer, _ in layers], [shapes for _, shapes in layers]
        self._name = hashlib.sha256(repr(model).encode() + digest(model)).digest()[:HEAD]

    def start(self, N: int = 1) -> State:
        """The state in which N users begin: zeros, or what the layers learned, as ``model(xs)`` begins.

        The form is that of ``model(xs).state``: a tuple for each layer, () for one without, each array (L, N, H).
        """
        N = checks.whole("N", N)
        return tuple(tuple(np.repeat(a[:, None], N, 1) for a in shapes) for shapes in self._shapes)

    def __call__(self, x: Array, state: State) -> tuple[Array, State]:
        """One step.

        Parameters
        ----------
        x : array of float of shape (N, I), or of int and (N,) where the model begins with an Embedding
            What came, one row a user.
        state : tuple with an entry a layer
            Of :meth:`start`, of the step before, or of ``model(xs).state``. It is only read.

        Returns
        -------
        y : array of shape (N, K)
            What ``model`` gives at this step.
        state : tuple
            A new one, that goes in with the next step.

        Raises
        ------
        ValueError
            If x or the state does not fit, x holds a number that is not finite or no symbol of the model, or the state
            is that of another number of users.
        """
        h = self._read(x)
        self._check(state, len(h))
        return self.unchecked(h, state)

    def unchecked(self, h: Array, state: State) -> tuple[Array, State]:
        """The step itself, for a caller who has looked at both: symbols (N,), or (N, I) in the model's dtype."""
        after: list[tuple[Array, ...]] = []
        for layer, own in zip(self._layers, state, strict=True):
            h, own = layer(h, own)
            after.append(own)
        return h, tuple(after)

    def pack(self, state: State, number: int = 0) -> bytes:
        """A state as bytes, for a store outside the process: the model's name, the number of steps, the arrays.

        Raises
        ------
        ValueError
            If the state does not fit, or ``number`` is no whole number of 0 or more.
        """
        number = checks.whole("number", number, 0)
        N = next((a.shape[1] for part in state for a in part), 0) if isinstance(state, tuple) else 0
        self._check(state, N)
        head = self._name + number.to_bytes(8, "little") + N.to_bytes(4, "little")
        return head + b"".join(np.ascontiguousarray(a, self.dtype).tobytes() for part in state for a in part)

    def unpack(self, packed: bytes) -> tuple[State, int]:
        """The state and the number of steps of what :meth:`pack` gave.

        Raises
        ------
        ValueError
            If it was cut, or is another model's: weights that changed since make a state of no meaning.
        """
        if packed[:HEAD] != self._name:
            raise checks.wrong("packed is the state of another model", "one of these weights", "Begin anew.")
        number, N = (int.from_bytes(packed[HEAD + a : HEAD + b], "little") for a, b in ((0, 8), (8, 12)))
        whole = HEAD + 12 + sum(a.size for part in self._shapes for a in part) * N * self.dtype.itemsize
        if len(packed) != whole:
            raise checks.wrong(f"packed has {len(packed)} bytes", whole, f"the state of {N} users. Was it cut short?")
        values, at = np.frombuffer(packed[HEAD + 12 :], self.dtype), 0
        arrays: list[tuple[Array, ...]] = []
        for shapes in self._shapes:
            part = []
            for a in shapes:
                size = a.shape[0] * N * a.shape[1]
                part.append(values[at : at + size].reshape(a.shape[0], N, a.shape[1]).copy())
                at += size
            arrays.append(tuple(part))
        return tuple(arrays), number

    def _read(self, x: Array) -> Array:
        """x, checked: (N,) of symbols, or (N, I) in the model's dtype."""
        x = checks.real("x", x)
        if self.symbols is not None:
            if x.ndim != 1 or not len(x) or x.dtype.kind not in "iu":
                raise checks.wrong(f"x has shape {x.shape} and dtype {x.dtype}", "(N,) of whole numbers: a symbol each")
            if x.min() < 0 or x.max() >= self.symbols:
                raise checks.wrong(f"x holds {x.min()} to {x.max()}", f"0 to {self.symbols - 1}")
            return x
        if x.ndim != 2 or x.shape[1] != self.features or not len(x):
            raise checks.wrong(f"x has shape {x.shape}", f"(N, {self.features}): users, features")
        if not np.isfinite(x).all():
            raise checks.wrong("x holds NaN or infinity", FINITE)
        return x.astype(self.dtype, copy=False)

    def _check(self, state: State, N: int) -> None:
        checks.parts("state", state, tuple(f"layer {k}" for k in range(len(self._layers))))
        for k, (part, shapes) in enumerate(zip(state, self._shapes, strict=True)):
            if len(part) != len(shapes):
                raise checks.wrong(f"state of layer {k} has {len(part)} arrays", len(shapes))
            for a, wanted in zip(part, shapes, strict=True):
                if a.shape != (wanted.shape[0], N, wanted.shape[1]):
                    hint = "Is it the state of other users, or of another model?"
                    raise checks.wrong(
                        f"state of layer {k} has shape {a.shape}", (wanted.shape[0], N, wanted.shape[1]), hint
                    )


def stream(model: Any) -> Step:
    """A model as a step with an explicit state, for one symbol at a time.

    Parameters
    ----------
    model : Sequential, or one recurrent layer
        Of either backend; the step computes with NumPy on a copy of the weights.

    Returns
    -------
    Step

    Raises
    ------
    ValueError
        If a layer needs what comes later or all that came: both directions, Final, MeanPool, MaxPool, Attention.

    Examples
    --------
    >>> import rnnkit
    >>> model = rnnkit.Sequential(rnnkit.Embedding(5, 3, rng=0), rnnkit.LSTM(3, 4, rng=0), rnnkit.Linear(4, 5, rng=0))
    >>> step = stream(model)
    >>> state, came = step.start(), []
    >>> for symbol in (3, 1, 4):
    ...     y, state = step(np.array([symbol]), state)
    ...     came.append(y)
    >>> bool(np.allclose(came, model(np.array([[3], [1], [4]])).h))
    True
    """
    if isinstance(model, Recurrent):
        model = Sequential(model)
    if not isinstance(model, Sequential):
        raise checks.wrong(f"model is of class {type(model).__name__}", "a Sequential or a recurrent layer of rnnkit's")
    return Step(model.to("numpy"))


def joined(states: Sequence[State]) -> State:
    """The states of several users as one of all of them, in their order: one step then serves them together."""
    if not states:
        raise checks.wrong("states is empty", "one or more")
    return tuple(
        tuple(np.concatenate(parts, axis=1) for parts in zip(*layer, strict=True))
        for layer in zip(*states, strict=True)
    )


def parted(state: State) -> list[State]:
    """Each user's own state of one that :func:`joined` made; copies, so that nobody keeps the others' alive."""
    N = next(a.shape[1] for part in state for a in part)
    return [tuple(tuple(a[:, n : n + 1].copy() for a in part) for part in state) for n in range(N)]


def digest(model: Any) -> bytes:
    """A hash of all weights, by name: the same on both backends."""
    found = hashlib.sha256()
    for name, a in sorted(model.params.items()):
        found.update(name.encode() + np.ascontiguousarray(to_numpy(a)).tobytes())
    return found.digest()


Layered = Callable[[Array, tuple[Array, ...]], tuple[Array, tuple[Array, ...]]]


def _kept(k: int, layer: Any) -> tuple[Layered, tuple[Array, ...]]:
    """What a layer does in one step, and the state in which it begins, an array (L, H) a part."""
    if isinstance(layer, Embedding):
        weight = np.array(layer.params["weight"])
        return lambda x, _: (weight[x], ()), ()
    if isinstance(layer, Linear):
        weight = columns(np.array(layer.params["weight"]))
        bias = np.array(layer.params["bias"]) if "bias" in layer.params else np.zeros(len(weight), weight.dtype)
        return lambda x, _: (x @ weight.T + bias, ()), ()
    if isinstance(layer, (Dropout, Last)):
        return lambda x, _: (x, ()), ()
    if not isinstance(layer, Recurrent) or layer.bidirectional:
        name = "bidirectional" if isinstance(layer, Recurrent) else type(layer).__name__
        hint = "It reads what comes later, or all that came: run the whole sequence through model(xs)."
        raise checks.wrong(f"layer {k} is {name}", "layers that read step by step, forward", hint)
    return _recurrent(layer)


def _looked_up(layers: Sequence[Any]) -> list[Any]:
    """The first two layers, if they are an Embedding and a small recurrent one: a symbol's product is looked up."""
    if len(layers) < 2 or not isinstance(layers[0], Embedding) or not isinstance(layers[1], Recurrent):
        return []
    p = layers[1].own("_l0")
    table = np.array(layers[0].params["weight"]) @ p["weight_ih"].T + sum(p[b] for b in layers[1].cell.INPUT_BIASES)
    return [(lambda x, _: (x, ()), ()), _recurrent(layers[1], table)] if table.nbytes <= LOOKED_UP else []


def _recurrent(layer: Recurrent, table: Array = None) -> tuple[Layered, tuple[Array, ...]]:
    cell = layer.cell
    own = [{name: np.array(a) for name, a in layer.own(f"_l{k}").items()} for k in range(layer.num_layers)]
    for p in own:
        p |= {name: columns(p[name]) for name in ("weight_ih", "weight_hh")}
    biases = [sum(p[name] for name in cell.INPUT_BIASES) for p in own]

    def step(h: Array, state: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
        after: list[tuple[Array, ...]] = []
        for k, p in enumerate(own):
            a_x = h @ p["weight_ih"].T + biases[k] if k or table is None else table[h]
            found, _ = cell.step(p, a_x, tuple(part[k] for part in state))
            after.append(found)
            h = found[0]
        if len(after) == 1:
            return h, tuple(part[None] for part in after[0])
        return h, tuple(np.stack(parts) for parts in zip(*after, strict=True))

    shape = layer.num_layers, layer.hidden_size
    begins = [layer.params[f"{name}_0"] if layer.learned_state else np.zeros(shape) for name in cell.STATE]
    return step, tuple(np.array(a, layer.dtype) for a in begins)
