"""Small recordings made on the spot."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from mcap.records import Channel, Message, Schema
from numpy.typing import NDArray

from kitt.drive.records import IMAGE_TOPIC, SPEED_TOPIC, Picture, Problem, Raw, Record, Speed
from kitt.drive.writer import DriveWriter

S = 1_000_000_000


def image(number: int = 0, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """A picture that says its number: bars whose place follows it."""
    out = np.full((height, width, 3), 60, np.uint8)
    out[:, number * 7 % width : number * 7 % width + 8] = (40, 120, 230)
    return out


def jpeg(number: int = 0) -> bytes:
    return cv2.imencode(".jpg", image(number))[1].tobytes()


def picture(t_ns: int, number: int = 0, topic: str = IMAGE_TOPIC) -> Picture:
    return Picture(t_ns, topic, "jpeg", jpeg(number))


def small_drive(path: Path, seconds: float = 3.0, fps: int = 4, compression: str = "") -> Path:
    """Pictures at `fps` and as many speeds, one attachment."""
    with DriveWriter(path, compression=compression) as writer:
        writer.attach("camera.toml", b"focal_px = 1000.0\n")
        for i in range(int(seconds * fps)):
            t_ns = i * S // fps
            writer.write(Speed(t_ns, SPEED_TOPIC, float(i)))
            writer.write(picture(t_ns, i))
    return path


def video(
    path: Path,
    times_ms: list[int],
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    sound_rate_hz: int | None = None,
) -> Path:
    """A video with a picture at each of `times_ms`, and a tone if a rate is given."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(
            codec, rate=25, options={"bf": "0", "g": "5", "sc_threshold": "0", **(options or {})}
        )
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        sound: Any = out.add_stream("aac", rate=sound_rate_hz, layout="mono") if sound_rate_hz else None
        for i, t_ms in enumerate(times_ms):
            frame = av.VideoFrame.from_ndarray(image(i), format="bgr24")
            frame.pts, frame.time_base = t_ms, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if sound is not None and sound_rate_hz is not None:
            n = times_ms[-1] * sound_rate_hz // 1000
            tone = (8000 * np.sin(np.arange(n) * 2 * np.pi * 440 / sound_rate_hz)).astype(np.int16)
            chunk = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
            chunk.sample_rate, chunk.pts, chunk.time_base = sound_rate_hz, 0, Fraction(1, sound_rate_hz)
            out.mux(sound.encode(chunk))
            out.mux(sound.encode(None))
    return path


def foreign(topic: str, t_ns: int, data: bytes = b"?", schema: str = "acme.Radar", encoding: str = "protobuf") -> Raw:
    """A message that kitt has no schema for."""
    return Raw(
        Schema(id=1, name=schema, encoding=encoding, data=b""),
        Channel(id=1, topic=topic, message_encoding=encoding, metadata={}, schema_id=1),
        Message(channel_id=1, log_time=t_ns, data=data, publish_time=t_ns, sequence=0),
    )


def split_problems(records: Any) -> tuple[list[Any], list[Problem]]:
    """(records, problems) of a stream."""
    found: list[Record] = list(records)
    return [r for r in found if not isinstance(r, Problem)], [r for r in found if isinstance(r, Problem)]


def decoded_from_the_file_alone(schema: Schema, data: bytes) -> Any:
    """A message decoded with nothing but the descriptor in its MCAP."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(schema.data).file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(schema.name)).FromString(data)
