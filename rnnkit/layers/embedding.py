"""A learned vector for each symbol."""

from typing import Any

import numpy as np

from rnnkit import checks
from rnnkit.cells import Params
from rnnkit.layers.stateless import Applied, Stateless
from rnnkit.ops import Array, flat, scattered, zeroed
from rnnkit.params import Rng


class Embedding(Stateless):
    """A learned vector for each symbol: xs (T, N) of whole numbers in 0 ... V-1 becomes (T, N, embedding_dim).

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
        If a size is not a positive integer; in a call, if xs does not hold integers, or one is outside the vocabulary.

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
        self.num_embeddings = checks.whole("num_embeddings", num_embeddings)
        self.embedding_dim = checks.whole("embedding_dim", embedding_dim)
        super().__init__(backend=backend, device=device, dtype=dtype)
        drawn = np.random.default_rng(rng).standard_normal((self.num_embeddings, self.embedding_dim))
        self._own({"weight": drawn.astype(self.dtype)})

    def config(self) -> dict[str, Any]:
        sizes = {"num_embeddings": self.num_embeddings, "embedding_dim": self.embedding_dim}
        return sizes | super().config()

    def _compute(self, p: Params, xs: Array, mask: Array, rng: Rng) -> tuple[Array, Array, Any]:
        xs = self.engine.integers("xs", xs)
        if len(xs.shape) != 2 or 0 in xs.shape:
            raise checks.wrong(f"xs has shape {tuple(xs.shape)}", "(T, N)", "one index a step, and not one-hot.")
        if (mask := checks.mask(mask, tuple(xs.shape))) is not None:
            xs = zeroed(xs, self.engine.booleans(mask))
        looks = self.device != "cpu" or self.engine.readable()
        if looks and ((low := int(xs.min())) < 0 or int(xs.max()) >= self.num_embeddings):
            came, V = low if low < 0 else int(xs.max()), self.num_embeddings
            hint = f"the vocabulary has {V} symbols. Was it built on other data?"
            raise checks.wrong(f"xs holds index {came}", f"0 to {V - 1}", hint)
        return p["weight"][xs], xs, None

    def _derive(self, run: Applied, d_h: Array) -> tuple[Params, Array]:
        """Each row gets the sum over the steps that read it. Indices have no gradient."""
        return {"weight": scattered(flat(d_h), run.xs.reshape(-1), self.num_embeddings)}, None
