"""Makes the sample drive: the drawn story with its truth, then real footage after a cut, in one MCAP.

The footage has no speed and no calibration of its own: its camera stood still, so the drive says 0 m/s, and the
distances that kitt reads in it rest on the drawn part's camera. The truth ends where the footage begins.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from kitt.config import to_toml
from kitt.drive.records import AUDIO_TOPIC, IMAGE_TOPIC, SPEED_TOPIC, Picture, Sound, Speed, TimedRecord
from kitt.drive.writer import DriveWriter
from kitt.sim import footage, world
from kitt.sim.render import SEED, Painter, Seen
from kitt.sim.sound import RATE_HZ, Say, Speech, soundtrack, speeches
from kitt.sim.truth_file import ATTACHMENT, TrueFrame, TrueObject, TrueSpoken, TrueWarning, Truth, dump
from kitt.sim.view import CALIBRATION, HEIGHT, WIDTH
from kitt.types import U8

QUALITY = 85
"""Of the JPEG pictures: what dashcams use, and it keeps the drive below 40 MB."""
SPEED_HZ, SOUND_S = 20, 0.1
CAMERA_ATTACHMENT = "camera.toml"
_END_NS = round(world.DURATION_S * 1e9)


@dataclass(frozen=True)
class Sample:
    """What was made."""

    path: Path
    drawn_frames: int
    footage_frames: int
    megabytes: float


def make_sample(
    path: Path, *, film: Path | None, say: Say | None, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Sample:
    """Write the drive to `path`, which appears only when it is whole. `film` None leaves the real footage out.

    `progress` is called with (pictures drawn, pictures to draw). Raises KittError when the disk is full.
    """
    footage.make_folder(path.parent)
    part = path.with_name(f".{path.name}.part")
    painter, frames = Painter(), []
    filmed, said = 0, speeches(say)
    try:
        with DriveWriter(part, force=True) as writer:
            writer.attach(CAMERA_ATTACHMENT, to_toml(CALIBRATION).encode(), "application/toml")
            duration_s = world.DURATION_S + (_film_s(film) if film else 0.0)
            beside = _beside(duration_s, said)
            waiting = next(beside, None)
            for picture, seen in _all_pictures(painter, film):
                while waiting is not None and waiting.t_ns <= picture.t_ns:
                    writer.write(waiting)
                    waiting = next(beside, None)
                writer.write(picture)
                if seen is None:
                    filmed += 1
                else:
                    frames.append(_true_frame(picture.t_ns, seen))
                    progress(len(frames), world.FRAMES)
            while waiting is not None:
                writer.write(waiting)
                waiting = next(beside, None)
            writer.attach(ATTACHMENT, dump(_truth(tuple(frames), said)), "application/jsonl")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return Sample(path, len(frames), filmed, path.stat().st_size / 1e6)


def frame_ns(index: int) -> int:
    """When picture `index` of the story is taken."""
    return round(index * 1e9 / world.FPS)


def _all_pictures(painter: Painter, film: Path | None) -> Iterator[tuple[Picture, list[Seen] | None]]:
    for index in range(world.FRAMES):
        image, seen = painter.paint(index)
        yield Picture(frame_ns(index), IMAGE_TOPIC, "jpeg", _jpeg(image)), seen
    for t_ns, image in footage.pictures(film) if film else ():
        yield Picture(_END_NS + t_ns, IMAGE_TOPIC, "jpeg", _jpeg(image)), None


def _beside(duration_s: float, said: Sequence[Speech]) -> Iterator[TimedRecord]:
    """Speed and sound in the order of their times."""
    track = soundtrack(duration_s, said, SEED)
    step = round(RATE_HZ * SOUND_S)
    sounds = {round(k * 1e9 / RATE_HZ): track[k : k + step] for k in range(0, len(track), step)}
    speeds = {round(k * 1e9 / SPEED_HZ): k / SPEED_HZ for k in range(round(duration_s * SPEED_HZ))}
    for t_ns in sorted(sounds.keys() | speeds.keys()):
        if t_ns in speeds:
            t_s = speeds[t_ns]
            yield Speed(t_ns, SPEED_TOPIC, round(world.EGO.at(t_s)[1], 3) if t_s < world.DURATION_S else 0.0)
        if t_ns in sounds:
            yield Sound(t_ns, AUDIO_TOPIC, RATE_HZ, sounds[t_ns])


def _true_frame(t_ns: int, seen: list[Seen]) -> TrueFrame:
    t_s = t_ns / 1e9
    return TrueFrame(t_ns, world.EGO.at(t_s)[1], tuple(_true_object(t_s, s) for s in seen))


def _true_object(t_s: float, seen: Seen) -> TrueObject:
    actor = seen.actor
    return TrueObject(
        id=actor.id,
        kind=actor.kind,
        box=seen.box,
        distance_m=world.gap_m(t_s, actor),
        lateral_m=actor.across.at(t_s)[0],
        closing_mps=world.closing_mps(t_s, actor),
        ttc_s=world.time_to_collision_s(t_s, actor),
        visible=seen.visible,
        light=world.lamp(t_s) if actor.kind == "traffic light" else None,
    )


def _truth(frames: tuple[TrueFrame, ...], said: Sequence[Speech]) -> Truth:
    def ns(seconds: float) -> int:
        return round(seconds * 1e9)

    warnings = tuple(
        TrueWarning(e.event, ns(e.from_s), ns(e.to_s), ns(e.due_s), e.object_ids) for e in world.expected()
    )
    spoken = tuple(TrueSpoken(ns(s.spoken.at_s), ns(s.to_s), s.spoken.language, s.spoken.intent) for s in said)
    return Truth(WIDTH, HEIGHT, 0, frames[-1].t_ns, warnings, frames, spoken)


def _film_s(film: Path) -> float:
    return max(t_ns for t_ns, _ in footage.pictures(film)) / 1e9


def _jpeg(image: U8) -> bytes:
    return cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))[1].tobytes()
