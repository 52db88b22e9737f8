"""Watching a network's inner tensors."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from kitt.engine.ort import OrtBackend
from kitt.engine.quantise.fingerprint import fingerprint
from kitt.engine.quantise.observe import Observer, Watched, opened
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


def watched(model: onnx.ModelProto, observer: Observer, folder: Path) -> Watched:
    path = folder / "net.onnx"
    onnx.save(opened(model, observer.tensors, path.name), str(path))
    return Watched(OrtBackend.load(path, 1), observer, ["out"])


def pixels(side: int, value: int) -> dict[str, np.ndarray]:
    return {"images": np.full((1, 1, side, side), value, np.uint8)}


def test_inner_tensors_are_counted_over_all_inputs_and_sizes(tmp_path: Path) -> None:
    observer = Observer(["a"])
    for side, value in ((4, 3), (8, 5)):
        net = watched(network(side, -2.0), observer, tmp_path)
        with observer.counting():
            assert list(net.infer(pixels(side, value))) == ["out"], "the caller sees the network as it is"
    seen = observer.histograms()
    assert list(seen) == ["a"]
    assert (seen["a"].low, seen["a"].high, seen["a"].total) == (-10, -6, 80)


def test_what_runs_outside_of_counting_is_no_calibration_data(tmp_path: Path) -> None:
    observer = Observer(["a"])
    net = watched(network(), observer, tmp_path)
    net.infer(pixels(4, 200))
    with pytest.raises(KittError, match="no calibration data"):
        observer.histograms()
    with observer.counting():
        net.infer(pixels(4, 1))
    assert observer.histograms()["a"].high == 2


def test_a_watched_network_says_what_the_real_one_says(tmp_path: Path) -> None:
    net = watched(network(), Observer(["a"]), tmp_path)
    inputs, outputs = net.io_specs()
    assert [s.name for s in (*inputs, *outputs)] == ["images", "out"]
    assert net.name.startswith("onnxruntime")


def test_an_output_can_be_observed_too() -> None:
    assert [o.name for o in opened(network(), ["a", "out"], "n").graph.output] == ["out", "a"]


def test_an_input_is_observed_as_it_was_fed(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Relu", ["images"], ["out"])],
        "g",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    observer = Observer(["images"])
    net = watched(model, observer, tmp_path)
    with observer.counting():
        assert list(net.infer({"images": np.array([[-2, 0.5, 3]], np.float32)})) == ["out"]
    seen = observer.histograms()["images"]
    assert (seen.low, seen.high, seen.total) == (-2, 3, 3)


def test_a_tensor_the_network_has_not_is_named() -> None:
    with pytest.raises(KittError, match=r"net\.onnx: has no tensor 'b'; were its ranges made for another network"):
        opened(network(), ["b"], "net.onnx")


def test_nothing_to_observe_is_an_error() -> None:
    with pytest.raises(KittError, match="nothing to calibrate"):
        Observer([])


def test_a_fingerprint_is_the_network_s_and_not_the_input_size_s() -> None:
    assert fingerprint(network(4)) == fingerprint(network(8))
    assert len({fingerprint(network()), fingerprint(network(weight=3.0)), fingerprint(network(middle="b"))}) == 3
