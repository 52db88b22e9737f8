"""How much of the vehicles and people of painted masks lies in boxes: for CamVid, which has no boxes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from kitt.errors import KittError
from kitt.types import BICYCLE, PERSON, U8, VEHICLES, Bools, Detections

PIXELS = {"vehicles": ((8,), VEHICLES), "people": ((9, 10), (PERSON, BICYCLE))}
"""Group -> (values in the mask, kitt's classes): 11 classes in SegNet's order, 8 car, 9 pedestrian, 10 bicyclist."""


@dataclass(frozen=True)
class Coverage:
    """covered, painted: pixels of the group in boxes, and in all; boxes: how many; filled: how many of them hold
    more than a quarter of such pixels."""

    painted: int = 0
    covered: int = 0
    boxes: int = 0
    filled: int = 0

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(
            self.painted + other.painted,
            self.covered + other.covered,
            self.boxes + other.boxes,
            self.filled + other.filled,
        )


FILLED = 0.25


def is_camvid(folder: Path) -> bool:
    return (folder / "valannot").is_dir() and (folder / "val").is_dir()


def pairs(folder: Path) -> list[tuple[Path, Path]]:
    """(picture, mask) each, in the order of the drive. Raises KittError when there is none."""
    found = [(p, folder / "valannot" / p.name) for p in sorted((folder / "val").glob("*.png"))]
    found = [(p, m) for p, m in found if m.exists()]
    if not found:
        raise KittError(f"{folder}: has no pictures with masks")
    return found


def load_mask(path: Path) -> U8:
    """uint8 (H, W), a class each pixel."""
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise KittError(f"{path}: not a picture that can be read")
    return np.asarray(mask, np.uint8)


def cover(found: Detections, mask: U8) -> dict[str, Coverage]:
    """Coverage of each group in one picture, by all detections given."""
    out = {}
    for group, (values, classes) in PIXELS.items():
        painted: Bools = np.isin(mask, values)
        boxed = np.zeros_like(painted)
        boxes = found.xyxy[np.isin(found.class_id, classes)].round().astype(int)
        filled = 0
        for x1, y1, x2, y2 in boxes:
            boxed[y1:y2, x1:x2] = True
            inside = painted[y1:y2, x1:x2]
            filled += int(inside.size > 0 and inside.mean() > FILLED)
        out[group] = Coverage(int(painted.sum()), int((painted & boxed).sum()), len(boxes), filled)
    return out
