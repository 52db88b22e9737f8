"""kitt bench: what things cost, as ratios taken in one run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure speed and memory."""


@app.command("replay")
def replay(
    drive: Annotated[
        Path | None, typer.Argument(help="The drive; without it the sample drive.", show_default=False)
    ] = None,
    frames: Annotated[int, typer.Option(help="How many of its frames.", min=10)] = 100,
    model: Annotated[str | None, typer.Option(help="Model name or ONNX file.")] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads of the detector.")] = None,
    strip: Annotated[
        int | None, typer.Option(help="Strip every so many frames; 0 = never.", show_default=False)
    ] = None,
    minutes: Annotated[
        float, typer.Option(help="Loop the drive this long to watch memory; 0 = do not.", min=0, max=10080)
    ] = 0.0,
) -> None:
    """Pipeline against bare network calls, whole replays against both, time after the detector, memory."""
    from kitt.cli.replay import settings
    from kitt.places import sample_drive
    from kitt.runtime import bench

    path = drive if drive is not None else sample_drive()
    config = settings(None, model=model, threads=threads, strip=strip)
    if minutes:
        first, last, peak = bench.memory(path, config, minutes)
        typer.echo(
            f"memory over {minutes:g} minutes of drive: {first:.0f} MB after the first, {last:.0f} MB at the end "
        )
        typer.echo(f"  ({(last / first - 1) * 100:+.1f} %), {peak:.0f} MB at most (goal: within 5 %, below 600 MB)")
        return
    for line in bench.report(path, config, frames):
        typer.echo(line)
