"""The road at a time of one's choosing, for a conversation by keyboard: of a drive, or of a still picture.

Both give moments: what the eyes and the warnings made of the drive, in the order of time. A drive runs through the same
loop as `kitt replay`, as far as it is asked for, and what it gave is kept: going back looks at nothing anew.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from kitt.config import CameraCalibration, Config, MindConfig
from kitt.drive.records import Record
from kitt.drive.source import Source
from kitt.errors import KittError
from kitt.mind.turn import Turn
from kitt.mouth.queue import Decision
from kitt.runtime.pipeline import FrameResult, Pipeline
from kitt.runtime.replay import Replay, ReplayOptions
from kitt.types import Frame, Heard, Notice, Scene, Signals, Warning

STILL_FRAMES, STILL_STEP_NS = 10, 100_000_000
"""A still picture is shown so often, so far apart: enough for its tracks to be believed and its lights to be voted."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A scene with the car's signals as of `t_ns`, and the warnings given since the moment before."""

    t_ns: int
    scene: Scene
    signals: Signals
    warnings: tuple[Warning, ...] = ()


class Road(Protocol):
    """What a conversation is about. Times are seconds since `start_ns`; `epoch_ns` is that moment where it is known.

    length_s: infinite where it is not known, 0 of a picture. from_s: nothing before it was looked at. notes: for the
    user to see.
    """

    name: str
    start_ns: int
    epoch_ns: int | None
    length_s: float
    from_s: float
    notes: list[str]

    def check(self, t_s: float) -> None:
        """Raises KittError for a time that this road has not, as far as that is known without looking."""
        ...

    def look(self, t_s: float) -> Iterator[float]:
        """See all up to a time, yielding how far it is. Raises KittError for a time outside."""
        ...

    def until(self, t_ns: int) -> list[Moment]:
        """What was seen up to a time that was looked at."""
        ...

    def close(self) -> None: ...


class DriveRoad:
    """A drive, seen from `from_s` on."""

    def __init__(self, source: Source, options: ReplayOptions, from_s: float = 0.0) -> None:
        """source: opened from `from_s` on. Raises KittError."""
        self.name = source.path.name
        self.start_ns = source.start_ns
        self.epoch_ns = source.start_ns if source.absolute else None
        self.length_s = math.inf if source.duration_ns is None else source.duration_ns / 1e9
        self.from_s = from_s
        self._path = source.path
        self._told = _Told()
        # the conversation has a mind of its own, with the recipes and the names that the settings name
        self._replay = Replay(source, replace(options, config=replace(options.config, mind=MindConfig())), self._told)
        self._results = iter(self._replay)
        self._moments: list[Moment] = []
        self._ended = False
        guessed = ["no calibration of the camera: distances are estimates"] if self._replay.camera is None else []
        self.notes = [*source.notes, *guessed]

    def check(self, t_s: float) -> None:
        if not t_s >= 0:
            raise KittError(f"{t_s:g} s is no time of a drive: it begins at 0")
        if t_s < self.from_s:
            raise KittError(f"{t_s:g} s lies before {self.from_s:g} s, where looking began; start again with --from")
        if t_s > self.length_s:
            raise KittError(f"{t_s:g} s lies beyond the end of {self._path}; it is {self.length_s:.2f} s long")

    def look(self, t_s: float) -> Iterator[float]:
        self.check(t_s)
        t_ns = self.start_ns + round(t_s * 1e9)
        # one picture further than asked for: only then is it known what came before it
        while not self._ended and not (self._moments and self._moments[-1].t_ns > t_ns):
            result = next(self._results, None)
            self._ended = result is None
            self._keep(result)
            if result is not None:
                yield min((result.frame.t_ns - self.start_ns) / 1e9, t_s)
        if self._ended and self.length_s == math.inf:
            self.length_s = ((self._replay.end_ns or self.start_ns) - self.start_ns) / 1e9
            self.check(t_s)

    def _keep(self, result: FrameResult | None) -> None:
        """A warning that came while there was no picture, such as of the lost camera, is a moment of its own."""
        given, self._told.warnings = self._told.warnings, []
        own = [w for w in given if result and (w.t_ns >= result.frame.t_ns or not self._moments)]
        for warning in given:
            if warning not in own and self._moments:
                last = self._moments[-1]
                self._moments.append(replace(last, t_ns=warning.t_ns, warnings=(warning,)))
        if result is not None:
            self._moments.append(Moment(result.frame.t_ns, result.scene, result.signals, tuple(own)))

    def until(self, t_ns: int) -> list[Moment]:
        return self._moments[: bisect_right(self._moments, t_ns, key=lambda m: m.t_ns)]

    def close(self) -> None:
        self._results.close()


class StillRoad:
    """A picture, shown again and again: its tracks are true, whatever moves in it is unknown, and so is the speed."""

    def __init__(self, path: Path, config: Config, camera: CameraCalibration | None = None) -> None:
        """Raises KittError for what is no picture."""
        self.name = path.name
        self.start_ns = 0
        self.epoch_ns: int | None = None
        self.length_s = self.from_s = 0.0
        try:
            data = np.fromfile(path, np.uint8)
        except OSError as e:
            raise KittError(f"{path}: cannot read: {e.strerror or e}") from e
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
        if image is None:
            raise KittError(f"{path}: not a picture that can be read")
        self._image = np.asarray(image, np.uint8)
        self._pipeline = Pipeline(config, camera, time.perf_counter_ns)
        self._scene: Scene | None = None
        self._moments: list[Moment] = []
        self.notes = ["a still picture: no speed, nothing is known to move, and no warning was given"]

    def check(self, t_s: float) -> None:
        if not t_s >= 0:
            raise KittError(f"{t_s:g} s is no time: it begins at 0")

    def look(self, t_s: float) -> Iterator[float]:
        self.check(t_s)
        t_ns = round(t_s * 1e9)
        for i in range(0 if self._scene else STILL_FRAMES):
            frame = Frame(0, i * STILL_STEP_NS, self._image)
            self._scene = _unmoved(self._pipeline.process(frame, Signals()).scene)
            yield t_s * (i + 1) / STILL_FRAMES
        if self._scene is not None and not any(m.t_ns == t_ns for m in self._moments):
            self._moments.append(Moment(t_ns, replace(self._scene, t_ns=t_ns), Signals()))
            self._moments.sort(key=lambda m: m.t_ns)

    def until(self, t_ns: int) -> list[Moment]:
        return self._moments[: bisect_right(self._moments, t_ns, key=lambda m: m.t_ns)]

    def close(self) -> None: ...


def _unmoved(scene: Scene) -> Scene:
    """The scene without what only a moving picture tells: one that is repeated would look like a world at rest."""
    unknown = np.full(len(scene.tracks), np.nan, np.float32)
    tracks = replace(scene.tracks, scale_rate=unknown, scale_rate_std=unknown)
    return replace(scene, tracks=tracks, ttc_s=unknown)


class _Told:
    """A replay's sink that keeps its warnings."""

    def __init__(self) -> None:
        self.warnings: list[Warning] = []

    def warning(self, warning: Warning) -> None:
        self.warnings.append(warning)

    def record(self, record: Record) -> None: ...
    def result(self, result: FrameResult) -> None: ...
    def notice(self, notice: Notice) -> None: ...
    def heard(self, t_ns: int, heard: Heard) -> None: ...
    def answered(self, t_ns: int, turn: Turn) -> None: ...
    def spoken(self, decision: Decision) -> None: ...
