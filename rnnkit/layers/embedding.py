"""A learned vector for each symbol."""

from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.layers.base import Layer
from rnnkit.layers.run import Applied, Gradients, applied, checked_gradient
from rnnkit.ops import Array, flat, scattered, where, zeros_like
from rnnkit.params import Rng


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
        xs = self.engine.integers("xs", xs)
        if len(xs.shape) != 2 or 0 in xs.shape:
            raise ValueError(f"xs has shape {tuple(xs.shape)}, expected (T, N): one index a step, and not one-hot.")
        if (mask := checks.mask(mask, tuple(xs.shape))) is not None:
            xs = where(self.engine.booleans(mask), xs, zeros_like(xs))
        looks = self.device != "cpu" or self.engine.readable()
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
