"""Weights in and out: torch.nn, Keras, ONNX, and files of safetensors.

What the libraries do differently:

=====================  ======================  ============================  ==============================
What                   rnnkit and torch.nn     Keras                         ONNX
=====================  ======================  ============================  ==============================
input weights          (G*H, I)                (I, G*H)                      (D, G*H, I)
an LSTM's gates        i, f, g, o              i, f, c, o                    i, o, f, c
a GRU's gates          r, z, n                 z, r, h                       z, r, h
a GRU's z keeps        the old state           the old state                 the old state
a GRU's reset gate     after the product       after; before if not          before; after if
                                               ``reset_after``               ``linear_before_reset``
biases                 b_ih and b_hh           their sum; both, (2, 3H),     both, one after the other
                                               for a GRU that resets after
peepholes              i, f, o                 none                          i, o, f
an LSTM's state        (h, c)                  [h, c]                        initial_h, initial_c
a state's shape        (L*D, N, H)             (N, H) a layer, direction     (D, N, H)
outputs                (T, N, D*H)             (N, T, D*H)                   (T, D, N, H)
=====================  ======================  ============================  ==============================

Keras and ONNX write c for the candidate g of an LSTM, and h for the candidate n of a GRU.
"""

from rnnkit.layouts.files import load, save
from rnnkit.layouts.keras import from_keras, to_keras
from rnnkit.layouts.onnx import to_onnx
from rnnkit.layouts.onnx_nodes import run_node
from rnnkit.layouts.onnx_stack import from_onnx
from rnnkit.layouts.torch import from_torch, to_torch

__all__ = ["from_keras", "from_onnx", "from_torch", "load", "run_node", "save", "to_keras", "to_onnx", "to_torch"]
