"""What stands beside the road: a traffic light, trees; and what is painted on it across the way."""

from __future__ import annotations

import cv2
import numpy as np

from kitt.sim.view import CAMERA_M, CENTER_X, CENTER_Y, FOCAL_PX, Canvas, Color, Face
from kitt.types import F32, F64, U8

HEAD_WIDTH_M, HEAD_HEIGHT_M, HEAD_FOOT_M, HEAD_DEPTH_M = 0.42, 1.14, 2.35, 0.28
LAMP_M = 0.125
LAMPS = ("red", "yellow", "green")
LIT: dict[str, Color] = {"red": (52, 44, 250), "yellow": (50, 190, 252), "green": (168, 232, 60)}
UNLIT: dict[str, Color] = {"red": (34, 30, 74), "yellow": (30, 62, 76), "green": (52, 60, 30)}
HOUSING: Color = (34, 32, 31)


def light_head(x_m: float, z_m: float) -> F64:
    """Corners (4, 3) of the head's front."""
    w, low, high = HEAD_WIDTH_M / 2, HEAD_FOOT_M, HEAD_FOOT_M + HEAD_HEIGHT_M
    return np.array([(x_m - w, low, z_m), (x_m + w, low, z_m), (x_m + w, high, z_m), (x_m - w, high, z_m)])


def paint_light(canvas: Canvas, x_m: float, z_m: float, lit: str, owner: int) -> None:
    """A head of three lamps on its pole, `lit` one of LAMPS."""
    pole = np.array(
        [(-0.06, 0.0, 0.1), (0.06, 0.0, 0.1), (0.06, HEAD_FOOT_M + 0.1, 0.1), (-0.06, HEAD_FOOT_M + 0.1, 0.1)]
    )
    here = np.array([x_m, 0.0, z_m])
    canvas.faces([(pole + here, (96, 98, 98)), (pole * (0.4, 1, 1) + here, (128, 130, 130))])
    front = light_head(x_m, z_m)
    back = front + np.array([0.0, 0.0, HEAD_DEPTH_M])
    inner = -1 if x_m > 0 else 1
    a, b = (0, 3) if inner < 0 else (1, 2)
    flank = np.array([front[a], back[a], back[b], front[b]])
    under = np.array([front[0], front[1], back[1], back[0]])
    faces: list[Face] = [(flank, (52, 50, 48)), (under, (20, 19, 19)), (front, HOUSING)]
    middle = front.mean(0)
    faces.append((middle + (front - middle) * (0.86, 0.95, 1.0), (44, 42, 40)))
    step = HEAD_HEIGHT_M / 3
    for k, name in enumerate(LAMPS):
        at = np.array([x_m, HEAD_FOOT_M + HEAD_HEIGHT_M - (k + 0.5) * step, z_m])
        faces.append((_disc(at, LAMP_M + 0.035), (16, 15, 15)))
        color = LIT[name] if name == lit else UNLIT[name]
        faces.append((_disc(at, LAMP_M), color))
        if name == lit:
            faces.append((_disc(at, LAMP_M * 0.55), _brighter(color)))
        faces.append((_visor(at), (24, 23, 22)))
    canvas.faces(faces, owner=owner)
    glow = np.array([x_m, HEAD_FOOT_M + HEAD_HEIGHT_M - (LAMPS.index(lit) + 0.5) * step, z_m])
    canvas.faces([(_disc(glow, LAMP_M * 1.1), LIT[lit])], opacity=0.35, soft_px=LAMP_M * 0.6 * FOCAL_PX / max(z_m, 2.0))


def tree_texture(rng: np.random.Generator) -> U8:
    """A tree seen against the sky: uint8 (480, 320, 4) with opacity."""
    h, w = 480, 320
    image = np.zeros((h, w, 4), np.uint8)
    cv2.rectangle(image, (w // 2 - 12, 250), (w // 2 + 12, h), (52, 66, 82, 255), -1)
    cv2.rectangle(image, (w // 2 + 2, 250), (w // 2 + 12, h), (40, 50, 62, 255), -1)
    for _ in range(420):
        angle, far = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform(0, 1))
        x, y = w / 2 + far * 125 * np.cos(angle), 165 + far * 140 * np.sin(angle)
        light = 0.75 + 0.35 * (1 - y / 310) + rng.uniform(-0.12, 0.12)
        color = (44 * light, 104 * light, 78 * light, 255)
        cv2.circle(image, (int(x), int(y)), int(rng.uniform(9, 24)), color, -1, cv2.LINE_AA)
    return image


def paint_tree(canvas: Canvas, texture: U8, x_m: float, z_m: float, high_m: float) -> None:
    """A tree standing at x, z as a flat picture."""
    if z_m < 2.0:
        return
    px_per_m = FOCAL_PX / z_m
    h, w = texture.shape[:2]
    scale = high_m * px_per_m / h
    out_w, out_h = round(w * scale), round(h * scale)
    if out_w < 2 or out_h < 2 or out_h > 1600:
        return
    left = CENTER_X + x_m * px_per_m - out_w / 2
    top = CENTER_Y + CAMERA_M * px_per_m - out_h
    small = cv2.resize(texture, (out_w, out_h), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    # The whole pixels are where the patch lies; the rest of the way is made by interpolation.
    shift = np.array([[1, 0, left - np.floor(left)], [0, 1, top - np.floor(top)]])
    moved = cv2.warpAffine(small, shift, (out_w + 1, out_h + 1), flags=cv2.INTER_LINEAR)
    alpha: F32 = moved[..., 3].astype(np.float32) / 255.0
    canvas.blend(np.ascontiguousarray(moved[..., :3]), alpha, int(np.floor(left)), int(np.floor(top)))


def paint_bars(
    canvas: Canvas, near_m: float, far_m: float, x1_m: float, x2_m: float, width_m: float, gap_m: float
) -> None:
    """White bars across or along the road: a stop line is one bar, a crossing many."""
    if far_m < 2.5 or near_m > 120:
        return
    near_m = max(near_m, 2.0)
    faces: list[Face] = []
    x = x1_m
    while x < x2_m - 1e-6:
        e = min(x + width_m, x2_m)
        faces.append(
            (np.array([(x, 0.0, near_m), (e, 0.0, near_m), (e, 0.0, far_m), (x, 0.0, far_m)]), (214, 218, 218))
        )
        x += width_m + gap_m
    canvas.faces(faces, opacity=0.9)


def _disc(at: F64, radius_m: float) -> F64:
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    return np.asarray(at + np.stack([radius_m * np.cos(turn), radius_m * np.sin(turn), np.zeros_like(turn)], 1))


def _visor(at: F64) -> F64:
    turn = np.linspace(0.15 * np.pi, 0.85 * np.pi, 12)
    outer = np.stack([np.cos(turn), np.sin(turn), np.zeros_like(turn)], 1) * (LAMP_M + 0.045)
    inner = np.stack([np.cos(turn), np.sin(turn) - 0.1, np.zeros_like(turn)], 1) * (LAMP_M + 0.005)
    return np.asarray(at + np.concatenate([outer, inner[::-1]]))


def _brighter(color: Color) -> Color:
    b, g, r = (min(c * 0.5 + 128, 255.0) for c in color)
    return b, g, r
