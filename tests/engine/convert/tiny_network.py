"""A small quantised EfficientDet-like network with random weights, as the reader would give it.

Two convolutions to 1/4, a pool to 1/8, the coarse level resized onto the fine one, and box and class heads with
shared weights on five levels, so that everything the converter knows occurs in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kitt.engine.convert.reading import Graph, Op, Quant, Tensor

CLASSES, ANCHORS = 90, 9
INT8 = np.dtype(np.int8)
CONV = {"stride": (1, 1), "dilation": (1, 1), "padding": "SAME", "activation": "NONE"}
POOL = {"kernel": (3, 3), "stride": (2, 2), "padding": "SAME", "activation": "NONE"}


class GraphWriter:
    """Collects tensors and operators; weights and ranges are drawn from a seeded generator."""

    def __init__(self, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        self.tensors: list[Tensor] = []
        self.ops: list[Op] = []

    def tensor(
        self, shape: tuple[int, ...], quant: Quant | None, dtype: np.dtype = INT8, data: NDArray | None = None
    ) -> int:
        self.tensors.append(Tensor(shape, dtype, quant, data))
        return len(self.tensors) - 1

    def picture(self, height: int, width: int) -> int:
        return self.tensor((1, height, width, 3), quant(1 / 128, 127), np.dtype(np.uint8))

    def op(self, kind: str, inputs: list[int], shape: tuple[int, ...], q: Quant | None, options: dict) -> int:
        output = self.tensor(shape, q)
        self.ops.append(Op(kind, tuple(inputs), (output,), options))
        return output

    def weights(
        self, outputs: int, inputs: int, kernel: tuple[int, int], depthwise: bool, in_scale: float
    ) -> list[int]:
        shape = (1, *kernel, outputs) if depthwise else (outputs, *kernel, inputs)
        fan_in = kernel[0] * kernel[1] * (1 if depthwise else inputs)
        scale = self.random.uniform(0.5, 1.5, outputs).astype(np.float32) / (127 * fan_in**0.5)
        weight = self.random.integers(-127, 128, shape).astype(np.int8)
        zero = np.zeros(outputs, np.int64)
        bias = self.random.integers(-40, 40, outputs).astype(np.int32)
        return [
            self.tensor(shape, Quant(scale, zero, 3 if depthwise else 0), INT8, weight),
            self.tensor((outputs,), Quant(scale * np.float32(in_scale), zero), np.dtype(np.int32), bias),
        ]

    def conv(self, source: int, weights: list[int], out: Quant, **options: object) -> int:
        kind = "DEPTHWISE_CONV_2D" if self.tensors[weights[0]].quant.axis == 3 else "CONV_2D"
        options = {**CONV, **options}
        _, height, width, _ = self.tensors[source].shape
        step = options["stride"]
        channels = self.tensors[weights[1]].shape[0]
        shape = (1, -(-height // step[0]), -(-width // step[1]), channels)
        return self.op(kind, [source, *weights], shape, out, options)


def quant(scale: float, zero_point: int) -> Quant:
    return Quant(np.array([scale], np.float32), np.array([zero_point], np.int64))


def tiny_efficientdet(side: int = 128, seed: int = 0) -> Graph:
    """A network for side x side pictures."""
    w = GraphWriter(seed)
    relu6, plain = quant(6 / 255, -128), quant(6 / 255, 3)
    picture = w.picture(side, side)
    x = w.op("QUANTIZE", [picture], (1, side, side, 3), quant(1 / 128, -1), {})
    x = w.conv(x, w.weights(8, 3, (3, 3), False, 1 / 128), relu6, stride=(2, 2), activation="RELU6")
    x = w.conv(x, w.weights(8, 8, (3, 3), True, 6 / 255), relu6, stride=(2, 2), activation="RELU6")
    x = w.conv(x, w.weights(8, 8, (1, 1), False, 6 / 255), plain)
    levels = []
    for _ in range(5):
        _, height, width, _ = w.tensors[x].shape
        x = w.op("MAX_POOL_2D", [x], (1, -(-height // 2), -(-width // 2), 8), plain, POOL)
        levels.append(x)
    fine = w.tensors[levels[0]].shape
    size = w.tensor((2,), None, np.dtype(np.int32), np.array(fine[1:3], np.int32))
    resize = {"align_corners": False, "half_pixel": False}
    up = w.op("RESIZE_NEAREST_NEIGHBOR", [levels[1], size], fine, plain, resize)
    levels[0] = w.op("ADD", [levels[0], up], fine, relu6, {"activation": "RELU6"})
    # every level on one grid, as shared weights want it
    joined = []
    for values, out in ((4, quant(0.02, 10)), (CLASSES, quant(0.06, 40))):
        shared = w.weights(ANCHORS * values, 8, (1, 1), False, 6 / 255)
        rows = []
        for level in levels:
            y = w.conv(level, shared, out)
            _, height, width, _ = w.tensors[y].shape
            rows.append(w.op("RESHAPE", [y], (1, height * width * ANCHORS, values), out, {}))
        count = sum(w.tensors[r].shape[1] for r in rows)
        joined.append(w.op("CONCATENATION", rows, (1, count, values), out, {"axis": 1}))
    count = w.tensors[joined[0]].shape[1]
    boxes = w.op("DEQUANTIZE", [joined[0]], (1, count, 4), None, {})
    scores = w.op("LOGISTIC", [joined[1]], (1, count, CLASSES), quant(1 / 256, -128), {})
    scores = w.op("DEQUANTIZE", [scores], (1, count, CLASSES), None, {})
    anchors = w.tensor((count, 4), None, np.dtype(np.float32), np.zeros((count, 4), np.float32))
    w.op("TFLite_Detection_PostProcess", [boxes, scores, anchors], (), None, {f"{s}_scale": 1.0 for s in "xywh"})
    return Graph(tuple(w.tensors), tuple(w.ops), (picture,), (len(w.tensors) - 1,))
