"""What may be told now: the latest scene, the car's state, the warnings given so far, and what the drive has shown.

Nothing here asks a clock: whoever wants an answer says when (`View.t_ns`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kitt.config import EyesConfig, WarningsConfig
from kitt.types import CLASSES, Bools, Scene, Signals, Warning

UNSEEN_S = 0.3
"""A track that no detection has met for longer is a guess of the tracker, and guesses are not told."""
WHOLE_S = 2.0
"""A camera whose first picture comes no later than this has seen the whole drive."""
MOST_PER_CLASS = 500
"""Sightings kept of each class, so that a thousand cars never push out the one stop sign."""


@dataclass(frozen=True)
class Sighting:
    """One track as the drive has shown it: when it was first and last seen; frame and place are those of the last."""

    class_id: int
    track_id: int
    first_ns: int
    last_ns: int
    frame_index: int
    distance_m: float
    distance_std_m: float
    lateral_m: float
    is_lead: bool
    in_path: bool


@dataclass(frozen=True)
class Total:
    """All of one class that the drive has shown: how many different ones; frame: that of the last."""

    class_id: int
    count: int
    first_ns: int
    last_ns: int
    frame_index: int


class Sightings:
    """Memory of the drive by class. It only grows, up to `most_per_class` tracks of a class: then the oldest go.

    A track belongs to the class that it was last voted to be: what the tracker has taken back is not told later.
    """

    def __init__(self, score: float | None = None, most_per_class: int = MOST_PER_CLASS) -> None:
        self._score = EyesConfig().score if score is None else score
        self._most = most_per_class
        self.forget()

    def forget(self) -> None:
        """A new drive."""
        # Each in the order of the last sight, which is the order of insertion.
        self._of: tuple[dict[int, Sighting], ...] = tuple({} for _ in CLASSES)
        self._class_of: dict[int, int] = {}
        self._dropped: list[tuple[int, int]] = [(0, 0) for _ in CLASSES]
        """Of each class how many went because there were too many, and when the first of them was first seen."""
        self._t_ns: int | None = None
        self.since_ns: int | None = None
        """When it began to look."""

    def see(self, scene: Scene) -> None:
        """Remember what is detected in this very frame. A clock that was set back begins anew, as in the warner."""
        if self._t_ns is not None and scene.t_ns < self._t_ns:
            self.forget()
        self._t_ns = scene.t_ns
        self.since_ns = scene.t_ns if self.since_ns is None else self.since_ns
        t = scene.tracks
        for row in ((t.unseen_s <= 0) & (t.score >= self._score)).nonzero()[0]:
            track_id, class_id = int(t.id[row]), int(t.class_id[row])
            before = self._of[self._class_of.get(track_id, class_id)].pop(track_id, None)
            self._class_of[track_id] = class_id
            self._of[class_id][track_id] = Sighting(
                class_id=class_id,
                track_id=track_id,
                first_ns=before.first_ns if before else scene.t_ns,
                last_ns=scene.t_ns,
                frame_index=scene.index,
                distance_m=float(scene.distance_m[row]),
                distance_std_m=float(scene.distance_std_m[row]),
                lateral_m=float(scene.lateral_m[row]),
                is_lead=track_id == scene.lead_id,
                in_path=bool(scene.in_path[row]),
            )
            if len(self._of[class_id]) > self._most:
                oldest = next(iter(self._of[class_id]))
                count, first_ns = self._dropped[class_id]
                gone_ns = self._of[class_id].pop(oldest).first_ns
                self._dropped[class_id] = (count + 1, min(gone_ns, first_ns) if count else gone_ns)
                del self._class_of[oldest]

    def of_class(self, class_id: int) -> Iterator[Sighting]:
        """The latest first."""
        return reversed(self._of[class_id].values())

    def last(self, class_id: int) -> Sighting | None:
        """The latest of a class; of several in one frame the nearest."""
        latest: Sighting | None = None
        for sighting in self.of_class(class_id):
            if latest and sighting.last_ns < latest.last_ns:
                break
            if latest is None or sighting.distance_m < latest.distance_m:
                latest = sighting
        return latest

    def totals(self) -> Iterator[Total]:
        """Of each class that was seen."""
        for class_id, seen in enumerate(self._of):
            if seen:
                dropped, dropped_ns = self._dropped[class_id]
                first_ns = min(s.first_ns for s in seen.values())
                last = next(reversed(seen.values()))
                first_ns = min(first_ns, dropped_ns) if dropped else first_ns
                yield Total(class_id, len(seen) + dropped, first_ns, last.last_ns, last.frame_index)

    def of_track(self, track_id: int) -> Sighting | None:
        class_id = self._class_of.get(track_id)
        return None if class_id is None else self._of[class_id][track_id]


@dataclass(frozen=True, eq=False)
class View:
    """What an answer may rest on, as of `t_ns`.

    scene: the latest, None where there never was a picture; `score`: what is fainter is not told; camera_lost_s: a
    scene older than this tells nothing about now; begun_ns: the drive's start, None where the first look is it.
    """

    t_ns: int
    scene: Scene | None = None
    signals: Signals = field(default_factory=Signals)
    warnings: Sequence[Warning] = ()
    sightings: Sightings = field(default_factory=Sightings)
    score: float = field(default_factory=lambda: EyesConfig().score)
    camera_lost_s: float = field(default_factory=lambda: WarningsConfig().camera_lost_s)
    begun_ns: int | None = None

    @property
    def looked_s(self) -> float | None:
        """For how long the drive was looked at, where that is not all of it; None where it is, 0 where nothing was."""
        since_ns = self.sightings.since_ns
        if since_ns is None:
            return 0.0
        if self.begun_ns is None or since_ns - self.begun_ns <= WHOLE_S * 1e9:
            return None
        return max(self.t_ns - since_ns, 0) / 1e9

    @property
    def silent_s(self) -> float:
        """Age of the latest scene; infinite without one."""
        return float("inf") if self.scene is None else max((self.t_ns - self.scene.t_ns) / 1e9, 0.0)

    @property
    def present(self) -> Scene | None:
        """The scene, unless it is too old to speak of now."""
        return None if self.silent_s > self.camera_lost_s else self.scene

    @property
    def speed_mps(self) -> float | None:
        """The car's own speed now: None where it is not known, or was last heard with a scene that is too old."""
        return None if self.scene is not None and self.present is None else self.signals.speed_mps

    def told(self, scene: Scene) -> Bools:
        """bool (N,): tracks really seen now, and sure enough to be spoken of."""
        rows: Bools = (scene.tracks.unseen_s <= UNSEEN_S) & (scene.tracks.score >= self.score)
        return rows

    @property
    def last_warning(self) -> Warning | None:
        """The latest given; of several at once the most urgent."""
        given = [w for w in self.warnings if w.t_ns <= self.t_ns]
        return max(given, key=lambda w: (w.t_ns, -w.priority), default=None)
