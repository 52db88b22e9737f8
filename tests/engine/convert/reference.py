"""The TFLite operators by definition: on real numbers, slowly, rounded to the file's grids."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kitt.engine.convert.reading import Graph, Op, Quant

Real = NDArray[np.float64]


def interpret(graph: Graph, picture: NDArray[np.uint8]) -> dict[int, Real]:
    """Real values of every computed tensor of a quantised network."""
    (first,) = graph.inputs
    values: dict[int, Real] = {first: _real(picture, graph.tensors[first].quant)}
    for op in graph.ops:
        if op.kind not in _OPS:
            continue
        output = graph.tensors[op.outputs[0]]
        values[op.outputs[0]] = rounded(_OPS[op.kind](graph, op, values), output.quant)
    return values


def rounded(real: Real, quant: Quant | None) -> Real:
    """To the nearest number of an int8 grid."""
    if quant is None:
        return real
    scale, zero = float(quant.scale[0]), int(quant.zero_point[0])
    low, high = (0, 255) if zero > 127 or (scale, zero) == (1 / 128, 127) else (-128, 127)
    return (np.clip(np.round(real / scale) + zero, low, high) - zero) * scale


def _real(stored: NDArray, quant: Quant) -> Real:
    shape = [1] * stored.ndim
    if len(quant.scale) > 1:
        shape[quant.axis] = -1
    return (stored - quant.zero_point.reshape(shape)) * quant.scale.astype(np.float64).reshape(shape)


def _windows(x: Real, op: Op, kernel: tuple[int, int], dilation: tuple[int, int], fill: float) -> Real:
    """(rows, columns, kernel rows, kernel columns, channels) of a picture (1, H, W, C)."""
    stride, same = op.options["stride"], op.options["padding"] == "SAME"
    lengths, before, padded = [], [], []
    for d in (0, 1):
        span = (kernel[d] - 1) * dilation[d] + 1
        out = int(np.ceil((x.shape[1 + d] if same else x.shape[1 + d] - span + 1) / stride[d]))
        total = max((out - 1) * stride[d] + span - x.shape[1 + d], 0) if same else 0
        lengths.append(out)
        before.append(total // 2)
        padded.append((total // 2, total - total // 2))
    canvas = np.pad(x[0], [*padded, (0, 0)], constant_values=fill)
    rows, columns = (
        np.arange(lengths[d])[:, None] * stride[d] + np.arange(kernel[d])[None] * dilation[d] for d in (0, 1)
    )
    return canvas[rows[:, None, :, None], columns[None, :, None, :]]


def _conv(graph: Graph, op: Op, values: dict[int, Real]) -> Real:
    weight, bias = (_real(graph.tensors[i].data, graph.tensors[i].quant) for i in op.inputs[1:3])
    patches = _windows(values[op.inputs[0]], op, weight.shape[1:3], op.options["dilation"], 0.0)
    rule = "hwijc,ijc->hwc" if op.kind.startswith("DEPTH") else "hwijc,oijc->hwo"
    y = np.einsum(rule, patches, weight[0] if op.kind.startswith("DEPTH") else weight) + bias
    return _activated(y[None], op)


def _pool(graph: Graph, op: Op, values: dict[int, Real]) -> Real:
    return _windows(values[op.inputs[0]], op, op.options["kernel"], (1, 1), -np.inf).max((2, 3))[None]


def _resize(graph: Graph, op: Op, values: dict[int, Real]) -> Real:
    x, (_, height, width, _) = values[op.inputs[0]], graph.tensors[op.outputs[0]].shape
    rows = [int(np.floor(i * x.shape[1] / height)) for i in range(height)]
    columns = [int(np.floor(i * x.shape[2] / width)) for i in range(width)]
    return x[:, rows][:, :, columns]


def _activated(y: Real, op: Op) -> Real:
    low, high = {"NONE": (-np.inf, np.inf), "RELU": (0, np.inf), "RELU6": (0, 6)}[op.options["activation"]]
    return np.clip(y, low, high)


_OPS = {
    "QUANTIZE": lambda g, op, v: v[op.inputs[0]],
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _conv,
    "ADD": lambda g, op, v: _activated(v[op.inputs[0]] + v[op.inputs[1]], op),
    "MAX_POOL_2D": _pool,
    "RESIZE_NEAREST_NEIGHBOR": _resize,
    "RESHAPE": lambda g, op, v: v[op.inputs[0]].reshape(g.tensors[op.outputs[0]].shape),
    "CONCATENATION": lambda g, op, v: np.concatenate([v[i] for i in op.inputs], op.options["axis"]),
}
