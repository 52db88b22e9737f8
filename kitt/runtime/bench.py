"""What the pipeline costs beside the bare network: ratios taken in one run, since seconds differ between machines.

Bare network: the very network calls that the frames make, same backend, threads and inputs, with nothing around them.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt.config import CameraCalibration, Config
from kitt.drive.decode import BadPicture, PictureDecoder
from kitt.drive.records import Picture, Problem, Record
from kitt.drive.source import Source, open_source
from kitt.engine.backend import Backend, TensorSpec
from kitt.engine.loading import load as load_engine
from kitt.eyes.detector import Detector
from kitt.eyes.road import RoadReader
from kitt.eyes.tracker import Tracker
from kitt.mind.warner import Warner
from kitt.runtime.pipeline import Pipeline
from kitt.runtime.replay import Replay, ReplayOptions
from kitt.runtime.session import Session
from kitt.types import CAR, Detections, Frame, Signals

ROUNDS = 5
"""Bare calls and pipeline take turns this often; the median of the rounds' ratios is what counts."""
FRAME_NS = 66_666_667


Calls = list[tuple[Backend, dict[str, NDArray[Any]]]]


class Recording:
    """A backend that keeps what it was asked, for asking it again."""

    def __init__(self, inner: Backend, calls: Calls) -> None:
        self.inner = inner
        self.calls = calls
        self.name = inner.name

    def io_specs(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        return self.inner.io_specs()

    @classmethod
    def load(cls, path: Path, threads: int) -> Recording:
        return cls(load_engine(path, threads), [])

    def infer(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        self.calls.append((self.inner, {k: v.copy() for k, v in inputs.items()}))
        return self.inner.infer(inputs)


@dataclass(frozen=True)
class Cost:
    """Per frame, milliseconds: the pipeline (decoding excluded), the bare network calls, and their ratio."""

    frames: int
    pipeline_ms: float
    bare_ms: float
    ratio: float


def frames_of(path: Path, count: int) -> list[Frame]:
    """The first `count` pictures of a drive, decoded."""
    decoders: dict[str, PictureDecoder] = {}
    frames: list[Frame] = []
    for record in open_source(path).records():
        if isinstance(record, Picture):
            try:
                image = decoders.setdefault(record.topic, PictureDecoder(record.topic)).decode(record)
            except BadPicture:
                continue
            frames.append(Frame(len(frames), record.t_ns, image, record.topic))
            if len(frames) == count:
                break
    return frames


def pipeline_cost(frames: list[Frame], config: Config, camera: CameraCalibration | None) -> Cost:
    """The pipeline against the bare network calls that these frames make."""
    calls: Calls = []
    horizon = RoadReader(camera, frames[0].size).horizon.y_px
    detector = Detector(
        config.eyes,
        frames[0].size,
        horizon,
        backend=lambda path, threads: Recording(load_engine(path, threads), calls),
    )
    for frame in frames:
        detector.process(frame)
    pipeline = Pipeline(config, camera, time.perf_counter_ns)
    pipeline.process(frames[0], Signals(10.0))
    rows = []
    for i in range(ROUNDS):
        shift = (i + 1) * (frames[-1].t_ns - frames[0].t_ns + FRAME_NS)
        bare = _timed(lambda: [backend.infer(inputs) for backend, inputs in calls])
        again = [replace(f, t_ns=f.t_ns + shift) for f in frames]
        whole = _timed(lambda again=again: [pipeline.process(f, Signals(10.0)) for f in again])  # type: ignore[misc]
        rows.append((whole, bare, whole / bare))
    whole, bare, ratio = np.median(rows, axis=0)
    return Cost(len(frames), whole / len(frames) * 1e3, bare / len(frames) * 1e3, float(ratio))


def _timed(work: Callable[[], object]) -> float:
    gc.collect()
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def after_detector_ms(objects: int, frames: int = 200) -> float:
    """Median ms a frame of tracker + road reading + warnings with so many objects in a 1280x720 picture."""
    rng = np.random.default_rng(7)
    center = rng.uniform((100, 300), (1180, 420), (objects, 2))
    height = rng.uniform(20, 120, objects)
    drift = rng.uniform(-2, 2, (objects, 2))
    tracker, road, warner = Tracker(), RoadReader(None, (1280, 720)), Warner(Config().warnings, "en")
    image = rng.integers(0, 255, (720, 1280, 3), np.uint8)
    taken = []
    for i in range(frames):
        middle = center + drift * i * 0.3 + rng.normal(0, 1, center.shape)
        half = np.stack((height * 0.7, height * 0.5), 1)
        xyxy = np.concatenate((middle - half, middle + half), 1).astype(np.float32)
        found = Detections(xyxy, np.full(objects, 0.7, np.float32), np.full(objects, CAR, np.int64))
        frame = Frame(i, i * FRAME_NS, image)
        begin = time.perf_counter()
        scene = road.process(frame, tracker.update(found, frame.t_ns, frame.size), Signals(15.0))
        warner.process(scene, Signals(15.0))
        taken.append(time.perf_counter() - begin)
    return float(np.median(taken[20:]) * 1e3)


def resident_mb() -> float:
    """This process's resident memory, MB (Linux)."""
    with open("/proc/self/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * 4096 / 1e6


def looped(path: Path, minutes: float) -> Source:
    """A drive again and again for so many minutes, its time going on."""
    source = open_source(path)

    def read() -> Iterator[Record]:
        shift = 0
        first: int | None = None
        while True:
            last = 0
            for record in open_source(path).records():
                if isinstance(record, Problem):
                    continue
                first = record.t_ns if first is None else first
                last = record.t_ns + shift
                if last - first > minutes * 60e9:
                    return
                yield replace(record, t_ns=last)
            if first is None:
                return
            shift = last + FRAME_NS - first

    return replace(source, read=read, picture_count=None)


def memory(path: Path, config: Config, minutes: float) -> tuple[float, float, float]:
    """Resident MB after the first minute of a looped drive with all its files written, at its end, and at most."""
    first_minute = peak = now = 0.0
    with tempfile.TemporaryDirectory() as folder:
        session = Session(looped(path, minutes), ReplayOptions(config), Path(folder))
        gather = session.recorder.gather
        for _ in session.run():
            now = resident_mb()
            peak = max(peak, now)
            if not first_minute and gather.t_s and gather.t_s[-1] > 60:
                first_minute = now
    return first_minute, now, peak


def report(path: Path, config: Config, count: int) -> Iterator[str]:
    """The figures of `kitt bench replay`, a line each, as they come."""
    camera = Replay(open_source(path), ReplayOptions(config)).camera
    frames = frames_of(path, count)
    eyes, (width, height) = config.eyes, frames[0].size
    yield f"{eyes.model}, {eyes.threads} threads, strip every {eyes.strip_every}, {width}x{height}"
    cost = pipeline_cost(frames, config, camera)
    yield (
        f"pipeline {cost.pipeline_ms:.1f} ms a frame, bare network {cost.bare_ms:.1f} ms: "
        f"{cost.ratio:.3f} x (goal 1.25)"
    )
    span_s = (frames[-1].t_ns - frames[0].t_ns) / 1e9 * len(frames) / (len(frames) - 1)
    for film, goal in ((False, 0.8), (True, 0.6)):
        rate = _whole(path, config, span_s, film)
        share = rate * cost.bare_ms / 1e3
        what = "with the film" if film else "no film    "
        yield (
            f"replay, {what}: {rate:.1f} frames/s, {share:.2f} x what the bare network allows (goal {goal}); "
            f"{rate / 15:.2f} x real time at 15 frames/s"
        )
    yield f"after the detector, 50 objects: {after_detector_ms(50):.2f} ms a frame (goal 3)"


def _whole(path: Path, config: Config, span_s: float, film: bool) -> float:
    """Frames a second of a whole replay with its files, reading and decoding included."""
    with tempfile.TemporaryDirectory() as folder:
        session = Session(open_source(path, to_s=span_s), ReplayOptions(config), Path(folder), film=film, force=True)
        for _ in session.run():
            pass
        return float(session.report["speed"]["frames_per_s"])
