"""Tracks as foxglove.ImageAnnotations, so that Foxglove and rerun draw them over the pictures."""

from __future__ import annotations

import math

from kitt.drive.writer import BoxNote, DriveWriter
from kitt.runtime.outputs.overlay import KIND_COLORS, LIGHT_COLORS, VEHICLE_COLOR
from kitt.runtime.pipeline import FrameResult
from kitt.types import CLASSES, LIGHTS, TRAFFIC_LIGHT, Scene


def write_annotations(drive: DriveWriter, result: FrameResult) -> None:
    """Write the boxes of a frame's tracks at the frame's time."""
    drive.write_annotations(result.frame.t_ns, [_box(result.scene, i) for i in range(len(result.scene.tracks))])


def _box(scene: Scene, i: int) -> BoxNote:
    kind = int(scene.tracks.class_id[i])
    label = f"{CLASSES[kind]} {int(scene.tracks.id[i])}"
    blue, green, red = KIND_COLORS.get(kind, VEHICLE_COLOR)
    if kind == TRAFFIC_LIGHT:
        label += f" {LIGHTS[int(scene.light[i])]}"
        blue, green, red = LIGHT_COLORS.get(int(scene.light[i]), (blue, green, red))
    elif not math.isnan(scene.distance_m[i]):
        label += f" {scene.distance_m[i]:.1f} m"
    x1, y1, x2, y2 = (float(v) for v in scene.tracks.xyxy[i])
    return BoxNote(x1, y1, x2, y2, label, (red / 255, green / 255, blue / 255, 1.0))
