"""What the drive has shown, and what may be told of now."""

from dataclasses import replace

import pytest

from kitt.mind.view import Sightings, View
from kitt.types import BUS, CAR, PERSON, STOP_SIGN, TRUCK, Signals, Warning
from tests.mind.scenes import S, Thing, scene


def test_a_track_is_one_sighting_from_its_first_to_its_last_sight() -> None:
    seen = Sightings()
    seen.see(scene([Thing(5, CAR, 30.0, lateral_m=1.0)], 1.0, 10))
    seen.see(scene([Thing(5, CAR, 20.0, lateral_m=2.0)], 2.0, 20))
    (one,) = seen.of_class(CAR)
    assert (one.track_id, one.first_ns, one.last_ns, one.frame_index) == (5, S, 2 * S, 20)
    assert (one.distance_m, one.lateral_m, one.is_lead) == (20.0, 2.0, True)
    assert seen.of_track(5) == one == seen.last(CAR)
    assert seen.last(BUS) is None
    assert seen.of_track(6) is None


def test_what_is_not_detected_in_this_frame_or_is_too_faint_is_no_sight() -> None:
    seen = Sightings()
    seen.see(scene([Thing(1, CAR)], 1.0, 1))
    seen.see(scene([Thing(1, CAR, unseen_s=0.1), Thing(2, PERSON, score=0.2)], 2.0, 2))
    last = seen.last(CAR)
    assert last
    assert last.last_ns == S
    assert seen.last(PERSON) is None


def test_the_latest_comes_first_and_of_one_frame_the_nearest() -> None:
    seen = Sightings()
    seen.see(scene([Thing(1, CAR, 9.0), Thing(2, CAR, 30.0)], 1.0))
    seen.see(scene([Thing(3, CAR, 40.0), Thing(4, CAR, 12.0), Thing(5, CAR, 50.0)], 2.0))
    last = seen.last(CAR)
    assert last
    assert last.track_id == 4
    assert [s.last_ns for s in seen.of_class(CAR)] == [2 * S, 2 * S, 2 * S, S, S]


def test_a_track_is_told_as_what_it_was_last_voted_to_be() -> None:
    seen = Sightings()
    seen.see(scene([Thing(1, BUS)], 1.0))
    seen.see(scene([Thing(1, TRUCK)], 2.0))
    assert seen.last(BUS) is None
    last = seen.last(TRUCK)
    assert last
    assert last.first_ns == S


def test_a_thousand_cars_do_not_push_out_the_stop_sign() -> None:
    seen = Sightings(most_per_class=50)
    seen.see(scene([Thing(1, STOP_SIGN)], 0.5))
    for i in range(1000):
        seen.see(scene([Thing(i + 2, CAR)], 1.0 + i))
    assert [s.track_id for s in seen.of_class(CAR)] == list(range(1001, 951, -1))
    assert seen.last(STOP_SIGN)
    assert seen.of_track(900) is None


def test_a_clock_that_is_set_back_begins_anew() -> None:
    seen = Sightings()
    seen.see(scene([Thing(1, CAR)], 100.0))
    seen.see(scene([Thing(2, PERSON)], 1.0))
    assert seen.last(CAR) is None
    assert seen.last(PERSON)


@pytest.mark.parametrize(("age_s", "there"), [(0.0, True), (1.0, True), (1.01, False), (-1.0, True)])
def test_a_scene_older_than_a_second_is_not_the_present(age_s: float, there: bool) -> None:
    now = scene([Thing()], 10.0)
    assert (View(round((10.0 + age_s) * S), now, Signals()).present is now) is there


def test_without_a_picture_there_is_no_present() -> None:
    assert View(5).present is None
    assert View(5).silent_s == float("inf")


def test_told_is_what_is_really_seen_and_sure_enough() -> None:
    things = [Thing(1), Thing(2, unseen_s=0.25), Thing(3, unseen_s=0.5), Thing(4, score=0.25), Thing(5, score=0.35)]
    now = scene(things, 1.0)
    view = View(S, now)
    assert view.told(now).tolist() == [True, True, False, False, True]
    assert replace(view, score=0.5).told(now).tolist() == [True, True, False, False, False]


def test_the_last_warning_is_the_latest_already_given_and_the_most_urgent_of_several() -> None:
    def given(event: str, priority: int, t_s: int) -> Warning:
        return Warning(event, priority, t_s * S, 0, 1, "", "en")

    warnings = [given("a", 0, 1), given("b", 3, 5), given("c", 1, 5), given("d", 0, 9)]
    last = View(6 * S, warnings=warnings).last_warning
    assert last
    assert last.event == "c"
    assert View(6 * S).last_warning is None


@pytest.mark.parametrize(("age_s", "known"), [(0.0, 13.9), (1.0, 13.9), (1.1, None)])
def test_a_speed_is_as_old_as_the_scene_it_came_with(age_s: float, known: float | None) -> None:
    assert View(round((10.0 + age_s) * S), scene([], 10.0), Signals(13.9)).speed_mps == known


def test_a_speed_without_any_scene_is_told() -> None:
    assert View(5, signals=Signals(13.9)).speed_mps == 13.9
