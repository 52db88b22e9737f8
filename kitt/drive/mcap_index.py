"""Where things lie in an MCAP file: from its summary, or, where it has none, by hopping from record to record.

Format: https://mcap.dev/spec. Neither way reads the messages, so an hour-long drive is indexed in a moment.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import AttachmentIndex, Channel, Footer, MetadataIndex, Schema, Statistics

from kitt.drive.digest import HashingFile
from kitt.errors import KittError

MAGIC = b"\x89MCAP0\r\n"
HEAD = 9
"""Bytes before a record's body: opcode and length."""
_FOOTER = HEAD + 20
_BARE_SPAN = 1 << 20
"""Bare messages (a file without chunks) are taken in stretches of about this many bytes."""


@dataclass(frozen=True)
class Span:
    """A stretch of the file that holds messages: a chunk record, or message records that lie bare.

    offset, length: bytes, record heads included. start_ns, end_ns: log times of what is inside.
    whole: False for the last chunk of a file that breaks off within it.
    """

    offset: int
    length: int
    start_ns: int
    end_ns: int
    is_chunk: bool = True
    whole: bool = True


@dataclass
class Index:
    """What a file holds and where. `broken_at`: the byte where it breaks off, None for a file that ends well.

    schemas, channels: by id, those known without reading messages. counts: channel id -> messages, None if unknown.
    damaged: bytes where records lie that cannot be read.
    """

    size: int
    schemas: dict[int, Schema] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    attachments: list[AttachmentIndex] = field(default_factory=list)
    metadata: list[MetadataIndex] = field(default_factory=list)
    counts: dict[int, int] | None = None
    broken_at: int | None = None
    has_summary: bool = False
    damaged: list[int] = field(default_factory=list)

    @property
    def start_ns(self) -> int:
        return min((s.start_ns for s in self.spans), default=0)

    @property
    def end_ns(self) -> int:
        return max((s.end_ns for s in self.spans), default=0)


class DamagedRecord(ValueError):
    """A record whose content cannot be what its kind says."""


def parse(kind: Any, body: bytes) -> Any:
    """A record of the mcap library from its body, e.g. `parse(Schema, body)`. Raises DamagedRecord."""
    try:
        return kind.read(ReadDataStream(BytesIO(body)))
    except (McapError, struct.error, UnicodeDecodeError, OverflowError) as e:
        raise DamagedRecord(f"not a {kind.__name__.lower()}: {e}") from e


def split(data: bytes) -> Iterator[tuple[int, int, memoryview]]:
    """(offset, opcode, body) of each whole record in `data`; stops at the first that is not one."""
    view = memoryview(data)
    at = 0
    while at + HEAD <= len(view):
        opcode, length = struct.unpack_from("<BQ", view, at)
        end = at + HEAD + length
        if opcode == 0 or end > len(view):
            return
        yield at, opcode, view[at + HEAD : end]
        at = end


def looks_like_mcap(path: Path) -> bool:
    """Whether a file's name or first bytes are those of an MCAP."""
    if not path.is_file():
        return False
    if path.suffix.lower() == ".mcap":
        return True
    with path.open("rb") as f:
        return f.read(len(MAGIC)) == MAGIC


def read_index(file: HashingFile, path: Path) -> Index:
    """Index of an open MCAP. Raises KittError for what is not one."""
    head = file.read_at(0, len(MAGIC))
    if not head:
        raise KittError(f"{path}: the file is empty")
    if head != MAGIC:
        if MAGIC.startswith(head):
            raise KittError(f"{path}: breaks off after {len(head)} bytes; nothing in it can be recovered")
        raise KittError(f"{path}: not an MCAP file (it starts with {head[:8]!r})")
    try:
        index = _from_summary(file)
    except (DamagedRecord, struct.error):
        index = None
    return index or _from_records(file)


def _from_summary(file: HashingFile) -> Index | None:
    """From the summary section; None where there is none or it is damaged or leaves out what kitt needs."""
    tail_at = file.size - _FOOTER - len(MAGIC)
    tail = file.read_at(max(tail_at, 0), _FOOTER + len(MAGIC))
    if tail_at < 0 or not tail.endswith(MAGIC) or tail[0] != Opcode.FOOTER:
        return None
    footer: Footer = parse(Footer, tail[HEAD:])
    if footer.summary_start == 0 or footer.summary_start > tail_at:
        return None
    data = file.read_at(footer.summary_start, tail_at - footer.summary_start)
    if footer.summary_crc and zlib.crc32(tail[: HEAD + 16], zlib.crc32(data)) != footer.summary_crc:
        return None
    index = Index(file.size, has_summary=True)
    statistics: Statistics | None = None
    for _, opcode, view in split(data):
        body = bytes(view)
        if opcode == Opcode.STATISTICS:
            statistics = parse(Statistics, body)
        elif opcode == Opcode.CHUNK_INDEX:
            # Not through the library's ChunkIndex: there is one a second, and it takes ten times as long.
            start_ns, end_ns, offset, length = struct.unpack_from("<QQQQ", body)
            span = Span(offset, length, start_ns, end_ns)
            if span.offset + span.length > footer.summary_start:
                return None
            index.spans.append(span)
        else:
            _note(index, opcode, body)
    if statistics is None or (statistics.message_count and not index.spans):
        return None
    if len(index.channels) < statistics.channel_count or len(index.attachments) < statistics.attachment_count:
        return None
    index.spans.sort(key=lambda s: s.offset)
    index.counts = dict(statistics.channel_message_counts)
    return index


def _note(index: Index, opcode: int, body: bytes) -> None:
    """Keep a schema, a channel or the place of an attachment or of metadata."""
    if opcode == Opcode.SCHEMA:
        schema: Schema = parse(Schema, body)
        index.schemas[schema.id] = schema
    elif opcode == Opcode.CHANNEL:
        channel: Channel = parse(Channel, body)
        index.channels[channel.id] = channel
    elif opcode == Opcode.ATTACHMENT_INDEX:
        index.attachments.append(parse(AttachmentIndex, body))
    elif opcode == Opcode.METADATA_INDEX:
        index.metadata.append(parse(MetadataIndex, body))


def _from_records(file: HashingFile) -> Index:
    """From the records' heads, up to the data's end or to where the file breaks off."""
    index = Index(file.size)
    at = len(MAGIC)
    bare: Span | None = None
    while True:
        head = file.read_at(at, HEAD)
        opcode, length = struct.unpack("<BQ", head) if len(head) == HEAD else (0, 0)
        end = at + HEAD + length
        whole = opcode != 0 and end <= file.size
        if whole and opcode == Opcode.MESSAGE:
            bare = _grown(bare, at, end, struct.unpack_from("<Q", file.read(14), 6)[0])
            if bare.length >= _BARE_SPAN:
                index.spans.append(bare)
                bare = None
            at = end
            continue
        if bare is not None:
            index.spans.append(bare)
            bare = None
        if opcode == Opcode.CHUNK:
            span = _chunk_span(file, at, end)
            if span is not None:
                index.spans.append(span)
        if not whole:
            index.broken_at = at
            return index
        if opcode in (Opcode.DATA_END, Opcode.FOOTER):
            # Without the closing magic the summary was lost, but no message was.
            closed = file.read_at(max(file.size - len(MAGIC), 0), len(MAGIC)) == MAGIC
            index.broken_at = None if closed else file.size
            return index
        try:
            _take(file, index, opcode, at, length)
        except (DamagedRecord, struct.error, OverflowError):
            index.damaged.append(at)
        at = end


def _grown(bare: Span | None, at: int, end: int, log_time: int) -> Span:
    if bare is None:
        return Span(at, end - at, log_time, log_time, is_chunk=False)
    start_ns, end_ns = min(bare.start_ns, log_time), max(bare.end_ns, log_time)
    return Span(bare.offset, end - bare.offset, start_ns, end_ns, is_chunk=False)


def _chunk_span(file: HashingFile, at: int, end: int) -> Span | None:
    """A chunk's place and times; None where the file breaks off within its own head."""
    head = file.read_at(at + HEAD, 16)
    if len(head) < 16:
        return None
    start_ns, end_ns = struct.unpack("<QQ", head)
    return Span(at, min(end, file.size) - at, start_ns, end_ns, whole=end <= file.size)


def _take(file: HashingFile, index: Index, opcode: int, at: int, length: int) -> None:
    """Keep what a record outside of chunks says; attachments are noted, their data is left where it lies."""
    if opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
        _note(index, opcode, file.read_at(at + HEAD, length))
    elif opcode == Opcode.ATTACHMENT:
        log_time, create_time = struct.unpack("<QQ", file.read_at(at + HEAD, 16))
        name = _text(file)
        media_type = _text(file)
        (size,) = struct.unpack("<Q", file.read(8))
        found = AttachmentIndex(at, HEAD + length, log_time, create_time, size, name, media_type)
        index.attachments.append(found)
    elif opcode == Opcode.METADATA:
        file.seek(at + HEAD)
        index.metadata.append(MetadataIndex(offset=at, length=HEAD + length, name=_text(file)))


def _text(file: HashingFile) -> str:
    (length,) = struct.unpack("<I", file.read(4))
    return file.read(length).decode("utf-8", "replace")
