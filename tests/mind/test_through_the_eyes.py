"""The warnings behind the real tracker and road reading, on boxes with 1 px of noise: on time, silent in traffic."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from kitt.config import CameraCalibration, WarningsConfig
from kitt.eyes.road import RoadReader
from kitt.eyes.tracker import Tracker
from kitt.mind.warner import Warner
from kitt.types import CAR, PERSON, Detections, Frame, Signals, Warning
from tests.mind.scenes import S, events

CAMERA = CameraCalibration()
SIZE = (CAMERA.width_px, CAMERA.height_px)
FPS = 15
BLANK = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)


@dataclass(frozen=True)
class Body:
    """Something upright on a level road: metres ahead, metres to the right of the camera."""

    ahead_m: float
    right_m: float = 0.0
    class_id: int = CAR
    wide_m: float = 1.8
    high_m: float = 1.5

    def box(self) -> list[float]:
        px = CAMERA.focal_px / self.ahead_m
        bottom = CAMERA.center_y_px + px * CAMERA.camera_height_m
        middle = CAMERA.center_x_px + px * self.right_m
        return [middle - px * self.wide_m / 2, bottom - px * self.high_m, middle + px * self.wide_m / 2, bottom]


def drive(bodies: Callable[[float], list[Body]], seconds: float, speed_mps: float | None, seed: int) -> list[Warning]:
    """Every warning, with one detection in ten missing."""
    rng = np.random.default_rng(seed)
    tracker, road, warner = Tracker(), RoadReader(CAMERA, SIZE), Warner(WarningsConfig(), "en")
    heard: list[Warning] = []
    for i in range(round(seconds * FPS)):
        t = i / FPS
        seen = [b for b in bodies(t) if b.ahead_m > 3 and rng.random() > 0.1]
        boxes = np.array([b.box() for b in seen]).reshape(-1, 4)
        boxes = np.clip(boxes + rng.normal(0, 1.0, boxes.shape), 0, [*SIZE, *SIZE])
        found = Detections(
            boxes.astype(np.float32),
            np.full(len(seen), 0.7, np.float32),
            np.array([b.class_id for b in seen], np.int64),
        )
        frame = Frame(i, round(t * S), BLANK)
        scene = road.process(frame, tracker.update(found, frame.t_ns, SIZE), Signals(speed_mps))
        heard += warner.tick(frame.t_ns) + warner.process(scene, Signals(speed_mps))
    return heard


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("speed_mps", "closing_mps"), [(None, 6.0), (None, 14.0), (14.0, 14.0), (25.0, 10.0)])
def test_a_closing_car_is_warned_of_within_0_4_s_of_2_4_s_to_collision(
    speed_mps: float | None, closing_mps: float, seed: int
) -> None:
    begin_m = 6.0 * closing_mps
    heard = drive(lambda t: [Body(begin_m - closing_mps * t)], 4.4, speed_mps, seed)
    assert events(heard) == ["forward_collision"]
    assert 3.6 - 0.4 <= heard[0].t_ns / S <= 3.6 + 0.4


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("speed_mps", [None, 22.0])
def test_twenty_five_seconds_behind_a_car_between_others_is_silent(speed_mps: float | None, seed: int) -> None:
    def traffic(t: float) -> list[Body]:
        v = speed_mps or 22.0
        return [
            Body(24 + 4 * np.sin(t / 3)),
            Body(12 + 3 * np.sin(t / 5), 3.6),
            Body(80 - (v + 20) * t % 80, -3.6),
            Body(70 - v * t % 70, 5.0),
            Body(90 - v * t % 90, 6.0, PERSON, 0.6, 1.7),
        ]

    assert not drive(traffic, 25, speed_mps, seed)


@pytest.mark.parametrize("seed", range(3))
def test_a_walker_who_steps_before_us_is_warned_of_before_it_is_too_late(seed: int) -> None:
    def steps_out(t: float) -> list[Body]:
        return [Body(50 - 10 * t, max(5 - 1.5 * max(t - 1, 0), 0.0), PERSON, 0.6, 1.7)]

    heard = drive(steps_out, 4.5, 10.0, seed)
    assert events(heard)[0] == "vulnerable_in_path"
    assert heard[0].numbers["distance_m"] > 10.0**2 / (2 * 7.0) + 0.7 * 10.0, "0.7 s and a full braking suffice"
    assert heard[0].t_ns / S >= 1.5, "not while he walks beside the road"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("speed_mps", [None, 0.0])
def test_waiting_in_a_queue_with_people_crossing_is_silent_until_the_lead_leaves(
    speed_mps: float | None, seed: int
) -> None:
    def queue(t: float) -> list[Body]:
        gone = 0.75 * max(t - 20, 0) ** 2
        return [Body(6 + gone), Body(9, -8 + 1.4 * t, PERSON, 0.6, 1.7), Body(30, 3.4), Body(14, -3.5)]

    heard = drive(queue, 26, speed_mps, seed)
    assert events(heard) == ["lead_departed"]
    assert 20.5 < heard[0].t_ns / S < 23
