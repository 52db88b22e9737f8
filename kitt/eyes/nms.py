"""Greedy non-maximum suppression: one box an object.

Boxes of one class suppress each other, and so do boxes of a car, a truck and a bus that lie on one another almost
exactly, since the network often calls one vehicle by two of these names.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kitt.types import BUS, CAR, CLASSES, F32, TRUCK, Bools, Detections

SAME_CLASS_IOU = 0.5
"""EfficientDet's own post-processing uses the same."""
VEHICLE_IOU = 0.7
"""Above this overlap a car, truck or bus is the double of a stronger one of another of these names."""
TOP = 256
"""The strongest so many candidates compete."""

_FAMILY = np.arange(len(CLASSES))
_FAMILY[[TRUCK, BUS]] = CAR


def iou_matrix(a: F32, b: F32) -> F32:
    """Intersection over union of boxes float32 (N, 4) and (M, 4): float32 (N, M), 0 where both are empty."""
    # column by column: arrays of (N, M, 2) take three times as long
    ax1, ay1, ax2, ay2 = np.ascontiguousarray(a.T)[:, :, None]
    bx1, by1, bx2, by2 = np.ascontiguousarray(b.T)[:, None, :]
    inter = np.minimum(ax2, bx2)
    inter -= np.maximum(ax1, bx1)
    np.maximum(inter, 0, out=inter)
    height = np.minimum(ay2, by2)
    height -= np.maximum(ay1, by1)
    np.maximum(height, 0, out=height)
    inter *= height
    union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1)
    union -= inter
    np.maximum(union, 1e-9, out=union)
    inter /= union
    return np.asarray(inter, np.float32)


def share_inside(a: F32, b: F32) -> F32:
    """Share of each box of float32 (N, 4) that lies inside each of float32 (M, 4): float32 (N, M)."""
    ax1, ay1, ax2, ay2 = np.ascontiguousarray(a.T)[:, :, None]
    bx1, by1, bx2, by2 = np.ascontiguousarray(b.T)[:, None, :]
    width = np.maximum(np.minimum(ax2, bx2) - np.maximum(ax1, bx1), 0)
    height = np.maximum(np.minimum(ay2, by2) - np.maximum(ay1, by1), 0)
    return np.asarray(width * height / np.maximum((ax2 - ax1) * (ay2 - ay1), 1e-9), np.float32)


def same_family(a: Detections, b: Detections) -> Bools:
    """bool (N, M): whether two detections may be one object by their classes: equal, or both of car, truck, bus."""
    return np.asarray(_FAMILY[a.class_id][:, None] == _FAMILY[b.class_id], np.bool_)


def suppresses(detections: Detections, same: float = SAME_CLASS_IOU, vehicle: float = VEHICLE_IOU) -> Bools:
    """bool (N, N): which pairs of boxes are one object, whichever of the two is the stronger."""
    overlap = iou_matrix(detections.xyxy, detections.xyxy)
    ids = detections.class_id
    found: Bools = (overlap > same) & (ids[:, None] == ids)
    found |= (overlap > vehicle) & same_family(detections, detections)
    return found


def strongest_first(score: F32, top: int = TOP) -> NDArray[np.int64]:
    """Indices of the `top` largest of float32 (N,), in falling order; equal scores keep their order."""
    if len(score) > top:
        # a full stable sort of thousands costs more than all the rest; ties at the limit go to the first
        limit = np.partition(score, len(score) - top)[len(score) - top]
        above = np.flatnonzero(score > limit)
        pick = np.sort(np.concatenate([above, np.flatnonzero(score == limit)[: top - len(above)]]))
    else:
        pick = np.arange(len(score))
    return pick[np.argsort(-score[pick], kind="stable")]


def nms(
    detections: Detections, same: float = SAME_CLASS_IOU, vehicle: float = VEHICLE_IOU, top: int = TOP
) -> Detections:
    """The detections without doubles, strongest first."""
    ranked = detections[strongest_first(detections.score, top)]
    double = suppresses(ranked, same, vehicle)
    alive = np.ones(len(ranked), np.bool_)
    for i in range(len(ranked)):
        if alive[i]:
            alive[i + 1 :] &= ~double[i, i + 1 :]
    return ranked[alive]
