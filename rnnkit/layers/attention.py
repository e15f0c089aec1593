"""Additive attention (Bahdanau, Cho and Bengio, 2015) with its adjoint.

e_st = v · tanh(W_q q_s + W_k k_t)       how well key t fits query s
α_s  = softmax over t of e_st            0 where the mask is False
h_s  = Σ_t α_st k_t                      the context
"""

from typing import Any, NamedTuple

import numpy as np

from rnnkit import checks
from rnnkit.backends.record import Seen, Used
from rnnkit.cells import Params
from rnnkit.layers.base import Layer
from rnnkit.ops import Array, detached, flat, softmax, tanh, where, zeroed, zeros_like
from rnnkit.params import Rng, drawn


class AttentionRun(NamedTuple):
    """``h`` (S, N, K), the contexts; ``weights`` (S, T, N), in [0, 1], sums to 1 over T; and what backward reads."""

    layer: "Attention"
    h: Array
    weights: Array
    queries: Array
    keys: Array
    match: Array  # (S, N, T, A): tanh(...)
    used: Used
    seen: Seen


class AttentionGradients(NamedTuple):
    """``params`` as in the layer, ``queries`` (S, N, Q), ``keys`` (T, N, K)."""

    params: Params
    queries: Array
    keys: Array


class Attention(Layer):
    """What to read of a sequence, asked by another: the attention of Bahdanau, Cho and Bengio (2015).

    Parameters
    ----------
    query_size : int
        Q, the features of a query: the decoder's state.
    key_size : int
        K, the features of a key: the encoder's output, D*H.
    hidden_size : int
        A, the units that compare the two.
    backend, device, dtype, rng
        As in :class:`rnnkit.layers.Recurrent`; weights are drawn from U(-1/√A, 1/√A).

    Attributes
    ----------
    params : mapping of arrays
        ``weight_query`` (A, Q), ``weight_key`` (A, K), ``weight_score`` (A,): W_q, W_k and v.

    Raises
    ------
    ValueError
        If a size is not a positive integer.

    Examples
    --------
    >>> attention = Attention(query_size=4, key_size=3, hidden_size=5, rng=0)
    >>> run = attention(queries=np.ones((1, 2, 4)), keys=np.ones((7, 2, 3)))
    >>> run.h.shape, run.weights.sum(1).round(6).tolist()
    ((1, 2, 3), [[1.0, 1.0]])
    """

    in_a_row = False  # it reads two sequences

    def __init__(
        self,
        query_size: int,
        key_size: int,
        hidden_size: int,
        *,
        backend: str = "numpy",
        device: str = "auto",
        dtype: Any = None,
        rng: Rng = None,
    ):
        self.query_size, self.key_size = checks.whole("query_size", query_size), checks.whole("key_size", key_size)
        self.hidden_size = checks.whole("hidden_size", hidden_size)
        super().__init__(backend=backend, device=device, dtype=dtype)
        A = self.hidden_size
        shapes = {"weight_query": (A, self.query_size), "weight_key": (A, self.key_size), "weight_score": (A,)}
        self._own(drawn(shapes, A**-0.5, rng, self.dtype))

    def config(self) -> dict[str, Any]:
        sizes = {"query_size": self.query_size, "key_size": self.key_size, "hidden_size": self.hidden_size}
        return sizes | super().config()

    def __call__(self, queries: Array, keys: Array, mask: Array = None) -> AttentionRun:
        """Read the keys once for each query.

        Parameters
        ----------
        queries : array of shape (S, N, Q)
            One a step of the decoder; S = 1 while it decodes.
        keys : array of shape (T, N, K)
        mask : array of bool of shape (T, N), optional
            True where there is a key; what stands elsewhere, NaN included, has no effect.

        Returns
        -------
        AttentionRun

        Raises
        ------
        ValueError
            If a shape does not fit, or the mask leaves a sequence without a key.
        """
        used = self._in_use()
        queries, keys = self.engine.floats("queries", queries), self.engine.floats("keys", keys)
        checks.features("queries", queries, self.query_size, "weight_query")
        checks.features("keys", keys, self.key_size, "weight_key")
        if queries.shape[1] != keys.shape[1]:
            raise checks.wrong(f"queries has a batch of {queries.shape[1]}", f"{keys.shape[1]}, as keys has")
        if (mask := checks.mask(mask, tuple(keys.shape[:2]))) is not None:
            checks.no_empty(mask, "one key or more")
            mask = self.engine.booleans(mask)
            keys = zeroed(keys, mask)
        p, by_batch = used.arrays, keys.swapaxes(0, 1)  # (N, T, K)
        match = tanh((queries @ p["weight_query"].T)[:, :, None] + by_batch @ p["weight_key"].T)  # (S, N, T, A)
        scores = match @ p["weight_score"]  # (S, N, T)
        if mask is not None:
            scores = where(mask.T, scores, zeros_like(scores) - np.inf)
        weights = softmax(scores)
        h = (weights.swapaxes(0, 1) @ by_batch).swapaxes(0, 1)  # (N, S, T) (N, T, K)
        weights = self.engine.kept(weights.swapaxes(1, 2))
        seen = Seen(self.engine, (queries, keys, match, weights))
        return AttentionRun(self, h, weights, queries, keys, match, used, seen)

    def backward(self, run: AttentionRun, d_h: Array) -> AttentionGradients:
        """The adjoint.

        Parameters
        ----------
        run : AttentionRun
            What the call returned.
        d_h : array of shape (S, N, K)
            ∂L/∂h.

        Returns
        -------
        AttentionGradients

        Raises
        ------
        ValueError
            If d_h does not have the shape of ``run.h``.
        """
        checks.result(isinstance(run, AttentionRun) and run.layer is self, "layer", "attention(queries, keys)")
        run.used.seen.check()
        run.seen.check()
        d_h = detached(self.engine.floats("d_h", d_h))
        checks.shape("d_h", d_h, run.h.shape, "one gradient for each output.")
        p = {name: detached(a) for name, a in run.used.arrays.items()}
        queries, keys, match = detached(run.queries), detached(run.keys), detached(run.match)
        by_batch, weights = keys.swapaxes(0, 1), detached(run.weights).swapaxes(1, 2)  # (N, T, K), (S, N, T)
        d_contexts = d_h.swapaxes(0, 1)  # (N, S, K)
        d_weights = (d_contexts @ by_batch.swapaxes(1, 2)).swapaxes(0, 1)  # (S, N, T)
        d_scores = weights * (d_weights - (weights * d_weights).sum(-1, keepdims=True))
        d_match = d_scores[..., None] * p["weight_score"] * (1 - match * match)  # (S, N, T, A), before the tanh
        d_from_q, d_from_k = d_match.sum(2), d_match.sum(0)  # (S, N, A), (N, T, A)
        d_params = {
            "weight_query": flat(d_from_q).T @ flat(queries),
            "weight_key": flat(d_from_k).T @ flat(by_batch),
            "weight_score": d_scores.reshape(-1) @ flat(match),
        }
        d_keys = weights.swapaxes(0, 1).swapaxes(1, 2) @ d_contexts + d_from_k @ p["weight_key"]  # (N, T, K)
        return AttentionGradients(d_params, d_from_q @ p["weight_query"], d_keys.swapaxes(0, 1))
