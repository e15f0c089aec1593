"""Recurrent networks, step by step: cells, backpropagation through time and every gate, with NumPy alone.

>>> import numpy as np
>>> layer = LSTM(input_size=3, hidden_size=4, rng=0)
>>> run = layer(np.ones((5, 2, 3)))  # five time steps, a batch of two
>>> run.h.shape
(5, 2, 4)
>>> layer.backward(run, d_h=np.ones_like(run.h)).params["weight_hh_l0"].shape
(16, 4)
"""

from rnnkit import data, layouts, metrics, training
from rnnkit.gradcheck import GradientMismatch, gradcheck
from rnnkit.layers import (
    GRU,
    LSTM,
    LSTM1997,
    RNN,
    Attention,
    Dropout,
    Embedding,
    Final,
    GRUResetBefore,
    Last,
    Linear,
    MaxPool,
    MeanPool,
    MinGRU,
    PeepholeLSTM,
    Sequential,
)
from rnnkit.layouts import load, save
from rnnkit.losses import binary_cross_entropy, softmax_cross_entropy, squared_error
from rnnkit.training import SGD, Adam, AdamW, Diverged, History, RMSProp
from rnnkit.training.fit import fit
from rnnkit.unroll import bptt, replay, unroll

__version__ = "0.1.0"
__all__ = [
    "GRU",
    "LSTM",
    "LSTM1997",
    "RNN",
    "SGD",
    "Adam",
    "AdamW",
    "Attention",
    "Diverged",
    "Dropout",
    "Embedding",
    "Final",
    "GRUResetBefore",
    "GradientMismatch",
    "History",
    "Last",
    "Linear",
    "MaxPool",
    "MeanPool",
    "MinGRU",
    "PeepholeLSTM",
    "RMSProp",
    "Sequential",
    "binary_cross_entropy",
    "bptt",
    "data",
    "fit",
    "gradcheck",
    "layouts",
    "load",
    "metrics",
    "replay",
    "save",
    "softmax_cross_entropy",
    "squared_error",
    "training",
    "unroll",
]
