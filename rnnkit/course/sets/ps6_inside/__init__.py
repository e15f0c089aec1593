"""Problem set 6, looking inside: its exercises as data. What they forbid is absent while a function runs."""

FORBIDDEN = (
    *("torch", "jax", "tensorflow", "autograd", "sklearn", "scipy", "captum"),
    *("rnnkit.backends", "rnnkit.cells", "rnnkit.explorers", "rnnkit.figures", "rnnkit.layers", "rnnkit.records"),
    *("rnnkit.training", "rnnkit.unroll", __name__),
)
NOT_THERE = "is this part of rnnkit, or a library that does the work? These functions are written with NumPy alone."
