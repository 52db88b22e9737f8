"""What flows out of a drive: one frozen dataclass a kind of record, each with its time and its topic.

Time is integer nanoseconds: of the Unix epoch where the recording has it, else since the recording's start.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from mcap.records import Channel, Message, Schema
    from numpy.typing import NDArray

IMAGE_TOPIC = "/camera/front/image"
VIDEO_TOPIC = "/camera/front/video"
AUDIO_TOPIC = "/microphone/audio"
FIX_TOPIC = "/gps/fix"
SPEED_TOPIC = "/vehicle/speed"
CAN_TOPIC = "/vehicle/can"
ANNOTATIONS_TOPIC = "/kitt/annotations"

VIDEO_ENCODINGS = ("h264", "h265", "vp9", "av1")
"""Encodings whose pictures build on earlier ones: none may be left out of what the decoder is given."""
IMAGE_ENCODINGS = ("jpeg", "png", "webp")


@dataclass(frozen=True, eq=False)
class Raw:
    """A message as it lies in its MCAP, for copies that change nothing. `schema` is None where it has none."""

    schema: Schema | None
    channel: Channel
    message: Message


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of one camera.

    encoding: 'jpeg', 'png', 'webp', 'h264', 'h265', 'vp9', 'av1' with `data` bytes, or 'raw' with `data`
    uint8 (H, W, 3) blue-green-red. An H.264 picture is one access unit, Annex B.
    decode_only: give it to the decoder and to nobody else. It lies before the asked start of a video whose
    later pictures build on it, or its time stamp is worthless.
    """

    t_ns: int
    topic: str
    encoding: str
    data: bytes | NDArray[np.uint8]
    decode_only: bool = False
    raw: Raw | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Sound:
    """Sound: int16 (n, channels), its first sample at `t_ns`."""

    t_ns: int
    topic: str
    rate_hz: int
    samples: NDArray[np.int16]
    raw: Raw | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Speed:
    """The car's own speed, metres a second, negative when it reverses."""

    t_ns: int
    topic: str
    speed_mps: float
    raw: Raw | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class CanFrame:
    """One frame of the CAN bus numbered `bus`; ids above 0x7FF are extended ones."""

    t_ns: int
    topic: str
    bus: int
    id: int
    data: bytes
    raw: Raw | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Fix:
    """A satellite fix, WGS 84; `altitude_m` is NaN where it is not known."""

    t_ns: int
    topic: str
    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    raw: Raw | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, eq=False)
class Other:
    """A message that kitt does not understand, kept for a copy; only from `open_source(..., others=True)`."""

    t_ns: int
    topic: str
    raw: Raw


@dataclass(frozen=True)
class Problem:
    """Something met on the way that was survived, to be counted and reported.

    t_ns: where in the drive, None where it concerns all of it. where: file, topic or place in the file.
    what: one clear line. kind: one of `PROBLEM_KINDS`, to count by. count: how many records it concerns.
    """

    t_ns: int | None
    where: str
    what: str
    kind: str = "bad-record"
    count: int = 1


PROBLEM_KINDS = {
    "truncated": "the file breaks off",
    "damaged": "a stretch of the file does not match its checksum or cannot be read",
    "bad-record": "one record cannot be understood",
    "skipped-topic": "a topic that kitt does not read",
    "unknown-encoding": "pictures or sound in an encoding that kitt does not know",
    "time-backwards": "a record not later than the one before it on its topic",
    "time-outlier": "records far ahead of those before and after them",
    "clock-set-back": "a clock was set back, and its times are moved from there on",
    "time-jump": "pictures stop for a while or the clock was set",
}

TimedRecord: TypeAlias = Picture | Sound | Speed | CanFrame | Fix | Other
Record: TypeAlias = TimedRecord | Problem
