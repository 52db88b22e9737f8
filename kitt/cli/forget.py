"""`kitt forget`: what kitt remembers of your drives, and how to make it forget."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kitt.mind.notebook_file import DriveRecord


def forget(
    older_than: Annotated[
        float | None, typer.Option("--older-than", metavar="DAYS", help="Drives that began so long ago.", min=0)
    ] = None,
    drive: Annotated[str | None, typer.Option(help="Drives of this name.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Everything, damaged notebooks that were set aside too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    notebook: Annotated[
        Path | None, typer.Option(help="The notebook; if none, kitt's own.", show_default=False)
    ] = None,
) -> None:
    """Show what kitt remembers: notes and what was seen, drive by drive. With an option, forget that for good.

    What will be forgotten is shown first, and asked for unless --yes is given. Recordings are not touched.
    """
    from kitt.errors import KittError
    from kitt.mind import notebook_file
    from kitt.mind.notebook import usual_path

    if sum((older_than is not None, drive is not None, everything)) > 1:
        raise KittError("--older-than, --drive and --all exclude each other; give one")
    path = notebook or usual_path()
    aside = notebook_file.set_aside_files(path)
    if not path.exists() and not aside:
        if notebook:
            raise KittError(f"{path}: no such file")
        typer.echo(f"kitt remembers nothing; there is no {path}")
        return
    try:
        db, told = notebook_file.connect(path)
    except notebook_file.UnusableError as e:
        raise KittError(str(e).removesuffix("; going on without it")) from e
    for trouble in told:
        typer.echo(trouble.line, err=True)
    aside = notebook_file.set_aside_files(path)
    found = notebook_file.records(db)
    chosen = tuple(r for r in found if everything or r.name == drive or _older(r, older_than))
    if older_than is None and drive is None and not everything:
        _show(found, aside, path)
        typer.echo("to forget: kitt forget --older-than DAYS, --drive NAME or --all")
        return
    gone_aside = aside if everything else []
    if not chosen and not gone_aside:
        typer.echo("nothing to forget")
        return
    _show(chosen, gone_aside, path)
    if not yes:
        if not sys.stdin.isatty():
            raise KittError("nobody to ask whether to forget this; add --yes")
        typer.confirm("forget this for good?", abort=True)
    notebook_file.forget(db, tuple(r.id for r in chosen))
    db.commit()
    notebook_file.scrub(db)
    db.close()
    for file in gone_aside:
        file.unlink(missing_ok=True)
    typer.echo("forgotten")


def _older(record: DriveRecord, days: float | None) -> bool:
    import time

    return days is not None and record.begun_ns < time.time_ns() - days * 86_400e9


def _show(records: tuple[DriveRecord, ...], aside: list[Path], path: Path) -> None:
    from datetime import datetime, timezone

    typer.echo(f"{path}: {_count(len(records), 'drive')}")
    for record in records:
        begun = datetime.fromtimestamp(record.begun_ns / 1e9, timezone.utc)
        seen = _count(record.sightings, "kind") + " of things seen"
        typer.echo(f"  {begun:%Y-%m-%d %H:%M} UTC  {record.name}: {_count(record.notes, 'note')}, {seen}")
    for file in aside:
        typer.echo(f"  damaged, set aside: {file.name}")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
