"""Records to messages and back: one function a schema each way.

Schemas: https://docs.foxglove.dev/docs/visualization/message-schemas/introduction and kitt's own two.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from kitt.drive.records import (
    IMAGE_ENCODINGS,
    VIDEO_ENCODINGS,
    CanFrame,
    Fix,
    Picture,
    Raw,
    Sound,
    Speed,
    TimedRecord,
)
from kitt.drive.schemas import MESSAGES

JPEG_QUALITY = 95
FRAME_ID = "camera_front"


class UnknownEncoding(ValueError):
    """The message is well formed, but holds pictures or sound in an encoding that kitt does not know."""


def encode(record: TimedRecord) -> tuple[str, bytes]:
    """(schema name, message bytes). Raw pictures become JPEG of quality 95."""
    if isinstance(record, Picture):
        schema, fields = _encode_picture(record)
    elif isinstance(record, Sound):
        samples = np.ascontiguousarray(record.samples, dtype="<i2")
        schema, fields = (
            "foxglove.RawAudio",
            {
                "data": samples.tobytes(),
                "format": "pcm-s16",
                "sample_rate": record.rate_hz,
                "number_of_channels": samples.shape[1],
            },
        )
    elif isinstance(record, Speed):
        schema, fields = "kitt.VehicleSpeed", {"speed_mps": record.speed_mps}
    elif isinstance(record, CanFrame):
        schema, fields = "kitt.CanFrame", {"bus": record.bus, "id": record.id, "data": record.data}
    elif isinstance(record, Fix):
        schema, fields = (
            "foxglove.LocationFix",
            {
                "frame_id": "gps",
                "latitude": record.latitude_deg,
                "longitude": record.longitude_deg,
                "altitude": record.altitude_m,
            },
        )
    else:
        raise TypeError(f"{type(record).__name__} has no schema of its own: it is copied as it is")
    message = MESSAGES[schema](**fields)
    stamp(message, record.t_ns)
    return schema, message.SerializeToString()


def stamp(message: Any, t_ns: int) -> None:
    """Set a message's `timestamp`."""
    message.timestamp.seconds, message.timestamp.nanos = divmod(t_ns, 1_000_000_000)


def _encode_picture(picture: Picture) -> tuple[str, dict[str, Any]]:
    if picture.encoding in VIDEO_ENCODINGS:
        return "foxglove.CompressedVideo", {
            "frame_id": FRAME_ID,
            "data": bytes(picture.data),
            "format": picture.encoding,
        }
    encoding, data = picture.encoding, picture.data
    if encoding == "raw":
        encoding = "jpeg"
        data = cv2.imencode(".jpg", np.asarray(data), (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))[1].tobytes()
    return "foxglove.CompressedImage", {"frame_id": FRAME_ID, "data": bytes(data), "format": encoding}


def decode(raw: Raw) -> TimedRecord:
    """The record in a message. Raises UnknownEncoding, or ValueError with a reason for what cannot be understood."""
    if raw.schema is None or raw.schema.name not in _DECODERS:
        raise ValueError("schema unknown")
    try:
        message = MESSAGES[raw.schema.name].FromString(raw.message.data)
    except Exception as e:
        raise ValueError(f"not a {raw.schema.name}: {e}") from e
    return _DECODERS[raw.schema.name](raw, message)


def _picture(raw: Raw, message: Any) -> Picture:
    encoding = {"jpg": "jpeg", "hevc": "h265"}.get(message.format.lower(), message.format.lower())
    if encoding not in (*IMAGE_ENCODINGS, *VIDEO_ENCODINGS):
        known = ", ".join((*IMAGE_ENCODINGS, *VIDEO_ENCODINGS))
        raise UnknownEncoding(f"picture encoding '{message.format}' is unknown; known: {known}")
    return Picture(raw.message.log_time, raw.channel.topic, encoding, message.data, raw=raw)


_RAW_IMAGES = {
    "rgb8": (3, cv2.COLOR_RGB2BGR),
    "bgr8": (3, None),
    "8UC3": (3, None),
    "bgra8": (4, cv2.COLOR_BGRA2BGR),
    "rgba8": (4, cv2.COLOR_RGBA2BGR),
    "mono8": (1, cv2.COLOR_GRAY2BGR),
    "8UC1": (1, cv2.COLOR_GRAY2BGR),
}
"""Encoding -> bytes a pixel and OpenCV's conversion to blue-green-red."""


def _raw_image(raw: Raw, message: Any) -> Picture:
    if message.encoding not in _RAW_IMAGES:
        raise UnknownEncoding(f"raw image encoding '{message.encoding}' is unknown; known: {', '.join(_RAW_IMAGES)}")
    depth, conversion = _RAW_IMAGES[message.encoding]
    height, width, step = message.height, message.width, message.step or message.width * depth
    if not width or not height or step < width * depth or len(message.data) < step * height:
        raise ValueError(f"raw image of {width}x{height} with step {step} does not fit its {len(message.data)} bytes")
    rows = np.frombuffer(message.data, np.uint8, step * height).reshape(height, step)
    pixels: NDArray[Any] = np.ascontiguousarray(rows[:, : width * depth].reshape(height, width, depth))
    image = pixels if conversion is None else cv2.cvtColor(pixels, conversion)
    return Picture(raw.message.log_time, raw.channel.topic, "raw", image.astype(np.uint8, copy=False), raw=raw)


def _sound(raw: Raw, message: Any) -> Sound:
    if message.format != "pcm-s16":
        raise UnknownEncoding(f"sound format '{message.format}' is unknown; known: pcm-s16")
    channels, rate_hz = message.number_of_channels, message.sample_rate
    if not channels or not rate_hz or len(message.data) % (2 * channels):
        raise ValueError(f"{len(message.data)} bytes of sound for {channels} channels at {rate_hz} Hz")
    samples = np.frombuffer(message.data, "<i2").reshape(-1, channels).astype(np.int16, copy=False)
    return Sound(raw.message.log_time, raw.channel.topic, rate_hz, samples, raw=raw)


def _speed(raw: Raw, message: Any) -> Speed:
    if not math.isfinite(message.speed_mps):
        raise ValueError(f"speed is {message.speed_mps}")
    return Speed(raw.message.log_time, raw.channel.topic, message.speed_mps, raw=raw)


def _can(raw: Raw, message: Any) -> CanFrame:
    return CanFrame(raw.message.log_time, raw.channel.topic, message.bus, message.id, message.data, raw=raw)


def _fix(raw: Raw, message: Any) -> Fix:
    if not (abs(message.latitude) <= 90 and abs(message.longitude) <= 360):
        raise ValueError(f"no place on Earth: latitude {message.latitude}, longitude {message.longitude}")
    t_ns, topic = raw.message.log_time, raw.channel.topic
    return Fix(t_ns, topic, message.latitude, message.longitude, message.altitude, raw=raw)


_DECODERS: dict[str, Callable[[Raw, Any], TimedRecord]] = {
    "foxglove.CompressedImage": _picture,
    "foxglove.CompressedVideo": _picture,
    "foxglove.RawImage": _raw_image,
    "foxglove.RawAudio": _sound,
    "foxglove.LocationFix": _fix,
    "kitt.VehicleSpeed": _speed,
    "kitt.CanFrame": _can,
}
