"""The passes over a TF.js network: biases folded into their convolutions, and another input size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from kitt.engine.convert.shapes import out_length
from kitt.engine.convert.tfjs import Constants, Graph, Node
from kitt.errors import KittError

Shape = tuple[int, ...]

ADDS = ("Add", "AddV2", "BiasAdd")
ACTIVATIONS = ("LeakyRelu", "Relu", "Relu6")
WINDOWS = ("Conv2D", "MaxPool")


def with_biases(graph: Graph) -> Graph:
    """The same network with each bias as the third input of its convolution, which takes over the name of the sum."""
    by_name = {n.name: n for n in graph.nodes}
    readers = Counter(i for n in graph.nodes for i in n.inputs)
    folded: dict[str, Node] = {}
    for node in graph.nodes:
        if node.kind not in ADDS or len(node.inputs) != 2 or node.inputs[1] not in graph.constants:
            continue
        conv, bias = by_name.get(node.inputs[0]), graph.constants[node.inputs[1]]
        if conv is not None and conv.kind == "Conv2D" and readers[conv.name] == 1:
            if bias.shape != constant(graph.constants, conv, 1).shape[3:]:
                raise KittError(f"the bias of the TF.js convolution '{conv.name}' has the shape {bias.shape}")
            folded[conv.name] = replace(conv, name=node.name, inputs=(*conv.inputs[:2], node.inputs[1]))
    sums = {n.name for n in folded.values()}
    return replace(graph, nodes=tuple(folded.get(n.name, n) for n in graph.nodes if n.name not in sums))


def with_input_size(graph: Graph, width: int, height: int) -> Graph:
    """The same network for pictures of `width` x `height` pixels: its input and the targets of its resizes are new.

    A resize goes to the new size of the level whose old size it names. Raises KittError where a network has two
    levels of one old size, so that the target is not known.
    """
    picture = input_of(graph)
    channels = picture.options["shape"][1]
    constants, old = dict(graph.constants), shapes(graph)
    new: dict[str, Shape] = {}
    levels: dict[Shape, Shape] = {}
    nodes = []
    for node in graph.nodes:
        if node is picture:
            node = replace(node, options={**node.options, "shape": (1, channels, height, width)})
        if node.kind == "ResizeBilinear" and node.inputs[0] in new:
            size = tuple(int(n) for n in constant(constants, node, 1))
            if size not in levels:
                raise KittError(f"cannot resize the network: nothing in it has the size {size} that it resizes to")
            node = replace(node, inputs=(node.inputs[0], f"{node.name}/new_size"))
            constants[node.inputs[1]] = np.array(levels[size], np.int32)
        nodes.append(node)
        shape = _shape_after(node, new, constants)
        if shape is not None:
            new[node.name] = shape
        if shape is not None and node.kind in WINDOWS:
            before, after = old[node.name][1:3], shape[1:3]
            if levels.setdefault(before, after) != after:
                raise KittError(f"cannot resize the network: its size {before} becomes {levels[before]} and {after}")
    return Graph(tuple(nodes), constants)


def input_of(graph: Graph) -> Node:
    """The one input, a picture (1, 3, H, W). Raises KittError when the network has another."""
    pictures = [n for n in graph.nodes if n.kind == "Placeholder"]
    if len(pictures) != 1 or len(shape := pictures[0].options.get("shape", ())) != 4 or shape[:2] != (1, 3):
        raise KittError("the TF.js network does not take one picture (1, 3, H, W)")
    return pictures[0]


def shapes(graph: Graph) -> dict[str, Shape]:
    """Shape of what each node gives, in TensorFlow's own order of axes, from the input as far as the heads."""
    found: dict[str, Shape] = {}
    for node in graph.nodes:
        shape = _shape_after(node, found, graph.constants)
        if shape is not None:
            found[node.name] = shape
    return found


def constant(constants: Constants, node: Node, index: int) -> Any:
    """The constant that is input `index` of `node`. Raises KittError where it is missing or computed."""
    name = node.inputs[index] if index < len(node.inputs) else ""
    if name not in constants:
        raise KittError(f"input {index} of the TF.js node '{node.name}' should be a constant and is not")
    return constants[name]


def window(node: Node, kernel: Shape) -> tuple[Shape, Shape, Shape]:
    """(kernel, stride, dilation), each (rows, columns). Raises KittError for what is not converted."""
    options = node.options
    stride, dilation = options.get("strides", ()), options.get("dilations", (1, 1, 1, 1))
    if options.get("padding") != "VALID" or options.get("data_format") != "NHWC":
        raise KittError(f"the TF.js node '{node.name}' does not pad by a Pad of its own; kitt converts those that do")
    if len(kernel) != 2 or len(stride) != 4 or len(dilation) != 4 or min(*kernel, *stride, *dilation) < 1:
        raise KittError(f"the TF.js node '{node.name}' has the kernel {kernel}, strides {stride}, dilations {dilation}")
    return kernel, stride[1:3], dilation[1:3]


def _shape_after(node: Node, known: Mapping[str, Shape], constants: Constants) -> Shape | None:
    """Shape of a node's output; None where it is of no concern: of what follows the heads' convolutions."""
    if node.kind == "Placeholder":
        return tuple(node.options["shape"])
    if not node.inputs or node.inputs[0] not in known:
        return None
    first = known[node.inputs[0]]
    if node.kind in ("Pad", "PadV2"):
        return tuple(n + int(sum(edge)) for n, edge in zip(first, constant(constants, node, 1), strict=True))
    if node.kind == "Transpose":
        return tuple(first[i] for i in constant(constants, node, 1))
    if node.kind == "Conv2D":
        weight = constant(constants, node, 1).shape
        return (1, *_slide(node, first, weight[:2]), weight[3])
    if node.kind == "MaxPool":
        return (1, *_slide(node, first, node.options["ksize"][1:3]), first[3])
    if node.kind == "ResizeBilinear":
        return (1, *(int(n) for n in constant(constants, node, 1)), first[3])
    if node.kind == "ConcatV2":
        axis = int(constant(constants, node, len(node.inputs) - 1))
        return (*first[:axis], sum(known[i][axis] for i in node.inputs[:-1]), *first[axis + 1 :])
    return first if node.kind in (*ADDS, *ACTIVATIONS) else None


def _slide(node: Node, source: Shape, kernel: Shape) -> Shape:
    kernel, stride, dilation = window(node, kernel)
    return tuple(out_length(source[1 + d], kernel[d], stride[d], dilation[d], "VALID") for d in (0, 1))
