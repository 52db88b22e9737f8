"""MCAP files in chunks of at most a second of log time, complete up to the last chunk whatever happens.

The records are the mcap library's. Its Writer is not used, for it ends chunks by size alone, and when a disk is
full it leaves a file without an end, where this one cuts back to the last whole chunk and closes the file.
"""

from __future__ import annotations

import struct
import zlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import lz4.frame  # type: ignore[import-untyped]
import zstandard
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Attachment,
    AttachmentIndex,
    Channel,
    Chunk,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    Message,
    MessageIndex,
    Metadata,
    MetadataIndex,
    Schema,
)

from kitt.drive.mcap_index import MAGIC
from kitt.drive.mcap_summary import record_bytes, summary_section, taken
from kitt.drive.room import Room
from kitt.errors import KittError

CHUNK_NS = 1_000_000_000
CHUNK_BYTES = 4 << 20
"""A chunk also ends at about this size, so that a file cut off by power loss loses little."""
_COUNT_BYTES = 10
"""What the statistics say of a channel."""
_FIXED_SUMMARY_BYTES = 1024
"""Statistics, offsets and footer, beside the records that the summary repeats."""


class McapWriter:
    """One MCAP file being written. Not thread-safe. Every method raises KittError when the disk refuses."""

    def __init__(self, path: Path, compression: str = "") -> None:
        self.path = path
        self.messages = 0
        self._compression = compression
        self._schemas: dict[tuple[str, str, bytes], Schema] = {}
        self._channels: dict[tuple[Any, ...], Channel] = {}
        self._chunks: list[ChunkIndex] = []
        self._attachments: list[AttachmentIndex] = []
        self._metadata: list[MetadataIndex] = []
        self._counts: dict[int, int] = defaultdict(int)
        self._written = 0
        self._closed = False
        self._records = RecordBuilder()
        self._index: dict[int, list[tuple[int, int]]] = {}
        self._start_ns, self._end_ns = 1 << 63, 0
        self.is_whole = False
        """Whether the file is closed, with its summary."""
        self._summary_bytes = _FIXED_SUMMARY_BYTES
        try:
            self._room = Room(path.parent)
            # Without Python's buffer: what is written is the system's at once, and an error comes where it belongs.
            self._file = path.open("wb", buffering=0)
        except OSError as e:
            raise KittError(f"{path}: cannot write: {e.strerror}") from e
        self._end = 0
        self._append(MAGIC + record_bytes(Header(profile="", library="kitt")))
        self._begin = self._end

    def schema(self, name: str, encoding: str, data: bytes) -> int:
        """Id of a schema; 0, which means none, for an empty name."""
        if not name:
            return 0
        key = (name, encoding, data)
        if key not in self._schemas:
            self._schemas[key] = Schema(id=len(self._schemas) + 1, name=name, encoding=encoding, data=data)
            self._schemas[key].write(self._records)
            self._summary_bytes += len(record_bytes(self._schemas[key]))
        return self._schemas[key].id

    def channel(self, topic: str, encoding: str, schema_id: int, metadata: dict[str, str] | None = None) -> int:
        """Id of a channel."""
        metadata = metadata or {}
        key = (topic, encoding, schema_id, tuple(sorted(metadata.items())))
        if key not in self._channels:
            channel = Channel(len(self._channels) + 1, topic, encoding, metadata, schema_id)
            self._channels[key] = channel
            channel.write(self._records)
            self._summary_bytes += len(record_bytes(channel)) + _COUNT_BYTES
        return self._channels[key].id

    def message(
        self, channel_id: int, log_time: int, data: bytes, publish_time: int | None = None, sequence: int = 0
    ) -> None:
        """Add a message; times in nanoseconds."""
        start, end = min(self._start_ns, log_time), max(self._end_ns, log_time)
        if self._index and (end - start > CHUNK_NS or self._records.count + len(data) > CHUNK_BYTES):
            self.flush()
            start = end = log_time
        self._start_ns, self._end_ns = start, end
        self._index.setdefault(channel_id, []).append((log_time, self._records.count))
        Message(
            channel_id=channel_id,
            sequence=sequence,
            log_time=log_time,
            publish_time=log_time if publish_time is None else publish_time,
            data=data,
        ).write(self._records)
        self.messages += 1

    def attach(self, attachment: Attachment) -> None:
        """Add an attachment."""
        data = record_bytes(attachment)
        index = AttachmentIndex(
            offset=self._end,
            length=len(data),
            log_time=attachment.log_time,
            create_time=attachment.create_time,
            data_size=len(attachment.data),
            name=attachment.name,
            media_type=attachment.media_type,
        )
        self._append(data, index)
        self._attachments.append(index)

    def metadata(self, metadata: Metadata) -> None:
        """Add a metadata record."""
        data = record_bytes(metadata)
        index = MetadataIndex(offset=self._end, length=len(data), name=metadata.name)
        self._append(data, index)
        self._metadata.append(index)

    def flush(self) -> None:
        """End the chunk and hand it to the system."""
        if not self._index:
            return
        content = taken(self._records)
        packed = {"": bytes, "lz4": lz4.frame.compress, "zstd": zstandard.compress}[self._compression](content)
        chunk = Chunk(self._compression, packed, self._end_ns, self._start_ns, zlib.crc32(content), len(content))
        data = record_bytes(chunk)
        indexes = RecordBuilder()
        places: dict[int, int] = {}
        for channel_id, entries in self._index.items():
            places[channel_id] = self._end + len(data) + indexes.count
            MessageIndex(channel_id=channel_id, records=entries).write(indexes)
        index_data = taken(indexes)
        index = ChunkIndex(
            chunk_length=len(data),
            chunk_start_offset=self._end,
            compression=self._compression,
            compressed_size=len(packed),
            message_end_time=self._end_ns,
            message_index_length=len(index_data),
            message_index_offsets=places,
            message_start_time=self._start_ns,
            uncompressed_size=len(content),
        )
        self._append(data + index_data, index)
        self._chunks.append(index)
        for channel_id, entries in self._index.items():
            self._counts[channel_id] += len(entries)
            self._written += len(entries)
        self._new_chunk()

    def close(self) -> None:
        """End the file. May be called again."""
        if self._closed:
            return
        self.flush()
        self._finish()

    def close_after_last_chunk(self) -> None:
        """End the file after an interruption, which may have come in the midst of a record or of its writing."""
        if not self._closed:
            chunks = [c.chunk_start_offset + c.chunk_length + c.message_index_length for c in self._chunks]
            attachments = [a.offset + a.length for a in self._attachments]
            metadata = [m.offset + m.length for m in self._metadata]
            self._end = max([self._begin, *chunks, *attachments, *metadata])
            self._cut_back(self._end)

    def _new_chunk(self) -> None:
        self._records = RecordBuilder()
        self._index = {}
        self._start_ns, self._end_ns = 1 << 63, 0

    def _append(self, data: bytes, index: Any = None) -> None:
        """Write at the end what the summary will have `index` of, for which room is kept; a full disk ends the file."""
        if self._closed:
            raise KittError(f"{self.path}: already closed")
        at = self._end
        indexed = self._summary_bytes + (len(record_bytes(index)) if index is not None else 0)
        try:
            self._room.keep(indexed)
            _write_all(self._file, data)
        except OSError as e:
            lost = self.messages - self._written
            raise KittError(
                f"{self.path}: cannot write: {e.strerror}; {self._cut_back(at)} {self._written} messages are in the "
                f"file, the last {lost} are lost: free some space and run it again"
            ) from e
        self._end += len(data)
        self._summary_bytes = indexed

    def _cut_back(self, at: int) -> str:
        """End the file after its last whole record; say how that went. The bytes given up make room for the summary."""
        self._new_chunk()
        try:
            self._file.seek(at)
            self._file.truncate()
            self._finish()
        except (OSError, KittError):
            self._closed = True
            self._file.close()
            return "it has no summary (mend it with `kitt drive repair`):"
        return "closed after the last whole chunk:"

    def _finish(self) -> None:
        self._room.free()
        end = record_bytes(DataEnd(data_section_crc=0))
        start = self._end + len(end)
        summary, offset_start = summary_section(
            start,
            list(self._schemas.values()),
            list(self._channels.values()),
            self._chunks,
            self._attachments,
            self._metadata,
            self._counts,
        )
        head = struct.pack("<BQQQ", Opcode.FOOTER, 20, start, offset_start)
        crc = zlib.crc32(head, zlib.crc32(summary))
        footer = record_bytes(Footer(summary_start=start, summary_offset_start=offset_start, summary_crc=crc))
        try:
            _write_all(self._file, end + summary + footer + MAGIC)
        except OSError as e:
            self._closed = True
            self._file.close()
            raise KittError(
                f"{self.path}: cannot write: {e.strerror}; every message is in the file, but its summary is not: "
                f"free some space and run `kitt drive repair {self.path}`"
            ) from e
        self._closed = self.is_whole = True
        self._file.close()


def _write_all(file: Any, data: bytes) -> None:
    """Write to an unbuffered file, which may take only part of it at a time."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
