"""What the mind has seen of a drive: the latest scene, the warnings, what the road has shown, and since when it looks.

Once a minute of the drive it writes what it saw into the notebook.
"""

from __future__ import annotations

from collections.abc import Iterable

from kitt.mind.notebook import Notebook, Sighting
from kitt.mind.view import Sightings, View
from kitt.types import CLASSES, Scene, Signals, Warning

BUSY_TTC_S = 4.0
"""With something nearer than this in time the road is busy."""
WRITE_EVERY_S = 60.0


class Witness:
    """Feed `see` with every frame; `view` gives what may be told at a time."""

    def __init__(self, book: Notebook, begun_ns: int | None = None) -> None:
        """begun_ns: when the drive began, None where the first picture is taken for it."""
        self.scene: Scene | None = None
        self.signals = Signals()
        self.warnings: list[Warning] = []
        self.sightings = Sightings()
        self._book, self._begun_ns = book, begun_ns
        self._written_ns: int | None = None

    def see(self, scene: Scene, signals: Signals, warnings: Iterable[Warning]) -> None:
        """Take in a frame's scene, the car's signals, and the warnings that were given with it."""
        self.scene, self.signals = scene, signals
        self.sightings.see(scene)
        self.warnings += warnings
        if self._written_ns is None or scene.t_ns < self._written_ns:
            self._written_ns = scene.t_ns
        elif scene.t_ns - self._written_ns >= WRITE_EVERY_S * 1e9:
            self.write()

    def view(self, t_ns: int) -> View:
        """What may be told at a time."""
        return View(t_ns, self.scene, self.signals, tuple(self.warnings), self.sightings, begun_ns=self._begun_ns)

    def write(self) -> None:
        """What the drive has shown so far goes into the notebook."""
        if self.scene is not None:
            self._written_ns = self.scene.t_ns
            self._book.saw(
                Sighting(CLASSES[one.class_id], one.count, one.first_ns, one.last_ns, one.frame_index)
                for one in self.sightings.totals()
            )

    @property
    def frame(self) -> int:
        """Index of the latest picture, -1 without one."""
        return self.scene.index if self.scene else -1

    @property
    def calm(self) -> bool:
        """Whether nothing comes near soon."""
        return self.scene is None or not (self.scene.ttc_s < BUSY_TTC_S).any()
