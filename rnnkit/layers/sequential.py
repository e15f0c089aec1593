"""Layers one after the other: a model."""

from collections.abc import Collection, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from rnnkit import checks
from rnnkit.backends.lazily import Lazily, shapes_of
from rnnkit.cells import Params
from rnnkit.layers.base import Layer
from rnnkit.layers.dropout import Dropout
from rnnkit.layers.parameters import Parameters, fill_all, kept
from rnnkit.layers.pooling import Last, Pooling
from rnnkit.layers.recurrent import Recurrent
from rnnkit.layers.run import Gradients, Unpacked
from rnnkit.ops import Array
from rnnkit.params import Rng


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
        Embedding and the Linear that scores its symbols (Press and Wolf, 2017). Its own is let go. With Torch, layers
        that share a tensor are tied as well: ``linear.weight = embedding.weight``.

    Attributes
    ----------
    params : mapping of arrays
        The layers' own, named as torch.nn.Sequential names them: ``0.weight``, ``1.weight_ih_l0``. Those that are tied
        stand there once, and their gradient is the sum.
    tied : dict of names
        Each parameter that is another's array now, and the one that it is.

    Raises
    ------
    ValueError
        If there is no layer, one stands there twice, two are on different backends or devices, Last comes after a
        bidirectional layer, or tied names two parameters that do not fit.

    Examples
    --------
    >>> from rnnkit import GRU, Embedding, Linear
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
            came = ", ".join(_named(layer) for layer in layers) or "nothing"
            raise checks.wrong(
                f"layers are {came}", "layers that read one sequence", "such as Sequential(LSTM(3, 4), Linear(4, 2))."
            )
        places = [f"{layer.backend} on {layer.device}, {layer.dtype}" for layer in layers]
        if len(set(places)) > 1:
            raise checks.wrong(f"layers are {', '.join(places)}", "all on one backend, on one device, and of one dtype")
        if len({id(layer) for layer in layers}) < len(layers):
            raise checks.wrong(
                "a layer stands twice in this model", "each once, with weights of its own", "give a copy."
            )
        _check_directions(layers)
        layers[0].engine.join(self, layers)
        if tied is not None and not isinstance(tied, Mapping):
            raise checks.wrong(f"tied is {tied!r}", "a dict of names", "such as {'2.weight': '0.weight'}.")
        self._ties = dict(tied or {})
        _check_tied(self._ties, Joined(self.layers))
        self.tie()
        self._ties = self.tied

    def tie(self) -> None:
        """Let tied parameters be one array, as they are when the model is made, copied, or filled from a state_dict."""
        for name, source in self._ties.items():
            (layer, own), (other, theirs) = self._place(name), self._place(source)
            layer._tie(own, other._array(theirs))

    @property
    def tied(self) -> dict[str, str]:
        arrays = {f"{k}.{own}": layer._array(own) for k, layer in enumerate(self.layers) for own in layer.params}
        found = {name: source for name, source in self._ties.items() if arrays[name] is arrays[source]}
        first: dict[int, str] = {}
        for name, array in arrays.items():
            if name not in found and (source := first.setdefault(id(array), name)) != name:
                found[name] = source
        return found

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
        layers = "".join(f"    {k}: {layer!r}\n" for k, layer in enumerate(self.layers))
        ties = "".join(f"    {name} is {source}\n" for name, source in self.tied.items())
        return f"Sequential(\n{layers}{ties})"

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
        (h, mask), runs = self.layers[0].engine.padded(xs, mask), []
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
        own = isinstance(run, SequentialRun) and len(run.runs) == len(self.layers)
        checks.result(own, "model", "model(xs)")
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

    def __init__(self, layers: tuple[Any, ...], tied: Collection[str] = ()):
        self._layers, self._tied = layers, tied

    def _place(self, name: str) -> tuple[Parameters, str]:
        number, _, own = name.partition(".")
        if number.isdecimal() and int(number) < len(self._layers) and own in self._layers[int(number)].params:
            return self._layers[int(number)].params, own
        raise KeyError(f"{name}, expected one of {', '.join(self)}")

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
        raise kept(name)

    def __iter__(self) -> Iterator[str]:
        names = (f"{k}.{name}" for k, layer in enumerate(self._layers) for name in layer.params)
        return (name for name in names if name not in self._tied)

    def __len__(self) -> int:
        return sum(len(layer.params) for layer in self._layers) - len(self._tied)

    def __repr__(self) -> str:
        return shapes_of(self)


def _named(layer: Any) -> str:
    """A layer's class, and whose it is, if it is not rnnkit's."""
    library = type(layer).__module__.partition(".")[0]
    return f"{library}'s {type(layer).__name__}" if library == "torch" else type(layer).__name__


def _or_none(state: Any) -> Any:
    """None for the () of a layer without state."""
    return None if isinstance(state, tuple) and not state else state


def _check_tied(tied: Mapping[str, str], params: Joined) -> None:
    for name, source in tied.items():
        if unknown := [own for own in (name, source) if own not in params]:
            raise checks.wrong(f"tied has {unknown[0]!r}", "names of parameters", f"{', '.join(params)}.")
        if source in tied:
            raise checks.wrong(f"tied has {name!r}: {source!r}", "one that is not tied itself", f"{tied[source]!r}.")
        came, wanted = tuple(params[name].shape), tuple(params[source].shape)
        if came != wanted:
            raise checks.wrong(f"tied has {name!r} of shape {came}", wanted, f"that of {source!r}.")


def _check_directions(layers: tuple[Any, ...]) -> None:
    """A ValueError if a layer reads the last step of two directions, where the reverse one has only begun."""
    before: Any = None  # the recurrent layer whose outputs, or a Dropout's of those, come
    both = False
    for k, layer in enumerate(layers):
        if isinstance(layer, Recurrent):
            before, both = layer, layer.bidirectional
        elif isinstance(layer, Last) and both:
            raise checks.wrong(
                f"layer {k} is Last after a bidirectional layer",
                "Final(bidirectional=True), MeanPool() or MaxPool()",
                "the reverse half of the last output has read one step.",
            )
        elif isinstance(layer, Pooling) and hasattr(layer, "bidirectional"):
            if before is None or layer.bidirectional != both:
                came = "no recurrent layer just before it" if before is None else f"bidirectional={both} before it"
                raise checks.wrong(
                    f"layer {k} is Final(bidirectional={layer.bidirectional}) with {came}",
                    "the outputs of a layer of that many directions",
                )
        elif not isinstance(layer, Dropout):
            before = None
