"""Sizes: TensorFlow's padding rule, and the pass that gives a network another input size."""

from __future__ import annotations

from dataclasses import replace

from kitt.engine.convert.reading import Graph, Op, Tensor
from kitt.errors import KittError

Shape = tuple[int, ...]


def out_length(length: int, kernel: int, stride: int, dilation: int, padding: str) -> int:
    """Length of a convolution's or pool's output along one side, as TensorFlow defines SAME and VALID."""
    if padding == "SAME":
        return -(-length // stride)
    return -(-(length - (kernel - 1) * dilation) // stride)


def pads(length: int, kernel: int, stride: int, dilation: int, padding: str) -> tuple[int, int]:
    """(before, after) along one side; where SAME is uneven TensorFlow puts the extra one after."""
    if padding != "SAME":
        return 0, 0
    out = out_length(length, kernel, stride, dilation, padding)
    total = max((out - 1) * stride + (kernel - 1) * dilation + 1 - length, 0)
    return total // 2, total - total // 2


def with_input_size(graph: Graph, width: int, height: int) -> Graph:
    """The same network for pictures of `width` x `height` pixels: every computed tensor gets its new shape.

    A fixed resize goes to the new size of the level whose old size it names. Raises KittError where a network has
    two levels of one old size, so that the target is not known.
    """
    tensors = list(graph.tensors)
    old_shape = {i: t.shape for i, t in enumerate(graph.tensors)}
    (picture,) = graph.inputs
    tensors[picture] = replace(tensors[picture], shape=(1, height, width, tensors[picture].shape[3]))
    levels: dict[Shape, Shape] = {}
    for op in graph.ops:
        for output in op.outputs:
            shape = _shape_after(op, output, tensors, levels)
            tensors[output] = replace(tensors[output], shape=shape)
            if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D"):
                old, new = old_shape[output][1:3], shape[1:3]
                if levels.setdefault(old, new) != new:
                    raise KittError(f"cannot resize the network: its size {old} becomes both {levels[old]} and {new}")
    return replace(graph, tensors=tuple(tensors))


def _shape_after(op: Op, output: int, tensors: list[Tensor], levels: dict[Shape, Shape]) -> Shape:
    first, old = tensors[op.inputs[0]].shape, tensors[output].shape
    if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        weight = tensors[op.inputs[1]].shape
        channels = weight[0] if op.kind == "CONV_2D" else weight[3]
        return (1, *_window(first, weight[1:3], op.options["dilation"], op), channels)
    if op.kind == "MAX_POOL_2D":
        return (1, *_window(first, op.options["kernel"], (1, 1), op), first[3])
    if op.kind == "RESIZE_NEAREST_NEIGHBOR":
        if old[1:3] not in levels:
            raise KittError(f"cannot resize the network: nothing in it has the size {old[1:3]} that it resizes to")
        return (1, *levels[old[1:3]], first[3])
    if op.kind == "RESHAPE":
        count = first[1] * first[2] * first[3]
        if len(first) != 4 or len(old) != 3 or count % old[2]:
            raise KittError(f"cannot resize the network: a reshape of {first} to {old} is not a detection head's")
        return (1, count // old[2], old[2])
    if op.kind == "CONCATENATION":
        axis = op.options["axis"] % len(first)
        return (*first[:axis], sum(tensors[i].shape[axis] for i in op.inputs), *first[axis + 1 :])
    if op.kind in ("ADD", "QUANTIZE", "DEQUANTIZE", "LOGISTIC"):
        return first
    return old


def _window(shape: Shape, kernel: Shape, dilation: Shape, op: Op) -> tuple[int, int]:
    stride, padding = op.options["stride"], op.options["padding"]
    height, width = (out_length(shape[1 + d], kernel[d], stride[d], dilation[d], padding) for d in (0, 1))
    return height, width
