"""One frame through the eyes and the warnings, in lock-step: the whole of kitt's seeing on one page.

detector -> scene cut -> tracker -> road reading -> warnings. No threads and no clock of its own: `clock` is
handed in for the stage times, everything else follows the frame's own `t_ns`, so live and replay run this same code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kitt.config import CameraCalibration, Config
from kitt.eyes.detector import Detector
from kitt.eyes.road import RoadReader
from kitt.eyes.scenecut import SceneCut
from kitt.eyes.tracker import Tracker, TrackerSettings
from kitt.mind.turn import Turn
from kitt.mind.warner import Warner
from kitt.types import Detections, Frame, Heard, Notice, Scene, Signals, Warning

STAGES = ("detect", "track", "road", "warn")
"""The timed stages in their order; `network` is the part of `detect` spent inside the bare network calls."""

AIM_SHARE = 0.015
"""The strip follows the refined horizon when this share of the picture's height lies between them."""


@dataclass(frozen=True, eq=False)
class FrameResult:
    """What kitt made of one frame. `stage_ns` holds each of STAGES, and `network`.

    In a replay `warnings`, `notices`, `heard` and `answers` hold all that came since the frame before, such as a camera
    that was lost between the two, the pictures that could not be read and what was said meanwhile; `stage_ns` then also
    holds `decode` and `hear`, which ran beside it.
    """

    frame: Frame
    detections: Detections
    scene: Scene
    signals: Signals
    warnings: list[Warning]
    cut: bool
    stage_ns: dict[str, int]
    notices: list[Notice] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    answers: list[Turn] = field(default_factory=list)


class Pipeline:
    """The organs of one camera, made for its first frame's size and re-made when that changes."""

    def __init__(self, config: Config, camera: CameraCalibration | None, clock: Callable[[], int]) -> None:
        self.config = config
        self.camera = camera
        self.clock = clock
        self.warner = Warner(config.warnings, config.voice.language)
        self.tracker = Tracker(TrackerSettings(high_score=config.eyes.score))
        self.cut = SceneCut()
        self.size: tuple[int, int] | None = None
        self._first_size: tuple[int, int] | None = None
        self.resized = 0
        self.cuts = 0
        self.detector: Detector
        self.road: RoadReader

    def _fit(self, size: tuple[int, int]) -> None:
        """Organs that know the picture's size; a change of size midway is a new camera to them."""
        if self.size is None:
            self._first_size = size
        # whoever changes the picture midway changed the camera, and the calibration is of the first one
        self.road = RoadReader(self.camera if size == self._first_size else None, size)
        if self.size is None:
            self.detector = Detector(self.config.eyes, size, self.road.horizon.y_px, clock=self.clock)
        else:
            self.resized += 1
            self.tracker.reset()
            self.warner.reset_tracks()
            self.detector.aim(self.road.horizon.y_px, size)
        self.size = size
        self._aimed_px = self.road.horizon.y_px

    def process(self, frame: Frame, signals: Signals) -> FrameResult:
        """See one frame. Raises KittError when the model cannot be had or does not fit."""
        if frame.size != self.size:
            self._fit(frame.size)
        t = [self.clock()]
        detections = self.detector.process(frame)
        t.append(self.clock())
        cut = self.cut.process(frame.image)
        if cut:
            self.cuts += 1
            self.tracker.reset()
            self.road.reset()
            self.warner.reset_tracks()
        tracks = self.tracker.update(detections, frame.t_ns, frame.size)
        t.append(self.clock())
        scene = self.road.process(frame, tracks, signals)
        if abs(scene.horizon_y_px - self._aimed_px) > AIM_SHARE * frame.size[1]:
            self._aimed_px = scene.horizon_y_px
            self.detector.aim(self._aimed_px)
        t.append(self.clock())
        warnings = self.warner.process(scene, signals)
        t.append(self.clock())
        stage_ns = {name: t[i + 1] - t[i] for i, name in enumerate(STAGES)}
        stage_ns["network"] = self.detector.network_ns
        return FrameResult(frame, detections, scene, signals, warnings, cut, stage_ns)
