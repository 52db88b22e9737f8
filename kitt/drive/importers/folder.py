"""A folder of pictures, in natural order of their names, with a file of time stamps or a rate."""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections.abc import Iterator
from pathlib import Path

from kitt.drive.order import guarded
from kitt.drive.records import IMAGE_TOPIC, Picture, Record
from kitt.drive.source import Options, Source
from kitt.errors import KittError

WHAT = "folders of pictures (jpg, png, webp)"
DEFAULT_FPS = 10.0
_ENCODINGS = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp"}
_TIMES = ("timestamps.csv", "timestamps.txt")


def matches(path: Path) -> bool:
    return path.is_dir()


def read(path: Path, options: Options) -> Source:
    """Open a folder. Raises KittError for one without pictures and for time stamps that do not fit them."""
    names = sorted((p.name for p in path.iterdir() if p.suffix.lower() in _ENCODINGS and p.is_file()), key=natural)
    if not names:
        raise KittError(f"{path}: no pictures in this folder ({', '.join(_ENCODINGS)})")
    files = [path / name for name in _TIMES if (path / name).is_file()]
    notes: list[str] = []
    if files and options.fps is None:
        times = _times(files[0], names)
        names = [n for n in names if n in times]
    else:
        fps = options.fps or DEFAULT_FPS
        if options.fps is None:
            notes.append(f"no time stamps: --fps {fps:g} assumed")
        times = {name: round(i * 1e9 / fps) for i, name in enumerate(names)}
    start_ns, end_ns = min(times.values()), max(times.values())

    def records() -> Iterator[Record]:
        for name in names:
            if options.holds(times[name], start_ns):
                file = path / name
                yield Picture(times[name], IMAGE_TOPIC, _ENCODINGS[file.suffix.lower()], file.read_bytes())

    return Source(
        kind="folder",
        path=path,
        start_ns=start_ns,
        duration_ns=end_ns - start_ns,
        picture_count=sum(options.holds(times[n], start_ns) for n in names),
        read=lambda: guarded(records()),
        digest=lambda: _digest([path / n for n in names] + files),
        notes=notes,
    )


def natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key under which frame2 comes before frame10."""
    return [(0, int(p), p) if p.isdecimal() else (1, 0, p) for p in re.split(r"(\d+)", name) if p]


def _times(file: Path, names: list[str]) -> dict[str, int]:
    """Picture -> t_ns from lines of `name,seconds`, or `name seconds`; a head line may stand first."""
    out: dict[str, int] = {}
    known = set(names)
    with file.open(newline="", encoding="utf-8-sig") as f:
        lines = list(f)
    rows = csv.reader(lines) if any("," in line for line in lines) else (line.split() for line in lines)
    for number, row in enumerate(rows, 1):
        if not row or row[0].startswith("#"):
            continue
        try:
            name, seconds = row[0].strip(), float(row[1])
            if not math.isfinite(seconds) or seconds < 0:
                raise ValueError
        except (IndexError, ValueError):
            if number == 1:
                continue
            raise KittError(f"{file}:{number}: expected `picture,seconds`, found {','.join(row)!r}") from None
        if name not in known:
            raise KittError(f"{file}:{number}: there is no picture {name!r} in the folder")
        # Through text, since a float holds no more than 53 bits and calendar times in nanoseconds need 61.
        whole, _, part = row[1].strip().partition(".")
        exact = (whole + part).isdecimal()
        out[name] = int(whole or 0) * 10**9 + int(part[:9].ljust(9, "0")) if exact else round(seconds * 1e9)
    missing = [n for n in names if n not in out]
    if missing:
        raise KittError(f"{file}: no time for {missing[0]!r} ({len(missing)} such pictures); add it or use --fps")
    return out


def _digest(files: list[Path]) -> str:
    """SHA-256 over names and contents."""
    total = hashlib.sha256()
    for file in files:
        total.update(file.name.encode() + b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()
