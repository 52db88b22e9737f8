"""A detector of five convolutions and a sum, and ranges that fit what it holds."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from kitt.engine.ort import OrtBackend
from kitt.engine.quantise.net import Net
from kitt.engine.quantise.observe import opened
from kitt.engine.quantise.placement import ENCODINGS, plan
from kitt.engine.quantise.ranges import Range, Ranges, TensorRanges

SIDE = 16
LAYERS = ["conv_a", "conv_b", "pool_conv", "sum", "head"]
"""In the order they run; conv_a, conv_b and sum have a Relu joined to them, so that they give a, b and s."""

GIVES = {
    "conv_a": ["a"],
    "conv_b": ["b", "pooled"],
    "pool_conv": ["pool_conv"],
    "sum": ["s"],
    "head": ["head", "flat", "cells"],
}
"""What each gives, and what shares its grid."""


def detector() -> onnx.ModelProto:
    """images uint8 (1, SIDE, SIDE, 3) -> boxes (1, N, 4), scores (1, N, 8)."""
    random = np.random.default_rng(3)
    cells = (SIDE // 2) ** 2
    grid = np.stack(np.meshgrid(np.arange(SIDE // 2), np.arange(SIDE // 2)), -1).reshape(1, cells, 2) * 2.0
    corners = np.concatenate([grid, grid + 4], -1).astype(np.float32)
    constants = {
        "scale": np.float32(1 / 255),
        "wa": random.normal(0, 0.5, (8, 3, 3, 3)),
        "wb": random.normal(0, 0.25, (8, 8, 3, 3)),
        "wp": random.normal(0, 0.5, (8, 8, 1, 1)),
        "wh": random.normal(0, 0.5, (12, 8, 1, 1)),
        "rows": np.array([1, 12, cells], np.int64),
        "lengths": np.array([4, 8], np.int64),
        "corners": corners,
    }
    padded = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Cast", ["images"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["real"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Mul", ["planes", "scale"], ["x"]),
        helper.make_node("Conv", ["x", "wa"], ["conv_a"], **padded),
        helper.make_node("Relu", ["conv_a"], ["a"]),
        helper.make_node("Conv", ["a", "wb"], ["conv_b"], **padded),
        helper.make_node("Relu", ["conv_b"], ["b"]),
        helper.make_node("MaxPool", ["b"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["pooled", "wp"], ["pool_conv"], kernel_shape=[1, 1]),
        helper.make_node("Add", ["pool_conv", "pooled"], ["sum"]),
        helper.make_node("Relu", ["sum"], ["s"]),
        helper.make_node("Conv", ["s", "wh"], ["head"], kernel_shape=[1, 1]),
        helper.make_node("Reshape", ["head", "rows"], ["flat"]),
        helper.make_node("Transpose", ["flat"], ["cells"], perm=[0, 2, 1]),
        helper.make_node("Split", ["cells", "lengths"], ["shift", "logits"], axis=2),
        helper.make_node("Add", ["shift", "corners"], ["boxes"]),
        helper.make_node("Sigmoid", ["logits"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, [1, SIDE, SIDE, 3])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, cells, 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, cells, 8]),
        ],
        [
            numpy_helper.from_array(np.asarray(v, v.dtype if v.dtype == np.int64 else np.float32), k)
            for k, v in constants.items()
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def pictures(count: int = 3) -> list[np.ndarray]:
    """uint8 (SIDE, SIDE, 3)."""
    random = np.random.default_rng(5)
    return [random.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8) for _ in range(count)]


def ranges(folder: Path, absurd: str = "", model: onnx.ModelProto | None = None) -> Ranges:
    """What its tensors hold on `pictures`; what the layer `absurd` gives is told to hold but a twentieth of it."""
    model = model or detector()
    net = Net(model)
    stored = {t for encoding in ENCODINGS for t in plan(net, net.floats, encoding).grid}
    names = [o for node in net.nodes for o in node.output if o in stored]
    path = folder / "opened.onnx"
    onnx.save(opened(model, names, path.name), str(path))
    network = OrtBackend.load(path, 1)
    runs = [network.infer({"images": picture[None]}) for picture in pictures()]
    tensors = {}
    for name in names:
        low, high = min(float(r[name].min()) for r in runs), max(float(r[name].max()) for r in runs)
        share = 0.05 if name in GIVES.get(absurd, ()) else 1.0
        held = Range(min(low, 0.0) * share, max(high, 0.0) * share)
        tensors[name] = TensorRanges(held, "frames", max(-held.low, held.high), "frames")
    return Ranges("small", "", tensors, {"frames": "three pictures of noise"})
