"""What the reading thread does ahead of the eyes, in the order of the drive: pictures are decoded, sound is heard."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kitt.drive.decode import BadPicture, PictureDecoder
from kitt.drive.records import Picture, Problem, Record
from kitt.drive.source import Source
from kitt.runtime.hearing import SILENCE, Hearing, Sounded
from kitt.types import U8


@dataclass(frozen=True, eq=False)
class Step:
    """A record with its decoded picture, or the reason why there is none, and what the ears gave with it.

    record: None after the last one.
    """

    record: Record | None
    image: U8 | None = None
    reason: str = ""
    decode_ns: int = 0
    sounded: Sounded = SILENCE


def read(source: Source, hearing: Hearing | None, stopped: Callable[[], bool]) -> Iterator[Step]:
    """Every record of a drive as a step. Once stopped it ends, and leaves the utterance of that moment unfinished."""
    decoders: dict[str, PictureDecoder] = {}
    for record in source.records():
        if stopped():
            return
        image, reason, decode_ns = None, "", 0
        if isinstance(record, Picture):
            decoder = decoders.setdefault(record.topic, PictureDecoder(record.topic))
            begin = time.perf_counter_ns()
            try:
                image = decoder.decode(record)
            except BadPicture as e:
                reason = str(e)
            decode_ns = time.perf_counter_ns() - begin
            if record.decode_only:
                continue
        sounded = SILENCE if hearing is None or isinstance(record, Problem) else hearing.take(record)
        yield Step(record, image, reason, decode_ns, sounded)
    if hearing is not None:
        yield Step(None, sounded=hearing.finish())
