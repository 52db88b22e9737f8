"""kitt detect: run the detector over pictures or a recording and write COCO results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer


def detect(
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGES|FOLDER|VIDEO...", help="Pictures, folders of them, videos or drives."),
    ],
    coco: Annotated[Path, typer.Option(help="File to write, as COCO results (JSON).")],
    model: Annotated[
        str | None, typer.Option(help="Model name (`kitt models list`) or an ONNX file of your own.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads of the detector.")] = None,
    score: Annotated[float, typer.Option(help="Write detections from this confidence on.", min=0.01, max=0.99)] = 0.05,
    strip: Annotated[
        int | None, typer.Option(help="Look at the far strip every so many frames; 0 = never.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
) -> None:
    """Detect objects in pictures, and write them as COCO results with file names and class names beside the ids.

    Pictures that cannot be read are named, counted and skipped.
    """
    import json

    from kitt.config import Config, checked
    from kitt.errors import KittError
    from kitt.eval.coco import results
    from kitt.eval.pictures import Pictures
    from kitt.eval.run import Eyes

    if coco.exists() and not force:
        raise KittError(f"{coco}: exists already; name another file or add --force")
    eyes_config = changed(Config().eyes, checked, model=model, threads=threads, strip_every=strip)
    pictures = Pictures(inputs)
    eyes = Eyes(eyes_config, floor=score)
    try:
        coco.parent.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise KittError(f"{coco.parent}: cannot make this folder: {e.strerror or e}") from e
    check_target(coco, inputs)
    rows: list[dict[str, Any]] = []
    seen, unread = 0, 0
    for shot in watched(pictures, pictures.count, "detect"):
        if shot.image is None:
            unread += 1
            typer.echo(f"kitt: {shot.name}: {shot.problem}; skipped", err=True)
            continue
        rows += results(eyes.look(shot.image, None, shot.index), shot.image_id, shot.name)
        seen += 1
    for caution in dict.fromkeys(c for described in eyes.describe() for c in described["cautions"]):
        typer.echo(f"kitt: note: {caution}", err=True)
    if not seen:
        raise KittError(f"nothing could be read: {unread} of {unread} pictures are unreadable")
    write(coco, json.dumps(rows))
    skipped = f", {unread} unreadable and skipped" if unread else ""
    typer.echo(f"{coco}: {len(rows)} objects in {seen} pictures{skipped}")


def changed(eyes: Any, checked: Any, **options: Any) -> Any:
    """The eyes' settings with the command line's options over them."""
    from dataclasses import replace

    return replace(eyes, **checked(eyes, options))


def check_target(path: Path, inputs: Iterable[Path] = ()) -> None:
    """Raises KittError where nothing could be written, so that minutes of work are not lost to a wrong path, and where
    it would go over one of the inputs."""
    import os

    from kitt.drive.writer import refuse_existing
    from kitt.errors import KittError

    refuse_existing(path, True, list(inputs))
    if not os.path.isdir(path.parent):
        raise KittError(f"{path}: cannot write: there is no folder {path.parent}")
    if not os.access(path if os.path.exists(path) else path.parent, os.W_OK):
        raise KittError(f"{path}: cannot write: permission denied")


def write(path: Path, text: str) -> None:
    """A file that appears, or changes, only when all is written. Raises KittError where the disk refuses."""
    import os

    from kitt.errors import KittError

    target = path.resolve()
    is_file = target.is_file() or not target.exists()  # a pipe or a device takes no other file's place
    part = target.with_name(f".{target.name[:200]}.{os.getpid()}.part") if is_file else target
    try:
        try:
            part.write_text(text, encoding="utf-8")
            if is_file:
                part.replace(target)
        finally:
            if is_file:
                part.unlink(missing_ok=True)
    except OSError as e:
        raise KittError(f"{path}: cannot write: {e.strerror or e}") from e


def watched(steps: Iterable[Any], count: int | None, what: str) -> Iterator[Any]:
    """The steps, under a progress bar on stderr where that is a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from kitt.cli.progress import console

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console(), transient=True) as bar:
        yield from bar.track(steps, total=count, description=what)
