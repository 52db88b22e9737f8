"""`kitt drive`: import recordings, look into them, cut and repair them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kitt.drive.info import Info

app = typer.Typer(no_args_is_help=True)

Out = Annotated[Path, typer.Option("--out", "-o", help="The MCAP file to write.", show_default=False)]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the file to write.")]
Drive = Annotated[Path, typer.Argument(help="A drive (MCAP).", show_default=False)]


@app.command("import")
def import_(
    recordings: Annotated[
        list[Path],
        typer.Argument(help="A video or a folder of pictures, and what goes with it: WAV, CSV.", show_default=False),
    ],
    out: Out,
    fps: Annotated[float | None, typer.Option(help="Pictures a second of a folder without time stamps.")] = None,
    offset: Annotated[float, typer.Option(help="Seconds to add to the times of all but the first recording.")] = 0.0,
    topic: Annotated[str | None, typer.Option(help="Which camera, of an MCAP with several.")] = None,
    transcode: Annotated[bool, typer.Option("--transcode", help="Write JPEG where H.264 could be copied.")] = False,
    compression: Annotated[str, typer.Option(help="none, lz4 or zstd; pictures gain nothing.")] = "none",
    force: Force = False,
) -> None:
    """Write recordings of one drive as one MCAP that kitt, Foxglove and rerun open.

    All clocks start at the same zero, unless every recording has calendar times.
    """
    from rich.progress import Progress

    from kitt.cli.progress import console
    from kitt.drive.transfer import import_drive

    with Progress(console=console(), transient=True) as bar:
        task = bar.add_task("importing", total=None)
        done = import_drive(
            recordings,
            out,
            fps=fps,
            topic=topic,
            transcode=transcode,
            offset_s=offset,
            compression="" if compression == "none" else compression,
            force=force,
            progress=lambda n, total: bar.update(task, completed=n, total=total),
        )
    for note in done.source.notes:
        typer.echo(f"note: {note}")
    _tell_problems(done.problems.lines(done.source.start_ns))
    for name, n in sorted(done.topics.items()):
        typer.echo(f"{n:8d}  {name}")
    typer.echo(f"wrote {out} ({_size(out.stat().st_size)})")


@app.command()
def info(recording: Annotated[Path, typer.Argument(help="A drive, a video or a folder.", show_default=False)]) -> None:
    """Say what a recording holds, from its summary, without reading it through."""
    from kitt.drive.info import drive_info

    found = drive_info(recording)
    duration = "unknown" if found.duration_s is None else f"{found.duration_s:.3f} s"
    typer.echo(f"{found.path}: {found.kind}, {_size(found.size_bytes)}, duration {duration}{_since(found)}")
    width = max((len(t.name) for t in found.topics), default=0)
    for topic in found.topics:
        n = "?" if topic.count is None else str(topic.count)
        rate = "" if topic.rate_hz is None else f"{topic.rate_hz:.2f} Hz"
        ignored = "" if topic.is_read else "  (kitt does not read it)"
        typer.echo(f"  {topic.name:{width}}  {n:>8}  {rate:>10}  {topic.schema or 'no schema'}{ignored}")
    for name, size in found.attachments:
        typer.echo(f"  attachment {name}, {_size(size)}")
    for note in found.notes:
        typer.echo(f"  {note}")
    _tell_problems(found.problems)


@app.command()
def cut(
    drive: Drive,
    out: Out,
    from_s: Annotated[float | None, typer.Option("--from", help="Seconds since the start of the drive.")] = None,
    to_s: Annotated[float | None, typer.Option("--to", help="Seconds since the start of the drive.")] = None,
    force: Force = False,
) -> None:
    """Copy a piece of a drive, with its attachments."""
    from kitt.drive.cut import cut_drive

    done = cut_drive(drive, out, from_s=from_s, to_s=to_s, force=force)
    if from_s is not None and done.from_s < from_s:
        typer.echo(f"note: starts at {done.from_s:.3f} s, where the video has its keyframe before {from_s:g} s")
    _tell_problems(done.problems.lines())
    typer.echo(f"wrote {out}: {done.messages} messages from {done.from_s:.3f} s to {done.to_s:.3f} s")


@app.command()
def repair(
    drive: Drive,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file to write; else NAME.repaired.mcap beside it.")
    ] = None,
    force: Force = False,
) -> None:
    """Give back all that can be read of a drive that breaks off, as a whole file."""
    from kitt.drive.repair import repair_drive

    out = out or drive.with_suffix(".repaired.mcap")
    done = repair_drive(drive, out, force=force)
    if done.broken_at is not None:
        typer.echo(f"{drive} breaks off at byte {done.broken_at} of {done.size}")
    elif not done.had_summary:
        typer.echo(f"{drive} is whole but for its summary")
    elif not len(done.problems):
        typer.echo(f"{drive} is whole")
    _tell_problems(done.problems.lines())
    parts = f", {done.partial} of them from a last chunk that is not whole" if done.partial else ""
    also = f" and {done.attachments} attachments" if done.attachments else ""
    typer.echo(f"wrote {out}: {done.messages} messages{parts}{also} came back")


def _tell_problems(lines: list[str]) -> None:
    for line in lines:
        typer.echo(f"problem: {line}")


def _size(n: int) -> str:
    return f"{n / 1e6:.1f} MB" if n >= 1e6 else f"{n / 1e3:.1f} kB"


def _since(found: Info) -> str:
    """When a recording with calendar times began."""
    from datetime import datetime, timezone

    if found.start_ns < 946_684_800 * 10**9:
        return ""
    return f", from {datetime.fromtimestamp(found.start_ns // 10**9, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
