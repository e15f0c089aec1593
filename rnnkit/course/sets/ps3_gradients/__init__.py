"""Problem set 3, vanishing and exploding gradients: its exercises as data. What they forbid is absent meanwhile."""

FORBIDDEN = (
    *("torch", "jax", "tensorflow", "autograd", "scipy"),
    *("rnnkit.backends", "rnnkit.cells", "rnnkit.data", "rnnkit.gradcheck", "rnnkit.layers", "rnnkit.params"),
    *("rnnkit.training", "rnnkit.unroll"),
    __name__,
)
NOT_THERE = "is this part of rnnkit, or a library that does the work? These functions are written with NumPy alone."
