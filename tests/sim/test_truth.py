"""A replay held against the truth, on rows made by hand."""

import json
from typing import Any

import pytest

from kitt.sim.truth import Verdict, compare, iou, judge
from kitt.sim.truth_file import Box, TrueFrame, TrueObject, TrueWarning, Truth, dump

CAR_BOX: Box = (500.0, 300.0, 700.0, 480.0)
STEP_NS = 100_000_000


def car(
    id: int = 1,
    box: Box = CAR_BOX,
    distance_m: float = 10.0,
    ttc_s: float | None = None,
    visible: float = 1.0,
    lateral_m: float = 0.0,
) -> TrueObject:
    return TrueObject(id, "car", box, distance_m, lateral_m, 2.0, ttc_s, visible)


def light(state: str) -> TrueObject:
    return TrueObject(2, "traffic light", (900.0, 200.0, 920.0, 250.0), 25.0, 4.0, 0.0, None, 1.0, state)


def truth(*frames: tuple[TrueObject, ...], warnings: tuple[TrueWarning, ...] = ()) -> Truth:
    rows = tuple(TrueFrame(k * STEP_NS, 10.0, objects) for k, objects in enumerate(frames))
    return Truth(1280, 720, 0, rows[-1].t_ns, warnings, rows)


def track(box: Box = CAR_BOX, kind: str = "car", id: int = 7, **more: Any) -> dict[str, Any]:
    return {"id": id, "class": kind, "box": list(box), "distance_m": 10.0, "ttc_s": None, "light": None, **more}


def rows(*frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"index": k, "t_ns": k * STEP_NS, "tracks": tracks} for k, tracks in enumerate(frames)]


def event(name: str, at: int, track_id: int = 7) -> dict[str, Any]:
    return {"event": name, "kind": "warning", "t_ns": at * STEP_NS, "frame_index": at, "track_id": track_id}


def cell(report: Any, kind: str, band: tuple[float, float]) -> tuple[int, int, int]:
    n = report.found[kind][band]
    return n.true, n.hit, n.false


NEAR, MIDDLE = (0.0, 15.0), (15.0, 40.0)


class TestObjects:
    def test_overlap_of_boxes(self) -> None:
        assert iou((0, 0, 10, 10), (0, 0, 10, 10)) == 1.0
        assert iou((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
        assert iou((0, 0, 10, 10), (20, 0, 30, 10)) == 0.0

    def test_a_found_object_is_a_hit_in_its_band(self) -> None:
        report = compare(truth((car(),), (car(distance_m=20.0),)), rows([track()], [track()]), [])
        assert cell(report, "car", NEAR) == (1, 1, 0)
        assert cell(report, "car", MIDDLE) == (1, 1, 0)

    def test_a_missed_one_counts_against_recall_and_a_made_up_one_against_precision(self) -> None:
        report = compare(truth((car(),)), rows([track(box=(50.0, 300.0, 150.0, 400.0))]), [])
        assert cell(report, "car", NEAR) == (1, 0, 1)
        found = report.as_dict()["classes"][0]
        assert (found["recall_pct"], found["precision_pct"]) == (0.0, 0.0)

    def test_another_class_is_no_hit(self) -> None:
        report = compare(truth((car(),)), rows([track(kind="truck")]), [])
        assert cell(report, "car", NEAR) == (1, 0, 0)
        assert cell(report, "truck", NEAR) == (0, 0, 1)

    def test_two_tracks_of_one_object_are_one_hit_and_one_false(self) -> None:
        report = compare(truth((car(),)), rows([track(), track(id=8, box=(505.0, 300.0, 705.0, 480.0))]), [])
        assert cell(report, "car", NEAR) == (1, 1, 1)

    def test_what_is_mostly_hidden_counts_neither_way(self) -> None:
        hidden = truth((car(visible=0.3),))
        assert compare(hidden, rows([track()]), []).found == {}
        assert compare(hidden, rows([]), []).found == {}

    def test_a_box_beyond_the_edge_is_held_against_what_the_picture_shows(self) -> None:
        over = truth((car(box=(1100.0, 300.0, 1500.0, 500.0)),))
        report = compare(over, rows([track(box=(1100.0, 300.0, 1280.0, 500.0))]), [])
        assert cell(report, "car", NEAR) == (1, 1, 0)

    def test_pictures_that_were_not_replayed_do_not_count(self) -> None:
        report = compare(truth((car(),), (car(),), (car(),)), rows([track()], [track()])[1:], [])
        assert report.frames == 1
        assert cell(report, "car", NEAR) == (1, 1, 0)


class TestNumbers:
    def test_distance_error_is_the_median_share_of_the_true_distance(self) -> None:
        frames = [(car(),)] * 3
        said = [[track(distance_m=d)] for d in (10.5, 9.0, 14.0)]
        assert compare(truth(*frames), rows(*said), []).as_dict()["distance_error_pct"] == {"car": 10.0}

    def test_time_to_collision_is_judged_where_it_is_short(self) -> None:
        frames = [(car(ttc_s=4.0),), (car(ttc_s=2.0),), (car(ttc_s=9.0),)]
        said = [[track(ttc_s=4.4)], [track(ttc_s=None)], [track(ttc_s=1.0)]]
        figures = compare(truth(*frames), rows(*said), []).as_dict()
        assert figures["ttc_error_pct"] == 10.0
        assert figures["ttc_given_pct"] == 50.0

    def test_times_to_collision_of_what_is_ahead_stand_by_themselves(self) -> None:
        frames = [(car(ttc_s=4.0),), (car(ttc_s=4.0, lateral_m=3.1),), (car(ttc_s=4.0, lateral_m=-3.5),)]
        said = [[track(ttc_s=4.2)], [track(ttc_s=3.0)], [track(ttc_s=3.0)]]
        figures = compare(truth(*frames), rows(*said), []).as_dict()
        assert (figures["ttc_error_pct"], figures["ttc_ahead_error_pct"]) == (25.0, 5.0)

    def test_colours_are_right_wrong_or_not_said(self) -> None:
        frames = [(light("red"),)] * 4
        said = [[track((900, 200, 920, 250), "traffic light", light=c)] for c in ("red", "red", "green", "unknown")]
        figures = compare(truth(*frames), rows(*said), []).as_dict()
        assert figures["light_pct"] == {"right": 50.0, "wrong": 25.0, "unknown": 25.0}


class TestWarnings:
    WINDOW = TrueWarning("forward_collision", 2 * STEP_NS, 6 * STEP_NS, 3 * STEP_NS, (1,))

    def run(self, *events: dict[str, Any], seen: Box = CAR_BOX) -> list[Verdict]:
        frames = truth(*[(car(),)] * 100, warnings=(self.WINDOW,))
        return compare(frames, rows(*[[track(box=seen)]] * 100), list(events)).warnings

    def verdicts(self, *events: dict[str, Any], seen: Box = CAR_BOX) -> list[tuple[str, str]]:
        return [(v.event, v.verdict) for v in self.run(*events, seen=seen)]

    def test_in_its_window_it_is_a_hit_with_its_delay(self) -> None:
        (verdict,) = self.run(event("forward_collision", 5))
        assert verdict.verdict == "hit"
        assert verdict.delay_s == pytest.approx(0.2)
        assert verdict.at_s == pytest.approx(0.5)

    def test_none_is_a_miss(self) -> None:
        assert self.verdicts() == [("forward_collision", "missed")]

    def test_too_early_is_false_and_leaves_a_miss(self) -> None:
        assert self.verdicts(event("forward_collision", 1)) == [
            ("forward_collision", "false"),
            ("forward_collision", "missed"),
        ]

    def test_too_late_is_false_and_leaves_a_miss(self) -> None:
        assert sorted(self.verdicts(event("forward_collision", 9))) == [
            ("forward_collision", "false"),
            ("forward_collision", "missed"),
        ]

    def test_one_that_nobody_expects_is_false(self) -> None:
        found = self.verdicts(event("forward_collision", 5), event("headway", 5))
        assert sorted(found) == [("forward_collision", "hit"), ("headway", "false")]

    def test_about_another_object_it_is_false(self) -> None:
        assert sorted(self.verdicts(event("forward_collision", 5), seen=(0.0, 0.0, 50.0, 50.0))) == [
            ("forward_collision", "false"),
            ("forward_collision", "missed"),
        ]

    def test_said_again_soon_it_is_a_repeat_and_later_it_is_false(self) -> None:
        events = [event("forward_collision", at) for at in (5, 30, 90)]
        assert [v for _, v in self.verdicts(*events)] == ["hit", "repeat", "false"]

    def test_a_window_that_was_not_replayed_is_no_miss(self) -> None:
        frames = truth(*[(car(),)] * 10, warnings=(self.WINDOW,))
        assert compare(frames, rows(*[[track()]] * 10)[4:], []).warnings == []

    @pytest.mark.parametrize(("first", "last"), [(0, 5), (4, 9), (4, 5)])
    def test_in_a_window_that_was_replayed_in_part_it_is_a_hit(self, first: int, last: int) -> None:
        frames = truth(*[(car(),)] * 10, warnings=(self.WINDOW,))
        replayed = rows(*[[track()]] * 10)[first : last + 1]
        found = compare(frames, replayed, [event("forward_collision", 5), event("headway", 5)]).warnings
        assert sorted((v.event, v.verdict) for v in found) == [("forward_collision", "hit"), ("headway", "false")]
        assert compare(frames, replayed, []).warnings == []

    def test_after_the_truth_ends_nothing_is_judged(self) -> None:
        assert ("headway", "false") not in self.verdicts(event("headway", 500))

    def test_notices_are_no_warnings(self) -> None:
        notice = {"event": "scene_cut", "kind": "notice", "t_ns": 5 * STEP_NS, "text": "a cut"}
        assert self.verdicts(notice) == [("forward_collision", "missed")]


def test_judge_gives_plain_data() -> None:
    frames = truth((car(ttc_s=3.0), light("green")), (car(),), warnings=())
    figures = judge(dump(frames), rows([track(ttc_s=3.0)], []), [event("headway", 1)])
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert (figures["warnings_hit"], figures["warnings_missed"], figures["warnings_false"]) == (0, 0, 1)
    assert figures["frames"] == 2
