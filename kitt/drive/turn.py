"""How a video says that its pictures are to be shown: turned by quarters, mirrored, or both."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MATRIX = struct.Struct("<9i")


@dataclass(frozen=True)
class Turn:
    """Rows and columns changed over, then mirrored left to right, then top to bottom."""

    swapped: bool = False
    mirrored_x: bool = False
    mirrored_y: bool = False

    def __bool__(self) -> bool:
        return self != Turn()

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture (H, W, 3) as it is to be shown."""
        if self.swapped:
            image = image.transpose(1, 0, 2)
        return np.ascontiguousarray(image[:: -1 if self.mirrored_y else 1, :: -1 if self.mirrored_x else 1])

    def __str__(self) -> str:
        """In words; degrees are counter-clockwise."""
        known = {v: k for k, v in _BY_DEGREES.items()}
        if self in known:
            return f"turned by {known[self]} degrees"
        if self.swapped:
            return f"mirrored and turned by {90 if self.mirrored_x else -90} degrees"
        return "mirrored left to right" if self.mirrored_x else "mirrored top to bottom"


_BY_DEGREES = {0: Turn(), -90: Turn(True, True, False), 180: Turn(False, True, True), 90: Turn(True, False, True)}


def turn_of(frame: Any, video: Any) -> Turn:
    """What the display matrix of a decoded frame says (ISO 14496-12, 8.3.2), to the nearest quarter turn.

    PyAV 13 may give a frame none; then the stream's angle is taken, which knows of no mirror.
    """
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            a, b, _, c, d, *_ = _MATRIX.unpack(bytes(data))
            return Turn(True, c < 0, b < 0) if abs(b) + abs(c) > abs(a) + abs(d) else Turn(False, a < 0, d < 0)
    degrees: float = 0.0 if hasattr(frame, "rotation") else video.side_data.get("DISPLAYMATRIX", 0.0)
    quarters = round(degrees / 90) % 4
    return _BY_DEGREES[(0, 90, 180, -90)[quarters]]
