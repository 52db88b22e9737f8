"""Videos through PyAV, with the container's own time stamps, and their sound.

H.264 is copied where it is what Foxglove's CompressedVideo allows (Annex B, no B-frames, parameter sets at
keyframes), Motion JPEG as single pictures; everything else is decoded, and becomes JPEG when it is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError

from kitt.drive.bitstream import has_b_slice, is_keyframe, parameter_sets
from kitt.drive.container import Clock, annex_b, in_ns, opened, packets, video_of
from kitt.drive.digest import Digest
from kitt.drive.guard import guarded
from kitt.drive.order import merged
from kitt.drive.records import AUDIO_TOPIC, IMAGE_TOPIC, VIDEO_TOPIC, Picture, Problem, Record, Sound
from kitt.drive.source import Options, Source
from kitt.drive.turn import turn_of
from kitt.errors import KittError

WHAT = "videos (mp4, mov, m4v, avi, mkv, webm, ts)"
_SUFFIXES = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".ts", ".mts", ".3gp")
_LOOK_AHEAD = 2000
"""B-frames are looked for among so many of the first pictures."""
_MISSING_NS = 1_000_000_000
"""Pictures that end so much before the time that the container tells are missing."""
_JPEG_TABLES = b"\xff\xc4"
"""Marker of Huffman tables; Motion JPEG may leave them out, and then its pictures are no JPEG files."""


@dataclass(frozen=True)
class _Plan:
    """How a file is read: `encoding` 'h264' or 'jpeg' to copy, 'raw' to decode; `origin_ns` is its own time of zero;
    `duration_ns` is what it says of its pictures, 0 where it says nothing."""

    path: Path
    encoding: str
    origin_ns: int
    duration_ns: int
    has_sound: bool

    @property
    def topic(self) -> str:
        return VIDEO_TOPIC if self.encoding == "h264" else IMAGE_TOPIC


def matches(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in _SUFFIXES


def read(path: Path, options: Options) -> Source:
    """Open a video. Raises KittError for one that FFmpeg cannot read or that has no pictures."""
    digest = Digest(path)
    with opened(path) as container:
        video = video_of(path, container)
        sound = container.streams.audio[0] if container.streams.audio else None
        codec = video.codec_context.name
        encoding, why = ("raw", "asked for") if options.transcode else _way(video)
        starts = [in_ns(s.start_time or 0, s.time_base) for s in (video, sound) if s is not None]
        # Sound before zero is what its encoder put before the recording.
        origin_ns = min(at for i, at in enumerate(starts) if i == 0 or at >= 0)
        duration_ns = container.duration * 1000 if container.duration else 0
        shown_ns = in_ns(video.duration, video.time_base) if video.duration else duration_ns
        plan = _Plan(path, encoding, origin_ns, shown_ns, sound is not None)
        whole = options.from_s is None and options.to_s is None
        count = video.frames if video.frames and whole else None
    notes = [
        f"{codec} is decoded, and written as JPEG of quality 95: {why}" if encoding == "raw" else f"{codec} is copied"
    ]

    def records() -> Iterator[Record]:
        streams = [guarded(_pictures(plan, digest, options))]
        if plan.has_sound:
            streams.append(guarded(_sounds(plan, options)))
        return merged(streams)

    topics = frozenset({plan.topic, AUDIO_TOPIC} if plan.has_sound else {plan.topic})
    return Source("video", path, 0, duration_ns or None, count, records, digest.sha256, notes=notes, topics=topics)


def _way(video: Any) -> tuple[str, str]:
    """As `_copyable`; pictures that are damaged or cut off are left to the decoder, which leaves out what it must."""
    try:
        return _copyable(video)
    except FFmpegError as e:
        return "raw", f"one of its first pictures is damaged ({e.strerror})"


def _copyable(video: Any) -> tuple[str, str]:
    """(encoding, why the pictures must be decoded if that is 'raw'), from the first pictures."""
    codec = video.codec_context
    first = next(packets(video), None)
    if first is None:
        return "raw", "it has no packets"
    try:
        frame = next(iter(first.decode()), None)
    except FFmpegError:
        frame = None
    if frame is not None and (turn := turn_of(frame, video)):
        return "raw", f"it is {turn}"
    if codec.name == "mjpeg":
        has_tables = _JPEG_TABLES in bytes(first)
        return ("jpeg", "") if has_tables else ("raw", "its pictures have no Huffman tables of their own")
    if codec.name != "h264":
        return "raw", "only H.264 is copied"
    if codec.pix_fmt not in ("yuv420p", "yuvj420p"):
        return "raw", f"its pixel format is {codec.pix_fmt}"
    if codec.has_b_frames:
        return "raw", "it has B-frames"
    latest = None
    video.container.seek(0)
    for number, (pts, data, _) in enumerate(annex_b(video)):
        if number == 0 and not (is_keyframe(data, "h264") and parameter_sets(data)):
            return "raw", "it does not start with a keyframe and its parameter sets"
        if pts is None or (latest is not None and pts <= latest) or has_b_slice(data):
            return "raw", "it has B-frames"
        latest = pts
        if number >= _LOOK_AHEAD:
            break
    return "h264", ""


def _pictures(plan: _Plan, digest: Digest, options: Options) -> Iterator[Record]:
    first, last = options.from_ns(0) or 0, options.to_ns(0)
    with opened(plan.path, digest) as container:
        video = video_of(plan.path, container)
        if first:
            at = (first + plan.origin_ns) * video.time_base.denominator // (video.time_base.numerator * 1_000_000_000)
            container.seek(at, stream=video)
        found = {"h264": _copied_h264, "jpeg": _copied_jpeg, "raw": _decoded}[plan.encoding](plan, video)
        t_ns = 0
        try:
            for pts, data in found:
                if isinstance(data, Problem):
                    yield data
                    continue
                t_ns = in_ns(pts, video.time_base) - plan.origin_ns
                if last is not None and t_ns >= last:
                    return
                if t_ns >= first:
                    yield Picture(t_ns, plan.topic, plan.encoding, data)
                elif plan.encoding == "h264":
                    yield Picture(t_ns, plan.topic, plan.encoding, data, decode_only=True)
        except FFmpegError as e:
            yield Problem(None, plan.path.name, f"the video breaks off: {e.strerror}", "truncated")
        if plan.duration_ns - t_ns > _MISSING_NS:
            what = f"its pictures end at {t_ns / 1e9:.1f} s, it says that they last {plan.duration_ns / 1e9:.1f} s"
            yield Problem(None, plan.path.name, what, "truncated")


def _copied_h264(plan: _Plan, video: Any) -> Iterator[tuple[int, Any]]:
    latest = None
    for pts, data, _ in annex_b(video):
        if pts is None or (latest is not None and pts < latest) or has_b_slice(data):
            at_s = (in_ns(latest or 0, video.time_base) - plan.origin_ns) / 1e9
            raise KittError(
                f"{plan.path}: after {at_s:.2f} s there are B-frames, which are not copied: "
                f"`kitt drive import --transcode {plan.path}` decodes the whole video"
            )
        latest = pts
        yield pts, data


def _copied_jpeg(plan: _Plan, video: Any) -> Iterator[tuple[int, Any]]:
    clock = Clock(video)
    for packet in packets(video):
        yield clock.time(packet.pts), bytes(packet)


def _decoded(plan: _Plan, video: Any) -> Iterator[tuple[int, Any]]:
    clock = Clock(video)
    for packet in video.container.demux(video):
        # An empty packet amid the others would tell the decoder that the video ends.
        if packet.size == 0 and packet.dts is not None:
            continue
        clock.sent(packet)
        try:
            frames = packet.decode()
        except FFmpegError as e:
            clock.lost()
            place = 0 if packet.pts is None else in_ns(packet.pts, video.time_base) - plan.origin_ns
            yield 0, Problem(place, plan.path.name, f"a picture is damaged: {e.strerror}; left out")
            continue
        for frame in frames:
            pts = clock.time(frame.pts)
            if frame.is_corrupt:
                place = in_ns(pts, video.time_base) - plan.origin_ns
                yield 0, Problem(place, plan.path.name, "a picture is damaged; left out")
                continue
            yield pts, turn_of(frame, video).apply(frame.to_ndarray(format="bgr24"))


def _sounds(plan: _Plan, options: Options) -> Iterator[Record]:
    """The first sound stream as 16 bits, in the pieces that its codec makes."""
    first, last = options.from_ns(0) or 0, options.to_ns(0)
    with opened(plan.path) as container:
        stream = container.streams.audio[0]
        if first:
            at = (first + plan.origin_ns) * stream.time_base.denominator // (stream.time_base.numerator * 1_000_000_000)
            container.seek(at, stream=stream)
        resampler = av.AudioResampler(format="s16")
        try:
            for packet in container.demux(stream):
                try:
                    decoded = packet.decode()
                except FFmpegError as e:
                    yield Problem(None, plan.path.name, f"a piece of sound is damaged: {e.strerror}; left out")
                    continue
                for frame in (f for d in decoded for f in resampler.resample(d)):
                    if frame.pts is None:
                        continue
                    t_ns = in_ns(frame.pts, frame.time_base) - plan.origin_ns
                    if last is not None and t_ns >= last:
                        return
                    if t_ns >= max(first, 0):
                        samples = (
                            frame.to_ndarray().reshape(-1, len(frame.layout.channels)).astype(np.int16, copy=False)
                        )
                        yield Sound(t_ns, AUDIO_TOPIC, frame.sample_rate, samples)
        except FFmpegError as e:
            yield Problem(None, plan.path.name, f"the sound breaks off: {e.strerror}", "truncated")
