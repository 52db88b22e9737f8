"""Several recordings of one drive as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from kitt.drive.order import merged, moved
from kitt.drive.records import Problem, Record
from kitt.drive.source import Source
from kitt.drive.stamps import check_seconds
from kitt.errors import KittError

_FURTHEST_S = -1e9


def merge(sources: list[Source], offset_s: float = 0.0) -> Source:
    """Several recordings of one drive as one.

    Where all have calendar times these are kept. Else every recording's clock starts at the same zero: the first
    record of one with calendar times, zero of one without. `offset_s` is added to all but the first; where one then
    begins before zero, all are moved so that it begins at zero. What two recordings have on one topic at the same
    time goes onto topics of their own. Raises KittError for an offset that is no time or moves nothing.
    """
    check_seconds("--offset", offset_s, _FURTHEST_S)
    if offset_s and len(sources) == 1:
        raise KittError("--offset moves all recordings but the first, and only one is given")
    keep = all(s.absolute for s in sources)
    shifts = [0 if keep or not s.absolute else -s.start_ns for s in sources]
    shifts = [shift + (round(offset_s * 1e9) if i else 0) for i, shift in enumerate(shifts)]
    early_ns = min(0, *(s.start_ns + shift for s, shift in zip(sources, shifts, strict=True)))
    shifts = [shift - early_ns for shift in shifts]
    spans = [_Span(s, s.start_ns + shift) for s, shift in zip(sources, shifts, strict=True)]
    notes = [f"{s.path.name}: {note}" for s in sources for note in s.notes]
    if early_ns:
        notes.append(f"--offset {offset_s:g}: times start {-early_ns / 1e9:g} s before {sources[0].path.name}")
    for span in spans[1:]:
        if not span.meets(spans[0]):
            name, first = span.source.path.name, sources[0].path.name
            notes.append(f"{name} lies wholly before or after {first}: do their clocks agree? (--offset)")
    names = _names(spans)
    for s, renamed in zip(sources, names, strict=True):
        notes += [f"{s.path.name}: {old} is taken; it goes to {new}" for old, new in renamed.items()]
    ends = [span.end_ns for span in spans]
    start_ns = min(span.start_ns for span in spans)
    counts = [s.picture_count for s in sources]
    streams = [partial(_moved, s, shift, renamed) for s, shift, renamed in zip(sources, shifts, names, strict=True)]
    return Source(
        kind="merged",
        path=sources[0].path,
        start_ns=start_ns,
        duration_ns=None if None in ends else max(e or 0 for e in ends) - start_ns,
        picture_count=None if None in counts else sum(c or 0 for c in counts),
        read=lambda: merged([stream() for stream in streams]),
        digest=lambda: " ".join(s.sha256() for s in sources),
        attachments={name: data for s in reversed(sources) for name, data in s.attachments.items()},
        notes=notes,
    )


class _Span:
    """A recording and where it lies in the drive; `end_ns` is None where only reading it would tell."""

    def __init__(self, source: Source, start_ns: int) -> None:
        self.source = source
        self.start_ns = start_ns
        self.end_ns = None if source.duration_ns is None else start_ns + source.duration_ns

    def meets(self, other: _Span) -> bool:
        """Whether the two overlap, as far as is known."""
        return (self.end_ns is None or self.end_ns >= other.start_ns) and (
            other.end_ns is None or other.end_ns >= self.start_ns
        )


def _names(spans: list[_Span]) -> list[dict[str, str]]:
    """For each recording the topics that others at its time have taken, with the names that they get instead."""
    names: list[dict[str, str]] = []
    for i, span in enumerate(spans):
        taken = {names[j].get(t, t) for j in range(i) if span.meets(spans[j]) for t in spans[j].source.topics}
        renamed: dict[str, str] = {}
        for topic in sorted(span.source.topics & taken):
            number = 2
            # Such a name sorts after the first one's, which therefore comes first of records at one time.
            while (name := f"{topic}_{number}") in taken | span.source.topics:
                number += 1
            renamed[topic] = name
        names.append(renamed)
    return names


def _moved(source: Source, shift_ns: int, names: dict[str, str]) -> Iterator[Record]:
    for record in source.records():
        if isinstance(record, Problem):
            yield record if record.t_ns is None else replace(record, t_ns=record.t_ns + shift_ns)
        else:
            yield moved(record, shift_ns, names.get(record.topic, record.topic))
