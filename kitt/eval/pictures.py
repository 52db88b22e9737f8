"""Pictures to run the detector on: files, folders and recordings, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from kitt.drive.decode import BadPicture, PictureDecoder
from kitt.drive.records import Picture, Problem
from kitt.drive.source import Source, open_source
from kitt.errors import KittError
from kitt.types import U8

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm"})


@dataclass(frozen=True, eq=False)
class Shot:
    """One picture. image_id: what COCO calls it by; index: its place in its recording, 0 for a single picture;
    image: None where it cannot be read, and `problem` says why."""

    image_id: int
    name: str
    index: int
    image: U8 | None
    problem: str = ""


class Pictures:
    """What the paths name: pictures, folders of pictures (not the folders in them), videos and MCAP drives.

    A picture whose name is a number, as in COCO's own sets, keeps it as its id if all are so; else ids count from 1.
    Raises KittError when a path does not exist or holds nothing.
    """

    def __init__(self, paths: list[Path]) -> None:
        self._files: list[Path] = []
        self._recordings: list[Source] = []
        for path in paths:
            if path.is_dir():
                found = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
                if not found:
                    raise KittError(f"{path}: the folder holds no pictures ({' '.join(sorted(SUFFIXES))})")
                self._files += found
            elif path.suffix.lower() in SUFFIXES:
                if not path.is_file():
                    raise KittError(f"{path}: no such file or folder")
                self._files.append(path)
            else:
                self._recordings.append(open_source(path))
        stems = [p.stem for p in self._files]
        numbered = not self._recordings and all(s.isascii() and s.isdigit() for s in stems)
        self._numbered = numbered and len({int(s) for s in stems}) == len(stems)

    @property
    def count(self) -> int | None:
        """How many pictures there will be, None where a recording does not know."""
        counts = [s.picture_count for s in self._recordings]
        return None if None in counts else len(self._files) + sum(c or 0 for c in counts)

    def __iter__(self) -> Iterator[Shot]:
        for number, path in enumerate(self._files, 1):
            image = _read(path)
            image_id = int(path.stem) if self._numbered else number
            yield Shot(image_id, path.name, 0, image, "" if image is not None else "not a picture that can be read")
        next_id = len(self._files) + 1
        for source in self._recordings:
            for shot in _shots(source, next_id):
                yield shot
                next_id = max(next_id, shot.image_id + 1)


def _read(path: Path) -> U8 | None:
    try:
        data = np.fromfile(path, np.uint8)
    except OSError:
        return None
    # imdecode raises on no bytes at all, where imread prints a warning past us
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    return None if image is None else np.asarray(image, np.uint8)


def _shots(source: Source, first_id: int) -> Iterator[Shot]:
    """Pictures of the first camera topic of a recording, named `FILE#INDEX`."""
    decoder: PictureDecoder | None = None
    index = 0
    for record in source.records():
        if isinstance(record, Problem):
            yield Shot(first_id + index, source.path.name, index, None, f"{record.where}: {record.what}")
            continue
        if not isinstance(record, Picture) or (decoder is not None and record.topic != decoder.topic):
            continue
        decoder = decoder or PictureDecoder(record.topic)
        try:
            images, problem = [image for _, image in decoder.frames(record)], ""
        except BadPicture as e:
            images, problem = [], str(e)
        for image in images:
            yield Shot(first_id + index, f"{source.path.name}#{index:06d}", index, image)
            index += 1
        if problem:
            yield Shot(first_id + index, f"{source.path.name}#{index:06d}", index, None, problem)
            index += 1
    for _, image in decoder.flush() if decoder else []:
        yield Shot(first_id + index, f"{source.path.name}#{index:06d}", index, image)
        index += 1
