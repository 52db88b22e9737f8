"""Which detection is which object, by hand-made cases."""

import math

import numpy as np
import pytest

from kitt.eval.datasets import Truth
from kitt.eval.matching import Matches, at_confidence, match, recall_at_precision, recall_by
from kitt.types import CAR, PERSON, TRUCK, Detections

ALL = tuple(range(8))
NAN = math.nan


def found(*rows: tuple[float, float, float, float, float, int]) -> Detections:
    a = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(a[:, :4], a[:, 4], a[:, 5].astype(np.int64))


def outcome(score: list[float], right: list[bool], objects: int) -> Matches:
    got = sorted((s for s, r in zip(score, right, strict=True) if r), reverse=True)
    got += [0.0] * (objects - len(got))
    sizes = np.full(objects, 20, np.float32)
    return Matches(np.float32(score), np.array(right), np.float32(got), sizes, sizes)


def test_the_stronger_of_two_boxes_gets_the_object_and_the_other_is_wrong():
    truth = Truth.of([([0, 0, 10, 10], CAR, False, NAN)])
    m = match(found((0, 0, 10, 9, 0.5, CAR), (0, 0, 10, 10, 0.9, CAR)), truth, ALL)
    assert m.score.tolist() == pytest.approx([0.9, 0.5])
    assert m.right.tolist() == [True, False]
    assert m.found.tolist() == pytest.approx([0.9])


def test_a_class_must_be_right_unless_any_of_a_group_will_do():
    truth = Truth.of([([0, 0, 10, 10], CAR, False, NAN)])
    truck = found((0, 0, 10, 10, 0.9, TRUCK))
    assert match(truck, truth, (CAR, TRUCK)).right.tolist() == [False]
    assert match(truck, truth, (CAR, TRUCK), strict=False).right.tolist() == [True]


def test_other_classes_are_not_looked_at():
    truth = Truth.of([([0, 0, 10, 10], CAR, False, NAN), ([0, 0, 10, 10], PERSON, False, NAN)])
    m = match(found((0, 0, 10, 10, 0.9, PERSON)), truth, (CAR,))
    assert len(m.score) == 0
    assert m.found.tolist() == [0]


def test_a_detection_in_an_area_to_be_ignored_counts_neither_way():
    truth = Truth.of([([0, 0, 100, 100], CAR, True, NAN)])
    m = match(found((10, 10, 30, 30, 0.9, CAR), (200, 0, 220, 20, 0.8, CAR)), truth, ALL)
    assert m.right.tolist() == [False]
    assert m.score.tolist() == pytest.approx([0.8])
    assert len(m.found) == 0


def test_a_second_box_on_an_object_that_may_bear_two_names_is_wrong():
    van = Truth.of([([0, 0, 10, 10], CAR, False, NAN), ([0, 0, 10, 10], TRUCK, True, NAN)])
    twice = found((0, 0, 10, 10, 0.9, CAR), (0, 0, 10, 10, 0.8, TRUCK))
    assert match(twice, van, (CAR, TRUCK), strict=False).right.tolist() == [True, False]


def test_recall_at_precision_is_the_most_found_at_one_confidence():
    m = outcome([0.9, 0.8, 0.7, 0.6, 0.5], [True, False, True, True, False], 5)
    assert recall_at_precision(m, 0.75) == (pytest.approx(3 / 5), pytest.approx(0.6))
    assert recall_at_precision(m, 0.9) == (pytest.approx(1 / 5), pytest.approx(0.9))
    assert recall_at_precision(outcome([0.9], [False], 2), 0.9) == (0.0, 1.0)


def test_one_confidence_takes_all_of_equal_score_or_none():
    m = outcome([0.9, 0.5, 0.5], [True, True, False], 2)
    assert recall_at_precision(m, 0.9) == (pytest.approx(0.5), pytest.approx(0.9))


def test_recall_and_precision_at_a_confidence():
    m = outcome([0.9, 0.8, 0.2], [True, False, True], 4)
    assert at_confidence(m, 0.3) == (pytest.approx(1 / 4), pytest.approx(1 / 2))
    assert all(math.isnan(v) for v in at_confidence(outcome([], [], 0), 0.3))


def test_recall_by_height_counts_each_object_in_its_range():
    m = Matches(*(np.float32(x) for x in ([], [], [0.9, 0.1, 0.9], [8, 15, 70], [NAN] * 3)))
    rows = recall_by(m, m.height_px, (8, 16, 32, np.inf), 0.3)
    assert [(label, n) for label, n, _ in rows] == [("8 to 16", 2), ("16 to 32", 0), ("over 32", 1)]
    assert rows[0][2] == 0.5
    assert math.isnan(rows[1][2])
    assert rows[2][2] == 1.0
