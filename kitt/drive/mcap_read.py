"""The messages of an MCAP file, stretch by stretch, as far as they are whole."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Attachment, Channel, Message, Metadata, Schema
from mcap.stream_reader import get_chunk_data_stream

from kitt.drive.digest import Digest, HashingFile
from kitt.drive.mcap_index import HEAD, DamagedRecord, Index, Span, parse, read_index, split
from kitt.drive.records import Problem, Raw
from kitt.errors import KittError


@dataclass(frozen=True)
class _Chunk:
    """What `get_chunk_data_stream` of the mcap library needs of a chunk."""

    compression: str
    uncompressed_size: int
    data: bytes
    uncompressed_crc: int = 0


class McapFile:
    """An MCAP file open for reading, with its index."""

    def __init__(self, path: Path, digest: Digest | None = None) -> None:
        self.path = path
        try:
            self.file = HashingFile(path, digest)
        except OSError as e:
            raise KittError(f"{path}: cannot read: {e.strerror}") from e
        try:
            self.index: Index = read_index(self.file, path)
        except BaseException:
            self.file.close()
            raise
        self._schemas = dict(self.index.schemas)
        self._channels = dict(self.index.channels)
        self._learnt: set[int] = set()

    def __enter__(self) -> McapFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.file.close()

    def messages(self, span: Span) -> Iterator[Raw | Problem]:
        """Messages of one stretch in file order; a Problem first where its checksum or compression is wrong."""
        data, problem = self._content(span)
        if problem is not None:
            yield problem
        end = 0
        for at, opcode, view in split(data):
            end = at + HEAD + len(view)
            if opcode == Opcode.MESSAGE and len(view) >= 22:
                message = _message(view)
                channel = self._channel(message.channel_id, span)
                if channel is None:
                    what = f"message of channel {message.channel_id}, which the file does not describe"
                    yield Problem(message.log_time, self._place(span), what)
                else:
                    yield Raw(self._schemas.get(channel.schema_id), channel, message)
            elif not self._learn(opcode, view):
                yield self._damaged(span, f"the {Opcode(opcode).name.lower()} {at} bytes into it cannot be read")
        if span.whole and problem is None and end < len(data):
            what = f"{len(data) - end} bytes at its end are no records"
            yield Problem(span.start_ns, self._place(span), what, "damaged")
        self._learnt.add(span.offset)

    def known_channels(self) -> Iterator[tuple[Channel, Schema | None]]:
        """Channels in the order of their ids, from the summary, else those of the stretches up to now."""
        for _, channel in sorted(self._channels.items()):
            yield channel, self._schemas.get(channel.schema_id)

    def learn(self, span: Span) -> None:
        """Take in the schemas and channels that a stretch describes."""
        if span.offset not in self._learnt:
            self._learnt.add(span.offset)
            for _, opcode, view in split(self._content(span)[0]):
                self._learn(opcode, view)

    def attachments(self, max_bytes: int | None = None) -> Iterator[Attachment | Problem]:
        """Every whole attachment of the file, in file order; those of no more than `max_bytes` if given."""
        for at in self.index.attachments:
            if max_bytes is not None and at.data_size > max_bytes:
                continue
            body = self.file.read_at(at.offset + HEAD, at.length - HEAD)
            crc = int.from_bytes(body[-4:], "little")
            where = f"{self.path.name}: attachment {at.name}"
            try:
                yield parse(Attachment, body)
            except DamagedRecord as e:
                yield Problem(None, where, f"{e}; left out", "damaged")
            else:
                if crc and zlib.crc32(body[:-4]) != crc:
                    yield Problem(None, where, "its checksum is wrong; it may be damaged", "damaged")

    def metadata(self) -> Iterator[Metadata | Problem]:
        """Every whole metadata record of the file, in file order."""
        for at in self.index.metadata:
            try:
                yield parse(Metadata, self.file.read_at(at.offset + HEAD, at.length - HEAD))
            except DamagedRecord as e:
                yield Problem(None, f"{self.path.name}: metadata {at.name}", f"{e}; left out", "damaged")

    def damage(self) -> Iterator[Problem]:
        """What is wrong with the file as a whole: where it breaks off, records outside of chunks that are damaged."""
        at, size = self.index.broken_at, self.index.size
        if at is not None:
            place = f"breaks off at byte {at} of {size}" if at < size else f"breaks off at its end, byte {at}"
            what = f"{place}; what is there is read; mend it with `kitt drive repair {self.path}`"
            yield Problem(None, self.path.name, what, "truncated")
        for at in self.index.damaged:
            yield Problem(None, self.path.name, f"the record at byte {at} cannot be read; left out", "damaged")

    def _place(self, span: Span) -> str:
        return f"{self.path.name}: {'chunk' if span.is_chunk else 'messages'} at byte {span.offset}"

    def _content(self, span: Span) -> tuple[bytes, Problem | None]:
        """The records inside a stretch, uncompressed; of a broken uncompressed chunk what is left of it."""
        data = self.file.read_at(span.offset, span.length)
        if not span.is_chunk:
            return data, None
        try:
            size, crc, name_length = struct.unpack_from("<QII", data, HEAD + 16)
            compression = data[HEAD + 32 : HEAD + 32 + name_length].decode()
            records = data[HEAD + 32 + name_length + 8 :]
        except (struct.error, UnicodeDecodeError):
            return b"", None if not span.whole else self._damaged(span, "its head cannot be read")
        if not span.whole:
            # A compressed chunk gives back nothing until its last byte is there.
            return (b"" if compression else records), None
        try:
            stream, length = get_chunk_data_stream(_Chunk(compression, size, records))  # type: ignore[arg-type]
            content = stream.read(length)
        except McapError as e:
            return b"", self._damaged(span, str(e))
        except Exception as e:  # lz4 and zstandard raise errors of their own kinds
            return b"", self._damaged(span, f"{compression} cannot be uncompressed: {e}")
        if crc and zlib.crc32(content) != crc:
            return content, self._damaged(span, "its checksum is wrong; its messages may be damaged")
        return content, None

    def _damaged(self, span: Span, what: str) -> Problem:
        return Problem(span.start_ns, self._place(span), what, "damaged")

    def _learn(self, opcode: int, view: memoryview) -> bool:
        """Keep a schema or a channel; False where it is damaged."""
        try:
            if opcode == Opcode.SCHEMA:
                schema: Schema = parse(Schema, bytes(view))
                self._schemas.setdefault(schema.id, schema)
            elif opcode == Opcode.CHANNEL:
                channel: Channel = parse(Channel, bytes(view))
                self._channels.setdefault(channel.id, channel)
        except DamagedRecord:
            return False
        return True

    def _channel(self, channel_id: int, span: Span) -> Channel | None:
        """A channel; one not known yet is described in a stretch before (in a file without summary)."""
        if channel_id not in self._channels:
            for earlier in self.index.spans:
                if earlier.offset >= span.offset or channel_id in self._channels:
                    break
                self.learn(earlier)
        return self._channels.get(channel_id)


def _message(view: memoryview) -> Message:
    channel_id, sequence, log_time, publish_time = struct.unpack_from("<HIQQ", view)
    return Message(
        channel_id=channel_id,
        sequence=sequence,
        log_time=log_time,
        publish_time=publish_time,
        data=bytes(view[22:]),
    )
