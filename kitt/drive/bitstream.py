"""What must be known of a video's pictures without decoding them: which are keyframes, which look ahead.

H.264 and H.265: ITU-T H.264 (7.3.1, 7.3.3) and H.265 (7.3.1.2), Annex B of each; VP9 and AV1: their bitstream
specifications.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_START = re.compile(rb"\x00\x00\x01")
IDR, SPS, PPS = 5, 7, 8
_B_SLICES = (1, 6)
"""slice_type of B slices; 6 says that every slice of the picture is one."""


def nal_units(data: bytes) -> Iterator[bytes]:
    """Each NAL unit of an Annex B stream, start codes left away."""
    starts = [m.end() for m in _START.finditer(data)]
    for at, following in zip(starts, [*(s - 3 for s in starts[1:]), len(data)], strict=False):
        yield data[at:following].rstrip(b"\x00") if following < len(data) else data[at:]


def is_keyframe(data: bytes, encoding: str) -> bool:
    """Whether decoding may start with this picture."""
    if not data:
        return False
    if encoding == "h264":
        return any(u and u[0] & 31 == IDR for u in nal_units(data))
    if encoding == "h265":
        return any(u and 16 <= (u[0] >> 1 & 63) <= 23 for u in nal_units(data))
    if encoding == "vp9":
        return data[0] & 0b1100_1100 == 0b1000_0000
    # AV1: a sequence header, after the temporal delimiter if there is one.
    at = 2 if data[:2] == b"\x12\x00" else 0
    return len(data) > at and data[at] >> 3 & 15 == 1


def has_b_slice(data: bytes) -> bool:
    """Whether an H.264 picture has a B slice."""
    return any(unit and unit[0] & 31 in (1, IDR) and _slice_type(unit) in _B_SLICES for unit in nal_units(data))


def parameter_sets(data: bytes) -> bytes:
    """The SPS and PPS of an H.264 picture or of an Annex B header, with start codes."""
    return b"".join(b"\x00\x00\x00\x01" + u for u in nal_units(data) if u and u[0] & 31 in (SPS, PPS))


def _slice_type(unit: bytes) -> int:
    """Second number of a slice header; the first, first_mb_in_slice, is skipped."""
    bits = int.from_bytes(unit[1:12].ljust(11, b"\x00"), "big")
    position = 88
    value = 0
    for _ in range(2):
        zeros = 0
        while position and not bits >> (position - 1) & 1:
            zeros += 1
            position -= 1
        position -= zeros + 1
        value = (bits >> max(position, 0) & ((1 << (zeros + 1)) - 1)) - 1
    return value
