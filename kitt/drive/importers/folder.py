"""A folder of pictures, in natural order of their names, with a file of time stamps or a rate."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from kitt.drive.guard import guarded
from kitt.drive.records import IMAGE_TOPIC, Picture, Record
from kitt.drive.source import Options, Source
from kitt.drive.stamps import stamp_ns
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
        in_time = sorted(names, key=times.__getitem__)
        if in_time != names:
            notes.append(f"{files[0].name}: times are not in the order of the names; pictures come by time")
        names = in_time
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
        topics=frozenset({IMAGE_TOPIC}),
    )


def natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key under which frame2 comes before frame10."""
    return [(0, int(p), p) if p.isdecimal() else (1, 0, p) for p in re.split(r"(\d+)", name) if p]


def _times(file: Path, names: list[str]) -> dict[str, int]:
    """Picture -> t_ns from lines of `name,seconds`, or `name seconds`; a head line may stand first."""
    out: dict[str, int] = {}
    known = set(names)
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
        by_comma = any("," in line for line in lines)
        rows = list(csv.reader(lines)) if by_comma else [line.split() for line in lines]
    except (UnicodeDecodeError, csv.Error) as e:
        raise KittError(f"{file}: not a text file of `picture,seconds` in UTF-8: {e}") from e
    for number, row in enumerate(rows, 1):
        if not row or row[0].startswith("#"):
            continue
        name, time = row[0].strip(), row[1].strip() if len(row) > 1 else ""
        try:
            t_ns = stamp_ns(time)
        except ValueError as e:
            if number == 1 and name not in known:
                continue
            raise KittError(f"{file}:{number}: expected `picture,seconds`, found {','.join(row)!r}: time {e}") from None
        if name not in known:
            raise KittError(f"{file}:{number}: there is no picture {name!r} in the folder")
        if name in out:
            raise KittError(f"{file}:{number}: a second time for {name!r}; keep one")
        out[name] = t_ns
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
