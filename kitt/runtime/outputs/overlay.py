"""Draws what kitt saw onto the picture: boxes, ids, distances, time to collision, warnings as subtitles."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kitt.runtime.pipeline import FrameResult
from kitt.types import (
    BICYCLE,
    CLASSES,
    LIGHT_GREEN,
    LIGHT_RED,
    LIGHT_YELLOW,
    LIGHTS,
    PERSON,
    STOP_SIGN,
    TRAFFIC_LIGHT,
    U8,
    Scene,
    Warning,
)

Color = tuple[int, int, int]
Plate = tuple[int, int, int, int]
WHITE: Color = (255, 255, 255)
DARK: Color = (24, 20, 18)
ALARM: Color = (40, 40, 235)
"""Colours are blue-green-red. One per kind of road user, told apart by colour-blind eyes too (Okabe and Ito, 2008)."""
KIND_COLORS: dict[int, Color] = {
    PERSON: (0, 159, 230),
    BICYCLE: (66, 228, 240),
    TRAFFIC_LIGHT: (200, 200, 200),
    STOP_SIGN: (167, 121, 204),
}
VEHICLE_COLOR: Color = (233, 180, 86)
LIGHT_COLORS: dict[int, Color] = {LIGHT_RED: (60, 60, 240), LIGHT_YELLOW: (0, 220, 250), LIGHT_GREEN: (80, 220, 60)}

SMALL_PX, DRAWN_PX = 500, 720
"""A picture lower than the one is drawn on at the height of the other."""
SUBTITLE_S = 3.0
"""How long a warning's text stays on the picture."""
READ_PER_S = 16.0
"""Letters that one reads in a second: a long text stays longer."""
LINE = 56
"""Letters in a line of a subtitle."""
LABELLED_PX = 22
"""Boxes lower than this (of a picture 720 high) get no label, unless they matter: the road ahead must stay in view."""
TTC_SHOWN_S = 6.0
URGENT = 1
"""Warnings of this priority and more urgent ones get the alarm colour."""


@dataclass(frozen=True)
class Subtitle:
    """A warning's text and until when it is shown."""

    warning: Warning
    until_ns: int


class Overlay:
    """Draws frames of one replay in order; remembers only the subtitle now shown."""

    def __init__(self) -> None:
        self._subtitle: Subtitle | None = None

    def say(self, warning: Warning) -> None:
        """Show a warning from its time on, in place of the one shown, unless that is urgent and this one is less so."""
        now = self._subtitle
        urgent = now is not None and warning.t_ns < now.until_ns and now.warning.priority <= URGENT
        if now is None or not urgent or warning.priority <= now.warning.priority:
            shown_s = max(SUBTITLE_S, len(warning.text) / READ_PER_S)
            self._subtitle = Subtitle(warning, warning.t_ns + int(shown_s * 1e9))

    def draw(self, result: FrameResult, origin_ns: int) -> U8:
        """The frame with everything on it, uint8 (H, W, 3), larger than a small frame; the frame is not touched."""
        image, scene = _enlarged(result)
        scale = image.shape[0] / 720
        shown = self._subtitle if self._subtitle and result.frame.t_ns < self._subtitle.until_ns else None
        alarmed = shown.warning.track_id if shown and shown.warning.priority <= URGENT else -1
        near_first = np.argsort(-scene.tracks.xyxy[:, 3], kind="stable")
        for i in near_first[::-1]:
            _draw_box(image, scene, int(i), int(scene.tracks.id[i]) == alarmed, scale)
        taken: list[Plate] = []
        concern_first = sorted(near_first, key=lambda i: int(scene.tracks.id[i]) not in (alarmed, scene.lead_id))
        for i in concern_first:
            _draw_label(image, scene, int(i), int(scene.tracks.id[i]) == alarmed, scale, taken)
        _draw_head_up(image, result, scene, origin_ns, scale)
        if shown:
            color = ALARM if shown.warning.priority <= URGENT else DARK
            lines = textwrap.wrap(shown.warning.text, LINE)
            height_px = round((34 if len(lines) == 1 else 24) * scale)
            _blit_center(image, _text_plate("\n".join(lines), height_px, color), 0.93)
        return image


def _enlarged(result: FrameResult) -> tuple[U8, Scene]:
    """A copy of the picture, and its scene; a small one enlarged, for on it labels would hide what they name."""
    image, scene = result.frame.image, result.scene
    if image.shape[0] >= SMALL_PX:
        return image.copy(), scene
    factor = DRAWN_PX / image.shape[0]
    size = (round(image.shape[1] * factor), DRAWN_PX)
    tracks = replace(scene.tracks, xyxy=scene.tracks.xyxy * np.float32(factor))
    larger = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return larger, replace(scene, tracks=tracks, horizon_y_px=scene.horizon_y_px * factor)


def _draw_box(image: U8, scene: Scene, i: int, alarmed: bool, scale: float) -> None:
    x1, y1, x2, y2 = (round(float(v)) for v in scene.tracks.xyxy[i])
    width = 3.5 if alarmed or _is_lead(scene, i) else 1 if scene.tracks.unseen_s[i] > 0 else 1.8
    cv2.rectangle(image, (x1, y1), (x2, y2), _color(scene, i, alarmed), max(1, round(width * scale)), cv2.LINE_AA)


def _draw_label(image: U8, scene: Scene, i: int, alarmed: bool, scale: float, taken: list[Plate]) -> None:
    """The label of a track, unless it would lie on a nearer one's or is of something small and of no concern."""
    x1, y1, _, y2 = (round(float(v)) for v in scene.tracks.xyxy[i])
    kind = int(scene.tracks.class_id[i])
    strong = alarmed or _is_lead(scene, i)
    if not strong and (scene.tracks.unseen_s[i] > 0 or (y2 - y1 < LABELLED_PX * scale and kind != TRAFFIC_LIGHT)):
        return
    text = f"{CLASSES[kind]} {int(scene.tracks.id[i])}"
    if kind == TRAFFIC_LIGHT:
        text = LIGHTS[int(scene.light[i])]
    elif not math.isnan(scene.distance_m[i]):
        text += f"  {scene.distance_m[i]:.0f} m"
    if scene.in_path[i] and scene.ttc_s[i] < TTC_SHOWN_S:
        text += f"  {scene.ttc_s[i]:.1f} s"
    _label(image, text, (x1, y1), _color(scene, i, alarmed), (0.6 if strong else 0.45) * scale, taken)


def _is_lead(scene: Scene, i: int) -> bool:
    return int(scene.tracks.id[i]) == scene.lead_id


def _color(scene: Scene, i: int, alarmed: bool) -> Color:
    kind = int(scene.tracks.class_id[i])
    if alarmed:
        return ALARM
    if kind == TRAFFIC_LIGHT:
        return LIGHT_COLORS.get(int(scene.light[i]), KIND_COLORS[kind])
    return KIND_COLORS.get(kind, VEHICLE_COLOR)


def _label(
    image: U8, text: str, corner: tuple[int, int], color: Color, size: float, taken: list[Plate] | None = None
) -> None:
    size = max(size, 0.33)
    (w, h), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    x = min(max(corner[0], 0), max(image.shape[1] - w - 4, 0))
    y = max(corner[1] - base - 2, h + 2)
    plate = (x, y - h - 2, x + w + 4, y + base)
    if taken is not None:
        if any(plate[0] < t[2] and t[0] < plate[2] and plate[1] < t[3] and t[1] < plate[3] for t in taken):
            return
        taken.append(plate)
    cv2.rectangle(image, plate[:2], plate[2:], color, cv2.FILLED)
    cv2.putText(image, text, (x + 2, y), cv2.FONT_HERSHEY_SIMPLEX, size, DARK, 1, cv2.LINE_AA)


def _draw_head_up(image: U8, result: FrameResult, scene: Scene, origin_ns: int, scale: float) -> None:
    parts = [f"{(result.frame.t_ns - origin_ns) / 1e9:6.2f} s", f"frame {result.frame.index}"]
    speed = result.signals.speed_mps
    parts.append("speed ?" if speed is None else f"{speed * 3.6:.0f} km/h")
    rows = np.flatnonzero(scene.tracks.id == scene.lead_id)
    if len(rows):
        i = int(rows[0])
        parts.append(f"lead {scene.distance_m[i]:.0f} m")
        if not math.isnan(scene.ttc_s[i]):
            parts.append(f"TTC {scene.ttc_s[i]:.1f} s")
    _label(image, "   ".join(parts), (round(8 * scale), round(26 * scale)), (225, 225, 225), 0.55 * scale)
    y = round(scene.horizon_y_px)
    for x in (0, image.shape[1] - round(24 * scale)):
        cv2.line(image, (x, y), (x + round(24 * scale), y), WHITE, 1, cv2.LINE_AA)


@lru_cache(maxsize=64)
def _text_plate(text: str, height_px: int, color: Color) -> U8:
    """Text on a coloured plate, uint8 (h, w, 3). OpenCV's own fonts know no accents; DejaVu does."""
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"
    font = ImageFont.truetype(str(path), max(height_px, 10))
    box = ImageDraw.Draw(Image.new("RGB", (1, 1))).multiline_textbbox((0, 0), text, font=font)
    left, top, right, bottom = (round(v) for v in box)
    pad = max(height_px // 3, 3)
    plate = Image.new("RGB", (right - left + 2 * pad, bottom - top + 2 * pad), color[::-1])
    ImageDraw.Draw(plate).text((pad - left, pad - top), text, font=font, fill=WHITE)
    pixels: U8 = np.asarray(plate, np.uint8)[:, :, ::-1].copy()
    return pixels


def _blit_center(image: U8, plate: U8, y_share: float) -> None:
    fit = min(1.0, image.shape[1] * 0.96 / plate.shape[1])
    if fit < 1.0:
        plate = np.asarray(cv2.resize(plate, None, fx=fit, fy=fit, interpolation=cv2.INTER_AREA), np.uint8)
    h, w = plate.shape[:2]
    x = (image.shape[1] - w) // 2
    y = min(round(image.shape[0] * y_share) - h // 2, image.shape[0] - h)
    image[y : y + h, x : x + w] = plate
