"""Message schemas of a drive: Foxglove's own and two of kitt, each with the descriptor that goes inside the file.

kitt's messages are described here in full, so that no generated code is kept and any reader of MCAP and
protobuf can decode them from the file alone (https://mcap.dev/spec/registry#protobuf-1).
"""

from __future__ import annotations

from typing import Any

from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
from foxglove_schemas_protobuf.CompressedVideo_pb2 import CompressedVideo
from foxglove_schemas_protobuf.ImageAnnotations_pb2 import ImageAnnotations
from foxglove_schemas_protobuf.LocationFix_pb2 import LocationFix
from foxglove_schemas_protobuf.RawAudio_pb2 import RawAudio
from foxglove_schemas_protobuf.RawImage_pb2 import RawImage
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2
from google.protobuf.descriptor import FileDescriptor
from mcap.records import Channel, Schema

_TYPES = {"double": 1, "uint32": 13, "bytes": 12}
"""Numbers of FieldDescriptorProto.Type for the scalar types in use."""

_KITT = {
    "VehicleSpeed": (("speed_mps", "double"),),
    "CanFrame": (("bus", "uint32"), ("id", "uint32"), ("data", "bytes")),
}
"""Message -> its fields after `timestamp`, which is the first of each."""


def _kitt_file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="kitt/drive.proto", package="kitt", syntax="proto3", dependency=[timestamp_pb2.DESCRIPTOR.name]
    )
    optional = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
    for name, columns in _KITT.items():
        message = file.message_type.add(name=name)
        message.field.add(name="timestamp", number=1, label=optional, type=11, type_name=".google.protobuf.Timestamp")
        for number, (column, kind) in enumerate(columns, 2):
            message.field.add(name=column, number=number, label=optional, type=_TYPES[kind])
    return file


_pool = descriptor_pool.Default()
_pool.AddSerializedFile(_kitt_file().SerializeToString())


def _kitt_class(name: str) -> Any:
    return message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"kitt.{name}"))


VehicleSpeed = _kitt_class("VehicleSpeed")
CanFrameMessage = _kitt_class("CanFrame")

MESSAGES: dict[str, Any] = {
    m.DESCRIPTOR.full_name: m
    for m in (
        CompressedImage,
        CompressedVideo,
        RawImage,
        RawAudio,
        LocationFix,
        ImageAnnotations,
        VehicleSpeed,
        CanFrameMessage,
    )
}
"""Schema name -> protobuf class, for every schema that kitt reads or writes."""

PICTURE_SCHEMAS = ("foxglove.CompressedImage", "foxglove.CompressedVideo", "foxglove.RawImage")


def readable(channel: Channel, schema: Schema | None) -> bool:
    """Whether kitt understands a channel's messages; annotations are its own results and are not read back."""
    known = schema is not None and schema.name in MESSAGES and schema.name != "foxglove.ImageAnnotations"
    return known and channel.message_encoding == "protobuf"


def descriptor_set(message: Any) -> bytes:
    """The serialised FileDescriptorSet of a message class with all it depends on, dependencies first."""
    files: dict[str, FileDescriptor] = {}

    def add(file: FileDescriptor) -> None:
        for needed in file.dependencies:
            add(needed)
        files.setdefault(file.name, file)

    add(message.DESCRIPTOR.file)
    out = descriptor_pb2.FileDescriptorSet()
    for file in files.values():
        file.CopyToProto(out.file.add())
    return out.SerializeToString(deterministic=True)
