"""Speed and places from a CSV whose head line names the units: `t_s,speed_kmh` or `t_ns,lat_deg,lon_deg,alt_m`."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

from kitt.drive.digest import Digest
from kitt.drive.guard import guarded
from kitt.drive.order import merged
from kitt.drive.records import FIX_TOPIC, SPEED_TOPIC, Fix, Problem, Record, Speed
from kitt.drive.source import Options, Source
from kitt.drive.stamps import stamp_ns
from kitt.errors import KittError

WHAT = "csv of speed and GPS"
_TIME_NS = {"t_s": 10**9, "t_ms": 10**6, "t_us": 10**3, "t_ns": 1}
_SPEED_MPS = {"speed_mps": 1.0, "speed_kmh": 1 / 3.6, "speed_mph": 0.44704, "speed_knots": 1852 / 3600}
_PLACE = {
    "lat": "lat",
    "lat_deg": "lat",
    "latitude_deg": "lat",
    "lon": "lon",
    "lon_deg": "lon",
    "longitude_deg": "lon",
    "alt_m": "alt",
    "altitude_m": "alt",
}
_FASTEST_MPS = 150.0


def matches(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".csv"


def read(path: Path, options: Options) -> Source:
    """Open a CSV; all of it is checked at once, for these files are small. Raises KittError with file and line."""
    digest = Digest(path)
    try:
        text = path.read_bytes()
        digest.feed(0, text)
        rows = list(csv.reader(text.decode("utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error) as e:
        raise KittError(f"{path}: not a text file of comma-separated values: {e}") from e
    columns = _columns(path, [c.strip().lower() for c in rows[0]] if rows else [])
    records: list[Speed | Fix] = []
    for number, row in enumerate(rows[1:], 2):
        if row and not row[0].startswith("#"):
            records += _records(f"{path}:{number}", columns, row)
    if not records:
        raise KittError(f"{path}: no lines after the head line")
    start_ns = min(r.t_ns for r in records)
    end_ns = max(r.t_ns for r in records)

    def asked() -> Iterator[Record]:
        speeds = guarded(r for r in records if isinstance(r, Speed))
        fixes = guarded(r for r in records if isinstance(r, Fix))
        for record in merged([speeds, fixes]):
            if isinstance(record, Problem) or options.holds(record.t_ns, start_ns):
                yield record

    topics = frozenset(r.topic for r in records)
    span_ns = end_ns - start_ns
    return Source("csv", path, start_ns, span_ns, 0, asked, digest.sha256, topics=topics)


def _columns(path: Path, head: list[str]) -> dict[str, int]:
    """Column -> its place. Raises KittError for a head line without time or without anything to tell."""
    known = (*_TIME_NS, *_SPEED_MPS, *_PLACE)
    columns = {name: i for i, name in enumerate(head) if name in known}
    hint = f"the head line must name columns with units: {', '.join(known)}"
    if sum(name in columns for name in _TIME_NS) != 1:
        raise KittError(f"{path}:1: needs one column of time; {hint}; found {', '.join(head) or 'nothing'}")
    if sum(name in columns for name in _SPEED_MPS) > 1:
        raise KittError(f"{path}:1: has two columns of speed; keep one")
    place = {_PLACE[name] for name in columns if name in _PLACE}
    if ("lat" in place) != ("lon" in place):
        raise KittError(f"{path}:1: has one of latitude and longitude but not the other")
    if not place and not any(name in columns for name in _SPEED_MPS):
        raise KittError(f"{path}:1: has neither speed nor place; {hint}; found {', '.join(head)}")
    return columns


def _records(where: str, columns: dict[str, int], row: list[str]) -> list[Speed | Fix]:
    """What one line says; an empty field says nothing."""
    values: dict[str, float] = {}
    t_ns = None
    for name, place in columns.items():
        text = row[place].strip() if place < len(row) else ""
        if name in _TIME_NS:
            t_ns = _time_ns(where, text, name)
            continue
        if not text:
            continue
        value = _number(where, name, text)
        if name in _SPEED_MPS:
            values["speed"] = value * _SPEED_MPS[name]
            if abs(values["speed"]) > _FASTEST_MPS:
                raise KittError(f"{where}: {name} = {text} is {values['speed']:.0f} m/s; wrong unit?")
        else:
            values[_PLACE[name]] = value
    assert t_ns is not None
    out: list[Speed | Fix] = []
    if "speed" in values:
        out.append(Speed(t_ns, SPEED_TOPIC, values["speed"]))
    if "lat" in values and "lon" in values:
        if abs(values["lat"]) > 90 or abs(values["lon"]) > 180:
            raise KittError(f"{where}: latitude {values['lat']:g}, longitude {values['lon']:g} is no place on Earth")
        out.append(Fix(t_ns, FIX_TOPIC, values["lat"], values["lon"], values.get("alt", math.nan)))
    return out


def _time_ns(where: str, text: str, name: str) -> int:
    try:
        return stamp_ns(text, _TIME_NS[name])
    except ValueError as e:
        raise KittError(f"{where}: {name} = {text!r} {e}") from None


def _number(where: str, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise KittError(f"{where}: {name} = {text!r} must be a number")
    return value
