"""The layers around a recurrent one: Embedding, Linear, Last, Dropout, and Sequential, which joins layers to a model.

Each has the call and the ``backward`` of :class:`rnnkit.layers.Recurrent`, with an empty state.
"""

from collections.abc import Collection, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from rnnkit import checks
from rnnkit.backend import Lazily, Parameters, Used, check_version, fill_all, shapes_of
from rnnkit.cells import Params
from rnnkit.layer import Layer
from rnnkit.layers import Gradients, Recurrent, Rng, Unpacked, dropout_mask
from rnnkit.ops import Array, detached, flat, scattered, where, zeros_like

NOTHING = Used({})


@dataclass(frozen=True, eq=False)
class Applied(Unpacked):
    """The result of a layer without state: ``h``, an empty ``state`` and ``trace``, and what ``backward`` reads.

    With NumPy ``h`` is read-only: copy it to change it.
    """

    layer: Layer
    h: Array
    xs: Array
    kept: Array = None
    state: tuple[Any, ...] = ()
    trace: Mapping[str, Array] = field(default_factory=dict)
    used: Used = NOTHING
    version: Any = None


def applied(layer: Layer, h: Array, xs: Array, kept: Array = None, used: Used = NOTHING) -> Applied:
    """The result, read-only where NumPy would let a caller write into what is read again."""
    where_to = layer._backend
    return Applied(layer, where_to.kept(h), xs, kept, used=used, version=where_to.version([xs]))


class Embedding(Layer):
    """A learned vector for each symbol.

    Parameters
    ----------
    num_embeddings : int
        V, the size of the vocabulary.
    embedding_dim : int
        How many numbers stand for a symbol.
    backend, device, dtype, rng
        As in :class:`rnnkit.layers.Recurrent`; weights are drawn from N(0, 1), as torch.nn draws them.

    Raises
    ------
    ValueError
        If a size is not a positive integer.

    Examples
    --------
    >>> layer = Embedding(num_embeddings=5, embedding_dim=2, rng=0)
    >>> layer(np.array([[3], [3], [0]])).h.shape
    (3, 1, 2)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        backend: str = "numpy",
        device: str = "auto",
        dtype: Any = None,
        rng: Rng = None,
    ):
        self.num_embeddings = checks.size("num_embeddings", num_embeddings)
        self.embedding_dim = checks.size("embedding_dim", embedding_dim)
        super().__init__(backend, device, dtype)
        drawn = np.random.default_rng(rng).standard_normal((self.num_embeddings, self.embedding_dim))
        self._own({"weight": drawn.astype(self.dtype)})

    def config(self) -> dict[str, Any]:
        sizes = {"num_embeddings": self.num_embeddings, "embedding_dim": self.embedding_dim}
        return sizes | {"dtype": self.dtype.name}

    def __call__(self, xs: Array, state: Any = None, mask: Array = None, rng: Rng = None) -> Applied:
        """Look up each index.

        Parameters
        ----------
        xs : array of int of shape (T, N)
            Each in 0 ... V-1.
        state, rng
            Not used: every layer of a model is called alike.
        mask : array of bool of shape (T, N), optional
            What stands in xs where it is False has no effect.

        Returns
        -------
        Applied
            ``h`` (T, N, embedding_dim).

        Raises
        ------
        ValueError
            If xs does not hold integers, or one is outside the vocabulary.
        """
        used = self._in_use()
        xs = self._backend.integers("xs", xs)
        if len(xs.shape) != 2 or 0 in xs.shape:
            raise ValueError(
                f"xs has shape {tuple(xs.shape)}, but (T, N) is expected: one index a step, and not one-hot."
            )
        if (mask := checks.mask(mask, tuple(xs.shape))) is not None:
            xs = where(self._backend.booleans(mask), xs, zeros_like(xs))
        looks = self.device != "cpu" or self._backend.readable()
        if looks and ((low := int(xs.min())) < 0 or int(xs.max()) >= self.num_embeddings):
            raise ValueError(
                f"xs holds index {low if low < 0 else int(xs.max())}, but the vocabulary has {self.num_embeddings} "
                f"symbols, 0 to {self.num_embeddings - 1}. Was it built on other data?"
            )
        return applied(self, used.arrays["weight"][xs], xs, used=used)

    def backward(self, run: Applied, d_h: Array, d_state: Any = None, window: int | None = None) -> Gradients:
        """The gradient of the weight: each row gets the sum over the steps that read it. Indices have no gradient."""
        d_h = checked_gradient(self, run, d_h)
        return Gradients({"weight": scattered(flat(d_h), run.xs.reshape(-1), self.num_embeddings)}, None, (), {})


class Linear(Layer):
    """y = W x + b at every step.

    Parameters
    ----------
    in_features, out_features : int
        The lengths of x and y.
    bias : bool
        Whether there is b.
    backend, device, dtype, rng
        As in :class:`rnnkit.layers.Recurrent`; weights are drawn from U(-1/√in_features, 1/√in_features), torch's.

    Raises
    ------
    ValueError
        If a size is not a positive integer.

    Examples
    --------
    >>> Linear(in_features=4, out_features=3, rng=0)(np.ones((5, 2, 4))).h.shape
    (5, 2, 3)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        backend: str = "numpy",
        device: str = "auto",
        dtype: Any = None,
        rng: Rng = None,
    ):
        self.in_features = checks.size("in_features", in_features)
        self.out_features = checks.size("out_features", out_features)
        self.has_bias = checks.flag("bias", bias)  # with Torch, ``bias`` is the parameter
        super().__init__(backend, device, dtype)
        rng, bound = np.random.default_rng(rng), self.in_features**-0.5
        shapes = {"weight": (self.out_features, self.in_features)} | ({"bias": (self.out_features,)} if bias else {})
        drawn = {name: rng.uniform(-bound, bound, shape).astype(self.dtype) for name, shape in shapes.items()}
        self._own(drawn)

    def config(self) -> dict[str, Any]:
        sizes = {"in_features": self.in_features, "out_features": self.out_features}
        return sizes | {"bias": self.has_bias, "dtype": self.dtype.name}

    def __call__(self, xs: Array, state: Any = None, mask: Array = None, rng: Rng = None) -> Applied:
        """Apply to the last axis of xs, (..., in_features); ``state`` and ``rng`` are not used.

        Where a mask (T, N) is given, and False, what stands in xs (T, N, in_features) has no effect.

        Raises
        ------
        ValueError
            If the last axis of xs has another length, or the mask does not have the shape of the others.
        """
        used = self._in_use()
        xs = self._backend.floats("xs", xs)
        if len(xs.shape) == 0 or xs.shape[-1] != self.in_features:
            raise ValueError(
                f"xs has shape {tuple(xs.shape)}, but (..., {self.in_features}) is expected: weight has "
                f"{self.in_features} columns. Does the layer before give other features?"
            )
        if mask is not None:
            mask = self._backend.booleans(checks.mask(mask, tuple(xs.shape[:-1])))[..., None]
            xs = where(mask, xs, zeros_like(xs))
        y = xs @ used.arrays["weight"].T
        return applied(self, y + used.arrays["bias"] if self.has_bias else y, xs, mask, used)

    def backward(self, run: Applied, d_h: Array, d_state: Any = None, window: int | None = None) -> Gradients:
        """Gradients of weight, bias and xs, from ∂L/∂y of the shape of ``run.h``."""
        d_h = checked_gradient(self, run, d_h)
        d_h = d_h if run.kept is None else where(run.kept, d_h, zeros_like(d_h))
        d_params = {"weight": flat(d_h).T @ flat(detached(run.xs))}
        if self.has_bias:
            d_params["bias"] = flat(d_h).sum(0)
        return Gradients(d_params, d_h @ detached(run.used.arrays["weight"]), (), {})


class Pooling(Layer):
    """What makes one vector of each sequence; what comes after it in a Sequential has no time, and no mask."""

    over_time = True

    def __init__(self, *, backend: str = "numpy", device: str = "auto", dtype: Any = None):
        super().__init__(backend, device, dtype)
        self._own({})

    def config(self) -> dict[str, Any]:
        return {"dtype": self.dtype.name}

    def _checked(self, xs: Array, mask: Array) -> tuple[Array, Any]:
        """xs (T, N, K), and the mask (T, N) in NumPy. A ValueError if there is no step of some sequence."""
        xs = self._backend.floats("xs", xs)
        checks.features("xs", xs, xs.shape[-1] if len(xs.shape) else 0, "the layer")
        there = np.ones(tuple(xs.shape[:2]), bool)
        if (mask := checks.mask(mask, there.shape)) is None:
            return xs, there
        if not mask.any(0).all():
            empty = int(np.flatnonzero(~mask.any(0))[0])
            raise ValueError(f"mask is False in all of sequence {empty}, but {type(self).__name__} needs one step.")
        return xs, mask


class Last(Pooling):
    """Each sequence's last output: (T, N, K) becomes (N, K). With a mask, the last one where it is True.

    Of a bidirectional layer the reverse half of the last output has read one step: take Final there. A Sequential
    refuses Last after such a layer.

    Examples
    --------
    >>> Last()(np.arange(6.0).reshape(3, 2, 1)).h.tolist()
    [[4.0], [5.0]]
    """

    def __call__(self, xs: Array, state: Any = None, mask: Array = None, rng: Rng = None) -> Applied:
        """Pick from xs (T, N, K).

        Raises
        ------
        ValueError
            If xs has another number of axes, or the mask leaves a sequence without a step.
        """
        xs, mask = self._checked(xs, mask)
        last = len(mask) - 1 - mask[::-1].argmax(0)
        return applied(self, xs[last, np.arange(len(last))], xs, last)

    def backward(self, run: Applied, d_h: Array, d_state: Any = None, window: int | None = None) -> Gradients:
        """∂L/∂xs: ``d_h`` at each sequence's last step, and zero elsewhere."""
        d_h = checked_gradient(self, run, d_h)
        d_xs = zeros_like(detached(run.xs))
        d_xs[run.kept, np.arange(len(run.kept))] = d_h
        return Gradients({}, d_xs, (), {})


class Dropout(Layer):
    """A share of the features is not seen in training, by one mask a sequence (Gal and Ghahramani, 2016).

    Parameters
    ----------
    share : float in [0, 1)
        What part is dropped; the rest is divided by 1 - share.

    Raises
    ------
    ValueError
        If the share is outside its range.

    Examples
    --------
    >>> layer = Dropout(0.5)
    >>> layer(np.ones((2, 1, 3))).h[0, 0].tolist()  # without a generator nothing is dropped
    [1.0, 1.0, 1.0]
    >>> layer(np.ones((2, 1, 3)), rng=0).h[:, 0].tolist()
    [[2.0, 0.0, 0.0], [2.0, 0.0, 0.0]]
    """

    def __init__(self, share: float, *, backend: str = "numpy", device: str = "auto", dtype: Any = None):
        self.share = checks.share("share", share)
        super().__init__(backend, device, dtype)
        self._own({})

    def config(self) -> dict[str, Any]:
        return {"share": self.share, "dtype": self.dtype.name}

    def __call__(self, xs: Array, state: Any = None, mask: Array = None, rng: Rng = None) -> Applied:
        """Multiply xs, (T, N, K) or (N, K), by a mask of shape (N, K); left as it is where no ``rng`` is given."""
        xs = self._backend.floats("xs", xs)
        if not self.share or (rng := self._drawing(rng)) is None:
            return applied(self, xs, xs)
        dropped = dropout_mask(np.random.default_rng(rng), tuple(xs.shape[-2:]), self.share, self._backend)
        return applied(self, xs * dropped, xs, dropped)

    def backward(self, run: Applied, d_h: Array, d_state: Any = None, window: int | None = None) -> Gradients:
        """∂L/∂xs, by the same mask."""
        d_h = checked_gradient(self, run, d_h)
        return Gradients({}, d_h if run.kept is None else d_h * run.kept, (), {})


@dataclass(frozen=True, eq=False)
class SequentialRun(Unpacked):
    """``h``: the last layer's output. ``state``: one tuple a layer, () for those without. ``trace``: with the layer's
    number, as in ``1.f_l0``. ``runs``: each layer's own result."""

    h: Array
    state: tuple[Any, ...]
    trace: Mapping[str, Array]
    runs: tuple[Any, ...]


class Sequential:
    """Layers one after the other: a model.

    Parameters
    ----------
    *layers : Layer
        On one backend and device.
    tied : mapping of names, optional
        Parameters that are another one: ``{"2.weight": "0.weight"}`` gives layer 2 the weight of layer 0, as between an
        Embedding and the Linear that scores its symbols (Press and Wolf, 2017). Its own is let go.

    Attributes
    ----------
    params : mapping of arrays
        The layers' own, named as torch.nn.Sequential names them: ``0.weight``, ``1.weight_ih_l0``. Those that are tied
        stand there once, and their gradient is the sum.

    Raises
    ------
    ValueError
        If there is no layer, one stands there twice, two are on different backends or devices, Last comes after a
        bidirectional layer, or tied names two parameters that do not fit.

    Examples
    --------
    >>> from rnnkit import GRU
    >>> model = Sequential(Embedding(10, 3, rng=0), GRU(3, 4, rng=0), Last(), Linear(4, 2, rng=0))
    >>> run = model(np.array([[1, 2], [3, 4], [5, 6]]))
    >>> run.h.shape, run.trace["1.z_l0"].shape
    ((2, 2), (3, 2, 4))
    >>> model.backward(run, np.ones((2, 2))).params["1.weight_hh_l0"].shape
    (12, 4)
    """

    layers: tuple[Any, ...]

    def __init__(self, *layers: Any, tied: Mapping[str, str] | None = None):
        if not layers or not all(isinstance(layer, Layer) and layer.in_a_row for layer in layers):
            came = ", ".join(type(layer).__name__ for layer in layers) or "nothing"
            raise ValueError(f"layers are expected, as in Sequential(LSTM(3, 4), Linear(4, 2)), but {came} came.")
        places = [f"{layer.backend} on {layer.device}, {layer.dtype}" for layer in layers]
        if len(set(places)) > 1:
            raise ValueError(
                f"all layers have to be on one backend, device and dtype, but they are: {', '.join(places)}."
            )
        if len({id(layer) for layer in layers}) < len(layers):
            raise ValueError("a layer stands twice in this model, but each needs weights of its own: give a copy.")
        _check_directions(layers)
        layers[0]._backend.join(self, layers)
        self.tied = dict(tied or {})
        _check_tied(self.tied, Joined(self.layers))
        self.tie()

    def tie(self) -> None:
        """Let tied parameters be one array, as they are when the model is made, copied, or filled from a state_dict."""
        for name, source in self.tied.items():
            (layer, own), (other, theirs) = self._place(name), self._place(source)
            layer._tie(own, other._array(theirs))

    def _place(self, name: str) -> tuple[Any, str]:
        number, _, own = name.partition(".")
        return self.layers[int(number)], own

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.tie()

    @property
    def kind(self) -> type:
        """As a layer's."""
        return type(self)

    @property
    def backend(self) -> str:
        return str(self.layers[0].backend)

    @property
    def device(self) -> str:
        return str(self.layers[0].device)

    @property
    def dtype(self) -> Any:
        return self.layers[0].dtype

    @property
    def params(self) -> "Joined":
        """The parameters of all layers by name; what is assigned is copied into them."""
        return Joined(self.layers, self.tied)

    @params.setter
    def params(self, values: Mapping[str, Array]) -> None:
        self.params.update(values)

    def __repr__(self) -> str:
        return "Sequential(\n" + "".join(f"    {k}: {layer!r}\n" for k, layer in enumerate(self.layers)) + ")"

    def to(self, backend: str | None = None, device: str | None = None, dtype: Any = None) -> Self:
        """The same model with the same weights elsewhere; arguments as in :meth:`rnnkit.layers.Layer.to`."""
        made: Self = self.kind(
            *(layer.to(backend or self.backend, device, dtype) for layer in self.layers), tied=self.tied
        )
        return made

    def __call__(self, xs: Array, state: Any = None, mask: Array = None, rng: Rng = None) -> SequentialRun:
        """Run over a batch of sequences.

        Parameters
        ----------
        xs : array of shape (T, N, I), or of int and (T, N) for an Embedding
            With Torch also a ``PackedSequence``, which brings its own mask.
        state : tuple with one entry a layer, optional
            What an earlier call's ``run.state`` held; left out: each layer's own start.
        mask : array of bool of shape (T, N), optional
            True where there is data.
        rng : Generator or int, optional
            Draws the dropout masks: give it in training.

        Returns
        -------
        SequentialRun

        Raises
        ------
        ValueError
            From the layer whose input does not fit.
        """
        if state is None:
            state = (None,) * len(self.layers)
        checks.parts("state", state, tuple(f"layer {k}" for k in range(len(self.layers))))
        rng = rng if rng is None else np.random.default_rng(rng)
        (h, mask), runs = self.layers[0]._backend.padded(xs, mask), []
        for layer, start in zip(self.layers, state, strict=True):
            run = layer(h, _or_none(start), mask, rng)
            h, mask = run.h, None if layer.over_time else mask
            runs.append(run)
        trace = Lazily(lambda: {f"{k}.{name}": a for k, run in enumerate(runs) for name, a in run.trace.items()})
        return SequentialRun(h, tuple(run.state for run in runs), trace, tuple(runs))

    def backward(self, run: SequentialRun, d_h: Array, d_state: Any = None, window: int | None = None) -> Gradients:
        """Backpropagation through all layers; arguments as in :meth:`rnnkit.layers.Recurrent.backward`.

        ``d_state`` and the result's ``state`` have one entry a layer; the result's ``params`` has the model's names.
        """
        if not isinstance(run, SequentialRun) or len(run.runs) != len(self.layers):
            raise ValueError(
                "run is not a result of this model: expected what model(xs) returned, as in run = model(xs)."
            )
        if d_state is None:
            d_state = (None,) * len(self.layers)
        checks.parts("d_state", d_state, tuple(f"layer {k}" for k in range(len(self.layers))))
        by_layer: list[Gradients] = []
        for layer, own, d_end in zip(self.layers[::-1], run.runs[::-1], d_state[::-1], strict=True):
            by_layer.insert(0, layer.backward(own, d_h, _or_none(d_end), window))
            d_h = by_layer[0].xs
        d_params: Params = {f"{k}.{name}": d for k, g in enumerate(by_layer) for name, d in g.params.items()}
        for name, source in self.tied.items():
            d_params[source] = d_params[source] + d_params.pop(name)
        totals = Lazily(lambda: {f"{k}.{name}": d for k, g in enumerate(by_layer) for name, d in g.h.items()})
        return Gradients(d_params, d_h, tuple(g.state for g in by_layer), totals)


class Joined(MutableMapping[str, Array]):
    """The parameters of several layers under one name each, ``layer.name``; reading and assigning go to the layer."""

    def __init__(self, layers: tuple[Layer, ...], tied: Collection[str] = ()):
        self._layers, self._tied = layers, tied

    def _place(self, name: str) -> tuple[Parameters, str]:
        number, _, own = name.partition(".")
        if number.isdecimal() and int(number) < len(self._layers) and own in self._layers[int(number)].params:
            return self._layers[int(number)].params, own
        raise KeyError(f"{name}; there are {', '.join(self)}")

    def __getitem__(self, name: str) -> Array:
        params, own = self._place(name)
        return params[own]

    def __setitem__(self, name: str, value: Array) -> None:
        params, own = self._place(name)
        params[own] = value

    def update(self, *values: Any, **named: Array) -> None:
        """Assign all of these, or, where one does not fit, none."""
        fill_all([(*self._place(name), value) for name, value in dict(*values, **named).items()])

    def __delitem__(self, name: str) -> None:
        raise ValueError(f"{name} cannot be removed: a layer has the parameters that it was made with.")

    def __iter__(self) -> Iterator[str]:
        names = (f"{k}.{name}" for k, layer in enumerate(self._layers) for name in layer.params)
        return (name for name in names if name not in self._tied)

    def __len__(self) -> int:
        return sum(len(layer.params) for layer in self._layers) - len(self._tied)

    def __repr__(self) -> str:
        return shapes_of(self)


def _or_none(state: Any) -> Any:
    """None for the () of a layer without state."""
    return None if isinstance(state, tuple) and not state else state


def _check_tied(tied: Mapping[str, str], params: Joined) -> None:
    for name, source in tied.items():
        if unknown := [own for own in (name, source) if own not in params]:
            raise ValueError(f"tied has {unknown[0]!r}, expected names of parameters: {', '.join(params)}.")
        if source in tied:
            raise ValueError(f"tied has {name!r}: {source!r}, expected one that is not tied itself: {tied[source]!r}.")
        came, wanted = tuple(params[name].shape), tuple(params[source].shape)
        if came != wanted:
            raise ValueError(f"tied has {name!r} of shape {came}, expected {wanted}: that of {source!r}.")


def _check_directions(layers: tuple[Any, ...]) -> None:
    """A ValueError if a layer reads the last step of two directions, where the reverse one has only begun."""
    before: Any = None  # the recurrent layer whose outputs, or a Dropout's of those, come
    both = False
    for k, layer in enumerate(layers):
        if isinstance(layer, Recurrent):
            before, both = layer, layer.bidirectional
        elif isinstance(layer, Last) and both:
            raise ValueError(
                f"layer {k} is Last after a bidirectional layer, expected Final(bidirectional=True), MeanPool() or "
                "MaxPool(): the reverse half of the last output has read one step."
            )
        elif isinstance(layer, Pooling) and hasattr(layer, "bidirectional"):
            if before is None or layer.bidirectional != both:
                came = "no recurrent layer just before it" if before is None else f"bidirectional={both} before it"
                raise ValueError(
                    f"layer {k} is Final(bidirectional={layer.bidirectional}) with {came}, expected the outputs of a "
                    "layer of that many directions."
                )
        elif not isinstance(layer, Dropout):
            before = None


def checked_gradient(layer: Layer, run: Any, d_h: Array) -> Array:
    """d_h as this layer's backend has it, detached, with the shape of ``run.h``."""
    if not isinstance(run, Applied) or run.layer is not layer:
        raise ValueError("run is not a result of this layer: expected what layer(xs) returned, as in run = layer(xs).")
    run.used.check(layer._backend)
    check_version(run.version, layer._backend.version([run.xs]))
    d_h = detached(layer._backend.floats("d_h", d_h))
    if d_h.shape != run.h.shape:
        raise ValueError(
            f"d_h has shape {tuple(d_h.shape)}, but run.h has {tuple(run.h.shape)}: one gradient for each output."
        )
    return d_h
