"""Cars as a few dozen shaded faces: a profile swept across the width, with windows, lights, plate, wheels, shadow.

The profile runs from under the rear bumper over the roof to under the front one; every point has its own width, so
the cabin leans inwards. What matters is that a detector trained on photographs takes it for a car; how often it does
is measured by tools/check_sample_recall.py.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from kitt.sim.view import CAMERA_M, FOCAL_PX, Canvas, Color, Face
from kitt.types import F64

PROFILE = np.array(
    [  # metres from the rear, metres above the road, half the width there
        (0.10, 0.24, 0.78),
        (0.02, 0.36, 0.86),
        (0.00, 0.56, 0.89),
        (0.05, 0.62, 0.90),
        (0.08, 0.92, 0.88),
        (0.14, 1.00, 0.85),
        (0.52, 1.40, 0.68),
        (0.72, 1.48, 0.62),
        (1.70, 1.52, 0.61),
        (2.35, 1.45, 0.62),
        (3.15, 1.00, 0.80),
        (4.05, 0.82, 0.84),
        (4.30, 0.70, 0.86),
        (4.36, 0.48, 0.88),
        (4.36, 0.34, 0.87),
        (4.28, 0.20, 0.80),
    ]
)
LENGTH_M, HEIGHT_M, WIDTH_M = 4.36, 1.52, 1.80
WAIST = (5, 10)
"""Points between which the cabin stands on the body."""
REAR_WINDOW, REAR_PANEL, WINDSCREEN, NOSE, BUMPER = 5, 3, 9, 12, 1
AXLES_M, WHEEL_M = (0.82, 3.45), 0.32
GLASS: Color = (58, 52, 46)
RUBBER: Color = (28, 27, 27)
SKY = np.array([238.0, 226.0, 214.0])


@dataclass(frozen=True)
class Paint:
    """Colour of the body, blue-green-red 0..255, and the plate's."""

    body: Color
    plate: Color = (225, 228, 228)


def outline(near_m: float, lateral_m: float, oncoming: bool) -> F64:
    """Every corner of the car (N, 3) in the scene's axes; its box is theirs."""
    z = _ahead(PROFILE[:, 0], near_m, oncoming)
    both = [np.stack([lateral_m + side * PROFILE[:, 2], PROFILE[:, 1], z], 1) for side in (-1, 1)]
    wheels = [
        (lateral_m + side * x, 0.0, float(_ahead(np.array([_tread(axle, oncoming)]), near_m, oncoming)[0]))
        for axle in AXLES_M
        for side in (-1, 1)
        for x in (0.62, 0.82)
    ]
    return np.concatenate([*both, np.array(wheels)])


def paint_car(
    canvas: Canvas,
    near_m: float,
    lateral_m: float,
    paint: Paint,
    *,
    oncoming: bool = False,
    braking: bool = False,
    owner: int = 0,
) -> None:
    """Paint a car whose near end is `near_m` ahead; `oncoming` shows its front."""
    car = _Car(near_m, lateral_m, oncoming, paint)
    floor = car.place(np.array([(0.15, 0.01, -0.95), (0.15, 0.01, 0.95), (4.2, 0.01, 0.95), (4.2, 0.01, -0.95)]))
    wide = np.array([(-0.25, 0.01, -1.08), (-0.25, 0.01, 1.08), (4.6, 0.01, 1.08), (4.6, 0.01, -1.08)])
    near_px = FOCAL_PX / max(near_m, 3.0)
    canvas.faces([(car.place(wide), (42, 42, 44))], opacity=0.55, soft_px=max(0.08 * near_px, 0.4))
    canvas.faces([(floor, (22, 22, 24))], opacity=0.85, soft_px=max(0.03 * near_px, 0.3))
    faces = car.wheels_below() + car.sides() + car.strips(braking)
    canvas.faces(faces, owner=owner)


def _ahead(along: F64, near_m: float, oncoming: bool) -> F64:
    return near_m + (LENGTH_M - along if oncoming else along)


class _Car:
    """One car at its place; points within it are (metres from the rear, height, metres right of its middle)."""

    def __init__(self, near_m: float, lateral_m: float, oncoming: bool, paint: Paint) -> None:
        self.near_m, self.lateral_m, self.oncoming = near_m, lateral_m, oncoming
        self.body = np.array(paint.body)
        self.plate = paint.plate

    def place(self, points: F64) -> F64:
        z = _ahead(points[:, 0], self.near_m, self.oncoming)
        return np.stack([self.lateral_m + points[:, 2], points[:, 1], z], 1)

    def patch(self, strip: int, low: float, high: float, left: float, right: float, narrow: float = 0.0) -> F64:
        """Part of the face between two profile points: `low`..`high` of its height, `left`..`right` in -1..1 of its
        half width; `narrow` pulls the upper edge in."""
        a, b = PROFILE[strip], PROFILE[strip + 1]
        p, q = a + (b - a) * low, a + (b - a) * high
        inner = 1.0 - narrow
        return self.place(
            np.array(
                [
                    (p[0], p[1], left * p[2]),
                    (p[0], p[1], right * p[2]),
                    (q[0], q[1], right * q[2] * inner),
                    (q[0], q[1], left * q[2] * inner),
                ]
            )
        )

    def strips(self, braking: bool) -> list[Face]:
        """The faces across the car that look at the camera, the farthest first, each with what is mounted on it."""
        faces: list[Face] = []
        order = sorted(range(len(PROFILE) - 1), key=lambda i: -float(self.patch(i, 0, 1, -1, 1)[:, 2].mean()))
        for i in order:
            corners = self.patch(i, 0, 1, -1, 1)
            along, up = PROFILE[i + 1, :2] - PROFILE[i, :2]
            facing = (up if self.oncoming else -up) / np.hypot(along, up)
            level = along / np.hypot(along, up)
            eye = np.array([0.0, CAMERA_M, 0.0]) - corners.mean(0)
            if facing * eye[2] + level * eye[1] <= 0:
                continue
            sky = max(float(level), 0.0)
            light = 0.62 + 0.38 * sky
            for k in range(4):
                tone = light * (0.88 + 0.10 * k / 3)
                shade = tone * self.body + 0.16 * sky * (SKY - self.body)
                faces.append((self.patch(i, k / 4, (k + 1) / 4, -1, 1), _color(shade)))
            faces += self._mounted(i, braking)
        return faces

    def _mounted(self, i: int, braking: bool) -> list[Face]:
        if i == REAR_WINDOW:
            lamp: Color = (60, 60, 250) if braking else (40, 32, 120)
            return [*self._glass(i, 0.10, 0.93, 0.90), (self.patch(i, 0.94, 0.99, -0.14, 0.14), lamp)]
        if i == WINDSCREEN:
            return self._glass(i, 0.07, 0.93, 0.90)
        if i == REAR_PANEL:
            lit: Color = (70, 70, 255) if braking else (38, 30, 176)
            dim: Color = (60, 52, 225) if braking else (28, 22, 120)
            parts: list[Face] = []
            for side in (-1, 1):
                parts.append((self.patch(i, 0.22, 0.98, *_span(side, 0.62, 1.0)), dim))
                parts.append((self.patch(i, 0.40, 0.92, *_span(side, 0.66, 0.97)), lit))
                parts.append((self.patch(i, 0.24, 0.38, *_span(side, 0.66, 0.97)), (205, 208, 214)))
            seam: Color = _color(self.body * 0.42)
            parts.append((self.patch(i, 0.10, 0.13, -0.62, 0.62), seam))
            parts.append((self.patch(i, 0.30, 0.66, -0.31, 0.31), _color(self.body * 0.5)))
            parts.append((self.patch(i, 0.33, 0.63, -0.29, 0.29), self.plate))
            parts += [
                (self.patch(i, 0.40, 0.56, x, x + 0.05), (50, 46, 44)) for x in (-0.24, -0.16, -0.06, 0.04, 0.14, 0.2)
            ]
            parts.append((self.patch(i, 0.76, 0.84, -0.07, 0.07), (190, 190, 190)))
            return parts
        if i == BUMPER:
            parts = [(self.patch(i, 0.0, 0.55, -0.92, 0.92), (46, 44, 43))]
            parts += [(self.patch(i, 0.62, 0.80, *_span(s, 0.74, 0.94)), (40, 36, 150)) for s in (-1, 1)]
            return parts
        if i == NOSE:
            parts = [(self.patch(i, 0.10, 0.80, -0.52, 0.52), (36, 34, 33))]
            parts += [(self.patch(i, y, y + 0.06, -0.50, 0.50), (120, 118, 116)) for y in (0.26, 0.46, 0.66)]
            for side in (-1, 1):
                parts.append((self.patch(i, 0.02, 0.62, *_span(side, 0.58, 0.99)), (96, 92, 88)))
                parts.append((self.patch(i, 0.10, 0.54, *_span(side, 0.64, 0.94)), (250, 248, 240)))
            return parts
        if i == NOSE + 1:
            return [(self.patch(i, 0.1, 0.85, -0.29, 0.29), self.plate)]
        if i == NOSE + 2:
            return [(self.patch(i, 0.25, 0.9, -0.85, 0.85), (38, 36, 35))]
        return []

    def _glass(self, i: int, low: float, high: float, wide: float) -> list[Face]:
        faces: list[Face] = [(self.patch(i, low - 0.03, high + 0.03, -wide - 0.02, wide + 0.02), RUBBER)]
        steps = 6
        for k in range(steps):
            s, e = (low + (high - low) * (k + d) / steps for d in (0, 1))
            color = np.array(GLASS) + (SKY - np.array(GLASS)) * 0.42 * (k / (steps - 1)) ** 1.5
            faces.append((self.patch(i, s, e, -wide, wide), _color(color)))
        return faces

    def wheels_below(self) -> list[Face]:
        """The tyres as they show under the bumper."""
        faces: list[Face] = []
        for axle in sorted(AXLES_M, reverse=not self.oncoming):
            for side in (-1, 1):
                x1, x2 = sorted((side * 0.60, side * 0.82))
                z = _tread(axle, self.oncoming)
                corners = np.array([(z, 0.0, x1), (z, 0.0, x2), (z, 0.5, x2), (z, 0.5, x1)])
                faces.append((self.place(corners), RUBBER))
        corners = np.array([(0.3, 0.16, -0.8), (0.3, 0.16, 0.8), (0.3, 0.5, 0.8), (0.3, 0.5, -0.8)])
        faces.append((self.place(corners), (20, 20, 21)))
        return faces

    def sides(self) -> list[Face]:
        """The flank that looks at the camera, where one does."""
        side = -1.0 if self.lateral_m > 0 else 1.0
        if abs(self.lateral_m) < WIDTH_M / 2:
            return []
        rear, front = PROFILE[: WAIST[0] + 1], PROFILE[WAIST[1] :][::-1]
        faces: list[Face] = []
        levels = np.linspace(0.24, 1.0, 8)
        for low, high in itertools.pairwise(levels):
            points = []
            for y, turn in ((low, 1), (high, -1)):
                ends = [
                    (np.interp(y, e[:, 1], e[:, 0]), y, side * np.interp(y, e[:, 1], e[:, 2])) for e in (rear, front)
                ]
                points += ends[::turn]
            tone = 0.55 + 0.30 * (high - 0.24) / 0.76
            faces.append((self.place(np.array(points)), _color(tone * self.body)))
        cabin = PROFILE[WAIST[0] : WAIST[1] + 1] * (1, 1, side)
        middle = cabin.mean(0)
        faces.append((self.place(cabin), _color(0.78 * self.body)))
        window = middle + (cabin - middle) * (0.86, 0.80, 1.0)
        faces.append((self.place(window), (74, 68, 60)))
        for z in (1.05, 1.95):
            post = np.array([(z, 1.0, 0.82), (z + 0.07, 1.0, 0.82), (z + 0.07, 1.46, 0.63), (z, 1.46, 0.63)])
            faces.append((self.place(post * (1, 1, side)), _color(0.6 * self.body)))
        for z in (1.15, 2.0, 2.95):
            seam = np.array([(z, 0.34, 0.885), (z + 0.02, 0.34, 0.885), (z + 0.02, 0.98, 0.86), (z, 0.98, 0.86)])
            faces.append((self.place(seam * (1, 1, side)), _color(0.4 * self.body)))
        for axle in AXLES_M:
            for radius, color, out in (
                (WHEEL_M + 0.06, (24, 24, 24), 0.88),
                (WHEEL_M, RUBBER, 0.89),
                (0.21, (150, 150, 150), 0.895),
                (0.15, (96, 96, 98), 0.90),
                (0.05, (180, 180, 180), 0.90),
            ):
                faces.append((self.place(_disc(axle, radius, out * side)), color))
        return faces


def _tread(axle_m: float, oncoming: bool) -> float:
    """Where a tyre is seen to meet the road, metres from the rear."""
    return axle_m + (0.5 if oncoming else -0.5) * WHEEL_M


def _disc(axle_m: float, radius_m: float, x_m: float) -> F64:
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    y = np.maximum(WHEEL_M + radius_m * np.sin(turn), max(radius_m - WHEEL_M, 0.0))
    return np.stack([axle_m + radius_m * np.cos(turn), y, np.full_like(turn, x_m)], 1)


def _span(side: int, inner: float, outer: float) -> tuple[float, float]:
    return (inner, outer) if side > 0 else (-outer, -inner)


def _color(bgr: F64) -> Color:
    b, g, r = np.clip(bgr, 0, 255)
    return float(b), float(g), float(r)
