"""A piece of a drive, its messages as they are: `kitt drive cut`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kitt.drive.importers.mcap import keyframe_before
from kitt.drive.mcap_read import McapFile
from kitt.drive.records import Problem
from kitt.drive.repair import copy_extras
from kitt.drive.source import Options
from kitt.drive.tally import Tally
from kitt.drive.writer import DriveWriter, refuse_existing
from kitt.errors import KittError


@dataclass(frozen=True)
class Cut:
    """What was cut out: seconds since the drive's start; `from_s` lies earlier than asked where a video needs it."""

    from_s: float
    to_s: float
    messages: int
    attachments: int
    problems: Tally


def cut_drive(
    path: Path, out: Path, *, from_s: float | None = None, to_s: float | None = None, force: bool = False
) -> Cut:
    """Copy the messages of [from_s, to_s) seconds, all attachments and metadata. Raises KittError.

    A video's pictures build on earlier ones, so the piece begins at the keyframe at or before `from_s`, with all
    topics, that they stay together.
    """
    refuse_existing(out, force, [path])
    options = Options(from_s, to_s)
    problems = Tally()
    with McapFile(path) as file:
        index = file.index
        first, last = options.from_ns(index.start_ns), options.to_ns(index.start_ns)
        first = index.start_ns if first is None else first
        last = index.end_ns + 1 if last is None else last
        if first > index.end_ns:
            raise KittError(
                f"{path}: --from {from_s:g} is after its end, {(index.end_ns - index.start_ns) / 1e9:.3f} s"
            )
        for problem in file.damage():
            problems.add(problem)
        for span in index.spans if not index.has_summary else ():
            file.learn(span)
        videos = [c for c, s in file.known_channels() if s is not None and s.name == "foxglove.CompressedVideo"]
        keyframes = [keyframe_before(file, video, first) for video in videos]
        first = min([first, *(k for k in keyframes if k is not None)])
        with DriveWriter(out, force=force) as writer:
            for span in index.spans:
                if span.end_ns < first or span.start_ns >= last:
                    continue
                for raw in file.messages(span):
                    if isinstance(raw, Problem):
                        problems.add(raw)
                    elif first <= raw.message.log_time < last:
                        writer.write_raw(raw)
            copy_extras(file, writer, problems)
            start_s, end_s = (first - index.start_ns) / 1e9, (min(last, index.end_ns) - index.start_ns) / 1e9
            return Cut(start_s, end_s, writer.messages, len(index.attachments), problems)
