"""Whatever the recording is, records come in one order of time, and what is wrong is told."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from mcap.writer import CompressionType, Writer

from kitt.drive.importers import mcap as importer
from kitt.drive.records import CAN_TOPIC, IMAGE_TOPIC, SPEED_TOPIC, CanFrame, Other, Picture, Speed
from kitt.drive.schemas import MESSAGES, descriptor_set
from kitt.drive.source import open_source
from kitt.drive.writer import DriveWriter
from kitt.errors import KittError
from tests.drive.making import S, foreign, jpeg, picture, small_drive, split_problems


def drive(path: Path, records: list[object], compression: str = "") -> Path:
    with DriveWriter(path, compression=compression) as writer:
        for record in records:
            writer.write(record)  # type: ignore[arg-type]
    return path


def test_records_come_by_time_and_at_one_time_the_cars_state_before_the_picture(tmp_path: Path) -> None:
    path = drive(
        tmp_path / "d.mcap",
        [
            picture(0),
            CanFrame(0, CAN_TOPIC, 0, 1, b""),
            Speed(0, SPEED_TOPIC, 1.0),
            picture(S),
            Speed(S // 2, SPEED_TOPIC, 2.0),
            Speed(S, SPEED_TOPIC, 3.0),
        ],
    )
    records, problems = split_problems(open_source(path).records())
    assert [(r.t_ns, type(r).__name__) for r in records] == [
        (0, "Speed"),
        (0, "CanFrame"),
        (0, "Picture"),
        (S // 2, "Speed"),
        (S, "Speed"),
        (S, "Picture"),
    ]
    assert not problems


def test_a_source_tells_of_the_drive_without_reading_it(tmp_path: Path) -> None:
    source = open_source(small_drive(tmp_path / "d.mcap"))
    assert (source.kind, source.start_ns, source.duration_ns, source.picture_count) == ("mcap", 0, 11 * S // 4, 12)
    assert source.attachments == {"camera.toml": b"focal_px = 1000.0\n"}


@pytest.mark.parametrize("read_first", [False, True])
@pytest.mark.parametrize("from_s", [None, 1.5])
def test_the_digest_is_that_of_the_file(tmp_path: Path, read_first: bool, from_s: float | None) -> None:
    path = small_drive(tmp_path / "d.mcap")
    source = open_source(path, from_s=from_s)
    if read_first:
        list(source.records())
    assert source.sha256() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert source.sha256() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_from_and_to_are_seconds_since_the_start(tmp_path: Path) -> None:
    path = drive(tmp_path / "d.mcap", [picture(100 * S + i * S) for i in range(10)])
    records, _ = split_problems(open_source(path, from_s=3, to_s=5).records())
    assert [r.t_ns // S for r in records] == [103, 104]
    with pytest.raises(KittError, match="--to 3 must be later than --from 5"):
        open_source(path, from_s=5, to_s=3)


def test_a_picture_whose_time_goes_back_is_left_out_and_told(tmp_path: Path) -> None:
    times = [0, S, 2 * S, S + 1, 2 * S, 3 * S]
    records, problems = split_problems(open_source(drive(tmp_path / "d.mcap", list(map(picture, times)))).records())
    assert [r.t_ns for r in records] == [0, S, 2 * S, 3 * S]
    assert [(p.kind, p.t_ns) for p in problems] == [("time-backwards", S + 1), ("time-backwards", 2 * S)]
    assert "time goes back by 1.000 s" in problems[0].what
    assert "same time" in problems[1].what


def test_a_picture_of_a_video_whose_time_goes_back_still_reaches_the_decoder(tmp_path: Path) -> None:
    key = b"\x00\x00\x00\x01\x67\x00\x00\x00\x01\x65"
    pictures = [Picture(t, "/v", "h264", key) for t in (0, S, S // 2, 2 * S)]
    records, problems = split_problems(open_source(drive(tmp_path / "d.mcap", list(pictures))).records())
    assert [(r.t_ns, r.decode_only) for r in records] == [(0, False), (S, False), (S, True), (2 * S, False)]
    assert len(problems) == 1


def test_a_gap_between_pictures_is_told_and_nothing_left_out(tmp_path: Path) -> None:
    path = drive(tmp_path / "d.mcap", [picture(0), picture(S), picture(3601 * S)])
    records, problems = split_problems(open_source(path).records())
    assert len(records) == 3
    assert [(p.kind, p.what) for p in problems] == [("time-jump", "no picture for 3600.0 s before this one")]


def test_unknown_topics_are_told_once_each_with_their_number(tmp_path: Path) -> None:
    with DriveWriter(tmp_path / "d.mcap") as writer:
        for i in range(5):
            writer.write(picture(i * S))
            writer.write_raw(foreign("/radar", i * S))
            writer.write_raw(foreign("/lidar", i * S, schema="sensor_msgs/msg/PointCloud2", encoding="cdr"))
    records, problems = split_problems(open_source(tmp_path / "d.mcap").records())
    assert len(records) == 5
    assert {(p.where, p.kind, p.count) for p in problems} == {
        ("/radar", "skipped-topic", 5),
        ("/lidar", "skipped-topic", 5),
    }
    records, _ = split_problems(open_source(tmp_path / "d.mcap", others=True).records())
    assert Counter(type(r) for r in records) == {Picture: 5, Other: 10}


def test_an_unknown_encoding_or_a_broken_message_is_told_and_the_rest_read(tmp_path: Path) -> None:
    bad = MESSAGES["foxglove.CompressedImage"](format="tiff", data=b"x").SerializeToString()
    with DriveWriter(tmp_path / "d.mcap") as writer:
        writer.write(picture(0))
        writer.write_raw(foreign(IMAGE_TOPIC, S, bad, schema="foxglove.CompressedImage"))
        writer.write_raw(foreign(SPEED_TOPIC, S, b"\xff\xff", schema="kitt.VehicleSpeed"))
        writer.write(picture(2 * S))
    records, problems = split_problems(open_source(tmp_path / "d.mcap").records())
    assert [r.t_ns for r in records] == [0, 2 * S]
    assert [(p.kind, p.where) for p in problems] == [("unknown-encoding", IMAGE_TOPIC), ("bad-record", SPEED_TOPIC)]


def foreign_drive(path: Path, compression: CompressionType, chunked: bool, summary: bool) -> Path:
    """A drive as another program writes it: other topics, two cameras, written camera by camera."""
    with path.open("wb") as f:
        writer = Writer(
            f,
            chunk_size=600,
            compression=compression,
            use_chunking=chunked,
            use_statistics=summary,
            repeat_channels=summary,
            use_summary_offsets=summary,
        )
        writer.start()
        kind = MESSAGES["foxglove.CompressedImage"]
        schema = writer.register_schema("foxglove.CompressedImage", "protobuf", descriptor_set(kind))
        for name in ("/cam_left", "/cam_right"):
            channel = writer.register_channel(name, "protobuf", schema)
            for i in range(20):
                data = kind(format="jpg", data=jpeg(i)).SerializeToString()
                writer.add_message(channel, i * S // 10, data, i * S // 10)
        writer.finish()
    return path


@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("summary", [True, False])
@pytest.mark.parametrize("compression", [CompressionType.NONE, CompressionType.ZSTD, CompressionType.LZ4])
def test_drives_of_others_are_read(tmp_path: Path, compression: CompressionType, chunked: bool, summary: bool) -> None:
    path = foreign_drive(tmp_path / "d.mcap", compression, chunked, summary)
    records, problems = split_problems(open_source(path).records())
    assert [(r.topic, r.t_ns, r.encoding) for r in records] == [("/cam_left", i * S // 10, "jpeg") for i in range(20)]
    assert [(p.where, p.count) for p in problems] == [("/cam_right", 20)]
    assert "--topic" in problems[0].what
    records, _ = split_problems(open_source(path, topic="/cam_right").records())
    assert [(r.topic, r.t_ns) for r in records] == [("/cam_right", i * S // 10) for i in range(20)]
    with pytest.raises(KittError, match=r"no pictures on topic /rear; topics with pictures: /cam_left, /cam_right"):
        open_source(path, topic="/rear")


def test_a_drive_written_topic_by_topic_is_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [picture(i * S // 4) for i in range(40)]
    speeds = [Speed(i * S // 4, SPEED_TOPIC, float(i)) for i in range(40)]
    path = drive(tmp_path / "d.mcap", [*pictures, *speeds])
    for hold in (importer.HOLD_BYTES, 1):
        monkeypatch.setattr(importer, "HOLD_BYTES", hold)
        records, problems = split_problems(open_source(path).records())
        assert [r.t_ns for r in records] == sorted(r.t_ns for r in [*pictures, *speeds])
        assert [type(r) for r in records] == [Speed, Picture] * 40
        assert not problems


def test_what_is_not_a_drive_is_one_clear_line(tmp_path: Path) -> None:
    cases = {
        "none.mcap": (None, "no such file or folder"),
        "empty.mcap": (b"", "the file is empty"),
        "text.mcap": (b"hello, this is no drive", "not an MCAP file"),
        "head.mcap": (b"\x89MCAP", "breaks off after 5 bytes"),
        "notes.txt": (b"hello", "not a recording that kitt reads; it reads csv"),
    }
    for name, (data, message) in cases.items():
        if data is not None:
            (tmp_path / name).write_bytes(data)
        with pytest.raises(KittError, match=message) as e:
            open_source(tmp_path / name)
        assert "\n" not in str(e.value)
        assert name in str(e.value)
    with DriveWriter(tmp_path / "ros.mcap") as writer:
        writer.write_raw(foreign("/image", 0, schema="sensor_msgs/msg/Image", encoding="cdr"))
    with pytest.raises(KittError, match=r"it has /image \(sensor_msgs/msg/Image, cdr\)|this has /image"):
        open_source(tmp_path / "ros.mcap")


def test_any_file_with_the_magic_of_mcap_is_a_drive(tmp_path: Path) -> None:
    small_drive(tmp_path / "d.mcap").rename(tmp_path / "drive.bin")
    assert open_source(tmp_path / "drive.bin").kind == "mcap"


def test_random_bytes_after_the_magic_never_raise_anything_else(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    good = small_drive(tmp_path / "d.mcap").read_bytes()
    for round_ in range(150):
        data = bytearray(good)
        for at in rng.integers(8, len(data), 1 + round_ % 40):
            data[at] = rng.integers(256)
        (tmp_path / "bad.mcap").write_bytes(data)
        try:
            source = open_source(tmp_path / "bad.mcap")
            times = [r.t_ns for r in split_problems(source.records())[0]]
        except KittError:
            continue
        assert times == sorted(times)


def test_a_topic_in_another_encoding_is_left_out_with_that_encoding(tmp_path: Path) -> None:
    raw = foreign("/cam", S, b"{}", "foxglove.CompressedImage", "jsonschema")
    raw.channel.message_encoding = "json"
    with DriveWriter(tmp_path / "d.mcap") as out:
        out.write(Picture(S, "/camera/front/image", "jpeg", jpeg(1)))
        out.write(Other(S, "/cam", raw))
    problems = split_problems(open_source(tmp_path / "d.mcap").records())[1]
    assert [p.what for p in problems] == [
        "1 messages of foxglove.CompressedImage left out: kitt does not read its encoding 'json'"
    ]
