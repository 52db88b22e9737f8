"""Times that only go forward, though stamps are wrong now and then and clocks are set.

Seen in order, a time that does not follow on from the one before it is one of three things. A few records tell which:
those that go on from the odd one, FOLLOW of them, show that the clock was set; one that goes on from the time before
shows that the odd ones were wrong. Until then the odd ones are held, so that no record is lost to a set clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from kitt.drive.order import moved
from kitt.drive.records import VIDEO_ENCODINGS, Picture, Problem, Record, TimedRecord

JUMP_NS = 5_000_000_000
"""What is further than this after the record before it does not follow on from it."""
FOLLOW = 5
"""So many records in a row that follow on from each other show that the clock was set."""
LATE_NS = 1_000_000_000
"""What is behind by less than this is late, and left out: no clock is moved for it."""


@dataclass
class _Topic:
    """latest_ns: time of the last record given out, None before the first. shift_ns: added to the topic's own times.
    held: odd records, all of them `ahead` of the latest by more than JUMP_NS or all of them behind it."""

    latest_ns: int | None = None
    shift_ns: int = 0
    ahead: bool = False
    held: list[TimedRecord] = field(default_factory=list)

    def is_later(self, record: TimedRecord, t_ns: int) -> bool:
        """Two pictures of one time are one too many; of anything else they are not."""
        return self.latest_ns is None or t_ns > self.latest_ns or (t_ns == self.latest_ns and _may_repeat(record))


class Guard:
    """Lets every topic's time only go forward, and says in Problems what was wrong.

    A record behind the latest of its topic is left out (`time-backwards`), unless FOLLOW of them follow on from each
    other: then the clock was set back (`clock-set-back`), and from there on its times are moved so that they go on
    where they were. One far ahead is left out too (`time-outlier`) when the times before it go on after it; else there
    was a gap, or the clock was set forward, and it is kept (`time-jump`, for pictures). What other topics at that time
    show is believed at once. A left-out picture of a video is kept for the decoder alone, for later ones build on it.

    shift_ns: what the clock set last is moved by.
    """

    def __init__(self) -> None:
        self.shift_ns = 0
        self._holding = False
        self._topics: dict[str, _Topic] = {}

    def check(self, record: Record) -> Iterator[Record]:
        """The record, or those held that it tells about, each after the Problem that was found, if any."""
        if isinstance(record, Problem):
            yield record
            return
        topic = self._topics.setdefault(record.topic, _Topic())
        latest_ns = None if self._holding else topic.latest_ns
        if latest_ns is not None and 0 < record.t_ns + topic.shift_ns - latest_ns <= JUMP_NS:
            # Nearly all records, of which a CAN bus has thousands a second.
            yield from self._give(topic, record)
            return
        shift_ns = self._fitting(topic, record)
        if shift_ns is not None:
            yield from self._drop(topic, record.t_ns + shift_ns)
            if shift_ns != topic.shift_ns:
                topic.shift_ns = self.shift_ns = shift_ns
            yield from self._give(topic, record)
            yield from self._settle()
        elif topic.latest_ns is not None and 0 <= topic.latest_ns - record.t_ns - topic.shift_ns < LATE_NS:
            yield from self._left_out(topic, record, topic.latest_ns)
        else:
            yield from self._hold(topic, record)

    def flush(self) -> Iterator[Record]:
        """What is still held when the records end: nothing came that would show those ahead to be wrong."""
        for topic in self._topics.values():
            if topic.ahead:
                yield from self._give_held(topic)
            else:
                yield from self._drop(topic)

    def _fitting(self, topic: _Topic, record: TimedRecord) -> int | None:
        """By how much to move a record that follows on: as its topic, as the clock set last, or no longer at all."""
        shifts = (topic.shift_ns, self.shift_ns, 0)
        return next((s for s in shifts if self._follows(topic, record, record.t_ns + s)), None)

    def _follows(self, topic: _Topic, record: TimedRecord, t_ns: int) -> bool:
        """Whether a time goes on from the topic's latest, or lies after it where other topics are."""
        if not topic.is_later(record, t_ns):
            return False
        if topic.latest_ns is not None and t_ns - topic.latest_ns <= JUMP_NS:
            return True
        others = [o.latest_ns for o in self._topics.values() if o is not topic and o.latest_ns is not None]
        # A topic that begins may begin anywhere but far ahead, such as at its start in a file written topic by topic.
        return any(t_ns - o <= JUMP_NS and (topic.latest_ns is None or o - t_ns <= JUMP_NS) for o in others)

    def _hold(self, topic: _Topic, record: TimedRecord) -> Iterator[Record]:
        self._holding = True
        t_ns = record.t_ns + topic.shift_ns
        if topic.latest_ns is None:
            # The first of its topic is right, unless the second lies far before it.
            if topic.held and topic.held[0].t_ns - record.t_ns <= JUMP_NS:
                yield from self._give_held(topic)
                yield from self._settle()
                yield from self.check(record)
            else:
                yield from self._drop(topic, t_ns)
                topic.ahead, topic.held = True, [record]
            return
        ahead = t_ns > topic.latest_ns
        if ahead != topic.ahead:
            yield from self._drop(topic)
        topic.ahead = ahead
        while ahead and topic.held and topic.held[-1].t_ns > record.t_ns:
            yield from self._left_out(topic, topic.held.pop(), topic.latest_ns)
        if not ahead and topic.held and not 0 <= record.t_ns - topic.held[-1].t_ns <= JUMP_NS:
            yield from self._drop(topic)
        topic.held.append(record)
        if len(topic.held) == FOLLOW:
            if not ahead:
                yield self._set_back(topic)
            yield from self._give_held(topic)
            yield from self._settle()

    def _set_back(self, topic: _Topic) -> Problem:
        """Move the topic's clock so that the first record held comes one step after the latest."""
        first, second = topic.held[:2]
        assert topic.latest_ns is not None
        before_ns = topic.shift_ns
        topic.shift_ns = self.shift_ns = topic.latest_ns + max(second.t_ns - first.t_ns, 1) - first.t_ns
        back_s = (topic.shift_ns - before_ns) / 1e9
        what = f"the clock was set back by {back_s:.3f} s; its times go on from here, moved by as much"
        return Problem(topic.latest_ns, first.topic, what, "clock-set-back")

    def _settle(self) -> Iterator[Record]:
        """Give out what other topics hold, where the times given out by now show that it is right."""
        now_ns = max(t.latest_ns for t in self._topics.values() if t.latest_ns is not None)
        for topic in self._topics.values():
            if not topic.held:
                continue
            if topic.ahead:
                known = [r for r in topic.held if r.t_ns + topic.shift_ns - now_ns <= JUMP_NS]
                later, topic.held = topic.held[len(known) :], known
                yield from self._give_held(topic)
                topic.held = later
            elif (shift_ns := self._fitting(topic, topic.held[-1])) is not None:
                topic.shift_ns = shift_ns
                yield from self._give_held(topic)
        self._holding = any(topic.held for topic in self._topics.values())

    def _give_held(self, topic: _Topic) -> Iterator[Record]:
        held, topic.held = topic.held, []
        for record in held:
            if topic.is_later(record, record.t_ns + topic.shift_ns):
                yield from self._give(topic, record)
            else:
                yield from self._left_out(topic, record, topic.latest_ns or 0)

    def _give(self, topic: _Topic, record: TimedRecord) -> Iterator[Record]:
        record = moved(record, topic.shift_ns, record.topic)
        if isinstance(record, Picture) and topic.latest_ns is not None and record.t_ns - topic.latest_ns > JUMP_NS:
            gap_s = (record.t_ns - topic.latest_ns) / 1e9
            yield Problem(record.t_ns, record.topic, f"no picture for {gap_s:.1f} s before this one", "time-jump")
        topic.latest_ns = record.t_ns
        yield record

    def _drop(self, topic: _Topic, next_ns: int = 0) -> Iterator[Record]:
        held, topic.held = topic.held, []
        for record in held:
            yield from self._left_out(topic, record, next_ns if topic.latest_ns is None else topic.latest_ns)

    def _left_out(self, topic: _Topic, record: TimedRecord, at_ns: int) -> Iterator[Record]:
        """at_ns: where it stood in its topic, the latest time or, for the first record, that of the next one."""
        ahead_ns = record.t_ns + topic.shift_ns - at_ns
        kind, what, told_ns = "time-backwards", f"time goes back by {-ahead_ns / 1e9:.3f} s", at_ns + ahead_ns
        if ahead_ns > 0:
            told_ns = at_ns
            kind, what = "time-outlier", f"a time {ahead_ns / 1e9:.3f} s ahead, from which nothing goes on"
        elif ahead_ns == 0:
            what = "same time as the picture before"
        yield Problem(told_ns, record.topic, f"{what}; left out", kind)
        if isinstance(record, Picture) and record.encoding in VIDEO_ENCODINGS:
            yield replace(record, t_ns=at_ns, decode_only=True)


def guarded(records: Iterable[Record]) -> Iterator[Record]:
    """Records of one topic with their times guarded."""
    guard = Guard()
    for record in records:
        yield from guard.check(record)
    yield from guard.flush()


def _may_repeat(record: TimedRecord) -> bool:
    return not isinstance(record, Picture)
