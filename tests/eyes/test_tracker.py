"""Tracks: one id an object, through crossings, occlusions, misses and clutter; scale rates that give the time to
collision; and properties that hold for any detections whatever."""

from __future__ import annotations

import numpy as np
import pytest

from kitt.eyes.tracker import Tracker
from kitt.types import CAR, PERSON, Detections, Tracks

SIZE = (1280, 720)
FPS = 20


def seen(
    *objects: tuple[float, float, float, float], score: float | list[float] = 0.7, class_id: int | list[int] = CAR
):
    """Detections of boxes x1 y1 x2 y2."""
    n = len(objects)
    return Detections(
        np.array(objects, np.float32).reshape(n, 4),
        np.broadcast_to(np.array(score, np.float32), n).copy(),
        np.broadcast_to(np.array(class_id, np.int64), n).copy(),
    )


def box(x: float, y: float, w: float = 80, h: float = 60) -> tuple[float, float, float, float]:
    """A box by its centre and size."""
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def ns(t_s: float) -> int:
    return round(t_s * 1e9)


def run(tracker: Tracker, frames: list[Detections], fps: float = FPS, start_s: float = 0.0) -> list[Tracks]:
    return [tracker.update(d, ns(start_s + k / fps), SIZE) for k, d in enumerate(frames)]


# How a track begins and ends


def test_one_detection_alone_is_never_a_track():
    out = run(Tracker(), [seen(box(400, 300), score=0.95)] + [Detections.empty()] * 10)
    assert all(len(tracks) == 0 for tracks in out)


def test_a_sure_person_is_reported_at_the_second_look():
    out = run(Tracker(), [seen(box(400, 300, 20, 50), score=0.6, class_id=PERSON)] * 2)
    assert [len(tracks) for tracks in out] == [0, 1]
    assert out[1].class_id[0] == PERSON
    assert out[1].age_s[0] == pytest.approx(1 / FPS)


def test_a_faint_far_car_needs_three_looks():
    out = run(Tracker(), [seen(box(640, 300, 14, 11), score=0.35)] * 3)
    assert [len(tracks) for tracks in out] == [0, 0, 1]


def test_weak_detections_start_nothing_but_keep_a_track_alive():
    weak = [seen(box(400, 300), score=0.15)] * 30
    assert all(len(tracks) == 0 for tracks in run(Tracker(), weak))
    out = run(Tracker(), [seen(box(400, 300))] * 3 + weak)
    assert all(tracks.id.tolist() == [1] and tracks.unseen_s[0] == 0 for tracks in out[1:])


def test_ids_go_on_upwards_after_a_reset():
    tracker = Tracker()
    first = run(tracker, [seen(box(400, 300), box(800, 300))] * 3)[-1]
    tracker.reset()
    second = run(tracker, [seen(box(400, 300), box(800, 300))] * 3)[-1]
    assert first.id.tolist() == [1, 2]
    assert second.id.tolist() == [3, 4]


def test_two_trackers_do_not_share_ids():
    frames = [seen(box(400, 300))] * 3
    assert run(Tracker(), frames)[-1].id.tolist() == run(Tracker(), frames)[-1].id.tolist() == [1]


@pytest.mark.parametrize("every", [2, 3])
def test_an_object_seen_in_every_second_or_third_frame_does_not_flicker(every: int):
    """Far objects are found only where the detector looks at the strip around the horizon."""
    frames = [seen(box(640 + k, 300, 16, 12), score=0.5) if k % every == 0 else Detections.empty() for k in range(60)]
    out = run(Tracker(), frames, fps=15)
    assert all(tracks.id.tolist() == [1] for tracks in out[every + 1 :])
    assert out[-1].unseen_s[0] == pytest.approx((59 % every) / 15, abs=1e-6)


def test_a_track_coasts_a_third_of_a_second_then_is_no_longer_given():
    out = run(Tracker(), [seen(box(400 + 5 * k, 300)) for k in range(20)] + [Detections.empty()] * 20)
    given_for = sum(len(tracks) for tracks in out[20:])
    assert given_for == 7  # 0.35 s at 20 frames/s
    assert out[26].unseen_s[0] == pytest.approx(0.35)
    assert out[26].xyxy[0, 0] == pytest.approx(400 + 5 * 26 - 40, abs=4)  # moved on all the while


def test_what_was_hardly_seen_hardly_coasts():
    out = run(Tracker(), [seen(box(400, 300))] * 2 + [Detections.empty()] * 10)
    assert [len(tracks) for tracks in out[2:5]] == [1, 0, 0]
