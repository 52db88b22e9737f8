"""The files of a replay hold whole lines and whole fragments, whatever the disk refuses."""

import errno
import hashlib
import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from kitt.runtime.outputs.lines import LineFile
from kitt.runtime.outputs.video import Mp4

from .conftest import SIZE


class Full:
    """A file that takes `room` bytes in all, some at a time."""

    def __init__(self, file: Any, room: int) -> None:
        self._file, self._room = file, room

    def write(self, data: bytes) -> int:
        if not self._room:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken: int = self._file.write(data[: min(7, self._room)])
        self._room -= taken
        return taken

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def test_a_line_that_does_not_fit_is_taken_back(tmp_path: Path) -> None:
    lines = LineFile(tmp_path / "a.jsonl")
    lines._file = Full(lines._file, 70)  # type: ignore[assignment]
    lines.write({"index": 0, "text": "é"})
    lines.write({"index": 1, "text": "é"})
    with pytest.raises(OSError, match="No space"):
        lines.write({"index": 2, "text": "é"})
    lines.close()
    data = (tmp_path / "a.jsonl").read_bytes()
    assert [json.loads(line)["index"] for line in data.splitlines()] == [0, 1]
    assert data.endswith(b"\n")
    assert lines.sha256 == hashlib.sha256(data).hexdigest()


def test_a_line_into_nothing_is_the_disks_own_error() -> None:
    lines = LineFile(Path("/dev/full"))
    with pytest.raises(OSError, match="No space"):
        lines.write({"index": 0})


def film(path: Path, frames: int) -> Mp4:
    mp4 = Mp4(path, SIZE, 44_100)
    rng = np.random.default_rng(1)
    for i in range(frames):
        mp4.picture(i / 10, rng.integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8))
        mp4.sound(np.zeros(4410, np.int16))
    return mp4


def test_a_film_that_is_never_closed_plays_up_to_its_last_seconds(tmp_path: Path) -> None:
    mp4 = film(tmp_path / "a.mp4", 40)
    shutil.copy(tmp_path / "a.mp4", tmp_path / "killed.mp4")
    mp4.close()
    seen = 0
    # What is torn is at its end.
    with av.open(str(tmp_path / "killed.mp4")) as killed, suppress(av.error.FFmpegError):
        for _ in killed.decode(video=0):
            seen += 1
    assert seen >= 20


def test_a_closed_film_is_a_plain_mp4(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", 40).close()
    data = (tmp_path / "a.mp4").read_bytes()
    assert b"moof" not in data[:64]
    with av.open(str(tmp_path / "a.mp4")) as whole:
        assert whole.duration == pytest.approx(4_000_000, abs=100_000)
        assert [f.time for f in whole.decode(video=0)] == pytest.approx([i / 10 for i in range(40)], abs=0.001)


def test_a_film_of_one_picture_without_a_sound_is_whole(tmp_path: Path) -> None:
    mp4 = Mp4(tmp_path / "a.mp4", SIZE, 44_100)
    mp4.picture(0.0, np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
    mp4.close()
    with av.open(str(tmp_path / "a.mp4")) as whole:
        assert len(list(whole.decode(video=0))) == 1
