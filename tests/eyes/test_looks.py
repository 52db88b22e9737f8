"""Where the detector looks, and how two looks become one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitt.eyes.letterbox import Region
from kitt.eyes.looks import SLACK, Calibration, Look, merge, plan, uncut, unmerged, whole_size
from kitt.types import CAR, Detections

HD = (1280, 720)
BUDGET = 576 * 320


def boxes(*rows: tuple[float, float, float, float, float]) -> Detections:
    a = np.array(rows, np.float32).reshape(-1, 5)
    return Detections(a[:, :4], a[:, 4], np.full(len(a), CAR))


@pytest.mark.parametrize(
    ("frame", "size"),
    [
        ((1280, 720), (576, 320)),
        ((1920, 1080), (576, 320)),
        ((640, 480), (512, 384)),
        ((1242, 375), (768, 256)),
        ((720, 720), (448, 448)),
        ((720, 1280), (320, 576)),
    ],
)
def test_the_whole_look_has_the_cameras_aspect(frame, size):
    assert whole_size(frame, BUDGET) == size


@given(st.integers(160, 4000), st.integers(120, 3000), st.sampled_from([448 * 256, BUDGET]), st.sampled_from([32, 64]))
def test_the_whole_look_never_costs_more_than_its_budget_allows(width, height, budget, multiple):
    w, h = whole_size((width, height), budget, multiple)
    assert w % multiple == h % multiple == 0
    assert w * h <= budget * SLACK


@given(st.integers(160, 4000), st.integers(120, 3000), st.floats(-500, 4000), st.integers(0, 5))
def test_looks_stay_inside_the_picture(width, height, horizon, every):
    for look in plan((width, height), horizon, BUDGET, every):
        r = look.region
        assert r.x >= 0
        assert r.y >= 0
        assert r.x + r.width <= width
        assert r.y + r.height <= height
        assert r.width > 0
        assert r.height > 0


def test_the_strip_shows_the_horizon_at_full_resolution():
    whole, strip = plan(HD, 300.0, BUDGET, 2)
    assert (whole.name, whole.every, whole.region) == ("whole", 1, Region(0, 0, 1280, 720))
    assert (strip.name, strip.every, strip.input_size, strip.scale) == ("strip", 2, (1280, 192), 1.0)
    assert strip.region.y < 300 < strip.region.y + strip.region.height


def test_no_strip_when_it_is_off():
    assert [look.name for look in plan(HD, 360.0, BUDGET, 0)] == ["whole"]


def test_a_narrow_picture_gets_a_strip_at_its_own_scale_and_a_very_narrow_one_none():
    strip = plan((640, 480), 240.0, BUDGET, 1)[1]
    assert (strip.input_size, strip.scale) == ((640, 192), 1.0)
    assert [look.name for look in plan((480, 360), 180.0, BUDGET, 1)] == ["whole"]


def test_a_wide_picture_gets_a_strip_of_its_whole_width():
    strip = plan((1920, 1080), 540.0, BUDGET, 1)[1]
    assert (strip.region.width, strip.region.height, strip.input_size) == (1920, 288, (1280, 192))


def test_a_strip_at_its_edges_is_cut_but_not_at_the_pictures():
    region = Region(0, 100, 1280, 192)
    found = boxes(
        (0, 150, 30, 180, 0.9), (200, 101, 230, 140, 0.9), (300, 270, 330, 291, 0.9), (400, 150, 1280, 180, 0.9)
    )
    assert uncut(found, region, HD).xyxy[:, 0].tolist() == [0, 400]


WHOLE = Look("whole", Region(0, 0, 1280, 720), (576, 320), 1)
STRIP = Look("strip", Region(0, 264, 1280, 192), (1280, 192), 1)


def merged(whole: Detections, strip: Detections, calibration: Calibration | None = None) -> Detections:
    return merge(whole, strip, (WHOLE, STRIP), HD, calibration or Calibration())


def test_a_far_car_that_only_the_strip_sees_is_added():
    assert len(merged(boxes((0, 300, 200, 450, 0.9)), boxes((600, 350, 620, 366, 0.5)))) == 2


def test_the_strip_says_nothing_about_what_is_large():
    assert len(merged(Detections.empty(), boxes((600, 300, 720, 400, 0.9)))) == 0


def test_one_far_car_seen_by_both_looks_is_one_car():
    found = merged(boxes((600, 350, 630, 372, 0.9)), boxes((602, 352, 631, 373, 0.8)))
    assert found.xyxy.tolist() == [[602, 352, 631, 373]]
    assert found.score[0] == pytest.approx(0.8)


def test_a_wheel_of_a_near_car_is_no_car():
    car = boxes((600, 300, 740, 420, 0.9))
    assert len(merged(car, boxes((610, 390, 640, 418, 0.6)))) == 1


def test_a_far_car_half_behind_a_near_one_is_a_car():
    assert len(merged(boxes((600, 300, 740, 420, 0.9)), boxes((570, 350, 620, 380, 0.6)))) == 2


def test_a_faint_blob_is_no_vehicle_to_take_a_far_car_away():
    assert len(merged(boxes((600, 300, 740, 420, 0.2)), boxes((610, 350, 640, 378, 0.6)))) == 2


def test_what_the_strip_should_see_and_does_not_is_doubted():
    seen = merged(boxes((600, 350, 630, 372, 0.5)), boxes((600, 350, 630, 372, 0.5)))
    unseen = merged(boxes((600, 350, 630, 372, 0.5)), Detections.empty())
    outside = merged(boxes((600, 550, 630, 572, 0.5)), Detections.empty())
    assert seen.score[0] == outside.score[0] == pytest.approx(0.5)
    assert unseen.score[0] == pytest.approx(1 / (1 + np.e))


def test_in_frames_without_the_strip_what_waits_for_its_word_is_doubted():
    found = unmerged(boxes((600, 350, 630, 372, 0.5), (0, 300, 200, 450, 0.5)), (WHOLE, STRIP))
    assert found.xyxy[:, 0].tolist() == [0, 600]
    assert found.score.tolist() == pytest.approx([0.5, 1 / (1 + np.e)])


@given(st.floats(0.2, 3), st.floats(-3, 3), st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_calibration_keeps_the_order_and_stays_a_probability(a, b, scores):
    score = np.sort(np.float32(scores))
    calibrated = Calibration(a, b)(score)
    assert (np.diff(calibrated) >= 0).all()
    assert ((calibrated >= 0) & (calibrated <= 1)).all()


def test_no_calibration_changes_nothing():
    score = np.float32([0.1, 0.5, 0.99])
    np.testing.assert_allclose(Calibration()(score), score, atol=1e-6)
