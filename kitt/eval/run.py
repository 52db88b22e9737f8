"""Run the eyes over labelled pictures and put the figures in one report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from kitt.config import EyesConfig
from kitt.engine.networks import serving
from kitt.eval import coco, masks
from kitt.eval.datasets import DARK, DataSet
from kitt.eval.matching import (
    GROUPS,
    HEIGHTS_PX,
    RANGES_M,
    Matches,
    at_confidence,
    match,
    recall_at_precision,
    recall_by,
)
from kitt.eyes.detector import Detector, Merge, ModelStore
from kitt.eyes.looks import merge
from kitt.types import U8, Bools, Detections, Frame

FLOOR = 0.02
"""COCO's metrics look at faint detections too."""
PRECISION = 0.9

Progress = Callable[[Iterable[Any], int], Iterable[Any]]
"""Wraps a sequence of so many steps to show how far it is."""


def silent(steps: Iterable[Any], count: int) -> Iterable[Any]:
    return steps


@dataclass(frozen=True, eq=False)
class Seen:
    """Detections of each picture of a set, which of them are dark, and what ran."""

    found: list[Detections]
    dark: list[bool]
    describe: list[dict[str, Any]]


class Eyes:
    """A detector for single pictures of any size, which it adapts to."""

    def __init__(
        self, config: EyesConfig, floor: float = FLOOR, merge: Merge = merge, store: ModelStore = serving
    ) -> None:
        self.config = config
        self._store = store
        self._floor = floor
        self._merge = merge
        self._detector: Detector | None = None
        self._descriptions: dict[tuple[int, int], dict[str, Any]] = {}

    def look(self, image: U8, horizon_y_px: float | None, index: int = 0) -> Detections:
        """Detections in one picture; the horizon is its middle where nobody knows it."""
        frame = Frame(index, 0, image)
        horizon = frame.size[1] / 2 if horizon_y_px is None else horizon_y_px
        if self._detector is None:
            self._detector = Detector(
                self.config, frame.size, horizon, floor=self._floor, merge=self._merge, store=self._store
            )
        else:
            self._detector.aim(horizon, frame.size)
        found = self._detector.process(frame)
        if frame.size not in self._descriptions:
            self._descriptions[frame.size] = {"frame_size": list(frame.size), **self._detector.describe()}
        return found

    def describe(self) -> list[dict[str, Any]]:
        """What ran, for each picture size."""
        return [self._descriptions[size] for size in sorted(self._descriptions)]


def see(
    data: DataSet,
    config: EyesConfig,
    progress: Progress = silent,
    merge: Merge = merge,
    store: ModelStore = serving,
) -> Seen:
    """Every picture through the detector, its two looks merged by `merge`. Raises KittError on an unreadable one."""
    eyes = Eyes(config, merge=merge, store=store)
    found, dark = [], []
    for sample in progress(data.samples, len(data.samples)):
        image = sample.load()
        dark.append(bool(cv2.mean(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))[0] < DARK))
        found.append(eyes.look(image, sample.horizon_y_px))
    return Seen(found, dark, eyes.describe())


def report(data: DataSet, seen: Seen, confidence: float) -> dict[str, Any]:
    """All figures, of the whole set and, where both occur, of its dark and its other pictures."""
    parts: dict[str, Bools] = {"all": np.ones(len(data.samples), np.bool_)}
    dark = np.array(seen.dark, np.bool_)
    if dark.any() and not dark.all():
        parts |= {"dark": dark, "not dark": ~dark}
    return {
        "set": data.name,
        "confidence": confidence,
        "detector": seen.describe,
        "parts": {name: _part(data, seen.found, np.flatnonzero(mask), confidence) for name, mask in parts.items()},
    }


def _part(data: DataSet, found: list[Detections], rows: np.ndarray[Any, Any], confidence: float) -> dict[str, Any]:
    some = replace(data, samples=[data.samples[i] for i in rows])
    mine = [found[i] for i in rows]
    truths = [s.truth for s in some.samples]

    def matches(classes: tuple[int, ...], strict: bool) -> Matches:
        return Matches.concat([match(d, t, classes, strict) for d, t in zip(mine, truths, strict=True)])

    strict = matches(data.classes, True)
    recall, at = recall_at_precision(strict, PRECISION)
    out: dict[str, Any] = {
        "pictures": len(rows),
        "objects": len(strict.found),
        **coco.average_precision(some, mine),
        "recall_at_90_precision": recall,
        "confidence_of_90_precision": at,
        "groups": {},
    }
    for name, classes in GROUPS.items():
        group = matches(classes, False)
        if not len(group.found):
            continue
        recall, precision = at_confidence(group, confidence)
        best, at = recall_at_precision(group, PRECISION)
        out["groups"][name] = {
            "objects": len(group.found),
            "recall": recall,
            "precision": precision,
            "recall_at_90_precision": best,
            "confidence_of_90_precision": at,
            "recall_by_height_px": recall_by(group, group.height_px, HEIGHTS_PX, confidence),
        }
        if np.isfinite(group.distance_m).any():
            out["groups"][name]["recall_by_distance_m"] = recall_by(group, group.distance_m, RANGES_M, confidence)
    return out


def camvid(folder: Path, config: EyesConfig, confidence: float, progress: Progress = silent) -> dict[str, Any]:
    """Coverage of painted vehicles and people by boxes, over a drive; the strip goes by frame index as in replay."""
    eyes = Eyes(config, floor=confidence)
    total = {group: masks.Coverage() for group in masks.PIXELS}
    pairs = masks.pairs(folder)
    for index, (picture, mask) in enumerate(progress(pairs, len(pairs))):
        image = cv2.imread(str(picture), cv2.IMREAD_COLOR)
        got = masks.cover(eyes.look(np.asarray(image, np.uint8), None, index), masks.load_mask(mask))
        total = {group: total[group] + got[group] for group in total}
    return {
        "set": folder.name,
        "confidence": confidence,
        "detector": eyes.describe(),
        "pictures": len(pairs),
        "coverage": {
            group: {
                "painted_px": c.painted,
                "covered": c.covered / max(c.painted, 1),
                "boxes": c.boxes,
                "boxes_on_such_pixels": c.filled / max(c.boxes, 1),
            }
            for group, c in total.items()
        },
    }
