"""Layers that kitt's own networks lack and users' have: right in INT8, or left in float."""

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from kitt.engine.ort import _UNASKED
from kitt.engine.quantise.net import Net as Graph
from kitt.engine.quantise.placement import plan
from kitt.engine.quantise.ranges import Ranges
from kitt.engine.quantise.write import quantise
from tests.engine.quantise.nets import Net, ranges_of
from tests.engine.quantise.test_write import X, calibrated, run

RANDOM = np.random.default_rng(5)


def weight(*shape):
    return RANDOM.normal(0, 0.3, shape).astype(np.float32)


def pooled_row(net):
    net.node("GlobalAveragePool", ["a"], "mean")
    return net.node("Flatten", ["mean"], "row")


def gemm(bias, **attributes):
    def add(net):
        row = pooled_row(net)
        net.constant(weight(8, 8), "gw")
        inputs = [row, "gw", net.constant(bias, "gb")]
        net.node("Gemm", inputs, "gemm", **attributes)
        return net.node("Reshape", ["gemm", net.constant(np.array([-1, 8, 1, 1]), "s4")], "cells")

    return add


def rows_gemm(bias):
    def add(net):
        net.node("Reshape", ["a", net.constant(np.array([12, 64]), "s2")], "rows")
        net.node("Gemm", ["rows", net.constant(weight(64, 64), "gw"), net.constant(bias, "gb")], "gemm")
        return net.node("Reshape", ["gemm", net.constant(np.array([1, 8, 8, 12]), "s4")], "cells")

    return add


def one(kind, *more, **attributes):
    def add(net):
        names = [net.constant(m, f"k{i}") if m is not None else "" for i, m in enumerate(more)]
        return net.node(kind, ["a", *names], "odd", **attributes)

    return add


def concat_constant(net):
    return net.node("Concat", [net.constant(weight(1, 2, 8, 12), "k"), "a"], "odd", axis=1)


def gather_constant(net):
    net.node("ReduceMean", ["a"], "m", axes=[0, 1, 2, 3], keepdims=0)
    net.node("Cast", ["m"], "i", to=TensorProto.INT64)
    net.node("Gather", [net.constant(weight(4, 8, 8, 12), "table"), "i"], "g", axis=0)
    net.node("Add", ["g", "a"], "odd")
    return "odd"


def computed_bias(net):
    net.node("ReduceMean", ["a"], "m", axes=[0, 2, 3], keepdims=0)
    return net.node("Conv", ["a", net.constant(weight(8, 8, 1, 1), "k"), "m"], "odd")


def computed_weight(net):
    net.node("ReduceMean", ["a"], "m", axes=[0, 2, 3], keepdims=0)
    net.node("Reshape", ["m", net.constant(np.array([1, 8, 1, 1]), "s")], "kk")
    return net.node("Conv", ["a", "kk"], "odd")


def computed_limit(net):
    net.node("ReduceMean", ["a"], "m", axes=[0, 1, 2, 3], keepdims=0)
    net.conv("a", "c", 8, 8)
    return net.node("Clip", ["c", "m", ""], "odd")


def indices(net):
    net.node("MaxPool", ["a"], "p", kernel_shape=[2, 2], strides=[2, 2])
    net.nodes[-1].output.append("where")
    net.node("Cast", ["where"], "w", to=TensorProto.FLOAT)
    net.node("Mul", ["w", net.constant(np.float32(0.001), "k")], "small")
    return net.node("Add", ["p", "small"], "odd")


def wide(kind, shape, back, *more, **attributes):
    """A layer on a tensor of another number of axes."""

    def add(net):
        net.node("Reshape", ["a", net.constant(np.array(shape), "s")], "shaped")
        names = [net.constant(m, f"k{i}") if m is not None else "" for i, m in enumerate(more)]
        net.node(kind, ["shaped", *names], "odd", **attributes)
        return net.node("Reshape", ["odd", net.constant(np.array(back), "b")], "cells")

    return add


def matmul_vector(net):
    net.node("Transpose", ["a"], "last", perm=[0, 2, 3, 1])
    net.node("MatMul", ["last", net.constant(weight(8), "k")], "v")
    return net.node("Reshape", ["v", net.constant(np.array([1, 1, 8, 12]), "s")], "cells")


def taken_names(net):
    net.conv("a", "a_stored", 8, 8, scale=0.1)
    net.conv("a_stored", "a_real", 8, 8, scale=0.1)
    return net.node("Relu", ["a_real"], "a_scale")


SIZES = np.array([1, 8, 16, 24], np.int64)
SCALES = np.array([1, 1, 2, 2], np.float32)
CASES = {
    "concat constant": concat_constant,
    "gather constant": gather_constant,
    "computed bias": computed_bias,
    "computed weight": computed_weight,
    "computed limit": computed_limit,
    "indices": indices,
    "taken names": taken_names,
    "vector": matmul_vector,
    "gemm row": gemm(weight(1, 8), transB=1),
    "gemm factors": gemm(weight(8), alpha=2.0, beta=0.5),
    "gemm alpha": gemm(weight(8), alpha=2.0),
    "gemm beta": gemm(weight(1, 8), beta=3.0),
    "gemm scalar": gemm(np.float32(0.7)),
    "gemm one": gemm(weight(1)),
    "gemm one by one": gemm(weight(1, 1)),
    "gemm column": rows_gemm(weight(12, 1)),
    "gemm matrix": rows_gemm(weight(12, 64)),
    "gemm wide": rows_gemm(weight(1, 64)),
    "cubic": one("Resize", None, SCALES, mode="cubic"),
    "linear": one("Resize", None, SCALES, mode="linear"),
    "linear corners": one("Resize", None, SCALES, mode="linear", coordinate_transformation_mode="align_corners"),
    "linear uneven": one("Resize", None, np.array([1, 1, 1.3, 0.7], np.float32), mode="linear"),
    "linear space": wide(
        "Resize", [1, 8, 2, 4, 12], [1, 8, 32, 24], None, np.array([1, 1, 2, 2, 2], np.float32), mode="linear",
    ),
    "linear table": wide("Resize", [8, 96], [1, 16, 16, 12], None, np.array([2, 2], np.float32), mode="linear"),
    "nearest": one("Resize", None, None, SIZES, mode="nearest"),
    "nearest 1.3": one(
        "Resize", None, np.array([1, 1, 1.3, 1.3], np.float32),
        mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor",
    ),
    "nearest channels": one(
        "Resize", None, np.array([1, 2, 1, 2], np.float32),
        mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor",
    ),
    "nearest crop": one(
        "Resize", np.array([0, 0, 0.1, 0.1, 1, 1, 0.9, 0.9], np.float32), SCALES,
        mode="nearest", coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=5.0,
    ),
    "nearest row": wide(
        "Resize", [1, 8, 96], [1, 8, 16, 12], None, np.array([1, 1, 2], np.float32),
        mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor",
    ),
    "average ceil": one("AveragePool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    "average padded": one("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
    "average same": one("AveragePool", kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER"),
    "average row": wide("AveragePool", [1, 8, 96], [1, 8, 8, 12], kernel_shape=[3], pads=[1, 1]),
    "global row": wide("GlobalAveragePool", [1, 8, 96], [1, 8, 1, 1]),
    "max same": one("MaxPool", kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_LOWER"),
    "max dilated": one("MaxPool", kernel_shape=[2, 2], dilations=[2, 2]),
    "max row": wide("MaxPool", [1, 8, 96], [1, 8, 8, 12], kernel_shape=[3], pads=[1, 1]),
    "max space": wide("MaxPool", [1, 8, 2, 4, 12], [1, 8, 8, 12], kernel_shape=[3, 3, 3], pads=[1] * 6),
    "conv row": wide("Conv", [1, 8, 96], [1, 8, 8, 12], weight(8, 8, 3), weight(8), pads=[1, 1]),
    "conv space": wide("Conv", [1, 8, 2, 4, 12], [1, 8, 8, 12], weight(8, 8, 3, 3, 3), weight(8), pads=[1] * 6),
    "conv same": one("Conv", weight(8, 8, 3, 3), auto_pad="SAME_UPPER", strides=[2, 2]),
    "conv tiny": one("Conv", weight(8, 8, 1, 1) * np.float32(1e-42), weight(8)),
    "reduce all": one("ReduceMax", keepdims=1),
    "reduce row": one("ReduceMax", axes=[-1], keepdims=1),
    "leaky": one("LeakyRelu", alpha=0.3),
    "leaky steep": one("LeakyRelu", alpha=3.0),
    "leaky negative": one("LeakyRelu", alpha=-0.5),
    "add constant": one("Add", weight(1, 8, 1, 1)),
}  # fmt: skip


def network(add):
    """x -> Conv -> the odd layer -> sigmoid of a convolution of what it gives."""
    net = Net(3)
    net.conv("x", "a", 3, 8)
    last = add(net)
    channels = looked(net.model(last)).shape[1]
    net.conv(last, "head", channels, 2, side=1)
    net.node("Sigmoid", ["head"], "out")
    return net.model("out")


def looked(model, fused=True):
    options = ort.SessionOptions()
    if not fused:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"], disabled_optimizers=_UNASKED
    )
    return session.run(None, {"x": X})[0]


@pytest.mark.parametrize("encoding", ["u8", "s8"])
@pytest.mark.parametrize("case", CASES)
def test_an_odd_layer_is_right_or_in_float(case, encoding):
    model = network(CASES[case])
    exact = looked(model)
    made = quantise(model, calibrated(model), encoding)
    assert any(n.op_type == "QuantizeLinear" for n in made.graph.node)
    for fused in (True, False):
        assert np.abs(exact - looked(made, fused)).max() < 0.04, fused


def test_a_resize_that_makes_up_numbers_does_so_in_float_though_both_sides_are_stored_alike():
    model = network(CASES["cubic"])
    ranges = calibrated(model)
    same = Ranges("net", "", {**ranges.tensors, "odd": ranges.tensors["a"]})
    made = quantise(model, same, "u8")
    assert np.abs(looked(made) - looked(made, fused=False)).max() < 0.04


@pytest.mark.parametrize(
    ("kind", "mean", "channels"),
    [
        (TensorProto.INT32, [3, 1, 1], 3),
        (TensorProto.UINT8, [1, 1, 1], 1),
        (TensorProto.UINT8, [1, 1, 12], 3),
        (TensorProto.UINT8, [3, 1, 1], 3),
    ],
)
@pytest.mark.parametrize("centre", [100.0, -5.0])
def test_pixels_of_other_kinds_are_normalised_in_float(kind, mean, channels, centre):
    net = Net(1)
    net.given = helper.make_tensor_value_info("x", kind, (1, channels, 8, 12))
    net.node("Cast", ["x"], "c", to=TensorProto.FLOAT)
    spread = np.linspace(0.01, 0.02, int(np.prod(mean))).reshape(mean).astype(np.float32)
    net.node("Sub", ["c", net.constant(centre + 100 * spread, "mean")], "s")
    net.node("Mul", ["s", net.constant(spread, "spread")], "n")
    net.conv("n", "a", channels, 4)
    net.conv("a", "head", 4, 2)
    net.node("Sigmoid", ["head"], "out")
    model = net.model("out")
    pixels = {"x": RANDOM.integers(0, 256, (1, channels, 8, 12)).astype(helper.tensor_dtype_to_np_dtype(kind))}
    stored = list(plan(Graph(model), Graph(model).floats, "u8").grid)
    made = quantise(model, ranges_of(model, pixels, stored), "u8")
    (exact,), (rounded,) = run(model, pixels), run(made, pixels)
    assert np.abs(exact - rounded).max() < 0.04
