"""What the report needs of every frame, kept small: a few numbers a frame, and a still for each warning."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field

import cv2
import numpy as np

from kitt.mind.turn import Turn
from kitt.runtime.pipeline import FrameResult
from kitt.types import CLASSES, U8, Heard, Warning

STILLS = 40
"""Stills kept for the page; a long drive's later warnings stand in the table without one."""
STILL_WIDTH_PX = 640


def _series() -> array[float]:
    return array("f")


@dataclass
class Gather:
    """Series over frames (seconds of the drive) and counts; of detections, those of at least `score`."""

    score: float = 0.0
    origin_ns: int = 0
    """Where the drive begins: what seconds count from."""
    frames: int = 0
    t_s: array[float] = field(default_factory=_series)
    lead_m: array[float] = field(default_factory=_series)
    lead_ttc_s: array[float] = field(default_factory=_series)
    speed_mps: array[float] = field(default_factory=_series)
    seen: dict[str, array[float]] = field(default_factory=lambda: {c: _series() for c in CLASSES})
    stage_ms: dict[str, array[float]] = field(default_factory=dict)
    detections: Counter[str] = field(default_factory=Counter)
    track_ids: dict[str, set[int]] = field(default_factory=lambda: {c: set() for c in CLASSES})
    warnings: list[Warning] = field(default_factory=list)
    stills: dict[int, bytes] = field(default_factory=dict)
    """JPEG of the overlay at a warning, by the warning's index."""

    heard: list[tuple[int, Heard]] = field(default_factory=list)
    """Utterances with the time when the ears had them."""
    answers: list[tuple[int, Turn]] = field(default_factory=list)
    """What kitt answered, with the time when it began to."""
    late_samples: int = 0
    """Of the drive's sound, that came too late for the film."""

    def frame(self, result: FrameResult) -> None:
        scene = result.scene
        self.frames += 1
        self.t_s.append((result.frame.t_ns - self.origin_ns) / 1e9)
        rows = np.flatnonzero(scene.tracks.id == scene.lead_id)
        self.lead_m.append(float(scene.distance_m[rows[0]]) if len(rows) else float("nan"))
        self.lead_ttc_s.append(float(scene.ttc_s[rows[0]]) if len(rows) else float("nan"))
        speed = result.signals.speed_mps
        self.speed_mps.append(float("nan") if speed is None else speed)
        counts = np.bincount(scene.tracks.class_id, minlength=len(CLASSES))
        for name, count in zip(CLASSES, counts, strict=True):
            self.seen[name].append(float(count))
        for class_id in result.detections.class_id[result.detections.score >= self.score]:
            self.detections[CLASSES[int(class_id)]] += 1
        for track_id, class_id in zip(scene.tracks.id, scene.tracks.class_id, strict=True):
            self.track_ids[CLASSES[int(class_id)]].add(int(track_id))
        for stage, ns in result.stage_ns.items():
            self.stage_ms.setdefault(stage, _series()).append(ns / 1e6)

    def warning(self, warning: Warning) -> None:
        self.warnings.append(warning)

    def still(self, warning: Warning, image: U8) -> None:
        """Keep the picture of a warning, uint8 (H, W, 3), scaled down."""
        if len(self.stills) >= STILLS:
            return
        fit = min(1.0, STILL_WIDTH_PX / image.shape[1])
        small = cv2.resize(image, None, fx=fit, fy=fit, interpolation=cv2.INTER_AREA)
        self.stills[self.warnings.index(warning)] = cv2.imencode(".jpg", small, (cv2.IMWRITE_JPEG_QUALITY, 80))[
            1
        ].tobytes()
