"""The table of warnings, row by row: where it fires, and where it must not."""

from collections.abc import Callable, Iterable

import pytest

from kitt.config import WarningsConfig
from kitt.mind.warner import Warner
from kitt.mind.warnings import TABLE
from kitt.types import (
    BICYCLE,
    CAR,
    LANGUAGES,
    LIGHT_GREEN,
    LIGHT_RED,
    LIGHT_UNKNOWN,
    LIGHT_YELLOW,
    PERSON,
    STOP_SIGN,
    TRAFFIC_LIGHT,
    TRUCK,
    Warning,
)
from tests.mind.scenes import Thing, drive, events, scene


def closing(closing_mps: float, from_m: float = 60.0, **more: object) -> Callable[[float], Iterable[Thing]]:
    """A vehicle ahead that comes nearer steadily."""
    return lambda t: [Thing(distance_m=max(from_m - closing_mps * t, 1.0), closing_mps=closing_mps, **more)]  # type: ignore[arg-type]


def only(warnings: list[Warning], event: str) -> Warning:
    assert events(warnings) == [event]
    return warnings[0]


class TestForwardCollision:
    @pytest.mark.parametrize(
        ("closing_mps", "speed_mps"),
        [(5.0, None), (5.0, 10.0), (5.0, 25.0), (10.0, None), (10.0, 10.0), (10.0, 25.0), (20.0, None), (20.0, 25.0)],
    )
    @pytest.mark.parametrize("fps", [7.0, 15.0, 30.0])
    def test_comes_within_0_4_s_of_2_4_s_to_collision(
        self, closing_mps: float, speed_mps: float | None, fps: float
    ) -> None:
        heard = drive(closing(closing_mps), 60 / closing_mps - 0.5, fps=fps, speed_mps=speed_mps)
        warning = only(heard, "forward_collision")
        crossing_s = 60 / closing_mps - 2.4
        assert crossing_s <= warning.t_ns / 1e9 <= crossing_s + 0.4
        assert 2.0 <= warning.numbers["ttc_s"] <= 2.4
        assert warning.numbers["limit_ttc_s"] == 2.4
        assert warning.numbers["distance_m"] == pytest.approx(warning.numbers["ttc_s"] * closing_mps, rel=0.01)
        assert warning.frame_index == round(warning.t_ns / 1e9 * fps)
        assert warning.track_id == 1
        assert warning.numbers.get("speed_mps") == speed_mps

    def test_a_closing_that_ends_at_2_6_s_is_none(self) -> None:
        assert not drive(lambda t: [Thing(distance_m=26, closing_mps=10)], 5)

    def test_the_limit_is_the_users(self) -> None:
        warner = Warner(WarningsConfig(collision_ttc_s=3.5), "en")
        assert drive(lambda t: [Thing(distance_m=30, closing_mps=10)], 1, warner=warner)

    @pytest.mark.parametrize(
        "thing",
        [
            Thing(distance_m=10, closing_mps=10, in_path=False),
            Thing(distance_m=10, closing_mps=-10),
            Thing(distance_m=10, closing_mps=10, class_id=TRAFFIC_LIGHT),
            Thing(distance_m=10, closing_mps=10, unseen_s=0.1),
            Thing(distance_m=10, closing_mps=10, age_s=0.2),
            Thing(distance_m=10, closing_mps=10, rate_std=0.4),
            Thing(distance_m=4.0, closing_mps=1.8),
            Thing(distance_m=10, closing_mps=10, age_s=0.9, score=0.4),
        ],
        ids=[
            "aside",
            "pulls away",
            "no vehicle",
            "out of sight",
            "just appeared",
            "not sure",
            "joining a queue",
            "uncovered",
        ],
    )
    def test_not_for(self, thing: Thing) -> None:
        assert not drive(lambda t: [thing], 3)

    def test_a_vehicle_in_the_path_need_not_be_the_lead(self) -> None:
        assert drive(lambda t: [Thing(distance_m=10, closing_mps=10, lead=False, class_id=TRUCK)], 1)

    @pytest.mark.parametrize("more", [{"age_s": 1.1, "score": 0.2}, {"age_s": 0.9, "score": 0.6}])
    def test_a_faint_vehicle_counts_once_it_is_known_and_a_clear_one_at_once(self, more: dict[str, float]) -> None:
        assert drive(lambda t: [Thing(distance_m=10, closing_mps=10, **more)], 1)  # type: ignore[arg-type]

    def test_a_distance_that_is_not_known_does_not_silence_it(self) -> None:
        assert drive(lambda t: [Thing(distance_m=float("nan"), ttc_s=1.5)], 1)

    def test_not_while_we_stand(self) -> None:
        assert not drive(closing(10.0, 40.0), 3.5, speed_mps=0.0)

    def test_not_when_the_driver_already_brakes_enough_behind_what_stands(self) -> None:
        # 14 m/s, 3 m/s2 from 38 m on: stops 5 m behind; the momentary time to collision falls to 2.3 s
        def speed(t: float) -> float:
            return max(14.0 - 3.0 * t, 0.0)

        def stop(t: float) -> list[Thing]:
            gone = 14.0 * t - 1.5 * t * t if t < 14 / 3 else 14.0**2 / 6
            return [Thing(distance_m=38.0 - gone, closing_mps=speed(t))]

        assert not drive(stop, 6, speed_mps=speed)
        assert events(drive(stop, 4, speed_mps=14.0)) == ["forward_collision"], "without that braking it does warn"

    def test_but_too_gentle_a_braking_does_not_silence_it(self) -> None:
        def speed(t: float) -> float:
            return 14.0 - 1.5 * t

        heard = drive(
            lambda t: [Thing(distance_m=38.0 - 14 * t + 0.75 * t * t, closing_mps=speed(t))], 3, speed_mps=speed
        )
        assert events(heard) == ["forward_collision"]

    def test_what_drives_towards_us_must_be_nearer(self) -> None:
        # 14 m/s each: in a bend it crosses the straight corridor at 60 m, on its own lane
        assert not drive(lambda t: [Thing(distance_m=56, closing_mps=28)], 2, speed_mps=14.0)
        assert drive(lambda t: [Thing(distance_m=38, closing_mps=28)], 2, speed_mps=14.0)


class TestSomeoneInPath:
    def ahead(self, distance_m: float, speed_mps: float, **more: object) -> Callable[[float], list[Thing]]:
        return lambda t: [Thing(class_id=PERSON, distance_m=distance_m, closing_mps=speed_mps, lead=False, **more)]  # type: ignore[arg-type]

    @pytest.mark.parametrize(("speed_mps", "reach_m"), [(5.0, 13.1), (10.0, 30.5), (14.0, 48.9)])
    def test_within_the_way_that_reacting_and_braking_take(self, speed_mps: float, reach_m: float) -> None:
        assert not drive(self.ahead(reach_m + 0.5, speed_mps), 2, speed_mps=speed_mps)
        heard = drive(self.ahead(reach_m - 0.5, speed_mps), 2, speed_mps=speed_mps)
        warning = only(heard, "vulnerable_in_path")
        assert warning.numbers["limit_distance_m"] == pytest.approx(reach_m, abs=0.1)
        assert warning.t_ns <= 0.3e9

    def test_twenty_metres_when_our_speed_is_not_known(self) -> None:
        assert drive(self.ahead(19.5, 8.0), 2)
        assert not drive(self.ahead(20.5, 8.0), 2)

    def test_a_bicycle_counts_too(self) -> None:
        assert drive(lambda t: [Thing(class_id=BICYCLE, distance_m=15, closing_mps=10, lead=False)], 1, speed_mps=10.0)

    def test_rider_and_bicycle_are_one_warning(self) -> None:
        def rider(t: float) -> list[Thing]:
            d = 20 - 2 * t
            return [
                Thing(1, PERSON, d, 10, lead=False),
                Thing(2, BICYCLE, d, 10, lead=False),
            ]

        assert events(drive(rider, 8, speed_mps=10.0)) == ["vulnerable_in_path"]

    @pytest.mark.parametrize(
        "more", [{"in_path": False}, {"unseen_s": 0.2}, {"age_s": 0.1}], ids=["aside", "out of sight", "just appeared"]
    )
    def test_not_for(self, more: dict[str, object]) -> None:
        assert not drive(self.ahead(10, 10, **more), 2, speed_mps=10.0)

    def test_not_for_a_cyclist_whom_we_follow(self) -> None:
        for speed in (None, 6.0):
            assert not drive(self.ahead(10.0, 0.0), 5, speed_mps=speed)

    def test_not_while_we_stand_at_the_crossing(self) -> None:
        assert not drive(self.ahead(5.0, 0.0), 5, speed_mps=0.0)
        assert not drive(self.ahead(5.0, 0.0), 5)


class TestHeadway:
    @pytest.mark.parametrize(("gap_s", "fires"), [(0.58, True), (0.62, False)])
    def test_below_0_6_s(self, gap_s: float, fires: bool) -> None:
        heard = drive(lambda t: [Thing(distance_m=gap_s * 25)], 3, speed_mps=25.0)
        assert events(heard) == ["headway"] * fires
        if fires:
            assert heard[0].numbers["headway_s"] == pytest.approx(0.58, abs=0.001)
            assert heard[0].numbers["limit_headway_s"] == 0.6

    @pytest.mark.parametrize(("speed_mps", "fires"), [(7.9, False), (8.1, True), (None, False)])
    def test_only_above_8_m_s_and_only_when_the_speed_is_known(self, speed_mps: float | None, fires: bool) -> None:
        assert events(drive(lambda t: [Thing(distance_m=3)], 3, speed_mps=speed_mps)) == ["headway"] * fires

    def test_not_while_we_close_in_for_that_is_a_collision_to_come(self) -> None:
        assert not drive(lambda t: [Thing(distance_m=14, closing_mps=4)], 3, speed_mps=25.0)

    def test_only_for_the_lead(self) -> None:
        assert not drive(lambda t: [Thing(distance_m=5, lead=False)], 3, speed_mps=25.0)

    def test_one_who_cuts_in_and_draws_away_within_a_second_is_no_tailgating(self) -> None:
        assert not drive(lambda t: [Thing(distance_m=13 + 3 * t, closing_mps=-3)], 5, speed_mps=25.0)

    def test_is_told_to_be_off_without_speed(self) -> None:
        warner = Warner(WarningsConfig(), "en")
        assert warner.off() == ["headway"]
        warner.process(scene([], 0), speed_signal(10.0))
        assert warner.off() == []
        warner.process(scene([], 1), speed_signal(None))
        assert warner.off() == ["headway"]


def speed_signal(speed_mps: float | None) -> object:
    from kitt.types import Signals

    return Signals(speed_mps)


class TestLeadDeparted:
    def leaves(self, stood_m: float = 5.0, at_s: float = 4.0, mps2: float = 1.5) -> Callable[[float], list[Thing]]:
        def script(t: float) -> list[Thing]:
            dt = max(t - at_s, 0.0)
            return [Thing(distance_m=stood_m + mps2 / 2 * dt * dt, closing_mps=-mps2 * dt)]

        return script

    @pytest.mark.parametrize("speed_mps", [0.0, 0.4, None])
    def test_when_it_has_moved_two_and_a_half_metres(self, speed_mps: float | None) -> None:
        warning = only(drive(self.leaves(), 10, speed_mps=speed_mps), "lead_departed")
        assert 2.5 < warning.numbers["moved_m"] < 4.0
        assert warning.t_ns / 1e9 == pytest.approx(4 + 1.83 + 0.1, abs=0.2)

    def test_not_while_we_drive(self) -> None:
        assert not drive(self.leaves(), 10, speed_mps=0.6)

    def test_not_when_we_drive_off_too(self) -> None:
        assert not drive(self.leaves(), 10, speed_mps=lambda t: 0.0 if t < 4.5 else 2.0)

    def test_not_when_it_stood_less_than_two_seconds(self) -> None:
        assert not drive(self.leaves(at_s=1.6), 10, speed_mps=0.0)

    def test_not_when_it_stood_far_off(self) -> None:
        assert not drive(self.leaves(stood_m=16), 10, speed_mps=0.0)
        assert not drive(self.leaves(stood_m=9), 10), "without speed only what nearly touches us is believed to stand"

    def test_not_when_it_only_moves_up_a_little(self) -> None:
        def moves_up(t: float) -> list[Thing]:
            return [Thing(distance_m=5 + min(max(t - 4, 0), 2.0), closing_mps=-1.0 if 4 < t < 6 else 0.0)]

        assert not drive(moves_up, 10, speed_mps=0.0)

    def test_not_when_the_gap_grows_slowly_in_traffic_of_unknown_speed(self) -> None:
        def drifts(t: float) -> list[Thing]:
            return [Thing(distance_m=6 + 0.6 * max(t - 4, 0), closing_mps=-0.6 if t > 4 else 0)]

        assert not drive(drifts, 12)

    def test_again_at_the_next_stop_behind_the_same_vehicle(self) -> None:
        def stop_and_go(t: float) -> list[Thing]:
            return self.leaves()(t) if t < 12 else self.leaves(at_s=4)(t - 12)

        def speed(t: float) -> float:
            return 3.0 if 8 < t < 12 else 0.0

        assert events(drive(stop_and_go, 20, speed_mps=speed)) == ["lead_departed"] * 2


class TestLightGreen:
    def light(self, green_s: float = 4.0, red_s: float = 0.0, between: int = LIGHT_RED, **more: object):  # type: ignore[no-untyped-def]
        def script(t: float) -> list[Thing]:
            state = LIGHT_UNKNOWN if t < red_s else LIGHT_RED if t < green_s - 1 else between
            state = LIGHT_GREEN if t >= green_s else state
            return [
                Thing(
                    **{
                        "class_id": TRAFFIC_LIGHT,
                        "distance_m": 20,
                        "lateral_m": 2,
                        "light": state,
                        "lead": False,
                        **more,
                    }
                )
            ]

        return script

    @pytest.mark.parametrize("speed_mps", [0.0, None])
    @pytest.mark.parametrize("between", [LIGHT_RED, LIGHT_YELLOW, LIGHT_UNKNOWN])
    def test_when_red_became_green(self, speed_mps: float | None, between: int) -> None:
        warning = only(drive(self.light(between=between), 8, speed_mps=speed_mps), "light_green")
        assert 4.1 <= warning.t_ns / 1e9 <= 4.4

    def test_not_while_we_drive(self) -> None:
        assert not drive(self.light(), 8, speed_mps=3.0)

    def test_not_while_we_roll_towards_it_at_unknown_speed(self) -> None:
        assert not drive(self.light(closing_mps=5.0), 8)

    def test_not_when_it_was_green_all_along(self) -> None:
        assert not drive(self.light(green_s=0), 8, speed_mps=0.0)

    def test_not_after_a_red_of_less_than_a_second(self) -> None:
        assert not drive(self.light(red_s=3.3, between=LIGHT_RED), 8, speed_mps=0.0)

    @pytest.mark.parametrize("more", [{"lateral_m": 12}, {"distance_m": 70}, {"class_id": CAR}])
    def test_not_for_a_light_of_another_road(self, more: dict[str, object]) -> None:
        assert not drive(self.light(**more), 8, speed_mps=0.0)

    def test_not_while_another_light_of_ours_stays_red(self) -> None:
        def two(t: float) -> list[Thing]:
            other = Thing(2, TRAFFIC_LIGHT, 20, lateral_m=-1, light=LIGHT_RED, lead=False)
            return [*self.light()(t), other]

        assert not drive(two, 8, speed_mps=0.0)

    def test_two_heads_that_turn_together_are_one_warning(self) -> None:
        def two(t: float) -> list[Thing]:
            a = self.light()(t)[0]
            return [a, Thing(2, TRAFFIC_LIGHT, 24, lateral_m=4, light=a.light, lead=False)]

        assert events(drive(two, 15, speed_mps=0.0)) == ["light_green"]


class TestStopSign:
    def sign(self, from_m: float, mps: float, **more: object) -> Callable[[float], list[Thing]]:
        return lambda t: [
            Thing(
                **{
                    "class_id": STOP_SIGN,
                    "distance_m": max(from_m - mps * t, 1),
                    "closing_mps": mps,
                    "lateral_m": 3,
                    **more,
                }
            )
        ]

    @pytest.mark.parametrize("speed_mps", [10.0, None])
    def test_forty_metres_ahead_once(self, speed_mps: float | None) -> None:
        warning = only(drive(self.sign(60, 10), 5.5, speed_mps=speed_mps), "stop_sign")
        assert 34 <= warning.numbers["distance_m"] <= 40

    @pytest.mark.parametrize(
        "more",
        [{"lateral_m": 9}, {"score": 0.35}, {"unseen_s": 0.1}, {"age_s": 0.3}, {"class_id": CAR, "in_path": False}],
    )
    def test_not_for(self, more: dict[str, object]) -> None:
        assert not drive(self.sign(39, 1, **more), 5, speed_mps=5.0)

    def test_not_while_we_stand_before_it(self) -> None:
        assert not drive(self.sign(10, 0), 5, speed_mps=0.0)
        assert not drive(self.sign(10, 0), 5)


@pytest.mark.parametrize("event", TABLE, ids=lambda e: e.name)
def test_every_event_has_its_words_in_every_language(event) -> None:  # type: ignore[no-untyped-def]
    assert set(event.text) == set(LANGUAGES)
    assert all(5 < len(text) <= 45 for text in event.text.values()), "short enough to be spoken in time"
    assert len(set(event.text.values())) == len(LANGUAGES)


def test_names_and_priorities_are_distinct() -> None:
    assert len({e.name for e in TABLE}) == len({e.priority for e in TABLE}) == len(TABLE)
    assert [e.priority for e in TABLE] == sorted(e.priority for e in TABLE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_warning_speaks_the_chosen_language(language: str) -> None:
    heard = drive(closing(10), 5, language=language)
    assert heard[0].language == language
    assert heard[0].text == next(e for e in TABLE if e.name == "forward_collision").text[language]
