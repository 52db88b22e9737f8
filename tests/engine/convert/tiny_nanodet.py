"""A small NanoDet-like network with random weights, as the reader of TF.js models would give it.

A convolution to 1/2, a pool to 1/4, stages to 1/8, 1/16 and 1/32, the first of which joins two branches, the way up and
down between them by bilinear resizes, and a head a level: everything the converter knows occurs in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kitt.engine.convert.tfjs import Graph, Node

BINS = 5
LAST, FIRST = [0, 2, 3, 1], [0, 3, 1, 2]
ONE = ((0, 0), (0, 0), (1, 1), (1, 1))


class GraphWriter:
    """Collects nodes and constants; weights are drawn from a seeded generator."""

    def __init__(self, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[Node] = []
        self.constants: dict[str, NDArray] = {}

    def node(self, kind: str, inputs: list[str], *constants: object, name: str = "", **options: object) -> str:
        """Add a node that reads `inputs` and then these constants."""
        name = name or f"call/{kind}_{len(self.nodes)}"
        own = [self.constant(f"{name}/{i}", value) for i, value in enumerate(constants)]
        self.nodes.append(Node(name, kind, (*inputs, *own), options))
        return name

    def constant(self, name: str, value: object) -> str:
        array = np.asarray(value)
        self.constants[name] = array.astype(np.int32 if array.dtype.kind == "i" else np.float32)
        return name

    def conv(self, source: str, inputs: int, outputs: int, kernel: int, stride: int = 1, slope: float = 0.1) -> str:
        """Channels first in and out, as exporters from ONNX write it: pad, transpose, convolve, add, transpose."""
        if kernel > 1:
            source = self.node("Pad", [source], ONE)
        weight = self.random.normal(0, 1.2 / (kernel * inputs**0.5), (kernel, kernel, inputs, outputs))
        window = {"strides": (1, stride, stride, 1), "padding": "VALID", "data_format": "NHWC"}
        out = self.node("Conv2D", [self.node("Transpose", [source], LAST)], weight, dilations=(1, 1, 1, 1), **window)
        out = self.node("Add", [out], self.random.normal(0, 0.3, outputs))
        out = self.node("Transpose", [out], FIRST)
        return self.node("LeakyRelu", [out], alpha=slope) if slope else out

    def resize(self, source: str, height: int, width: int) -> str:
        rule = {"align_corners": False, "half_pixel_centers": True}
        out = self.node("ResizeBilinear", [self.node("Transpose", [source], LAST)], [height, width], **rule)
        return self.node("Transpose", [out], FIRST)


def tiny_nanodet(height: int = 64, width: int = 64, seed: int = 0) -> Graph:
    """The same weights for each size, as if exported for it; 80 classes and BINS bins a side."""
    g = GraphWriter(seed)
    x = g.node("Placeholder", [], name="input_1", shape=(1, 3, height, width))
    x = g.conv(x, 3, 4, 3, 2)
    x = g.node("Transpose", [g.node("PadV2", [x], ONE, -np.inf)], LAST)
    x = g.node("MaxPool", [x], ksize=(1, 3, 3, 1), strides=(1, 2, 2, 1), padding="VALID", data_format="NHWC")
    x = g.conv(g.node("Transpose", [x], FIRST), 4, 6, 3, 2)
    c3 = g.node("ConcatV2", [g.conv(x, 6, 4, 3), x], 1)
    c4 = g.conv(c3, 10, 8, 3, 2)
    c5 = g.conv(c4, 8, 12, 3, 2)
    sides = [(height // s, width // s) for s in (8, 16, 32)]
    p3, p4, p5 = (g.conv(c, n, 6, 1, slope=0) for c, n in ((c3, 10), (c4, 8), (c5, 12)))
    p4 = g.node("AddV2", [p4, g.resize(p5, *sides[1])])
    p3 = g.node("AddV2", [p3, g.resize(p4, *sides[0])])
    p4 = g.node("AddV2", [p4, g.resize(p3, *sides[1])])
    p5 = g.node("AddV2", [p5, g.resize(p4, *sides[2])])
    for level, feature in enumerate((p3, p4, p5)):
        _head(g, feature, level)
    return Graph(tuple(g.nodes), g.constants)


def _head(g: GraphWriter, feature: str, level: int) -> None:
    out = g.conv(g.conv(feature, 6, 6, 3), 6, 80 + 4 * BINS, 1, slope=0)
    split = g.node("SplitV", [out], [80, 4 * BINS], 1, num_split=2)
    for i, (part, values) in enumerate(((g.node("Sigmoid", [split]), 80), (f"{split}:1", 4 * BINS))):
        rows = g.node("Transpose", [g.node("Reshape", [part], [1, values, -1])], [0, 2, 1])
        g.node("Identity", [rows], name=f"Identity_{level + 3 * i}")
