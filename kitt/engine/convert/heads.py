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

POST_PROCESS = "TFLite_Detection_PostProcess"


@dataclass(frozen=True)
class Heads:
    """Tensors before TFLite's own post-processing: raw boxes (1, N, 4), scores (1, N, classes), anchors (N, 4)."""

    boxes: int
    scores: int
    anchors: int
    post_process: Op


def find_heads(graph: Graph) -> Heads:
    """Raises KittError when the network does not end in TFLite's detection post-processing."""
    last = graph.ops[-1]
    if last.kind != POST_PROCESS or len(last.inputs) != 3:
        raise KittError(f"not an EfficientDet-Lite: it ends in {last.kind} and not in {POST_PROCESS}")
    return Heads(*last.inputs, last)


def levels(graph: Graph, head: int) -> list[Op]:
    """The reshapes that a head's output is joined from, one a pyramid level, finest first."""
    op = graph.ops[graph.producer(head)]
    while op.kind in ("DEQUANTIZE", "LOGISTIC"):
        op = graph.ops[graph.producer(op.inputs[0])]
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
        rows = np.array([a * values + k for a in range(anchors) for k in keep])
        for part in conv.inputs[1:3]:
            # the levels share their weights: from the original each time, so that none is cut twice
            tensors[part] = _rows(graph.tensors[part], rows)
        _set_last(tensors, conv.outputs[0], len(rows))
        _set_last(tensors, reshape.outputs[0], len(keep))
    return replace(graph, tensors=tuple(tensors))


def _rows(tensor: Tensor, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Tensor:
    if tensor.data is None:
        raise KittError("not an EfficientDet-Lite: a detection head's weights are computed and not stored")
    quant = tensor.quant
    if quant is not None and len(quant.scale) > 1:
        quant = Quant(quant.scale[rows], quant.zero_point[rows], quant.axis)
    return replace(tensor, shape=(len(rows), *tensor.shape[1:]), quant=quant, data=tensor.data[rows])


def _set_last(tensors: list[Tensor], index: int, length: int) -> None:
    tensors[index] = replace(tensors[index], shape=(*tensors[index].shape[:-1], length))
