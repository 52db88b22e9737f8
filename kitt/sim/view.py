"""The camera of the generated drive: a level pinhole; and the canvas on which things are painted far to near.

Axes of the scene: x metres to the right of the camera, y metres above the road, z metres ahead of the camera.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kitt.config import CameraCalibration
from kitt.types import F32, F64, U8

Color = tuple[float, float, float]
"""Blue, green, red, 0..255."""
Face = tuple[F64, Color]
"""Corners (N, 3) in the scene's axes, and the colour that fills them."""
Box = tuple[float, float, float, float]

CALIBRATION = CameraCalibration(car_width_m=1.8)
"""1280x720, 1000 px, 1.3 m above the road, level: the defaults are this camera, and they are exact here."""
WIDTH, HEIGHT = CALIBRATION.width_px, CALIBRATION.height_px
FOCAL_PX = CALIBRATION.focal_px
CENTER_X, CENTER_Y = CALIBRATION.center_x_px, CALIBRATION.center_y_px
CAMERA_M = CALIBRATION.camera_height_m
NEAREST_M = 0.5
"""Faces are cut off here: nothing in front of the windscreen is nearer."""
_SUBPIXEL_BITS = 4
_FAR_OFF = 1 << 20


def project(points: F64) -> F64:
    """Pixels float64 (N, 2) of scene points (N, 3); what is nearer than NEAREST_M is taken as that far ahead."""
    z = np.maximum(points[:, 2], NEAREST_M)
    return np.stack([CENTER_X + FOCAL_PX * points[:, 0] / z, CENTER_Y - FOCAL_PX * (points[:, 1] - CAMERA_M) / z], 1)


def bounds(points: F64) -> Box:
    """The box x1 y1 x2 y2 in pixels around projected scene points, not clipped to the picture."""
    px = project(points)
    (x1, y1), (x2, y2) = px.min(0), px.max(0)
    return float(x1), float(y1), float(x2), float(y2)


@dataclass
class Canvas:
    """A picture in the making: uint8 (H, W, 3), and who owns each pixel: uint8 (H, W), 0 = nobody.

    painted: how many pixels an owner painted, in the picture or beside it; extent: the box of those in the picture.
    """

    image: U8
    owner: NDArray[np.uint8]
    painted: dict[int, int]
    extent: dict[int, Box]

    @staticmethod
    def on(image: U8) -> Canvas:
        return Canvas(image, np.zeros(image.shape[:2], np.uint8), {}, {})

    def blend(self, patch: U8, alpha: F32, x: int, y: int, owner: int = 0) -> None:
        """Lay a patch (h, w, 3) with opacity 0..1 (h, w) onto the picture with its upper left at x, y."""
        h, w = alpha.shape
        x1, y1, x2, y2 = max(x, 0), max(y, 0), min(x + w, WIDTH), min(y + h, HEIGHT)
        if x1 >= x2 or y1 >= y2:
            if owner:
                self.painted[owner] = self.painted.get(owner, 0) + int((alpha > 0.5).sum())
            return
        cut = (slice(y1 - y, y2 - y), slice(x1 - x, x2 - x))
        a = alpha[cut][..., None]
        there = self.image[y1:y2, x1:x2]
        there[:] = np.rint(there + (patch[cut].astype(np.float32) - there) * a).astype(np.uint8)
        if owner:
            mask = alpha[cut] > 0.5
            self.owner[y1:y2, x1:x2][mask] = owner
            columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
            if len(columns):
                right, bottom = x1 + int(columns[-1]) + 1, y1 + int(rows[-1]) + 1
                self.extent[owner] = (float(x1 + columns[0]), float(y1 + rows[0]), float(right), float(bottom))
            self.painted[owner] = self.painted.get(owner, 0) + int((alpha > 0.5).sum())

    def faces(self, faces: Sequence[Face], owner: int = 0, opacity: float = 1.0, soft_px: float = 0.0) -> None:
        """Fill faces in their order, anti-aliased as one: several samples a pixel, so neighbours leave no seams."""
        faces = [cut for points, color in faces if len((cut := (_cut_near(points), color))[0])]
        if not faces:
            return
        every = project(np.concatenate([points for points, _ in faces]))
        corners = np.split(every, np.cumsum([len(points) for points, _ in faces])[:-1])
        pad = 2 + math.ceil(3 * soft_px)
        low = np.maximum(np.floor(every.min(0)) - pad, (-WIDTH // 2, -HEIGHT // 2))
        high = np.minimum(np.ceil(every.max(0)) + pad, (WIDTH * 3 // 2, HEIGHT * 3 // 2))
        w, h = (int(v) for v in high - low)
        if w <= 0 or h <= 0 or high[0] <= 0 or high[1] <= 0 or low[0] >= WIDTH or low[1] >= HEIGHT:
            return
        samples = 4 if w * h < 40_000 else 2
        patch = np.zeros((h * samples, w * samples, 3), np.uint8)
        mask = np.zeros((h * samples, w * samples), np.uint8)
        for px, (_, color) in zip(corners, faces, strict=True):
            exact = ((px - low) * samples - 0.5) * (1 << _SUBPIXEL_BITS)
            at = np.rint(np.clip(exact, -_FAR_OFF, _FAR_OFF)).astype(np.int32)
            cv2.fillPoly(patch, [at], color, shift=_SUBPIXEL_BITS)
            cv2.fillPoly(mask, [at], (255,), shift=_SUBPIXEL_BITS)
        # Where nothing was painted the patch is black: weigh by the mask, else edges darken.
        alpha = cv2.resize(mask, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
        color_sum = cv2.resize(patch, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32)
        small = np.minimum(color_sum / np.maximum(alpha, 1 / 255.0)[..., None], 255).astype(np.uint8)
        if soft_px > 0:
            alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), soft_px), np.float32)
            small[:] = np.asarray(faces[0][1], np.uint8)
        self.blend(small, alpha * np.float32(opacity), int(low[0]), int(low[1]), owner)

    def visible(self) -> dict[int, float]:
        """Share of each owner's painted pixels that nothing nearer covers and the picture's edge does not cut."""
        left = np.bincount(self.owner.ravel(), minlength=256)
        return {k: float(left[k]) / n if n else 0.0 for k, n in self.painted.items()}


def _cut_near(points: F64) -> F64:
    """The part of a polygon (N, 3) that is at least NEAREST_M ahead (Sutherland and Hodgman, CACM 1974)."""
    ahead = points[:, 2] >= NEAREST_M
    if ahead.all():
        return points
    kept: list[F64] = []
    for k in range(len(points)):
        a, b = points[k - 1], points[k]
        if ahead[k] != ahead[k - 1]:
            kept.append(a + (b - a) * (NEAREST_M - a[2]) / (b[2] - a[2]))
        if ahead[k]:
            kept.append(b)
    return np.array(kept).reshape(-1, 3)
