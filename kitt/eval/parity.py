"""Do two runtimes, or two encodings of one network, see the same?

The rule: for nearly all detections above `SURE` in the one there is one of the same class above `FAINT` in the other
that overlaps it by more than `IOU`, and the other way round. A runtime that computes wrong is found by this before it
is ever timed: a fast wrong answer is no answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt.engine.backend import Arrays, Backend
from kitt.errors import KittError
from kitt.eyes.families import Family, identify, input_spec, probe
from kitt.eyes.letterbox import InputSpec, Letterbox, Region
from kitt.eyes.nms import iou_matrix, nms
from kitt.types import CLASSES, U8, Detections

SURE, FAINT, IOU = 0.3, 0.2, 0.9
SAME_FILE, ENCODINGS = 0.99, 0.95
"""Share that must be matched: of one file on two runtimes; of s8 against u8."""
_STRIP = 2.0
"""A network whose sides differ so many times more than the picture's is shown a band of it, as the eyes do."""


@dataclass(frozen=True)
class Parity:
    """What of the one the other sees too, and back.

    matched, total: detections above SURE of both, counted together; shares: of the first's, and of the second's, each
    NaN where there were none; worst: the surest detection that the other lacks, "" where all are matched.
    """

    matched: int
    total: int
    shares: tuple[float, float]
    worst: str
    pictures: int

    @property
    def share(self) -> float:
        """The smaller of the two shares; NaN where nothing was seen by either, which proves nothing."""
        known = [s for s in self.shares if s == s]
        return min(known) if known else float("nan")

    def passes(self, needed: float = SAME_FILE) -> bool:
        """Whether both see the same, both ways. Nothing seen by either is no pass."""
        return self.share >= needed

    def __str__(self) -> str:
        if not self.total:
            return f"nothing seen in {self.pictures} pictures, which proves nothing"
        lacking = f"; worst: {self.worst}" if self.worst else ""
        return f"{self.share:.2%} the same ({self.matched} of {self.total}, {self.pictures} pictures){lacking}"


@dataclass(frozen=True)
class Closeness:
    """How far outputs differ. largest: the largest absolute difference, infinite where one has another shape or a
    value that is no number; worst: where that is."""

    largest: float
    worst: str
    atol: float

    @property
    def passes(self) -> bool:
        return self.largest <= self.atol

    def __str__(self) -> str:
        return f"differs by up to {self.largest:.3g} ({self.worst}), allowed {self.atol:.3g}"


def parity(a: Backend, b: Backend, pictures: Iterable[U8]) -> Parity:
    """Both networks over the same pictures, uint8 (H, W, 3) blue-green-red, each letterboxed to the network's input.

    Raises KittError where one is no detector that kitt knows, or their inputs differ in size.
    """
    eyes = _Eye(a), _Eye(b)
    if eyes[0].size != eyes[1].size:
        (w, h), (w2, h2) = eyes[0].size, eyes[1].size
        raise KittError(f"{a.name} and {b.name} cannot be compared: one takes {w}x{h} pixels, the other {w2}x{h2}")
    found: tuple[list[Detections], list[Detections]] = [], []
    for picture in pictures:
        for eye, mine in zip(eyes, found, strict=True):
            mine.append(eye.look(picture))
    return agreement(*found)


def agreement(found_a: list[Detections], found_b: list[Detections]) -> Parity:
    """The rule on detections of the same pictures, in the same order, with scores down to FAINT."""
    counts = [[0, 0], [0, 0]]
    worst, worst_score = "", -1.0
    for index, (one, other) in enumerate(zip(found_a, found_b, strict=True)):
        for side, (mine, theirs) in enumerate(((one, other), (other, one))):
            sure, overlap = _best(mine, theirs)
            same = overlap > IOU
            counts[side][0] += int(same.sum())
            counts[side][1] += len(sure)
            for i in np.flatnonzero(~same):
                if sure.score[i] > worst_score:
                    worst_score = float(sure.score[i])
                    worst = (
                        f"picture {index}: {CLASSES[sure.class_id[i]]} of score {worst_score:.2f} "
                        f"in the {('first', 'second')[side]}, overlapped by {overlap[i]:.2f} in the other"
                    )
    (m1, t1), (m2, t2) = counts
    return Parity(m1 + m2, t1 + t2, (_share(m1, t1), _share(m2, t2)), worst, len(found_a))


def same_outputs(a: Backend, b: Backend, feeds: Iterable[Mapping[str, NDArray[Any]]], atol: float) -> Closeness:
    """Every output of two networks that are no detectors, over the same inputs by name.

    Raises KittError when there are no inputs at all: that proves nothing.
    """
    largest, worst, count = -1.0, "", 0
    for count, feed in enumerate(feeds, 1):
        first, second = a.infer(feed), b.infer(feed)
        for name, here in first.items():
            by = _difference(here, second.get(name))
            if by > largest:
                largest, worst = by, f"output '{name}', input {count - 1}"
        if extra := sorted(second.keys() - first.keys()):
            largest, worst = np.inf, f"output '{extra[0]}', input {count - 1}"
    if not count:
        raise KittError(f"{a.name} and {b.name} cannot be compared: no inputs")
    return Closeness(float(largest), worst, atol)


class _Eye:
    """One network as a detector of whole pictures."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        inputs, outputs = probe(backend, backend.name)
        self._family: Family = identify(inputs, outputs, backend.name)
        self._spec: InputSpec = input_spec(inputs, self._family, backend.name)
        self.size = (self._spec.width, self._spec.height)
        self._letterbox: Letterbox | None = None

    def look(self, picture: U8) -> Detections:
        region = _region(picture, self.size)
        if self._letterbox is None or self._letterbox.region != region:
            self._letterbox = Letterbox(region, self._spec)
        outputs: Arrays = self._backend.infer({self._spec.name: self._letterbox.fill(picture)})
        return nms(self._family.decode(outputs, FAINT, self.size))


def _region(picture: U8, size: tuple[int, int]) -> Region:
    """The whole picture, or the band at half its height where the network looks at strips."""
    height, width = picture.shape[:2]
    if size[0] / size[1] < _STRIP * width / height:
        return Region(0, 0, width, height)
    band = max(round(width * size[1] / size[0]), 1)
    return Region(0, (height - band) // 2, width, band)


def _best(mine: Detections, theirs: Detections) -> tuple[Detections, NDArray[np.float32]]:
    """My detections above SURE, and how much each is overlapped by one of theirs of its class above FAINT."""
    sure, faint = mine[mine.score > SURE], theirs[theirs.score > FAINT]
    overlap = np.where(sure.class_id[:, None] == faint.class_id, iou_matrix(sure.xyxy, faint.xyxy), 0)
    # a box that is no box at all (not a number) overlaps nothing
    best = np.nan_to_num(overlap, nan=0.0).max(axis=1, initial=0)
    return sure, np.asarray(best, np.float32)


def _share(matched: int, total: int) -> float:
    return matched / total if total else float("nan")


def _difference(here: NDArray[Any], there: NDArray[Any] | None) -> float:
    if there is None or here.shape != there.shape or here.dtype != there.dtype:
        return float("inf")
    if not here.size:
        return 0.0
    by = float(np.abs(here.astype(np.float64) - there.astype(np.float64)).max())
    return by if by == by else float("inf")
