"""`kitt models`: fetch and list the weights of the eyes and the ears."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)


@app.command()
def pull(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="Models to fetch. If none: efficientdet-lite2, efficientdet-lite0 (the eyes), silero-vad and "
            "moonshine-tiny-en-encoder (the ears).",
        ),
    ] = None,
) -> None:
    """Fetch weights, check their sha256 and convert them; what is here already is left as it is."""
    from kitt.engine import pull as store
    from kitt.engine.models import DEFAULT
    from kitt.engine.networks import ensure_usual

    for done in store.pull(names or DEFAULT):
        what = "fetched" if done.fetched else "already here"
        typer.echo(f"{done.model.name}: {what}, sha256 ok, {done.path}")
        typer.echo(f"  licence: {done.model.licence}")
    ensure_usual(names or DEFAULT)


@app.command("list")
def list_models() -> None:
    """Show the published models and what of them is on this machine."""
    from kitt.engine import pull as store
    from kitt.engine.models import DETECTORS, MODELS
    from kitt.engine.networks import built_sizes

    detectors = {d.model.name: d for d in DETECTORS}
    for model in MODELS:
        path = store.weights_path(model.name)
        files = [path.with_name(part.file) for part in model.parts]
        state = (
            f"{sum(f.stat().st_size for f in files) / 1e6:.1f} MB, {path}"
            if all(f.is_file() for f in files)
            else f"not here: kitt models pull {model.name}"
        )
        typer.echo(f"{model.name}: {state}")
        if detector := detectors.get(model.name):
            typer.echo(f"  trained at {detector.native_px}x{detector.native_px}")
        for part in model.parts:
            typer.echo(f"  sha256 {part.sha256}{f' {part.file}' if model.beside else ''}")
        typer.echo(f"  licence: {model.licence}; carried by {model.package} ({model.package.registry})")
        if detector and (sizes := built_sizes(model.name)):
            typer.echo(f"  built for: {', '.join(f'{w}x{h}' for w, h in sizes)}")
