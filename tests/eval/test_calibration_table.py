"""Ways of making ranges, measured on a labelled set."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from kitt.engine.quantise.derive import derive
from kitt.engine.quantise.fingerprint import fingerprint
from kitt.engine.quantise.histogram import Growing, Histogram
from kitt.engine.quantise.placement import tensors_to_observe
from kitt.eval import calibration_table
from kitt.eval.calibration_table import FLOAT, Row, lines, measure
from kitt.eval.datasets import DataSet, Sample, Truth
from kitt.runtime.calibration_manifest import FramesManifest
from tests.runtime.test_calibration import network, plain

NOBODY = FramesManifest((), (), 0)


def histogram(name: str) -> Histogram:
    growing = Growing(name)
    growing.add(np.linspace(-3, 5, 1001))
    return growing.histogram()


@pytest.fixture
def data(tmp_path: Path) -> DataSet:
    samples = []
    for i in range(2):
        path = tmp_path / f"{i}.png"
        cv2.imwrite(str(path), np.random.default_rng(i).integers(0, 255, (90, 160, 3), np.uint8))
        samples.append(Sample(path, (160, 90), Truth.of([([10, 10, 60, 60], 2, False, float("nan"))])))
    return DataSet("set", samples, (2,))


def test_each_method_is_measured_in_the_encodings_it_has_ranges_for(
    monkeypatch: pytest.MonkeyPatch, data: DataSet
) -> None:
    monkeypatch.setattr(calibration_table, "float_network", lambda name, width, height: network((height, width)))
    model = network((64, 64))
    seen = {t: histogram(t) for t in tensors_to_observe(model)}
    ranges = {
        "mse": derive("net", fingerprint(model), seen, "mse", "frames.json", plain),
        "s8 alone": derive("net", fingerprint(model), seen, "min-max", "frames.json", plain, ["s8"]),
    }
    labels = []

    def progress(steps: object, count: object, label: str) -> object:
        labels.append(label)
        return steps

    rows = measure(data, "net", ranges, NOBODY, 1, progress)
    assert labels == ["float", "mse u8", "mse s8", "s8 alone s8"]
    assert [row.method for row in rows] == [FLOAT, "mse", "s8 alone"]
    assert rows[2].average_precision["u8"] is None
    assert all(0 <= v <= 1 for row in rows for v in row.average_precision.values() if v is not None)


def test_the_table_gives_points_and_what_they_are_off() -> None:
    rows = [Row(FLOAT, {FLOAT: 0.3}), Row("mse", {"u8": 0.297, "s8": None})]
    text = lines(rows, DataSet("set", [], (2,)), "net")
    assert text[0] == "net on set, 0 pictures; float: 30.00 mAP"
    assert text[2:] == ["| method | u8 | s8 |", "|---|---|---|", "| mse | 29.70 (-0.30) | - |"]
