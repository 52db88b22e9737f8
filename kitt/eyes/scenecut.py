"""Tells when the picture is suddenly another one: a cut in an edited film, a gap in a recording, another camera.

Two thumbnails of brightness are compared by normalised cross-correlation (Lewis, "Fast normalized
cross-correlation", 1995): it ignores gain and offset, so a tunnel's mouth or a change of exposure is no cut.
"""

from __future__ import annotations

import cv2
import numpy as np

from kitt.types import F32, U8

LIKE = 0.4
"""Correlation below which two pictures are of different scenes.

Measured: consecutive frames of three road drives and of the shots of a street film, >= 0.95 and >= 0.55; at an eighth
of their frame rate the drives still reach 0.67. Cuts of that film, <= 0.23; random pairs of dashcam pictures, 0.08 in
the median and 0.4 at the 91st percentile (the rest, alike by chance, is what this misses).
"""
THUMB = (32, 18)
SAMPLES = 128
"""Columns looked at; every other pixel of the picture stays unread."""
BLANK = 4.0
"""Standard deviation of brightness below which a picture shows nothing that could be compared."""


class SceneCut:
    """Compares each picture with the last one that showed something."""

    def __init__(self) -> None:
        self._last: F32 | None = None
        self._shape: tuple[int, ...] = ()

    def process(self, image_bgr: U8) -> bool:
        """True for the first picture of a new scene. `image_bgr` is uint8 (H, W, 3); the first picture is no cut.

        Black or otherwise blank pictures are passed over: what follows is compared with what came before them.
        A change of the picture's size is a cut.
        """
        thumb = _thumbnail(image_bgr)
        if thumb is None:
            return False
        last, self._last = self._last, thumb
        resized, self._shape = image_bgr.shape != self._shape, image_bgr.shape
        return last is not None and (resized or float((last * thumb).sum()) < LIKE)


def _thumbnail(image: U8) -> F32 | None:
    """Brightness as float32 (18, 32) of mean 0 and length 1; None for a blank picture."""
    step = max(1, image.shape[1] // SAMPLES)
    grey = cv2.cvtColor(np.ascontiguousarray(image[::step, ::step]), cv2.COLOR_BGR2GRAY)
    thumb = cv2.resize(grey, THUMB, interpolation=cv2.INTER_AREA).astype(np.float32)
    if thumb.std() < BLANK:
        return None
    thumb -= thumb.mean()
    return np.asarray(thumb / np.linalg.norm(thumb), np.float32)
