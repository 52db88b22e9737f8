"""A whole drive from one that breaks off: `kitt drive repair`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kitt.drive.mcap_read import McapFile
from kitt.drive.records import Problem
from kitt.drive.tally import Tally
from kitt.drive.writer import DriveWriter, refuse_existing


@dataclass(frozen=True)
class Repaired:
    """What came back. broken_at: the byte where the file breaks off, None where it does not; size in bytes.

    messages: all that came back; partial: those of them out of a last chunk that is not whole.
    """

    messages: int
    partial: int
    attachments: int
    broken_at: int | None
    size: int
    had_summary: bool
    problems: Tally


def repair_drive(path: Path, out: Path, *, force: bool = False) -> Repaired:
    """Write all that can be read of `path` as a whole file: every message of every whole chunk, the whole messages
    of an uncompressed last one, every whole attachment. Raises KittError where there is nothing.

    Messages stay in the order of the file, and their times as they are.
    """
    refuse_existing(out, force, [path])
    problems = Tally()
    partial = 0
    with McapFile(path) as file, DriveWriter(out, force=force) as writer:
        index = file.index
        for span in index.spans:
            for raw in file.messages(span):
                if isinstance(raw, Problem):
                    problems.add(raw)
                    continue
                writer.write_raw(raw)
                partial += not span.whole
        for at in index.damaged:
            problems.add(Problem(None, path.name, f"the record at byte {at} cannot be read; left out", "damaged"))
        attachments = copy_extras(file, writer, problems)
        return Repaired(writer.messages, partial, attachments, index.broken_at, index.size, index.has_summary, problems)


def copy_extras(file: McapFile, writer: DriveWriter, problems: Tally) -> int:
    """Copy attachments and metadata as they are; how many attachments."""
    attachments = 0
    for attachment in file.attachments():
        if isinstance(attachment, Problem):
            problems.add(attachment)
        else:
            writer.attach_raw(attachment)
            attachments += 1
    for metadata in file.metadata():
        if isinstance(metadata, Problem):
            problems.add(metadata)
        else:
            writer.metadata_raw(metadata)
    return attachments
