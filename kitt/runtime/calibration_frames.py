"""Which frames of which drives calibrate a network: few, and as unlike each other as the drives hold.

Activation ranges are only as good as what was seen: a hundred frames of one street at noon say nothing of the night.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from kitt.drive.decode import BadPicture, PictureDecoder
from kitt.drive.records import VIDEO_ENCODINGS, Picture
from kitt.drive.source import Source
from kitt.errors import KittError
from kitt.types import F32, F64, I64, U8

NEAR = 0.02
"""Frames whose descriptors are nearer than this are near-duplicates: 2 % of full brightness, root mean square."""
_THUMBNAIL = (16, 9)
_EDGES = (160, 90)


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture of a drive. index: its place among the pictures of the first camera; image: uint8 (H, W, 3),
    blue-green-red, None where it cannot be decoded, and `reason` says why."""

    index: int
    t_ns: int
    image: U8 | None
    reason: str = ""


@dataclass(frozen=True)
class Choice:
    """Rows of the candidates that were chosen, in the order of choosing; the most central came first.

    refused: how many of the others are near-duplicates of a chosen one. spread: how far apart any two chosen ones are
    at least.
    """

    rows: tuple[int, ...]
    refused: int
    spread: float


def shots(source: Source, wanted: frozenset[int] | None = None) -> Iterator[Shot]:
    """The pictures of a drive's first camera, or only those whose index is `wanted`."""
    decoder: PictureDecoder | None = None
    index = -1
    for record in source.records():
        if not isinstance(record, Picture) or (decoder is not None and record.topic != decoder.topic):
            continue
        decoder = decoder or PictureDecoder(record.topic)
        shown = not record.decode_only
        index += shown
        due = shown and (wanted is None or index in wanted)
        # a video's later pictures build on this one
        if not due and record.encoding not in VIDEO_ENCODINGS:
            continue
        image, reason = None, ""
        try:
            image = decoder.decode(record)
        except BadPicture as e:
            reason = str(e)
        if due:
            yield Shot(index, record.t_ns, image, reason)
        if wanted is not None and index >= max(wanted, default=-1):
            return


def descriptor(image: U8) -> F32:
    """float32 (149,): a thumbnail of 16x9, brightness of three colours, contrast, edges; distances are shares of full
    brightness."""
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    small = cv2.resize(grey, _THUMBNAIL, interpolation=cv2.INTER_AREA).astype(np.float32).reshape(-1) / 255
    middle = cv2.resize(grey, _EDGES, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    colours = np.asarray(cv2.mean(image)[:3], np.float32) / 255
    steps = np.abs(np.diff(middle, axis=0)).mean() + np.abs(np.diff(middle, axis=1)).mean()
    parts = [small / np.sqrt(small.size), colours / np.sqrt(3), [middle.std(), steps]]
    return np.concatenate(parts).astype(np.float32)


def _distances(points: F64, to: F64) -> F64:
    return np.asarray(np.sqrt(np.square(points - to).sum(axis=1)), np.float64)


def choose(descriptors: F32, drives: I64, count: int, near: float = NEAR) -> Choice:
    """At most `count` rows of float32 (N, D), each time the one farthest from those chosen: k-centre greedy (Gonzalez:
    Clustering to minimize the maximum intercluster distance, 1985). Of equals the first; near-duplicates never.

    drives: int64 (N,), the drive of each row. Half of the frames are shared out among the drives alike, so that a
    drive of one long road is not left out beside a folder of curiosities; the other half may come from any.
    Raises KittError when there is nothing to choose from.
    """
    points: F64 = descriptors.astype(np.float64)
    if not len(points) or count < 1:
        raise KittError("no calibration data, no INT8: the drives have no picture that can be read")
    everything = np.ones(len(points), np.bool_)
    kinds = np.unique(drives)
    turns = [drives == kind for kind in kinds] * (count // (2 * len(kinds))) + [everything] * count
    nearest: F64 = np.full(len(points), np.inf)
    rows: list[int] = []
    spread = np.inf
    for among in turns:
        if not rows:
            row = int(np.argmin(_distances(points, points.mean(axis=0))))
        else:
            row = int(np.argmax(np.where(among, nearest, -1.0)))
        if len(rows) == count or nearest[row] < near:
            continue
        spread = min(spread, float(nearest[row]))
        rows.append(row)
        nearest = np.minimum(nearest, _distances(points, points[row]))
    return Choice(tuple(rows), int(np.count_nonzero(nearest < near)) - len(rows), spread)


def pixels_digest(image: U8) -> str:
    """SHA-256, in hex, of a decoded picture: its size and its blue-green-red pixels."""
    total = hashlib.sha256(f"{image.shape[1]}x{image.shape[0]}\0".encode())
    total.update(np.ascontiguousarray(image).tobytes())
    return total.hexdigest()


def short_names(paths: Sequence[Path]) -> list[str]:
    """What to call drives: their own names, with folders before them only as far as two would be called the same.

    Raises KittError for one drive given twice.
    """
    parts = [path.resolve().parts[1:] for path in paths]
    for i, one in enumerate(parts):
        if one in parts[:i]:
            raise KittError(f"{paths[i]}: given twice; name each drive once")
    depth = 1
    while len({p[-depth:] for p in parts}) < len(parts):
        depth += 1
    return ["/".join(p[-depth:]) for p in parts]


def by_drive(rows: Sequence[int], sizes: Sequence[int]) -> list[list[int]]:
    """Rows of all drives' candidates, one drive after the other, as rows of each drive, ascending."""
    ends = np.cumsum(np.asarray(sizes, np.int64)).tolist()
    return [
        sorted(r - (end - size) for r in rows if end - size <= r < end) for size, end in zip(sizes, ends, strict=True)
    ]
