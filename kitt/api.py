"""kitt from Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from kitt.config import CameraCalibration, Config, load_camera
from kitt.drive.records import Record
from kitt.drive.source import open_source
from kitt.mind.turn import Turn
from kitt.mouth.queue import Decision
from kitt.runtime.pipeline import FrameResult
from kitt.runtime.replay import Replay, ReplayOptions
from kitt.types import Heard, Notice, Warning


def replay(
    drive: Path | str,
    *,
    config: Config | None = None,
    camera: CameraCalibration | Path | str | None = None,
    from_s: float | None = None,
    to_s: float | None = None,
    fps: float | None = None,
    on_event: Callable[[Warning | Notice | Heard | Turn], None] | None = None,
) -> Iterator[FrameResult]:
    """Run a drive (MCAP, video, folder of pictures) through eyes and ears and yield what each frame gave.

    `from_s`, `to_s`: seconds since the drive's start. `fps`: for a folder of pictures without times. `camera`: a
    calibration or its TOML file; without one the drive's own or an estimated one serves. `on_event`: told every
    warning, notice, utterance and answer, as it comes; nothing is spoken. Raises KittError.
    """
    if isinstance(camera, (str, Path)):
        camera = load_camera(camera)
    source = open_source(Path(drive), from_s=from_s, to_s=to_s, fps=fps)
    return iter(Replay(source, ReplayOptions(config or Config(), camera), _Teller(on_event) if on_event else None))


class _Teller:
    """A replay's sink that passes on its events."""

    def __init__(self, on_event: Callable[[Warning | Notice | Heard | Turn], None]) -> None:
        self._on_event = on_event
        self.warning: Callable[[Warning], None] = on_event
        self.notice: Callable[[Notice], None] = on_event

    def heard(self, t_ns: int, heard: Heard) -> None:
        self._on_event(heard)

    def answered(self, t_ns: int, turn: Turn) -> None:
        self._on_event(turn)

    def record(self, record: Record) -> None: ...
    def spoken(self, decision: Decision) -> None: ...
    def result(self, result: FrameResult) -> None: ...
