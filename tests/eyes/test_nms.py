"""One box an object."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kitt.eyes.nms import SAME_CLASS_IOU, iou_matrix, nms, strongest_first, suppresses
from kitt.types import CAR, PERSON, TRUCK, Detections


def boxes(*rows: tuple[float, float, float, float, float, int]) -> Detections:
    a = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(a[:, :4], a[:, 4], a[:, 5].astype(np.int64))


def naive_iou(a, b) -> float:
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    inter = max(w, 0) * max(h, 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter
    return inter / union if union > 0 else 0.0


detections = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.integers(0, 40),
        st.integers(1, 30),
        st.integers(1, 30),
        st.integers(1, 99),
        st.integers(0, 7),
    ),
    max_size=30,
).map(lambda rows: boxes(*[(x, y, x + w, y + h, s / 100, c) for x, y, w, h, s, c in rows]))


def test_nothing_stays_nothing():
    assert len(nms(Detections.empty())) == 0


def test_the_stronger_of_two_looks_at_one_car_stays():
    kept = nms(boxes((0, 0, 100, 100, 0.6, CAR), (2, 0, 102, 100, 0.9, CAR)))
    assert kept.score.tolist() == [np.float32(0.9)]


def test_a_car_that_is_also_called_a_truck_is_one_vehicle():
    kept = nms(boxes((0, 0, 100, 100, 0.6, TRUCK), (2, 0, 102, 100, 0.9, CAR)))
    assert kept.class_id.tolist() == [CAR]


def test_a_car_before_a_truck_is_two_vehicles():
    assert len(nms(boxes((0, 40, 100, 100, 0.6, CAR), (0, 0, 100, 100, 0.9, TRUCK)))) == 2


def test_a_person_in_front_of_a_car_stays():
    assert len(nms(boxes((0, 0, 100, 100, 0.6, PERSON), (2, 0, 102, 100, 0.9, CAR)))) == 2


@given(detections)
def test_it_is_the_greedy_suppression_of_the_textbook(d):
    kept = nms(d, vehicle=2.0)
    expected: list[int] = []
    for i in np.argsort(-d.score, kind="stable"):
        if all(
            d.class_id[i] != d.class_id[j] or naive_iou(d.xyxy[i], d.xyxy[j]) <= SAME_CLASS_IOU + 1e-6 for j in expected
        ):
            expected.append(int(i))
    np.testing.assert_array_equal(kept.xyxy, d.xyxy[expected])
    np.testing.assert_array_equal(kept.score, d.score[expected])


@given(detections)
def test_what_stays_is_strongest_first_free_of_doubles_and_stable_under_a_second_pass(d):
    kept = nms(d)
    assert (np.diff(kept.score) <= 0).all()
    assert not np.triu(suppresses(kept), 1).any()
    assert len(nms(kept)) == len(kept)


@given(detections)
def test_overlap_is_what_it_is_by_hand(d):
    expected = [[naive_iou(a, b) for b in d.xyxy.tolist()] for a in d.xyxy.tolist()]
    np.testing.assert_allclose(
        iou_matrix(d.xyxy, d.xyxy), np.array(expected, np.float32).reshape(len(d), len(d)), atol=1e-6
    )


@given(st.lists(st.integers(0, 9), max_size=60), st.integers(1, 20))
def test_the_prefilter_takes_the_strongest_and_the_first_of_equals(scores, top):
    score = np.array(scores, np.float32)
    np.testing.assert_array_equal(strongest_first(score, top), np.argsort(-score, kind="stable")[:top])
