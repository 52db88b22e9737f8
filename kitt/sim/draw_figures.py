"""People on foot and on bicycles: jointed figures of tapered limbs that stand in the scene, move and cast a shadow.

Points of a figure are (metres forward, metres up, metres to its right); `heading_deg` 0 walks away from the camera,
90 to the right, -90 to the left, 180 towards the camera.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import cv2
import numpy as np

from kitt.sim.view import FOCAL_PX, Canvas, Color, Face, project
from kitt.types import F64

Point = tuple[float, float, float]

WHEEL_M, WHEEL_BASE_M, CRANK_M = 0.34, 1.02, 0.17
SKIN: Color = (128, 158, 206)
DARK: Color = (30, 30, 32)


@dataclass(frozen=True)
class Clothes:
    """Colours, blue-green-red 0..255."""

    top: Color = (46, 66, 196)
    trousers: Color = (92, 62, 44)
    hat: Color = (236, 236, 236)
    bicycle: Color = (60, 60, 60)


class Figure:
    """Limbs in the scene's axes, to be painted together, and their box's corners."""

    def __init__(self, x_m: float, z_m: float, heading_deg: float) -> None:
        self._x, self._z = x_m, z_m
        self._sin, self._cos = math.sin(math.radians(heading_deg)), math.cos(math.radians(heading_deg))
        self._faces: list[tuple[float, Face]] = []

    def place(self, p: Point) -> F64:
        forward, up, right = p
        return np.array(
            [self._x + forward * self._sin + right * self._cos, up, self._z + forward * self._cos - right * self._sin]
        )

    def limb(self, a: Point, b: Point, ra: float, rb: float, color: Color) -> None:
        """A tapered limb between two joints, with a lighter stripe where the light falls on it."""
        start, end = self.place(a), self.place(b)
        depth = float((start[2] + end[2]) / 2)
        light = tuple(min(c * 1.18 + 8, 255.0) for c in color)
        dark = tuple(c * 0.78 for c in color)
        for shade, share, rise, nearer in ((dark, 1.0, 0.0, 0.0), (color, 0.8, 0.1, 1e-4), (light, 0.4, 0.3, 2e-4)):
            points = np.concatenate([_round(start, ra, share, rise), _round(end, rb, share, rise)])
            hull = cv2.convexHull(project(points).astype(np.float32), returnPoints=False).ravel()
            self._faces.append((depth - nearer, (points[hull], (shade[0], shade[1], shade[2]))))

    def wheel(self, forward: float) -> None:
        """A bicycle wheel: tyre, rim and spokes; between them one sees through."""
        turn = np.linspace(0, 2 * np.pi, 29)
        for outer, inner, color in (
            (WHEEL_M, WHEEL_M - 0.035, DARK),
            (WHEEL_M - 0.035, WHEEL_M - 0.06, (150, 150, 152)),
        ):
            for s, e in itertools.pairwise(turn):
                corners = [(outer, s), (outer, e), (inner, e), (inner, s)]
                points = [self.place((forward + r * math.cos(t), WHEEL_M + r * math.sin(t), 0.0)) for r, t in corners]
                self._faces.append((float(points[0][2]), (np.array(points), color)))
        # Edge-on the ring has no width; the tyre does.
        if abs(self._sin) < 0.5:
            self.limb((forward, 0.03, 0.0), (forward, 2 * WHEEL_M - 0.03, 0.0), 0.025, 0.025, DARK)
        for t in turn[:-1:4]:
            tip = (forward + 0.3 * math.cos(t), WHEEL_M + 0.3 * math.sin(t), 0.0)
            self.limb((forward, WHEEL_M, 0.0), tip, 0.004, 0.004, (120, 120, 120))

    def faces(self) -> list[Face]:
        """All faces, the farthest first."""
        return [face for _, face in sorted(self._faces, key=lambda f: -f[0])]

    def paint(self, canvas: Canvas, owner: int) -> None:
        points = self.corners()
        low, high = points.min(0), points.max(0)
        x1, x2, z = float(low[0]), float(high[0]), self._z
        shadow = np.array([(x1, 0.01, z - 0.22), (x2, 0.01, z - 0.22), (x2, 0.01, z + 0.22), (x1, 0.01, z + 0.22)])
        canvas.faces([(shadow, (44, 44, 46))], opacity=0.5, soft_px=max(0.06 * FOCAL_PX / max(z, 2.0), 0.4))
        canvas.faces(self.faces(), owner=owner)

    def corners(self) -> F64:
        """Every corner of every face (N, 3)."""
        return np.concatenate([face[1][0] for face in self._faces])


def walker(x_m: float, z_m: float, heading_deg: float, phase: float, clothes: Clothes) -> Figure:
    """A person of 1.75 m on foot; `phase` counts strides of two steps, 1.4 m each."""
    figure = Figure(x_m, z_m, heading_deg)
    swing = math.sin(2 * math.pi * phase)
    for side, out in ((-1, swing), (1, -swing)):
        hip, shoulder = (0.0, 0.92, 0.1 * side), (0.0, 1.42, 0.19 * side)
        lift = max(math.cos(2 * math.pi * phase) * side, 0.0)
        foot = (0.36 * out, 0.09 + 0.10 * lift, 0.1 * side)
        knee = _bend(hip, foot, 0.45, 0.44, 1.0)
        figure.limb(hip, knee, 0.095, 0.07, clothes.trousers)
        figure.limb(knee, foot, 0.07, 0.05, clothes.trousers)
        figure.limb(
            (foot[0] - 0.05, foot[1] - 0.04, foot[2]), (foot[0] + 0.17, foot[1] - 0.05, foot[2]), 0.05, 0.04, DARK
        )
        hand = (-0.26 * out, 0.86 + 0.05 * abs(out), 0.25 * side)
        elbow = _bend(shoulder, hand, 0.30, 0.29, -1.0)
        figure.limb(shoulder, elbow, 0.06, 0.05, clothes.top)
        figure.limb(elbow, hand, 0.05, 0.04, clothes.top)
        figure.limb(hand, (hand[0], hand[1] - 0.07, hand[2]), 0.045, 0.035, SKIN)
    for right in (-0.08, 0.0, 0.08):
        figure.limb((0.0, 0.94, right), (0.02, 1.40, right * 1.3), 0.12, 0.12, clothes.top)
    figure.limb((0.02, 1.45, 0.0), (0.03, 1.55, 0.0), 0.055, 0.055, SKIN)
    figure.limb((0.04, 1.60, 0.0), (0.05, 1.65, 0.0), 0.09, 0.095, SKIN)
    figure.limb((0.01, 1.655, 0.0), (0.01, 1.67, 0.0), 0.09, 0.085, (36, 44, 58))
    return figure


def cyclist(x_m: float, z_m: float, heading_deg: float, ridden_m: float, clothes: Clothes) -> tuple[Figure, Figure]:
    """(bicycle, rider); the rider pedals at one turn of the crank per 4 m."""
    machine, rider = Figure(x_m, z_m, heading_deg), Figure(x_m, z_m, heading_deg)
    back, front = -WHEEL_BASE_M / 2, WHEEL_BASE_M / 2
    crank, seat, head = (-0.06, 0.30, 0.0), (-0.22, 0.92, 0.0), (0.32, 0.90, 0.0)
    machine.wheel(back)
    machine.wheel(front)
    for a, b in (
        (crank, seat),
        (crank, (head[0] + 0.02, head[1] - 0.12, 0.0)),
        (seat, head),
        ((back, WHEEL_M, 0.0), crank),
        ((back, WHEEL_M, 0.0), (-0.2, 0.84, 0.0)),
        ((front, WHEEL_M, 0.0), head),
    ):
        machine.limb(a, b, 0.02, 0.02, clothes.bicycle)
    grip = (0.40, 1.03, 0.0)
    machine.limb(head, grip, 0.018, 0.018, DARK)
    machine.limb((0.36, 1.03, -0.26), (0.36, 1.03, 0.26), 0.017, 0.017, DARK)
    machine.limb((-0.34, 0.95, 0.0), (-0.10, 0.95, 0.0), 0.05, 0.025, DARK)
    turn = -2 * math.pi * ridden_m / 4.0
    hip, neck = (-0.20, 1.02), (0.14, 1.50)
    for side in (-1, 1):
        angle = turn + (math.pi if side > 0 else 0.0)
        pedal = (crank[0] + CRANK_M * math.cos(angle), crank[1] + CRANK_M * math.sin(angle), 0.11 * side)
        machine.limb(crank, pedal, 0.018, 0.018, (110, 110, 110))
        ankle = (pedal[0] - 0.05, pedal[1] + 0.10, pedal[2])
        top = (hip[0], hip[1] - 0.04, 0.09 * side)
        knee = _bend(top, ankle, 0.43, 0.42, 1.0)
        rider.limb(top, knee, 0.10, 0.07, clothes.trousers)
        rider.limb(knee, ankle, 0.07, 0.045, SKIN)
        rider.limb(
            (pedal[0] - 0.07, pedal[1] + 0.04, pedal[2]),
            (pedal[0] + 0.13, pedal[1] + 0.03, pedal[2]),
            0.045,
            0.035,
            DARK,
        )
        shoulder, hand = (neck[0] - 0.02, neck[1] - 0.08, 0.19 * side), (0.37, 1.06, 0.24 * side)
        elbow = _bend(shoulder, hand, 0.30, 0.27, -1.0)
        rider.limb(shoulder, elbow, 0.058, 0.048, clothes.top)
        rider.limb(elbow, hand, 0.045, 0.04, SKIN)
    for right in (-0.08, 0.0, 0.08):
        rider.limb((hip[0], hip[1], right), (neck[0] - 0.04, neck[1] - 0.1, right * 1.3), 0.125, 0.125, clothes.top)
    rider.limb((neck[0], neck[1], 0.0), (neck[0] + 0.06, neck[1] + 0.1, 0.0), 0.055, 0.055, SKIN)
    rider.limb((neck[0] + 0.09, neck[1] + 0.16, 0.0), (neck[0] + 0.1, neck[1] + 0.2, 0.0), 0.09, 0.09, SKIN)
    rider.limb((neck[0] + 0.02, neck[1] + 0.25, 0.0), (neck[0] + 0.13, neck[1] + 0.245, 0.0), 0.085, 0.075, clothes.hat)
    return machine, rider


def _round(center: F64, radius: float, share: float, rise: float) -> F64:
    turn = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    r = radius * share
    offset = np.stack([r * np.cos(turn), r * np.sin(turn) + rise * radius, np.zeros_like(turn)], 1)
    return np.asarray(center + offset)


def _bend(a: Point, b: Point, upper: float, lower: float, way: float) -> Point:
    """The joint between a and b of a limb of two bones, bent forward (`way` 1) or backward (-1)."""
    df, du = b[0] - a[0], b[1] - a[1]
    reach = min(math.hypot(df, du), upper + lower - 1e-3)
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    off = math.sqrt(max(upper**2 - along**2, 0.0)) * way
    length = max(math.hypot(df, du), 1e-6)
    ef, eu = df / length, du / length
    return a[0] + ef * along - eu * off, a[1] + eu * along + ef * off, (a[2] + b[2]) / 2
