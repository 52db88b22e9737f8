"""kitt doctor: what is installed, which backend runs, what is missing and the line that mends it."""

from __future__ import annotations

from typing import Annotated

import typer


def doctor(
    json_out: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check this machine: packages, backend, weights, voice, sample drive; exit code 1 if a replay cannot run."""
    import json
    from dataclasses import asdict

    from kitt.runtime.health import check

    findings = check()
    if json_out:
        typer.echo(json.dumps([asdict(f) for f in findings], indent=2))
    else:
        for f in findings:
            mark = "ok     " if f.ok else "MISSING" if f.needed else "absent "
            typer.echo(f"{mark} {f.part:<14} {f.what}")
            if not f.ok and f.mend:
                typer.echo(f"        {'':<14} -> {f.mend}")
    if any(f.needed and not f.ok for f in findings):
        raise typer.Exit(1)
