"""The horizon is found from the vehicles of a drive, slowly and within bounds."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from kitt.config import CameraCalibration, estimated_camera
from kitt.eyes.camera import Camera
from kitt.eyes.horizon import Horizon

FPS = 15


def drive(
    horizon: Horizon, truth: Camera, seconds: float, seed: int = 0, spread: float = 0.09, wild: float = 0.0
) -> None:
    """Vehicles at 8 to 60 m, a new one every second, heights spread by 9 %, edges by 1 px; some boxes are wild."""
    rng = np.random.default_rng(seed)
    cars: list[np.ndarray] = []
    for index in range(round(seconds * FPS)):
        if index % FPS == 0:
            height, distance = 1.52 * (1 + spread * rng.normal()), rng.uniform(8, 60)
            ends = truth.project([(0, truth.height_m, distance), (0, truth.height_m - height, distance)])[:, 1]
            cars = [*cars[-4:], ends + (40.0 if rng.uniform() < wild else 0.0)]
        n = len(cars)
        bottom, top = (np.array(cars) + rng.normal(0, 1, (n, 2))).T
        horizon.update(bottom, bottom - top, np.full(n, 1.52), np.full(n, 0.09), 1 / FPS)


def cameras(pitch_off_deg: float) -> tuple[Camera, Camera]:
    believed = CameraCalibration(focal_px=1100.0, pitch_deg=1.0)
    real = dataclasses.replace(believed, pitch_deg=1.0 + pitch_off_deg)
    return Camera.of(believed, (1280, 720)), Camera.of(real, (1280, 720))


def test_it_begins_at_the_calibrated_row() -> None:
    believed, _ = cameras(0)
    horizon = Horizon(believed)
    assert horizon.y_px == believed.horizon_y_px
    assert horizon.observations == 0
    assert horizon.std_px == pytest.approx(1100 * math.tan(math.radians(0.5)), rel=0.05)


@pytest.mark.parametrize("off_deg", [-0.8, 0.0, 0.8])
def test_a_wrong_pitch_is_mended_within_a_minute(off_deg: float) -> None:
    believed, real = cameras(off_deg)
    errors = []
    for seed in range(8):
        horizon = Horizon(believed)
        drive(horizon, real, 60, seed)
        errors.append(abs(horizon.y_px - real.horizon_y_px))
        assert horizon.observations > 20
    assert np.median(errors) < 1100 * math.tan(math.radians(0.15))


def test_its_standard_deviation_is_honest() -> None:
    believed, real = cameras(0.5)
    ratios = []
    for seed in range(30):
        horizon = Horizon(believed)
        drive(horizon, real, 15, seed)
        ratios.append((horizon.y_px - real.horizon_y_px) / horizon.std_px)
    assert 0.3 < np.std(ratios) < 1.4


def test_wild_boxes_do_not_carry_it_away() -> None:
    believed, real = cameras(0)
    horizon = Horizon(believed)
    drive(horizon, real, 60, wild=0.15)
    assert abs(horizon.y_px - real.horizon_y_px) < 1100 * math.tan(math.radians(0.35))


def test_it_stays_within_its_bound() -> None:
    believed, real = cameras(6)
    horizon = Horizon(believed)
    drive(horizon, real, 120)
    assert abs(horizon.y_px - believed.horizon_y_px) <= 3 * 1100 * math.tan(math.radians(0.5)) + 1e-6


def test_an_estimated_camera_may_be_off_by_much_more() -> None:
    believed = Camera.of(estimated_camera(1280, 720), (1280, 720))
    calibration = dataclasses.replace(estimated_camera(1280, 720), pitch_deg=4, camera_height_m=1.45)
    real = Camera.of(calibration, (1280, 720))
    horizon = Horizon(believed)
    drive(horizon, real, 60)
    assert abs(horizon.y_px - real.horizon_y_px) < 0.15 * abs(believed.horizon_y_px - real.horizon_y_px)


def test_the_frame_rate_does_not_matter() -> None:
    believed, real = cameras(0.8)
    ends = real.project([(0, 1.3, 30.0), (0, 1.3 - 1.52, 30.0)])[:, 1]
    one = np.ones(1)
    rows = []
    for fps in (5, 30):
        horizon = Horizon(believed)
        for _ in range(10 * fps):
            horizon.update(ends[:1], ends[:1] - ends[1:], 1.52 * one, 0.09 * one, 1 / fps)
        rows.append(horizon.y_px)
    assert rows[0] == pytest.approx(rows[1], abs=0.5)


def test_reset_forgets_the_drive() -> None:
    believed, real = cameras(0.8)
    horizon = Horizon(believed)
    drive(horizon, real, 20)
    horizon.reset()
    assert horizon.y_px == believed.horizon_y_px
    assert horizon.observations == 0


def test_frames_without_vehicles_change_nothing_much() -> None:
    believed, real = cameras(0.8)
    horizon = Horizon(believed)
    drive(horizon, real, 30)
    before, empty = horizon.y_px, np.zeros(0)
    for _ in range(5 * FPS):
        horizon.update(empty, empty, empty, empty, 1 / FPS)
    assert horizon.y_px == pytest.approx(before, abs=2.0)
