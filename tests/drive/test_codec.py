"""A record comes back from a drive as it went in."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.records import Channel, Message, Schema

from kitt.drive.codec import UnknownEncoding, decode, encode
from kitt.drive.records import CanFrame, Fix, Picture, Raw, Sound, Speed
from kitt.drive.schemas import MESSAGES
from kitt.drive.source import open_source
from kitt.drive.writer import DriveWriter

times = st.integers(0, 2**62)
finite = st.floats(allow_nan=False, allow_infinity=False)
video_encodings = st.sampled_from(["h264", "h265", "vp9", "av1"])
records = st.one_of(
    st.builds(Speed, times, st.just("/speed"), finite),
    st.builds(CanFrame, times, st.just("/can"), st.integers(0, 255), st.integers(0, 2**29 - 1), st.binary(max_size=64)),
    st.builds(Fix, times, st.just("/fix"), st.floats(-90, 90), st.floats(-180, 180), st.floats(-400, 9000)),
    st.builds(Picture, times, st.just("/image"), st.sampled_from(["jpeg", "png", "webp"]), st.binary(max_size=200)),
    st.builds(Picture, times, st.just("/image"), video_encodings, st.binary(max_size=200)),
    st.builds(
        lambda t, rate, n, channels: Sound(
            t, "/audio", rate, np.arange(n * channels, dtype=np.int16).reshape(n, channels) * 321
        ),
        times,
        st.integers(8000, 192000),
        st.integers(0, 50),
        st.integers(1, 4),
    ),
)


def facts(record: Any) -> list[Any]:
    """The fields of a record, but for the raw message it came from."""
    values = {k: v for k, v in vars(record).items() if k != "raw"}
    return [type(record), *(v.tolist() if isinstance(v, np.ndarray) else v for v in values.values())]


def as_raw(schema: str, data: bytes, t_ns: int = 0, topic: str = "/t") -> Raw:
    channel = Channel(id=1, topic=topic, message_encoding="protobuf", metadata={}, schema_id=1)
    return Raw(Schema(id=1, name=schema, encoding="protobuf", data=b""), channel, Message(1, t_ns, data, t_ns, 0))


@given(records)
def test_encode_and_decode_are_inverse(record: Any) -> None:
    schema, data = encode(record)
    assert facts(decode(as_raw(schema, data, record.t_ns, record.topic))) == facts(record)


@settings(max_examples=40, deadline=None)
@given(st.lists(records, max_size=30))
def test_a_drive_gives_back_what_was_written_in_order_of_time(written: list[Any]) -> None:
    written = [r for r in written if not isinstance(r, Picture)]
    written.sort(key=lambda r: r.t_ns)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "d.mcap"
        with DriveWriter(path) as writer:
            for record in written:
                writer.write(record)
        found = list(open_source(path).records())
    assert [r.t_ns for r in found] == [r.t_ns for r in written]
    assert sorted(map(repr, map(facts, found))) == sorted(map(repr, map(facts, written)))


@pytest.mark.parametrize(
    ("encoding", "pixel"), [("rgb8", b"\x01\x02\x03"), ("bgr8", b"\x03\x02\x01"), ("rgba8", b"\x01\x02\x03\xff")]
)
def test_raw_images_of_others_become_blue_green_red(encoding: str, pixel: bytes) -> None:
    rows = (pixel * 2 + b"pad") * 3
    message = MESSAGES["foxglove.RawImage"](width=2, height=3, step=2 * len(pixel) + 3, encoding=encoding, data=rows)
    found = decode(as_raw("foxglove.RawImage", message.SerializeToString()))
    assert isinstance(found, Picture)
    assert isinstance(found.data, np.ndarray)
    assert found.data.shape == (3, 2, 3)
    assert (found.data == (3, 2, 1)).all()


def test_what_cannot_be_understood_says_why() -> None:
    video = MESSAGES["foxglove.CompressedVideo"](format="mpeg2", data=b"x").SerializeToString()
    with pytest.raises(UnknownEncoding, match="picture encoding 'mpeg2' is unknown; known: jpeg"):
        decode(as_raw("foxglove.CompressedVideo", video))
    sound = MESSAGES["foxglove.RawAudio"](format="opus", data=b"x").SerializeToString()
    with pytest.raises(UnknownEncoding, match="sound format 'opus'"):
        decode(as_raw("foxglove.RawAudio", sound))
    short = MESSAGES["foxglove.RawImage"](width=200, height=100, encoding="rgb8", data=b"abc").SerializeToString()
    with pytest.raises(ValueError, match="200x100 with step 600 does not fit its 3 bytes"):
        decode(as_raw("foxglove.RawImage", short))
    with pytest.raises(ValueError, match=r"not a kitt\.VehicleSpeed"):
        decode(as_raw("kitt.VehicleSpeed", b"\xff\xff\xff"))
    nan = MESSAGES["kitt.VehicleSpeed"](speed_mps=math.nan).SerializeToString()
    with pytest.raises(ValueError, match="speed is nan"):
        decode(as_raw("kitt.VehicleSpeed", nan))
    with pytest.raises(ValueError, match="no place on Earth"):
        decode(as_raw("foxglove.LocationFix", MESSAGES["foxglove.LocationFix"](latitude=91.0).SerializeToString()))
    with pytest.raises(ValueError, match="0 channels"):
        decode(as_raw("foxglove.RawAudio", MESSAGES["foxglove.RawAudio"](format="pcm-s16").SerializeToString()))
