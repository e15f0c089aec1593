"""Training: :func:`rnnkit.fit`, optimisers, schedules of the learning rate, clipping, checkpoints, the history."""

from rnnkit.training import checkpoint
from rnnkit.training.clipping import Diverged, clip_by_global_norm, global_norm
from rnnkit.training.history import History
from rnnkit.training.optimisers import SGD, Adam, AdamW, Optimizer, RMSProp
from rnnkit.training.schedules import Constant, Cosine, InverseSqrt, StepDecay, Warmup

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Constant",
    "Cosine",
    "Diverged",
    "History",
    "InverseSqrt",
    "Optimizer",
    "RMSProp",
    "StepDecay",
    "Warmup",
    "checkpoint",
    "clip_by_global_norm",
    "global_norm",
]
