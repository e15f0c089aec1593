"""Pooling over time as nodes of an ONNX graph: over all steps, or over as many as each sequence has."""

from typing import Any

import numpy as np

from rnnkit.layers import MaxPool, MeanPool, Pooling


def pooled(graph: Any, prefix: str, layer: Pooling, xs: str) -> str:
    """One vector of each sequence of the value called ``xs``; the name of the result."""
    if isinstance(layer, MaxPool):
        there = _only(graph, prefix, xs, "Less", -np.inf, layer.dtype) if graph.lengths else xs
        return str(graph.node("ReduceMax", [there], [f"{prefix}y"], axes=[0], keepdims=0))
    if isinstance(layer, MeanPool):
        return _mean(graph, prefix, xs, layer.dtype)
    if not getattr(layer, "bidirectional", False):
        return _last(graph, prefix, xs, layer.dtype)
    halves = [f"{prefix}forward", f"{prefix}reverse"]
    graph.node("Split", [xs], halves, axis=2)
    first = graph.weight(f"{prefix}first", np.array(0))
    ends = [_last(graph, f"{prefix}forward_", halves[0], layer.dtype)]
    ends.append(graph.node("Gather", [halves[1], first], [f"{prefix}reverse_end"], axis=0))
    return str(graph.node("Concat", ends, [f"{prefix}y"], axis=1))


def _mean(graph: Any, prefix: str, xs: str, dtype: Any) -> str:
    if not graph.lengths:
        return str(graph.node("ReduceMean", [xs], [f"{prefix}y"], axes=[0], keepdims=0))
    total = _total(graph, prefix, _only(graph, prefix, xs, "Less", 0, dtype))
    kind = graph.onnx.helper.np_dtype_to_tensor_dtype(dtype)
    steps = graph.node("Cast", [f"{prefix}lengths"], [f"{prefix}steps"], to=kind)
    return str(graph.node("Div", [total, steps], [f"{prefix}y"]))


def _last(graph: Any, prefix: str, xs: str, dtype: Any) -> str:
    """Each sequence's last step."""
    if graph.lengths:
        return _total(graph, prefix, _only(graph, prefix, xs, "Equal", 0, dtype))
    last = graph.weight(f"{prefix}last", np.array(-1))
    return str(graph.node("Gather", [xs, last], [f"{prefix}end"], axis=0))


def _only(graph: Any, prefix: str, xs: str, compared: str, other: float, dtype: Any) -> str:
    """``xs`` at the steps below a sequence's length ("Less"), or at its last one ("Equal"); ``other`` elsewhere."""
    zero, one = (graph.weight(f"{prefix}{name}", np.array(n)) for name, n in (("zero", 0), ("one", 1)))
    axes = [graph.weight(f"{prefix}axis_{axis}", np.array([axis])) for axis in (0, 1)]
    bound = graph.node("Cast", ["lengths"], [f"{prefix}length"], to=graph.onnx.TensorProto.INT64)
    bound = graph.node("Unsqueeze", [bound, axes[1]], [f"{prefix}lengths"])  # (N, 1)
    if compared == "Equal":
        bound = graph.node("Sub", [bound, one], [f"{prefix}last"])
    T = graph.node("Shape", [xs], [f"{prefix}shape"], start=0, end=1)
    T = graph.node("Squeeze", [T, axes[0]], [f"{prefix}T"])
    step = graph.node("Range", [zero, T, one], [f"{prefix}range"])
    step = graph.node("Unsqueeze", [step, graph.weight(f"{prefix}axes", np.array([1, 2]))], [f"{prefix}step"])
    there = graph.node(compared, [step, bound], [f"{prefix}there"])  # (T, N, 1)
    filler = graph.weight(f"{prefix}other", np.array(other, dtype))
    return str(graph.node("Where", [there, xs, filler], [f"{prefix}only"]))


def _total(graph: Any, prefix: str, xs: str) -> str:
    """The sum over time of what ``_only`` left."""
    return str(graph.node("ReduceSum", [xs, f"{prefix}axis_0"], [f"{prefix}total"], keepdims=0))
