"""overlay.mp4: H.264 and AAC through PyAV, each picture at its own time."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from kitt.types import U8

VIDEO_CLOCK = 90_000
"""Ticks a second, as MPEG has them: exact for every usual frame rate."""


class Mp4:
    """Pictures with time stamps and one mono sound track into one MP4 file; complete after `close`."""

    def __init__(self, path: Path, size: tuple[int, int], audio_rate_hz: int) -> None:
        self.size = (size[0] // 2 * 2, size[1] // 2 * 2)
        self._out = av.open(str(path), "w", options={"movflags": "+faststart"})
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
        self._out.mux(self._video.encode(None))
        if self._samples:
            self._out.mux(self._audio.encode(None))
        self._out.close()
