"""Where Q and DQ stand, as TensorRT's and ONNX Runtime's guides have it."""

import numpy as np
import onnx
import pytest

from kitt.engine.quantise.net import Net as Graph
from kitt.engine.quantise.placement import plan, slopes, tensors_to_observe
from tests.engine.quantise.nets import Net


def residual():
    """conv -> relu -> (conv + shortcut) -> relu -> conv: the block that runtimes fuse."""
    net = Net()
    net.conv("x", "a", 3, 4)
    net.node("Relu", ["a"], "a_relu")
    net.conv("a_relu", "b", 4, 4)
    net.node("Add", ["b", "a_relu"], "sum")
    net.node("Relu", ["sum"], "sum_relu")
    net.conv("sum_relu", "head", 4, 2)
    net.node("Sigmoid", ["head"], "out")
    return net.model("out")


def planned(model, encoding, *float_layers):
    net = Graph(model)
    return plan(net, net.floats, encoding, float_layers)


def test_on_a_cpu_what_an_int8_operator_reads_and_gives_is_stored_the_heads_too():
    assert set(planned(residual(), "u8").grid) == {"x", "a_relu", "b", "sum_relu", "head"}


def test_under_tensorrt_only_what_is_read_and_of_a_sum_only_the_shortcut():
    found = planned(residual(), "s8")
    assert set(found.grid) == {"x", "a_relu", "sum_relu"}
    assert set(found.int8) == {"a", "b", "sum", "head"}


def test_between_a_layer_and_its_activation_nothing_is_stored():
    for encoding in ("u8", "s8"):
        assert not {"a", "sum"} & set(planned(residual(), encoding).grid)


def test_a_sum_without_a_convolution_before_it_stores_both_its_inputs():
    net = Net()
    net.conv("x", "a", 3, 4)
    net.node("Relu", ["a"], "a_relu")
    net.conv("x", "b", 3, 4)
    net.node("Relu", ["b"], "b_relu")
    net.node("Add", ["a_relu", "b_relu"], "sum")
    net.conv("sum", "out", 4, 2)
    assert {"a_relu", "b_relu", "sum"} <= set(planned(net.model("out"), "s8").grid)


def test_what_moves_numbers_shares_one_grid_and_so_do_all_parts_of_a_join():
    net = Net()
    net.conv("x", "a", 3, 4)
    net.conv("x", "b", 3, 4, side=1)
    net.node("Concat", ["a", "b"], "both", axis=1)
    net.node("MaxPool", ["both"], "pooled", kernel_shape=[2, 2], strides=[2, 2])
    net.conv("pooled", "out", 8, 2)
    for encoding in ("u8", "s8"):
        found = planned(net.model("out"), encoding)
        assert len({found.grid[t] for t in ("a", "b", "both", "pooled")}) == 1
        assert set(found.members[found.grid["a"]]) == {"a", "b", "both", "pooled"}


def test_the_decoding_after_the_last_layer_stays_in_float():
    net = Net()
    net.conv("x", "head", 3, 4)
    net.node("Exp", ["head"], "exp")
    net.node("Add", ["exp", "head"], "shifted")
    net.node("Concat", ["shifted", "exp"], "out", axis=1)
    assert set(planned(net.model("out"), "u8").grid) == {"x", "head"}
    assert set(planned(net.model("out"), "s8").grid) == {"x"}


def test_what_is_picked_from_a_constant_is_not_stored():
    net = Net()
    net.conv("x", "head", 3, 4)
    best = net.node("ArgMax", ["head"], "best", axis=3, keepdims=0)
    table = net.constant(np.arange(12, dtype=np.float32), "table")
    net.node("Gather", [table, best], "picked")
    net.node("Transpose", ["picked"], "out", perm=[0, 2, 1])
    assert set(planned(net.model("head", "out"), "u8").grid) == {"x", "head"}


def test_a_layer_kept_in_float_neither_reads_nor_gives_for_itself():
    kept = planned(residual(), "u8", "head")
    assert "head" not in kept.int8
    assert "head" not in kept.grid
    assert "sum_relu" in kept.grid


def test_a_layer_whose_input_has_no_range_stays_in_float():
    net = Graph(residual())
    found = plan(net, net.floats - {"a_relu"}, "u8")
    assert not {"b", "sum"} & set(found.int8)


def test_a_product_of_two_computed_tensors_is_no_layer():
    net = Net(shape=(1, 3, 8, 8))
    net.node("MatMul", ["x", "x"], "out")
    assert planned(net.model("out"), "u8").int8 == []


def test_calibration_looks_at_all_that_either_encoding_stores_in_graph_order():
    assert tensors_to_observe(residual()) == ["x", "a_relu", "b", "sum_relu"]


def test_nothing_is_observed_of_the_heads_which_therefore_give_float():
    net = Net()
    net.conv("x", "a", 3, 4)
    net.conv("a", "scores", 4, 2)
    net.conv("a", "sides", 4, 2)
    net.node("Transpose", ["sides"], "rows", perm=[0, 2, 3, 1])
    model = net.model("scores", "rows")
    observed = tensors_to_observe(model)
    assert observed == ["x", "a"]
    assert plan(Graph(model), observed, "u8").int8 == ["a"]
    assert plan(Graph(model), observed, "s8").int8 == ["a", "scores", "sides"]


def test_before_a_leaky_relu_its_slope_counts():
    net = Net()
    net.conv("x", "a", 3, 4)
    net.node("LeakyRelu", ["a"], "a_act", alpha=0.2)
    net.conv("a_act", "b", 4, 4)
    net.node("LeakyRelu", ["b"], "b_act", alpha=0.1)
    net.node("Add", ["b", "b_act"], "out")
    assert slopes(net.model("out")) == {"a": pytest.approx(0.2)}


@pytest.mark.parametrize("encoding", ["u8", "s8"])
def test_a_network_without_weights_has_nothing_to_store(encoding):
    net = Net()
    net.node("Relu", ["x"], "out")
    assert planned(net.model("out"), encoding).grid == {}
    assert isinstance(net.model("out"), onnx.ModelProto)
