"""Distance from a box: within 5 % to 60 m, with an honest standard deviation, and from whatever cue is left."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from kitt.config import CameraCalibration, estimated_camera
from kitt.eyes.camera import Camera
from kitt.eyes.distance import CLASS_HEIGHT_M, DistanceFilter, DistanceSettings, Measured, hidden_below, measure
from kitt.types import CAR, F64, PERSON, STOP_SIGN, TRAFFIC_LIGHT, TRUCK

CAMERA = Camera.of(CameraCalibration(focal_px=1100.0, camera_height_m=1.3, pitch_deg=1.0, bonnet_y_px=690), (1280, 720))
SETTINGS = DistanceSettings()
HORIZON_STD_PX = 2.0


def boxes(distance: F64, height: F64, width: float = 1.8, lateral: float = 0.0, lift: float = 0.0) -> F64:
    """Boxes (N, 4) of fronts that face the camera."""
    n = len(distance)
    low = CAMERA.project(np.stack([np.full(n, lateral - width / 2), np.full(n, CAMERA.height_m - lift), distance], 1))
    high = CAMERA.project(np.stack([np.full(n, lateral + width / 2), CAMERA.height_m - lift - height, distance], 1))
    return np.concatenate([low[:, :1], high[:, 1:], high[:, :1], low[:, 1:]], axis=1)


def look(xyxy: F64, kind: int, camera: Camera = CAMERA) -> Measured:
    kinds = np.full(len(xyxy), kind, np.int64)
    return measure(camera, xyxy, kinds, camera.horizon_y_px, HORIZON_STD_PX, SETTINGS)


def one(xyxy: list[float], kind: int = CAR) -> tuple[float, float]:
    got = look(np.array([xyxy], np.float64), kind)
    return float(got.distance_m[0]), float(np.hypot(got.noise, got.bias)[0])


@pytest.mark.parametrize("kind", [CAR, PERSON, TRUCK])
@pytest.mark.parametrize(("near", "far"), [(5, 15), (15, 30), (30, 60)])
def test_one_pixel_of_noise_leaves_the_distance_within_5_percent(kind: int, near: float, far: float) -> None:
    rng = np.random.default_rng(1)
    distance = rng.uniform(near, far, 2000)
    clean = boxes(distance, np.full(2000, CLASS_HEIGHT_M[kind]))
    noisy = clean + rng.normal(0, 1, clean.shape)
    got = np.concatenate([look(row[None], kind).distance_m for row in noisy[:500]])
    assert np.median(np.abs(got / distance[:500] - 1)) < 0.05


def test_real_heights_pitch_and_noise_lie_within_the_stated_deviation_as_often_as_they_should() -> None:
    rng = np.random.default_rng(2)
    pulls = []
    for _ in range(600):
        distance = rng.uniform(6, 70, 1)
        box = boxes(distance, 1.52 * (1 + 0.09 * rng.normal(size=1))) + rng.normal(0, 1, (1, 4))
        row = CAMERA.horizon_y_px + rng.normal(0, HORIZON_STD_PX)
        got = measure(CAMERA, box, np.array([CAR]), row, HORIZON_STD_PX, SETTINGS)
        pulls.append(np.log(got.distance_m / distance)[0] / np.hypot(got.noise, got.bias)[0])
    assert 0.6 < np.mean(np.abs(pulls) < 1) < 0.92
    assert np.mean(np.abs(pulls) < 2) > 0.93


def test_far_objects_are_less_sure() -> None:
    far = look(boxes(np.array([80.0]), np.array([1.52])), CAR)
    near = look(boxes(np.array([10.0]), np.array([1.52])), CAR)
    assert np.hypot(far.noise, far.bias) > np.hypot(near.noise, near.bias)


def test_a_van_is_placed_by_the_road_when_near_and_not_by_its_height() -> None:
    got = look(boxes(np.array([10.0]), np.array([2.3])), CAR)
    assert got.distance_m[0] == pytest.approx(10, rel=0.12)


def test_cues_that_contradict_each_other_widen_the_deviation() -> None:
    agree = look(boxes(np.array([10.0]), np.array([1.52])), CAR)
    differ = look(boxes(np.array([10.0]), np.array([3.0])), CAR)
    assert differ.bias[0] > 2 * agree.bias[0]


def test_cut_off_by_the_bonnet_it_is_nearer_than_the_nearest_road_in_view() -> None:
    nearest = float(CAMERA.ground_distance_m(690, CAMERA.horizon_y_px))
    distance, std = one([400, 200, 900, 690])
    assert 0.5 * nearest < distance < nearest
    assert std > 0.2


def test_cut_off_at_the_top_the_road_alone_speaks() -> None:
    bottom = CAMERA.project([(0, CAMERA.height_m, 6.0)])[0, 1]
    distance, _ = one([300, 0, 900, bottom], TRUCK)
    assert distance == pytest.approx(6.0, rel=1e-6)


def test_a_foot_above_the_horizon_leaves_the_class_height() -> None:
    box = boxes(np.array([20.0]), np.array([1.52]), lift=1.6)
    assert look(box, CAR).distance_m[0] == pytest.approx(20, rel=0.03)


@pytest.mark.parametrize("kind", [TRAFFIC_LIGHT, STOP_SIGN])
def test_what_hangs_is_placed_by_its_size(kind: int) -> None:
    box = boxes(np.array([30.0]), CLASS_HEIGHT_M[[kind]], width=0.35, lift=4.5)
    assert look(box, kind).distance_m[0] == pytest.approx(30, rel=0.03)


def test_a_lying_light_is_as_far_as_an_upright_one() -> None:
    lying = boxes(np.array([30.0]), np.array([0.35]), width=1.0, lift=4.5)
    assert look(lying, TRAFFIC_LIGHT).distance_m[0] == pytest.approx(30, rel=0.03)


def test_a_hidden_foot_is_noticed() -> None:
    front, behind = [400.0, 300.0, 600.0, 500.0], [450.0, 290.0, 620.0, 420.0]
    apart = [800.0, 290.0, 900.0, 420.0]
    assert hidden_below(np.array([front, behind, apart]), 0.3).tolist() == [False, True, False]


def test_an_estimated_camera_is_less_sure() -> None:
    guess = Camera.of(estimated_camera(1280, 720), (1280, 720))
    box = boxes(np.array([15.0]), np.array([1.52]))
    assert look(box, CAR, guess).bias[0] > look(box, CAR).bias[0]


def test_no_boxes_no_distances() -> None:
    assert len(look(np.zeros((0, 4)), CAR).distance_m) == 0


def steps(filter: DistanceFilter, truth: F64, noise: float, dt: float, rate: F64, seed: int = 0) -> tuple[F64, F64]:
    rng = np.random.default_rng(seed)
    out = []
    for d, r in zip(truth, rate, strict=True):
        seen = Measured(
            np.array([d * math.exp(noise * rng.normal())]), np.array([noise]), np.array([0.0]), np.ones(1, bool)
        )
        scale = np.array([r], np.float32)
        out.append(filter.update(np.array([7]), seen, np.ones(1, bool), scale, np.full(1, 0.02, np.float32), dt))
    return np.array([o[0][0] for o in out]), np.array([o[1][0] for o in out])


def test_smoothing_halves_the_noise_and_does_not_lag_a_closing_car() -> None:
    dt = 1 / 15
    truth = 60.0 - 10.0 * np.arange(75) * dt
    got, std = steps(DistanceFilter(SETTINGS), truth, 0.05, dt, 10.0 / truth)
    late = slice(15, None)
    off = got[late] / truth[late] - 1
    assert np.std(off) < 0.025
    assert abs(np.mean(off)) < 0.02
    assert (std[late] / got[late]).max() < 0.03


def test_a_bias_is_not_smoothed_away() -> None:
    filter = DistanceFilter(SETTINGS)
    seen = Measured(np.array([20.0]), np.array([0.05]), np.array([0.1]), np.ones(1, bool))
    zero = np.zeros(1, np.float32)
    for _ in range(100):
        distance, std = filter.update(np.array([1]), seen, np.ones(1, bool), zero, zero, 1 / 15)
    assert std[0] / distance[0] > 0.1


def test_unseen_tracks_go_on_by_their_scale_rate_and_ids_that_vanish_are_forgotten() -> None:
    filter = DistanceFilter(SETTINGS)
    near = Measured(np.array([20.0]), np.array([0.02]), np.array([0.05]), np.ones(1, bool))
    lost = Measured(np.array([np.nan]), np.array([np.nan]), np.array([np.nan]), np.zeros(1, bool))
    rate, sure, seen = np.array([0.5], np.float32), np.array([0.05], np.float32), np.ones(1, bool)
    _, before = filter.update(np.array([3]), near, seen, rate, sure, 0.0)
    distance, std = filter.update(np.array([3]), lost, ~seen, rate, sure, 0.2)
    assert distance[0] == pytest.approx(20 * math.exp(-0.1), rel=1e-6)
    assert std[0] / distance[0] > before[0] / 20
    filter.update(np.zeros(0, np.int64), look(np.zeros((0, 4)), CAR), seen[:0], rate[:0], sure[:0], 0.1)
    distance, _ = filter.update(np.array([3]), lost, ~seen, rate, sure, 0.1)
    assert np.isnan(distance[0])


def test_tracks_keep_their_own_distance_when_others_come_and_go() -> None:
    filter = DistanceFilter(SETTINGS)

    def feed(ids: list[int], metres: list[float]) -> list[float]:
        n = len(ids)
        seen = Measured(np.array(metres), np.full(n, 0.05), np.full(n, 0.05), np.ones(n, bool))
        zero = np.zeros(n, np.float32)
        return [float(d) for d in filter.update(np.array(ids), seen, np.ones(n, bool), zero, zero, 0.05)[0]]

    feed([2, 5, 9], [10.0, 20.0, 30.0])
    assert feed([5, 9, 11], [20.0, 30.0, 40.0]) == pytest.approx([20.0, 30.0, 40.0])


KITTI = Path(__file__).parents[3] / "shared" / "data" / "det_kitti13"


@pytest.mark.shared
@pytest.mark.skipif(not KITTI.is_dir(), reason="no ../shared/data/det_kitti13")
def test_label_boxes_of_real_frames_give_distances_near_the_lidars() -> None:
    from tools.eval_distance import load

    off = []
    for picture in load(KITTI):
        cars = picture.class_id == CAR
        got = measure(picture.camera, picture.xyxy, picture.class_id, picture.camera.horizon_y_px, 3.0, SETTINGS)
        off += (got.distance_m / picture.near_m - 1)[cars].tolist()
    assert len(off) > 40
    assert np.isfinite(off).all()
    assert np.median(np.abs(off)) < 0.06


def test_a_wrong_folder_is_told_and_measures_nothing(tmp_path, monkeypatch, capsys) -> None:
    from tools.eval_distance import main

    monkeypatch.setattr("sys.argv", ["eval_distance.py", str(tmp_path)])
    with pytest.raises(SystemExit) as e:
        main()
    said = capsys.readouterr()
    assert (e.value.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert str(tmp_path) in said.err
