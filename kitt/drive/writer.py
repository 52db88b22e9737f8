"""A drive being written: records, annotations and attachments into an MCAP that Foxglove and rerun open as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcap.records import Attachment, Metadata

from kitt.drive.codec import encode, stamp
from kitt.drive.mcap_write import McapWriter
from kitt.drive.records import ANNOTATIONS_TOPIC, Problem, Raw, Record
from kitt.drive.schemas import MESSAGES, descriptor_set
from kitt.errors import KittError

COMPRESSIONS = ("", "lz4", "zstd")
WHITE = (1.0, 1.0, 1.0, 1.0)
_OF_FOLDERS = (".jpg", ".jpeg", ".png", ".webp", ".csv", ".txt")
"""What a folder of pictures consists of: pictures and their time stamps."""


@dataclass(frozen=True)
class BoxNote:
    """A box to draw on a picture, in its pixels; `color` is red, green, blue, opacity in 0..1."""

    x1: float
    y1: float
    x2: float
    y2: float
    label: str = ""
    color: tuple[float, float, float, float] = WHITE
    thickness_px: float = 2.0


@dataclass(frozen=True)
class TextNote:
    """A line of text to draw on a picture; x and y are where its lower left lies, in the picture's pixels."""

    x: float
    y: float
    text: str
    color: tuple[float, float, float, float] = WHITE
    size_px: float = 16.0


class DriveWriter:
    """Writes a drive. Use it in a `with`; a file left without `close` still holds every chunk of a second.

    compression: "" (right for pictures, which are compressed already, and a file cut off then loses no whole
    record), "lz4" or "zstd". Raises KittError where the file exists (unless `force`), and when the disk is full:
    then the file is closed after its last whole chunk.
    """

    def __init__(self, path: Path | str, *, compression: str = "", force: bool = False) -> None:
        self.path = Path(path)
        if compression not in COMPRESSIONS:
            raise KittError(f"compression '{compression}' is unknown; allowed: none, lz4, zstd")
        refuse_existing(self.path, force)
        self._out = McapWriter(self.path, compression)
        self._channels: dict[tuple[str, str], int] = {}
        self._raw_channels: dict[int, tuple[Raw, int]] = {}

    @property
    def messages(self) -> int:
        """How many were written."""
        return self._out.messages

    @property
    def is_whole(self) -> bool:
        """Whether the file is closed, with its summary: nothing needs to be repaired."""
        return self._out.is_whole

    def write(self, record: Record) -> None:
        """Add a record. One that came out of an MCAP goes in as the same bytes; a Problem is no part of a drive."""
        if isinstance(record, Problem):
            return
        if record.raw is not None:
            self.write_raw(record.raw, record.t_ns)
            return
        schema, data = encode(record)
        self._out.message(self._channel(record.topic, schema), record.t_ns, data)

    def write_raw(self, raw: Raw, t_ns: int | None = None) -> None:
        """Add a message as it is, schema and channel with it; `t_ns` replaces its log time."""
        message = raw.message
        known = self._raw_channels.get(id(raw.channel))
        if known is None:
            schema, channel = raw.schema, raw.channel
            schema_id = self._out.schema(schema.name, schema.encoding, schema.data) if schema else 0
            channel_id = self._out.channel(channel.topic, channel.message_encoding, schema_id, channel.metadata)
            # The Raw is kept so that no other channel can come to have its id().
            known = self._raw_channels[id(raw.channel)] = (raw, channel_id)
        log_time = message.log_time if t_ns is None else t_ns
        self._out.message(known[1], log_time, message.data, message.publish_time, message.sequence)

    def write_annotations(
        self,
        t_ns: int,
        boxes: Sequence[BoxNote] = (),
        texts: Sequence[TextNote] = (),
        *,
        topic: str = ANNOTATIONS_TOPIC,
    ) -> None:
        """What to draw on the picture of `t_ns`, as foxglove.ImageAnnotations."""
        message = MESSAGES["foxglove.ImageAnnotations"]()
        stamp(message, t_ns)
        for box in boxes:
            points = message.points.add(type="LINE_LOOP", thickness=box.thickness_px)
            stamp(points, t_ns)
            _color(points.outline_color, box.color)
            for x, y in ((box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2)):
                points.points.add(x=x, y=y)
            if box.label:
                _text(message, t_ns, TextNote(box.x1, box.y1 - 2, box.label, box.color))
        for text in texts:
            _text(message, t_ns, text)
        channel = self._channel(topic, "foxglove.ImageAnnotations")
        self._out.message(channel, t_ns, message.SerializeToString())

    def attach(self, name: str, data: bytes, media_type: str = "application/octet-stream", t_ns: int = 0) -> None:
        """Add a file, e.g. the camera's calibration."""
        self._out.attach(Attachment(create_time=0, log_time=t_ns, name=name, media_type=media_type, data=data))

    def attach_raw(self, attachment: Attachment) -> None:
        """Add an attachment of another MCAP as it is."""
        self._out.attach(attachment)

    def metadata_raw(self, metadata: Metadata) -> None:
        """Add a metadata record of another MCAP as it is."""
        self._out.metadata(metadata)

    def close(self) -> None:
        """End the file: chunk, summary, index. May be called again."""
        self._out.close()

    def __enter__(self) -> DriveWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, Exception):
            self.close()
        else:
            self._out.close_after_last_chunk()

    def _channel(self, topic: str, schema: str) -> int:
        key = (topic, schema)
        if key not in self._channels:
            schema_id = self._out.schema(schema, "protobuf", descriptor_set(MESSAGES[schema]))
            self._channels[key] = self._out.channel(topic, "protobuf", schema_id)
        return self._channels[key]


def refuse_existing(path: Path, force: bool, inputs: Sequence[Path] = ()) -> None:
    """Raise KittError where `path` is a folder, one of the inputs or of their pictures, or exists without --force."""
    if path.is_dir():
        raise KittError(f"{path}: is a folder; name the file to write")
    if path.exists():
        for given in (i for i in inputs if i.exists()):
            if path.samefile(given):
                raise KittError(f"{path}: is the recording itself; name another file to write")
            if given.is_dir() and path.parent.samefile(given) and path.suffix.lower() in _OF_FOLDERS:
                raise KittError(f"{path}: belongs to the recording {given}; name another file to write")
    if path.exists() and not force:
        raise KittError(f"{path}: exists already; use --force to overwrite it")


def _color(message: Any, color: tuple[float, float, float, float]) -> None:
    message.r, message.g, message.b, message.a = color


def _text(message: Any, t_ns: int, note: TextNote) -> None:
    text = message.texts.add(text=note.text, font_size=note.size_px)
    stamp(text, t_ns)
    text.position.x, text.position.y = note.x, note.y
    _color(text.text_color, note.color)
    text.background_color.a = 0.5
