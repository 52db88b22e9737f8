"""The summary section of an MCAP: what a reader needs to find its way without reading the messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import AttachmentIndex, Channel, ChunkIndex, MetadataIndex, Schema, Statistics, SummaryOffset


def summary_section(
    start: int,
    schemas: Sequence[Schema],
    channels: Sequence[Channel],
    chunks: Sequence[ChunkIndex],
    attachments: Sequence[AttachmentIndex],
    metadata: Sequence[MetadataIndex],
    counts: dict[int, int],
) -> tuple[bytes, int]:
    """The section and where its offsets lie, for one that starts at byte `start`. counts: channel id -> messages."""
    statistics = Statistics(
        attachment_count=len(attachments),
        channel_count=len(channels),
        channel_message_counts=dict(counts),
        chunk_count=len(chunks),
        message_count=sum(counts.values()),
        message_end_time=max((c.message_end_time for c in chunks), default=0),
        message_start_time=min((c.message_start_time for c in chunks), default=0),
        metadata_count=len(metadata),
        schema_count=len(schemas),
    )
    groups: tuple[tuple[Opcode, Sequence[Any]], ...] = (
        (Opcode.SCHEMA, schemas),
        (Opcode.CHANNEL, channels),
        (Opcode.STATISTICS, [statistics]),
        (Opcode.CHUNK_INDEX, chunks),
        (Opcode.ATTACHMENT_INDEX, attachments),
        (Opcode.METADATA_INDEX, metadata),
    )
    out = RecordBuilder()
    offsets: list[SummaryOffset] = []
    for opcode, records in groups:
        at = out.count
        for record in records:
            record.write(out)
        if records:
            offsets.append(SummaryOffset(opcode, start + at, out.count - at))
    offset_start = start + out.count
    for offset in offsets:
        offset.write(out)
    return taken(out), offset_start


def record_bytes(record: Any) -> bytes:
    """A record as it stands in a file."""
    builder = RecordBuilder()
    record.write(builder)
    return taken(builder)


def taken(builder: RecordBuilder) -> bytes:
    """What a builder has collected; it is empty afterwards."""
    data: bytes = builder.end()  # type: ignore[no-untyped-call]
    return data
