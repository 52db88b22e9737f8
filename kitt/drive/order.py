"""One order of time: all records are merged by (t_ns, fixed order of topics)."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import replace

from kitt.drive.records import (
    CanFrame,
    Fix,
    Other,
    Picture,
    Problem,
    Record,
    Sound,
    Speed,
    TimedRecord,
)

_RANK: dict[type, int] = {Speed: 0, CanFrame: 1, Fix: 2, Picture: 3, Sound: 4, Other: 5}


def key(record: TimedRecord) -> tuple[int, int, str]:
    """Sort key: at the same time the car's state comes first, then pictures, then sound."""
    return record.t_ns, _RANK[type(record)], record.topic


def moved(record: TimedRecord, shift_ns: int, topic: str) -> TimedRecord:
    """A record at another time and on another topic. Its message is written anew, for the old bytes hold the old time;
    one that kitt does not understand stays as it is but for the log time."""
    if isinstance(record, Other):
        return replace(record, t_ns=record.t_ns + shift_ns)
    if shift_ns == 0 and topic == record.topic:
        return record
    return replace(record, t_ns=record.t_ns + shift_ns, topic=topic, raw=None)


def merged(streams: Iterable[Iterable[Record]]) -> Iterator[Record]:
    """Streams that are each in order, merged into one; of each stream only the next record is held.

    A Problem keeps its place in its stream: it comes just before the record that followed it there.
    """

    def held(stream: Iterable[Record]) -> Iterator[tuple[tuple[int, int, str], list[Record]]]:
        before: list[Record] = []
        at = (0, -1, "")
        for record in stream:
            before.append(record)
            if not isinstance(record, Problem):
                at = key(record)
                yield at, before
                before = []
        if before:
            yield at, before

    for _, records in heapq.merge(*(held(s) for s in streams), key=lambda pair: pair[0]):
        yield from records
