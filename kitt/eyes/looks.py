"""Where the detector looks: the whole picture small, and a strip around the horizon at full resolution.

Far cars stand near the horizon and are a few pixels high in the whole look, so a second look spends its pixels there.
Two looks at one road need rules, or they add false boxes: `merge` holds them all.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import resources

import numpy as np

from kitt.eyes.letterbox import Region
from kitt.eyes.nms import iou_matrix, nms, same_family, share_inside
from kitt.types import F32, Bools, Detections

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SLACK = 1.12
"""A whole look may hold this much more than its budget: 448x448, 512x384 and 768x256 beside 576x320."""
SIDE = 64
STRIP = (1280, 192)
"""Input of the strip; narrower for a narrower picture."""
HORIZON_SHARE = 0.5
"""Where in the strip the horizon lies: cars reach below it by their camera's height, lamps and lorries above it."""
EDGE_PX = 3.0
"""A box of the strip that comes this near to an edge inside the picture is a cut object."""
SMALL_PX = 28.0
"""The strip answers for what is lower than this in the whole look's input: 63 px of a 1280x720 picture."""
PART = 0.75
"""A box of the strip with this share of it inside a bigger one of the whole look's is a wheel or a window of it,"""
PART_SCORE = 0.5
"""unless the bigger one has less than this share of its score."""
SAME_IOU = 0.4
"""Small boxes of the two looks that overlap this much are one object; the strip's box is the better one,"""
SAME_SCORE = 0.5
"""unless its score is below this share of the other's."""
DOUBT = 1.0
"""Taken from the logit of what the whole look alone sees where the strip, at more than twice the scale, does not."""
NARROW_PX = 600
"""A picture narrower than this gets no strip: the whole look shows it at its own resolution. At 640 the strip, at the
picture's own scale and half the cost, still raised the recall of det_carla's vehicles from 63 to 70 %."""


@dataclass(frozen=True)
class Look:
    """One look at the picture: which part of it, at which input size (width, height), in every how many-th frame."""

    name: str
    region: Region
    input_size: tuple[int, int]
    every: int

    @property
    def scale(self) -> float:
        """Input pixels per picture pixel."""
        return min(self.input_size[0] / self.region.width, self.input_size[1] / self.region.height)


@dataclass(frozen=True)
class Calibration:
    """The strip's score s on the whole look's scale: sigmoid(a * logit(s) + b)."""

    a: float = 1.0
    b: float = 0.0

    def __call__(self, score: F32) -> F32:
        s = np.clip(score.astype(np.float64), 1e-6, 1 - 1e-6)
        return np.asarray(1 / (1 + np.exp(-(self.a * np.log(s / (1 - s)) + self.b))), np.float32)


def load_calibration(model: str) -> Calibration:
    """The fitted calibration of a shipped model (tools/fit_looks.py writes it), no change for any other."""
    table = tomllib.loads(resources.files("kitt.eyes").joinpath("looks.toml").read_text(encoding="utf-8"))
    entry = table.get(model)
    return Calibration(entry["a"], entry["b"]) if entry else Calibration()


def whole_size(frame_size: tuple[int, int], budget_px: int, multiple: int = SIDE) -> tuple[int, int]:
    """The input (width, height) of about `budget_px` pixels that shows a picture of this aspect the largest."""
    width, height = frame_size
    sides = range(multiple, 2049, multiple)
    fitting = [(w, h) for w in sides for h in sides if w * h <= budget_px * SLACK]
    return max(fitting, key=lambda s: (round(min(s[0] / width, s[1] / height), 6), -s[0] * s[1]))


def plan(
    frame_size: tuple[int, int], horizon_y_px: float, budget_px: int, strip_every: int, multiple: int = SIDE
) -> tuple[Look, ...]:
    """The looks at a picture of (width, height): the whole, and the strip where it shows more than the whole does."""
    width, height = frame_size
    whole = Look("whole", Region(0, 0, width, height), whole_size(frame_size, budget_px, multiple), 1)
    if strip_every == 0 or width < NARROW_PX:
        return (whole,)
    input_width = min(STRIP[0], -(-width // multiple) * multiple)
    rows = min(round(STRIP[1] * width / input_width), height)
    top = min(max(round(horizon_y_px - HORIZON_SHARE * rows), 0), height - rows)
    strip = Look("strip", Region(0, top, width, rows), (input_width, STRIP[1]), strip_every)
    return (whole, strip)


def uncut(found: Detections, region: Region, frame_size: tuple[int, int]) -> Detections:
    """Without the boxes that an edge of the region cuts; the picture's own edges cut nothing more than they must."""
    x1, y1, x2, y2 = found.xyxy.T
    good = np.ones(len(found), np.bool_)
    if region.x > 0:
        good &= x1 > region.x + EDGE_PX
    if region.y > 0:
        good &= y1 > region.y + EDGE_PX
    if region.x + region.width < frame_size[0]:
        good &= x2 < region.x + region.width - EDGE_PX
    if region.y + region.height < frame_size[1]:
        good &= y2 < region.y + region.height - EDGE_PX
    return found[good]


def small_and_whole(strip: Detections, looks: tuple[Look, Look], frame_size: tuple[int, int]) -> Detections:
    """What the strip may speak of: no doubles, nothing cut, nothing that the whole look sees well enough."""
    strip = nms(uncut(strip, looks[1].region, frame_size))
    return strip[strip.xyxy[:, 3] - strip.xyxy[:, 1] < SMALL_PX / looks[0].scale]


def merge(
    whole: Detections,
    strip: Detections,
    looks: tuple[Look, Look],
    frame_size: tuple[int, int],
    calibration: Calibration,
) -> Detections:
    """One set of detections of two looks' candidates, in pixels of the picture, strongest first.

    The whole look answers for what is large. For what is small the strip's word counts more: it adds objects, places
    those that both see, and casts doubt on those that it does not see in its own region.
    """
    whole = nms(whole)
    strip = small_and_whole(strip, looks, frame_size)
    strip = Detections(strip.xyxy, calibration(strip.score), strip.class_id)
    akin = same_family(whole, strip)
    in_view = _in_view(whole, looks)
    part = (
        akin
        & ~in_view[:, None]
        & (share_inside(strip.xyxy, whole.xyxy).T > PART)
        & (_area(whole)[:, None] > 2 * _area(strip))
        & (whole.score[:, None] > PART_SCORE * strip.score)
    ).any(axis=0)
    strip, akin = strip[~part], akin[:, ~part]
    same = akin & (iou_matrix(whole.xyxy, strip.xyxy) > SAME_IOU) & (strip.score > SAME_SCORE * whole.score[:, None])
    better = in_view & same.any(axis=1)
    return nms(Detections.concat([_doubted(whole, in_view)[~better], strip]))


def merge_plainly(
    whole: Detections,
    strip: Detections,
    looks: tuple[Look, Look],
    frame_size: tuple[int, int],
    calibration: Calibration,
) -> Detections:
    """Both looks' candidates through one NMS, without a rule: what `merge` is measured against."""
    return nms(Detections.concat([whole, strip]))


def unmerged(whole: Detections, looks: tuple[Look, Look]) -> Detections:
    """The same for a frame in which the strip is not due: what is its business and waits for its word is doubted.

    So a small object that nobody has confirmed begins no track, while the tracker's second stage follows known ones.
    """
    whole = nms(whole)
    return nms(_doubted(whole, _in_view(whole, looks)))


def _in_view(whole: Detections, looks: tuple[Look, Look]) -> Bools:
    """bool (N,): what the strip shows uncut and may speak of."""
    x1, y1, x2, y2 = whole.xyxy.T
    r = looks[1].region
    return np.asarray(
        (y2 - y1 < SMALL_PX / looks[0].scale)
        & (x1 >= r.x)
        & (x2 <= r.x + r.width)
        & (y1 > r.y + EDGE_PX)
        & (y2 < r.y + r.height - EDGE_PX),
        np.bool_,
    )


def _doubted(whole: Detections, which: Bools) -> Detections:
    score = np.where(which, Calibration(b=-DOUBT)(whole.score), whole.score)
    return Detections(whole.xyxy, score, whole.class_id)


def _area(d: Detections) -> F32:
    return np.asarray((d.xyxy[:, 2] - d.xyxy[:, 0]) * (d.xyxy[:, 3] - d.xyxy[:, 1]), np.float32)
