"""The layers: recurrent ones for each cell, those around them, and Sequential, which makes a model of them.

Read base.py, run.py, recurrent.py and kinds.py first, then stateless.py: the others share its call and ``backward``.
"""

from rnnkit.layers.attention import Attention
from rnnkit.layers.base import Layer
from rnnkit.layers.dropout import Dropout
from rnnkit.layers.embedding import Embedding
from rnnkit.layers.kinds import GRU, LSTM, LSTM1997, RNN, GRUResetBefore, MinGRU, PeepholeLSTM
from rnnkit.layers.linear import Linear
from rnnkit.layers.pooling import Final, Last, MaxPool, MeanPool, Pooling
from rnnkit.layers.recurrent import Recurrent
from rnnkit.layers.run import Gradients, Run
from rnnkit.layers.sequential import Sequential, SequentialRun
from rnnkit.layers.stateless import Applied, Stateless

__all__ = [
    "GRU",
    "LSTM",
    "LSTM1997",
    "RNN",
    "Applied",
    "Attention",
    "Dropout",
    "Embedding",
    "Final",
    "GRUResetBefore",
    "Gradients",
    "Last",
    "Layer",
    "Linear",
    "MaxPool",
    "MeanPool",
    "MinGRU",
    "PeepholeLSTM",
    "Pooling",
    "Recurrent",
    "Run",
    "Sequential",
    "SequentialRun",
    "Stateless",
]
