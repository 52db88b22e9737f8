"""`kitt calibrate`: drives -> frames -> a detector's looks -> ranges as text."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from kitt.cli.app import app
from kitt.drive.records import Record
from kitt.engine.quantise.ranges import Ranges
from kitt.errors import KittError
from kitt.eval.calibration_table import refuse_calibration_frames
from kitt.eval.datasets import DataSet, Sample, Truth
from kitt.runtime.calibration import choose_frames, manifest_of, observe, open_drives, same_frames
from kitt.runtime.calibration_manifest import FramesManifest
from tests.runtime.conftest import pictures

MakeDrive = Callable[[list[Record]], Path]
SIZE = (640, 360)
GIVEN = ("--source", "made here", "--licence", "CC0")


def network(size: tuple[object, object] = ("h", "w")) -> onnx.ModelProto:
    """A detector of kitt's layout in two convolutions, the first of them gives `body`."""
    height, width = size
    weight = np.random.default_rng(0).normal(0, 0.02, (12, 3, 8, 8)).astype(np.float32)
    values = {
        "weight": weight,
        "rows": np.array([0, 12, -1], np.int64),
        "parts": np.array([4, 8], np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["images"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["real"], ["picture"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["picture", "weight"], ["body"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Conv", ["body", "mix"], ["head"], kernel_shape=[1, 1]),
        helper.make_node("Reshape", ["head", "rows"], ["flat"]),
        helper.make_node("Transpose", ["flat"], ["cells"], perm=[0, 2, 1]),
        helper.make_node("Split", ["cells", "parts"], ["boxes", "logits"], axis=2),
        helper.make_node("Sigmoid", ["logits"], ["scores"]),
    ]
    values["mix"] = np.eye(12, dtype=np.float32)[:, :, None, None]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, [1, height, width, 3])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, None, 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, None, 8]),
        ],
        [numpy_helper.from_array(v, k) for k, v in values.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "own.onnx"
    onnx.save(network(), str(path))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six pictures of four kinds: two are near-duplicates, one is none."""
    path = tmp_path / "road"
    path.mkdir()
    for i, level in enumerate((10, 11, 100, 180, 181, 250)):
        image = np.full((SIZE[1], SIZE[0], 3), level, np.uint8)
        image[: SIZE[1] // 2, : 2 * (level // 10)] = 255 - level
        cv2.imwrite(str(path / f"{i}.png"), image)
    (path / "7.png").write_bytes(b"no picture")
    return path


def plain(steps: object, count: object, what: object) -> object:
    return steps


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def kitt(*arguments: object) -> Done:
    """What `kitt calibrate` prints and gives back."""
    done = CliRunner().invoke(app, ["calibrate", *map(str, arguments)])
    if isinstance(done.exception, KittError):
        return Done(2, done.stdout, f"{done.stderr}kitt: {done.exception}\n")
    if isinstance(done.exception, Exception):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def test_ranges_are_of_what_both_looks_show_the_network(net: Path, folder: Path) -> None:
    drives = open_drives([folder], ["made here"], ["CC0"])
    told: list[str] = []
    chosen = choose_frames(drives, 3, plain, told.append)
    assert told == ["road: 1 of 7 pictures cannot be read; left out"]
    observed = observe(drives, chosen, str(net), 1, plain)
    whole, strip = (576 // 8) * (320 // 8), (640 // 8) * (192 // 8)
    body = observed.histograms["body"]
    assert body.total == 3 * 12 * (whole + strip), "and not the picture that only tells the shapes"
    assert body.low < 0 < body.high
    manifest = manifest_of(drives, chosen, observed.frames)
    assert [d.pictures for d in manifest.drives] == [6]
    assert {f.index for f in manifest.frames} == chosen.wanted["road"]
    assert (manifest.frames[0].width_px, manifest.frames[0].height_px) == SIZE


def test_a_network_of_one_size_is_observed_at_it(tmp_path: Path, folder: Path) -> None:
    onnx.save(network((64, 64)), str(tmp_path / "fixed.onnx"))
    drives = open_drives([folder], ["x"], ["CC0"])
    chosen = choose_frames(drives, 2, plain, print)
    assert observe(drives, chosen, str(tmp_path / "fixed.onnx"), 1, plain).histograms["body"].total == 2 * 12 * 64


def test_the_command_writes_frames_and_ranges_the_same_each_time(net: Path, folder: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    for out in (first, second):
        done = kitt(folder, "--model", net, "--frames", 4, "--out", out, *GIVEN)
        assert (done.returncode, done.stderr) == (0, "kitt: road: 1 of 7 pictures cannot be read; left out\n")
    for name in ("frames.json", "own.ranges.toml"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    ranges, manifest = Ranges.read(first / "own.ranges.toml"), FramesManifest.read(first / "frames.json")
    assert ranges.sources == {"frames": f"frames.json, sha256 {manifest.digest()}"}
    assert ranges.tensors["body"].u8_from == ranges.tensors["body"].s8_from == "frames mse"
    assert str(tmp_path) not in (first / "frames.json").read_text() + (first / "own.ranges.toml").read_text()
    assert manifest.near_duplicates == 2
    again = kitt(folder, "--model", net, "--again", "--method", "min-max", "--out", first)
    assert again.returncode == 2, "the drive of nobody knows whom"
    again = kitt(folder, "--model", net, "--again", "--method", "min-max", "--out", first, *GIVEN)
    assert again.returncode == 0
    assert FramesManifest.read(first / "frames.json") == manifest
    assert Ranges.read(first / "own.ranges.toml").tensors["body"].s8_from == "frames min-max"


def test_a_drive_gives_the_frames_of_its_pictures(net: Path, make_drive: MakeDrive, tmp_path: Path) -> None:
    drive = make_drive(pictures(12))
    done = kitt(drive, "--model", net, "--frames", 5, "--out", tmp_path / "out", *GIVEN)
    assert done.returncode == 0
    assert "asked for 5 frames: the drives hold no more that differ" in done.stderr, "they are all alike"
    assert "near-duplicates refused" in done.stdout


def test_frames_that_others_ranges_rest_on_are_not_changed_unasked(net: Path, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert kitt(folder, "--model", net, "--frames", 3, "--out", out, *GIVEN).returncode == 0
    before = (out / "frames.json").read_bytes()
    other = net.rename(tmp_path / "other.onnx")
    done = kitt(folder, "--model", other, "--frames", 2, "--out", out, *GIVEN)
    assert done.returncode == 2
    assert "frames.json: own.ranges.toml rests on other frames than these" in done.stderr
    assert (out / "frames.json").read_bytes() == before
    assert kitt(folder, "--model", other, "--frames", 2, "--out", out, "--force", *GIVEN).returncode == 0


def test_a_changed_frame_is_one_clear_line(net: Path, folder: Path) -> None:
    drives = open_drives([folder], ["x"], ["CC0"])
    chosen = choose_frames(drives, 3, plain, print)
    manifest = manifest_of(drives, chosen, observe(drives, chosen, str(net), 1, plain).frames)
    frame = manifest.frames[1]
    changed = folder / f"{frame.index}.png"
    image = cv2.imread(str(changed))
    image[0, 0] = 77
    cv2.imwrite(str(changed), image)
    again = open_drives([folder], ["x"], ["CC0"])
    with pytest.raises(KittError, match=rf"road: picture {frame.index} at .* is not the calibration frame"):
        observe(again, same_frames(again, manifest), str(net), 1, plain, manifest)


def test_other_drives_than_the_manifest_s_are_refused(net: Path, folder: Path, make_drive: MakeDrive) -> None:
    drives = open_drives([folder], ["x"], ["CC0"])
    chosen = choose_frames(drives, 3, plain, print)
    manifest = manifest_of(drives, chosen, observe(drives, chosen, str(net), 1, plain).frames)
    drive = make_drive(pictures(2))
    with pytest.raises(KittError, match="'road' is not among the drives"):
        same_frames(open_drives([drive], ["x"], ["CC0"]), manifest)
    with pytest.raises(KittError, match="drives that it does not name"):
        same_frames(open_drives([folder, drive], ["x"], ["CC0"]), manifest)


def test_a_calibration_frame_is_not_measured_on(net: Path, folder: Path) -> None:
    drives = open_drives([folder], ["x"], ["CC0"])
    chosen = choose_frames(drives, 3, plain, print)
    manifest = manifest_of(drives, chosen, observe(drives, chosen, str(net), 1, plain).frames)
    left_out = next(i for i in range(6) if i not in chosen.wanted["road"])
    used = min(chosen.wanted["road"])

    def labelled(index: int) -> DataSet:
        return DataSet("set", [Sample(folder / f"{index}.png", SIZE, Truth.of([]))], (0,))

    refuse_calibration_frames(labelled(left_out), manifest)
    with pytest.raises(KittError, match=r"is a calibration frame \(road, picture"):
        refuse_calibration_frames(labelled(used), manifest)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.mcap"], "nowhere.mcap: no such file or folder"),
        (["{road}", "{road}"], "given twice"),
        (["{road}", "--licence", "MIT"], "nothing says its source"),
        (["{road}", "--source", "me"], "nothing says its licence"),
        (["{road}", *GIVEN, "--source", "me", "--source", "you"], "--source is given 3 times for 1 drives"),
        (["{road}", *GIVEN, "--method", "guess"], "unknown method 'guess'; there are: min-max, percentile-99.99,"),
        (["{road}", *GIVEN, "--again", "--out", "{empty}"], "cannot read the calibration frames"),
        (["{empty}", *GIVEN], "no pictures in this folder"),
        (["{broken}", *GIVEN], "no calibration data, no INT8: the drives have no picture that can be read"),
        (["{road}", *GIVEN, "--out", "{net}"], "cannot make this folder"),
        (["{road}", *GIVEN, "--compare", "{empty}"], "--compare is for kitt's own detectors"),
        (["{sound}", *GIVEN], "a csv holds no pictures"),
    ],
)
def test_bad_input_is_one_line(net: Path, folder: Path, tmp_path: Path, arguments: list[str], said: str) -> None:
    for name in ("empty", "broken"):
        (tmp_path / name).mkdir()
    (tmp_path / "broken" / "0.png").write_bytes(b"no picture")
    (tmp_path / "speed.csv").write_text("t_s,speed_mps\n0,1\n1,2\n")
    places = {"road": folder, "net": net, "sound": tmp_path / "speed.csv"}
    places |= {name: tmp_path / name for name in ("empty", "broken")}
    done = kitt("--model", net, "--out", tmp_path / "out", *(a.format(**places) for a in arguments))
    assert done.returncode == 2
    assert said in done.stderr
    assert said in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out" / "own.ranges.toml").exists()


@pytest.mark.parametrize("damage", ["cut", "text", "missing", "quantised"])
def test_a_network_that_cannot_be_calibrated_is_one_line(net: Path, folder: Path, tmp_path: Path, damage: str) -> None:
    if damage == "cut":
        net.write_bytes(net.read_bytes()[:-200])
    elif damage == "text":
        net.write_text("no network")
    elif damage == "missing":
        net.unlink()
    else:
        model = network()
        model.graph.node[1].op_type = "QuantizeLinear"
        onnx.save(model, str(net))
    done = kitt(folder, "--model", net, "--frames", 2, "--out", tmp_path / "out", *GIVEN)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"kitt: {net}: ")


def test_the_manifest_is_json_with_a_line_a_frame(net: Path, folder: Path, tmp_path: Path) -> None:
    assert kitt(folder, "--model", net, "--frames", 4, "--out", tmp_path / "out", *GIVEN).returncode == 0
    text = (tmp_path / "out" / "frames.json").read_text()
    assert len(json.loads(text)["frames"]) == text.count("\n  {") - 1 == 4
