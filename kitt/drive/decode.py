"""Pictures to pixels."""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from kitt.drive.records import VIDEO_ENCODINGS, Picture

_CODECS = {"h264": "h264", "h265": "hevc", "vp9": "vp9", "av1": "av1"}
"""Foxglove's names of video formats -> FFmpeg's names of their decoders."""


class BadPicture(ValueError):
    """One picture cannot be decoded; the next may be fine. `str()` of it is the reason, without place or time."""


class PictureDecoder:
    """Decodes the pictures of one topic, in their order; of a video every one must be given, `decode_only` ones too."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._encoding = ""
        self._context: av.VideoCodecContext | None = None

    def decode(self, picture: Picture) -> NDArray[np.uint8]:
        """The pixels of `picture`: uint8 (H, W, 3), blue-green-red. Raises BadPicture.

        For a video without B-frames, which is all that Foxglove allows, each picture gives its own frame at once.
        A video that holds frames back is refused picture by picture; `frames` reads it.
        """
        for t_ns, image in self.frames(picture):
            if t_ns == picture.t_ns:
                return image
        if self._context is not None and self._context.has_b_frames:
            raise BadPicture("this video holds frames back (B-frames), which a drive may not: import the original")
        raise BadPicture("the decoder made no picture of it (its keyframe is missing or it is damaged)")

    def frames(self, picture: Picture) -> list[tuple[int, NDArray[np.uint8]]]:
        """The frames that are ready once `picture` is given, each with its own t_ns; one, if there are no B-frames."""
        if isinstance(picture.data, np.ndarray):
            return [(picture.t_ns, picture.data)]
        if not picture.data:
            raise BadPicture("it has zero bytes")
        if picture.encoding in VIDEO_ENCODINGS:
            return self._video(picture.data, picture)
        return [(picture.t_ns, _image(picture.data, picture.encoding))]

    def flush(self) -> list[tuple[int, NDArray[np.uint8]]]:
        """What a video with B-frames still holds back at its end."""
        if self._context is None:
            return []
        frames = [(int(f.pts or 0), _pixels(f)) for f in self._context.decode(None)]
        self._context = None
        return frames

    def _video(self, data: bytes, picture: Picture) -> list[tuple[int, NDArray[np.uint8]]]:
        if self._context is None or picture.encoding != self._encoding:
            context = av.CodecContext.create(_CODECS[picture.encoding], "r")
            assert isinstance(context, av.VideoCodecContext)
            # Threads by frame would hold frames back.
            context.thread_type = "SLICE"
            self._context, self._encoding = context, picture.encoding
        packet = av.Packet(data)
        packet.pts = packet.dts = picture.t_ns
        packet.time_base = Fraction(1, 1_000_000_000)
        try:
            decoded = self._context.decode(packet)
        except FFmpegError as e:
            raise BadPicture(f"damaged {picture.encoding}: {e.strerror}") from e
        return [(picture.t_ns if f.pts is None else int(f.pts), _pixels(f)) for f in decoded]


def _pixels(frame: av.VideoFrame) -> NDArray[np.uint8]:
    return frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)


def _image(data: bytes, encoding: str) -> NDArray[np.uint8]:
    if encoding == "jpeg":
        if not data.startswith(b"\xff\xd8"):
            raise BadPicture("it is not a JPEG")
        # OpenCV fills up a JPEG that breaks off with grey and says nothing.
        if data.rfind(b"\xff\xd9", 2) < 0:
            raise BadPicture("the JPEG breaks off before its end")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as e:
        raise BadPicture(f"damaged {encoding}: {e.err}") from e
    if image is None:
        raise BadPicture(f"damaged {encoding}")
    return image.astype(np.uint8, copy=False)
