"""Painted pixels in boxes."""

import numpy as np

from kitt.eval.masks import cover
from kitt.types import CAR, PERSON, Detections


def boxes(*rows) -> Detections:
    a = np.array(rows, np.float32).reshape(-1, 5)
    return Detections(a[:, :4], np.ones(len(a), np.float32), a[:, 4].astype(np.int64))


def test_half_a_car_in_a_box_is_half_covered():
    mask = np.full((40, 40), 3, np.uint8)
    mask[10:20, 0:20] = 8
    got = cover(boxes((0, 10, 10, 20, CAR)), mask)
    assert (got["vehicles"].painted, got["vehicles"].covered) == (200, 100)
    assert (got["vehicles"].boxes, got["vehicles"].filled) == (1, 1)
    assert got["people"].painted == 0


def test_overlapping_boxes_count_a_pixel_once_and_a_box_on_the_road_is_told():
    mask = np.full((40, 40), 3, np.uint8)
    mask[0:10, 0:10] = 9
    got = cover(boxes((0, 0, 10, 10, PERSON), (0, 0, 9, 9, PERSON), (20, 20, 40, 40, PERSON)), mask)["people"]
    assert (got.painted, got.covered, got.boxes, got.filled) == (100, 100, 3, 2)


def test_a_car_box_covers_no_person():
    mask = np.full((40, 40), 9, np.uint8)
    assert cover(boxes((0, 0, 40, 40, CAR)), mask)["people"].covered == 0
