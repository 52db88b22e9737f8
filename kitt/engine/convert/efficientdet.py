"""From a published EfficientDet-Lite .tflite to kitt's ONNX.

The network that comes out:
  input  `images` uint8 (1, H, W, 3), red-green-blue pixels as they are;
  output `boxes`  float32 (1, N, 4), x1 y1 x2 y2 in input pixels, not clipped to the picture;
  output `scores` float32 (1, N, 8), probability of each of `kitt.types.CLASSES`.
N is nine anchors for each cell of five pyramid levels. Suppressing doubles is left to the caller.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx

from kitt.engine.convert import VERSION
from kitt.engine.convert.anchors import anchors
from kitt.engine.convert.building import GraphBuilder, save
from kitt.engine.convert.emitting import Emitter, Value
from kitt.engine.convert.heads import Heads, find_heads, keep_values, levels
from kitt.engine.convert.reading import Graph, read
from kitt.engine.convert.shapes import with_input_size
from kitt.errors import KittError
from kitt.types import COCO_IDS

MIN_SIDE, MAX_SIDE = 64, 4096

_COCO_CLASSES = 90
_XYWH_OF_YXHW = (1, 0, 3, 2)


def convert(source: Path, target: Path, width: int, height: int, *, quantised: bool = True) -> None:
    """Write the ONNX of `source` for pictures of `width` x `height` pixels.

    quantised: uint8 Q/DQ with the ranges of the TFLite file; else float32 throughout.
    Raises KittError when `source` is not an EfficientDet-Lite or the size is out of range; OSError from writing.
    """
    save(build(read(source), width, height, quantised=quantised), target)


def build(graph: Graph, width: int, height: int, *, quantised: bool = True) -> onnx.ModelProto:
    """The ONNX model of a network read by `reading.read`."""
    if not (MIN_SIDE <= width <= MAX_SIDE and MIN_SIDE <= height <= MAX_SIDE):
        raise KittError(f"input size {width}x{height}: each side must be {MIN_SIDE} to {MAX_SIDE} pixels")
    heads = find_heads(graph)
    _check(graph, heads)
    graph = keep_values(graph, heads.scores, [i - 1 for i in COCO_IDS])
    graph = keep_values(graph, heads.boxes, _XYWH_OF_YXHW)
    graph = with_input_size(graph, width, height)

    builder = GraphBuilder()
    emitter = Emitter(graph, builder, quantised)
    _emit_input(graph, builder, emitter, quantised)
    emitter.run()
    cells = [graph.tensors[reshape.inputs[0]].shape[1:3] for reshape in levels(graph, heads.boxes)]
    boxes = _emit_boxes(builder, emitter.real(heads.boxes), anchors(width, height, [(r, c) for r, c in cells]))
    for name, value, index in (("boxes", boxes, heads.boxes), ("scores", emitter.real(heads.scores), heads.scores)):
        builder.output(value, name, np.float32, graph.tensors[index].shape)
    return builder.model({"kitt.layout": "efficientdet", "kitt.converter": str(VERSION)})


def _check(graph: Graph, heads: Heads) -> None:
    classes = graph.tensors[heads.scores].shape[-1]
    if classes != _COCO_CLASSES:
        raise KittError(f"the network has {classes} classes; kitt converts those with COCO's {_COCO_CLASSES}")
    scales = [heads.post_process.options.get(f"{side}_scale") for side in "xywh"]
    if scales != [1.0] * 4:
        raise KittError(f"the network scales its boxes by {scales}; kitt converts those that do not")
    (picture,) = graph.inputs
    if graph.tensors[picture].dtype != np.uint8 or graph.tensors[picture].quant is None:
        raise KittError("the network does not take uint8 pictures")


def _emit_input(graph: Graph, builder: GraphBuilder, emitter: Emitter, quantised: bool) -> None:
    (picture,) = graph.inputs
    tensor = graph.tensors[picture]
    images = builder.input("images", np.uint8, tensor.shape)
    stored = builder.node("Transpose", [images], perm=[0, 3, 1, 2])
    if quantised:
        # pixels are the first tensor's stored integers: there is nothing to normalise
        emitter.keep(picture, Value(stored, emitter.grid(picture)))
        return
    assert tensor.quant is not None
    zero, scale = np.float32(tensor.quant.zero_point[0]), np.float32(tensor.quant.scale[0])
    pixels = builder.node("Cast", [stored], to=onnx.TensorProto.FLOAT)
    centred = builder.node("Sub", [pixels, builder.constant(zero)])
    emitter.keep(picture, Value(builder.node("Mul", [centred, builder.constant(scale)]), None))


def _emit_boxes(builder: GraphBuilder, raw: str, boxes: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> str:
    """Boxes from offsets to anchors as Faster R-CNN (2015) defines them: linear centres, exponential sizes."""
    offset, log_size = builder.split(raw, (2, 2), axis=2)
    centre = builder.node("Mul", [offset, builder.constant(boxes[None, :, 2:])])
    centre = builder.node("Add", [centre, builder.constant(boxes[None, :, :2])])
    half = builder.node("Mul", [builder.node("Exp", [log_size]), builder.constant(boxes[None, :, 2:] / 2)])
    corners = [builder.node("Sub", [centre, half]), builder.node("Add", [centre, half])]
    return builder.node("Concat", corners, axis=2)
