"""A topic's time only goes forward: a wrong stamp costs one record, a clock set back is followed, all is told."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitt.drive.guard import FOLLOW, Guard, guarded
from kitt.drive.importers import mcap as importer
from kitt.drive.records import SPEED_TOPIC, Picture, Problem, Record, Speed
from kitt.drive.source import open_source
from kitt.drive.writer import DriveWriter
from tests.drive.making import S, picture, split_problems, video

MS = S // 1000
CALENDAR = 1_700_000_000 * S
times = st.lists(st.integers(0, 60).map(lambda s: s * S // 2), max_size=40)


def speeds(ts: list[int]) -> list[Record]:
    return [Speed(t, "/speed", float(i)) for i, t in enumerate(ts)]


def pictures(ts: list[int]) -> list[Record]:
    return [Picture(t, "/image", "jpeg", str(i).encode()) for i, t in enumerate(ts)]


def kept(records: list[Record]) -> tuple[list[int], list[bytes], list[str]]:
    """(times, which pictures, kinds of problems) of guarded pictures."""
    found, problems = split_problems(guarded(records))
    return [r.t_ns for r in found], [r.data for r in found], [p.kind for p in problems]


@given(times)
def test_a_guarded_topic_never_goes_back_and_every_record_left_out_is_told(ts: list[int]) -> None:
    for records, strict in ((speeds(ts), False), (pictures(ts), True)):
        found, problems = split_problems(guarded(records))
        assert all(b.t_ns > a.t_ns if strict else b.t_ns >= a.t_ns for a, b in itertools.pairwise(found))
        out = [p for p in problems if "left out" in p.what]
        assert len(found) + len(out) == len(ts)
        assert {p.kind for p in problems} <= {"time-backwards", "time-outlier", "time-jump", "clock-set-back"}


@given(times)
def test_times_that_go_on_from_each_other_stay_as_they_are(ts: list[int]) -> None:
    ts = sorted(set(ts))
    assert split_problems(guarded(speeds(ts)))[0] == speeds(ts)


def test_topics_are_guarded_each_by_itself() -> None:
    guard = Guard()
    records = [*speeds([5]), *pictures([3]), *speeds([6]), *pictures([4])]
    assert {id(r) for record in records for r in guard.check(record)} == {id(r) for r in records}


@pytest.mark.parametrize("wrong", [3600 * S, 10**17, (1 << 63) - CALENDAR - 10 * S])
@pytest.mark.parametrize("at", [0, 1, 10, 18])
def test_a_wrong_stamp_far_ahead_costs_that_one_picture(at: int, wrong: int) -> None:
    good = [CALENDAR + i * 100 * MS for i in range(20)]
    ts = [t + wrong * (i == at) for i, t in enumerate(good)]
    found, which, kinds = kept(pictures(ts))
    assert found == [t for i, t in enumerate(good) if i != at]
    assert which == [str(i).encode() for i in range(20) if i != at]
    assert kinds == ["time-outlier"]


@pytest.mark.parametrize("wrong", [2 * S, 3600 * S, CALENDAR])
def test_a_wrong_stamp_far_behind_costs_that_one_picture(wrong: int) -> None:
    good = [CALENDAR + i * 100 * MS for i in range(20)]
    found, _, kinds = kept(pictures([t - wrong * (i == 7) for i, t in enumerate(good)]))
    assert found == [t for i, t in enumerate(good) if i != 7]
    assert kinds == ["time-backwards"]


@pytest.mark.parametrize("back", [2 * S, 60 * S, CALENDAR // 2])
def test_a_clock_set_back_for_good_is_followed_and_costs_nothing(back: int) -> None:
    good = [CALENDAR + i * 100 * MS for i in range(30)]
    found, which, kinds = kept(pictures([t - back * (i >= 10) for i, t in enumerate(good)]))
    assert found == good
    assert which == [str(i).encode() for i in range(30)]
    assert kinds == ["clock-set-back"]


def test_a_clock_set_back_twice_and_one_that_comes_back_are_followed_too() -> None:
    good = [CALENDAR + i * 100 * MS for i in range(60)]
    backs = [0] * 10 + [60 * S] * 10 + [90 * S] * 10 + [0] * 30
    found, _, kinds = kept(pictures([t - back for t, back in zip(good, backs, strict=True)]))
    assert found == good
    assert kinds == ["clock-set-back"] * 2


def test_a_clock_that_is_late_by_less_than_a_second_costs_that_second_and_moves_nothing() -> None:
    good = [CALENDAR + i * 100 * MS for i in range(40)]
    found, _, kinds = kept(pictures([t - 500 * MS * (i >= 10) for i, t in enumerate(good)]))
    assert found[10:] == [t - 500 * MS for t in good[15:]]
    assert kinds == ["time-backwards"] * 5


def test_a_real_gap_is_kept_and_told_even_before_the_last_picture() -> None:
    for n in (1, 2, FOLLOW + 1):
        ts = [0, S, *(100 * S + i * S for i in range(n))]
        found, _, kinds = kept(pictures(ts))
        assert found == ts
        assert kinds == ["time-jump"]


def test_pictures_minutes_apart_are_all_kept_but_the_wrong_one() -> None:
    ts = [i * 60 * S for i in range(20)]
    found, _, _ = kept(pictures([10**17 if i == 9 else t for i, t in enumerate(ts)]))
    assert found == [t for i, t in enumerate(ts) if i != 9]


def test_a_left_out_picture_of_a_video_still_goes_to_the_decoder_in_its_turn() -> None:
    records = [Picture(t, "/v", "h264", b"%d" % i) for i, t in enumerate([10**17, 0, 1, 10**17, 2])]
    found, problems = split_problems(guarded(records))
    assert [(r.data, r.decode_only) for r in found] == [
        (b"0", True), (b"1", False), (b"2", False), (b"3", True), (b"4", False),
    ]  # fmt: skip
    assert [r.t_ns for r in found] == [0, 0, 1, 1, 2]
    assert len(problems) == 2


def test_what_a_topic_holds_comes_before_what_others_have_later() -> None:
    guard = Guard()
    records = [Speed(0, "/a", 0.0), Speed(1, "/b", 0.0), Speed(6 * S, "/b", 0.0)]
    found = [r.t_ns for record in records for r in guard.check(record)] + [r.t_ns for r in guard.flush()]
    assert found == [1, 0, 6 * S]


def drive(path: Path, records: list[Record]) -> Path:
    with DriveWriter(path) as out:
        for record in records:
            out.write(record)
    return path


def both(ts: list[int]) -> list[Record]:
    """Two speeds for each picture, as a drive has them."""
    return [
        r
        for i, t in enumerate(ts)
        for r in (Speed(t, SPEED_TOPIC, 1.0), picture(t + MS, i), Speed(t + 50 * MS, SPEED_TOPIC, 2.0))
    ]


@pytest.mark.parametrize("hold", [importer.HOLD_BYTES, 1])
@pytest.mark.parametrize("back", [3 * S, 100 * S, 2 * CALENDAR // 3])
def test_a_drive_whose_clock_is_set_back_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, back: int, hold: int
) -> None:
    monkeypatch.setattr(importer, "HOLD_BYTES", hold)
    good = [CALENDAR + i * 100 * MS for i in range(300)]
    path = drive(tmp_path / "d.mcap", both([t - back * (i >= 155) for i, t in enumerate(good)]))
    source = open_source(path)
    records, problems = split_problems(source.records())
    seen = [r.t_ns for r in records]
    assert seen == sorted(seen)
    assert len(records) == 900
    assert max(abs(r.t_ns - g.t_ns) for r, g in zip(records, both(good), strict=True)) < 60 * MS  # type: ignore[operator]
    assert [p.kind for p in problems] == ["clock-set-back"]
    assert source.start_ns == CALENDAR
    part, _ = split_problems(open_source(path, from_s=20, to_s=25).records())
    assert [r.t_ns for r in part] == [t for t in seen if 20 * S <= t - CALENDAR < 25 * S]


def test_wrong_stamps_in_a_drive_cost_those_records_and_nothing_else(tmp_path: Path) -> None:
    good = [CALENDAR + i * 100 * MS for i in range(300)]
    wrong = {50: 10**17, 120: -CALENDAR, 200: -60 * S, 250: 3600 * S}
    records = [picture(t + wrong.get(i, 0), i) for i, t in enumerate(good)]
    source = open_source(drive(tmp_path / "d.mcap", [*records]))
    found, problems = split_problems(source.records())
    assert [r.t_ns for r in found] == [t for i, t in enumerate(good) if i not in wrong]
    assert [p.kind for p in problems] == ["time-outlier", "time-backwards", "time-backwards", "time-outlier"]
    assert source.start_ns == CALENDAR


def test_a_drive_of_one_topic_after_the_other_is_no_clock_set_back(tmp_path: Path) -> None:
    ts = [CALENDAR + i * 100 * MS for i in range(100)]
    records = [*(Speed(t, SPEED_TOPIC, 1.0) for t in ts), *(picture(t, i) for i, t in enumerate(ts))]
    source = open_source(drive(tmp_path / "d.mcap", records))
    found, problems = split_problems(source.records())
    assert [r.t_ns for r in found] == [t for t in ts for _ in range(2)]
    assert problems == []
    assert source.duration_ns == ts[-1] - ts[0]


def test_a_video_in_a_drive_goes_on_when_its_clock_is_set_back(tmp_path: Path) -> None:
    clip = open_source(video(tmp_path / "v.mp4", list(range(0, 4000, 40)))).records()
    records = [r for r in clip if not isinstance(r, Problem)]
    moved = [Picture(CALENDAR + r.t_ns - 9 * S * (i >= 50), r.topic, "h264", r.data) for i, r in enumerate(records)]  # type: ignore[union-attr]
    found, problems = split_problems(open_source(drive(tmp_path / "d.mcap", [*moved])).records())
    assert [r.t_ns for r in found] == [CALENDAR + i * 40 * MS for i in range(100)]
    assert not any(r.decode_only for r in found)
    assert [p.kind for p in problems] == ["clock-set-back"]
