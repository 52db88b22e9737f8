"""Where records come from: one `Source`, whatever the recording is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kitt.drive.records import Record
from kitt.drive.stamps import check_seconds
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

    def __post_init__(self) -> None:
        """Raises KittError for what is no time of a drive."""
        check_seconds("--from", self.from_s)
        check_seconds("--to", self.to_s)
        if self.from_s is not None and self.to_s is not None and self.to_s <= self.from_s:
            raise KittError(f"--to {self.to_s:g} must be later than --from {self.from_s:g}")
        if self.fps is not None and not 0 < self.fps <= 1000:
            raise KittError(f"--fps {self.fps:g} is outside 0 to 1000")

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
    notes: what was assumed, estimated or will be transcoded, a line each, for the user to see. topics: what
    `records` are on, as far as it is known without reading them.
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
    topics: frozenset[str] = frozenset()

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
