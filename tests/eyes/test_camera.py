"""Camera geometry: pixels and metres are two ways to say the same thing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitt.config import CameraCalibration, estimated_camera
from kitt.errors import KittError
from kitt.eyes.camera import Camera

CAMERAS = st.builds(
    lambda focal, height, pitch: Camera.of(
        CameraCalibration(focal_px=focal, camera_height_m=height, pitch_deg=pitch), (1280, 720)
    ),
    st.floats(400, 2500),
    st.floats(0.8, 3.0),
    st.floats(-8, 8),
)


@given(CAMERAS, st.floats(3, 150), st.floats(-10, 10))
def test_a_point_on_the_road_comes_back_from_its_pixel(camera: Camera, distance: float, lateral: float) -> None:
    x, y = camera.project([(lateral, camera.height_m, distance)])[0]
    assert camera.ground_distance_m(y, camera.horizon_y_px) == pytest.approx(distance, rel=1e-6)
    assert camera.lateral_m(x, distance, camera.horizon_y_px) == pytest.approx(lateral, rel=1e-6, abs=1e-6)


@given(CAMERAS)
def test_what_is_very_far_lies_on_the_horizon(camera: Camera) -> None:
    assert camera.project([(0, camera.height_m, 1e7)])[0, 1] == pytest.approx(camera.horizon_y_px, abs=0.01)


@given(CAMERAS, st.floats(5, 100), st.floats(0.5, 4))
def test_the_height_of_an_upright_object_comes_back_at_any_pitch(
    camera: Camera, distance: float, height: float
) -> None:
    ends = camera.project([(0, camera.height_m - height, distance), (0, camera.height_m, distance)])
    top, bottom = camera.slope(ends[:, 1], camera.horizon_y_px)
    assert (bottom - top) * distance == pytest.approx(height, rel=1e-6)


@given(CAMERAS, st.floats(-2000, 0))
def test_no_road_at_the_horizon_and_above(camera: Camera, above: float) -> None:
    row = max(camera.horizon_y_px + above, camera.center_y_px - camera.focal_y_px)
    assert camera.ground_distance_m(min(row, camera.horizon_y_px), camera.horizon_y_px) > 1e6


def test_a_camera_that_looks_down_has_its_horizon_higher_up() -> None:
    camera = Camera.of(CameraCalibration(focal_px=1000, pitch_deg=2), (1280, 720))
    assert camera.horizon_y_px == pytest.approx(360 - 1000 * math.tan(math.radians(2)))


def test_behind_the_lens_there_is_no_pixel() -> None:
    camera = Camera.of(CameraCalibration(), (1280, 720))
    assert np.isnan(camera.project([(0, 1, -5)])).all()


def test_a_calibration_is_scaled_to_the_pictures_size() -> None:
    calibration = CameraCalibration(pitch_deg=3, bonnet_y_px=650)
    whole, half = (Camera.of(calibration, size) for size in ((1280, 720), (640, 360)))
    point = [(3.0, 1.0, 17.0)]
    assert half.project(point) == pytest.approx(whole.project(point) / 2)
    assert half.horizon_y_px == pytest.approx(whole.horizon_y_px / 2)
    assert (whole.bottom_y_px, half.bottom_y_px) == (650, 325)


def test_without_bonnet_the_whole_picture_shows_road() -> None:
    assert Camera.of(CameraCalibration(), (1280, 720)).bottom_y_px == 720


def test_a_calibration_for_another_shape_of_picture_is_refused_in_one_line() -> None:
    with pytest.raises(KittError, match=r"1280x720.*1242x375.*--camera") as caught:
        Camera.of(CameraCalibration(), (1242, 375))
    assert "\n" not in str(caught.value)


def test_the_estimated_camera_says_so_and_sees_58_degrees() -> None:
    calibration = estimated_camera(1920, 1080)
    camera = Camera.of(calibration, (1920, 1080))
    assert calibration.estimated
    assert camera.estimated
    left = math.atan2(camera.center_x_px, camera.focal_x_px)
    assert math.degrees(2 * left) == pytest.approx(58)
    assert camera.horizon_y_px == 540


def test_a_calibration_without_a_size_takes_that_of_the_pictures() -> None:
    calibration = CameraCalibration(width_px=0, height_px=0, driving_side="left", camera_height_m=1.5, estimated=True)
    camera = Camera.of(calibration, (960, 540))
    assert (camera.center_x_px, camera.center_y_px, camera.height_m) == (480, 270, 1.5)
    assert camera.left_hand_traffic
