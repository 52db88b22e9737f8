"""Small networks as TensorRT is to get them, and ones with a single thing wrong."""

from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper

H, W, CHANNELS = 12, 16, 8

FAULTS = ("zero point", "uint8", "int32 bias", "unsupported", "free shape", "new opset")


def conv_net(quantised: bool = True, fault: str = "", *, seed: int = 0) -> ModelProto:
    """images (1,H,W,3) uint8 -> features float32: cast, transpose, one convolution with bias, relu, and a softmax."""
    assert not fault or fault in FAULTS
    rng = np.random.default_rng(seed)
    weights: list[TensorProto] = []
    nodes = []

    def constant(name: str, value: object) -> str:
        weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(op: str, inputs: list[str], output: str, **attributes: object) -> str:
        nodes.append(helper.make_node(op, inputs, [output], name=f"{op.lower()}_{output}", **attributes))
        return output

    x = node("Transpose", ["images"], "nchw", perm=[0, 3, 1, 2])
    x = node("Cast", [x], "pixels", to=TensorProto.FLOAT)
    x = node("Mul", [x, constant("scale", np.float32(1 / 255))], "scaled")
    kernel = rng.normal(size=(CHANNELS, 3, 3, 3)).astype(np.float32)
    w = constant("kernel", kernel)
    bias = constant("bias", rng.normal(size=CHANNELS).astype(np.float32))
    if quantised:
        zero = np.uint8(0) if fault == "uint8" else np.int8(3 if fault == "zero point" else 0)
        grid = [constant("x_scale", np.float32(1 / 127)), constant("x_zero", zero)]
        x = node("DequantizeLinear", [node("QuantizeLinear", [x, *grid], "x_stored"), *grid], "x_read")
        steps = (np.abs(kernel).max((1, 2, 3)) / 127).astype(np.float32)
        grid = [constant("w_scale", steps), constant("w_zero", np.zeros(CHANNELS, np.int8))]
        w = node("QuantizeLinear", [w, *grid], "w_stored", axis=0)
        w = node("DequantizeLinear", [w, *grid], "w_read", axis=0)
        if fault == "int32 bias":
            grid = [constant("b_scale", steps), constant("b_zero", np.zeros(CHANNELS, np.int32))]
            stored = constant("b_stored", np.arange(CHANNELS, dtype=np.int32))
            bias = node("DequantizeLinear", [stored, *grid], "b_read", axis=0)
    x = node("Conv", [x, w, bias], "convolved", kernel_shape=[3, 3])
    x = node("Relu", [x], "cut")
    if fault == "unsupported":
        x = node("Det", [node("Slice", [x, *_square(constant)], "square")], "determinant")
        x = node("Unsqueeze", [x, constant("last", np.array([2, 3]))], "as_before")
    node("Softmax", [x], "features", axis=1)
    size = [1, CHANNELS, 1, 1] if fault == "unsupported" else [1, CHANNELS, H - 2, W - 2]
    graph = helper.make_graph(
        nodes,
        "conv_net",
        [
            helper.make_tensor_value_info(
                "images", TensorProto.UINT8, ["batch" if fault == "free shape" else 1, H, W, 3]
            )
        ],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, size)],
        weights,
    )
    opset = 99 if fault == "new opset" else 17
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def tiny_detector(quantised: bool = True) -> ModelProto:
    """A detector in kitt's own layout: a box around every pixel of `conv_net`'s features, its class by them."""
    model = conv_net(quantised)
    graph = model.graph
    cells = (H - 2) * (W - 2)
    y, x = (a.reshape(-1) for a in np.mgrid[1 : H - 1, 1 : W - 1])
    boxes = np.stack((x - 1, y - 1, x + 2, y + 2), 1).astype(np.float32)[None]
    graph.initializer.append(numpy_helper.from_array(boxes, "cells"))
    graph.initializer.append(numpy_helper.from_array(np.array([1, CHANNELS, cells]), "flat"))
    graph.node.append(helper.make_node("Reshape", ["features", "flat"], ["by_class"], name="flatten"))
    graph.node.append(helper.make_node("Transpose", ["by_class"], ["scores"], name="by_cell", perm=[0, 2, 1]))
    graph.node.append(helper.make_node("Identity", ["cells"], ["boxes"], name="boxes"))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, cells, 4]))
    graph.output.append(helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, cells, CHANNELS]))
    return model


def saved(model: ModelProto, path: Path) -> Path:
    onnx.save(model, path)
    return path


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (1, H, W, 3)).astype(np.uint8)


def _square(constant: object) -> list[str]:
    return [
        constant("starts", np.array([0, 0])),  # type: ignore[operator]
        constant("ends", np.array([4, 4])),  # type: ignore[operator]
        constant("axes", np.array([2, 3])),  # type: ignore[operator]
    ]
