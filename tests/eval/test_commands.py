"""kitt detect and kitt eval detector from the command line, with a generated network that sees one car everywhere."""

import json

import cv2
import numpy as np
import onnx
import pytest
import typer
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from kitt.cli import detect as detect_module
from kitt.cli import eval as eval_module
from kitt.errors import KittError
from kitt.types import CAR

CAR_BOX = (32.0, 16.0, 96.0, 48.0)


@pytest.fixture
def app():
    app = typer.Typer()
    app.command("detect")(detect_module.detect)
    app.add_typer(eval_module.app, name="eval")
    return app


def run(app, *words):
    """Standard output; an error of the command is raised here."""
    done = CliRunner().invoke(app, [str(w) for w in words])
    if isinstance(done.exception, Exception):
        raise done.exception
    return done.output


@pytest.fixture
def model(tmp_path):
    """A network of kitt's layout for pictures of 128x64."""
    scores = np.zeros((1, 3, 8), np.float32)
    scores[0, 0, CAR] = 0.9
    boxes = np.zeros((1, 3, 4), np.float32)
    boxes[0, 0] = CAR_BOX
    values = [numpy_helper.from_array(v, n) for n, v in (("b", boxes), ("s", scores), ("zero", np.float32(0)))]
    nodes = [
        helper.make_node("Cast", ["images"], ["as_float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["as_float"], ["sum"], keepdims=0),
        helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
        helper.make_node("Add", ["b", "nothing"], ["boxes"]),
        helper.make_node("Add", ["s", "nothing"], ["scores"]),
    ]
    outputs = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, v.shape) for n, v in (("boxes", boxes), ("scores", scores))
    ]
    picture = helper.make_tensor_value_info("images", TensorProto.UINT8, [1, 64, 128, 3])
    graph = helper.make_graph(nodes, "g", [picture], outputs, values)
    path = tmp_path / "net.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for i in (1, 2):
        cv2.imwrite(str(folder / f"{i}.png"), np.zeros((128, 256, 3), np.uint8))
    return folder


def test_detect_writes_coco_results_in_pixels_of_the_picture(app, model, pictures, tmp_path):
    out = tmp_path / "out" / "found.json"
    said = run(app, "detect", pictures, "--coco", out, "--model", model)
    assert "2 objects in 2 pictures" in said
    rows = json.loads(out.read_text())
    assert rows[0] == {
        "image_id": 1,
        "category_id": 3,
        "bbox": [64.0, 32.0, 128.0, 64.0],
        "score": 0.9,
        "file_name": "1.png",
        "category_name": "car",
    }


def test_detect_counts_what_it_could_not_read(app, model, pictures, tmp_path):
    (pictures / "3.png").write_bytes(b"")
    said = run(app, "detect", pictures, "--coco", tmp_path / "found.json", "--model", model)
    assert "1 unreadable and skipped" in said
    assert "3.png" in said


def test_detect_with_nothing_readable_is_an_error_and_writes_nothing(app, model, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"")
    with pytest.raises(KittError, match="nothing could be read"):
        run(app, "detect", bad, "--coco", tmp_path / "found.json", "--model", model)
    assert not (tmp_path / "found.json").exists()


def test_detect_does_not_write_over_a_file_unless_told(app, model, pictures, tmp_path):
    out = tmp_path / "found.json"
    out.write_text("mine")
    with pytest.raises(KittError, match="--force"):
        run(app, "detect", pictures, "--coco", out, "--model", model)
    assert out.read_text() == "mine"
    run(app, "detect", pictures, "--coco", out, "--model", model, "--force")
    assert json.loads(out.read_text())


def test_eval_of_a_coco_file_prints_the_figures_and_writes_them(app, model, pictures, tmp_path):
    pytest.importorskip("pycocotools")
    box = {"category_id": 3, "bbox": [64, 32, 128, 64], "iscrowd": 0}
    truth = {
        "images": [{"id": i, "file_name": f"{i}.png", "width": 256, "height": 128} for i in (1, 2)],
        "categories": [{"id": 3, "name": "car"}],
        "annotations": [{**box, "id": 1, "image_id": 1}],
    }
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    figures = tmp_path / "figures.json"
    words = ["--annotations", tmp_path / "truth.json", "--images", pictures, "--model", model, "--json", figures]
    said = run(app, "eval", "detector", *words)
    # one picture has the car, the other does not: found with every object, at half precision
    part = json.loads(figures.read_text())["parts"]["all"]
    assert (part["pictures"], part["objects"]) == (2, 1)
    vehicles = part["groups"]["vehicles"]
    assert (vehicles["recall"], vehicles["precision"]) == (1.0, 0.5)
    assert vehicles["recall_by_height_px"][-1] == ["over 64", 1, 1.0]
    assert "recall 100.0, precision 50.0" in said


@pytest.mark.parametrize(
    "words", [(), ("--annotations", "a.json"), ("set", "--annotations", "a.json", "--images", ".")]
)
def test_eval_wants_a_set_or_a_file_with_its_pictures(app, words):
    with pytest.raises(KittError, match="give either"):
        run(app, "eval", "detector", *words)


@pytest.mark.parametrize(("target", "says"), [("nowhere/x.json", "there is no folder"), (".", "is a folder")])
def test_eval_refuses_a_file_that_it_could_not_write_before_the_work(app, pictures, tmp_path, target, says):
    truth = tmp_path / "truth.json"  # not there: reading it would be the first of the work
    words = ["--annotations", truth, "--images", pictures, "--json", tmp_path / target]
    with pytest.raises(KittError, match=says):
        run(app, "eval", "detector", *words)


def test_detect_refuses_a_file_that_it_could_not_write_before_the_work(app, model, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(detect_module, "watched", lambda *_: pytest.fail("the work has begun"))
    (tmp_path / "file").write_text("mine")
    with pytest.raises(KittError, match="cannot make this folder"):
        run(app, "detect", pictures, "--coco", tmp_path / "file" / "x.json", "--model", model)
    with pytest.raises(KittError, match="is a folder"):
        run(app, "detect", pictures, "--coco", pictures, "--model", model, "--force")


def test_a_disk_that_refuses_is_one_line(app, model, pictures, tmp_path):
    with pytest.raises(KittError, match="cannot write"):
        run(app, "detect", pictures, "--coco", "/dev/full", "--model", model, "--force")


def test_force_writes_over_nothing_that_is_read(app, model, tmp_path):
    picture = cv2.imencode(".jpg", np.zeros((64, 128, 3), np.uint8))[1].tobytes()
    (tmp_path / "pictures").mkdir()
    target = tmp_path / "pictures" / "1.jpg"
    target.write_bytes(picture)
    for given in (target, tmp_path / "pictures"):
        with pytest.raises(KittError, match="the recording"):
            run(app, "detect", given, "--coco", target, "--model", model, "--force")
    (tmp_path / "gt.json").write_text("{}")
    options = "--annotations", tmp_path / "gt.json", "--images", tmp_path / "pictures"
    with pytest.raises(KittError, match="the recording"):
        run(app, "eval", "detector", *options, "--json", tmp_path / "gt.json", "--model", model)
    assert (target.read_bytes(), (tmp_path / "gt.json").read_text()) == (picture, "{}")


def test_a_full_disk_leaves_the_earlier_file_and_no_part(tmp_path, monkeypatch):
    out = tmp_path / "found.json"
    detect_module.write(out, "[1]")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("found.json", "[1]")]

    def full(path, *_, **__):
        path.write_bytes(b"[2, ")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(out), "write_text", full)
    with pytest.raises(KittError, match=r"found\.json: cannot write: No space left on device"):
        detect_module.write(out, "[2, 3]")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("found.json", "[1]")]
