"""Several recordings of one drive become one, each on topics of its own, at times that go together."""

from __future__ import annotations

import wave
from collections import Counter
from pathlib import Path

import pytest

from kitt.drive.merge import merge
from kitt.drive.records import AUDIO_TOPIC, SPEED_TOPIC, VIDEO_TOPIC, Record, Speed
from kitt.drive.source import Source, open_source
from kitt.drive.transfer import import_drive
from kitt.drive.writer import DriveWriter
from kitt.errors import KittError
from tests.drive.making import S, foreign, picture, split_problems, video


def drive(path: Path, records: list[Record]) -> Path:
    with DriveWriter(path) as out:
        for record in records:
            out.write(record)
    return path


def sound(path: Path, seconds: float = 1.0, level: int = 1) -> Path:
    with wave.open(str(path), "wb") as f:
        f.setparams((1, 2, 8000, 0, "NONE", ""))
        f.writeframes(bytes([level, 0]) * int(8000 * seconds))
    return path


def table(path: Path, first_s: int = 0, mps: int = 1) -> Path:
    path.write_text("t_s,speed_mps\n" + "".join(f"{first_s + i},{mps}\n" for i in range(3)))
    return path


def topics(source: Source) -> Counter[str]:
    return Counter(r.topic for r in split_problems(source.records())[0])


def test_recordings_of_one_drive_share_zero_unless_all_have_calendar_times(tmp_path: Path) -> None:
    calendar = 1_700_000_000 * S
    a = open_source(drive(tmp_path / "a.mcap", [picture(calendar + i * S) for i in range(3)]))
    b = open_source(drive(tmp_path / "b.mcap", [Speed(i * S + S // 2, SPEED_TOPIC, 1.0) for i in range(3)]))
    c = open_source(drive(tmp_path / "c.mcap", [Speed(calendar + i * S + 7, SPEED_TOPIC, 1.0) for i in range(3)]))
    half = S // 2
    assert [r.t_ns for r in merge([a, b]).records()] == [0, half, S, S + half, 2 * S, 2 * S + half]
    assert [r.t_ns - calendar for r in merge([a, c]).records()] == [0, 7, S, S + 7, 2 * S, 2 * S + 7]
    shifted = merge([a, b], offset_s=100.0)
    assert [r.t_ns for r in shifted.records()][-1] == 102 * S + half
    assert "do their clocks agree" in shifted.notes[0]
    assert shifted.picture_count == 3


def test_what_begins_before_the_first_recording_moves_all_so_that_none_is_before_zero(tmp_path: Path) -> None:
    clip, speeds = video(tmp_path / "v.mp4", [0, 40, 80]), table(tmp_path / "s.csv")
    done = import_drive([clip, speeds], tmp_path / "d.mcap", offset_s=-5)
    assert "--offset -5: times start 5 s before v.mp4" in done.source.notes
    records, problems = split_problems(open_source(tmp_path / "d.mcap").records())
    assert problems == []
    assert [r.t_ns for r in records if isinstance(r, Speed)] == [0, S, 2 * S]
    assert [r.t_ns for r in records if r.topic == VIDEO_TOPIC] == [5 * S, 5 * S + S // 25, 5 * S + 2 * S // 25]


@pytest.mark.parametrize("offset_s", [float("nan"), float("inf"), float("-inf"), 1e300, -1e12])
def test_an_offset_that_is_no_time_is_refused(tmp_path: Path, offset_s: float) -> None:
    with pytest.raises(KittError, match=r"^--offset .*: write seconds from"):
        merge([open_source(table(tmp_path / "a.csv")), open_source(table(tmp_path / "b.csv"))], offset_s)


def test_an_offset_with_nothing_to_move_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KittError, match="only one is given"):
        merge([open_source(table(tmp_path / "a.csv"))], 1.0)


def test_two_sounds_two_videos_and_two_speeds_get_topics_of_their_own_and_say_so(tmp_path: Path) -> None:
    a = video(tmp_path / "a.mp4", list(range(0, 1000, 40)), sound_rate_hz=16000)
    b = video(tmp_path / "b.mp4", list(range(0, 800, 40)))
    done = import_drive(
        [
            a,
            b,
            sound(tmp_path / "c.wav"),
            sound(tmp_path / "d.wav"),
            table(tmp_path / "s.csv"),
            table(tmp_path / "t.csv"),
        ],
        tmp_path / "d.mcap",
    )
    assert {t: n for t, n in done.topics.items() if t.startswith("/c") or t.startswith("/v")} == {
        VIDEO_TOPIC: 25,
        f"{VIDEO_TOPIC}_2": 20,
        SPEED_TOPIC: 3,
        f"{SPEED_TOPIC}_2": 3,
    }
    assert {AUDIO_TOPIC, f"{AUDIO_TOPIC}_2", f"{AUDIO_TOPIC}_3"} < set(done.topics)
    assert f"d.wav: {AUDIO_TOPIC} is taken; it goes to {AUDIO_TOPIC}_3" in done.source.notes
    assert not done.problems
    assert [p.kind for p in split_problems(open_source(tmp_path / "d.mcap").records())[1]] == ["skipped-topic"]


def test_pieces_one_after_the_other_stay_on_one_topic(tmp_path: Path) -> None:
    first, then = open_source(table(tmp_path / "a.csv")), open_source(table(tmp_path / "b.csv"))
    assert topics(merge([first, then], 10.0)) == {SPEED_TOPIC: 6}
    assert topics(merge([first, then], 2.0)) == {SPEED_TOPIC: 3, f"{SPEED_TOPIC}_2": 3}


def test_what_kitt_does_not_understand_is_moved_with_the_rest(tmp_path: Path) -> None:
    with DriveWriter(tmp_path / "a.mcap") as out:
        out.write(picture(1_700_000_000 * S))
        out.write_raw(foreign("/radar", 1_700_000_000 * S + 1))
    import_drive([tmp_path / "a.mcap", table(tmp_path / "s.csv")], tmp_path / "d.mcap")
    found, _ = split_problems(open_source(tmp_path / "d.mcap", others=True).records())
    assert [(r.topic, r.t_ns) for r in found if r.topic == "/radar"] == [("/radar", 1)]
