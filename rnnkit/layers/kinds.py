"""The recurrent layers by name: a class for each cell."""

from typing import Any

from rnnkit import checks
from rnnkit.cells import Cell, gru, gru_reset_before, lstm, lstm_1997, lstm_peephole, mingru, rnn, rnn_relu
from rnnkit.layers.recurrent import Recurrent


class RNN(Recurrent):
    """The simple recurrent network of Elman (1990). Arguments, call and errors: :class:`Recurrent`.

    h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)

    One argument more: ``nonlinearity``, "tanh", or "relu" for max(0, ·) in its place (Le, Jaitly and Hinton, 2015).

    Examples
    --------
    >>> import numpy as np
    >>> layer = RNN(input_size=1, hidden_size=2, rng=0)
    >>> run = layer(np.ones((3, 1, 1)))
    >>> run.h.shape, run.state[0].shape
    ((3, 1, 2), (1, 1, 2))
    """

    def __init__(self, input_size: int, hidden_size: int, *, nonlinearity: str = "tanh", **options: Any):
        checks.one_of("nonlinearity", nonlinearity, ("tanh", "relu"))
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, **options)

    @property
    def cell(self) -> Cell:  # type: ignore[override]
        return {"tanh": rnn, "relu": rnn_relu}[self.nonlinearity]

    def config(self) -> dict[str, Any]:
        return super().config() | {"nonlinearity": self.nonlinearity}


class LSTM(Recurrent):
    """The LSTM of Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000).

    Its state is (h, c); gates i, f, o in (0, 1) and candidate g in (-1, 1). Equations: :mod:`rnnkit.cells.lstm`.
    Arguments, call and errors: :class:`Recurrent`.

    Examples
    --------
    >>> import numpy as np
    >>> run = LSTM(input_size=1, hidden_size=2, rng=0)(np.ones((3, 1, 1)))
    >>> sorted(run.trace)
    ['c_l0', 'f_l0', 'g_l0', 'h_l0', 'i_l0', 'o_l0', 'tanh_c_l0']
    """

    cell = lstm


class GRU(Recurrent):
    """The GRU of Cho et al. (2014), reset gate after the product, as torch.nn and cuDNN have it.

    Gates r, z in (0, 1) and candidate n in (-1, 1); z keeps the old state. Equations: :mod:`rnnkit.cells.gru`.
    Arguments, call and errors: :class:`Recurrent`.

    Examples
    --------
    >>> import numpy as np
    >>> run = GRU(input_size=1, hidden_size=2, bidirectional=True, rng=0)(np.ones((3, 1, 1)))
    >>> run.h.shape, run.trace["z_l0_reverse"].shape
    ((3, 1, 4), (3, 1, 2))
    """

    cell = gru


class GRUResetBefore(Recurrent):
    """The GRU as Cho et al. (2014) write it, reset gate before the product. Equations: its cell's module.

    Arguments, call and errors: :class:`Recurrent`. With Torch the cell's own steps run, in a loop.

    Examples
    --------
    >>> import numpy as np
    >>> sorted(GRUResetBefore(input_size=1, hidden_size=2, rng=0)(np.ones((3, 1, 1))).trace)
    ['h_l0', 'n_l0', 'r_l0', 'z_l0']
    """

    cell = gru_reset_before


class PeepholeLSTM(Recurrent):
    """The LSTM whose gates see the cell (Gers and Schmidhuber, 2000). Equations: :mod:`rnnkit.cells.lstm_peephole`.

    Arguments, call and errors: :class:`Recurrent`. With Torch the cell's own steps run, in a loop.

    Examples
    --------
    >>> PeepholeLSTM(input_size=1, hidden_size=2, rng=0).params["weight_peephole_l0"].shape
    (6,)
    """

    cell = lstm_peephole


class LSTM1997(Recurrent):
    """The LSTM without a forget gate (Hochreiter and Schmidhuber, 1997). Equations: :mod:`rnnkit.cells.lstm_1997`.

    Arguments, call and errors: :class:`Recurrent`. With Torch the cell's own steps run, in a loop.

    Examples
    --------
    >>> LSTM1997(input_size=1, hidden_size=2, rng=0).params["weight_ih_l0"].shape
    (6, 1)
    """

    cell = lstm_1997


class MinGRU(Recurrent):
    """The minGRU of Feng et al. (2024), whose gates do not see h. Equations: :mod:`rnnkit.cells.mingru`.

    Arguments, call and errors: :class:`Recurrent`. With NumPy in a loop, with Torch by a scan over all steps at once.

    Examples
    --------
    >>> sorted(MinGRU(input_size=1, hidden_size=2, rng=0).params)
    ['bias_ih_l0', 'weight_ih_l0']
    """

    cell = mingru
