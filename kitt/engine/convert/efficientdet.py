"""From a published EfficientDet-Lite .tflite to kitt's ONNX.

The network that comes out:
  input  `images` uint8 (1, H, W, 3), red-green-blue pixels as they are;
  output `boxes`  float32 (1, N, 4), x1 y1 x2 y2 in input pixels, not clipped to the picture;
  output `scores` float32 (1, N, 8), probability of each of `kitt.types.CLASSES`.
N is the anchors with the highest scores of any class, highest first: of some 30,000 a road needs a hundred, and what
does not leave the network need not be decoded. Suppressing doubles is left to the caller.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx

from kitt.engine.convert import VERSION
from kitt.engine.convert.anchors import anchors
from kitt.engine.convert.building import GraphBuilder
from kitt.engine.convert.emitting import Emitter
from kitt.engine.convert.heads import TAIL, Heads, find_heads, keep_values, levels
from kitt.engine.convert.reading import Graph, read
from kitt.engine.convert.shapes import with_input_size
from kitt.engine.convert.tail import CANDIDATES, keep_strongest
from kitt.errors import KittError
from kitt.types import CLASSES, COCO_IDS, F32

MIN_SIDE, MAX_SIDE = 64, 4096

_COCO_CLASSES = 90
_HALF = np.float32(0.5)
_XYWH_OF_YXHW = (1, 0, 3, 2)


def convert(source: Path, width: int, height: int, *, candidates: int = CANDIDATES) -> onnx.ModelProto:
    """The float ONNX of `source` for pictures of `width` x `height` pixels.

    candidates: how many anchors leave the network, 0 for all, in the anchors' own order.
    Raises KittError when `source` is not an EfficientDet-Lite or the size is out of range.
    """
    return build(read(source), width, height, candidates=candidates)


def build(graph: Graph, width: int, height: int, *, candidates: int) -> onnx.ModelProto:
    """The ONNX model of a network read by `reading.read`."""
    if not (MIN_SIDE <= width <= MAX_SIDE and MIN_SIDE <= height <= MAX_SIDE):
        raise KittError(f"input size {width}x{height}: each side must be {MIN_SIDE} to {MAX_SIDE} pixels")
    heads = find_heads(graph)
    _check(graph, heads)
    graph = keep_values(graph, heads.logits, [i - 1 for i in COCO_IDS])
    graph = keep_values(graph, heads.boxes, _XYWH_OF_YXHW)
    graph = with_input_size(graph, width, height)

    builder = GraphBuilder()
    emitter = Emitter(graph, builder)
    _emit_input(emitter)
    emitter.run(op for op in graph.ops if op.kind not in TAIL)
    cells = [graph.tensors[reshape.inputs[0]].shape[1:3] for reshape in levels(graph, heads.boxes)]
    boxes, scores, count = _emit_tail(emitter, heads, anchors(width, height, [(r, c) for r, c in cells]), candidates)
    builder.output(boxes, "boxes", np.float32, (1, count, 4))
    builder.output(scores, "scores", np.float32, (1, count, len(CLASSES)))
    return builder.model({"kitt.layout": "efficientdet", "kitt.converter": str(VERSION)})


def _check(graph: Graph, heads: Heads) -> None:
    classes = graph.tensors[heads.logits].shape[-1]
    if classes != _COCO_CLASSES:
        raise KittError(f"the network has {classes} classes; kitt converts those with COCO's {_COCO_CLASSES}")
    if heads.scaling != (1, 1, 1, 1):
        raise KittError(f"the network scales its boxes by {heads.scaling}; kitt converts those that do not")
    (picture,) = graph.inputs
    if graph.tensors[picture].dtype != np.uint8 or graph.tensors[picture].quant is None:
        raise KittError("the network does not take uint8 pictures")


def _emit_input(emitter: Emitter) -> None:
    graph, builder = emitter.graph, emitter.builder
    (picture,) = graph.inputs
    tensor = graph.tensors[picture]
    images = builder.input("images", np.uint8, tensor.shape)
    assert tensor.quant is not None
    zero, scale = np.float32(tensor.quant.zero_point[0]), np.float32(tensor.quant.scale[0])
    pixels = builder.node("Cast", [builder.node("Transpose", [images], perm=[0, 3, 1, 2])], to=onnx.TensorProto.FLOAT)
    centred = builder.node("Sub", [pixels, builder.constant(zero)])
    emitter.keep(picture, builder.node("Mul", [centred, builder.constant(scale)]))


def _emit_tail(emitter: Emitter, heads: Heads, anchor_boxes: F32, candidates: int) -> tuple[str, str, int]:
    """Names of boxes and scores, and how many anchors they are for: the `candidates` best, strongest first."""
    builder = emitter.builder
    offsets, logits = emitter.value(heads.boxes), emitter.value(heads.logits)
    count = min(candidates, len(anchor_boxes)) if candidates else len(anchor_boxes)
    centre, size = (builder.constant(part) for part in (anchor_boxes[None, :, :2], anchor_boxes[None, :, 2:]))
    if count < len(anchor_boxes):
        logits, (offsets, centre, size) = keep_strongest(builder, logits, [offsets, centre, size], count)
    # TFLite rounds scores to 1/256; they are left in float, since what follows is
    return _emit_boxes(builder, offsets, centre, size), builder.node("Sigmoid", [logits]), count


def _emit_boxes(builder: GraphBuilder, offsets: str, centre: str, size: str) -> str:
    """Boxes from offsets to anchors as Faster R-CNN (2015) defines them: linear centres, exponential sizes."""
    shift, stretch = builder.split(offsets, (2, 2), axis=2)
    centre = builder.node("Add", [builder.node("Mul", [shift, size]), centre])
    half = builder.node("Mul", [builder.node("Exp", [stretch]), builder.node("Mul", [size, builder.constant(_HALF)])])
    corners = [builder.node("Sub", [centre, half]), builder.node("Add", [centre, half])]
    return builder.node("Concat", corners, axis=2)
