"""What is written is an MCAP that any reader opens, in chunks of a second, and whole whatever happens."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mcap.reader import make_reader
from mcap.records import Chunk, Message
from mcap.stream_reader import StreamReader

from kitt.drive import mcap_write
from kitt.drive.records import (
    AUDIO_TOPIC,
    CAN_TOPIC,
    FIX_TOPIC,
    IMAGE_TOPIC,
    SPEED_TOPIC,
    CanFrame,
    Fix,
    Picture,
    Sound,
    Speed,
)
from kitt.drive.source import open_source
from kitt.drive.writer import BoxNote, DriveWriter, TextNote
from kitt.errors import KittError
from tests.drive.making import (
    S,
    decoded_from_the_file_alone,
    foreign,
    image,
    jpeg,
    picture,
    small_drive,
    split_problems,
)


@contextmanager
def disk_of(n_bytes: int) -> Iterator[None]:
    """Files may not grow beyond `n_bytes`, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def write_pictures(writer: DriveWriter, n: int) -> None:
    for i in range(n):
        writer.write(picture(i * S // 4, i))


def test_every_message_can_be_decoded_with_the_descriptor_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "d.mcap"
    with DriveWriter(path) as writer:
        writer.write(picture(1 * S + 5))
        writer.write(Sound(1 * S + 5, AUDIO_TOPIC, 16000, np.array([[1, -2], [3, 4]], np.int16)))
        writer.write(Speed(1 * S + 5, SPEED_TOPIC, 12.5))
        writer.write(CanFrame(1 * S + 5, CAN_TOPIC, 1, 0x7DF, b"\x01\x02"))
        writer.write(Fix(1 * S + 5, FIX_TOPIC, 48.1, 11.5, 520.0))
        writer.write_annotations(1 * S + 5, [BoxNote(1, 2, 30, 40, "car")], [TextNote(0, 10, "brake")])
    with path.open("rb") as f:
        found = {
            c.topic: decoded_from_the_file_alone(s, m.data) for s, c, m in make_reader(f, True).iter_messages() if s
        }
    assert all((m.timestamp.seconds, m.timestamp.nanos) == (1, 5) for m in found.values())
    assert found[IMAGE_TOPIC].data == jpeg()
    assert found[IMAGE_TOPIC].format == "jpeg"
    assert (found[AUDIO_TOPIC].format, found[AUDIO_TOPIC].number_of_channels) == ("pcm-s16", 2)
    assert found[AUDIO_TOPIC].data == b"\x01\x00\xfe\xff\x03\x00\x04\x00"
    assert found[SPEED_TOPIC].speed_mps == 12.5
    assert (found[CAN_TOPIC].bus, found[CAN_TOPIC].id, found[CAN_TOPIC].data) == (1, 0x7DF, b"\x01\x02")
    assert (found[FIX_TOPIC].latitude, found[FIX_TOPIC].altitude) == (48.1, 520.0)
    notes = found["/kitt/annotations"]
    assert [(p.x, p.y) for p in notes.points[0].points] == [(1, 2), (30, 2), (30, 40), (1, 40)]
    assert [t.text for t in notes.texts] == ["car", "brake"]


@pytest.mark.parametrize("compression", ["", "lz4", "zstd"])
def test_no_chunk_holds_more_than_a_second(tmp_path: Path, compression: str) -> None:
    path = small_drive(tmp_path / "d.mcap", seconds=6, compression=compression)
    with path.open("rb") as f:
        chunks = [r for r in StreamReader(f, emit_chunks=True).records if isinstance(r, Chunk)]
    assert len(chunks) >= 5
    assert all(0 <= c.message_end_time - c.message_start_time <= S for c in chunks)
    assert {c.compression for c in chunks} == {compression}


@pytest.mark.parametrize("compression", ["", "lz4", "zstd"])
def test_the_mcap_librarys_reader_agrees_on_summary_messages_and_checksums(tmp_path: Path, compression: str) -> None:
    path = small_drive(tmp_path / "d.mcap", compression=compression)
    with path.open("rb") as f:
        reader = make_reader(f, validate_crcs=True)
        summary = reader.get_summary()
        messages = list(reader.iter_messages())
        attachments = list(reader.iter_attachments())
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == len(messages) == 24
    assert (summary.statistics.message_start_time, summary.statistics.message_end_time) == (0, 11 * S // 4)
    assert [(a.name, a.data) for a in attachments] == [("camera.toml", b"focal_px = 1000.0\n")]
    with path.open("rb") as f:
        assert sum(type(r).__name__ == "Message" for r in StreamReader(f, validate_crcs=True).records) == 24


def test_a_raw_picture_becomes_a_jpeg_that_looks_the_same(tmp_path: Path) -> None:
    path = tmp_path / "d.mcap"
    with DriveWriter(path) as writer:
        writer.write(Picture(0, IMAGE_TOPIC, "raw", image(3)))
    (found,), _ = split_problems(open_source(path).records())
    assert found.encoding == "jpeg"


def test_a_copied_message_keeps_every_byte(tmp_path: Path) -> None:
    first, second = small_drive(tmp_path / "a.mcap"), tmp_path / "b.mcap"
    with DriveWriter(second) as writer:
        writer.write_raw(foreign("/radar", 0, b"\x00\x01"))
        for record in open_source(first).records():
            writer.write(record)

    def messages(path: Path) -> list[tuple[str, int, bytes, bytes]]:
        with path.open("rb") as f:
            return [(c.topic, m.log_time, m.data, s.data) for s, c, m in make_reader(f).iter_messages() if s]

    assert sorted(messages(second)) == sorted([("/radar", 0, b"\x00\x01", b""), *messages(first)])


def test_an_existing_file_is_refused_without_force(tmp_path: Path) -> None:
    path = small_drive(tmp_path / "d.mcap")
    before = path.read_bytes()
    with pytest.raises(KittError, match=r"d\.mcap: exists already; use --force"):
        DriveWriter(path)
    assert path.read_bytes() == before
    DriveWriter(path, force=True).close()
    with pytest.raises(KittError, match="is a folder"):
        DriveWriter(tmp_path, force=True)
    with pytest.raises(KittError, match=r"cannot write: No such file"):
        DriveWriter(tmp_path / "none" / "d.mcap")


@pytest.mark.parametrize("room", [30_000, 41_234, 66_666])
def test_a_full_disk_leaves_a_whole_file_of_all_chunks_before(tmp_path: Path, room: int) -> None:
    path = tmp_path / "d.mcap"
    writer = DriveWriter(path)
    with (
        disk_of(room),
        pytest.raises(KittError, match=r"d\.mcap: cannot write: .*; closed after the last whole"),
    ):
        write_pictures(writer, 1000)
    writer.close()
    with path.open("rb") as f:
        times = [m.log_time for _, _, m in make_reader(f, validate_crcs=True).iter_messages()]
    assert times == [i * S // 4 for i in range(len(times))]
    assert room - path.stat().st_size < 12_000
    with pytest.raises(KittError, match="already closed"):
        write_pictures(writer, 1000)


def test_a_disk_too_full_for_the_summary_leaves_every_chunk(tmp_path: Path) -> None:
    from kitt.drive.repair import repair_drive

    path = tmp_path / "d.mcap"
    writer = DriveWriter(path)
    for i in range(16):
        writer.write(picture(i * S // 4, i))
    writer._out.flush()
    with disk_of(path.stat().st_size + 10), pytest.raises(KittError, match="kitt drive repair"):
        writer.close()
    assert repair_drive(path, tmp_path / "r.mcap").messages == 16


def test_room_for_the_summary_is_kept_when_others_fill_the_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk]).returncode:
        pytest.skip("may not mount a small file system here")
    try:
        writer = DriveWriter(disk / "d.mcap")
        for i in range(40):
            writer.write(picture(i * S, i))
        with suppress(OSError), (disk / "other").open("wb", buffering=0) as other:
            while other.write(bytes(4096)):
                pass
        with pytest.raises(KittError, match="closed after the last whole chunk"):
            write_pictures(writer, 4000)
        assert writer.is_whole
        pictures, problems = split_problems(open_source(disk / "d.mcap").records())
        assert len(pictures) >= 38
        assert problems == []
        assert sorted(p.name for p in disk.iterdir()) == ["d.mcap", "other"]
    finally:
        subprocess.run(["umount", "--lazy", disk], capture_output=True)


@pytest.mark.parametrize("place", ["write", "flush", "message"])
def test_an_interruption_in_the_midst_of_writing_leaves_a_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    calls = 0
    module, name = {
        "write": (mcap_write, "_write_all"),
        "flush": (mcap_write.McapWriter, "_new_chunk"),
        "message": (Message, "write"),
    }[place]
    plain = getattr(module, name)

    def interrupted(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 6 and place == "message":
            arguments[1].write(b"half")
        else:
            plain(*arguments)
        if calls == 6:
            raise KeyboardInterrupt

    def run() -> None:
        with DriveWriter(tmp_path / "d.mcap") as writer:
            writer.attach("a", b"1")
            monkeypatch.setattr(module, name, interrupted)
            write_pictures(writer, 80)

    with pytest.raises(KeyboardInterrupt):
        run()
    monkeypatch.undo()
    with (tmp_path / "d.mcap").open("rb") as f:
        found = list(make_reader(f, validate_crcs=True).iter_messages())
    assert len(found) >= (0 if place == "message" else 20)
    _, problems = split_problems(open_source(tmp_path / "d.mcap").records())
    assert problems == []
