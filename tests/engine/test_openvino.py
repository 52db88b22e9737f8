import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from kitt.engine import backend
from kitt.engine.backend import TensorSpec
from kitt.engine.convert.building import save
from kitt.engine.convert.efficientdet import build
from kitt.engine.openvino import OpenVinoBackend
from kitt.engine.ort import OrtBackend
from kitt.errors import KittError
from tests.engine.convert.tiny_network import tiny_efficientdet

needs_openvino = pytest.mark.skipif(find_spec("openvino") is None, reason="OpenVINO is not installed")


@pytest.fixture
def doubling(tmp_path):
    """An ONNX that adds a float picture to itself, and passes it on; its batch is free."""
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in ("y", "a")]
    nodes = [helper.make_node("Add", ["x", "x"], ["y"]), helper.make_node("Identity", ["y"], ["a"])]
    graph = helper.make_graph(nodes, "g", inputs, outputs)
    path = tmp_path / "doubling.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


@pytest.fixture
def detector(tmp_path):
    path = tmp_path / "tiny.onnx"
    save(build(tiny_efficientdet(), 96, 64, candidates=20), path)
    return path


@needs_openvino
def test_runs_a_network_by_the_names_of_its_tensors(doubling):
    network = backend.load(doubling, 1, "openvino")
    out = network.infer({"x": np.array([[1, 2, 3]], np.float32)})
    assert {name: value.tolist() for name, value in out.items()} == {"y": [[2, 4, 6]], "a": [[2, 4, 6]]}
    assert network.name.startswith("openvino-cpu 20")


@needs_openvino
def test_tells_names_shapes_and_types_as_onnx_runtime_does(doubling, detector):
    float32 = np.dtype(np.float32)
    assert OpenVinoBackend.load(doubling, 1).io_specs()[0] == (TensorSpec("x", (-1, 3), float32),)
    for path in (doubling, detector):
        assert OpenVinoBackend.load(path, 1).io_specs() == OrtBackend.load(path, 1).io_specs()


@needs_openvino
def test_results_of_one_call_survive_the_next(doubling):
    network = OpenVinoBackend.load(doubling, 1)
    first = network.infer({"x": np.ones((1, 3), np.float32)})["y"]
    network.infer({"x": np.full((1, 3), 9, np.float32)})
    assert first.tolist() == [[2, 2, 2]]


@needs_openvino
def test_float_networks_are_computed_in_float(detector):
    """Where the CPU can, OpenVINO would rather do it in bf16, with 8 bits of mantissa."""
    picture = np.random.default_rng(5).integers(0, 256, (1, 64, 96, 3)).astype(np.uint8)
    here, there = (b.load(detector, 1).infer({"images": picture}) for b in (OpenVinoBackend, OrtBackend))
    assert np.abs(np.sort(here["scores"].ravel()) - np.sort(there["scores"].ravel())).max() < 1e-4


@needs_openvino
@pytest.mark.parametrize(
    "inputs",
    [{}, {"x": np.ones((1, 4), np.float32)}, {"x": np.ones((1, 3), np.uint8)}, {"z": np.ones((1, 3), np.float32)}],
)
def test_wrong_input_is_told_in_one_line(doubling, inputs):
    network = OpenVinoBackend.load(doubling, 1)
    network.infer({"x": np.ones((1, 3), np.float32)})
    with pytest.raises(KittError, match="refused its input") as caught:
        network.infer(inputs)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(KittError, match=r"none\.onnx: no such model file"):
        OpenVinoBackend.load(tmp_path / "none.onnx", 1)


@needs_openvino
@pytest.mark.parametrize("content", [b"", b"not a network", None])
def test_an_empty_foreign_or_cut_file_is_told_in_one_line(tmp_path, doubling, content):
    path = tmp_path / "bad.onnx"
    path.write_bytes(doubling.read_bytes()[:60] if content is None else content)
    with pytest.raises(KittError, match=r"bad\.onnx: OpenVINO .* cannot run it") as caught:
        OpenVinoBackend.load(path, 1)
    assert "\n" not in str(caught.value)


def test_where_it_is_not_installed_one_line_says_how_to_get_it(doubling, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(KittError, match=r"OpenVINO is not installed; pip install 'kitt\[openvino\]'"):
        OpenVinoBackend.load(doubling, 1)


_WATCHED = """
import socket, sys
class Closed(socket.socket):
    def __init__(self, *a, **k):
        print("opens a socket"); super().__init__(*a, **k)
socket.socket = Closed
from pathlib import Path
import numpy as np
from kitt.engine.openvino import OpenVinoBackend
network = OpenVinoBackend.load(Path(sys.argv[1]), 1)
network.infer({"x": np.ones((1, 3), np.float32)})
print("threads", len(list(Path("/proc/self/task").iterdir())))
print("reporter" if any(m.startswith("openvino_telemetry") for m in sys.modules) else "no reporter")
"""


@needs_openvino
def test_it_reports_nothing_and_leaves_no_file_behind(tmp_path, doubling):
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    root = Path(__file__).parents[2]
    environment = {"HOME": str(home), "PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED, str(doubling)], cwd=work, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "no reporter" in done.stdout
    assert "opens a socket" not in done.stdout
    assert not [*home.rglob("*"), *work.rglob("*")]


_SIGNALLED = """
import gc, signal, sys, threading
from pathlib import Path
from kitt.engine.openvino import OpenVinoBackend
def load():
    return OpenVinoBackend.load(Path(sys.argv[1]), 1)
signal.signal(signal.SIGINT, lambda *_: print("heeded"))
if sys.argv[2] == "the first goes first":
    first = load(); second = load(); del first; del second
else:
    networks = [load()]
    thread = threading.Thread(target=networks.clear)
    thread.start(); thread.join()
gc.collect()
signal.raise_signal(signal.SIGINT)
"""


@needs_openvino
@pytest.mark.parametrize("order", ["the first goes first", "another thread lets go"])
def test_a_signal_after_networks_are_gone_is_heeded(doubling, order):
    """OpenVINO could leave the main thread a stack for signals that is gone: in a process of its own, which may die."""
    command = [sys.executable, "-c", _SIGNALLED, str(doubling), order]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "heeded\n"), done.stderr
