"""Pictures become pixels, each with its own time; a bad one is told and the next is fine."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kitt.drive.decode import BadPicture, PictureDecoder
from kitt.drive.records import IMAGE_TOPIC, Picture
from kitt.drive.source import open_source
from tests.drive.making import image, jpeg, picture, split_problems, video


def bar_at(pixels: np.ndarray) -> int:
    """Where the orange bar of `making.image` begins."""
    return int(np.argmax(pixels[24, :, 2].astype(int) > 150))


@pytest.mark.parametrize("encoding", ["jpeg", "png", "webp"])
def test_single_pictures(encoding: str) -> None:
    data = cv2.imencode("." + encoding, image(3))[1].tobytes()
    pixels = PictureDecoder(IMAGE_TOPIC).decode(Picture(0, IMAGE_TOPIC, encoding, data))
    assert pixels.shape == (48, 64, 3)
    assert pixels.dtype == np.uint8
    assert abs(bar_at(pixels) - 21) <= 1


def test_raw_pixels_are_given_back_as_they_are() -> None:
    pixels = image(1)
    assert PictureDecoder(IMAGE_TOPIC).decode(Picture(0, IMAGE_TOPIC, "raw", pixels)) is pixels


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it has zero bytes"),
        (b"hello", "it is not a JPEG"),
        (jpeg()[: len(jpeg()) // 2], "breaks off before its end"),
        (b"\xff\xd8" + bytes(100) + b"\xff\xd9", "damaged jpeg"),
    ],
)
def test_a_bad_jpeg_says_why_and_the_next_is_fine(data: bytes, reason: str) -> None:
    decoder = PictureDecoder(IMAGE_TOPIC)
    with pytest.raises(BadPicture, match=reason):
        decoder.decode(Picture(0, IMAGE_TOPIC, "jpeg", data))
    assert decoder.decode(picture(1)).shape == (48, 64, 3)


def test_every_picture_of_a_copied_video_gives_its_own_frame_at_once(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mp4", [i * 40 for i in range(9)])
    pictures, _ = split_problems(open_source(path).records())
    assert {p.encoding for p in pictures} == {"h264"}
    decoder = PictureDecoder("/v")
    assert [abs(bar_at(decoder.decode(p)) - 7 * i) <= 1 for i, p in enumerate(pictures)] == [True] * 9


def test_a_video_that_starts_without_keyframe_or_has_a_hole_is_told(tmp_path: Path) -> None:
    pictures, _ = split_problems(open_source(video(tmp_path / "v.mp4", [i * 40 for i in range(9)])).records())
    decoder = PictureDecoder("/v")
    with pytest.raises(BadPicture):
        decoder.decode(pictures[1])
    assert abs(bar_at(decoder.decode(pictures[5])) - 35) <= 1
    with pytest.raises(BadPicture, match="zero bytes"):
        decoder.decode(Picture(0, "/v", "h264", b""))


def test_a_video_that_holds_frames_back_is_refused_by_decode_and_read_by_frames(tmp_path: Path) -> None:
    """Foreign drives may hold such H.264 though Foxglove forbids it."""
    import av

    path = video(tmp_path / "v.mp4", [i * 40 for i in range(9)], options={"bf": "2", "g": "30", "b-adapt": "0"})
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        to_annex_b = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        packets = [out for p in container.demux(stream) for out in to_annex_b.filter(p) if out.size]
        tick = int(1_000_000_000 * stream.time_base)
        pictures = [Picture((p.pts or 0) * tick, "/v", "h264", bytes(p)) for p in packets]
    decoder = PictureDecoder("/v")
    frames = [f for p in pictures for f in decoder.frames(p)] + decoder.flush()
    assert [t_ns // 1_000_000 for t_ns, _ in frames] == [i * 40 for i in range(9)]
    assert [abs(bar_at(f) - 7 * i) <= 1 for i, (_, f) in enumerate(frames)] == [True] * 9
    with pytest.raises(BadPicture, match="holds frames back"):
        PictureDecoder("/v").decode(pictures[0])


def test_a_size_that_changes_midway_is_followed(tmp_path: Path) -> None:
    decoder = PictureDecoder(IMAGE_TOPIC)
    other = cv2.imencode(".jpg", image(0, 128, 96))[1].tobytes()
    assert decoder.decode(picture(0)).shape == (48, 64, 3)
    assert decoder.decode(Picture(1, IMAGE_TOPIC, "jpeg", other)).shape == (96, 128, 3)
