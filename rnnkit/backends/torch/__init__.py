"""The Torch backend: torch.nn's fused modules do the work, and the trace is replayed from their outputs.

A fused module returns every h_t and no gate. But the gates are functions of x_t and h_{t-1}, so one matrix product over
all steps recovers them; the one thing that needs a scan over time is the LSTM's cell, and that scan is elementwise. It
costs nothing when nobody asks, and is the same on oneDNN, cuDNN and MPS. On a CPU the replay and the hand-written way
back run in NumPy, on the same memory: its tanh is several times faster than Torch's.
"""
