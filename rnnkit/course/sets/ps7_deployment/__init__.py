"""Problem set 7, deployment: its exercises as data. What they forbid is absent while an answer runs."""

FORBIDDEN = (
    *("torch", "jax", "tensorflow", "onnx", "onnxruntime", "safetensors", "scipy", "sklearn"),
    *("rnnkit.backends", "rnnkit.cells", "rnnkit.data", "rnnkit.deploy", "rnnkit.explorers", "rnnkit.layers"),
    *("rnnkit.layouts", "rnnkit.training", "rnnkit.unroll"),
    *(f"{__name__}.{name}" for name in ("bundles", "carried", "eight_bits", "latency", "pooled", "together")),
)
NOT_THERE = "is this part of rnnkit, or a library that does the work? These answers are written with NumPy alone."
