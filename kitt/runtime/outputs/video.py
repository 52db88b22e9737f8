"""overlay.mp4: H.264 and AAC through PyAV, each picture at its own time.

While it grows it is a fragmented MP4, whose whole fragments play whatever becomes of the rest; `close` makes a plain
one of it (FFmpeg's hybrid_fragmented, since 7.1). An older FFmpeg writes a plain one, which plays once it is closed.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from kitt.types import U8

VIDEO_CLOCK = 90_000
"""Ticks a second, as MPEG has them: exact for every usual frame rate."""
_HYBRID = av.library_versions["libavformat"] >= (61, 7, 0)
# A fragment a second; delay_moov, since the sound's start is known only once there is some.
_FLAGS = (
    {"movflags": "hybrid_fragmented+delay_moov", "frag_duration": "1000000"} if _HYBRID else {"movflags": "+faststart"}
)


class Mp4:
    """Pictures with time stamps and one mono sound track into one MP4 file; complete after `close`."""

    def __init__(self, path: Path, size: tuple[int, int], audio_rate_hz: int) -> None:
        self.size = (size[0] // 2 * 2, size[1] // 2 * 2)
        self._path = path
        self._out = av.open(str(path), "w", options=_FLAGS)
        # ultrafast: on a small machine the encoder must not starve the detector
        self._video = self._out.add_stream("libx264", options={"preset": "ultrafast", "crf": "23", "threads": "1"})
        self._video.width, self._video.height = self.size
        self._video.pix_fmt = "yuv420p"
        self._video.time_base = Fraction(1, VIDEO_CLOCK)
        self._video.codec_context.time_base = Fraction(1, VIDEO_CLOCK)
        self._audio = self._out.add_stream("aac", rate=audio_rate_hz, layout="mono")
        self._audio_rate = audio_rate_hz
        self._samples = 0
        self._pts = -1

    def picture(self, t_s: float, image: U8) -> None:
        """Add a picture, uint8 (H, W, 3) BGR, shown from `t_s` on; another size is scaled to the first one's."""
        if (image.shape[1], image.shape[0]) != self.size:
            image = np.asarray(cv2.resize(image, self.size, interpolation=cv2.INTER_AREA), np.uint8)
        yuv = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8)
        frame = av.VideoFrame.from_ndarray(yuv, format="yuv420p")
        # two pictures within a tick would be refused by the container
        self._pts = max(round(t_s * VIDEO_CLOCK), self._pts + 1)
        frame.pts = self._pts
        frame.time_base = Fraction(1, VIDEO_CLOCK)
        self._out.mux(self._video.encode(frame))

    def sound(self, samples: NDArray[np.int16]) -> None:
        """Append mono samples, int16 (n,), straight after the last ones."""
        if not len(samples):
            return
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self._audio_rate
        frame.pts = self._samples
        frame.time_base = Fraction(1, self._audio_rate)
        self._samples += len(samples)
        self._out.mux(self._audio.encode(frame))

    def close(self) -> None:
        """End the file. Raises OSError where the disk refuses; the file then ends after its last whole fragment, and
        one that has none, which nobody could play, is removed."""
        try:
            self._out.mux(self._video.encode(None))
            if self._samples:
                self._out.mux(self._audio.encode(None))
            self._out.close()
        except OSError:
            with suppress(OSError):
                self._out.close()
            _cut_back(self._path)
            raise


def _cut_back(path: Path) -> None:
    """Cut an MP4 that breaks off after its last whole fragment: a moof box and the mdat box that follows it."""
    end = at = moof = 0
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        while at + 8 <= size:
            file.seek(at)
            length, kind = struct.unpack(">I4s", file.read(8))
            if length == 1:
                length = int.from_bytes(file.read(8), "big")
            at += length
            if length < 8 or at > size:
                break
            if kind == b"moof":
                moof = at
            elif kind == b"mdat" and at - length == moof:
                end = at
        file.truncate(end)
    if not end:
        path.unlink()
