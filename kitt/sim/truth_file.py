"""What is true in a generated drive, as it lies in the drive's attachment truth.jsonl.

The first line tells of the drive: which stretch of it the truth covers, which warnings must come when, and which
commands are spoken. Every further line is a picture with its objects. Boxes are pixels x1 y1 x2 y2; `visible` is the
share of an object that lies within the picture and before which nothing else stands. Unknown or senseless numbers are
null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from kitt.errors import KittError
from kitt.types import CLASSES

ATTACHMENT = "truth.jsonl"
VERSION = 1

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class TrueObject:
    """One object in one picture.

    distance_m: to its near side along the road, negative once that is behind us; lateral_m: of its middle, right of
    the camera; closing_mps: how fast the distance shrinks; ttc_s: distance over that, None where it does not shrink.
    """

    id: int
    kind: str
    box: Box
    distance_m: float
    lateral_m: float
    closing_mps: float
    ttc_s: float | None
    visible: float
    light: str | None = None


@dataclass(frozen=True)
class TrueFrame:
    """One picture."""

    t_ns: int
    speed_mps: float
    objects: tuple[TrueObject, ...]


@dataclass(frozen=True)
class TrueWarning:
    """A warning that must come between two moments about one of some objects; delays count from `due_ns`."""

    event: str
    from_ns: int
    to_ns: int
    due_ns: int
    object_ids: tuple[int, ...]


@dataclass(frozen=True)
class TrueSpoken:
    """A command that is said between two moments."""

    from_ns: int
    to_ns: int
    language: str
    intent: str


@dataclass(frozen=True)
class Truth:
    """All of it. Outside `from_ns`..`until_ns` nothing is known of the road, so nothing is right or wrong there.

    spoken: every command in the drive's sound, to its end; None where that is not known.
    """

    width_px: int
    height_px: int
    from_ns: int
    until_ns: int
    warnings: tuple[TrueWarning, ...]
    frames: tuple[TrueFrame, ...]
    spoken: tuple[TrueSpoken, ...] | None = None


def dump(truth: Truth) -> bytes:
    """The attachment's bytes; floats to a thousandth."""
    head = {
        "kitt_truth": VERSION,
        "width_px": truth.width_px,
        "height_px": truth.height_px,
        "from_ns": truth.from_ns,
        "until_ns": truth.until_ns,
        "warnings": [asdict(w) for w in truth.warnings],
        "spoken": None if truth.spoken is None else [asdict(s) for s in truth.spoken],
    }
    lines: Iterable[Any] = (head, *(asdict(frame) for frame in truth.frames))
    return b"".join(json.dumps(_rounded(line), separators=(",", ":")).encode() + b"\n" for line in lines)


def load(data: bytes) -> Truth:
    """Read the attachment. Raises KittError with the line that is not what it should be."""
    number = 0
    try:
        lines = data.decode("utf-8").splitlines()
        number = 1
        head = json.loads(lines[0])
        if head["kitt_truth"] != VERSION:
            raise KittError(f"{ATTACHMENT}:1: version {head['kitt_truth']}, this kitt reads {VERSION}")
        warnings = tuple(TrueWarning(**{**w, "object_ids": tuple(w["object_ids"])}) for w in head["warnings"])
        # truths written before kitt had ears are silent about it
        said = head.get("spoken")
        spoken = None if said is None else tuple(TrueSpoken(**s) for s in said)
        frames = []
        for number, line in enumerate(lines[1:], 2):  # noqa: B007 -- the error names it
            row = json.loads(line)
            objects = tuple(_object(o) for o in row["objects"])
            frames.append(TrueFrame(int(row["t_ns"]), float(row["speed_mps"]), objects))
        size = head["width_px"], head["height_px"]
        return Truth(*size, head["from_ns"], head["until_ns"], warnings, tuple(frames), spoken)
    except (ValueError, KeyError, TypeError, IndexError) as e:
        raise KittError(
            f"{ATTACHMENT}:{number}: not a truth that kitt wrote ({type(e).__name__}: {e}); make the drive anew: "
            "kitt sample --force"
        ) from e


def _object(row: dict[str, Any]) -> TrueObject:
    x1, y1, x2, y2 = (float(v) for v in row["box"])
    if row["kind"] not in CLASSES:
        raise ValueError(f"unknown kind '{row['kind']}'")
    return TrueObject(**{**row, "box": (x1, y1, x2, y2)})


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3) + 0.0 if math.isfinite(value) else None
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(v) for v in value]
    return value
