"""The road and the rows of houses beside it: textured planes in true perspective that slide past as the car drives.

A plane that holds the direction of travel maps to the picture by one fixed pair of maps; driving only shifts the
texture along. Far away a pixel covers many texels, so the texture is kept in several blurs, each averaged over what a
pixel of its distance covers, along and across (mipmaps: Williams, "Pyramidal Parametrics", 1983), and every row of
the road, or column of the wall, takes the one made for its distance.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from kitt.sim.view import CAMERA_M, CENTER_X, CENTER_Y, FOCAL_PX, HEIGHT, WIDTH
from kitt.types import F32, F64, I64, U8

FAR_M = 260.0
"""Beyond it is haze."""
LEVELS = 14


@dataclass(frozen=True)
class Texture:
    """uint8 (along, across, channels), tileable along; 4 channels carry opacity. Texels a metre in both directions."""

    texels: U8
    along_per_m: float
    across_per_m: float

    @property
    def length_m(self) -> float:
        return float(self.texels.shape[0] / self.along_per_m)


@dataclass(frozen=True)
class _Band:
    """Picture rectangle whose pixels share one blur of the texture, and where each of them looks (metres)."""

    x1: int
    x2: int
    y1: int
    y2: int
    across: F32
    along_m: F32
    blurred: U8


class Plane:
    """A textured plane seen by the camera. Make one by `road` or `wall`; `paint` it for a position of the car."""

    def __init__(self, texture: Texture, bands: list[_Band]) -> None:
        self._texture, self._bands = texture, bands

    @staticmethod
    def road(texture: Texture) -> Plane:
        """The road, its middle column right below the camera."""
        rows: I64 = np.arange(int(CENTER_Y) + 1, HEIGHT)
        z = FOCAL_PX * CAMERA_M / (rows + 0.5 - CENTER_Y)
        rows, z = rows[z < FAR_M], z[z < FAR_M]
        bands = []
        for low, high in _split(z):
            zs = z[low:high]
            across_m = (np.arange(WIDTH) + 0.5 - CENTER_X)[None, :] * zs[:, None] / FOCAL_PX
            across = across_m * texture.across_per_m + texture.texels.shape[1] / 2 - 0.5
            middle = float(np.median(zs))
            blurred = _blur(texture, middle**2 / (FOCAL_PX * CAMERA_M), middle / FOCAL_PX)
            along = np.broadcast_to(zs[:, None], across.shape)
            y1 = int(rows[low])
            bands.append(_Band(0, WIDTH, y1, y1 + high - low, _f32(across), _f32(along), blurred))
        return Plane(texture, bands)

    @staticmethod
    def wall(texture: Texture, x_m: float) -> Plane:
        """An upright plane `x_m` beside the camera, along the road; the texture's across is height above the road."""
        columns: I64 = np.arange(WIDTH)
        z = FOCAL_PX * x_m / (columns + 0.5 - CENTER_X)
        seen = (z > 0) & (z < FAR_M)
        columns, z = columns[seen], z[seen]
        top_m = texture.texels.shape[1] / texture.across_per_m
        bands = []
        for low, high in _split(z):
            zs, near = z[low:high], float(np.min(z[low:high]))
            y1 = max(int(np.floor(CENTER_Y - FOCAL_PX * (top_m - CAMERA_M) / near)), 0)
            y2 = min(int(np.ceil(CENTER_Y + FOCAL_PX * CAMERA_M / near)) + 1, HEIGHT)
            rows = np.arange(y1, y2)
            up_m = CAMERA_M - (rows + 0.5 - CENTER_Y)[:, None] * zs[None, :] / FOCAL_PX
            across = up_m * texture.across_per_m - 0.5
            middle = float(np.median(zs))
            blurred = _blur(texture, middle**2 / (FOCAL_PX * abs(x_m)), middle / FOCAL_PX)
            along = np.broadcast_to(zs[None, :], across.shape)
            x1 = int(columns[low])
            bands.append(_Band(x1, x1 + high - low, y1, y2, _f32(across), _f32(along), blurred))
        return Plane(texture, bands)

    def paint(self, image: U8, travelled_m: float) -> None:
        """Paint it onto a picture uint8 (H, W, 3), with the car `travelled_m` from the texture's beginning."""
        length, per_m = self._texture.texels.shape[0], self._texture.along_per_m
        shift = np.float32((travelled_m % self._texture.length_m) * per_m)
        for b in self._bands:
            along = np.mod(b.along_m * np.float32(per_m) + shift, np.float32(length))
            # Ground goes on beside its texture; a wall ends with it.
            solid = b.blurred.shape[2] == 3
            border = cv2.BORDER_REPLICATE if solid else cv2.BORDER_CONSTANT
            seen = cv2.remap(b.blurred, b.across, along, cv2.INTER_LINEAR, borderMode=border)
            there = image[b.y1 : b.y2, b.x1 : b.x2]
            if solid:
                there[:] = seen
            else:
                alpha = seen[..., 3:].astype(np.float32) / 255.0
                there[:] = (there + (seen[..., :3].astype(np.float32) - there) * alpha).astype(np.uint8)


def _split(z: NDArray[np.floating[Any]]) -> list[tuple[int, int]]:
    """Stretches (low, high) of rows or columns, in their order, whose distances share a level of blur."""
    nearest = float(np.min(z))
    level = np.floor(np.log(z / nearest) / np.log(FAR_M / nearest) * LEVELS)
    edges = [0, *(np.flatnonzero(np.diff(level)) + 1).tolist(), len(z)]
    return list(itertools.pairwise(edges))


def _blur(texture: Texture, along_m: float, across_m: float) -> U8:
    """The texture averaged over a pixel's footprint in metres; a row is added at the end so that it tiles smoothly."""
    along = min(max(round(along_m * texture.along_per_m), 1), texture.texels.shape[0])
    across = max(round(across_m * texture.across_per_m), 1)
    tiled = np.concatenate([texture.texels] * 3)
    soft = cv2.blur(tiled, (across, along), borderType=cv2.BORDER_REPLICATE)
    n = texture.texels.shape[0]
    return np.ascontiguousarray(soft[n : 2 * n + 1])


def _f32(values: F64) -> F32:
    return np.ascontiguousarray(values, np.float32)
