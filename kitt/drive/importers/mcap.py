"""Drives in MCAP, kitt's own and those of others with Foxglove's protobuf schemas."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

from mcap.records import Channel

from kitt.drive.bitstream import is_keyframe
from kitt.drive.codec import UnknownEncoding, decode
from kitt.drive.digest import Digest
from kitt.drive.guard import Guard
from kitt.drive.mcap_index import Span, looks_like_mcap
from kitt.drive.mcap_read import McapFile
from kitt.drive.order import key
from kitt.drive.records import (
    IMAGE_TOPIC,
    VIDEO_ENCODINGS,
    VIDEO_TOPIC,
    Other,
    Picture,
    Problem,
    Raw,
    Record,
    TimedRecord,
)
from kitt.drive.schemas import MESSAGES, PICTURE_SCHEMAS, readable
from kitt.drive.source import Options, Source
from kitt.errors import KittError

WHAT = "MCAP drives"
HOLD_BYTES = 64 << 20
"""To merge messages that lie out of order, no more than about this much of the file is held."""
BACK_NS = 1_000_000_000
"""Stretches that begin by so much less later than the one before are looked into: was a clock set back?"""
_ATTACHMENT_BYTES = 16 << 20


def matches(path: Path) -> bool:
    return looks_like_mcap(path)


def read(path: Path, options: Options) -> Source:
    """Open an MCAP. Raises KittError for what is not one, and where the camera's topic is not in it."""
    digest = Digest(path)
    with McapFile(path) as file:
        index = file.index
        camera = choose_camera(file, options.topic)
        attachments, notes = {}, []
        for at in index.attachments:
            if at.data_size > _ATTACHMENT_BYTES:
                notes.append(f"attachment {at.name} is left in the file: {at.data_size / 1e6:.0f} MB")
        for attachment in file.attachments(_ATTACHMENT_BYTES):
            if isinstance(attachment, Problem):
                notes.append(f"{attachment.where}: {attachment.what}")
            else:
                attachments[attachment.name] = attachment.data
        if not index.has_summary and index.spans:
            file.learn(index.spans[0])
        topics = frozenset(
            c.topic
            for c, s in file.known_channels()
            if readable(c, s) and (s is None or s.name not in PICTURE_SCHEMAS or camera is None or c.id == camera.id)
        )
        passes = one_clock(file, index.spans)
        start_ns = min((s.start_ns for s in passes[0]), default=0)
        pictures = None
        if index.counts is not None and options.from_s is None and options.to_s is None:
            pictures = index.counts.get(camera.id, 0) if camera else 0
    return Source(
        kind="mcap",
        path=path,
        start_ns=start_ns,
        duration_ns=index.end_ns - start_ns if index.spans and len(passes) == 1 else None,
        picture_count=pictures,
        read=lambda: _Reader(path, digest, options, camera, passes).records(),
        digest=digest.sha256,
        attachments=attachments,
        notes=notes,
        topics=topics,
    )


def choose_camera(file: McapFile, topic: str | None) -> Channel | None:
    """The camera's channel: `topic`, else kitt's own, else the first in the file; None where it has no pictures."""
    spans = iter(file.index.spans)
    while True:
        cameras = [c for c, s in file.known_channels() if readable(c, s) and s and s.name in PICTURE_SCHEMAS]
        wanted = [c for c in cameras if topic in (None, c.topic)]
        if wanted:
            own = [c for c in wanted if c.topic in (IMAGE_TOPIC, VIDEO_TOPIC)]
            return (own or wanted)[0]
        # Only a file without summary describes channels nowhere but among its messages.
        span = None if file.index.has_summary else next(spans, None)
        if span is None:
            break
        file.learn(span)
    if topic is not None:
        names = ", ".join(c.topic for c in cameras) or "none"
        raise KittError(f"{file.path}: no pictures on topic {topic}; topics with pictures: {names}")
    known = list(file.known_channels())
    if known and not any(readable(c, s) for c, s in known):
        names = ", ".join(f"{c.topic} ({s.name if s else 'no schema'}, {c.message_encoding})" for c, s in known[:4])
        raise KittError(
            f"{file.path}: no topic that kitt reads; it reads Foxglove's protobuf schemas; this has {names}"
        )
    return None


def reading_order(spans: list[Span]) -> list[Span]:
    """The file's own order, unless merging would then hold more than `HOLD_BYTES`: then by start."""
    horizons = _horizons(spans)
    held: list[Span] = []
    for span, horizon in zip(spans, horizons, strict=False):
        held = [s for s in (*held, span) if horizon is not None and s.end_ns >= horizon]
        if sum(s.length for s in held) > HOLD_BYTES:
            return sorted(spans, key=lambda s: s.start_ns)
    return spans


def one_clock(file: McapFile, spans: list[Span]) -> list[list[Span]]:
    """The stretches parted where a clock was set back: there a topic ends earlier than in the stretch before.

    A file that holds one topic after the other goes back in time too, but on another topic.
    """
    passes: list[list[Span]] = [[]]
    for before, span in zip([None, *spans], spans, strict=False):
        if before is not None and before.start_ns - span.start_ns > BACK_NS:
            ends, begins = _last_times(file, before), _last_times(file, span)
            if any(begins[topic] < ends[topic] for topic in begins.keys() & ends.keys()):
                passes.append([])
        passes[-1].append(span)
    return passes


def _last_times(file: McapFile, span: Span) -> dict[str, int]:
    raws = (raw for raw in file.messages(span) if not isinstance(raw, Problem))
    return {raw.channel.topic: raw.message.log_time for raw in raws}


def keyframe_before(file: McapFile, camera: Channel, t_ns: int) -> int | None:
    """Time of the last keyframe of a video not later than `t_ns`; None for single pictures or where there is none."""
    for span in sorted((s for s in file.index.spans if s.start_ns <= t_ns), key=lambda s: -s.start_ns):
        found = None
        for raw in file.messages(span):
            if isinstance(raw, Problem) or raw.channel.id != camera.id or raw.message.log_time > t_ns:
                continue
            try:
                picture = decode(raw)
            except ValueError:
                continue
            if not isinstance(picture, Picture) or picture.encoding not in VIDEO_ENCODINGS:
                return None
            if is_keyframe(bytes(picture.data), picture.encoding):
                found = max(found or 0, picture.t_ns)
        if found is not None:
            return found
    return None


def _horizons(spans: list[Span]) -> list[int | None]:
    """For each stretch the earliest time that any later one holds; None after the last."""
    out: list[int | None] = []
    earliest: int | None = None
    for span in reversed(spans):
        out.append(earliest)
        earliest = span.start_ns if earliest is None else min(earliest, span.start_ns)
    return out[::-1]


class _Reader:
    """One pass over a file; `passes` are its stretches, parted where a clock was set back."""

    def __init__(
        self, path: Path, digest: Digest, options: Options, camera: Channel | None, passes: list[list[Span]]
    ) -> None:
        self._path, self._digest, self._options, self._camera = path, digest, options, camera
        self._passes = passes
        self._skipped: Counter[tuple[str, str, str]] = Counter()

    def records(self) -> Iterator[Record]:
        with McapFile(self._path, self._digest) as file:
            yield from file.damage()
            start_ns = min((s.start_ns for s in self._passes[0]), default=0)
            first, last = self._options.from_ns(start_ns), self._options.to_ns(start_ns)
            passes, lead_ns = self._passes, start_ns
            # Where a clock was set, a stretch's own times do not tell whether it is asked for: then all are read.
            if len(passes) == 1:
                lead_ns = start_ns if first is None else first
                if first is not None and self._camera is not None:
                    found = keyframe_before(file, self._camera, first)
                    lead_ns = first if found is None else found
                passes = [[s for s in passes[0] if s.end_ns >= lead_ns and (last is None or s.start_ns < last)]]
            for record in self._in_order(file, passes):
                if isinstance(record, Problem) or self._options.holds(record.t_ns, start_ns):
                    yield record
                elif (
                    isinstance(record, Picture)
                    and record.encoding in VIDEO_ENCODINGS
                    and first is not None
                    and lead_ns <= record.t_ns < first
                ):
                    yield replace(record, decode_only=True)
            for (topic, schema, why), n in self._skipped.items():
                yield Problem(None, topic, f"{n} messages of {schema} left out: {why}", "skipped-topic", n)

    def _in_order(self, file: McapFile, passes: list[list[Span]]) -> Iterator[Record]:
        """Records of the stretches merged by time; each waits until no later stretch can hold an earlier one."""
        guard, number = Guard(), count()
        waiting: list[tuple[tuple[int, int, str], int, TimedRecord]] = []
        given_ns = 0

        def taken(checked: Iterator[Record]) -> Iterator[Record]:
            for record in checked:
                if isinstance(record, Problem):
                    yield record
                elif record.t_ns < given_ns:
                    what = f"{(given_ns - record.t_ns) / 1e9:.3f} s behind other topics, whose clock was set; left out"
                    yield Problem(given_ns, record.topic, what, "time-backwards")
                else:
                    heapq.heappush(waiting, (key(record), next(number), record))

        for spans in map(reading_order, passes):
            for span, horizon in zip(spans, _horizons(spans), strict=False):
                for found in file.messages(span):
                    record = found if isinstance(found, Problem) else self._record(found)
                    if record is not None:
                        yield from taken(guard.check(record))
                while waiting and (horizon is None or waiting[0][0][0] < horizon + guard.shift_ns):
                    record = heapq.heappop(waiting)[2]
                    given_ns = record.t_ns
                    yield record
        yield from taken(guard.flush())
        while waiting:
            yield heapq.heappop(waiting)[2]

    def _record(self, raw: Raw) -> Record | None:
        """The record of a message; None for one that is left out."""
        schema = raw.schema.name if raw.schema else "no schema"
        if not readable(raw.channel, raw.schema):
            known = raw.schema is not None and schema in MESSAGES and schema != "foxglove.ImageAnnotations"
            encoding = raw.channel.message_encoding
            why = f"kitt does not read its encoding '{encoding}'" if known else "kitt does not read it"
        elif schema in PICTURE_SCHEMAS and self._camera is not None and raw.channel.topic != self._camera.topic:
            why = f"the camera is {self._camera.topic} (--topic chooses another)"
        else:
            try:
                return decode(raw)
            except UnknownEncoding as e:
                return Problem(raw.message.log_time, raw.channel.topic, f"{e}; left out", "unknown-encoding")
            except ValueError as e:
                return Problem(raw.message.log_time, raw.channel.topic, f"message not understood: {e}; left out")
        self._skipped[raw.channel.topic, schema, why] += 1
        return Other(raw.message.log_time, raw.channel.topic, raw) if self._options.others else None
