"""A drive's summary is told without reading the drive."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitt.drive.digest import HashingFile
from kitt.drive.info import drive_info
from kitt.drive.records import IMAGE_TOPIC, SPEED_TOPIC
from kitt.drive.writer import DriveWriter
from tests.drive.making import S, foreign, picture, small_drive, video


def test_topics_counts_rates_attachments(tmp_path: Path) -> None:
    info = drive_info(small_drive(tmp_path / "d.mcap", seconds=5, fps=4))
    assert (info.kind, info.duration_s, info.problems) == ("mcap", 4.75, [])
    assert [(t.name, t.schema, t.count, t.rate_hz, t.is_read) for t in info.topics] == [
        (SPEED_TOPIC, "kitt.VehicleSpeed", 20, 4.0, True),
        (IMAGE_TOPIC, "foxglove.CompressedImage", 20, 4.0, True),
    ]
    assert info.attachments == [("camera.toml", 18)]


def test_little_of_a_long_drive_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "d.mcap"
    noise = foreign("/blob", 0, bytes(20_000))
    with DriveWriter(path) as writer:
        for i in range(1200):
            noise.message.log_time = i * S
            writer.write_raw(noise)
        writer.write(picture(1200 * S))
    read: list[int] = []
    original = HashingFile.read

    def counted(self: HashingFile, n: int = -1) -> bytes:
        data = original(self, n)
        read.append(len(data))
        return data

    monkeypatch.setattr(HashingFile, "read", counted)
    info = drive_info(path)
    assert [t.count for t in info.topics] == [1200, 1]
    assert 0 < sum(read) < path.stat().st_size / 100
    assert len(read) < 10


def test_a_drive_that_breaks_off_says_where_and_names_the_remedy(tmp_path: Path) -> None:
    data = small_drive(tmp_path / "d.mcap").read_bytes()
    (tmp_path / "cut.mcap").write_bytes(data[: len(data) // 2])
    info = drive_info(tmp_path / "cut.mcap")
    assert {t.name: t.count for t in info.topics} == {SPEED_TOPIC: None, IMAGE_TOPIC: None}
    assert "breaks off at byte" in info.problems[0]
    assert "kitt drive repair" in info.problems[0]


def test_a_drive_without_pictures_or_with_time_going_back_is_told(tmp_path: Path) -> None:
    with DriveWriter(tmp_path / "d.mcap") as writer:
        for t in (0, 5, 3, 8):
            writer.write_raw(foreign("/radar", t * S))
        writer.write_raw(foreign("/blob", 9 * S, schema=""))
    info = drive_info(tmp_path / "d.mcap")
    assert info.problems == ["it has no pictures that kitt can read", "at 1 places of the file its time goes backwards"]
    assert [t.is_read for t in info.topics] == [False, False]


def test_other_recordings_are_told_too(tmp_path: Path) -> None:
    info = drive_info(video(tmp_path / "v.mp4", [0, 40, 80]))
    assert (info.kind, info.notes) == ("video", ["3 pictures", "h264 is copied"])
