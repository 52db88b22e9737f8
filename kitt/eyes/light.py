"""The colour of a traffic light: which lamp of the head is lit, then its hue.

A head is brought to one small shape, lying, its red lamp first. Two maps say how strongly each pixel shines in warm
colours (red to yellow) and in green; their maxima over a lamp's area give strength, place and hue. The housing must be
dark and the lamp brighter, and its colour must not run on over the head's edge, else it is a wall, a sign or the sky.
Red and yellow are told apart by place and hue together, because an over-exposed red lamp has a yellow-white core and
only its halo is red: the hue is weighed by chroma, so the halo speaks and the core does not. Where place and hue
disagree, or little shines, the answer is unknown. Limits were set by hand on light_seoul and light_korea
(tools/eval_lights.py). Order of lamps: Vienna Convention on Road Signs and Signals, article 23: red on top, or on the
side of the opposing traffic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from kitt.types import (
    F32,
    F64,
    I64,
    LIGHT_GREEN,
    LIGHT_OFF,
    LIGHT_RED,
    LIGHT_UNKNOWN,
    LIGHT_YELLOW,
    U8,
)


@dataclass(frozen=True)
class LightSettings:
    """Hues in degrees (0 red, 60 yellow, 120 green, 180 cyan); strengths are chroma 0..1 averaged over a lamp.

    most: heads read a frame, the largest first. smallest_px: narrower heads are not read; *_tiny: limit for heads
    shorter than tiny_px. hue_*, place_*: where red ends and yellow begins, and the scale on which evidence counts;
    margin: evidence needed. housing_darker_than (value 0..1), lamp_brighter_by (ratio), edge_share (colour at the rim
    over colour in the middle): what is no head. glow_*: a lamp that blooms at night colours rim and housing too, but
    its light fades towards the rim (value at the rim over the middle's). yellow_area, painted_hue: more of a head than
    this does not shine yellow or orange, a painted housing does. night_value: where the picture around the box is
    darker than this, what shines is a lamp, though its glow fills the box.
    """

    most: int = 8
    smallest_px: float = 4.5
    tiny_px: float = 8.0
    lit: float = 0.15
    lit_tiny: float = 0.25
    dark: float = 0.04
    off_smallest_px: float = 12.0
    hue_split: float = 30.0
    hue_scale: float = 8.0
    place_split: float = 0.30
    place_scale: float = 0.06
    margin: float = 1.2
    margin_by_hue: float = 1.5
    green_from: float = 0.55
    housing_darker_than: float = 0.42
    lamp_brighter_by: float = 1.5
    edge_share: float = 0.95
    glow_fades_to: float = 0.75
    glow_housing: float = 0.6
    yellow_area: float = 0.4
    painted_hue: float = 12.0
    night_value: float = 0.25
    place_from: float = 1.6


LONG, SHORT, LAMP = 36, 12, 7
"""Pixels of the common shape and of the window that stands for one lamp of three or four."""

CORE = (SHORT - 6) * LONG
"""Pixels of the rows that surely lie within the head."""

BURNT = 0.97

WARM_HUES, GREEN_HUES = (-40.0, 75.0), (110.0, 196.0)
"""A clear sky begins at about 196."""


class LightReader:
    """Reads single pictures; `left_hand_traffic` turns the order of lamps of lying heads around."""

    def __init__(self, settings: LightSettings | None = None, left_hand_traffic: bool = False) -> None:
        self._set = settings or LightSettings()
        self._red_last = left_hand_traffic

    def process(self, image: U8, xyxy: F32) -> tuple[I64, F32]:
        """State (N,) index into LIGHTS and confidence (N,) 0..1 of each head's box (N, 4) in a BGR picture."""
        states, confidence = np.zeros(len(xyxy), np.int64), np.zeros(len(xyxy), np.float32)
        size = xyxy[:, 2:] - xyxy[:, :2]
        patches, rows = [], []
        for row in np.flatnonzero(size.min(axis=1, initial=np.inf) >= self._set.smallest_px).tolist():
            patch = self._patch(image, xyxy[row])
            if patch is not None:
                patches.append(patch)
                rows.append(row)
        if rows:
            look = _looks(np.stack(patches))
            for k, row in enumerate(rows):
                sides = float(size[row].max()), float(size[row].min())
                states[row], confidence[row] = self._judge(_Look(*look[:, k].tolist()), *sides, image, xyxy[row])
        return states, confidence

    def _patch(self, image: U8, box: F32) -> U8 | None:
        """The head as uint8 (SHORT, LONG, 3), lying, its red end first; None where the picture does not show it."""
        height, width = image.shape[:2]
        x1, y1 = max(math.floor(box[0]), 0), max(math.floor(box[1]), 0)
        x2, y2 = min(math.ceil(box[2]), width), min(math.ceil(box[3]), height)
        if min(x2 - x1, y2 - y1) < 2:
            return None
        head = image[y1:y2, x1:x2]
        if box[3] - box[1] > box[2] - box[0]:
            head = head.transpose(1, 0, 2)
        elif self._red_last:
            head = head[:, ::-1]
        shrink = head.shape[0] > SHORT and head.shape[1] > LONG
        how = cv2.INTER_AREA if shrink else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(np.ascontiguousarray(head), (LONG, SHORT), interpolation=how))

    def _judge(self, look: _Look, long_px: float, short_px: float, image: U8, box: F32) -> tuple[int, float]:
        s = self._set
        glow = look.fade < s.glow_fades_to
        dark = look.housing < (s.glow_housing if glow else s.housing_darker_than)
        if dark and max(look.warm, look.green) < s.dark and long_px >= s.off_smallest_px:
            return LIGHT_OFF, 0.5
        lit = s.lit_tiny if long_px < s.tiny_px else s.lit
        warm, green = look.warm, look.green
        if not (dark and look.contrast > s.lamp_brighter_by and (glow or look.spill < s.edge_share)):
            if _value_around(image, box) > s.night_value:
                return LIGHT_UNKNOWN, 0.0
            warm, green = warm + look.warm_level, green + look.green_level
        place_known = long_px > s.place_from * short_px
        if warm >= lit and warm >= 0.6 * green:
            toward_yellow = (look.warm_hue - s.hue_split) / s.hue_scale
            margin = s.margin_by_hue
            if place_known:
                toward_yellow += (look.warm_place - s.place_split) / s.place_scale
                margin = s.margin
            sure = min(1.0, abs(toward_yellow) / (2 * margin)) * min(1.0, warm / (2 * lit))
            painted = look.warm_area > s.yellow_area and look.warm_hue > s.painted_hue
            if toward_yellow < -margin and not painted:
                return LIGHT_RED, sure
            # A red lamp may burn beside an arrow, a yellow one burns alone; without its place it may be a burnt red.
            if place_known and toward_yellow > margin and warm > green and look.warm_area < s.yellow_area:
                return LIGHT_YELLOW, sure
            return LIGHT_UNKNOWN, 0.0
        if green >= lit and warm < 0.5 * green and (not place_known or look.green_place > s.green_from):
            return LIGHT_GREEN, min(1.0, green / (2 * lit))
        return LIGHT_UNKNOWN, 0.0


@dataclass(frozen=True)
class _Look:
    """What shines in a head: strength, and place along it (0 at the red end, 1 at the green one).

    housing: value 0..1 of the dark part; contrast: value of the lamp over it; spill: colour at the head's rim beside
    the lamp over the lamp's own; fade: likewise of value; warm_area: share of the head that shines warm;
    *_level: the head's middle level, which is not in `warm` and `green`.
    """

    warm: float
    warm_place: float
    warm_hue: float
    green: float
    green_place: float
    housing: float
    contrast: float
    spill: float
    fade: float
    warm_area: float
    warm_level: float
    green_level: float


def _value_around(image: U8, box: F32) -> float:
    """Median value 0..1 of the frame, a head wide, around a box."""
    x1, y1, x2, y2 = (float(v) for v in box)
    reach = max(x2 - x1, y2 - y1) + 2.0
    rows = [max(math.floor(y), 0) for y in (y1 - reach, y1, y2, y2 + reach)]
    left, right = max(math.floor(x1 - reach), 0), max(math.floor(x2 + reach), 0)
    inner = slice(rows[1], rows[2])
    parts = [
        image[rows[0] : rows[1], left:right],
        image[rows[2] : rows[3], left:right],
        image[inner, left : max(math.floor(x1), 0)],
        image[inner, max(math.floor(x2), 0) : right],
    ]
    value = np.concatenate([part.reshape(-1, 3) for part in parts]).max(axis=1)
    return float(np.partition(value, value.size // 2)[value.size // 2]) / 255.0 if value.size else 1.0


def _looks(patches: U8) -> F64:
    """The fields of `_Look`, (12, N), of patches uint8 (N, SHORT, LONG, 3)."""
    n = len(patches)
    tall = np.multiply(patches.reshape(n * SHORT, LONG, 3), np.float32(1 / 255.0), dtype=np.float32)
    hsv = cv2.cvtColor(tall, cv2.COLOR_BGR2HSV).reshape(n, SHORT, LONG, 3)
    hue, value = hsv[..., 0], hsv[..., 2]
    hue = np.where(hue > 270.0, hue - 360.0, hue)
    chroma = hsv[..., 1] * value
    warm = np.where((hue > WARM_HUES[0]) & (hue < WARM_HUES[1]), chroma, np.float32(0))
    green = np.where((hue > GREEN_HUES[0]) & (hue < GREEN_HUES[1]), chroma, np.float32(0))
    warm_peak, warm_level, warm_y, warm_x = _brightest(warm)
    green_peak, green_level, _, green_x = _brightest(green)

    columns = np.arange(LONG)
    beside = np.abs(columns - warm_x[:, None]) <= LAMP // 2
    around = beside[:, None] & (np.abs(np.arange(SHORT) - warm_y[:, None]) <= LAMP // 2)[:, :, None]
    mass = (warm * around).sum(axis=(1, 2))
    warm_hue = (hue * warm * around).sum(axis=(1, 2)) / np.maximum(mass, 1e-6)

    is_warm = warm_peak > green_peak
    shine = np.where(is_warm[:, None, None], warm, green)
    beside = np.abs(columns - np.where(is_warm, warm_x, green_x)[:, None]) <= LAMP // 2
    wide = beside.sum(axis=1)
    core = value[:, 3:-3]
    housing = np.partition(core.reshape(n, -1), CORE // 4, axis=1)[:, CORE // 4]
    lamp = (core * beside[:, None]).sum(axis=(1, 2)) / (wide * core.shape[1])
    # A burnt-out core has no colour left, yet it is the lamp's.
    middle = (np.maximum(shine, value > BURNT)[:, 4:-4] * beside[:, None]).sum(axis=(1, 2)) / (wide * (SHORT - 8))
    rim = np.maximum((shine[:, 0] * beside).sum(axis=1), (shine[:, -1] * beside).sum(axis=1)) / wide
    spill = rim / np.maximum(middle, 1e-3)
    contrast = lamp / np.maximum(housing, 0.02)
    rim_value = np.maximum((value[:, 0] * beside).sum(axis=1), (value[:, -1] * beside).sum(axis=1)) / wide
    middle_value = (value[:, 4:-4] * beside[:, None]).sum(axis=(1, 2)) / (wide * (SHORT - 8))
    fade = rim_value / np.maximum(middle_value, 1e-3)
    area = (warm > 0.5 * warm_peak[:, None, None]).mean(axis=(1, 2))
    end = LONG - 1
    shines = [warm_peak, warm_x / end, warm_hue, green_peak, green_x / end]
    return np.stack([*shines, housing, contrast, spill, fade, area, warm_level, green_level]).astype(np.float64)


def _brightest(shine: F32) -> tuple[F32, F32, I64, I64]:
    """Strongest lamp-sized window of each head (N, SHORT, LONG) above the head's middle level, that level, row, column.

    The middle level is taken off because a yellow housing is no lamp.
    """
    flat = shine[:, 2:-2].reshape(len(shine), -1)
    middle = flat.shape[1] // 2
    pooled = np.stack([cv2.blur(one, (LAMP, LAMP)) for one in shine]).reshape(len(shine), -1)
    at = pooled.argmax(axis=1)
    level = np.partition(flat, middle, axis=1)[:, middle]
    return pooled[np.arange(len(shine)), at] - level, level, at // LONG, at % LONG
