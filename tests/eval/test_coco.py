"""COCO's formats and metrics."""

import builtins
import math
from pathlib import Path

import numpy as np
import pytest

from kitt.errors import KittError
from kitt.eval.coco import average_precision, categories, instances, results
from kitt.eval.datasets import DataSet, Sample, Truth
from kitt.types import CAR, STOP_SIGN, TRUCK, Detections

NAN = math.nan
BOX = [10.0, 20.0, 30.0, 50.0]


def data(*truths: Truth, classes=(CAR, TRUCK)) -> DataSet:
    return DataSet("made", [Sample(Path(f"{i}.jpg"), (100, 100), t) for i, t in enumerate(truths)], classes)


def found(*rows) -> Detections:
    a = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(a[:, :4], a[:, 4], a[:, 5].astype(np.int64))


def car(ignore: bool = False) -> Truth:
    return Truth.of([(BOX, CAR, ignore, NAN)])


def test_results_load_in_pycocotools_and_name_file_and_class():
    coco = pytest.importorskip("pycocotools.coco")
    truth = coco.COCO()
    truth.dataset = instances(data(car()))
    truth.createIndex()
    rows = results(found((*BOX, 0.9, CAR)), 0, "0.jpg")
    loaded = truth.loadRes(rows)
    (one,) = loaded.loadAnns(loaded.getAnnIds())
    assert one["bbox"] == [10, 20, 20, 30]
    assert (one["category_id"], one["category_name"], one["file_name"]) == (3, "car", "0.jpg")


def test_category_ids_are_cocos():
    assert {c["name"]: c["id"] for c in categories()}["stop sign"] == 13


def test_a_perfect_detector_has_ap_1_and_a_blind_one_0():
    pytest.importorskip("pycocotools")
    perfect = average_precision(data(car()), [found((*BOX, 0.9, CAR))])
    assert perfect["AP"] == pytest.approx(1.0)
    assert list(perfect["classes"]) == ["car"]
    assert average_precision(data(car()), [Detections.empty()])["AP"] == 0.0


def test_a_box_half_off_counts_for_ap50_only():
    pytest.importorskip("pycocotools")
    off = average_precision(data(car()), [found((10, 20, 30, 42, 0.9, CAR))])
    assert off["AP50"] == pytest.approx(1.0)
    assert 0.3 < off["AP"] < 0.7


def test_detections_in_ignored_areas_and_of_classes_not_labelled_do_no_harm():
    pytest.importorskip("pycocotools")
    truth = Truth.of([(BOX, CAR, False, NAN), ([60, 60, 90, 90], CAR, True, NAN)])
    seen = found((65, 65, 80, 80, 0.95, CAR), (0, 0, 9, 9, 0.99, STOP_SIGN), (*BOX, 0.9, CAR))
    assert average_precision(data(truth), [seen])["AP"] == pytest.approx(1.0)


def test_without_pycocotools_the_line_that_mends_it_is_told(monkeypatch):
    real = builtins.__import__

    def blocked(name, *args, **kwargs):
        if name.startswith("pycocotools"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", blocked)
    with pytest.raises(KittError, match=r"pip install 'kitt\[eval\]'"):
        average_precision(data(car()), [Detections.empty()])
