"""Recurrent networks, step by step: cells, backpropagation through time and every gate, with NumPy alone.

>>> import numpy as np
>>> layer = LSTM(input_size=3, hidden_size=4, rng=0)
>>> run = layer(np.ones((5, 2, 3)))  # five time steps, a batch of two
>>> run.h.shape
(5, 2, 4)
>>> layer.backward(run, d_h=np.ones_like(run.h)).params["weight_hh_l0"].shape
(16, 4)
"""

from rnnkit.gradcheck import GradientMismatch, gradcheck
from rnnkit.layers import GRU, LSTM, RNN
from rnnkit.losses import softmax_cross_entropy
from rnnkit.unroll import bptt, replay, unroll

__version__ = "0.1.0"
__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "GradientMismatch",
    "bptt",
    "gradcheck",
    "replay",
    "softmax_cross_entropy",
    "unroll",
]
