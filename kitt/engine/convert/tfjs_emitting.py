"""TF.js operators as ONNX nodes in float, under their TensorFlow names.

Every picture is stored batch, channel, height, width. Where TensorFlow transposes or pads one, nothing is computed:
the value remembers in which order TensorFlow holds its axes, and the next convolution or pool does the padding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from kitt.engine.convert.building import GraphBuilder
from kitt.engine.convert.tfjs import Graph, Node
from kitt.engine.convert.tfjs_shapes import constant, shapes, window
from kitt.errors import KittError
from kitt.types import F32

_STORED = (0, 1, 2, 3)
_CHANNELS_LAST = (0, 2, 3, 1)


@dataclass(frozen=True)
class Value:
    """A computed tensor. axes: where each of TensorFlow's axes is stored.

    edges: rows and columns of `fill` still to be added: top, left, bottom, right.
    """

    name: str
    axes: tuple[int, ...] = _STORED
    edges: tuple[int, int, int, int] = (0, 0, 0, 0)
    fill: float = 0.0


class Emitter:
    """Writes a network's operators one after the other into `builder`."""

    def __init__(self, graph: Graph, builder: GraphBuilder) -> None:
        self.graph = graph
        self.builder = builder
        self.shapes = shapes(graph)
        self._values: dict[str, Value] = {}

    def run(self, nodes: Iterable[Node]) -> None:
        """Emit these operators. Raises KittError for a kind it does not know."""
        for node in nodes:
            if node.kind not in _OPS:
                raise KittError(f"the TF.js operator {node.kind} is not converted; known: {', '.join(_OPS)}")
            _OPS[node.kind](self, node)

    def keep(self, node: Node, value: Value) -> None:
        """`value` is what `node` gives."""
        self._values[node.name] = value

    def value(self, node: Node, index: int = 0) -> Value:
        """Input `index` of a node. Raises KittError where it is missing or no computed one."""
        name = node.inputs[index] if index < len(node.inputs) else ""
        if name not in self._values:
            raise KittError(f"input {index} of the TF.js node '{node.name}' should be a computed picture and is not")
        return self._values[name]

    def unpadded(self, node: Node, index: int = 0) -> Value:
        """The same for an operator that does no padding. Raises KittError when there is some to do."""
        value = self.value(node, index)
        if any(value.edges):
            raise KittError(f"the TF.js node '{node.name}' reads a padded picture; kitt pads convolutions and pools")
        return value

    def channels_last(self, node: Node, fill: float | None) -> Value:
        """The picture that TensorFlow slides over, channels last and padded by `fill` (None: not at all)."""
        value = self.unpadded(node) if fill is None else self.value(node)
        if value.axes != _CHANNELS_LAST or (any(value.edges) and value.fill != fill):
            raise KittError(f"the TF.js {node.kind} '{node.name}' reads axes {value.axes} padded by {value.fill}")
        return value

    def convolution(self, node: Node, weight: F32, bias: F32 | None, name: str) -> str:
        """Emit a convolution with this weight (rows, columns, in, out) and bias (out,); its output is called `name`."""
        source = self.channels_last(node, 0.0)
        kernel, stride, dilation = window(node, weight.shape[:2])
        if weight.shape[2] != self.shapes[node.inputs[0]][3]:
            raise KittError(f"the weights of the TF.js convolution '{node.name}' have the shape {weight.shape}")
        inputs = [source.name, self.builder.weight(weight.transpose(3, 2, 0, 1))]
        if bias is not None:
            inputs.append(self.builder.weight(bias))
        more = {"kernel_shape": kernel, "strides": stride, "dilations": dilation, "pads": source.edges}
        return self.named("Conv", inputs, name, **more)

    def named(self, kind: str, inputs: list[str], name: str, **attributes: object) -> str:
        """Add an ONNX node whose output is called `name`."""
        return self.builder.rename_last(self.builder.node(kind, inputs, **attributes), name)


def _pad(e: Emitter, node: Node) -> None:
    source = e.unpadded(node)
    edges = np.zeros((4, 2), np.int64)
    edges[list(source.axes)] = constant(e.graph.constants, node, 1)
    if edges[:2].any() or edges.min() < 0:
        raise KittError(f"the TF.js node '{node.name}' pads other sides than a picture's")
    fill = float(constant(e.graph.constants, node, 2)) if node.kind == "PadV2" else 0.0
    (top, bottom), (left, right) = edges[2:].tolist()
    e.keep(node, replace(source, edges=(top, left, bottom, right), fill=fill))


def _transpose(e: Emitter, node: Node) -> None:
    source = e.value(node)
    order = constant(e.graph.constants, node, 1)
    e.keep(node, replace(source, axes=tuple(source.axes[i] for i in order)))


def _convolution(e: Emitter, node: Node) -> None:
    bias = constant(e.graph.constants, node, 2) if len(node.inputs) > 2 else None
    name = e.convolution(node, constant(e.graph.constants, node, 1), bias, node.name)
    e.keep(node, Value(name, _CHANNELS_LAST))


def _max_pool(e: Emitter, node: Node) -> None:
    source = e.channels_last(node, -np.inf)
    kernel, stride, _ = window(node, node.options["ksize"][1:3])
    name = e.named("MaxPool", [source.name], node.name, kernel_shape=kernel, strides=stride, pads=source.edges)
    e.keep(node, Value(name, _CHANNELS_LAST))


def _activation(e: Emitter, node: Node) -> None:
    source = e.unpadded(node)
    if node.kind == "LeakyRelu":
        # TensorFlow leaves the slope out where it is its default
        name = e.named("LeakyRelu", [source.name], node.name, alpha=float(node.options.get("alpha", 0.2)))
    elif node.kind == "Relu6":
        limits = [e.builder.constant(np.float32(x)) for x in (0, 6)]
        name = e.named("Clip", [source.name, *limits], node.name)
    else:
        name = e.named("Relu", [source.name], node.name)
    e.keep(node, Value(name, source.axes))


def _add(e: Emitter, node: Node) -> None:
    parts = [e.unpadded(node, i) for i in (0, 1)]
    if parts[0].axes != parts[1].axes or len({e.shapes[i] for i in node.inputs}) != 1:
        raise KittError(f"the TF.js node '{node.name}' adds pictures of different layout")
    e.keep(node, Value(e.named("Add", [p.name for p in parts], node.name), parts[0].axes))


def _concatenate(e: Emitter, node: Node) -> None:
    last = len(node.inputs) - 1
    parts = [e.unpadded(node, i) for i in range(last)]
    if len({p.axes for p in parts}) != 1:
        raise KittError(f"the TF.js node '{node.name}' joins pictures of different layout")
    axis = parts[0].axes[int(constant(e.graph.constants, node, last))]
    e.keep(node, Value(e.named("Concat", [p.name for p in parts], node.name, axis=axis), parts[0].axes))


def _resize(e: Emitter, node: Node) -> None:
    source = e.channels_last(node, None)
    if node.options.get("align_corners") or not node.options.get("half_pixel_centers"):
        raise KittError("a TF.js bilinear resize with aligned corners or without half pixels is not converted")
    _, height, width, channels = e.shapes[node.name]
    size = e.builder.constant(np.array([1, channels, height, width], np.int64))
    rule = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    e.keep(node, Value(e.named("Resize", [source.name, "", "", size], node.name, **rule), _CHANNELS_LAST))


_OPS: dict[str, Callable[[Emitter, Node], None]] = {
    "Pad": _pad,
    "PadV2": _pad,
    "Transpose": _transpose,
    "Conv2D": _convolution,
    "MaxPool": _max_pool,
    "LeakyRelu": _activation,
    "Relu": _activation,
    "Relu6": _activation,
    "Add": _add,
    "AddV2": _add,
    "ConcatV2": _concatenate,
    "ResizeBilinear": _resize,
}
