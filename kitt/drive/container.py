"""Video containers through PyAV: streams, packets and the times that they tell."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from kitt.drive.bitstream import is_keyframe, parameter_sets
from kitt.drive.digest import Digest, HashingFile
from kitt.errors import KittError

_LENIENT = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
"""PyAV before 19 refuses a file whose title is not UTF-8 unless told otherwise; from 19 on it knows no such option."""
_open: Any = av.open


@contextmanager
def opened(path: Path, digest: Digest | None = None) -> Iterator[Any]:
    """A container open for reading. Raises KittError for what FFmpeg does not understand."""
    with HashingFile(path, digest) as file:
        try:
            container: Any = _open(file, mode="r", **_LENIENT)
        except FFmpegError as e:
            raise KittError(f"{path}: cannot be read as a video: {e.strerror} (cut off while recording?)") from e
        with container:
            yield container


def video_of(path: Path, container: Any) -> Any:
    """The first video stream. Raises KittError where there is none."""
    if not container.streams.video:
        raise KittError(f"{path}: has no pictures")
    return container.streams.video[0]


def in_ns(pts: int, time_base: Any) -> int:
    """A time of a stream in nanoseconds, rounded down."""
    return int(pts * time_base.numerator * 1_000_000_000 // time_base.denominator)


def packets(video: Any) -> Iterator[Any]:
    """The packets of a stream that hold something."""
    for packet in video.container.demux(video):
        if packet.size:
            yield packet


def annex_b(video: Any) -> Iterator[tuple[int | None, bytes, Any]]:
    """(pts, one picture as Annex B, packet), with parameter sets at every keyframe."""
    to_annex_b = av.BitStreamFilterContext("h264_mp4toannexb", video)
    sets = b""
    for packet in packets(video):
        for out in to_annex_b.filter(packet):
            data = bytes(out)
            if is_keyframe(data, "h264"):
                own = parameter_sets(data)
                sets, data = own or sets, data if own else sets + data
            yield out.pts, data, packet


class Clock:
    """Times of pictures in the stream's unit.

    A picture without time follows the one before it at the container's mean rate. An AVI tells no times but those
    of its packets, which with B-frames have another order than the pictures: the first picture shown has the
    first of them, and so on.
    """

    def __init__(self, video: Any) -> None:
        rate = video.average_rate or Fraction(25)
        self._step = max(1, round(1 / (rate * video.time_base)))
        self._next = video.start_time or 0
        self._in_turn = video.container.format.name == "avi" and bool(video.codec_context.has_b_frames)
        self._sent: deque[int] = deque()

    def sent(self, packet: Any) -> None:
        """A packet goes to the decoder."""
        if self._in_turn and packet.dts is not None:
            self._sent.append(packet.dts)

    def lost(self) -> None:
        """The packet sent last gives no picture."""
        if self._sent:
            self._sent.pop()

    def time(self, pts: int | None) -> int:
        """Of the next picture, which itself says `pts`."""
        if self._in_turn:
            pts = self._sent.popleft() if self._sent else None
        at = self._next if pts is None else pts
        self._next = at + self._step
        return int(at)
