"""tools/gpu_check.py on the GPU that is not there: every line of it but for the times."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from kitt.engine.trt import library
from kitt.errors import KittError
from kitt.places import shipped
from tests.engine.trt.conftest import Rig
from tests.engine.trt.networks import saved, tiny_detector
from tools import gpu_check

QUICK = ["--runs", "20", "--seconds", "0.1"]


@pytest.fixture
def detector(rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A published detector's name that gives the tiny one, in both encodings, and pictures with labels."""
    files = {
        "s8": saved(tiny_detector(), tmp_path / "engines" / "tiny.s8.onnx"),
        "float": saved(tiny_detector(quantised=False), tmp_path / "engines" / "tiny.float.onnx"),
    }
    monkeypatch.setattr(gpu_check, "ensure", lambda model, width, height, encoding: files[encoding])
    monkeypatch.setattr(gpu_check.backend, "load", _plainly)
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(0)
    images, annotations = [], []
    for i in range(3):
        cv2.imwrite(str(folder / f"{i}.png"), random.integers(0, 256, (24, 32, 3)).astype(np.uint8))
        images.append({"id": i, "file_name": f"{i}.png", "width": 32, "height": 24})
        annotations.append(
            {"id": i + 1, "image_id": i, "category_id": 3, "bbox": [4, 4, 6, 6], "area": 36, "iscrowd": 0}
        )
    labels = {"images": images, "annotations": annotations, "categories": [{"id": 3, "name": "car"}]}
    (folder / "labels.json").write_text(json.dumps(labels), encoding="utf-8")
    return folder


def _plainly(path: Path, threads: int) -> object:
    from kitt.engine.ort import OrtBackend

    return OrtBackend.load(path, threads)


def test_without_a_gpu_it_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(library, "driver_fault", lambda: "no NVIDIA driver (libcuda.so.1 is not there)")
    assert gpu_check.main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"gpu_check: TensorRT cannot run here: no NVIDIA driver .*\n", err)


def test_the_table_of_a_detector(detector: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / "figures.json"
    asked = ["efficientdet-lite0", "--size", "16x12", "--pictures", str(detector), "--json", str(figures)]
    gpu_check.main([*asked, "--eval", str(detector / "labels.json"), *QUICK])
    out = capsys.readouterr().out
    assert out.startswith("TensorRT 10.3.0; tensorrt 10.3.0 on Fake GPU\n\n| network | precision |")
    rows = [line.split(" | ") for line in out.splitlines() if line.startswith("| efficientdet-lite0 16x12")]
    assert [r[1] for r in rows] == ["int8", "fp16", "fp32"]
    for row in rows:
        assert len(row) == len(gpu_check.HEAD)
        assert re.fullmatch(r"[\d.]+ / [\d.]+ / [\d.]+", row[4])
        assert row[6] == "0.25"
        assert re.match(r"(100\.00% the same|nothing seen)", row[8]), row[8]
        assert re.fullmatch(r"[\d.]+ \([\d.]+\) \|", row[9])
    values = json.loads(figures.read_text(encoding="utf-8"))
    assert values["library"] == "TensorRT 10.3.0"
    assert [r["precision"] for r in values["rows"]] == ["int8", "fp16", "fp32"]
    # the same file by the same arithmetic: nothing may be lost on the way through the fake GPU
    assert values["rows"][0]["mean_ap"] == values["rows"][0]["cpu_mean_ap"]


def test_a_network_that_cannot_be_built_is_a_row_that_says_why(
    rig: Rig, detector: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(model: str, width: int, height: int, encoding: str) -> Path:
        raise KittError("efficientdet-lite0 has no activation ranges, and without them there is no INT8")

    monkeypatch.setattr(gpu_check, "ensure", none)
    assert gpu_check.main(["efficientdet-lite0", *QUICK]) == 1
    assert "| int8 | efficientdet-lite0 has no activation ranges" in capsys.readouterr().out


def test_the_ears_are_compared_by_their_outputs(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    gpu_check.main([str(shipped() / "ears-first.onnx"), *QUICK])
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ears-first.onnx")]
    assert len(rows) == 2
    assert all("differs by up to" in row for row in rows)


def test_aims_that_are_missed_are_named() -> None:
    row = gpu_check.Row("net", "int8", busy=gpu_check.Quantiles(2.0, 2.1, 2.2), engine_ms=1.0)
    row.paced = gpu_check.Quantiles(1.0, 1.6, 9.0)
    assert gpu_check._misses(row) == [
        "50% of a call is not the network (at most 15%)",
        "p99 is 1.6 x p50 at 30 frames/s (at most 1.5)",
    ]
