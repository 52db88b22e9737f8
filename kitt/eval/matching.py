"""Which detection is which labelled object, and the figures that follow from that.

Matching is COCO's: by falling score, each detection takes the free object of its class that it overlaps most, by at
least `IOU`; one that mostly lies in an area to be ignored counts neither way.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from kitt.eval.datasets import Truth
from kitt.eyes.nms import iou_matrix, share_inside
from kitt.types import F32, Bools, Detections

IOU = 0.5
GROUPS = {
    "vehicles": (2, 3, 4, 5),
    "people": (0,),
    "bicycles": (1,),
    "traffic lights": (6,),
    "stop signs": (7,),
}
"""What a driver tells apart; within a group the detector's choice of class does not count here."""
HEIGHTS_PX = (8, 16, 32, 64, np.inf)
RANGES_M = (0, 15, 25, 40, 90)


@dataclass(frozen=True, eq=False)
class Matches:
    """score, right: float32 (D,) and bool (D,) of all detections that count; found: float32 (T,) score of the
    detection that each labelled object got, 0 for none; height_px, distance_m: float32 (T,) of these objects."""

    score: F32
    right: Bools
    found: F32
    height_px: F32
    distance_m: F32

    @staticmethod
    def concat(parts: list[Matches]) -> Matches:
        return Matches(
            np.concatenate([p.score for p in parts]),
            np.concatenate([p.right for p in parts]),
            np.concatenate([p.found for p in parts]),
            np.concatenate([p.height_px for p in parts]),
            np.concatenate([p.distance_m for p in parts]),
        )


def match(found: Detections, truth: Truth, classes: tuple[int, ...], strict: bool = True) -> Matches:
    """Match one picture's detections with its objects, among `classes`.

    strict: class must equal class; else any of `classes` will do, car for truck or van for car.
    """
    picked = found[np.isin(found.class_id, classes)]
    picked = picked[np.argsort(-picked.score, kind="stable")]
    mine = np.isin(truth.class_id, classes)
    real, area = mine & ~truth.ignore, mine & truth.ignore
    boxes, ids = truth.xyxy[real], truth.class_id[real]
    overlap = iou_matrix(picked.xyxy, boxes)
    inside = share_inside(picked.xyxy, truth.xyxy[area])
    if strict:
        overlap = np.where(picked.class_id[:, None] == ids, overlap, 0)
        inside = np.where(picked.class_id[:, None] == truth.class_id[area], inside, 0)
    elif area.any() and real.any():
        # an object that may bear another name is labelled twice; here its name does not matter, a second box does
        inside[:, (iou_matrix(truth.xyxy[area], boxes) > 0.99).any(axis=1)] = 0
    right = np.zeros(len(picked), np.bool_)
    got = np.zeros(len(boxes), np.float32)
    for i in range(len(picked)):
        free = np.where(got > 0, 0, overlap[i])
        if len(free) and free.max() >= IOU:
            right[i] = True
            got[int(np.argmax(free))] = picked.score[i]
    counts = right | ~(inside >= IOU).any(axis=1)
    height = boxes[:, 3] - boxes[:, 1]
    return Matches(picked.score[counts], right[counts], got, height, truth.distance_m[real])


def recall_at_precision(m: Matches, precision: float) -> tuple[float, float]:
    """(recall, confidence) of the most objects found at one confidence with this precision; (0, 1) when none has it."""
    order = np.argsort(-m.score, kind="stable")
    right = m.right[order]
    good = np.cumsum(right)
    last_of_its_score = np.append(m.score[order][1:] < m.score[order][:-1], True) if len(order) else np.zeros(0, bool)
    fine = np.flatnonzero((good >= precision * np.arange(1, len(right) + 1) - 1e-9) & last_of_its_score)
    if not len(fine) or not len(m.found):
        return 0.0, 1.0
    return float(good[fine[-1]] / len(m.found)), float(m.score[order][fine[-1]])


def at_confidence(m: Matches, confidence: float) -> tuple[float, float]:
    """(recall, precision) of the detections with at least this score; NaN where there is nothing to count."""
    chosen = m.score >= confidence
    precision = float(m.right[chosen].mean()) if chosen.any() else float("nan")
    recall = float((m.found >= confidence).mean()) if len(m.found) else float("nan")
    return recall, precision


def recall_by(m: Matches, values: F32, edges: tuple[float, ...], confidence: float) -> list[tuple[str, int, float]]:
    """Recall of the objects with values in each range: (range, objects, recall)."""
    out = []
    for low, high in pairwise(edges):
        inside = (values >= low) & (values < high)
        recall = float((m.found[inside] >= confidence).mean()) if inside.any() else float("nan")
        out.append((f"{low:g} to {high:g}" if np.isfinite(high) else f"over {low:g}", int(inside.sum()), recall))
    return out
