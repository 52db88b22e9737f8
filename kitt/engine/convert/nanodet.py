"""From a published NanoDet as a TF.js model to kitt's ONNX.

RangiLyu: NanoDet, 2020 (its v0.x); its head is that of Li et al.: Generalized Focal Loss, NeurIPS 2020. On strides 8,
16 and 32 each cell's middle has a score for each class and, for each side of the box, the probabilities of 0, 1, 2, ...
strides of distance; their mean is the distance. The network that comes out:
  input  `images` uint8 (1, H, W, 3), red-green-blue pixels as they are;
  output `boxes`  float32 (1, N, 4), x1 y1 x2 y2 in input pixels, not clipped to the picture;
  output `scores` float32 (1, N, 8), probability of each of `kitt.types.CLASSES`.
N is the anchors with the highest scores of any class, highest first. Suppressing doubles is left to the caller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx

from kitt.engine.convert import VERSION
from kitt.engine.convert.building import GraphBuilder
from kitt.engine.convert.tail import CANDIDATES, keep_strongest
from kitt.engine.convert.tfjs import Graph, Node, read
from kitt.engine.convert.tfjs_emitting import Emitter, Value
from kitt.engine.convert.tfjs_shapes import constant, input_of, with_biases, with_input_size
from kitt.errors import KittError
from kitt.types import CLASSES, COCO_INDICES, F32

MULTIPLE, MAX_SIDE = 32, 4096
"""Both sides must be multiples of the coarsest stride, so that a level's cells cover the picture."""

_COCO_CLASSES = 80
# of ImageNet, as the network was trained with: red, green, blue, in steps of a pixel
_MEAN = np.array([123.675, 116.28, 103.53], np.float32)
_SCALE = (1 / np.array([58.395, 57.12, 57.375])).astype(np.float32)


@dataclass(frozen=True)
class Head:
    """One level's last convolution: its channels are _COCO_CLASSES scores, then `bins` for each side of the box."""

    conv: Node
    bins: int


def convert(source: Path, width: int, height: int, *, candidates: int = CANDIDATES) -> onnx.ModelProto:
    """The float ONNX of the model.json `source` for pictures of `width` x `height` pixels.

    candidates: how many anchors leave the network, 0 for all, by level, row and column.
    Raises KittError when `source` is not a NanoDet or is damaged, or the size is not one it can have.
    """
    graph = read(source)
    try:
        return build(graph, width, height, candidates=candidates)
    except (LookupError, TypeError, ValueError) as e:
        # an operator without the options that TensorFlow always writes
        raise KittError(f"{source}: the TF.js model is damaged ({e!r}); fetch it again: kitt models pull") from e


def build(graph: Graph, width: int, height: int, *, candidates: int) -> onnx.ModelProto:
    """The ONNX model of a network read by `tfjs.read`."""
    if any(side % MULTIPLE or not MULTIPLE <= side <= MAX_SIDE for side in (width, height)):
        raise KittError(
            f"input size {width}x{height}: each side must be a multiple of {MULTIPLE} up to {MAX_SIDE} pixels"
        )
    graph = with_input_size(_reading_rgb(with_biases(graph)), width, height)
    builder = GraphBuilder()
    emitter = Emitter(graph, builder)
    _emit_input(emitter)
    heads = find_heads(graph)
    emitter.run(_needed_by(graph, heads))
    heads.sort(key=lambda head: -emitter.shapes[head.conv.name][1])
    boxes, scores, count = _emit_tail(emitter, heads, centres(emitter, heads, (width, height)), candidates)
    builder.output(boxes, "boxes", np.float32, (1, count, 4))
    builder.output(scores, "scores", np.float32, (1, count, len(CLASSES)))
    return builder.model({"kitt.layout": "nanodet", "kitt.converter": str(VERSION)})


def find_heads(graph: Graph) -> list[Head]:
    """The heads, one a level, in no order. Raises KittError when the network does not end in those of a NanoDet."""
    by_name = {n.name: n for n in graph.nodes}
    heads = []
    for split in (n for n in graph.nodes if n.kind == "SplitV"):
        lengths = constant(graph.constants, split, 1).tolist()
        node = by_name.get(split.inputs[0])
        while node is not None and node.kind == "Transpose":
            node = by_name.get(node.inputs[0])
        if node is None or node.kind != "Conv2D" or len(node.inputs) != 3:
            raise KittError("not a NanoDet: a head does not end in a convolution with a bias")
        if len(lengths) != 2 or lengths[0] != _COCO_CLASSES or lengths[1] % 4:
            raise KittError(f"not a NanoDet with COCO's {_COCO_CLASSES} classes: a head gives {lengths} values")
        if constant(graph.constants, node, 2).shape != (sum(lengths),):
            raise KittError("not a NanoDet: a head's convolution does not give what is split")
        heads.append(Head(node, lengths[1] // 4))
    if not heads or len({h.bins for h in heads}) != 1:
        raise KittError("not a NanoDet: it has no heads, or heads of different kinds")
    return heads


def centres(emitter: Emitter, heads: list[Head], size: tuple[int, int]) -> F32:
    """float32 (N, 3): x and y of each cell's middle and the stride, in input pixels; by head, row and column."""
    width, height = size
    parts = []
    for head in heads:
        _, rows, columns, _ = emitter.shapes[head.conv.name]
        stride = height // rows
        if (rows * stride, columns * stride) != (height, width):
            raise KittError(f"not a NanoDet: one of its levels has {columns}x{rows} cells for {width}x{height} pixels")
        y, x = np.meshgrid(np.arange(rows) + 0.5, np.arange(columns) + 0.5, indexing="ij")
        parts.append(np.stack([x, y, np.ones_like(x)], -1).reshape(-1, 3) * stride)
    found: F32 = np.concatenate(parts).astype(np.float32)
    return found


def _reading_rgb(graph: Graph) -> Graph:
    """The same network for red-green-blue pictures: trained on blue-green-red, its first weights change places."""
    first = next((n for n in graph.nodes if n.kind == "Conv2D"), None)
    if first is None:
        raise KittError("not a NanoDet: it has no convolution")
    weight = constant(graph.constants, first, 1)
    return replace(graph, constants={**graph.constants, first.inputs[1]: weight[:, :, ::-1]})


def _needed_by(graph: Graph, heads: list[Head]) -> list[Node]:
    """All that runs before the heads' convolutions and for them, but the input."""
    needed = {head.conv.inputs[0] for head in heads}
    body = []
    for node in reversed(graph.nodes):
        if node.name in needed and node.kind != "Placeholder":
            needed.update(node.inputs)
            body.append(node)
    return body[::-1]


def _emit_input(emitter: Emitter) -> None:
    builder, picture = emitter.builder, input_of(emitter.graph)
    _, channels, height, width = emitter.shapes[picture.name]
    images = builder.input("images", np.uint8, (1, height, width, channels))
    pixels = builder.node("Cast", [builder.node("Transpose", [images], perm=[0, 3, 1, 2])], to=onnx.TensorProto.FLOAT)
    mean, scale = (builder.constant(per_channel.reshape(1, 3, 1, 1)) for per_channel in (_MEAN, _SCALE))
    centred = builder.node("Sub", [pixels, mean])
    emitter.keep(picture, Value(emitter.named("Mul", [centred, scale], picture.name)))


def _emit_tail(emitter: Emitter, heads: list[Head], cells: F32, candidates: int) -> tuple[str, str, int]:
    """Names of boxes and scores, and how many anchors they are for: the `candidates` best, strongest first."""
    builder, bins = emitter.builder, heads[0].bins
    count = min(candidates, len(cells)) if candidates else len(cells)
    logits = _emit_rows(emitter, heads, np.array(COCO_INDICES), "classes")
    distances = _emit_rows(emitter, heads, np.arange(_COCO_CLASSES, _COCO_CLASSES + 4 * bins), "sides")
    middle, stride = (builder.constant(part) for part in (cells[None, :, :2], cells[None, :, 2:]))
    if count < len(cells):
        logits, (distances, middle, stride) = keep_strongest(builder, logits, [distances, middle, stride], count)
    return _emit_boxes(builder, distances, middle, stride, bins), builder.node("Sigmoid", [logits]), count


def _emit_rows(emitter: Emitter, heads: list[Head], channels: np.ndarray, what: str) -> str:
    """These channels of all heads, (1, N, len(channels)), each head's convolution being cut to them."""
    builder, constants = emitter.builder, emitter.graph.constants
    levels = []
    for head in heads:
        weight, bias = (constant(constants, head.conv, i)[..., channels] for i in (1, 2))
        name = emitter.convolution(head.conv, weight, bias, f"{head.conv.name}/{what}")
        rows = builder.node("Transpose", [name], perm=[0, 2, 3, 1])
        levels.append(builder.node("Reshape", [rows, builder.constant(np.array([1, -1, len(channels)], np.int64))]))
    return builder.node("Concat", levels, axis=1)


def _emit_boxes(builder: GraphBuilder, distances: str, middle: str, stride: str, bins: int) -> str:
    """Boxes from the distributions (1, N, 4 * bins) of how far left, top, right and bottom lie from `middle`."""
    by_side = builder.node("Reshape", [distances, builder.constant(np.array([1, -1, 4, bins], np.int64))])
    shares = builder.node("Softmax", [by_side], axis=3)
    steps = builder.node("Mul", [shares, builder.constant(np.arange(bins, dtype=np.float32))])
    mean = builder.node("ReduceSum", [steps, builder.constant(np.array([3], np.int64))], keepdims=0)
    before, after = builder.split(builder.node("Mul", [mean, stride]), (2, 2), axis=2)
    corners = [builder.node("Sub", [middle, before]), builder.node("Add", [middle, after])]
    return builder.node("Concat", corners, axis=2)
