"""The detection heads: where they are, and how to keep only some of their output channels.

A head is one convolution for each pyramid level, its channels being anchor x value; reshaped to rows of values and
joined. Dropping values therefore means dropping rows of its weights, and leaves every other number as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kitt.engine.convert.reading import Graph, Op, Quant, Tensor
from kitt.errors import KittError
from kitt.types import I64

POST_PROCESS = "TFLite_Detection_PostProcess"
TAIL = ("DEQUANTIZE", "LOGISTIC", POST_PROCESS)
"""What TFLite does after the heads, and kitt in its own way."""


@dataclass(frozen=True)
class Heads:
    """Tensors that the heads give for N anchors: box offsets (1, N, 4) and class logits (1, N, C).

    scaling: by what TFLite divides the offsets x, y, w and h.
    """

    boxes: int
    logits: int
    scaling: tuple[float, ...]


def find_heads(graph: Graph) -> Heads:
    """Raises KittError when the network does not end in TFLite's detection post-processing."""
    last = graph.ops[-1]
    if last.kind != POST_PROCESS or len(last.inputs) != 3:
        raise KittError(f"not an EfficientDet-Lite: it ends in {last.kind} and not in {POST_PROCESS}")
    boxes, logits = (_before_tail(graph, i) for i in last.inputs[:2])
    return Heads(boxes, logits, tuple(float(last.options.get(f"{side}_scale", 1)) for side in "xywh"))


def _before_tail(graph: Graph, tensor: int) -> int:
    while graph.ops[graph.producer(tensor)].kind in TAIL:
        tensor = graph.ops[graph.producer(tensor)].inputs[0]
    return tensor


def levels(graph: Graph, head: int) -> list[Op]:
    """The reshapes that a head's output is joined from, one a pyramid level, finest first."""
    op = graph.ops[graph.producer(head)]
    reshapes = [graph.ops[graph.producer(i)] for i in op.inputs]
    if op.kind != "CONCATENATION" or any(r.kind != "RESHAPE" for r in reshapes):
        raise KittError("not an EfficientDet-Lite: a detection head is not joined from reshaped pyramid levels")
    return reshapes


def keep_values(graph: Graph, head: int, keep: Sequence[int]) -> Graph:
    """The network whose `head` gives only the values `keep` of each anchor, in that order."""
    tensors = list(graph.tensors)
    for reshape in levels(graph, head):
        conv = graph.ops[graph.producer(reshape.inputs[0])]
        if conv.kind != "CONV_2D":
            raise KittError(f"not an EfficientDet-Lite: a detection head ends in {conv.kind} and not in a convolution")
        values = graph.tensors[reshape.outputs[0]].shape[2]
        anchors = graph.tensors[conv.outputs[0]].shape[3] // values
        rows: I64 = np.array([a * values + k for a in range(anchors) for k in keep])
        for part in conv.inputs[1:3]:
            # the levels share their weights: from the original each time, so that none is cut twice
            tensors[part] = _rows(graph.tensors[part], rows)
        _set_last(tensors, conv.outputs[0], len(rows))
        _set_last(tensors, reshape.outputs[0], len(keep))
    return replace(graph, tensors=tuple(tensors))


def _rows(tensor: Tensor, rows: I64) -> Tensor:
    if tensor.data is None:
        raise KittError("not an EfficientDet-Lite: a detection head's weights are computed and not stored")
    quant = tensor.quant
    if quant is not None and len(quant.scale) > 1:
        quant = Quant(quant.scale[rows], quant.zero_point[rows], quant.axis)
    return replace(tensor, shape=(len(rows), *tensor.shape[1:]), quant=quant, data=tensor.data[rows])


def _set_last(tensors: list[Tensor], index: int, length: int) -> None:
    tensors[index] = replace(tensors[index], shape=(*tensors[index].shape[:-1], length))
