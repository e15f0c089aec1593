"""Problem set 2, backpropagation through time: its exercises as data. What they forbid is absent while they run."""

FORBIDDEN = (
    *("torch", "jax", "tensorflow", "autograd"),
    *("rnnkit.backends", "rnnkit.cells", "rnnkit.gradcheck", "rnnkit.layers", "rnnkit.training", "rnnkit.unroll"),
    __name__,
)
