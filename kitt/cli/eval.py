"""kitt eval: measure the eyes and the ears against labelled recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kitt.cli import eval_speech

app = typer.Typer(no_args_is_help=True)
app.command("speech")(eval_speech.speech)


@app.callback()
def _group() -> None:
    """Measure quality against labelled recordings."""


@app.command()
def detector(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[SET_DIR]", help="A labelled set that kitt knows.", show_default=False)
    ] = None,
    annotations: Annotated[Path | None, typer.Option(help="COCO instances file, for any other set.")] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of the pictures of --annotations.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Model name (`kitt models list`) or an ONNX file of your own.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads of the detector.")] = None,
    strip: Annotated[
        int,
        typer.Option(help="0 without the far strip; over a drive (CamVid): look at it every so many frames.", min=0),
    ] = 1,
    score: Annotated[float, typer.Option(help="Confidence of the figures that need one.", min=0.02, max=0.99)] = 0.3,
    plain_merge: Annotated[
        bool, typer.Option("--plain-merge", help="Merge the two looks by NMS alone, to see what kitt's rules do.")
    ] = False,
    json_out: Annotated[Path | None, typer.Option("--json", help="Also write all figures to this file.")] = None,
) -> None:
    """COCO metrics, recall by box height and by distance, recall at 90 % precision; for masks, pixels in boxes."""
    import json

    from kitt.cli.detect import changed, check_target, watched, write
    from kitt.config import Config, checked
    from kitt.errors import KittError
    from kitt.eval import masks
    from kitt.eval.datasets import read, read_coco
    from kitt.eval.run import camvid, report, see
    from kitt.eval.table import coverage_lines, detector_lines
    from kitt.eyes.looks import merge, merge_plainly

    if (folder is None) == (annotations is None) or (annotations is None) != (images is None):
        raise KittError("give either the folder of a labelled set, or --annotations COCO.json with --images FOLDER")
    if json_out is not None:
        check_target(json_out, [p for p in (folder, annotations, images) if p is not None])
    eyes = changed(Config().eyes, checked, model=model, threads=threads, strip_every=strip)

    def progress(steps: Any, count: int) -> Any:
        return watched(steps, count, "detect")

    if folder is not None and masks.is_camvid(folder):
        figures = camvid(folder, eyes, score, progress)
        lines = coverage_lines(figures)
    else:
        data = read(folder) if folder is not None else read_coco(Path(str(annotations)), Path(str(images)))
        figures = report(data, see(data, eyes, progress, merge_plainly if plain_merge else merge), score)
        lines = detector_lines(figures)
    for line in lines:
        typer.echo(line)
    if json_out is not None:
        write(json_out, json.dumps(figures, indent=1))
