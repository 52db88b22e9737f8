"""TensorRT's nested phases of a build as one share from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Progress = Callable[[float], None]
"""Called with the share done, 0 to 1, never falling."""


@dataclass
class _Phase:
    start: float
    width: float
    steps: int
    done: int = 0

    @property
    def at(self) -> float:
        return self.start + self.width * min(self.done / self.steps, 1.0)


class Shares:
    """Where a build is: a phase inside another fills one step of it. Not every phase is announced as finished."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._phases: dict[str, _Phase] = {}
        self._best = 0.0

    def start(self, name: str, parent: str | None, steps: int) -> None:
        outer = self._phases.get(parent or "")
        phase = _Phase(outer.at, outer.width / outer.steps, max(steps, 1)) if outer else _Phase(0.0, 1.0, max(steps, 1))
        self._phases[name] = phase
        self._tell(phase.at)

    def step(self, name: str, step: int) -> None:
        if phase := self._phases.get(name):
            phase.done = step + 1
            self._tell(phase.at)

    def finish(self, name: str) -> None:
        if phase := self._phases.pop(name, None):
            self._tell(phase.start + phase.width)

    def _tell(self, share: float) -> None:
        if share > self._best:
            self._best = min(share, 1.0)
            self._progress(self._best)


class Watch:
    """Hands a build's progress on; keeps what the listener raised, since C++ must not see an exception."""

    def __init__(self, trt: Any, progress: Progress) -> None:
        self.raised: BaseException | None = None
        shares = Shares(progress)
        watch = self

        class Monitor(trt.IProgressMonitor):  # type: ignore[misc]
            def __init__(self) -> None:
                trt.IProgressMonitor.__init__(self)

            def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
                watch._guard(lambda: shares.start(phase_name, parent_phase, num_steps))

            def step_complete(self, phase_name: str, step: int) -> bool:
                """False ends the build: so Ctrl-C works in the middle of it."""
                return watch._guard(lambda: shares.step(phase_name, step))

            def phase_finish(self, phase_name: str) -> None:
                watch._guard(lambda: shares.finish(phase_name))

        self.monitor = Monitor()

    def _guard(self, tell: Callable[[], None]) -> bool:
        try:
            if self.raised is None:
                tell()
        except BaseException as e:
            self.raised = e
        return self.raised is None
