"""Drives from recordings: `kitt drive import`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kitt.drive.merge import merge
from kitt.drive.records import Picture, Problem
from kitt.drive.source import Source, open_source
from kitt.drive.tally import Tally
from kitt.drive.writer import DriveWriter, refuse_existing
from kitt.errors import KittError


@dataclass(frozen=True)
class Imported:
    """What an import wrote: messages by topic, and what was met."""

    source: Source
    topics: Counter[str]
    problems: Tally


def import_drive(
    paths: Sequence[Path],
    out: Path,
    *,
    fps: float | None = None,
    topic: str | None = None,
    transcode: bool = False,
    offset_s: float = 0.0,
    compression: str = "",
    force: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> Imported:
    """Write the recordings at `paths` as one drive. Raises KittError; what was read by then is in the file.

    progress: called with (pictures so far, pictures in all or None).
    """
    if not paths:
        raise KittError("nothing to import: name a video, a folder of pictures, a WAV or a CSV")
    refuse_existing(out, force, paths)
    sources = [open_source(p, fps=fps, topic=topic, transcode=transcode, others=True) for p in paths]
    source = sources[0] if len(sources) == 1 and not offset_s else merge(sources, offset_s)
    topics: Counter[str] = Counter()
    problems = Tally()
    pictures = 0
    with DriveWriter(out, compression=compression, force=force) as writer:
        for name, data in source.attachments.items():
            writer.attach(name, data)
        for record in source.records():
            if isinstance(record, Problem):
                problems.add(record)
                continue
            writer.write(record)
            topics[record.topic] += 1
            if isinstance(record, Picture):
                pictures += 1
                if progress is not None:
                    progress(pictures, source.picture_count)
    return Imported(source, topics, problems)
