"""Where records come from: one `Source`, whatever the recording is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from kitt.drive.order import merged
from kitt.drive.records import Problem, Record
from kitt.errors import KittError

_YEAR_2000_NS = 946_684_800_000_000_000


@dataclass(frozen=True)
class Options:
    """What a reader is asked for.

    from_s, to_s: seconds since the start of the drive, `to_s` not included. fps: pictures a second of a folder
    without times. topic: the camera's topic of an MCAP with several. others: also give messages that kitt does
    not understand. transcode: give a video's pictures decoded even where they could be copied.
    """

    from_s: float | None = None
    to_s: float | None = None
    fps: float | None = None
    topic: str | None = None
    others: bool = False
    transcode: bool = False

    def from_ns(self, start_ns: int) -> int | None:
        """The first time asked for, None for all."""
        return None if self.from_s is None else start_ns + round(self.from_s * 1e9)

    def to_ns(self, start_ns: int) -> int | None:
        """The first time not asked for, None for all."""
        return None if self.to_s is None else start_ns + round(self.to_s * 1e9)

    def holds(self, t_ns: int, start_ns: int) -> bool:
        """Whether a time is asked for."""
        first, last = self.from_ns(start_ns), self.to_ns(start_ns)
        return (first is None or t_ns >= first) and (last is None or t_ns < last)


@dataclass(frozen=True)
class Source:
    """A recording, opened.

    kind: 'mcap', 'video', 'folder', 'wav', 'csv', 'merged'. start_ns: time of its first record, or zero of its
    clock. duration_ns, picture_count: of the whole recording, None where reading it all would be needed.
    notes: what was assumed, estimated or will be transcoded, a line each, for the user to see.
    """

    kind: str
    path: Path
    start_ns: int
    duration_ns: int | None
    picture_count: int | None
    read: Callable[[], Iterator[Record]] = field(repr=False)
    digest: Callable[[], str] = field(repr=False)
    attachments: dict[str, bytes] = field(default_factory=dict, repr=False)
    notes: list[str] = field(default_factory=list)

    def records(self) -> Iterator[Record]:
        """Records in order of (t_ns, kind and topic), times never going back; Problems among them where met."""
        return self.read()

    def sha256(self) -> str:
        """Of the file, or of a folder's names and contents; what `records` has read already is not read again."""
        return self.digest()

    @property
    def absolute(self) -> bool:
        """Whether its times are of the calendar and not since its start."""
        return self.start_ns >= _YEAR_2000_NS


def open_source(
    path: Path | str,
    *,
    from_s: float | None = None,
    to_s: float | None = None,
    fps: float | None = None,
    topic: str | None = None,
    others: bool = False,
    transcode: bool = False,
) -> Source:
    """Open a drive, a video, a folder of pictures, a WAV or a CSV. Raises KittError for what is none of them.

    The arguments are those of `Options`. A video cut at `from_s` begins at the keyframe before it, with pictures
    marked `decode_only`.
    """
    from kitt.drive.importers import find_importer

    path = Path(path)
    if not path.exists():
        raise KittError(f"{path}: no such file or folder")
    if path.is_file() and path.stat().st_size == 0:
        raise KittError(f"{path}: the file is empty")
    if from_s is not None and to_s is not None and to_s <= from_s:
        raise KittError(f"--to {to_s:g} must be later than --from {from_s:g}")
    if fps is not None and not 0 < fps <= 1000:
        raise KittError(f"--fps {fps:g} is outside 0 to 1000")
    options = Options(from_s, to_s, fps, topic, others, transcode)
    try:
        source = find_importer(path).read(path, options)
    except OSError as e:
        raise KittError(f"{path}: cannot read: {e.strerror or e}") from e
    if fps is not None and source.kind != "folder":
        raise KittError(f"{path}: --fps is for a folder of pictures; a {source.kind} has times of its own")
    if topic is not None and source.kind != "mcap":
        raise KittError(f"{path}: --topic chooses among the cameras of an MCAP; this is a {source.kind}")
    if from_s is not None and source.duration_ns is not None and from_s * 1e9 >= source.duration_ns:
        raise KittError(f"{path}: --from {from_s:g} lies beyond its end; it is {source.duration_ns / 1e9:.2f} s long")
    return source


def merge(sources: list[Source], offset_s: float = 0.0) -> Source:
    """Several recordings of one drive as one.

    Where all have calendar times these are kept. Else every recording's clock starts at the same zero: the first
    record of one with calendar times, zero of one without. `offset_s` is added to all but the first.
    """
    keep = all(s.absolute for s in sources)
    shifts = [0 if keep or not s.absolute else -s.start_ns for s in sources]
    shifts = [shift + (round(offset_s * 1e9) if i else 0) for i, shift in enumerate(shifts)]
    starts = [s.start_ns + shift for s, shift in zip(sources, shifts, strict=False)]
    ends = [at + s.duration_ns for s, at in zip(sources, starts, strict=False) if s.duration_ns is not None]
    first = sources[0]
    counts = [s.picture_count for s in sources]
    notes = [f"{s.path.name}: {note}" for s in sources for note in s.notes]
    for s, at in zip(sources[1:], starts[1:], strict=False):
        first_end = starts[0] + (first.duration_ns or 0)
        if (
            first.duration_ns is not None
            and s.duration_ns is not None
            and not (at <= first_end and at + s.duration_ns >= starts[0])
        ):
            notes.append(
                f"{s.path.name} lies wholly before or after {first.path.name}: do their clocks agree? (--offset)"
            )
    return Source(
        kind="merged",
        path=first.path,
        start_ns=min(starts),
        duration_ns=max(ends) - min(starts) if len(ends) == len(sources) else None,
        picture_count=None if None in counts else sum(c or 0 for c in counts),
        read=lambda: merged([_shifted(s.records(), shift) for s, shift in zip(sources, shifts, strict=False)]),
        digest=lambda: " ".join(s.sha256() for s in sources),
        attachments={name: data for s in reversed(sources) for name, data in s.attachments.items()},
        notes=notes,
    )


def _shifted(records: Iterator[Record], shift_ns: int) -> Iterator[Record]:
    """Records later by `shift_ns`. A moved one is written anew, for its old bytes hold the old time."""
    for record in records:
        if shift_ns == 0 or record.t_ns is None:
            yield record
        elif isinstance(record, Problem) or record.raw is None:
            yield replace(record, t_ns=record.t_ns + shift_ns)
        else:
            yield replace(record, t_ns=record.t_ns + shift_ns, raw=None)  # type: ignore[arg-type]
