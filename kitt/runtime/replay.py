"""Replay a recorded drive: one virtual clock, records merged by time, every organ called in lock-step.

The clock is the records' own `t_ns`. Between two records further apart than TICK_NS the clock still ticks, so that
a camera that falls silent is noticed at its time and not when its next picture comes.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from kitt.config import CameraCalibration, Config, parse_camera
from kitt.drive.records import Picture, Problem, Record, Sound, Speed
from kitt.drive.source import Source
from kitt.mind.orchestrator import Event, Orchestrator
from kitt.mind.turn import Turn
from kitt.mind.warnings import TABLE
from kitt.mouth.mouth import Mouth
from kitt.mouth.queue import Decision
from kitt.runtime.hearing import Hearing
from kitt.runtime.minding import Minding, not_worked
from kitt.runtime.pace import Pace
from kitt.runtime.pipeline import FrameResult, Pipeline
from kitt.runtime.prefetch import prefetch
from kitt.runtime.reading import Step, read
from kitt.types import Frame, Heard, Notice, Signals, Warning

TICK_NS = 100_000_000
LONGEST_GAP_NS = 60_000_000_000
SPEED_LIMIT_NS = 1_000_000_000
"""A speed older than this is no longer known."""
READ_AHEAD = 6
"""Pictures decoded ahead; bounds the memory at about 3 MB each for 1280x720."""
LAST_WORDS_S = 4.0
"""What still waits to be said at the drive's end may begin within this time."""
CAMERA_ATTACHMENT = "camera.toml"


@dataclass(frozen=True)
class ReplayOptions:
    """How to replay; the defaults replay everything as fast as it goes."""

    config: Config = field(default_factory=Config)
    camera: CameraCalibration | None = None
    speed: float | None = None
    """Factor of the drive's own time; None = as fast as it goes."""


class Sink(Protocol):
    """Takes what a replay yields, in order, on one thread."""

    def record(self, record: Record) -> None: ...
    def result(self, result: FrameResult) -> None: ...
    def warning(self, warning: Warning) -> None: ...
    def notice(self, notice: Notice) -> None: ...
    def heard(self, t_ns: int, heard: Heard) -> None: ...
    def answered(self, t_ns: int, turn: Turn) -> None: ...
    def spoken(self, decision: Decision) -> None: ...


class Replay:
    """One run over one drive. Iterate it to run it; `counts` and `notes` say what was met on the way."""

    def __init__(
        self, source: Source, options: ReplayOptions, sink: Sink | None = None, mouth: Mouth | None = None
    ) -> None:
        """mouth: None where nothing is to be spoken. Raises KittError."""
        self.options = options
        self.source = source
        self.camera, self.camera_from = _camera(self.source, options.camera)
        self.pipeline = Pipeline(options.config, self.camera, time.perf_counter_ns)
        ears = options.config.ears
        minding = Minding.of(options.config)
        self.hearing = Hearing(ears, time.perf_counter_ns, minding.heard()) if ears.enabled else None
        epoch_ns = source.start_ns if source.absolute else None
        self.mind = minding.assistant(drive=Path(source.path).name, begun_ns=source.start_ns, epoch_ns=epoch_ns)
        self.mouth = mouth
        self.pilot = Orchestrator(self.mind, mouth)
        """Answers what the ears hear, from what the eyes see, and says when it is said."""
        self.stop = threading.Event()
        """Set it to end the replay before the next record; safe in a signal handler, for nothing waits for it."""
        self.pace = Pace(options.speed, self.stop.is_set)
        self.counts: Counter[str] = Counter()
        self.notices: dict[str, str] = {}
        """The first notice of each kind, in words."""
        self.start_ns: int | None = None
        self.end_ns: int | None = None
        self.sink = sink
        self._notices: list[Notice] = []
        self._warnings: list[Warning] = []
        self._heard: list[Heard] = []
        self._answers: list[Turn] = []
        self._hear_ns = 0
        """Since the last frame; the next one carries them."""
        self._first: dict[type, str] = {}
        """Of speeds and of sounds the topic met first; of several the others only go into the copy."""
        self._unused: set[str] = set()
        self._speed: Speed | None = None
        self._speed_fresh = True
        self._ticked_ns: int | None = None

    def __iter__(self) -> Generator[FrameResult, None, None]:
        steps = prefetch(read(self.source, self.hearing, self.stop.is_set), READ_AHEAD, self.stop.is_set)
        try:
            for step in steps:
                yield from self._take(step)
        finally:
            steps.close()
            self.mind.close()
        if self.counts["speed"] == 0:
            for event in self.pipeline.warner.off():
                self._note(self.end_ns or 0, "warning_off", f"{event}: off, for the drive holds no speed")
        if self.hearing and self.counts["sound"] == 0 and not self.stop.is_set():
            self._note(self.end_ns or 0, "no_sound", "the drive holds no sound, so the ears heard nothing")

    def _take(self, step: Step) -> Iterator[FrameResult]:
        record = step.record
        if record is None:
            self._hear(self.end_ns or 0, step)
            self._last_words()
            return
        if isinstance(record, Problem):
            t_ns = self.end_ns or 0 if record.t_ns is None else record.t_ns
            self._note(t_ns, record.kind.replace("-", "_"), f"{record.where}: {record.what}")
            return
        t_ns = record.t_ns
        if self.start_ns is None:
            self.start_ns = self._ticked_ns = t_ns
            self.pipeline.warner.tick(t_ns)  # a camera that gives no picture is silent from here on
            if self.hearing and (left_alone := not_worked(self.options.config)):
                self._note(t_ns, "vehicle_simulated", left_alone)
        self._tick_to(t_ns)
        self.pace.wait(t_ns)
        if self.stop.is_set():
            return
        self.end_ns = t_ns
        if self.sink:
            self.sink.record(record)
        if isinstance(record, Speed | Sound) and self._in_use(record) and isinstance(record, Speed):
            self._speed = record
        self.counts[type(record).__name__.lower()] += 1
        self._hear(t_ns, step)
        if not isinstance(record, Picture):
            return
        if step.image is None:
            self._note(t_ns, "picture_unreadable", f"{record.topic}: {step.reason}; skipped")
            return
        frame = Frame(self.counts["frame"], t_ns, step.image, record.topic)
        resized = self.pipeline.resized
        signals = self._signals(t_ns)
        result = self.pipeline.process(frame, signals)
        beside = {"decode": step.decode_ns} | ({"hear": self._hear_ns} if self.hearing else {})
        result = replace(result, stage_ns={**beside, **result.stage_ns})
        self.counts["frame"] += 1
        if self.pipeline.resized > resized:
            size = f"{frame.size[0]}x{frame.size[1]}"
            camera = self.pipeline.road.camera
            guess = "; taken for another camera, whose calibration is estimated" if camera.estimated else ""
            self._note(t_ns, "frame_size_changed", f"pictures are {size} from here on{guess}")
        if result.cut:
            self._note(t_ns, "scene_cut", "the picture changed at once: tracks start anew")
        for warning in result.warnings:
            self._warn(warning)
        self._tell(t_ns, self.pilot.see(result.scene, signals, self._warnings, t_ns, result.cut))
        result = replace(
            result, warnings=self._warnings, notices=self._notices, heard=self._heard, answers=self._answers
        )
        self._warnings, self._notices, self._heard, self._answers, self._hear_ns = [], [], [], [], 0
        if self.sink:
            self.sink.result(result)
        yield result

    def _in_use(self, record: Speed | Sound) -> bool:
        first = self._first.setdefault(type(record), record.topic)
        if record.topic != first and record.topic not in self._unused:
            self._unused.add(record.topic)
            self._note(record.t_ns, "topic_unused", f"{record.topic}: not used, for {first} came first")
        return record.topic == first

    def _tick_to(self, t_ns: int) -> None:
        """Let the virtual clock tick through a gap, for what must be noticed while nothing comes in.

        Only its beginning: a clock that was set forward by years would else keep the replay busy for hours.
        """
        assert self._ticked_ns is not None
        until_ns = min(t_ns, self._ticked_ns + LONGEST_GAP_NS)
        while self._ticked_ns + TICK_NS <= until_ns:
            self._ticked_ns += TICK_NS
            for warning in self.pipeline.warner.tick(self._ticked_ns):
                self._warn(warning)
            self._tell(self._ticked_ns, self.pilot.tick(self._ticked_ns))
        if until_ns < t_ns:
            self._ticked_ns = t_ns

    def _signals(self, t_ns: int) -> Signals:
        speed = self._speed
        if speed is None:
            return Signals(None)
        fresh = t_ns - speed.t_ns <= SPEED_LIMIT_NS
        if fresh != self._speed_fresh:
            self._speed_fresh = fresh
            off = ", ".join(event.name for event in TABLE if event.speed.needed)
            what = f"the speed is back; on again: {off}" if fresh else f"no speed for a second; off: {off}"
            self._note(t_ns, "speed_back" if fresh else "speed_lost", what)
        return Signals(speed.speed_mps if fresh else None)

    def _warn(self, warning: Warning) -> None:
        self.counts["warning"] += 1
        self.counts[f"warning:{warning.event}"] += 1
        self._warnings.append(warning)
        if self.sink:
            self.sink.warning(warning)
        self._tell(warning.t_ns, self.pilot.warn(warning))

    def _hear(self, t_ns: int, step: Step) -> None:
        """What the ears made of a step, at its own place in the order of things."""
        self._hear_ns += step.sounded.ns
        for event, text in step.sounded.troubles:
            self._note(t_ns, event, text)
        for heard in step.sounded.heard:
            self.counts["heard"] += 1
            self._heard.append(heard)
            if self.sink:
                self.sink.heard(t_ns, heard)
        self._tell(t_ns, self.pilot.hear(t_ns, step.sounded.heard, step.sounded.voice))

    def _tell(self, t_ns: int, events: list[Event]) -> None:
        """What the orchestrator made of it: answers, and when they are heard."""
        for event in events:
            if isinstance(event, Turn):
                self.counts["answered"] += bool(event.said)
                self._answers.append(event)
                if self.sink:
                    self.sink.answered(t_ns, event)
            elif self.sink:
                self.sink.spoken(event)

    def _last_words(self) -> None:
        """The drive is over; what waits to be said may still begin, in the time that the film goes on."""
        t_ns = self.end_ns or 0
        for step in range(1, round(LAST_WORDS_S * 1e9) // TICK_NS + 1):
            if self.mouth is None or not self.mouth.queue.waits:
                return
            self._tell(t_ns + step * TICK_NS, self.pilot.tick(t_ns + step * TICK_NS))

    def _note(self, t_ns: int, event: str, text: str) -> None:
        self.counts[f"notice:{event}"] += 1
        self.notices.setdefault(event, text)
        self._notices.append(notice := Notice(t_ns, event, text))
        if self.sink:
            self.sink.notice(notice)


def _camera(source: Source, given: CameraCalibration | None) -> tuple[CameraCalibration | None, str]:
    """The calibration and where it is from: the option, else the drive's own attachment, else estimated (None)."""
    if given is not None:
        return given, "given"
    if CAMERA_ATTACHMENT in source.attachments:
        text = source.attachments[CAMERA_ATTACHMENT].decode("utf-8", "replace")
        return parse_camera(text, f"the drive's attachment {CAMERA_ATTACHMENT}"), "drive"
    return None, "estimated"
