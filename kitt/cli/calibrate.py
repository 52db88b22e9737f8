"""kitt calibrate: frames of drives into the activation ranges that an INT8 network is made from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kitt.eval.datasets import DataSet
    from kitt.runtime.calibration import Observed
    from kitt.runtime.calibration_manifest import FramesManifest


def calibrate(
    drives: Annotated[
        list[Path], typer.Argument(metavar="DRIVE...", help="MCAP drives, videos or folders of pictures.")
    ],
    model: Annotated[str, typer.Option(help="Detector (`kitt models list`), or a float ONNX file of your own.")],
    frames: Annotated[int, typer.Option(help="How many frames to choose.", min=1, max=4096)] = 128,
    method: Annotated[str, typer.Option(help="min-max, percentile-99.99, percentile-99.999, mse or entropy.")] = "mse",
    out: Annotated[Path | None, typer.Option(help="Folder to write to.", show_default="calibration/")] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(help="Where the drives come from; once for all or once each. SOURCE.txt's FROM: serves too."),
    ] = None,
    licence: Annotated[
        list[str] | None, typer.Option(help="Their licence, likewise. SOURCE.txt's LICENCE: serves too.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Use the frames that frames.json names.")] = False,
    compare: Annotated[
        Path | None,
        typer.Option(help="Labelled set (folder or COCO.json) to compare all methods on, not write anything."),
    ] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of the pictures of --compare's COCO.json.")] = None,
    threads: Annotated[int, typer.Option(help="CPU threads.", min=1, max=64)] = 2,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Write over frames.json that others' ranges rest on, and over another network's ranges."
        ),
    ] = False,
) -> None:
    """Choose frames for their diversity, run the float network over them, and write its activation ranges.

    Writes frames.json (which frames, whose, and the digests of their pixels) and MODEL.ranges.toml.
    """
    from kitt.cli.detect import watched
    from kitt.engine.quantise.derive import derive, method_named
    from kitt.errors import KittError
    from kitt.places import home
    from kitt.runtime.calibration import choose_frames, manifest_of, observe, open_drives, same_frames
    from kitt.runtime.calibration_manifest import FILE, FramesManifest

    method_named(method)
    name, encodings = _network(model)
    if compare is not None and name != model:
        raise KittError(f"--compare is for kitt's own detectors, not for {model}")
    data = _labelled(compare, images)
    folder = home() / "calibration" if out is None else out
    _check_folder(folder)
    manifest_path, ranges_path = folder / FILE, folder / f"{name}.ranges.toml"
    if name != model and not force:
        _check_own(ranges_path, model)
    opened = open_drives(drives, source or [], licence or [])
    known = FramesManifest.read(manifest_path) if again else None
    chosen = choose_frames(opened, frames, watched, _tell) if known is None else same_frames(opened, known)
    observed = observe(opened, chosen, model, threads, watched, known)
    manifest = manifest_of(opened, chosen, observed.frames)
    if data is not None:
        _compare(data, name, observed, manifest, threads)
        return
    if known is None and not force:
        _check_others(manifest_path, manifest, ranges_path)
    words = f"{FILE}, sha256 {manifest.digest()}"
    ranges = derive(name, observed.network, observed.histograms, method, words, watched, encodings, observed.slopes)
    manifest.write(manifest_path)
    ranges.write(ranges_path)
    total, pictures = len(manifest.frames), sum(d.pictures for d in manifest.drives)
    of = f"{pictures} pictures of {len(manifest.drives)} drives, {manifest.near_duplicates} near-duplicates refused"
    typer.echo(f"{manifest_path}: {total} of {of}")
    if total < frames and known is None:
        _tell(f"asked for {frames} frames: the drives hold no more that differ; give more of them")
    typer.echo(f"{ranges_path}: {' and '.join(encodings)} ranges of {len(ranges.tensors)} tensors, {method}")


def _tell(line: str) -> None:
    typer.echo(f"kitt: {line}", err=True)


def _network(model: str) -> tuple[str, tuple[str, ...]]:
    """(name, encodings that need ranges of frames) of a detector, or of an ONNX file.

    Raises KittError when it is not there, before a long drive is looked through.
    """
    from kitt.engine.models import MODELS, find_detector
    from kitt.engine.networks import format_of
    from kitt.engine.pull import path_of
    from kitt.engine.quantise.placement import ENCODINGS
    from kitt.errors import KittError

    if model.endswith(".onnx"):
        if not Path(model).is_file():
            raise KittError(f"{model}: no such model file")
        name = Path(model).stem
        if any(name == published.name for published in MODELS):
            raise KittError(
                f"{model}: '{name}' is the name of a model that comes with kitt, whose ranges this would write over; "
                "give the file another name"
            )
        return name, ENCODINGS
    path_of(model)
    # what a network was trained with serves it best where it fits
    return model, ("s8",) if format_of(find_detector(model)).trained else ENCODINGS


def _compare(data: DataSet, name: str, observed: Observed, manifest: FramesManifest, threads: int) -> None:
    from kitt.cli.detect import watched
    from kitt.engine.models import find_detector
    from kitt.engine.networks import format_of, ranges_of
    from kitt.engine.quantise.derive import derive
    from kitt.engine.quantise.methods import METHODS
    from kitt.eval.calibration_table import lines, measure

    ranges = {
        m: derive(name, observed.network, observed.histograms, m, "", watched, slopes=observed.slopes) for m in METHODS
    }
    if format_of(find_detector(name)).trained:
        ranges = {"as trained": ranges_of(name, "u8"), **ranges}
    for line in lines(measure(data, name, ranges, manifest, threads, watched), data, name):
        typer.echo(line)


def _labelled(compare: Path | None, images: Path | None) -> DataSet | None:
    from kitt.errors import KittError
    from kitt.eval.datasets import read, read_coco

    if compare is None:
        return None
    if compare.suffix == ".json" and images is None:
        raise KittError(f"{compare}: also give the folder of its pictures: --images FOLDER")
    return read(compare) if images is None else read_coco(compare, images)


def _check_folder(folder: Path) -> None:
    """Raises KittError where nothing could be written, so that minutes of work are not lost to a wrong path."""
    import os

    from kitt.errors import KittError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise KittError(f"{folder}: cannot make this folder: {e.strerror or e}") from e
    if not os.access(folder, os.W_OK):
        raise KittError(f"{folder}: cannot write: permission denied")


def _check_own(path: Path, model: str) -> None:
    """Raises KittError where the ranges that would be written over are those of another file of the same name."""
    from kitt.engine.quantise.ranges import Ranges
    from kitt.errors import KittError
    from kitt.runtime.calibration import network_of

    if path.is_file() and Ranges.read(path).network != network_of(model):
        raise KittError(
            f"{path}: the ranges are of another network than {model}; give that another name or another --out, or "
            "write over them (--force)"
        )


def _check_others(path: Path, manifest: FramesManifest, own: Path) -> None:
    """Raises KittError where other models' ranges rest on the manifest that would be written over."""
    from kitt.engine.files import sha256_of
    from kitt.engine.quantise.ranges import Ranges
    from kitt.errors import KittError

    if not path.is_file() or sha256_of(path) == manifest.digest():
        return
    for other in sorted(path.parent.glob("*.ranges.toml")):
        if other != own and sha256_of(path) in Ranges.read(other).sources.get("frames", ""):
            raise KittError(
                f"{path}: {other.name} rests on other frames than these; use the same (--again), give another --out, "
                "or write over it (--force) and calibrate that model anew"
            )
