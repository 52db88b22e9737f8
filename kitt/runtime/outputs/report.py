"""report.json: what ran, on what, what it saw, when it warned, how long it took."""

from __future__ import annotations

import json
import platform
from array import array
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import kitt
from kitt.config import CameraCalibration
from kitt.runtime.outputs.gather import Gather
from kitt.runtime.outputs.lines import answer_row, heard_row, number, warning_row, write_whole
from kitt.runtime.pipeline import STAGES
from kitt.runtime.replay import Replay

LIBRARIES = ("numpy", "opencv-python-headless", "onnxruntime", "av", "mcap", "scipy", "hassil")


def percentiles(values: array[float]) -> dict[str, float | None]:
    """p50, p90, p99 and the largest, in the values' own unit."""
    if not values:
        return {"p50": None, "p90": None, "p99": None, "max": None}
    p50, p90, p99 = np.percentile(np.asarray(values), (50, 90, 99))
    return {"p50": number(p50), "p90": number(p90), "p99": number(p99), "max": number(max(values))}


def build(
    replay: Replay,
    gather: Gather,
    *,
    wall_s: float,
    events_sha256: str,
    interrupted: bool,
    truth: dict[str, Any] | None,
) -> dict[str, Any]:
    """The report as plain data; call it when every other output is complete."""
    source, pipeline = replay.source, replay.pipeline
    drive_s = ((replay.end_ns or 0) - (replay.start_ns or 0)) / 1e9
    stages = {name: percentiles(values) for name, values in gather.stage_ms.items()}
    total = array("f", (sum(row) for row in zip(*(gather.stage_ms.get(s, ()) for s in STAGES), strict=True)))
    return {
        "kitt": kitt.__version__,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        "machine": {"system": platform.system(), "processor": platform.machine()},
        "drive": {
            "name": Path(source.path).name,
            "kind": source.kind,
            "sha256": source.sha256(),
            "notes": source.notes,
        },
        "detector": pipeline.detector.describe() if gather.frames else None,
        "ears": _ears(replay, gather),
        "camera": _camera(replay.camera, replay.camera_from),
        "interrupted": interrupted,
        "counts": dict(sorted(replay.counts.items())),
        "notices": dict(replay.notices),
        "frames": gather.frames,
        "origin_ns": gather.origin_ns,
        "duration_s": number(drive_s),
        "detections": dict(gather.detections),
        "tracks": {name: len(ids) for name, ids in gather.track_ids.items() if ids},
        "warnings": [warning_row(w) for w in gather.warnings],
        "heard": [heard_row(t_ns, heard) for t_ns, heard in gather.heard],
        "answers": [answer_row(t_ns, turn) for t_ns, turn in gather.answers],
        "warnings_off": pipeline.warner.off() if not replay.counts["speed"] else [],
        "warnings_unspoken": replay.mouth.unspoken if replay.mouth else [],
        "speech": _speech(replay, gather),
        "events_sha256": events_sha256,
        "speed": {
            "wall_s": number(wall_s),
            "frames_per_s": number(gather.frames / wall_s if wall_s else 0.0),
            "realtime_factor": number(drive_s / wall_s if wall_s else 0.0),
            "behind_s": number(replay.pace.behind_s),
            "gaps_skipped_s": number(replay.pace.skipped_s),
        },
        "latency_ms": {**stages, "pipeline": percentiles(total)},
        "truth": truth,
    }


def _ears(replay: Replay, gather: Gather) -> dict[str, Any] | None:
    """Which ears heard how many commands; None where they were not asked to."""
    if replay.hearing is None:
        return None
    utterances = [heard for _, heard in gather.heard]
    return replay.hearing.describe() | {
        "utterances": len(utterances),
        "accepted": sum(not h.rejected and h.intent != "" for h in utterances),
        "rejected": sum(h.rejected for h in utterances),
    }


def _speech(replay: Replay, gather: Gather) -> dict[str, int]:
    """Sentences said; cut off and never said, and why; samples of the drive's sound that came too late for the film."""
    decided = dict(sorted(replay.mouth.queue.counts.items())) if replay.mouth else {}
    return {**decided, "late_samples": gather.late_samples}


def _camera(camera: CameraCalibration | None, origin: str) -> dict[str, Any]:
    if camera is None:
        return {"from": origin, "note": "no calibration: distances rest on an assumed camera; give one with --camera"}
    figures = {"from": origin, "focal_px": camera.focal_px, "camera_height_m": camera.camera_height_m}
    if camera.estimated:
        return figures | {"note": "the calibration leaves things out or says that it is estimated; so are distances"}
    return figures | {"pitch_deg": camera.pitch_deg}


def write(path: Path, report: dict[str, Any]) -> None:
    write_whole(path, json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False) + "\n")
