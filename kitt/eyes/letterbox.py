"""A part of the camera's picture into the network's input, and the network's boxes back onto the picture.

One resize keeps the aspect and writes straight into a buffer that is allocated once; the rest of the buffer stays
the pad colour for good. Bilinear, not area: on 1280x720 -> 576x320 area costs ten times as much (see docs/results.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from kitt.types import F32, U8

PAD = 114
"""Grey of the padding, 0..255; the value YOLO models are trained with, and no edge to the eye of the others."""


@dataclass(frozen=True)
class Region:
    """A rectangle of the picture in whole pixels, inside it."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class InputSpec:
    """How the network wants its picture. `scale` is what a pixel value 0..255 is multiplied by."""

    width: int
    height: int
    channels_first: bool
    dtype: np.dtype[Any]
    scale: float = 1.0
    name: str = "images"


class Letterbox:
    """Fits `region` of a blue-green-red picture into the input of one network as red-green-blue, centred."""

    def __init__(self, region: Region, spec: InputSpec) -> None:
        self.region = region
        self.spec = spec
        self.scale = min(spec.width / region.width, spec.height / region.height)
        """Input pixels per picture pixel."""
        width = min(max(round(region.width * self.scale), 1), spec.width)
        height = min(max(round(region.height * self.scale), 1), spec.height)
        left, top = (spec.width - width) // 2, (spec.height - height) // 2
        self._size = (width, height)
        # the factors that the resize really used, after rounding to whole pixels
        self._factor = np.array([width / region.width, height / region.height] * 2, np.float32)
        self._shift = np.array([left, top] * 2, np.float32)
        self._origin = np.array([region.x, region.y] * 2, np.float32)
        rows, columns = slice(top, top + height), slice(left, left + width)
        integer = np.issubdtype(spec.dtype, np.integer)
        shape = (1, 3, spec.height, spec.width) if spec.channels_first else (1, spec.height, spec.width, 3)
        self.buffer: NDArray[Any] = np.full(shape, PAD if integer else PAD * spec.scale, spec.dtype)
        """What the network reads: (1, 3, H, W) or (1, H, W, 3), overwritten by the next `fill`."""
        self._planes = self.buffer[0][:, rows, columns] if spec.channels_first else None
        inside = None if spec.channels_first else self.buffer[0][rows, columns]
        self._inside = inside
        self._direct = inside is not None and spec.dtype == np.uint8
        self._small: U8 = inside if self._direct and inside is not None else np.empty((height, width, 3), np.uint8)

    def fill(self, image: U8) -> NDArray[Any]:
        """Put `image`, uint8 (H, W, 3), into the buffer and return the buffer."""
        r = self.region
        part = image[r.y : r.y + r.height, r.x : r.x + r.width]
        cv2.resize(part, self._size, dst=self._small, interpolation=cv2.INTER_LINEAR)
        if self._direct:
            cv2.cvtColor(self._small, cv2.COLOR_BGR2RGB, dst=self._small)
        elif self._planes is not None and self.spec.dtype == np.uint8:
            for channel in range(3):
                cv2.extractChannel(self._small, 2 - channel, self._planes[channel])
        else:
            rgb = self._small[:, :, ::-1]
            target = self._inside if self._planes is None else self._planes
            assert target is not None
            np.multiply(
                rgb if self._planes is None else rgb.transpose(2, 0, 1),
                self.spec.dtype.type(self.spec.scale),
                out=target,
                casting="unsafe",
            )
        return self.buffer

    def to_picture(self, xyxy: F32) -> F32:
        """Boxes float32 (N, 4) from input pixels to pixels of the whole picture; not clipped."""
        return np.asarray((xyxy - self._shift) / self._factor + self._origin, np.float32)
