"""What the planes are covered with: asphalt with its markings and verges, rows of houses, a sky with hills."""

from __future__ import annotations

import cv2
import numpy as np

from kitt.sim.draw_planes import Texture
from kitt.sim.view import CENTER_Y, HEIGHT, WIDTH
from kitt.types import F32, F64, U8

ROAD_LENGTH_M, ROAD_WIDTH_M, ROAD_PER_M = 36.0, 34.0, 32.0
LANE_M = 3.5
"""The car drives in the middle of a lane this wide; the oncoming lane is left of it, a parking lane right of it."""
PARKING_M, PAVEMENT_M = 2.3, 3.0
WALL_LENGTH_M, WALL_HEIGHT_M, WALL_PER_M = 72.0, 12.0, 24.0


def road_texture(rng: np.random.Generator) -> Texture:
    """Two lanes with a broken line between, parking lanes with kerbs, pavements, then grass."""
    n, m = round(ROAD_LENGTH_M * ROAD_PER_M), round(ROAD_WIDTH_M * ROAD_PER_M)
    x = (np.arange(m) + 0.5) / ROAD_PER_M - ROAD_WIDTH_M / 2
    z = (np.arange(n) + 0.5) / ROAD_PER_M
    grain = _grain(rng, n, m)
    ground = np.empty((n, m, 3), np.float32)
    ground[:] = (92, 96, 94)
    ground += grain[..., None] * 4.5
    worn = np.exp(-(((np.abs(x) - 0.8) / 0.35) ** 2)) + np.exp(-(((np.abs(x + LANE_M) - 0.8) / 0.35) ** 2))
    ground -= worn[None, :, None] * 7
    left, right = -LANE_M * 1.5 - PARKING_M, LANE_M / 2 + PARKING_M
    paved = (x < left) | (x > right)
    ground[:, paved] = (146, 152, 156)
    ground[:, paved] += grain[:, paved, None] * 5
    slabs = (z % 1.0 < 0.04)[:, None] & paved[None, :]
    ground[slabs] -= 22
    grass = (x < left - PAVEMENT_M) | (x > right + PAVEMENT_M)
    ground[:, grass] = (58, 108, 84)
    ground[:, grass] += grain[:, grass, None] * 8
    for edge in (left, right):
        ground[:, np.abs(x - edge) < 0.09] = (176, 180, 182)
        ground[:, np.abs(x - edge + np.sign(edge) * 0.2) < 0.12] -= 16
    line = np.abs(x + LANE_M / 2) < 0.07
    ground[np.ix_(z % 9.0 < 3.0, line)] = (222, 226, 226)
    for edge in (-LANE_M * 1.5, LANE_M / 2):
        ground[np.ix_(z % 1.5 < 0.75, np.abs(x - edge) < 0.06)] = (206, 210, 210)
    return Texture(np.clip(ground, 0, 255).astype(np.uint8), ROAD_PER_M, ROAD_PER_M)


def wall_texture(rng: np.random.Generator) -> Texture:
    """House fronts of several colours and heights with windows and doors; between them the sky shows through."""
    n, m = round(WALL_LENGTH_M * WALL_PER_M), round(WALL_HEIGHT_M * WALL_PER_M)
    wall = np.zeros((n, m, 4), np.uint8)
    colors = ((150, 170, 188), (120, 134, 170), (176, 186, 190), (138, 150, 146), (112, 128, 152), (164, 158, 172))
    at = 0.0
    for k in range(6):
        wide = WALL_LENGTH_M / 6
        gap, high = float(rng.uniform(0.0, 3.0)), float(rng.uniform(6.5, 11.5))
        _house(wall, at + gap, at + wide, high, np.array(colors[k]), rng)
        at += wide
    return Texture(wall, WALL_PER_M, WALL_PER_M)


def _house(wall: U8, begin_m: float, end_m: float, high_m: float, color: F64, rng: np.random.Generator) -> None:
    def fill(z1: float, z2: float, y1: float, y2: float, bgr: tuple[float, ...]) -> None:
        z = slice(round(z1 * WALL_PER_M), round(z2 * WALL_PER_M))
        wall[z, round(y1 * WALL_PER_M) : round(y2 * WALL_PER_M)] = (*np.clip(bgr, 0, 255).astype(np.uint8), 255)

    fill(begin_m, end_m, 0.0, high_m, tuple(color))
    fill(begin_m, end_m, 0.0, 0.7, tuple(color * 0.7))
    fill(begin_m, end_m, high_m - 0.3, high_m, tuple(color * 0.55))
    count = max(int((end_m - begin_m) / 2.6), 1)
    step = (end_m - begin_m) / count
    door = int(rng.integers(count))
    for k in range(count):
        z = begin_m + (k + 0.5) * step
        for floor in range(int((high_m - 0.8) / 3.0)):
            y = 1.0 + floor * 3.0
            if floor == 0 and k == door:
                fill(z - 0.55, z + 0.55, 0.0, 2.2, (52, 60, 78))
                continue
            fill(z - 0.62, z + 0.62, y - 0.08, y + 1.58, tuple(np.minimum(color * 1.2, 240)))
            glass = float(rng.uniform(0.7, 1.3))
            fill(z - 0.52, z + 0.52, y, y + 1.5, (104 * glass, 92 * glass, 82 * glass))
            fill(z - 0.03, z + 0.03, y, y + 1.5, (214, 216, 216))


def backdrop(rng: np.random.Generator) -> U8:
    """Sky, clouds, hills and the haze at the road's end: uint8 (H, W, 3), what stays where it is while one drives."""
    rows = np.linspace(0.0, 1.0, HEIGHT)[:, None, None]
    high, low = np.array([212.0, 178.0, 150.0]), np.array([236.0, 230.0, 222.0])
    image = np.tile(high + (low - high) * np.minimum(rows * 2.0, 1.0), (1, WIDTH, 1))
    clouds = sum(
        cv2.resize(rng.standard_normal((10 * 2**k, 5 * 2**k)).astype(np.float32), (WIDTH, HEIGHT), interpolation=2)
        / 2**k
        for k in range(4)
    )
    image = image + np.clip(np.asarray(clouds) - 0.3, 0, 1.2)[..., None] * np.minimum(1.0, 1.6 - 2 * rows) * 16
    x = np.arange(WIDTH)
    for phase, tall, color in ((0.3, 34, (176, 172, 160)), (1.9, 20, (128, 140, 128))):
        ridge = CENTER_Y - tall * (0.55 + 0.25 * np.sin(x / 171.0 + phase) + 0.2 * np.sin(x / 47.0 + 2 * phase))
        image[np.arange(HEIGHT)[:, None] > ridge[None, :]] = color
    image[int(CENTER_Y) :] = (122, 130, 128)
    return np.asarray(np.clip(image, 0, 255), np.uint8)


def _grain(rng: np.random.Generator, n: int, m: int) -> F32:
    """Noise of several sizes that tiles along its first axis, standard deviation about 1."""
    total = np.zeros((n, m), np.float32)
    for cell, weight in ((1, 0.45), (6, 0.5), (40, 0.7)):
        coarse = rng.standard_normal((n // cell, m // cell + 1)).astype(np.float32)
        tiled = np.concatenate([coarse, coarse, coarse])
        grown = cv2.resize(tiled, (m, 3 * n), interpolation=cv2.INTER_LINEAR)
        total += weight * grown[n : 2 * n]
    return total
