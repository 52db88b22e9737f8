"""The reading thread's work: every record once and in order, pictures decoded, sound heard."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from kitt.drive.records import AUDIO_TOPIC, Picture, Problem, Record, Sound
from kitt.drive.source import Source
from kitt.runtime.hearing import Hearing, Sounded
from kitt.runtime.reading import read

from .conftest import START_NS, pictures, speeds

SOUND = Sound(START_NS + 5, AUDIO_TOPIC, 16_000, np.zeros((160, 1), np.int16))


class Said:
    """Ears that say what they were given."""

    def __init__(self) -> None:
        self.given: list[Record] = []

    def take(self, record: Record) -> Sounded:
        self.given.append(record)
        return Sounded(troubles=(("took", type(record).__name__),))

    def finish(self) -> Sounded:
        return Sounded(troubles=(("end", ""),))


def source(*records: Record) -> Source:
    def again() -> Iterator[Record]:
        yield from records

    return Source("mcap", Path("d"), START_NS, None, None, again, lambda: "")


def test_records_keep_their_order_and_the_last_step_is_the_end_of_the_sound() -> None:
    ears = Said()
    problem = Problem(None, "file", "breaks off")
    steps = list(read(source(*speeds(1), *pictures(1), SOUND, problem), cast(Hearing, ears), lambda: False))
    kinds = [type(s.record).__name__ for s in steps]
    assert kinds == ["Speed", "Picture", "Sound", "Problem", "NoneType"]
    told = [s.sounded.troubles[0] if s.sounded.troubles else None for s in steps]
    assert told == [("took", "Speed"), ("took", "Picture"), ("took", "Sound"), None, ("end", "")]
    image = steps[1].image
    assert image is not None
    assert image.shape == (192, 320, 3)
    assert steps[1].decode_ns > 0


def test_a_picture_that_cannot_be_read_carries_the_reason_and_one_for_the_decoder_alone_is_not_given() -> None:
    broken, early = (replace(p, data=b"") for p in pictures(2))
    early = replace(early, decode_only=True)
    ears = Said()
    steps = list(read(source(broken, early), cast(Hearing, ears), lambda: False))
    assert [(s.image, "zero bytes" in s.reason) for s in steps if s.record] == [(None, True)]
    assert ears.given == [broken]


@pytest.mark.parametrize("hearing", [None, Said()])
def test_once_stopped_it_ends_and_finishes_nothing(hearing: Said | None) -> None:
    stop: list[bool] = []
    steps = []
    for step in read(source(*pictures(3)), cast(Hearing, hearing), lambda: bool(stop)):
        steps.append(step)
        stop.append(True)
    assert [isinstance(s.record, Picture) for s in steps] == [True]
