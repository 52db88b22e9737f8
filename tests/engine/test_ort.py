import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from kitt.engine import backend, ort
from kitt.engine.backend import TensorSpec
from kitt.engine.convert.building import save
from kitt.engine.ort import OrtBackend
from kitt.errors import KittError
from tests.engine.convert.quantising import build_u8
from tests.engine.convert.tiny_network import tiny_efficientdet


@pytest.fixture
def doubling(tmp_path):
    """An ONNX that adds a float picture to itself; its batch is free."""
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])]
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "g", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path = tmp_path / "doubling.onnx"
    onnx.save(model, path)
    return path


def test_runs_a_network_by_the_names_of_its_tensors(doubling):
    network = backend.load(doubling, 1)
    out = network.infer({"x": np.array([[1, 2, 3]], np.float32)})
    assert list(out) == ["y"]
    assert out["y"].tolist() == [[2, 4, 6]]


def test_tells_names_shapes_and_types_with_a_free_dimension_as_minus_one(doubling):
    network = OrtBackend.load(doubling, 2)
    float32 = np.dtype(np.float32)
    assert network.io_specs() == ((TensorSpec("x", (-1, 3), float32),), (TensorSpec("y", (-1, 3), float32),))


def test_says_what_runs_it(doubling):
    assert OrtBackend.load(doubling, 1).name.startswith("onnxruntime-cpu 1.")


def test_results_of_one_call_survive_the_next(doubling):
    network = OrtBackend.load(doubling, 1)
    first = network.infer({"x": np.ones((1, 3), np.float32)})["y"]
    network.infer({"x": np.full((1, 3), 9, np.float32)})
    assert first.tolist() == [[2, 2, 2]]


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(KittError, match=r"none\.onnx: no such model file"):
        OrtBackend.load(tmp_path / "none.onnx", 1)


@pytest.mark.parametrize("content", [b"", b"not a network", None])
def test_an_empty_foreign_or_cut_file_is_told_in_one_line(tmp_path, doubling, content):
    path = tmp_path / "bad.onnx"
    path.write_bytes(doubling.read_bytes()[:60] if content is None else content)
    with pytest.raises(KittError, match=r"bad\.onnx: ") as caught:
        OrtBackend.load(path, 1)
    assert "\n" not in str(caught.value)


def test_a_damaged_file_of_kitts_own_making_is_told_with_its_mend(tmp_path, monkeypatch):
    monkeypatch.setattr(ort, "engines", lambda: tmp_path)
    (tmp_path / "bad.onnx").write_bytes(b"not a network")
    with pytest.raises(KittError, match=r"bad\.onnx: .*; delete the file.*kitt models pull") as caught:
        OrtBackend.load(tmp_path / "bad.onnx", 1)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "inputs",
    [{}, {"x": np.ones((1, 4), np.float32)}, {"x": np.ones((1, 3), np.uint8)}, {"z": np.ones((1, 3), np.float32)}],
)
def test_wrong_input_is_told_in_one_line(doubling, inputs):
    with pytest.raises(KittError, match="refused its input") as caught:
        OrtBackend.load(doubling, 1).infer(inputs)
    assert "\n" not in str(caught.value)


def test_the_mode_for_cpus_without_vnni_runs_kitts_network_and_gives_the_same_integers(tmp_path, monkeypatch):
    """On a CPU with VNNI both are exact; on one without, the other mode never runs."""
    path = tmp_path / "tiny.onnx"
    save(build_u8(tiny_efficientdet(), 96, 64, candidates=20), path)
    picture = np.random.default_rng(5).integers(0, 256, (1, 64, 96, 3)).astype(np.uint8)
    usual = OrtBackend.load(path, 1).infer({"images": picture})
    monkeypatch.setattr(ort, "_int8_sums_overflow", lambda: True)
    exact = OrtBackend.load(path, 1).infer({"images": picture})
    assert np.array_equal(exact["scores"], usual["scores"])
    assert np.array_equal(exact["boxes"], usual["boxes"])


def test_an_unknown_backend_is_told_with_those_there_are(doubling):
    with pytest.raises(KittError, match="unknown backend 'abacus'; there are: onnxruntime"):
        backend.load(doubling, 1, "abacus")
