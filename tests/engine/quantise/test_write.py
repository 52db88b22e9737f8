"""Q/DQ files: what they hold, and that runtimes compute from them what they say."""

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper

from kitt.engine.quantise.net import Net as Graph
from kitt.engine.quantise.placement import ENCODINGS, plan, tensors_to_observe
from kitt.engine.quantise.ranges import Ranges
from kitt.engine.quantise.write import quantise
from kitt.errors import KittError
from tests.engine.quantise.nets import Net, ranges_of

X = np.random.default_rng(1).normal(0, 1, (1, 3, 8, 12)).astype(np.float32)
RESIZE = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}


def block(seed, activation, joined):
    """Two branches, a sum or a join, a pool, a resize and a head: all that the rules know."""
    net = Net(seed)
    net.conv("x", "a", 3, 4)
    net.node(activation, ["a"], "a_act")
    net.conv("a_act", "b", 4, 4)
    if joined:
        net.node("Concat", ["b", "a_act"], "both", axis=1)
    else:
        net.node("Add", ["b", "a_act"], "both")
    net.node("MaxPool", ["both"], "pooled", kernel_shape=[2, 2], strides=[2, 2])
    size = net.constant(np.array([1, 8 if joined else 4, 8, 12], np.int64), "size")
    net.node("Resize", ["pooled", "", "", size], "resized", **RESIZE)
    net.conv("resized", "head", 8 if joined else 4, 2)
    net.node("Sigmoid", ["head"], "out")
    return net.model("out")


def calibrated(model):
    """Ranges of all that could be stored, the heads too, as of a network that was trained with 8 bits."""
    net = Graph(model)
    stored = {t for encoding in ENCODINGS for t in plan(net, net.floats, encoding).grid}
    return ranges_of(model, {"x": X}, sorted(stored))


def run(model, feeds, *outputs, fused=True):
    options = ort.SessionOptions()
    if not fused:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(list(outputs) or None, feeds)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999), st.sampled_from(["Relu", "LeakyRelu"]), st.booleans(), st.sampled_from(["u8", "s8"]))
def test_a_runtime_that_fuses_gives_what_the_file_says(seed, activation, joined, encoding):
    """Node by node, each Q and DQ is computed as it is defined; fused, convolutions and sums are of integers."""
    model = block(seed, activation, joined)
    made = quantise(model, calibrated(model), encoding)
    by_definition = run(made, {"x": X}, fused=False)[0]
    # a tie of rounding falls either way here and there, and moves a step or two at the head
    assert np.abs(run(made, {"x": X})[0] - by_definition).max() < 0.03


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999), st.sampled_from(["Relu", "LeakyRelu"]), st.booleans(), st.sampled_from(["u8", "s8"]))
def test_with_the_ranges_that_were_seen_int8_is_near_float(seed, activation, joined, encoding):
    model = block(seed, activation, joined)
    made = quantise(model, calibrated(model), encoding)
    assert np.abs(run(made, {"x": X})[0] - run(model, {"x": X})[0]).mean() < 0.02


def kinds(model):
    return [n.op_type for n in model.graph.node]


def made(encoding, *float_layers):
    model = block(0, "Relu", False)
    return quantise(model, calibrated(model), encoding, float_layers)


def constants(model):
    return {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}


def test_for_tensorrt_everything_is_symmetric_int8_weights_float_and_biases_float():
    model = made("s8")
    stored = constants(model)
    for node in model.graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            zero = stored[node.input[2]]
            assert zero.dtype == np.int8
            assert not zero.any()
        if node.op_type == "Conv":
            assert stored[node.input[2]].dtype == np.float32
    assert {v.dtype for n, v in stored.items() if n.endswith("_weight")} == {np.dtype(np.float32)}


def test_for_cpus_activations_are_uint8_weights_int8_a_scale_for_each_channel_and_biases_int32():
    model = made("u8")
    stored = constants(model)
    assert stored["a_w_stored"].dtype == np.int8
    assert stored["a_w_scale"].shape == (4,)
    assert stored["a_b_stored"].dtype == np.int32
    assert stored["x_zero"].dtype == np.uint8
    assert not any(n.endswith("_weight") for n in stored)
    assert sum(v.nbytes for v in stored.values()) < 0.5 * sum(
        v.nbytes for v in constants(block(0, "Relu", False)).values()
    )


def test_on_cpus_pools_and_resizes_work_on_the_integers():
    model = made("u8")
    types = {v.name: v.type.tensor_type.elem_type for v in onnx.shape_inference.infer_shapes(model).graph.value_info}
    assert types["pooled_stored"] == types["resized_stored"] == onnx.TensorProto.UINT8
    assert "Resize" not in kinds(model)


def test_an_activation_is_left_out_where_the_grid_cuts_as_it_does():
    assert kinds(made("u8")).count("Relu") == 0
    assert kinds(made("s8")).count("Relu") == 1


def test_a_layer_kept_in_float_has_its_own_weights():
    model = made("u8", "b")
    conv = next(n for n in model.graph.node if n.output[0] == "b")
    assert constants(model)[conv.input[1]].dtype == np.float32
    assert np.allclose(run(model, {"x": X})[0], run(made("u8"), {"x": X})[0], atol=0.05)


def test_the_same_network_and_ranges_give_the_same_bytes():
    first, second = (made("u8").SerializeToString(deterministic=True) for _ in range(2))
    assert first == second


def test_an_output_that_is_stored_leaves_the_network_under_its_name():
    net = Net()
    net.conv("x", "out", 3, 4)
    model = net.model("out")
    exact, rounded = run(model, {"x": X})[0], run(quantise(model, calibrated(model), "u8"), {"x": X}, "out")[0]
    assert np.abs(exact - rounded).max() < 0.1
    assert not np.array_equal(exact, rounded)


def test_without_ranges_there_is_no_int8():
    with pytest.raises(KittError, match="net: no layer has an activation range for u8; calibrate it: kitt calibrate"):
        quantise(block(0, "Relu", False), Ranges("net", "", {}), "u8")


def normalised(mean, spread, pads):
    """uint8 pixels, normalised by channel, and a convolution that pads."""
    net = Net(shape=(1, 8, 12, 3))
    net.given = helper.make_tensor_value_info("images", onnx.TensorProto.UINT8, (1, 8, 12, 3))
    net.node("Transpose", ["images"], "planes", perm=[0, 3, 1, 2])
    net.node("Cast", ["planes"], "pixels", to=onnx.TensorProto.FLOAT)
    net.node("Sub", ["pixels", net.constant(np.float32(mean).reshape(1, -1, 1, 1), "mean")], "centred")
    net.node("Mul", ["centred", net.constant(np.float32(spread).reshape(1, -1, 1, 1), "spread")], "x")
    weights = [net.constant(net.random.normal(0, 1, (4, 3, 3, 3)).astype(np.float32), "w")]
    net.node("Conv", ["x", *weights, net.constant(np.float32([0, 1, 2, 3]), "b")], "a", pads=pads, strides=[2, 2])
    net.node("Relu", ["a"], "a_relu")
    net.conv("a_relu", "out", 4, 2)
    return net.model("out")


@pytest.mark.parametrize("pads", [[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1], [2, 0, 1, 3]])
def test_pixels_are_not_normalised_where_the_weights_can_hold_it(pads):
    """To the border: what is padded is the channels' mean, which normalised is zero but for its rounding."""
    model = normalised([124, 116, 104], [1 / 58.4, 1 / 57.1, 1 / 57.4], pads)
    pixels = np.random.default_rng(2).integers(0, 256, (1, 8, 12, 3)).astype(np.uint8)
    made = quantise(model, ranges_of(model, {"images": pixels}, tensors_to_observe(model)), "u8")
    assert not {"Sub", "Mul", "Cast"} & set(kinds(made))
    exact, rounded = (run(m, {"images": pixels})[0] for m in (model, made))
    assert np.abs(exact - rounded).max() < 0.04 * np.abs(exact).max()


def test_they_are_where_something_else_reads_them_too():
    model = normalised([124, 116, 104], [1 / 58.4, 1 / 57.1, 1 / 57.4], [1, 1, 1, 1])
    model.graph.output.append(helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, (1, 3, 8, 12)))
    pixels = np.random.default_rng(2).integers(0, 256, (1, 8, 12, 3)).astype(np.uint8)
    made = quantise(model, ranges_of(model, {"images": pixels}, tensors_to_observe(model)), "u8")
    assert {"Sub", "Mul"} <= set(kinds(made))


@pytest.mark.parametrize("encoding", ["u8", "s8"])
def test_calibrated_ranges_are_of_all_tensors_of_the_network_and_no_others(encoding):
    model = block(0, "Relu", False)
    ranges = ranges_of(model, {"x": X}, tensors_to_observe(model))
    whole = Ranges("net", "f" * 64, ranges.tensors)
    assert quantise(model, whole, encoding)
    some = ranges.tensors["a_act"]
    with pytest.raises(KittError, match="of net: the network has no tensor 'a_akt'; calibrate it anew"):
        quantise(model, replace(whole, tensors={**ranges.tensors, "a_akt": some}), encoding)
    lost = {name: r for name, r in ranges.tensors.items() if name not in ("a_act", "both")}
    with pytest.raises(KittError, match=f"of net: there is no {encoding} range for 'a_act' and 1 more; calibrate"):
        quantise(model, replace(whole, tensors=lost), encoding)
