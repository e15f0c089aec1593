"""Problem set 5, applications: its exercises as data. What they forbid is absent while a function runs."""

FORBIDDEN = (
    *("torch", "jax", "tensorflow", "sklearn", "scipy", "seqeval"),
    *("rnnkit.backends", "rnnkit.data", "rnnkit.explorers", "rnnkit.layers", "rnnkit.losses", "rnnkit.metrics"),
    *("rnnkit.training", __name__),
)
NOT_THERE = "is this part of rnnkit, or a library that does the work? These functions are written with NumPy alone."
