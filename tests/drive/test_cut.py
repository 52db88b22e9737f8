"""A piece of a drive is the same messages, from a keyframe on where a video needs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcap.reader import make_reader

from kitt.drive.bitstream import is_keyframe
from kitt.drive.cut import cut_drive
from kitt.drive.decode import PictureDecoder
from kitt.drive.records import Picture
from kitt.drive.source import open_source
from kitt.drive.transfer import import_drive
from kitt.drive.writer import DriveWriter
from kitt.errors import KittError
from tests.drive.making import S, foreign, picture, small_drive, split_problems, video


def messages(path: Path) -> list[tuple[str, int, bytes]]:
    with path.open("rb") as f:
        return [(c.topic, m.log_time, m.data) for _, c, m in make_reader(f, validate_crcs=True).iter_messages()]


def test_a_piece_holds_the_messages_of_its_time_and_all_attachments(tmp_path: Path) -> None:
    path, out = small_drive(tmp_path / "d.mcap", seconds=5), tmp_path / "cut.mcap"
    done = cut_drive(path, out, from_s=1.25, to_s=3.5)
    expected = [m for m in messages(path) if 1.25 * S <= m[1] < 3.5 * S]
    assert messages(out) == expected
    assert (done.messages, done.from_s, done.to_s, done.attachments) == (len(expected), 1.25, 3.5, 1)
    assert open_source(out).attachments == open_source(path).attachments


@pytest.mark.parametrize(("from_s", "to_s"), [(None, None), (None, 2.0), (2.0, None)])
def test_an_end_left_away_is_the_drives_own(tmp_path: Path, from_s: float | None, to_s: float | None) -> None:
    path, out = small_drive(tmp_path / "d.mcap", seconds=5), tmp_path / "cut.mcap"
    cut_drive(path, out, from_s=from_s, to_s=to_s)
    low, high = (from_s or 0) * S, (to_s or 99) * S
    assert messages(out) == [m for m in messages(path) if low <= m[1] < high]


def test_what_kitt_does_not_read_is_cut_too(tmp_path: Path) -> None:
    with DriveWriter(tmp_path / "d.mcap") as writer:
        for i in range(6):
            writer.write(picture(i * S))
            writer.write_raw(foreign("/radar", i * S, bytes([i])))
    cut_drive(tmp_path / "d.mcap", tmp_path / "cut.mcap", from_s=2, to_s=4)
    assert [m[2] for m in messages(tmp_path / "cut.mcap") if m[0] == "/radar"] == [b"\x02", b"\x03"]


def test_a_video_is_cut_at_the_keyframe_before(tmp_path: Path) -> None:
    import_drive([video(tmp_path / "v.mp4", list(range(0, 4000, 40)), sound_rate_hz=16000)], tmp_path / "d.mcap")
    done = cut_drive(tmp_path / "d.mcap", tmp_path / "cut.mcap", from_s=1.3, to_s=2.0)
    records, problems = split_problems(open_source(tmp_path / "cut.mcap").records())
    pictures = [r for r in records if isinstance(r, Picture)]
    assert done.from_s == 1.2
    assert min(r.t_ns for r in records) >= 1.2 * S
    assert [p.t_ns // 1_000_000 for p in pictures] == list(range(1200, 2000, 40))
    assert is_keyframe(bytes(pictures[0].data), "h264")
    assert not problems
    decoder = PictureDecoder("/")
    assert all(decoder.decode(p).shape == (48, 64, 3) for p in pictures)


@pytest.mark.parametrize("from_s", [1.2, 1.3, 2.96])
def test_replay_from_the_middle_of_a_video_leads_in_from_the_keyframe_before(tmp_path: Path, from_s: float) -> None:
    import_drive([video(tmp_path / "v.mp4", list(range(0, 4000, 40)))], tmp_path / "d.mcap")
    pictures, _ = split_problems(open_source(tmp_path / "d.mcap", from_s=from_s, to_s=3.5).records())
    decoder = PictureDecoder("/")
    for p in pictures:
        decoder.decode(p)
        assert p.decode_only == (p.t_ns < round(from_s * S))
    assert is_keyframe(bytes(pictures[0].data), "h264")
    assert next(p.t_ns for p in pictures if not p.decode_only) == -(-round(from_s * 1000) // 40) * 40_000_000


def test_a_drive_that_breaks_off_is_cut_as_far_as_it_goes(tmp_path: Path) -> None:
    data = small_drive(tmp_path / "d.mcap", seconds=5).read_bytes()
    (tmp_path / "broken.mcap").write_bytes(data[: len(data) // 2])
    done = cut_drive(tmp_path / "broken.mcap", tmp_path / "cut.mcap", from_s=1, to_s=4)
    assert 0 < done.messages < 24
    assert done.problems.counts() == {"truncated": 1}


def test_wrong_ends_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    path, out = small_drive(tmp_path / "d.mcap"), tmp_path / "cut.mcap"
    with pytest.raises(KittError, match=r"--from 99 is after its end, 2\.750 s"):
        cut_drive(path, out, from_s=99)
    with pytest.raises(KittError, match="--to 1 must be later than --from 2"):
        cut_drive(path, out, from_s=2, to_s=1)
    assert not out.exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1e300])
def test_seconds_that_are_no_time_are_refused_before_anything_is_written(tmp_path: Path, value: float) -> None:
    path = small_drive(tmp_path / "d.mcap")
    for option in ("from_s", "to_s"):
        with pytest.raises(KittError, match=rf"^--{option[:-2]} .*: write seconds from 0"):
            cut_drive(path, tmp_path / "c.mcap", **{option: value})
        with pytest.raises(KittError, match=rf"^--{option[:-2]} .*: write seconds from 0"):
            open_source(path, **{option: value})
    assert not (tmp_path / "c.mcap").exists()
