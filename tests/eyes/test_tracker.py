"""Tracks: one id an object, through crossings, occlusions, misses and clutter; scale rates that give the time to
collision; and properties that hold for any detections whatever."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.eyes.tracker import Tracker, TrackerSettings, iou_cost
from kitt.types import BICYCLE, CAR, CLASSES, MOTORCYCLE, PERSON, TRUCK, Detections, Tracks

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


# Which detection is whose


def test_crossing_objects_keep_their_ids():
    frames = [seen(box(200 + 12 * k, 300), box(900 - 12 * k, 310)) for k in range(60)]
    out = run(Tracker(), frames)
    for k, tracks in enumerate(out[1:], 1):
        by_id = dict(zip(tracks.id.tolist(), tracks.xyxy[:, [0, 2]].mean(axis=1), strict=True))
        for track_id, x in ((1, 200 + 12 * k), (2, 900 - 12 * k)):
            if track_id in by_id:
                assert by_id[track_id] == pytest.approx(x, abs=15)
    assert out[-1].id.tolist() == [1, 2]


def test_one_that_passes_behind_another_keeps_its_id_and_is_not_drawn_meanwhile():
    frames = []
    for k in range(60):
        walker, car = box(300 + 6 * k, 290, 24, 60), box(480, 300, 120, 120)
        hidden = abs(300 + 6 * k - 480) < 48
        frames.append(seen(car, class_id=CAR) if hidden else seen(car, walker, class_id=[CAR, PERSON]))
    out = run(Tracker(), frames)
    ids = {int(i) for tracks in out for i in tracks.id}
    assert len(ids) == 2
    assert len(out[-1]) == 2
    assert len(out[30]) == 1


@pytest.mark.parametrize("fps", [10, 15, 25])
@pytest.mark.parametrize("speed_px", [0, 80])
def test_one_second_of_occlusion_keeps_the_id(fps: int, speed_px: float):
    rng = np.random.default_rng(0)
    frames = []
    for k in range(4 * fps):
        b = np.array(box(300 + speed_px * k / fps, 300)) + rng.normal(0, 1, 4)
        frames.append(Detections.empty() if 2 * fps <= k < 3 * fps else seen(tuple(b)))
    out = run(Tracker(), frames, fps=fps)
    assert out[2 * fps - 1].id.tolist() == out[-1].id.tolist() == [1]


def test_memory_is_in_seconds_whatever_the_frame_rate():
    for fps in (5, 30):
        tracker = Tracker()
        run(tracker, [seen(box(300, 300))] * fps, fps)
        late = run(tracker, [seen(box(300, 300))] * 3, fps, start_s=3.0)
        assert late[-1].id.tolist() == [2]


def test_a_small_object_is_followed_though_the_camera_shakes_by_half_its_height():
    shake = [5 * np.sin(2 * np.pi * 1.5 * k / 15) for k in range(60)]
    out = run(Tracker(), [seen(box(640, 300 + s, 13, 10), score=0.5) for s in shake], fps=15)
    assert all(tracks.id.tolist() == [1] and tracks.unseen_s[0] == 0 for tracks in out[1:])


def test_a_person_does_not_become_a_car():
    frames = [seen(box(300, 300), class_id=PERSON)] * 5 + [seen(box(300, 300), class_id=CAR)] * 5
    out = run(Tracker(), frames)
    assert set(zip(out[-1].id.tolist(), out[-1].class_id.tolist(), strict=True)) >= {(2, CAR)}
    assert all(tracks.class_id[tracks.id == 1].tolist() in ([PERSON], []) for tracks in out)


@pytest.mark.parametrize(("usual", "slip"), [(CAR, TRUCK), (BICYCLE, MOTORCYCLE)])
def test_classes_vote(usual: int, slip: int):
    kinds = [slip if k % 3 == 0 else usual for k in range(30)]
    out = run(Tracker(), [seen(box(300, 300), class_id=c) for c in kinds])
    assert all(tracks.id.tolist() == [1] for tracks in out[1:])
    assert all(tracks.class_id.tolist() == [usual] for tracks in out[5:])


def test_an_old_vote_is_forgotten_in_the_end():
    frames = [seen(box(300, 300), class_id=CAR)] * 60 + [seen(box(300, 300), class_id=TRUCK)] * 60
    assert run(Tracker(), frames)[-1].class_id.tolist() == [TRUCK]


def test_two_boxes_on_one_object_are_one_track():
    both = seen(box(300, 300, 80, 60), box(303, 298, 92, 66), score=[0.6, 0.5], class_id=[CAR, TRUCK])
    swapped = seen(box(300, 300, 80, 60), box(303, 298, 92, 66), score=[0.5, 0.6], class_id=[CAR, TRUCK])
    out = run(Tracker(), [both, swapped] * 10)
    assert all(tracks.id.tolist() == [1] for tracks in out[1:])


def test_the_cost_is_a_function_of_ones_own():
    """Here: nothing is ever the same object, so that nothing is ever confirmed."""
    never = Tracker(cost=lambda tracks, slack_px, detected, score: np.full((len(tracks), len(detected)), np.inf))
    assert all(len(tracks) == 0 for tracks in run(never, [seen(box(300, 300))] * 5))
    strict = Tracker(cost=partial(iou_cost, least_iou=0.9))
    assert len(run(strict, [seen(box(300 + 20 * k, 300)) for k in range(5)])[-1]) == 0


# Scale rate and time to collision


def car_at(z_m: float, rng: np.random.Generator, noise_px: float = 1.0, x_m: float = 0.0, focal_px: float = 1000.0):
    """The back of a car 1.8 m wide and 1.5 m high, seen from 1.3 m above the road; each side off by the noise."""
    s = focal_px / z_m
    sides = np.array([(x_m - 0.9) * s + 640, -0.2 * s + 330, (x_m + 0.9) * s + 640, 1.3 * s + 330])
    return sides + rng.normal(0, noise_px, 4)


@pytest.mark.parametrize("fps", [15, 25])
@pytest.mark.parametrize(("start_m", "closing_mps"), [(35, 8), (30, 10), (25, 6), (20, 5)])
def test_time_to_collision_is_right_within_a_tenth_after_one_second(fps: int, start_m: float, closing_mps: float):
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(6):
        tracker = Tracker()
        for k in range(int(fps * (start_m - 10) / closing_mps)):
            z = start_m - closing_mps * k / fps
            tracks = tracker.update(seen(tuple(car_at(z, rng))), ns(k / fps), SIZE)
            if k / fps >= 1:
                errors.append(abs((1 / tracks.scale_rate[0]) / (z / closing_mps) - 1))
    assert np.median(errors) < 0.1


def test_the_stated_deviation_of_the_scale_rate_covers_its_error():
    rng = np.random.default_rng(1)
    error = []
    for _ in range(12):
        tracker = Tracker()
        for k in range(30):
            z = 30 - 8 * k / FPS
            sides = car_at(z, rng, noise_px=0.03 * np.sqrt(1.8 * 1.5) * 1000 / z)
            tracks = tracker.update(seen(tuple(sides)), ns(k / FPS), SIZE)
            if k >= FPS:
                error.append((tracks.scale_rate[0] - 8 / z) / tracks.scale_rate_std[0])
    assert 0.3 < np.std(error) < 1.5
    assert abs(np.mean(error)) < 0.7


@pytest.mark.parametrize("fps", [15, 25])
def test_a_braking_lead_is_noticed_in_half_a_second(fps: int):
    """Following at 25 m; at 2 s the lead brakes with 5 m/s^2. Where the true rate passes 0.2/s, the track's must."""
    late, following = [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        tracker, true_at, told_at = Tracker(), np.inf, np.inf
        for k in range(int(4.2 * fps)):
            t = k / fps
            braking = max(t - 2, 0)
            z, v = 25 - 2.5 * braking**2, 5 * braking
            rate = [*tracker.update(seen(tuple(car_at(z, rng))), ns(t), SIZE).scale_rate, 0.0][0]
            if 1 < t < 2:
                following.append(abs(rate))
            true_at = min(true_at, t if v / z > 0.2 else np.inf)
            told_at = min(told_at, t if rate > 0.2 else np.inf)
        late.append(told_at - true_at)
    assert np.median(late) < 0.45
    assert max(late) < 0.6
    assert np.percentile(following, 95) < 0.1


def test_the_box_does_not_lag_behind_a_closing_car():
    rng = np.random.default_rng(2)
    tracker, off = Tracker(), []
    for k in range(30):
        z = 28 - 12 * k / FPS
        tracks = tracker.update(seen(tuple(car_at(z, rng, x_m=2.0))), ns(k / FPS), SIZE)
        if k >= 15:
            off.append((tracks.xyxy[0] - car_at(z, rng, 0, x_m=2.0)) / (1800 / z))
    assert np.abs(np.mean(off, axis=0)).max() < 0.02
    assert np.std(off) < 0.03


def test_uneven_frame_times_give_the_same_rate():
    rng = np.random.default_rng(3)
    t = np.cumsum(rng.choice([0.03, 0.05, 0.11], 40))
    tracker = Tracker()
    for at in t[t < 2]:
        tracks = tracker.update(seen(tuple(car_at(30 - 8 * at, rng, 0.3))), ns(at), SIZE)
    assert tracks.scale_rate[0] == pytest.approx(8 / (30 - 8 * t[t < 2][-1]), rel=0.1)


@pytest.mark.parametrize("entering", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
def test_an_object_cut_by_the_pictures_edge_has_no_false_scale_rate(entering: bool, axis: int):
    """At a constant distance, sliding across the right or the lower edge: only what is seen of it changes."""
    most: dict[bool, float] = {}
    for with_size in (True, False):
        rng = np.random.default_rng(4)
        tracker, rates = Tracker(), []
        for k in range(40):
            at = SIZE[axis] + (70 - 6 * k if entering else 6 * k - 180)
            sides = np.array(box(at, 400, 200, 160) if axis == 0 else box(600, at, 160, 200)) + rng.normal(0, 1, 4)
            sides[2:] = np.minimum(sides[2:], SIZE)
            tracks = tracker.update(seen(tuple(sides)), ns(k / FPS), SIZE if with_size else None)
            if k > 4:
                rates.append(abs(float(tracks.scale_rate[0])))
                assert tracks.id.tolist() == [1]
        most[with_size] = max(rates)
        assert not with_size or tracks.xyxy[0] == pytest.approx(sides, abs=6)
    assert most[True] < 0.1
    assert most[True] < most[False]
    if axis == 1:
        assert most[False] > 0.2, "without the size of the picture the lower edge would look like a change of distance"


@pytest.mark.parametrize("uncover_px", [2, 5, 60])
def test_a_car_that_is_uncovered_from_the_side_gives_no_collision(uncover_px: float):
    """A steady car, three quarters hidden by something that nobody detects and that moves away: it only grows wider."""
    rng = np.random.default_rng(5)
    tracker, rates = Tracker(), []
    for k in range(60):
        sides = np.array(box(600, 350, 120, 90))
        sides[0] = max(sides[0], 630 - uncover_px * max(0, k - 20))
        tracks = tracker.update(seen(tuple(sides + rng.normal(0, 1, 4))), ns(k / FPS), SIZE)
        rates += tracks.scale_rate.tolist() if k > 10 else []
    assert tracks.id.tolist() == [1]
    assert max(rates) < 0.25
    assert tracks.xyxy[0] == pytest.approx(sides, abs=4)


def test_a_few_boxes_of_twice_the_height_are_no_closing_speed():
    """Weak boxes of a tree behind a car, as the highway clip has them."""
    rng = np.random.default_rng(7)
    tracker, rates = Tracker(), []
    for k in range(40):
        high = 20 <= k < 23
        sides = np.array(box(600, 350, 32, 30 if high else 16)) + rng.normal(0, 0.7, 4)
        tracks = tracker.update(seen(tuple(sides), score=0.15 if high else 0.5), ns(k / FPS), SIZE)
        rates += tracks.scale_rate.tolist() if k > 10 else []
    assert max(rates) < 0.42


def test_a_car_that_closes_in_while_it_is_uncovered_is_still_a_collision():
    rng = np.random.default_rng(6)
    tracker = Tracker()
    for k in range(40):
        sides = car_at(30 - 8 * k / FPS, rng)
        sides[0] += max(0, 1 - k / 30) * 0.5 * (sides[2] - sides[0])
        tracks = tracker.update(seen(tuple(sides)), ns(k / FPS), SIZE)
    assert tracks.scale_rate[0] == pytest.approx(8 / (30 - 8 * 39 / FPS), rel=0.25)


# What always holds


BOX = st.tuples(*(st.floats(0, 1270, width=32), st.floats(0, 700, width=32)), *[st.floats(0, 500, width=32)] * 2).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)
OBJECT = st.tuples(BOX, st.floats(0, 1, width=32), st.integers(0, len(CLASSES) - 1))
FRAMES = st.lists(
    st.tuples(st.lists(OBJECT, max_size=8), st.sampled_from([0, 1, 33, 66, 400, 1500, 10**9])), max_size=12
)


def detections(objects: list[tuple[tuple[float, float, float, float], float, int]]) -> Detections:
    boxes, scores, kinds = zip(*objects, strict=True) if objects else ((), (), ())
    return seen(*boxes, score=list(scores), class_id=list(kinds)) if boxes else Detections.empty()


@settings(max_examples=40, deadline=None)
@given(FRAMES, st.booleans())
def test_whatever_is_detected_the_tracks_are_sound(frames: list, with_size: bool):
    tracker, t_ns, largest = Tracker(), 0, 0
    forgotten: set[int] = set()
    last_seen: dict[int, int] = {}
    for objects, dt_ms in frames:
        t_ns += dt_ms * 1_000_000
        d = detections(objects)
        tracks = tracker.update(d, t_ns, SIZE if with_size else None)
        ids = tracks.id.tolist()
        assert ids == sorted(set(ids))
        assert all(i > 0 for i in ids)
        assert not forgotten & set(ids), "an id came back after its memory ended"
        assert all(i > largest for i in set(ids) - set(last_seen)), "ids count upwards"
        largest = max([largest, *ids])
        assert dt_ms == 0 or (tracks.unseen_s == 0).sum() <= len(d), "a detection belongs to one track at most"
        for f in fields(Tracks):
            values = getattr(tracks, f.name)
            assert len(values) == len(ids)
            assert values.dtype == getattr(Tracks.empty(), f.name).dtype
            assert np.isfinite(values).all()
        assert (tracks.xyxy[:, 2:] > tracks.xyxy[:, :2]).all()
        assert (tracks.unseen_s <= TrackerSettings().coast_s + 1e-6).all()
        assert (tracks.age_s >= tracks.unseen_s).all()
        last_seen |= {i: t_ns for i, unseen in zip(ids, tracks.unseen_s, strict=True) if unseen == 0}
        forgotten |= {i for i, seen_ns in last_seen.items() if t_ns - seen_ns > 1.5e9}


@settings(max_examples=25, deadline=None)
@given(FRAMES, st.randoms(use_true_random=False))
def test_the_order_of_detections_does_not_matter(frames: list, random):
    one, other, t_ns = Tracker(), Tracker(), 0
    for objects, dt_ms in frames:
        t_ns += dt_ms * 1_000_000
        a, b = one.update(detections(objects), t_ns, SIZE), None
        b = other.update(detections(random.sample(objects, len(objects))), t_ns, SIZE)
        for f in fields(Tracks):
            np.testing.assert_array_equal(getattr(a, f.name), getattr(b, f.name))


def test_nothing_in_nothing_out():
    out = run(Tracker(), [Detections.empty()] * 3)
    assert all(len(tracks) == 0 and tracks.xyxy.shape == (0, 4) for tracks in out)


def test_detections_are_not_written_to():
    d = seen(box(300, 300), box(310, 300))
    before = d.xyxy.copy()
    run(Tracker(), [d] * 3)
    np.testing.assert_array_equal(d.xyxy, before)


def test_time_must_not_go_backwards():
    tracker = Tracker()
    tracker.update(seen(box(300, 300)), ns(5.0))
    with pytest.raises(ValueError, match="backwards"):
        tracker.update(seen(box(300, 300)), ns(4.9))
    tracker.reset()
    tracker.update(seen(box(300, 300)), ns(0.0))


def test_the_same_time_twice_moves_nothing():
    tracker = Tracker()
    first = run(tracker, [seen(box(300 + 9 * k, 300)) for k in range(10)])[-1]
    again = tracker.update(Detections.empty(), ns(9 / FPS), SIZE)
    np.testing.assert_array_equal(first.xyxy, again.xyxy)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_box_that_is_no_box_is_refused(bad: float):
    with pytest.raises(ValueError, match="finite"):
        Tracker().update(seen((1, 2, bad, 4)), 0)


def test_settings_are_kept():
    at_once = Tracker(replace(TrackerSettings(), confirm_hits=1, confirm_score=0.0))
    run(at_once, [seen(box(300, 300), score=0.9)])
    assert run(Tracker(TrackerSettings(confirm_hits=5)), [seen(box(300, 300))] * 5)[3].id.tolist() == []


def _found(*rows: tuple[list[float], float, int]) -> Detections:
    boxes, scores, kinds = zip(*rows, strict=True)
    return Detections(np.array(boxes, np.float32), np.array(scores, np.float32), np.array(kinds, np.int64))


def _shown_kinds(found: Detections) -> list[int]:
    tracker = Tracker()
    for i in range(6):
        tracks = tracker.update(found, i * 66_000_000, (1280, 720))
    return sorted(tracks.class_id.tolist())


def test_a_part_of_a_rider_is_no_second_rider() -> None:
    whole, part = ([600, 300, 660, 420], 0.7, PERSON), ([610, 330, 655, 418], 0.5, PERSON)
    assert _shown_kinds(_found(whole, part)) == [PERSON]


def test_two_people_side_by_side_stay_two_and_so_do_a_rider_and_the_bicycle() -> None:
    left, right = ([600, 300, 650, 420], 0.7, PERSON), ([635, 300, 690, 420], 0.6, PERSON)
    assert _shown_kinds(_found(left, right)) == [PERSON, PERSON]
    rider, bicycle = ([600, 300, 660, 420], 0.7, PERSON), ([595, 350, 665, 440], 0.6, BICYCLE)
    assert _shown_kinds(_found(rider, bicycle)) == [PERSON, BICYCLE]


def test_a_small_car_seen_beyond_a_large_one_stays() -> None:
    near, far = ([500, 300, 800, 500], 0.8, CAR), ([700, 310, 750, 345], 0.6, CAR)
    assert _shown_kinds(_found(near, far)) == [CAR, CAR]


def test_a_faint_second_opinion_leads_no_track_astray() -> None:
    """A parked car is passed by a cyclist, on whom the detector sees a faint car too."""
    tracker = Tracker()
    parked = [600.0, 350.0, 660.0, 395.0]
    for i in range(60):
        t_ns = i * 66_000_000
        x = 760.0 - 6.0 * i
        rider = [x, 360.0, x + 80, 430.0]
        rows = [(rider, 0.7, BICYCLE), ([v + 2 for v in rider], 0.2, CAR)]
        if not 15 <= i <= 32:  # then the rider hides the car
            rows.append((parked, 0.7, CAR))
        tracks = tracker.update(_found(*rows), t_ns, (1280, 720))
        for box in tracks.xyxy[tracks.class_id == CAR]:
            assert abs((box[0] + box[2]) / 2 - 630) < 25


def test_a_track_that_is_seen_lies_on_what_was_seen_of_it() -> None:
    """Motion learnt from a wrong match must not carry the box off its next detection."""
    tracker = Tracker()
    x = 300.0
    for i in range(30):
        x += 14.0 if 12 <= i < 16 else 0.0
        found = _found(([x, 300, x + 24, 316], 0.6, CAR))
        tracks = tracker.update(found, i * 40_000_000, (960, 540))
        for row in np.flatnonzero(tracks.unseen_s == 0):
            a, b = tracks.xyxy[row], found.xyxy[0]
            inner = max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)
            assert inner > 0.2 * (b[2] - b[0]) * (b[3] - b[1])


def test_what_the_edge_cuts_is_not_given_for_long_unseen() -> None:
    tracker = Tracker()
    for i in range(12):
        found = _found(([0, 300 - 3.0 * i, 30 + 2.0 * i, 400 + 3.0 * i], 0.7, CAR))
        assert len(tracker.update(found, i * 40_000_000, (960, 540))) == (i > 0)
    given = [len(tracker.update(Detections.empty(), i * 40_000_000, (960, 540))) for i in range(12, 20)]
    assert given == [1, 1, 0, 0, 0, 0, 0, 0]
