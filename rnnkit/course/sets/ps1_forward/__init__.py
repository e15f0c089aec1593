"""Problem set 1, the forward pass: its exercises as data. The parity is with rnnkit's own cell and loss."""
