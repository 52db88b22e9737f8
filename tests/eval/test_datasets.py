"""Labelled sets of several formats become one."""

import json
import math

import cv2
import numpy as np
import pytest

from kitt.errors import KittError
from kitt.eval.datasets import read, read_coco
from kitt.types import BICYCLE, BUS, CAR, PERSON, TRAFFIC_LIGHT, TRUCK


def picture(path, width, height):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((height, width, 3), np.uint8))


def objects(sample, ignore=False):
    t = sample.truth
    return [(c, b.tolist()) for c, b, i in zip(t.class_id, t.xyxy, t.ignore, strict=True) if i == ignore]


@pytest.fixture
def bdd(tmp_path):
    names = ["car", "truck", "bus", "motorcycle", "bicycle", "person", "rider", "train"]
    (tmp_path / "classes.txt").write_text("\n".join([*names, "traffic light", "traffic sign"]))
    picture(tmp_path / "images" / "a.jpg", 640, 640)
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text(
        "0 0.5 0.5 0.1 0.2\n6 0.25 0.5 0.1 0.1\n7 0.5 0.5 0.2 0.2\n9 0.1 0.1 0.1 0.1\n"
    )
    return tmp_path


def test_bdd_gets_its_aspect_back_and_its_riders_are_persons(bdd):
    data = read(bdd)
    (sample,) = data.samples
    assert sample.size == (1280, 720)
    assert sample.load().shape == (720, 1280, 3)
    (car, box), (person, _) = objects(sample)
    assert (car, person) == (CAR, PERSON)
    np.testing.assert_allclose(box, [576, 288, 704, 432], atol=1e-3)


def test_bdd_trains_are_ignored_signs_left_out_and_stop_signs_not_expected(bdd):
    data = read(bdd)
    assert {c for c, _ in objects(data.samples[0], ignore=True)} == {BUS, TRUCK, CAR}
    assert set(data.classes) == {0, 1, 2, 3, 4, 5, TRAFFIC_LIGHT}


def test_a_label_line_that_is_none_is_told_with_its_place(bdd):
    (bdd / "labels" / "a.txt").write_text("0 0.5 0.5 0.1 0.2\n0 half 0.5\n")
    with pytest.raises(KittError, match=r"a\.txt:2: not 'class x y width height'"):
        read(bdd)


@pytest.fixture
def kitti(tmp_path):
    picture(tmp_path / "images" / "000001.jpg", 1242, 375)
    (tmp_path / "labels").mkdir()
    (tmp_path / "calib").mkdir()
    rest = "1.5 1.6 3.7 1.0 1.6 {} -1.3"
    (tmp_path / "labels" / "000001.txt").write_text(
        f"Van 0.00 0 -1.3 100 150 200 250 {rest.format(14.4)}\n"
        f"Cyclist 0.00 0 -1.3 300 150 340 250 {rest.format(20.0)}\n"
        f"DontCare -1 -1 -10 800 160 825 184 {rest.format(-1000)}\n"
    )
    (tmp_path / "calib" / "000001.txt").write_text("P2: 721.5 0 609.5 44.8 0 721.5 172.8 0.2 0 0 1 0.003\n")
    return tmp_path


def test_kitti_has_distances_its_own_horizon_and_areas_nobody_labelled(kitti):
    data = read(kitti)
    (sample,) = data.samples
    assert sample.horizon_y_px == pytest.approx(172.8)
    assert sample.size == (1242, 375)
    t = sample.truth
    assert t.distance_m[~t.ignore].tolist() == pytest.approx([14.4, 20.0])
    assert t.class_id[~t.ignore].tolist() == [CAR, PERSON]
    dont_care = (t.xyxy[:, 0] == 800) & t.ignore
    assert set(t.class_id[dont_care]) == set(range(8))
    assert np.isnan(t.distance_m[dont_care]).all()


def test_a_van_may_be_called_a_truck_and_a_cyclist_has_a_bicycle(kitti):
    ignored = objects(read(kitti).samples[0], ignore=True)
    assert (TRUCK, [100, 150, 200, 250]) in ignored
    assert (BICYCLE, [300, 150, 340, 250]) in ignored


def coco_file(tmp_path, **changes):
    picture(tmp_path / "pictures" / "a.jpg", 64, 48)
    data = {
        "images": [{"id": 7, "file_name": "a.jpg", "width": 64, "height": 48}],
        "categories": [{"id": 3, "name": "car"}, {"id": 18, "name": "dog"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 10, 20]},
            {"id": 2, "image_id": 7, "category_id": 3, "bbox": [0, 0, 40, 40], "iscrowd": 1},
            {"id": 3, "image_id": 7, "category_id": 18, "bbox": [0, 0, 5, 5]},
        ],
    }
    file = tmp_path / "instances.json"
    file.write_text(json.dumps({**data, **changes}))
    return file, tmp_path / "pictures"


def test_any_coco_file_will_do(tmp_path):
    data = read_coco(*coco_file(tmp_path))
    assert data.classes == (CAR,)
    assert objects(data.samples[0]) == [(CAR, [1, 2, 11, 22])]
    assert objects(data.samples[0], ignore=True) == [(CAR, [0, 0, 40, 40])]
    assert math.isnan(data.samples[0].truth.distance_m[0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"annotations": [{"image_id": 99, "category_id": 3, "bbox": [0, 0, 1, 1]}]}, "not a COCO instances file"),
        ({"categories": [{"id": 18, "name": "dog"}], "annotations": []}, "none of its categories"),
        ({"images": [{"id": 7, "file_name": "b.jpg", "width": 1, "height": 1}]}, "1 of 1 pictures are not in"),
    ],
)
def test_what_is_wrong_with_a_coco_file_is_told(tmp_path, changes, message):
    with pytest.raises(KittError, match=message):
        read_coco(*coco_file(tmp_path, **changes))


def test_an_unknown_folder_is_told_what_would_be_known(tmp_path):
    with pytest.raises(KittError, match="--annotations"):
        read(tmp_path)
