"""Measures of a model's answers: of labels, of rankings, spans, text and forecasts; and how two of them compare.

Predictions come first and targets second, as in :mod:`rnnkit.losses`. Arrays are of NumPy or Torch, and results are
plain floats. A mask is True where an answer is scored; values elsewhere, NaN included, have no effect.
"""

from rnnkit.metrics.calibration import Reliability, calibration_error, reliability
from rnnkit.metrics.compared import Difference, difference
from rnnkit.metrics.forecasts import mae, mase, rmse
from rnnkit.metrics.labels import accuracy, f1, pr_auc, precision, recall
from rnnkit.metrics.spans import span_counts, span_f1, spans
from rnnkit.metrics.text import bits_per_character, edit_distance, error_rate, perplexity

__all__ = [
    "Difference",
    "Reliability",
    "accuracy",
    "bits_per_character",
    "calibration_error",
    "difference",
    "edit_distance",
    "error_rate",
    "f1",
    "mae",
    "mase",
    "perplexity",
    "pr_auc",
    "precision",
    "recall",
    "reliability",
    "rmse",
    "span_counts",
    "span_f1",
    "spans",
]
