"""Problem set 4, gates: its exercises as data. What they forbid is absent while they run."""

FORBIDDEN = (
    *("torch", "jax", "tensorflow", "autograd"),
    *("rnnkit.backends", "rnnkit.cells", "rnnkit.explorers", "rnnkit.gradcheck", "rnnkit.layers", "rnnkit.training"),
    *("rnnkit.unroll", __name__),
)
NOT_THERE = "is this part of rnnkit, or a library that does the work? These functions are written with NumPy alone."
