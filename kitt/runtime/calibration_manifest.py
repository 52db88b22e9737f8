"""`frames.json`: which frames calibrated a network, whose they are, and what their pixels were. Text that diffs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from kitt.engine.files import appearing
from kitt.errors import KittError
from kitt.runtime.calibration_frames import Shot, pixels_digest

FILE = "frames.json"
SOURCE_FILE = "SOURCE.txt"
_VERSION = 1
_LONGEST = 300
_SOURCE_KEYS = ("FROM", "SOURCE")
_LICENCE_KEYS = ("LICENCE", "LICENSE", "LICENCE SEEN", "LICENSE SEEN")


@dataclass(frozen=True)
class DriveEntry:
    """A drive. sha256: of its file, or of a folder's names and contents; pictures: how many could be read."""

    name: str
    kind: str
    sha256: str
    pictures: int
    source: str
    licence: str


@dataclass(frozen=True)
class FrameEntry:
    """A frame: its drive's name, its index among that drive's pictures, `pixels_digest` of what it decodes to."""

    drive: str
    index: int
    t_ns: int
    width_px: int
    height_px: int
    sha256: str


@dataclass(frozen=True)
class FramesManifest:
    """All frames, in the order of drives and of indexes. near_duplicates: how many were refused as such."""

    drives: tuple[DriveEntry, ...]
    frames: tuple[FrameEntry, ...]
    near_duplicates: int

    @staticmethod
    def read(path: Path) -> FramesManifest:
        """Read the file. Raises KittError when it cannot be read or is not one."""
        try:
            return _parsed(json.loads(path.read_text(encoding="utf-8")))
        except OSError as e:
            raise KittError(f"{path}: cannot read the calibration frames: {e.strerror or e}") from e
        except (ValueError, KeyError, TypeError) as e:
            reason = f"{type(e).__name__}: {e}" if isinstance(e, KeyError) else str(e)
            raise KittError(f"{path}: not a manifest of calibration frames: {reason}") from e

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all; the same frames give the same bytes. Raises KittError."""
        with appearing(path) as part:
            part.write_text(self.text(), encoding="utf-8")

    def text(self) -> str:
        """What the file holds: a line a drive, a line a frame."""
        drives = ",\n".join(_line(drive) for drive in self.drives)
        frames = ",\n".join(_line(frame) for frame in self.frames)
        head = f'"version": {_VERSION},\n"near_duplicates": {self.near_duplicates},\n'
        return f'{{\n{head}"drives": [\n{drives}\n],\n"frames": [\n{frames}\n]\n}}\n'

    def digest(self) -> str:
        """SHA-256, in hex, of the file that `write` makes."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    def of(self, drive: str) -> Mapping[int, FrameEntry]:
        """Index -> frame of one drive."""
        return {f.index: f for f in self.frames if f.drive == drive}


def frame_entry(drive: str, shot: Shot) -> FrameEntry:
    """What the manifest says of a decoded picture."""
    assert shot.image is not None
    height, width = shot.image.shape[:2]
    return FrameEntry(drive, shot.index, shot.t_ns, int(width), int(height), pixels_digest(shot.image))


def check(expected: FrameEntry, shot: Shot) -> None:
    """Raises KittError when a picture is not, pixel for pixel, the one the manifest names."""
    where = f"{expected.drive}: picture {expected.index} at {expected.t_ns / 1e9:.3f} s"
    if shot.image is None:
        raise KittError(f"{where} is a calibration frame and cannot be read any more: {shot.reason}")
    found = pixels_digest(shot.image)
    if found != expected.sha256:
        raise KittError(
            f"{where} is not the calibration frame of {FILE} any more: sha256 {found[:16]}, expected "
            f"{expected.sha256[:16]}; bring back that drive, or choose frames anew without --again"
        )


def terms(path: Path, source: str | None, licence: str | None) -> tuple[str, str]:
    """(source, licence) of a drive: as given, else from the lines `FROM:` and `LICENCE:` of a SOURCE.txt in its folder
    or the one above.

    Raises KittError when neither says.
    """
    folder = path.resolve() if path.is_dir() else path.resolve().parent
    files = [f for f in (folder / SOURCE_FILE, folder.parent / SOURCE_FILE) if f.is_file()]
    text = files[0].read_text(encoding="utf-8", errors="replace") if files else ""
    source = source or _after(text, _SOURCE_KEYS)
    licence = licence or _after(text, _LICENCE_KEYS)
    for what, value, key in (("source", source, "FROM"), ("licence", licence, "LICENCE")):
        if not value:
            raise KittError(
                f"{path}: nothing says its {what}, which calibration frames must have: give --{what} TEXT, "
                f"or a {SOURCE_FILE} beside it with a line '{key}: ...'"
            )
    return source, licence


def _line(row: DriveEntry | FrameEntry) -> str:
    return f"  {json.dumps(asdict(row), ensure_ascii=False)}"


def _after(text: str, keys: tuple[str, ...]) -> str:
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip().upper() in keys and value.strip():
            return " ".join(value.split())[:_LONGEST]
    return ""


def _parsed(data: Any) -> FramesManifest:
    if not isinstance(data, dict) or data.get("version") != _VERSION:
        raise ValueError(f"its version is not {_VERSION}")
    drives = tuple(_row(DriveEntry, row) for row in data["drives"])
    frames = tuple(_row(FrameEntry, row) for row in data["frames"])
    if not frames:
        raise ValueError("it names no frame")
    if unknown := {f.drive for f in frames} - {d.name for d in drives}:
        raise ValueError(f"it names no drive '{min(unknown)}'")
    return FramesManifest(drives, frames, int(data["near_duplicates"]))


def _row(kind: Any, row: Any) -> Any:
    given = set(row) if isinstance(row, dict) else set()
    for f in fields(kind):
        wanted = int if f.type == "int" else str
        if f.name not in given or type(row[f.name]) is not wanted:
            raise ValueError(f"a line lacks '{f.name}', or it is of another type: {str(row)[:80]}")
    if more := given - {f.name for f in fields(kind)}:
        raise ValueError(f"a line has an unknown '{min(more)}': {str(row)[:80]}")
    return kind(**row)
