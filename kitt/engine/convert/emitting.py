"""TFLite operators as ONNX nodes, quantised (Q/DQ) or in float.

Quantised: each tensor is stored as uint8 with the TFLite file's own scale, which runtimes compute fastest in, and an
operator reads it through a DequantizeLinear and writes it through a QuantizeLinear. Operators that only move numbers
(pool, resize, reshape, join) work on the stored integers. In float the same nodes stand without Q and DQ.
Pictures are laid out batch, channel, height, width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from kitt.engine.convert.building import GraphBuilder
from kitt.engine.convert.reading import Graph, Op, Quant, Tensor
from kitt.engine.convert.shapes import pads
from kitt.errors import KittError

_LIMITS = {"NONE": (-np.inf, np.inf), "RELU": (0.0, np.inf), "RELU6": (0.0, 6.0)}


@dataclass(frozen=True)
class Value:
    """A computed tensor in the ONNX graph; `grid` is how it is stored in uint8, None for float."""

    name: str
    grid: Quant | None


class Emitter:
    """Writes a network's operators one after the other into `builder`."""

    def __init__(self, graph: Graph, builder: GraphBuilder, quantised: bool) -> None:
        self.graph = graph
        self.builder = builder
        self.quantised = quantised
        self._values: dict[int, Value] = {}
        self._reals: dict[int, str] = {}

    def run(self, ops: Iterable[Op]) -> None:
        """Emit these operators. Raises KittError for a kind it does not know."""
        for op in ops:
            if op.kind not in _OPS:
                raise KittError(f"the TFLite operator {op.kind} is not converted; known: {', '.join(_OPS)}")
            _OPS[op.kind](self, op)

    def tensor(self, index: int) -> Tensor:
        return self.graph.tensors[index]

    def stored(self, index: int) -> Value:
        """A computed tensor as it is stored. Raises KittError for a constant."""
        if index not in self._values:
            raise KittError(f"tensor {index} of the TFLite file is a constant where a computed one is converted")
        return self._values[index]

    def real(self, index: int) -> str:
        """Name of a computed tensor's real values."""
        if index not in self._reals:
            self._reals[index] = self.dequantise(self.stored(index))
        return self._reals[index]

    def dequantise(self, value: Value) -> str:
        """Name of a stored value's real numbers."""
        if value.grid is None:
            return value.name
        return self.builder.node("DequantizeLinear", [value.name, *self._scale(value.grid)])

    def moved(self, op: Op) -> Value:
        """The input of an operator that only moves numbers. Raises KittError when its output is on another grid."""
        value = self.stored(op.inputs[0])
        if not same_grid(value.grid, self.grid(op.outputs[0])):
            raise KittError(f"a TFLite {op.kind} that changes the scale is not converted")
        return value

    def keep(self, index: int, value: Value) -> None:
        """`value` is what tensor `index` holds."""
        self._values[index] = value

    def keep_real(self, index: int, name: str) -> None:
        """Tensor `index` holds these real values, stored on its own grid when quantised."""
        grid = self.grid(index)
        if grid is not None:
            name = self.builder.node("QuantizeLinear", [name, *self._scale(grid)])
        self.keep(index, Value(name, grid))

    def grid(self, index: int) -> Quant | None:
        """The uint8 grid of a computed tensor: int8 shifted by 128 is the same grid."""
        tensor = self.tensor(index)
        if not self.quantised or tensor.quant is None:
            return None
        if len(tensor.quant.scale) != 1 or tensor.dtype not in (np.int8, np.uint8):
            raise KittError(f"tensor {index} of the TFLite file is not quantised to 8 bits with one scale")
        shift = 128 if tensor.dtype == np.int8 else 0
        return Quant(tensor.quant.scale, tensor.quant.zero_point + shift)

    def weight(self, index: int, order: tuple[int, ...]) -> str:
        """A constant with its axes in `order`, its output channels first."""
        tensor = self.tensor(index)
        if tensor.data is None:
            raise KittError(f"tensor {index} of the TFLite file should hold weights and is computed")
        data, quant = tensor.data.transpose(order), tensor.quant
        if quant is None:
            return self.builder.constant(data.astype(np.float32))
        if np.any(quant.zero_point != 0):
            raise KittError(f"tensor {index} of the TFLite file holds weights with a zero point other than 0")
        scale = quant.scale.reshape(-1, *[1] * (data.ndim - 1))
        if not self.quantised:
            return self.builder.constant((data * scale.astype(np.float64)).astype(np.float32))
        zero = np.zeros(len(quant.scale), data.dtype)
        parts = [self.builder.weight(data), self.builder.constant(quant.scale), self.builder.weight(zero)]
        return self.builder.node("DequantizeLinear", parts, axis=0)

    def activate(self, name: str, activation: str, grid: Quant | None) -> str:
        """Apply a fused activation, unless rounding to `grid` already cuts where it would."""
        if activation not in _LIMITS:
            raise KittError(f"the TFLite activation {activation} is not converted; known: {', '.join(_LIMITS)}")
        low, high = _LIMITS[activation]
        if grid is not None and _implied(grid, low, high):
            return name
        if np.isinf(high):
            return name if np.isinf(low) else self.builder.node("Relu", [name])
        limits = [self.builder.constant(np.float32(x)) for x in (low, high)]
        return self.builder.node("Clip", [name, *limits])

    def _scale(self, grid: Quant) -> list[str]:
        constant = self.builder.constant
        return [constant(np.float32(grid.scale[0])), constant(np.uint8(grid.zero_point[0]))]


def _implied(grid: Quant, low: float, high: float) -> bool:
    scale, zero = float(grid.scale[0]), int(grid.zero_point[0])
    below = np.isinf(low) or zero + round(low / scale) <= 0
    above = np.isinf(high) or zero + round(high / scale) >= 255
    return bool(below and above)


def same_grid(a: Quant | None, b: Quant | None) -> bool:
    """Whether two tensors are stored alike, so that integers of one are integers of the other."""
    if a is None or b is None:
        return a is b
    return bool(a.scale[0] == b.scale[0] and a.zero_point[0] == b.zero_point[0])


def _convolution(e: Emitter, op: Op) -> None:
    depthwise = op.kind == "DEPTHWISE_CONV_2D"
    source, weight, options = e.tensor(op.inputs[0]), e.tensor(op.inputs[1]), op.options
    inputs = [e.real(op.inputs[0]), e.weight(op.inputs[1], (3, 0, 1, 2) if depthwise else (0, 3, 1, 2))]
    if len(op.inputs) > 2 and op.inputs[2] >= 0:
        inputs.append(e.weight(op.inputs[2], (0,)))
    name = e.builder.node(
        "Conv",
        inputs,
        kernel_shape=weight.shape[1:3],
        strides=options["stride"],
        dilations=options["dilation"],
        pads=_pads(source, weight.shape[1:3], options["dilation"], op),
        group=source.shape[3] if depthwise else 1,
    )
    output = op.outputs[0]
    e.keep_real(output, e.activate(name, options["activation"], e.grid(output)))


def _add(e: Emitter, op: Op) -> None:
    name = e.builder.node("Add", [e.real(i) for i in op.inputs])
    output = op.outputs[0]
    e.keep_real(output, e.activate(name, op.options["activation"], e.grid(output)))


def _max_pool(e: Emitter, op: Op) -> None:
    kernel = op.options["kernel"]
    if op.options["activation"] != "NONE":
        raise KittError("a TFLite pool with an activation is not converted")
    edges = _pads(e.tensor(op.inputs[0]), kernel, (1, 1), op)
    _move(e, op, "MaxPool", [], kernel_shape=kernel, strides=op.options["stride"], pads=edges)


def _resize(e: Emitter, op: Op) -> None:
    if op.options["align_corners"] or op.options["half_pixel"]:
        raise KittError("a TFLite nearest-neighbour resize with aligned corners or half pixels is not converted")
    source, target = e.tensor(op.inputs[0]).shape, e.tensor(op.outputs[0]).shape
    if not e.quantised:
        size = e.builder.constant(np.array([1, target[3], *target[1:3]], np.int64))
        rule = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        _move(e, op, "Resize", ["", "", size], mode="nearest", **rule)
        return
    # runtimes hold uint8 pictures with channels last, where picking whole pixels copies runs of bytes: an eighth of
    # the time that ONNX Runtime's Resize takes, which looks at each value
    value = e.moved(op)
    name = e.builder.node("Transpose", [value.name], perm=[0, 2, 3, 1])
    for axis in (2, 1):
        picks = np.arange(target[axis], dtype=np.int64) * source[axis] // target[axis]
        name = e.builder.node("Gather", [name, e.builder.constant(picks)], axis=axis)
    e.keep(op.outputs[0], Value(e.builder.node("Transpose", [name], perm=[0, 3, 1, 2]), value.grid))


def _reshape(e: Emitter, op: Op) -> None:
    value = e.stored(op.inputs[0])
    rows = e.builder.node("Transpose", [value.name], perm=[0, 2, 3, 1])
    shape = e.builder.constant(np.array(e.tensor(op.outputs[0]).shape, np.int64))
    e.keep(op.outputs[0], Value(e.builder.node("Reshape", [rows, shape]), value.grid))


def _concatenate(e: Emitter, op: Op) -> None:
    parts = [e.stored(i) for i in op.inputs]
    if any(not same_grid(p.grid, parts[0].grid) for p in parts):
        raise KittError("a TFLite join of tensors with different scales is not converted")
    name = e.builder.node("Concat", [p.name for p in parts], axis=op.options["axis"])
    e.keep(op.outputs[0], Value(name, parts[0].grid))


def _requantise(e: Emitter, op: Op) -> None:
    value, grid = e.stored(op.inputs[0]), e.grid(op.outputs[0])
    if value.grid is None or grid is None or same_grid(value.grid, grid):
        e.keep(op.outputs[0], value)
    else:
        e.keep_real(op.outputs[0], e.real(op.inputs[0]))


def _move(e: Emitter, op: Op, kind: str, more: list[str], **attributes: object) -> None:
    value = e.moved(op)
    e.keep(op.outputs[0], Value(e.builder.node(kind, [value.name, *more], **attributes), value.grid))


def _pads(source: Tensor, kernel: tuple[int, ...], dilation: tuple[int, int], op: Op) -> list[int]:
    stride, padding = op.options["stride"], op.options["padding"]
    sides = [pads(source.shape[1 + d], kernel[d], stride[d], dilation[d], padding) for d in (0, 1)]
    return [sides[0][0], sides[1][0], sides[0][1], sides[1][1]]


_OPS: dict[str, Callable[[Emitter, Op], None]] = {
    "QUANTIZE": _requantise,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "ADD": _add,
    "MAX_POOL_2D": _max_pool,
    "RESIZE_NEAREST_NEIGHBOR": _resize,
    "RESHAPE": _reshape,
    "CONCATENATION": _concatenate,
}
