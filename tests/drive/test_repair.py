"""A file cut off anywhere gives back every whole message before the cut, and says where it broke."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from mcap.reader import make_reader
from mcap.records import Chunk, Message
from mcap.stream_reader import StreamReader, breakup_chunk
from mcap.writer import Writer

from kitt.drive.repair import repair_drive
from kitt.drive.source import open_source
from kitt.drive.writer import DriveWriter
from kitt.errors import KittError
from tests.drive.making import S, picture, small_drive, split_problems


def ends(data: bytes, path: Path) -> tuple[list[int], list[int]]:
    """(end of each message's chunk, end of each message) in the file, found with the mcap library."""
    path.write_bytes(data)
    with path.open("rb") as f:
        chunks = [r for r in StreamReader(f, emit_chunks=True).records if isinstance(r, Chunk)]
    whole, single, at = [], [], 0
    for chunk in chunks:
        at = data.index(chunk.data, at)
        inside = 0
        sizes = [9 + 22 + len(r.data) for r in breakup_chunk(chunk) if isinstance(r, Message)]
        whole += [at + len(chunk.data)] * len(sizes)
        if not chunk.compression:
            for size in sizes:
                # Messages lie one after the other, but for schemas and channels between them.
                while struct.unpack_from("<B", chunk.data, inside)[0] != 5:
                    inside += 9 + struct.unpack_from("<Q", chunk.data, inside + 1)[0]
                inside += size
                single.append(at + inside)
        at += len(chunk.data)
    return whole, single


@pytest.mark.parametrize("compression", ["", "zstd"])
def test_every_prefix_gives_back_what_is_whole_in_it(tmp_path: Path, compression: str) -> None:
    data = small_drive(tmp_path / "d.mcap", compression=compression).read_bytes()
    whole, single = ends(data, tmp_path / "copy.mcap")
    assert len(whole) == 24
    boundaries = {e + d for e in (*whole, *single) for d in (-1, 0, 1)}
    cut, fixed = tmp_path / "cut.mcap", tmp_path / "fixed.mcap"
    for n in sorted(boundaries | set(range(60, len(data) - 1, 487)) | {len(data) - 1, len(data) - 9, len(data) - 40}):
        if n >= len(data):
            continue
        cut.write_bytes(data[:n])
        done = repair_drive(cut, fixed, force=True)
        expected = sum(e <= n for e in (single or whole))
        assert done.messages == expected, f"cut at {n}"
        assert done.broken_at is not None
        assert done.broken_at <= n
        assert not done.had_summary
        records, problems = split_problems(open_source(cut).records())
        assert len(records) == expected
        assert [p.kind for p in problems] == ["truncated"]
        assert f"byte {done.broken_at}" in problems[0].what
        assert "kitt drive repair" in problems[0].what


def test_a_repaired_file_is_whole(tmp_path: Path) -> None:
    data = small_drive(tmp_path / "d.mcap").read_bytes()
    (tmp_path / "cut.mcap").write_bytes(data[: len(data) * 2 // 3])
    done = repair_drive(tmp_path / "cut.mcap", tmp_path / "fixed.mcap")
    assert 0 < done.partial < done.messages
    assert done.attachments == 1
    with (tmp_path / "fixed.mcap").open("rb") as f:
        reader = make_reader(f, validate_crcs=True)
        assert len(list(reader.iter_messages())) == done.messages
        assert [a.name for a in reader.iter_attachments()] == ["camera.toml"]
    again = repair_drive(tmp_path / "fixed.mcap", tmp_path / "again.mcap")
    assert (again.broken_at, again.messages, len(again.problems)) == (None, done.messages, 0)


def test_zeros_after_a_power_loss_are_the_place_where_it_breaks(tmp_path: Path) -> None:
    data = small_drive(tmp_path / "d.mcap").read_bytes()
    whole, _ = ends(data, tmp_path / "copy.mcap")
    n = whole[10]
    (tmp_path / "cut.mcap").write_bytes(data[:n] + bytes(5000))
    done = repair_drive(tmp_path / "cut.mcap", tmp_path / "fixed.mcap")
    assert done.messages == sum(e <= n for e in whole)
    assert done.broken_at == n


def test_a_damaged_chunk_is_told_and_the_others_come_back(tmp_path: Path) -> None:
    data = bytearray(small_drive(tmp_path / "d.mcap", compression="zstd").read_bytes())
    whole, _ = ends(bytes(data), tmp_path / "copy.mcap")
    second = sorted(set(whole))[1]
    data[second - 40 : second - 20] = bytes(20)
    (tmp_path / "bad.mcap").write_bytes(data)
    done = repair_drive(tmp_path / "bad.mcap", tmp_path / "fixed.mcap")
    assert done.messages == sum(e != second for e in whole)
    assert done.problems.counts() == {"damaged": 1}
    _, problems = split_problems(open_source(tmp_path / "bad.mcap").records())
    assert [p.kind for p in problems] == ["damaged"]


def test_a_wrong_checksum_of_an_uncompressed_chunk_is_told_and_its_messages_kept(tmp_path: Path) -> None:
    data = bytearray(small_drive(tmp_path / "d.mcap").read_bytes())
    _, single = ends(bytes(data), tmp_path / "copy.mcap")
    data[single[5] - 30] ^= 255
    (tmp_path / "bad.mcap").write_bytes(data)
    done = repair_drive(tmp_path / "bad.mcap", tmp_path / "fixed.mcap")
    assert done.messages == 24
    assert "checksum" in done.problems.lines()[0]


def test_a_recording_itself_is_never_overwritten(tmp_path: Path) -> None:
    path = small_drive(tmp_path / "d.mcap")
    with pytest.raises(KittError, match="is the recording itself"):
        repair_drive(path, path, force=True)
    (tmp_path / "link.mcap").symlink_to(path)
    with pytest.raises(KittError, match="is the recording itself"):
        repair_drive(path, tmp_path / "link.mcap", force=True)


def test_repair_keeps_messages_whose_time_goes_back(tmp_path: Path) -> None:
    with DriveWriter(tmp_path / "d.mcap") as writer:
        for t_ns in (10 * S, 11 * S, 3 * S, 12 * S):
            writer.write(picture(t_ns))
    assert repair_drive(tmp_path / "d.mcap", tmp_path / "fixed.mcap").messages == 4


def test_a_file_without_chunks_gives_back_every_whole_message(tmp_path: Path) -> None:
    path = tmp_path / "d.mcap"
    ends = []
    with path.open("wb") as f:
        writer = Writer(f, use_chunking=False)
        writer.start()
        channel = writer.register_channel("/blob", "", 0)
        for i in range(5):
            writer.add_message(channel, i * S, bytes(50 + i), i * S)
            ends.append(f.tell())
    data = path.read_bytes()
    for n in sorted({e + d for e in ends for d in (-1, 0, 1)} & set(range(len(data) + 1))):
        path.write_bytes(data[:n])
        done = repair_drive(path, tmp_path / "fixed.mcap", force=True)
        assert done.messages == sum(e <= n for e in ends), f"cut at {n}"
        assert done.broken_at == max((e for e in ends if e <= n), default=done.broken_at)
