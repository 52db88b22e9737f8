"""What a recording holds, without reading it through: `kitt drive info`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kitt.drive.mcap_index import looks_like_mcap
from kitt.drive.mcap_read import McapFile
from kitt.drive.schemas import PICTURE_SCHEMAS, readable
from kitt.errors import KittError


@dataclass(frozen=True)
class Topic:
    """One topic. count and rate_hz are None where only reading the file would tell."""

    name: str
    schema: str
    encoding: str
    count: int | None
    rate_hz: float | None
    is_read: bool


@dataclass(frozen=True)
class Info:
    """A recording. attachments: name and size in bytes. problems: what is wrong with it; notes: what else there is."""

    path: Path
    kind: str
    size_bytes: int
    start_ns: int
    duration_s: float | None
    topics: list[Topic] = field(default_factory=list)
    attachments: list[tuple[str, int]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def drive_info(path: Path) -> Info:
    """Look into a recording. Raises KittError for what is none."""
    if not path.exists():
        raise KittError(f"{path}: no such file or folder")
    if path.is_file() and path.stat().st_size == 0:
        raise KittError(f"{path}: the file is empty")
    if looks_like_mcap(path):
        return _of_mcap(path)
    from kitt.drive.source import open_source

    source = open_source(path)
    files = [path] if path.is_file() else [f for f in path.iterdir() if f.is_file()]
    duration_s = None if source.duration_ns is None else source.duration_ns / 1e9
    notes = list(source.notes)
    if source.picture_count:
        notes.insert(0, f"{source.picture_count} pictures")
    size = sum(f.stat().st_size for f in files)
    return Info(path, source.kind, size, source.start_ns, duration_s, notes=notes)


def _of_mcap(path: Path) -> Info:
    with McapFile(path) as file:
        index = file.index
        problems = [problem.what for problem in file.damage()]
        if index.broken_at is None and not index.has_summary:
            problems.append("it has no summary, so messages are not counted (`kitt drive repair` writes one)")
        if not index.has_summary and index.spans:
            file.learn(index.spans[0])
        duration_s = (index.end_ns - index.start_ns) / 1e9
        topics = []
        for channel, schema in file.known_channels():
            n = None if index.counts is None else index.counts.get(channel.id, 0)
            rate_hz = (n - 1) / duration_s if n is not None and n > 1 and duration_s else None
            name = schema.name if schema is not None else ""
            topics.append(Topic(channel.topic, name, channel.message_encoding, n, rate_hz, readable(channel, schema)))
        if not any(t.is_read and t.schema in PICTURE_SCHEMAS for t in topics):
            problems.append("it has no pictures that kitt can read")
        late = sum(b.end_ns < a.start_ns for a, b in zip(index.spans, index.spans[1:], strict=False))
        if late:
            problems.append(f"at {late} places of the file its time goes backwards")
        attachments = [(a.name, a.data_size) for a in index.attachments]
    return Info(path, "mcap", index.size, index.start_ns, duration_s, topics, attachments, problems)
