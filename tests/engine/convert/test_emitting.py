"""Each operator against its definition, computed by ONNX Runtime from the emitted nodes."""

import numpy as np
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.engine.convert.building import GraphBuilder
from kitt.engine.convert.emitting import Emitter
from kitt.engine.convert.reading import Graph, Op
from kitt.errors import KittError
from tests.engine.convert.reference import interpret
from tests.engine.convert.tiny_network import POOL, GraphWriter, quant

few = settings(max_examples=25, deadline=None)


def run(writer, picture, pixels):
    """What ONNX Runtime makes of the network's last tensor, and what it is by definition; pictures, channels last."""
    graph = Graph(tuple(writer.tensors), tuple(writer.ops), (picture,), ())
    builder = GraphBuilder()
    emitter = Emitter(graph, builder)
    emitter.alias(picture, builder.input("images", np.float32, (1, 3, *pixels.shape[1:3])))
    emitter.run(graph.ops)
    last = writer.ops[-1].outputs[0]
    shape = writer.tensors[last].shape
    shape = (shape[0], shape[3], shape[1], shape[2]) if len(shape) == 4 else shape
    builder.output(emitter.value(last), "out", np.float32, shape)
    session = ort.InferenceSession(builder.model({}).SerializeToString(), providers=["CPUExecutionProvider"])
    images = ((pixels.transpose(0, 3, 1, 2).astype(np.float32) - 127) / 128).astype(np.float32)
    out = session.run(["out"], {"images": np.ascontiguousarray(images)})[0]
    return out.transpose(0, 2, 3, 1) if out.ndim == 4 else out, interpret(graph, pixels)[last]


def network(seed, height, width):
    writer = GraphWriter(seed)
    pixels = writer.random.integers(0, 256, (1, height, width, 3)).astype(np.uint8)
    return writer, writer.picture(height, width), pixels


shapes = {"seed": st.integers(0, 999), "height": st.integers(5, 20), "width": st.integers(5, 20)}


@few
@given(
    **shapes,
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.integers(1, 2),
    activation=st.sampled_from(["NONE", "RELU", "RELU6"]),
    zero=st.sampled_from([-128, -20, 30]),
)
def test_convolution(seed, height, width, kernel, stride, activation, zero):
    writer, picture, pixels = network(seed, height, width)
    out = quant(0.03, zero)
    weights = writer.weights(6, 3, kernel, False, 1 / 128)
    writer.conv(picture, weights, out, stride=(stride, stride), activation=activation)
    got, expected = run(writer, picture, pixels)
    # in float nothing is rounded or cut to the grid
    inside = (expected > (-127 - zero) * 0.03) & (expected < (126 - zero) * 0.03)
    assert np.abs(got - expected)[inside].max(initial=0) < 0.031


@few
@given(**shapes, kernel=st.sampled_from([3, 5]), stride=st.integers(1, 2), dilation=st.integers(1, 2))
def test_depthwise_convolution(seed, height, width, kernel, stride, dilation):
    writer, picture, pixels = network(seed, height, width)
    weights = writer.weights(3, 3, (kernel, kernel), True, 1 / 128)
    step, spread = (stride, stride), (dilation if stride == 1 else 1,) * 2
    writer.conv(picture, weights, quant(6 / 255, -128), stride=step, dilation=spread, activation="RELU6")
    got, expected = run(writer, picture, pixels)
    assert np.abs(got - expected).max() < 6 / 255 + 1e-5


@few
@given(**shapes, grid=st.sampled_from([quant(0.02, -5), quant(6 / 255, -128), quant(0.05, -128)]))
def test_sum_with_relu6_whether_its_grid_ends_at_6_or_beyond(seed, height, width, grid):
    writer, picture, pixels = network(seed, height, width)
    a = writer.conv(picture, writer.weights(4, 3, (3, 3), False, 1 / 128), quant(0.06, 9))
    b = writer.conv(picture, writer.weights(4, 3, (1, 1), False, 1 / 128), quant(0.04, -30))
    writer.op("ADD", [a, b], writer.tensors[a].shape, grid, {"activation": "RELU6"})
    got, expected = run(writer, picture, pixels)
    # one step of each term's rounding, and one of the sum's
    assert np.abs(got - expected).max() < 0.06 + 0.04 + float(grid.scale[0])
    assert got.min() >= 0
    assert got.max() <= 6 + 1e-6


@few
@given(**shapes)
def test_pool_moves_exact_integers(seed, height, width):
    writer, picture, pixels = network(seed, height, width)
    shape = (1, -(-height // 2), -(-width // 2), 3)
    writer.op("MAX_POOL_2D", [picture], shape, quant(1 / 128, -1), POOL)
    got, expected = run(writer, picture, pixels)
    assert np.array_equal(got, expected)


@few
@given(**shapes, less=st.tuples(st.integers(0, 1), st.integers(0, 1)))
def test_nearest_neighbour_resize_to_the_next_finer_level(seed, height, width, less):
    """A level is half the finer one, rounded up."""
    writer, picture, pixels = network(seed, height, width)
    options = {"align_corners": False, "half_pixel": False}
    shape = (1, 2 * height - less[0], 2 * width - less[1], 3)
    writer.op("RESIZE_NEAREST_NEIGHBOR", [picture], shape, quant(1 / 128, -1), options)
    got, expected = run(writer, picture, pixels)
    assert np.array_equal(got, expected)


@few
@given(**shapes)
def test_reshape_and_join_order_values_as_channels_last(seed, height, width):
    writer, picture, pixels = network(seed, height, width)
    q = quant(1 / 128, -1)
    parts = [writer.op("RESHAPE", [picture], (1, height * width, 3), q, {}) for _ in range(2)]
    writer.op("CONCATENATION", parts, (1, 2 * height * width, 3), q, {"axis": 1})
    got, expected = run(writer, picture, pixels)
    assert np.array_equal(got, expected)


def refused(kind, options, grid=None, inputs=1):
    writer, picture, pixels = network(0, 8, 8)
    writer.op(kind, [picture] * inputs, (1, 8, 8, 3), grid or quant(1 / 128, -1), options)
    with pytest.raises(KittError) as caught:
        run(writer, picture, pixels)
    return str(caught.value)


def test_what_is_not_understood_is_refused_and_named():
    assert "SOFTMAX" in refused("SOFTMAX", {})
    assert "RELU_N1_TO_1" in refused("ADD", {"activation": "RELU_N1_TO_1"}, inputs=2)
    assert "aligned corners" in refused("RESIZE_NEAREST_NEIGHBOR", {"align_corners": True, "half_pixel": False})


def test_a_sum_with_a_constant_is_refused():
    writer, picture, pixels = network(0, 8, 8)
    constant = writer.tensor((3,), None, np.dtype(np.float32), np.ones(3, np.float32))
    writer.ops.append(
        Op("ADD", (picture, constant), (writer.tensor((1, 8, 8, 3), quant(0.1, 0)),), {"activation": "NONE"})
    )
    with pytest.raises(KittError, match="constant"):
        run(writer, picture, pixels)
