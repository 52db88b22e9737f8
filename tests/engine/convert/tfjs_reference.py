"""The TF.js operators by definition, in TensorFlow's own order of axes, on double precision, slowly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kitt.engine.convert.tfjs import Graph, Node

Real = NDArray[np.float64]


def interpret(graph: Graph, picture: Real) -> dict[str, Real]:
    """What every node gives for the input `picture`, by name; second outputs as `name:1`."""
    values = {name: value.astype(np.float64) for name, value in graph.constants.items()}
    for node in graph.nodes:
        if node.kind == "Placeholder":
            assert node.options["shape"] == picture.shape
            values[node.name] = picture
        elif node.kind == "SplitV":
            whole, lengths, axis = (values[i] for i in node.inputs)
            values[node.name], values[f"{node.name}:1"] = np.split(whole, [int(lengths[0])], int(axis))
        elif node.kind == "Reshape":
            # of a head, to (1, channels, all cells); published files compute these numbers
            whole = values[node.inputs[0]]
            values[node.name] = whole.reshape(1, whole.shape[1], -1)
        elif node.kind in _OPS and all(i in values for i in node.inputs):
            values[node.name] = _OPS[node.kind](node, *(values[i] for i in node.inputs))
    return values


def _windows(x: Real, kernel: tuple[int, int], node: Node) -> Real:
    """(rows, columns, channels, kernel rows, kernel columns)"""
    _, down, along, _ = node.options["strides"]
    return np.lib.stride_tricks.sliding_window_view(x[0], kernel, (0, 1))[::down, ::along]


def _conv(node: Node, x: Real, weight: Real) -> Real:
    rows, columns, _, outputs = weight.shape
    patches = _windows(x, (rows, columns), node)
    flat = patches.reshape(*patches.shape[:2], -1) @ weight.transpose(2, 0, 1, 3).reshape(-1, outputs)
    return flat[None]


def _pad(node: Node, x: Real, edges: Real, fill: float = 0.0) -> Real:
    return np.pad(x, edges.astype(int), constant_values=fill)


def _resize(node: Node, x: Real, size: Real) -> Real:
    """Bilinear between the middles of pixels; beyond the outermost middles the nearest counts."""
    for axis, length in zip((1, 2), size.astype(int), strict=True):
        old = x.shape[axis]
        at = np.clip((np.arange(length) + 0.5) * old / length - 0.5, 0, old - 1)
        low = np.floor(at).astype(int)
        share = (at - low).reshape([-1 if a == axis else 1 for a in range(4)])
        x = x.take(low, axis) * (1 - share) + x.take(np.minimum(low + 1, old - 1), axis) * share
    return x


_OPS: dict[str, Callable[..., Real]] = {
    "Pad": _pad,
    "PadV2": _pad,
    "Transpose": lambda node, x, order: x.transpose(order.astype(int)),
    "Conv2D": _conv,
    "MaxPool": lambda node, x: _windows(x, node.options["ksize"][1:3], node).max((3, 4))[None],
    "Add": lambda node, a, b: a + b,
    "AddV2": lambda node, a, b: a + b,
    "LeakyRelu": lambda node, x: np.where(x > 0, x, x * node.options["alpha"]),
    "ConcatV2": lambda node, *parts: np.concatenate(parts[:-1], int(parts[-1])),
    "ResizeBilinear": _resize,
    "Sigmoid": lambda node, x: 1 / (1 + np.exp(-x)),
    "Identity": lambda node, x: x,
}
