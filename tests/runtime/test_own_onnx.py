"""A user's own ONNX from the file to an INT8 engine: `kitt calibrate`, `kitt build`, load."""

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from kitt.cli.app import app
from kitt.engine import networks
from kitt.engine.loading import load
from kitt.engine.quantise.ranges import Ranges
from kitt.errors import KittError

SIDE = 128
GIVEN = ("--source", "made here", "--licence", "CC0", "--frames", "2", "--threads", "1")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home" / "calibration").mkdir(parents=True)
    monkeypatch.setenv("KITT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def road(tmp_path: Path) -> Path:
    folder = tmp_path / "road"
    folder.mkdir()
    for i in range(3):
        cv2.imwrite(str(folder / f"{i}.png"), np.random.default_rng(i).integers(0, 256, (90, 160, 3)).astype(np.uint8))
    return folder


def yolo(seed: int = 0) -> onnx.ModelProto:
    """As exports of a YOLO are: float32 pictures, channels first, straight into a convolution; boxes of three grids."""
    random = np.random.default_rng(seed)
    nodes, values, parts, source = [], {"rows": np.array([1, 12, -1], np.int64)}, [], "images"
    for i, (channels, stride) in enumerate(((3, 8), (8, 2), (8, 2))):
        side = 8 if stride == 8 else 2
        values[f"w{i}"] = random.normal(0, 0.3, (8, channels, side, side)).astype(np.float32)
        values[f"b{i}"] = random.normal(0, 0.3, 8).astype(np.float32)
        values[f"h{i}"] = random.normal(0, 0.3, (12, 8, 1, 1)).astype(np.float32)
        nodes += [
            helper.make_node("Conv", [source, f"w{i}", f"b{i}"], [f"c{i}"], strides=[stride] * 2),
            helper.make_node("Relu", [f"c{i}"], [f"r{i}"]),
            helper.make_node("Conv", [f"r{i}", f"h{i}"], [f"o{i}"]),
            helper.make_node("Sigmoid", [f"o{i}"], [f"s{i}"]),
            helper.make_node("Reshape", [f"s{i}", "rows"], [f"f{i}"]),
        ]
        source = f"r{i}"
        parts.append(f"f{i}")
    nodes.append(helper.make_node("Concat", parts, ["output0"], axis=2))
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 12, 336])],
        [numpy_helper.from_array(v, k) for k, v in values.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def kitt(*arguments: object) -> str:
    """What it prints. Raises the KittError that would be its one line."""
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    if done.exception is not None:
        raise done.exception
    return done.output


@pytest.mark.parametrize("encoding", ["u8", "s8"])
def test_a_network_that_convolves_its_float_pictures_becomes_int8(tmp_path: Path, road: Path, encoding: str) -> None:
    pytest.importorskip("pycocotools", reason="needs kitt[eval]")
    own = tmp_path / "best.onnx"
    onnx.save(yolo(), str(own))
    kitt("calibrate", road, "--model", own, *GIVEN)
    ranges = Ranges.read(networks.ranges_path(str(own)))
    low, high = ranges.u8("images") or (0, 0)
    assert low == 0
    assert 0.9 < high <= 1, "pictures are fed from 0 to 1"
    kitt("build", own, "--encoding", encoding)
    path = networks.engine_path(str(own), 0, 0, encoding)
    made = onnx.load(str(path))
    assert any(n.op_type == "QuantizeLinear" and n.input[0] == "images" for n in made.graph.node)
    picture = {"images": np.random.default_rng(9).random((1, 3, SIDE, SIDE), np.float32)}
    (exact,), (rounded,) = (load(p, 1).infer(picture).values() for p in (own, path))
    assert 0 < np.abs(exact - rounded).mean() < 0.01


def test_a_search_is_refused_at_once(tmp_path: Path) -> None:
    own = tmp_path / "best.onnx"
    onnx.save(yolo(), str(own))
    with pytest.raises(KittError, match=r"--search is for the published models \(kitt models list\), not for .*best"):
        kitt("build", own, "--search")


def test_a_file_of_a_published_models_name_does_not_write_over_its_ranges(tmp_path: Path, road: Path) -> None:
    own = tmp_path / "efficientdet-lite0.onnx"
    onnx.save(yolo(), str(own))
    for more in ((), ("--force",)):
        with pytest.raises(KittError, match=r"'efficientdet-lite0' is the name of a model that comes with kitt"):
            kitt("calibrate", road, "--model", own, *GIVEN, *more)
    assert not networks.ranges_path(str(own)).exists()


def test_ranges_of_another_network_of_the_same_name_are_kept(tmp_path: Path, road: Path) -> None:
    paths = [tmp_path / run / "best.onnx" for run in ("first", "second")]
    for seed, path in enumerate(paths):
        path.parent.mkdir()
        onnx.save(yolo(seed), str(path))
    kitt("calibrate", road, "--model", paths[0], *GIVEN)
    before = networks.ranges_path(str(paths[0])).read_bytes()
    kitt("calibrate", road, "--model", paths[0], "--again", *GIVEN)
    with pytest.raises(KittError, match=r"best\.ranges\.toml: the ranges are of another network than .*second.best"):
        kitt("calibrate", road, "--model", paths[1], "--again", *GIVEN)
    assert networks.ranges_path(str(paths[0])).read_bytes() == before
    kitt("calibrate", road, "--model", paths[1], "--again", "--force", *GIVEN)
    assert networks.ranges_path(str(paths[1])).read_bytes() != before
