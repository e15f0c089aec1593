"""Measures of what a model answers: of classes, of text, of forecasts and of rankings.

Predictions come first and targets second, as in :mod:`rnnkit.losses`. Arrays are of NumPy or Torch, and results are
plain floats. A mask is True where an answer is scored: what stands elsewhere, NaN included, has no effect.
"""

from rnnkit.metrics.forecasts import mae, mase, rmse
from rnnkit.metrics.labels import accuracy, f1, pr_auc, precision, recall
from rnnkit.metrics.text import bits_per_character, edit_distance, error_rate, perplexity

__all__ = [
    "accuracy",
    "bits_per_character",
    "edit_distance",
    "error_rate",
    "f1",
    "mae",
    "mase",
    "perplexity",
    "pr_auc",
    "precision",
    "recall",
    "rmse",
]
