"""TFLite operators as ONNX nodes, in float.

A tensor of the TFLite file keeps its number as its name, `t123`, whatever the input size, so that ranges can be told
of it. Weights are the real values of the stored ones. Pictures are laid out batch, channel, height, width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from kitt.engine.convert.building import GraphBuilder
from kitt.engine.convert.reading import Graph, Op, Tensor
from kitt.engine.convert.shapes import pads
from kitt.errors import KittError

_LIMITS = {"NONE": (-np.inf, np.inf), "RELU": (0.0, np.inf), "RELU6": (0.0, 6.0)}


def name_of(index: int) -> str:
    """What a tensor of the TFLite file is called in the ONNX."""
    return f"t{index}"


class Emitter:
    """Writes a network's operators one after the other into `builder`."""

    def __init__(self, graph: Graph, builder: GraphBuilder) -> None:
        self.graph = graph
        self.builder = builder
        self._names: dict[int, str] = {}

    def run(self, ops: Iterable[Op]) -> None:
        """Emit these operators. Raises KittError for a kind it does not know."""
        for op in ops:
            if op.kind not in _OPS:
                raise KittError(f"the TFLite operator {op.kind} is not converted; known: {', '.join(_OPS)}")
            _OPS[op.kind](self, op)

    def tensor(self, index: int) -> Tensor:
        return self.graph.tensors[index]

    def value(self, index: int) -> str:
        """Name of a computed tensor. Raises KittError for a constant."""
        if index not in self._names:
            raise KittError(f"tensor {index} of the TFLite file is a constant where a computed one is converted")
        return self._names[index]

    def keep(self, index: int, name: str) -> None:
        """Tensor `index` is what the last node, of output `name`, gives."""
        self._names[index] = self.builder.rename_last(name, name_of(index))

    def alias(self, index: int, name: str) -> None:
        """Tensor `index` is another name of `name`."""
        self._names[index] = name

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
        return self.builder.constant((data * scale.astype(np.float64)).astype(np.float32))

    def activate(self, name: str, activation: str) -> str:
        """Apply a fused activation."""
        if activation not in _LIMITS:
            raise KittError(f"the TFLite activation {activation} is not converted; known: {', '.join(_LIMITS)}")
        low, high = _LIMITS[activation]
        if np.isinf(high):
            return name if np.isinf(low) else self.builder.node("Relu", [name])
        limits = [self.builder.constant(np.float32(x)) for x in (low, high)]
        return self.builder.node("Clip", [name, *limits])


def _convolution(e: Emitter, op: Op) -> None:
    depthwise = op.kind == "DEPTHWISE_CONV_2D"
    source, weight, options = e.tensor(op.inputs[0]), e.tensor(op.inputs[1]), op.options
    inputs = [e.value(op.inputs[0]), e.weight(op.inputs[1], (3, 0, 1, 2) if depthwise else (0, 3, 1, 2))]
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
    e.keep(op.outputs[0], e.activate(name, options["activation"]))


def _add(e: Emitter, op: Op) -> None:
    name = e.builder.node("Add", [e.value(i) for i in op.inputs])
    e.keep(op.outputs[0], e.activate(name, op.options["activation"]))


def _max_pool(e: Emitter, op: Op) -> None:
    kernel = op.options["kernel"]
    if op.options["activation"] != "NONE":
        raise KittError("a TFLite pool with an activation is not converted")
    edges = _pads(e.tensor(op.inputs[0]), kernel, (1, 1), op)
    _move(e, op, "MaxPool", [], kernel_shape=kernel, strides=op.options["stride"], pads=edges)


def _resize(e: Emitter, op: Op) -> None:
    if op.options["align_corners"] or op.options["half_pixel"]:
        raise KittError("a TFLite nearest-neighbour resize with aligned corners or half pixels is not converted")
    target = e.tensor(op.outputs[0]).shape
    size = e.builder.constant(np.array([1, target[3], *target[1:3]], np.int64))
    rule = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    _move(e, op, "Resize", ["", "", size], mode="nearest", **rule)


def _reshape(e: Emitter, op: Op) -> None:
    rows = e.builder.node("Transpose", [e.value(op.inputs[0])], perm=[0, 2, 3, 1])
    shape = e.builder.constant(np.array(e.tensor(op.outputs[0]).shape, np.int64))
    e.keep(op.outputs[0], e.builder.node("Reshape", [rows, shape]))


def _concatenate(e: Emitter, op: Op) -> None:
    e.keep(op.outputs[0], e.builder.node("Concat", [e.value(i) for i in op.inputs], axis=op.options["axis"]))


def _requantise(e: Emitter, op: Op) -> None:
    e.alias(op.outputs[0], e.value(op.inputs[0]))


def _move(e: Emitter, op: Op, kind: str, more: list[str], **attributes: object) -> None:
    e.keep(op.outputs[0], e.builder.node(kind, [e.value(op.inputs[0]), *more], **attributes))


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
