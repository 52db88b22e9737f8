"""Road reading: tracks in, scene out."""

from __future__ import annotations

import numpy as np
import pytest

from kitt.config import CameraCalibration
from kitt.eyes.camera import Camera
from kitt.eyes.road import RoadReader
from kitt.types import (
    BICYCLE,
    BUS,
    CAR,
    LIGHT_GREEN,
    LIGHT_RED,
    LIGHT_UNKNOWN,
    PERSON,
    TRAFFIC_LIGHT,
    Frame,
    Scene,
    Signals,
    Tracks,
)

CALIBRATION = CameraCalibration(focal_px=1100.0, camera_height_m=1.3, pitch_deg=1.0)
CAMERA = Camera.of(CALIBRATION, (1280, 720))
RATE_HZ = 15.0
SIZE = {CAR: (1.8, 1.52), BUS: (2.5, 3.1), PERSON: (0.5, 1.7), TRAFFIC_LIGHT: (0.35, 1.0)}


def box(kind: int, distance: float, lateral: float = 0.0, bottom: float = 0.0) -> list[float]:
    """Box of the rear of an object of its class's size that stands (or hangs `bottom` metres) above the road."""
    width, height = SIZE[kind]
    down = CAMERA.height_m - bottom
    corners = [(lateral - width / 2, down, distance), (lateral + width / 2, down - height, distance)]
    (x1, y2), (x2, y1) = CAMERA.project(corners)
    return [x1, y1, x2, y2]


def tracks(
    boxes: list[list[float]],
    kinds: list[int],
    ids: list[int] | None = None,
    rate: float = 0.0,
    rate_std: float = 0.05,
    unseen_s: float = 0.0,
) -> Tracks:
    n = len(boxes)
    full = lambda v: np.full(n, v, np.float32)  # noqa: E731
    return Tracks(
        np.array(ids or range(1, n + 1), np.int64),
        np.array(boxes, np.float32).reshape(n, 4),
        np.array(kinds, np.int64),
        full(0.9), full(1.0), full(unseen_s), full(rate), full(rate_std),
    )  # fmt: skip


def frame(index: int, image: np.ndarray | None = None) -> Frame:
    blank = np.zeros((720, 1280, 3), np.uint8) if image is None else image
    return Frame(index, round(index * 1e9 / RATE_HZ), blank)


def see(reader: RoadReader, index: int, seen: Tracks, speed: float | None = None) -> Scene:
    return reader.process(frame(index), seen, Signals(speed))


@pytest.fixture
def reader() -> RoadReader:
    return RoadReader(CALIBRATION, (1280, 720))


def test_an_empty_frame_gives_an_empty_scene(reader: RoadReader) -> None:
    scene = see(reader, 0, Tracks.empty())
    assert len(scene.tracks) == len(scene.distance_m) == len(scene.light) == 0
    assert scene.lead_id == -1
    assert scene.horizon_y_px == pytest.approx(CAMERA.horizon_y_px)


def test_without_calibration_it_says_that_its_camera_is_estimated() -> None:
    assert RoadReader(None, (1920, 1080)).camera.estimated


@pytest.mark.parametrize("kind", [CAR, BUS, PERSON])
@pytest.mark.parametrize("distance", [8.0, 20.0, 45.0])
def test_distance_and_place_of_an_object_of_its_class_size(reader: RoadReader, kind: int, distance: float) -> None:
    scene = see(reader, 0, tracks([box(kind, distance, lateral=2.0)], [kind]))
    assert scene.distance_m[0] == pytest.approx(distance, rel=0.02)
    assert scene.lateral_m[0] == pytest.approx(2.0, rel=0.03)
    assert 0.01 * distance < scene.distance_std_m[0] < 0.2 * distance


def approach(seed: int, noise_px: float = 1.0) -> tuple[list[float], list[float]]:
    """Relative errors of distance and TTC over an approach from 60 to 12 m at 8 m/s, boxes through a real tracker."""
    from kitt.eyes.tracker import Tracker
    from kitt.types import Detections

    rng = np.random.default_rng(seed)
    follow, reader = Tracker(), RoadReader(CALIBRATION, (1280, 720))
    off_distance, off_ttc = [], []
    for index in range(int(48.0 / 8.0 * RATE_HZ)):
        distance = 60.0 - 8.0 * index / RATE_HZ
        noisy = np.array([box(CAR, distance)]) + rng.normal(0, noise_px, (1, 4))
        found = Detections(noisy.astype(np.float32), np.array([0.9], np.float32), np.array([CAR]))
        seen = follow.update(found, round(index * 1e9 / RATE_HZ), (1280, 720))
        scene = see(reader, index, seen)
        if len(seen):
            off_distance.append(abs(float(scene.distance_m[0]) / distance - 1))
            if np.isfinite(scene.ttc_s[0]):
                off_ttc.append(abs(float(scene.ttc_s[0]) * 8.0 / distance - 1))
    return off_distance, off_ttc


def test_one_pixel_of_noise_leaves_distance_within_5_and_ttc_within_10_percent() -> None:
    runs = [approach(seed) for seed in range(6)]
    distance, ttc = (np.concatenate([run[k] for run in runs]) for k in (0, 1))
    assert np.median(distance) < 0.05
    assert np.median(ttc) < 0.10
    assert len(ttc) > 0.7 * len(distance)


def test_ttc_is_one_over_the_scale_rate_and_only_when_that_is_sure(reader: RoadReader) -> None:
    def ttc(rate: float, std: float, unseen_s: float = 0.0) -> float:
        return float(see(reader, 0, tracks([box(CAR, 20)], [CAR], rate=rate, rate_std=std, unseen_s=unseen_s)).ttc_s[0])

    assert ttc(0.5, 0.1) == pytest.approx(2.0)
    assert np.isnan(ttc(0.5, 0.3))
    assert np.isnan(ttc(-0.5, 0.1))
    assert np.isnan(ttc(0.05, 0.01))
    assert np.isnan(ttc(0.5, 0.1, unseen_s=0.5))


def test_a_car_in_our_lane_is_in_the_path_and_those_beside_us_are_not(reader: RoadReader) -> None:
    places = [(15.0, 0.0), (15.0, 3.5), (15.0, -3.5), (40.0, 0.4), (40.0, -3.5)]
    scene = see(reader, 0, tracks([box(CAR, *p) for p in places], [CAR] * 5))
    assert scene.in_path.tolist() == [True, False, False, True, False]
    assert scene.lead_id == 1


def test_the_flank_of_a_near_car_beside_us_does_not_put_it_into_the_path(reader: RoadReader) -> None:
    rear, front = box(CAR, 5.0, 3.2), box(CAR, 9.5, 3.2)
    flank = [min(rear[0], front[0]), rear[1], rear[2], rear[3]]
    assert not see(reader, 0, tracks([flank], [CAR])).in_path[0]


def test_a_vehicle_across_the_road_is_in_the_path(reader: RoadReader) -> None:
    x1, y1, x2, y2 = box(CAR, 15.0)
    wide = 1.3 * (x2 - x1)
    assert see(reader, 0, tracks([[x1 - wide, y1, x2 + wide, y2]], [CAR])).in_path[0]


def test_a_bicycle_painted_on_the_road_is_not_in_the_path_and_a_real_one_is(reader: RoadReader) -> None:
    (x1, y2), (x2, y1) = CAMERA.project([(-0.6, 1.3, 8.0), (0.6, 1.3, 10.5)])
    assert not see(reader, 0, tracks([[x1, y1, x2, y2]], [BICYCLE])).in_path[0]
    (x1, y2), (x2, y1) = CAMERA.project([(-0.3, 1.3, 8.0), (0.3, 0.25, 8.0)])
    assert see(reader, 1, tracks([[x1, y1, x2, y2]], [BICYCLE])).in_path[0]


def test_lights_are_never_in_the_path(reader: RoadReader) -> None:
    assert not see(reader, 0, tracks([box(TRAFFIC_LIGHT, 30, 0, 5)], [TRAFFIC_LIGHT])).in_path[0]


def walk(speed_mps: float, start_m: float, frames: int, car_mps: float | None = None) -> list[bool]:
    reader = RoadReader(CALIBRATION, (1280, 720))
    scenes = [
        see(reader, i, tracks([box(PERSON, 15, start_m + speed_mps * i / RATE_HZ)], [PERSON]), car_mps)
        for i in range(frames)
    ]
    return [bool(s.in_path[0]) for s in scenes]


def test_a_walker_towards_our_path_is_in_it_before_he_is_there() -> None:
    assert not any(walk(0.0, 3.0, 15, 10.0))
    assert walk(-1.5, 4.5, 15, 10.0)[-1]
    assert not any(walk(1.5, 3.0, 15, 10.0))


def test_a_walker_on_the_pavement_along_the_road_is_not_in_the_path() -> None:
    assert not any(walk(-0.2, 3.5, 20, 12.0))


def test_a_walker_in_front_of_the_car_is_in_the_path() -> None:
    assert all(walk(0.3, -0.5, 10))


def test_the_lead_does_not_flip_when_two_cars_are_as_near(reader: RoadReader) -> None:
    rng = np.random.default_rng(0)
    leads = []
    for i in range(60):
        pair = [box(CAR, 20.0 + rng.normal(0, 0.5), -0.5), box(CAR, 20.0 + rng.normal(0, 0.5), 0.5)]
        leads.append(see(reader, i, tracks(pair, [CAR, CAR])).lead_id)
    assert len(set(leads)) == 1


def test_a_car_that_cuts_in_becomes_the_lead_after_a_moment_and_a_lead_that_left_is_dropped_at_once(
    reader: RoadReader,
) -> None:
    far, near = box(CAR, 30.0), box(CAR, 12.0)
    for i in range(5):
        assert see(reader, i, tracks([far], [CAR], [1])).lead_id == 1
    leads = [see(reader, 5 + i, tracks([far, near], [CAR, CAR], [1, 2])).lead_id for i in range(6)]
    assert leads[0] == 1
    assert leads[-1] == 2
    assert see(reader, 11, tracks([far], [CAR], [1])).lead_id == 1
    assert see(reader, 12, Tracks.empty()).lead_id == -1


def head(lamp: int | None) -> np.ndarray:
    """A grey picture with one upright head in it: red, yellow, green lamp 0, 1, 2 lit."""
    image = np.full((720, 1280, 3), 130, np.uint8)
    image[100:148, 600:617] = 25
    for k, colour in enumerate([(30, 30, 240), (20, 190, 240), (160, 230, 20)]):
        image[103 + 15 * k : 114 + 15 * k, 603:614] = colour if k == lamp else (40, 40, 40)
    return image


def test_a_light_changes_colour_once_three_readings_agree_and_fades_when_unread(reader: RoadReader) -> None:
    light = tracks([[600, 100, 617, 148]], [TRAFFIC_LIGHT])
    said = []
    for i in range(20):
        lamp = 2 if i >= 8 else 2 if i == 4 else 0
        said.append(int(reader.process(frame(i, head(lamp)), light, Signals()).light[0]))
    assert said[:2] == [LIGHT_UNKNOWN, LIGHT_UNKNOWN]
    assert said[2:10] == [LIGHT_RED] * 8
    assert said[10:] == [LIGHT_GREEN] * 10
    gone = tracks([[600, 100, 617, 148]], [TRAFFIC_LIGHT], unseen_s=0.1)
    later = [int(reader.process(frame(i, head(None)), gone, Signals()).light[0]) for i in range(20, 40)]
    assert later[5] == LIGHT_GREEN
    assert later[-1] == LIGHT_UNKNOWN


def test_a_scene_cut_forgets_tracks_but_not_the_camera(reader: RoadReader) -> None:
    for i in range(40):
        see(reader, i, tracks([box(CAR, 15 + 3 * (i % 7)), box(CAR, 40, 3)], [CAR, CAR]))
    row = reader.horizon.y_px
    reader.reset()
    assert see(reader, 0, Tracks.empty()).horizon_y_px == row
    assert see(reader, 1, tracks([box(CAR, 50)], [CAR], [1])).distance_m[0] == pytest.approx(50, rel=0.03)


def test_two_readings_of_one_drive_are_the_same() -> None:
    rng = np.random.default_rng(5)
    drives = [[box(CAR, rng.uniform(5, 60), rng.uniform(-4, 4)) for _ in range(6)] for _ in range(10)]
    said = []
    for _ in range(2):
        reader = RoadReader(CALIBRATION, (1280, 720))
        scenes = [see(reader, i, tracks(boxes, [CAR] * 6)) for i, boxes in enumerate(drives)]
        said.append(b"".join(s.distance_m.tobytes() + s.ttc_s.tobytes() + s.in_path.tobytes() for s in scenes))
    assert said[0] == said[1]


def test_time_that_stands_still_or_an_object_at_the_pictures_edge_gives_no_nonsense(reader: RoadReader) -> None:
    strange = tracks([[0, 0, 1280, 720], [0, 300, 1, 301], [1279, 719, 1280, 720]], [CAR, PERSON, CAR])
    for _ in range(3):
        scene = see(reader, 4, strange)
    assert np.isfinite(scene.distance_m).all()
    assert (scene.distance_m > 0).all()
