"""Videos, folders, sound and tables of numbers are read as they are, with their own times."""

from __future__ import annotations

import hashlib
import struct
import wave
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from kitt.drive.bitstream import has_b_slice, is_keyframe, nal_units
from kitt.drive.decode import PictureDecoder
from kitt.drive.importers import importers
from kitt.drive.records import Fix, Picture, Sound, Speed
from kitt.drive.source import open_source
from kitt.errors import KittError
from tests.drive.making import S, image, jpeg, split_problems, video

MS = 1_000_000
UNEVEN_MS = [0, 33, 66, 200, 210, 500, 533, 1900, 1933]


def bars(path: Path, **options: bool) -> list[int]:
    """Where the bar of `making.image` lies in each picture of a source."""
    pictures = [r for r in split_problems(open_source(path, **options).records())[0] if isinstance(r, Picture)]
    decoder = PictureDecoder("/")
    return [int(np.argmax(decoder.decode(p)[24, :, 2].astype(int) > 150)) for p in pictures]


def test_importers_are_found_by_being_there() -> None:
    names = [i.__name__.rsplit(".", 1)[1] for i in importers()]  # type: ignore[attr-defined]
    assert names == ["csv", "folder", "mcap", "video", "wav"]


# Videos


@pytest.mark.parametrize("name", ["v.mp4", "v.mov", "v.mkv", "v.ts"])
@pytest.mark.parametrize("transcode", [False, True])
def test_pictures_keep_the_uneven_times_of_their_container(tmp_path: Path, name: str, transcode: bool) -> None:
    path = video(tmp_path / name, UNEVEN_MS)
    source = open_source(path, transcode=transcode)
    pictures, problems = split_problems(source.records())
    assert [round(p.t_ns / MS) for p in pictures] == UNEVEN_MS
    assert {p.encoding for p in pictures} == {"raw" if transcode else "h264"}
    assert not problems
    assert [abs(at - 7 * i) <= 1 for i, at in enumerate(bars(path, transcode=transcode))] == [True] * 9


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv"])
def test_a_title_that_is_not_utf8_stops_nothing(tmp_path: Path, name: str) -> None:
    path = video(tmp_path / name, UNEVEN_MS)
    whole = path.read_bytes()
    assert b"Lavf" in whole
    path.write_bytes(whole.replace(b"Lavf", b"\xff\xfe\xe9\xfc"))
    assert [abs(at - 7 * i) <= 1 for i, at in enumerate(bars(path))] == [True] * 9


def test_h264_is_copied_as_foxglove_defines_it(tmp_path: Path) -> None:
    source = open_source(video(tmp_path / "v.mp4", list(range(0, 480, 40))))
    pictures, _ = split_problems(source.records())
    assert source.notes == ["h264 is copied"]
    for p in pictures:
        assert p.data.startswith((b"\x00\x00\x00\x01", b"\x00\x00\x01"))
        kinds = [u[0] & 31 for u in nal_units(p.data)]
        assert not has_b_slice(p.data)
        assert ({7, 8} <= set(kinds)) == (5 in kinds) == is_keyframe(p.data, "h264")
    assert [is_keyframe(p.data, "h264") for p in pictures] == [i % 5 == 0 for i in range(12)]


def test_a_video_with_b_frames_is_transcoded_and_said(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mp4", UNEVEN_MS, options={"bf": "2", "g": "30", "b-adapt": "0"})
    source = open_source(path)
    assert source.notes == ["h264 is decoded, and written as JPEG of quality 95: it has B-frames"]
    pictures, _ = split_problems(source.records())
    assert [p.t_ns for p in pictures] == [t * MS for t in UNEVEN_MS]
    assert [abs(at - 7 * i) <= 1 for i, at in enumerate(bars(path))] == [True] * 9


def remade(path: Path, change: Callable[[int, av.VideoFrame], None], strip: bool, options: dict[str, str]) -> Path:
    """A video whose frames are changed before they are encoded; `strip` leaves parameter sets to the first picture."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"g": "4", "sc_threshold": "0", **options})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        packets = []
        for i in range(12):
            frame = av.VideoFrame.from_ndarray(image(i), format="bgr24")
            change(i, frame)
            packets += stream.encode(frame)
        for i, packet in enumerate([*packets, *stream.encode(None)]):
            units = [u for u in nal_units(bytes(packet)) if not (strip and i and u[0] & 31 in (7, 8))]
            bare = av.Packet(b"".join(b"\0\0\0\1" + u for u in units))
            bare.pts, bare.dts, bare.time_base, bare.stream = packet.pts, packet.dts, packet.time_base, stream
            bare.is_keyframe = packet.is_keyframe
            out.mux(bare)
    return path


def test_parameter_sets_are_put_at_every_keyframe_where_the_video_has_them_at_its_start_only(tmp_path: Path) -> None:
    path = remade(tmp_path / "v.ts", lambda i, frame: None, strip=True, options={"bf": "0"})
    pictures, _ = split_problems(open_source(path).records())
    keyframes = [p for p in pictures if is_keyframe(p.data, "h264")]
    assert len(keyframes) == 3
    assert all({7, 8} <= {u[0] & 31 for u in nal_units(p.data)} for p in keyframes)
    assert PictureDecoder("/").decode(keyframes[2]).shape == (48, 64, 3)


def test_a_video_that_announces_b_frames_and_has_none_is_transcoded(tmp_path: Path) -> None:
    """A decoder holds its pictures back all the same."""

    def all_forward(i: int, frame: av.VideoFrame) -> None:
        kinds = av.video.frame.PictureType
        frame.pict_type = kinds.P if i else kinds.I

    path = remade(tmp_path / "v.ts", all_forward, strip=False, options={"bf": "3", "b-adapt": "0"})
    source = open_source(path)
    assert "it has B-frames" in source.notes[0]
    pictures, problems = split_problems(source.records())
    assert (len(pictures), problems) == (12, [])


def test_b_slices_are_seen_in_the_stream_itself(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mp4", list(range(0, 480, 40)), options={"bf": "2", "g": "30", "b-adapt": "0"})
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        to_annex_b = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        found = [has_b_slice(bytes(o)) for p in container.demux(stream) for o in to_annex_b.filter(p) if o.size]
        container.seek(0)
        expected = [f.pict_type == av.video.frame.PictureType.B for p in container.demux(stream) for f in p.decode()]
    assert sum(found) == sum(expected) > 3


def test_motion_jpeg_is_copied_picture_by_picture(tmp_path: Path) -> None:
    path = video(tmp_path / "v.avi", list(range(0, 480, 40)), codec="mjpeg", options={"huffman": "default"})
    pictures, _ = split_problems(open_source(path).records())
    assert {p.encoding for p in pictures} <= {"jpeg", "raw"}
    assert [abs(at - 7 * i) <= 1 for i, at in enumerate(bars(path))][:8] == [True] * 8


def test_another_codec_is_transcoded_and_said(tmp_path: Path) -> None:
    path = video(tmp_path / "v.avi", list(range(0, 400, 40)), codec="mpeg4", options={"b": "2000000"})
    source = open_source(path)
    assert source.notes == ["mpeg4 is decoded, and written as JPEG of quality 95: only H.264 is copied"]
    assert len(split_problems(source.records())[0]) == 10


def test_sound_comes_with_the_pictures_in_order_of_time(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mp4", list(range(0, 1000, 40)), sound_rate_hz=16000)
    records, _ = split_problems(open_source(path).records())
    sounds = [r for r in records if isinstance(r, Sound)]
    assert [r.t_ns for r in records] == sorted(r.t_ns for r in records)
    samples = np.concatenate([s.samples for s in sounds])
    assert {s.rate_hz for s in sounds} == {16000}
    assert samples.dtype == np.int16
    assert abs(len(samples) - 960 * 16) <= 2100
    for before, after in pairwise(sounds):
        assert abs(after.t_ns - before.t_ns - len(before.samples) * S // 16000) <= MS
    spectrum = np.abs(np.fft.rfft(samples[2000:10000, 0].astype(float)))
    assert abs(np.argmax(spectrum) * 2 - 440) <= 4


def test_a_copied_video_asked_from_the_middle_leads_in_from_its_keyframe(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mp4", list(range(0, 800, 40)))
    pictures, _ = split_problems(open_source(path, from_s=0.32, to_s=0.6).records())
    assert [(p.t_ns // MS, p.decode_only) for p in pictures] == [
        (200, True), (240, True), (280, True), (320, False), (360, False), (400, False), (440, False),
        (480, False), (520, False), (560, False),
    ]  # fmt: skip
    pictures, _ = split_problems(open_source(path, from_s=0.32, to_s=0.6, transcode=True).records())
    assert [p.t_ns // MS for p in pictures] == [320, 360, 400, 440, 480, 520, 560]


def test_a_video_is_hashed_while_it_is_read(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mp4", list(range(0, 800, 40)))
    source = open_source(path)
    list(source.records())
    assert source.sha256() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_video_cut_off_while_recording_is_one_clear_line(tmp_path: Path) -> None:
    data = video(tmp_path / "v.mp4", list(range(0, 800, 40))).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) // 2])
    with pytest.raises(KittError, match=r"cut\.mp4: cannot be read as a video") as e:
        open_source(tmp_path / "cut.mp4")
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_cut_off_video_whose_index_leads_is_decoded_as_far_as_it_goes(tmp_path: Path, share: float) -> None:
    whole, front = video(tmp_path / "v.mp4", list(range(0, 4000, 40))), tmp_path / "front.mp4"
    with av.open(str(whole)) as container, av.open(str(front), "w", options={"movflags": "faststart"}) as out:
        stream = out.add_stream_from_template(container.streams.video[0])
        for packet in container.demux(container.streams.video[0]):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    data = front.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: data.index(b"mdat") + int((len(data) - data.index(b"mdat")) * share)])
    source = open_source(tmp_path / "cut.mp4")
    pictures, problems = split_problems(source.records())
    assert 100 * share - 20 < len(pictures) < 100
    assert {p.encoding for p in pictures} == {"raw"}
    assert problems
    assert "is decoded" in source.notes[0]
    assert "is damaged" in source.notes[0]


def test_a_video_that_ends_before_the_time_it_tells_is_told(tmp_path: Path) -> None:
    mkv = video(tmp_path / "v.mkv", list(range(0, 4000, 40))).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(mkv[: len(mkv) // 2])
    pictures, problems = split_problems(open_source(tmp_path / "cut.mkv").records())
    assert 0 < len(pictures) < 75
    assert [p.kind for p in problems][-1] == "truncated"
    assert "they last 4.0 s" in problems[-1].what


def test_a_damaged_picture_of_a_decoded_video_is_told_and_the_others_given(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mp4", list(range(0, 4000, 40)), options={"bf": "2", "b-adapt": "0"})
    with av.open(str(path)) as container:
        packets = [bytes(p) for p in container.demux(container.streams.video[0]) if p.size]
    data = path.read_bytes()
    assert data.count(packets[50]) == 1
    # All but the length before it is lost.
    path.write_bytes(data.replace(packets[50], packets[50][:4] + bytes(len(packets[50]) - 4)))
    pictures, problems = split_problems(open_source(path).records())
    assert 90 <= len(pictures) < 100
    assert "a picture is damaged" in problems[0].what
    assert 1.8e9 < problems[0].t_ns < 2.2e9
    assert all("left out" in p.what for p in problems)


def test_an_avi_with_b_frames_keeps_all_pictures_in_turn(tmp_path: Path) -> None:
    """Its container tells no times of pictures, only of packets."""
    path = video(tmp_path / "v.avi", list(range(0, 2000, 40)), options={"bf": "2", "g": "30", "b-adapt": "0"})
    pictures, problems = split_problems(open_source(path).records())
    assert [p.t_ns // MS for p in pictures] == list(range(0, 2000, 40))
    assert not problems
    assert [abs(at - 7 * i % 64) <= 1 for i, at in enumerate(bars(path))][:9] == [True] * 9


@pytest.mark.parametrize(
    ("a", "b", "c", "d", "words", "shown"),
    [
        (0, 1, -1, 0, "turned by -90 degrees", lambda i: np.rot90(i, -1)),
        (0, -1, 1, 0, "turned by 90 degrees", lambda i: np.rot90(i)),
        (-1, 0, 0, -1, "turned by 180 degrees", lambda i: np.rot90(i, 2)),
        (-1, 0, 0, 1, "mirrored left to right", np.fliplr),
        (1, 0, 0, -1, "mirrored top to bottom", np.flipud),
        (0, 1, 1, 0, "mirrored and turned by -90 degrees", lambda i: np.rot90(np.flipud(i), -1)),
        (0, -1, -1, 0, "mirrored and turned by 90 degrees", lambda i: np.rot90(np.flipud(i))),
    ],
)
def test_a_video_that_says_it_is_turned_or_mirrored_is_shown_so(
    tmp_path: Path, a: int, b: int, c: int, d: int, words: str, shown: Callable[..., Any]
) -> None:
    path = video(tmp_path / "v.mp4", [0, 40, 80])
    plain = split_problems(open_source(path, transcode=True).records())[0][1].data
    data = bytearray(path.read_bytes())
    # The matrix of the track header (ISO 14496-12, 8.3.2): x' = a x + c y, y' = b x + d y.
    at = data.index(b"tkhd") + 4 + 40
    data[at : at + 36] = struct.pack(">9i", *(v << 16 for v in (a, b, 0, c, d, 0, 0, 0)), 1 << 30)
    path.write_bytes(data)
    source = open_source(path)
    assert f"it is {words}" in source.notes[0]
    assert np.array_equal(split_problems(source.records())[0][1].data, shown(plain))


# Folders


def folder(path: Path, names: list[str]) -> Path:
    path.mkdir()
    for i, name in enumerate(names):
        (path / name).write_bytes(cv2.imencode(Path(name).suffix, image(i))[1].tobytes())
    return path


def test_a_folder_is_read_in_natural_order_at_the_rate_given(tmp_path: Path) -> None:
    path = folder(tmp_path / "f", ["img10.jpg", "img9.jpg", "img100.png"])
    (path / "notes.txt").write_text("no picture")
    source = open_source(path, fps=5)
    pictures, _ = split_problems(source.records())
    assert [(p.t_ns, p.encoding) for p in pictures] == [(0, "jpeg"), (S // 5, "jpeg"), (2 * S // 5, "png")]
    assert (source.picture_count, source.duration_ns, source.notes) == (3, 2 * S // 5, [])
    assert pictures[0].data == (path / "img9.jpg").read_bytes()
    assert open_source(path).notes == ["no time stamps: --fps 10 assumed"]


@pytest.mark.parametrize("name", ["timestamps.csv", "timestamps.txt"])
def test_a_folders_time_stamps_are_kept_to_the_nanosecond(tmp_path: Path, name: str) -> None:
    path = folder(tmp_path / "f", ["a.jpg", "b.jpg"])
    gap = "," if name.endswith("csv") else " "
    (path / name).write_text(f"name{gap}seconds\na.jpg{gap}1700000000.123456789\nb.jpg{gap}1700000000.5\n")
    source = open_source(path)
    assert source.start_ns == 1_700_000_000_123_456_789
    assert source.absolute
    assert [r.t_ns for r in split_problems(source.records())[0]] == [
        1_700_000_000_123_456_789,
        1_700_000_000_500_000_000,
    ]


def test_wrong_time_stamps_are_named_with_their_line(tmp_path: Path) -> None:
    path = folder(tmp_path / "f", ["a.jpg", "b.jpg"])
    for text, message in {
        "a.jpg,0\nb.jpg,soon\n": r"timestamps\.csv:2: expected `picture,seconds`, found 'b\.jpg,soon'",
        "a.jpg,0\nc.jpg,1\n": r"timestamps\.csv:2: there is no picture 'c\.jpg'",
        "a.jpg,0\nb.jpg,1e300\n": r"timestamps\.csv:2: .* is later than the year 2262",
        "a.jpg,nan\nb.jpg,1\n": r"timestamps\.csv:1: .* must be a number",
        "a.jpg,0\nb.jpg,1\na.jpg,2\n": r"timestamps\.csv:3: a second time for 'a\.jpg'; keep one",
        "a.jpg,0\n": r"no time for 'b\.jpg' \(1 such pictures\); add it or use --fps",
    }.items():
        (path / "timestamps.csv").write_text(text)
        with pytest.raises(KittError, match=message):
            open_source(path)


def test_pictures_come_by_their_time_stamps_whatever_their_names(tmp_path: Path) -> None:
    path = folder(tmp_path / "f", ["a.jpg", "b.jpg", "c.jpg"])
    (path / "timestamps.csv").write_text("c.jpg,1\na.jpg,5\nb.jpg,4\n")
    source = open_source(path)
    pictures, problems = split_problems(source.records())
    assert [p.t_ns for p in pictures] == [S, 4 * S, 5 * S]
    assert [p.data for p in pictures] == [(path / n).read_bytes() for n in ("c.jpg", "b.jpg", "a.jpg")]
    assert problems == []
    assert source.notes == ["timestamps.csv: times are not in the order of the names; pictures come by time"]


@pytest.mark.parametrize("data", [b"a.jpg,0\n\xff\xfe.jpg,1\n", "a.jpg,0\nb.jpg,1\n".encode("utf-16")])
def test_time_stamps_that_are_no_text_are_one_line(tmp_path: Path, data: bytes) -> None:
    path = folder(tmp_path / "f", ["a.jpg", "b.jpg"])
    (path / "timestamps.csv").write_bytes(data)
    with pytest.raises(KittError, match=r"timestamps\.csv: not a text file") as e:
        open_source(path)
    assert "\n" not in str(e.value)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KittError, match="no pictures in this folder"):
        open_source(tmp_path)


def test_a_folders_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    a, b = folder(tmp_path / "a", ["1.jpg", "2.jpg"]), folder(tmp_path / "b", ["1.jpg", "2.jpg"])
    before = open_source(a).sha256()
    assert before == open_source(b).sha256()
    (b / "2.jpg").write_bytes(jpeg(9))
    (a / "2.jpg").rename(a / "3.jpg")
    assert len({before, open_source(a).sha256(), open_source(b).sha256()}) == 3


# Sound


def wav(path: Path, width: int, channels: int, samples: np.ndarray, rate_hz: int = 8000) -> Path:
    with wave.open(str(path), "wb") as f:
        f.setnchannels(channels)
        f.setsampwidth(width)
        f.setframerate(rate_hz)
        f.writeframes(samples.tobytes())
    return path


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_wav_of_any_width_becomes_16_bits(tmp_path: Path, width: int, channels: int) -> None:
    truth = (np.arange(-1000, 1000, dtype=np.int64) * 30).astype(np.int16)
    wide = {
        1: ((truth >> 8) + 128).astype(np.uint8),
        2: truth,
        3: (truth.astype("<i4") << 8).view(np.uint8).reshape(-1, 4)[:, :3],
        4: truth.astype("<i4") << 16,
    }[width]
    source = open_source(wav(tmp_path / "s.wav", width, channels, np.ascontiguousarray(wide)))
    sounds, _ = split_problems(source.records())
    found = np.concatenate([s.samples for s in sounds])
    assert found.shape == (2000 // channels, channels)
    assert np.abs(found.ravel().astype(int) - truth).max() <= (255 if width == 1 else 0)
    assert [s.t_ns for s in sounds] == [i * S // 10 for i in range(len(sounds))]
    assert source.duration_ns == 2000 // channels * S // 8000


def test_a_wav_that_breaks_off_is_told(tmp_path: Path) -> None:
    path = wav(tmp_path / "s.wav", 2, 1, np.zeros(16000, np.int16))
    path.write_bytes(path.read_bytes()[:20044])
    sounds, problems = split_problems(open_source(path).records())
    assert sum(len(s.samples) for s in sounds) == 10000
    assert [(p.kind, p.what) for p in problems] == [("truncated", "the sound breaks off after 1.2 of 2.0 s")]
    path.write_bytes(b"RIFF\0\0\0\0WAVEjunk")
    with pytest.raises(KittError, match=r"s\.wav: not a WAV that kitt reads"):
        open_source(path)


# Speed and places


def test_units_of_a_csv_stand_in_its_head(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    for unit, factor in {"mps": 1.0, "kmh": 1 / 3.6, "mph": 0.44704, "knots": 0.514444}.items():
        path.write_text(f"t_s, speed_{unit}\n0,36\n0.25,72\n")
        records, _ = split_problems(open_source(path).records())
        assert [r.t_ns for r in records] == [0, S // 4]
        assert [r.speed_mps for r in records] == pytest.approx([36 * factor, 72 * factor], rel=1e-5)


def test_a_csv_may_hold_speed_and_place_and_empty_fields(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text(
        "t_ns,speed_mps,lat_deg,lon_deg,alt_m\n1700000000000000001,5,48,11,520\n1700000000000000002,,49,12,\n"
    )
    records, _ = split_problems(open_source(path).records())
    t = 1_700_000_000_000_000_001
    assert [(type(r), r.t_ns) for r in records] == [(Speed, t), (Fix, t), (Fix, t + 1)]
    assert np.isnan(records[2].altitude_m)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("speed_kmh\n5\n", r"s\.csv:1: needs one column of time"),
        ("t_s,speed\n0,5\n", r"s\.csv:1: has neither speed nor place; the head line must name columns with units"),
        ("t_s,lat\n0,5\n", "one of latitude and longitude"),
        ("t_s,speed_mps,speed_kmh\n0,5,6\n", "two columns of speed"),
        ("t_s,speed_mps\n0,5\n1,fast\n", r"s\.csv:3: speed_mps = 'fast' must be a number"),
        ("t_s,speed_mps\n0,nan\n", r"s\.csv:2: speed_mps = 'nan' must be a number"),
        ("t_s,speed_mps\n-1,5\n", r"s\.csv:2: t_s = '-1' must not be negative"),
        ("t_s,speed_mps\n1e300,5\n", r"s\.csv:2: t_s = '1e300' is later than the year 2262"),
        ("t_s,speed_mps\n0,5\ninf,5\n", r"s\.csv:3: t_s = 'inf' must be a number"),
        ("t_s,speed_mps\n0,500\n", r"s\.csv:2: speed_mps = 500 is 500 m/s; wrong unit\?"),
        ("t_s,lat,lon\n0,95,5\n", r"s\.csv:2: latitude 95, longitude 5 is no place on Earth"),
        ("t_s,speed_mps\n", "no lines after the head line"),
    ],
)
def test_a_wrong_csv_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "s.csv"
    path.write_text(text)
    with pytest.raises(KittError, match=message) as e:
        open_source(path)
    assert "\n" not in str(e.value)
