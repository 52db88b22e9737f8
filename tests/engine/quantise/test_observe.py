"""Watching a network's inner tensors."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from kitt.engine.quantise.fingerprint import fingerprint
from kitt.engine.quantise.observe import Observer, Watched
from kitt.errors import KittError


def network(side: int = 4, weight: float = 2.0, middle: str = "a") -> onnx.ModelProto:
    """images uint8 (1, 1, side, side) -> float -> convolved by one weight -> Relu."""
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["images"], ["real"], to=TensorProto.FLOAT),
            helper.make_node("Conv", ["real", "w"], [middle], kernel_shape=[1, 1]),
            helper.make_node("Relu", [middle], ["out"]),
        ],
        "g",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, [1, 1, side, side])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 1, side, side])],
        [helper.make_tensor("w", TensorProto.FLOAT, [1, 1, 1, 1], [weight])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def test_inner_tensors_and_outputs_are_counted_over_all_inputs_and_sizes() -> None:
    observer = Observer(["a", "out"])
    for side, value in ((4, 3), (8, 5)):
        watched = Watched(network(side, -2.0), ["a", "out"], "net.onnx")
        observer.take(watched.run({"images": np.full((1, 1, side, side), value, np.uint8)}))
    seen = observer.histograms()
    assert list(seen) == ["a", "out"]
    assert (seen["a"].low, seen["a"].high, seen["a"].total) == (-10, -6, 80)
    assert (seen["out"].low, seen["out"].high, seen["out"].zeros) == (0, 0, 80)


def test_a_tensor_the_network_has_not_is_named() -> None:
    with pytest.raises(KittError, match=r"net\.onnx: has no tensor 'b'; were its ranges made for another network"):
        Watched(network(), ["b"], "net.onnx")


def test_a_network_that_cannot_run_is_one_line() -> None:
    broken = network()
    broken.graph.node[1].op_type = "Convolute"
    with pytest.raises(KittError, match=r"net\.onnx: ONNX Runtime .* cannot run it"):
        Watched(broken, ["a"], "net.onnx")


def test_an_input_of_another_shape_is_one_line() -> None:
    with pytest.raises(KittError, match="refused its input"):
        Watched(network(), ["a"], "net.onnx").run({"images": np.zeros((1, 1, 5, 5), np.uint8)})


def test_nothing_to_observe_and_nothing_observed_are_errors() -> None:
    with pytest.raises(KittError, match="nothing to calibrate"):
        Observer([])
    with pytest.raises(KittError, match="no calibration data"):
        Observer(["a"]).histograms()


def test_a_fingerprint_is_the_network_s_and_not_the_input_size_s() -> None:
    assert fingerprint(network(4)) == fingerprint(network(8))
    assert len({fingerprint(network()), fingerprint(network(weight=3.0)), fingerprint(network(middle="b"))}) == 3
