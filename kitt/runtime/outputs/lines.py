"""events.jsonl and tracks.jsonl: one JSON object a line, floats with fixed digits, no wall time, path or host.

Two replays of a drive on one machine give the same bytes, so a digest of the file stands for the run.
"""

from __future__ import annotations

import hashlib
import json
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

from kitt.errors import KittError
from kitt.mind.turn import Turn
from kitt.mouth.queue import Decision
from kitt.runtime.pipeline import FrameResult
from kitt.types import CLASSES, LIGHTS, TRAFFIC_LIGHT, Heard, Scene, Warning


def number(value: float, digits: int = 3) -> float | None:
    """A float as it is written: fixed digits; None (JSON null) for NaN and infinity, which JSON does not know."""
    return round(float(value), digits) + 0.0 if math.isfinite(value) else None


def warning_row(warning: Warning) -> dict[str, Any]:
    """A warning with its evidence: frame, track and the numbers that fired it."""
    return {
        "t_ns": warning.t_ns,
        "event": warning.event,
        "kind": "warning",
        "frame_index": warning.frame_index,
        "track_id": warning.track_id,
        "priority": warning.priority,
        "language": warning.language,
        "text": warning.text,
        "numbers": {k: number(v) for k, v in sorted(warning.numbers.items())},
    }


def heard_row(t_ns: int, heard: Heard) -> dict[str, Any]:
    """An utterance, accepted or not; `t_ns` is when the ears had it, the other two when its words were said."""
    return {
        "t_ns": t_ns,
        "event": "heard",
        "kind": "heard",
        "t_start_ns": heard.t_start_ns,
        "t_end_ns": heard.t_end_ns,
        "language": heard.language,
        "intent": heard.intent,
        "slots": dict(sorted(heard.slots.items())),
        "text": heard.text,
        "confidence": number(heard.confidence),
        "rejected": heard.rejected,
        "reason": heard.reason,
        "wake": heard.wake,
        "notes": list(heard.notes),
    }


def answer_row(t_ns: int, turn: Turn) -> dict[str, Any]:
    """What kitt answered, with its evidence; `t_ns` is when it begins to say it, `asked_ns` when the question ended."""
    return {
        "t_ns": t_ns,
        "event": "answered",
        "kind": "answer",
        "asked_ns": turn.t_ns,
        "language": turn.language,
        "intent": turn.intent,
        "said": turn.said,
        "actions": [
            {"target": a.target, "value": a.value, "confirmed": a.confirmed, "reason": a.reason} for a in turn.actions
        ],
        "frame_index": turn.evidence.frame,
        "track_ids": list(turn.evidence.track_ids),
        "values": {k: number(v) if isinstance(v, float) else v for k, v in sorted(turn.evidence.values.items())},
        "asked_back": turn.asked_back,
    }


def speech_row(decision: Decision) -> dict[str, Any]:
    """What the mouth decided: a sentence begins, is cut off or dropped, why; `asked_ns`: when it was to be said."""
    sentence = decision.sentence
    return {
        "t_ns": decision.t_ns,
        "event": decision.what,
        "kind": "speech",
        "sentence": sentence.key,
        "priority": sentence.priority,
        "asked_ns": sentence.t_ns,
        "length_s": number(sentence.length_ns / 1e9),
        "language": sentence.utterance.language,
        "text": sentence.utterance.text,
        "why": decision.why,
    }


def notice_row(t_ns: int, event: str, text: str) -> dict[str, Any]:
    """Something that happened to the replay itself: a cut, a bad picture, a gap, a lost signal."""
    return {"t_ns": t_ns, "event": event, "kind": "notice", "text": text}


def tracks_row(result: FrameResult, stage_times: bool) -> dict[str, Any]:
    """One frame's tracks. Stage times differ from run to run and are written on request only."""
    row: dict[str, Any] = {
        "index": result.frame.index,
        "t_ns": result.frame.t_ns,
        "tracks": [_track(result.scene, i) for i in range(len(result.scene.tracks))],
    }
    if stage_times:
        row["stage_ms"] = {name: round(ns / 1e6, 3) for name, ns in result.stage_ns.items()}
    return row


def _track(scene: Scene, i: int) -> dict[str, Any]:
    tracks = scene.tracks
    class_id = int(tracks.class_id[i])
    return {
        "id": int(tracks.id[i]),
        "class": CLASSES[class_id],
        "box": [number(v, 1) for v in tracks.xyxy[i]],
        "score": number(tracks.score[i]),
        "distance_m": number(scene.distance_m[i], 2),
        "distance_std_m": number(scene.distance_std_m[i], 2),
        "ttc_s": number(scene.ttc_s[i], 2),
        "in_path": bool(scene.in_path[i]),
        "light": LIGHTS[int(scene.light[i])] if class_id == TRAFFIC_LIGHT else None,
    }


class LineFile:
    """A JSON-lines file that knows its own digest. It holds whole lines, whatever happens: each goes to the system at
    once, and one that the disk refuses half-way is taken back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb", buffering=0)
        self._digest = hashlib.sha256()
        self._whole = 0

    def write(self, row: dict[str, Any]) -> None:
        """Add a line. Raises OSError."""
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        left = memoryview(line)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError:
            with suppress(OSError):  # what is no file, such as a device, cannot be cut
                self._file.truncate(self._whole)
            raise
        self._whole += len(line)
        self._digest.update(line)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def close(self) -> None:
        self._file.close()


def write_whole(path: Path, text: str) -> None:
    """Write a small file, or none. Raises KittError."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as e:
        path.unlink(missing_ok=True)
        raise KittError(f"{path}: cannot write: {e.strerror or e}; free some space or choose another place") from e
