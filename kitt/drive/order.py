"""One order of time: each topic goes forward, all of them are merged by (t_ns, fixed order of topics)."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import replace

from kitt.drive.records import (
    VIDEO_ENCODINGS,
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

JUMP_NS = 5_000_000_000
"""Pictures further apart than this are reported as a jump of the clock."""

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


class Guard:
    """Lets a topic's time only go forward.

    A picture that is not later than the one before it, and any other record that is earlier, is dropped and
    reported: its time is wrong, and a wrong time makes wrong speeds. A picture of a video, on which later ones
    build, is kept for the decoder alone. A picture more than `JUMP_NS` after the one before it is kept and reported.
    """

    def __init__(self) -> None:
        self._latest: dict[str, int] = {}

    def check(self, record: Record) -> Iterator[Record]:
        """The record, or what is left of it, after the Problem that was found, if any."""
        if isinstance(record, Problem):
            yield record
            return
        latest = self._latest.get(record.topic)
        is_picture = isinstance(record, Picture)
        if latest is None or record.t_ns > latest:
            self._latest[record.topic] = record.t_ns
            if is_picture and latest is not None and record.t_ns - latest > JUMP_NS:
                gap_s = (record.t_ns - latest) / 1e9
                yield Problem(record.t_ns, record.topic, f"no picture for {gap_s:.1f} s before this one", "time-jump")
            yield record
        elif record.t_ns == latest and not is_picture:
            yield record
        else:
            back_s = (latest - record.t_ns) / 1e9
            what = f"time goes back by {back_s:.3f} s" if back_s else "same time as the picture before"
            yield Problem(record.t_ns, record.topic, f"{what}; left out", "time-backwards")
            if isinstance(record, Picture) and record.encoding in VIDEO_ENCODINGS:
                yield replace(record, t_ns=latest, decode_only=True)


def guarded(records: Iterable[Record]) -> Iterator[Record]:
    """Records of one stream with their times guarded."""
    guard = Guard()
    for record in records:
        yield from guard.check(record)


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
