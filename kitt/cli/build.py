"""kitt build: make INT8 engines, measure what that costs, and find what runs them fastest here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kitt.engine.manifest import Gate, Manifest
    from kitt.eval.build import Labelled
    from kitt.types import U8

REFUSED = 3
"""Exit code where INT8 is not good enough."""
_PARITY_PICTURES = 200


def build(
    model: Annotated[str, typer.Argument(help="Model name (`kitt models list`) or an ONNX file of your own.")],
    size: Annotated[
        list[str] | None, typer.Option(metavar="WxH", help="Input size in pixels, 576x320; may be repeated.")
    ] = None,
    eval_: Annotated[
        list[Path] | None,
        typer.Option("--eval", help="Labelled set to measure INT8 on: COCO.json or a folder; may be repeated."),
    ] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of the pictures of a COCO.json.")] = None,
    needed: Annotated[float, typer.Option(help="Share of the float mAP that INT8 must reach.", min=0.5, max=1)] = 0.99,
    least: Annotated[
        float, typer.Option(help="Where the lower end of its 95 % interval must lie.", min=0.3, max=1)
    ] = 0.98,
    encoding: Annotated[str, typer.Option(help="u8 (CPU), s8 (TensorRT) or both.")] = "u8",
    search: Annotated[
        bool, typer.Option("--search", help="Find the layers that INT8 costs most and keep them in float. Long.")
    ] = False,
    threads: Annotated[int, typer.Option(help="CPU threads that runtimes are timed on.", min=1, max=64)] = 1,
    force: Annotated[bool, typer.Option("--force", help="Build and measure again though nothing changed.")] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Keep the gate's figures in calibration/gates.json, to ship them.")
    ] = False,
) -> None:
    """Quantise a model, measure INT8 against float on labelled pictures, compare and time the runtimes there are.

    Exit code 3: INT8 is not good enough; nothing was put in place, the last good engine stays.
    """
    from kitt.cli.detect import watched
    from kitt.errors import KittError
    from kitt.eval import build as building
    from kitt.places import calibration

    encodings = {"u8": ("u8",), "s8": ("s8",), "both": ("u8", "s8")}.get(encoding)
    if encodings is None:
        raise KittError(f"--encoding {encoding}: must be u8, s8 or both")
    if search and model.endswith(".onnx"):
        raise KittError(f"--search is for the published models (kitt models list), not for {model}")
    labelled = _labelled(eval_ or [], images)
    request = building.Request(
        model=model,
        sizes=_sizes(model, size or []),
        encodings=encodings,
        labelled=labelled,
        needed=needed,
        least=least,
        threads=threads,
        force=force,
        record=calibration() if record else None,
        forbidden=_forbidden(model, encodings) if labelled else frozenset(),
    )
    pictures = _Pictures(labelled)
    if search:
        from kitt.eval.sensitivity import search as search_layers

        # not on the labelled pictures: these are to judge what comes of it
        seen = _Pictures(None)()
        if not seen:
            raise KittError("the search looks at the sample drive, which is not made yet: kitt sample")
        for one in encodings:
            sets = labelled.read() if labelled else None
            typer.echo(search_layers(model, one, seen, sets, watched, needed=needed, least=least))
    try:
        built = building.build(request, pictures, watched, lambda line: typer.echo(f"kitt: {line}", err=True))
    except building.Refused as e:
        for line in _refusal(e.model, e.encoding, e.gate, least):
            typer.echo(f"kitt: {line}", err=True)
        raise typer.Exit(REFUSED) from None
    for engine in built:
        typer.echo(f"{engine.path}{'' if engine.fresh else ' (unchanged)'}")
        for line in _told(engine.manifest):
            typer.echo(f"  {line}")


class _Pictures:
    """What runtimes are compared on: the labelled set's, else the sample drive's, else none; read when asked for."""

    def __init__(self, labelled: Labelled | None) -> None:
        self._labelled = labelled
        self._read: list[U8] | None = None

    def __call__(self) -> list[U8]:
        if self._read is None:
            self._read = list(self._all())
        return self._read

    def _all(self) -> Iterator[U8]:
        from itertools import islice

        from kitt.places import sample_drive
        from kitt.runtime.bench import frames_of

        if self._labelled:
            yield from islice((s.load() for data in self._labelled.read() for s in data.samples), _PARITY_PICTURES)
        elif sample_drive().is_file():
            yield from (frame.image for frame in frames_of(sample_drive(), _PARITY_PICTURES))


def _labelled(paths: list[Path], images: Path | None) -> Labelled | None:
    from kitt.errors import KittError
    from kitt.eval.build import Labelled, digest_of_files
    from kitt.eval.datasets import DataSet, read, read_coco

    if not paths:
        return None
    for path in paths:
        if not path.exists():
            raise KittError(f"{path}: no such labelled set")

    def reader(path: Path) -> DataSet:
        return read(path) if path.is_dir() else read_coco(path, images or path.parent)

    return Labelled(
        " + ".join(p.stem for p in paths),
        digest_of_files([*paths, *([images] if images else [])]),
        lambda: [reader(path) for path in paths],
    )


def _sizes(model: str, given: list[str]) -> tuple[tuple[int, int], ...]:
    from kitt.engine.models import find_detector
    from kitt.errors import KittError

    sizes = []
    for text in given:
        width, x, height = text.partition("x")
        if not (x and width.isdecimal() and height.isdecimal()):
            raise KittError(f"--size {text}: must be WIDTHxHEIGHT in pixels: 576x320")
        sizes.append((int(width), int(height)))
    if model.endswith(".onnx"):
        return tuple(sizes) or ((0, 0),)
    return tuple(sizes) or find_detector(model).built_sizes


def _forbidden(model: str, encodings: tuple[str, ...]) -> frozenset[str]:
    """Digests of the pixels that the model was calibrated with, which cannot judge it."""
    from kitt.engine.networks import ranges_of
    from kitt.errors import KittError
    from kitt.places import calibration
    from kitt.runtime.calibration_manifest import FILE, FramesManifest

    path = calibration() / FILE
    frames = FramesManifest.read(path) if path.is_file() else None
    for encoding in encodings:
        source = ranges_of(model, encoding).sources.get("frames", "")
        if source and (frames is None or frames.digest() not in source):
            raise KittError(
                f"{path}: not the frames that {model} was calibrated with ({source}); without them nobody can tell "
                "that the labelled pictures are others: calibrate it anew"
            )
    return frozenset(f.sha256 for f in frames.frames) if frames else frozenset()


def _told(manifest: Manifest) -> list[str]:
    lines = [f"{manifest.encoding}, ranges: {manifest.ranges_source or 'none'}; {manifest.accuracy}"]
    if manifest.float_layers:
        lines.append(f"kept in float: {', '.join(manifest.float_layers)}")
    if manifest.times_ms:
        times = ", ".join(f"{name} {ms:.1f} ms" for name, ms in manifest.times_ms.items())
        lines.append(f"one call: {times}; runs by {manifest.backend}")
    return lines + [f"not by {name}: {why}" for name, why in manifest.refused.items()]


def _refusal(model: str, encoding: str, gate: Gate, least: float) -> list[str]:
    share = gate.int8_map / gate.float_map if gate.float_map else 0.0
    lines = [
        f"{model} in {encoding} is refused: mAP {gate.int8_map:.4f} in INT8, {gate.float_map:.4f} in float: "
        f"{share:.1%} (needed {gate.needed:.1%}), 95 % interval {gate.ratio_low:.1%} to "
        f"{gate.ratio_high:.1%} (its lower end must be above {least:.1%}), {gate.pictures} pictures of {gate.set_name}"
    ]
    if gate.blame:
        lines.append(f"layers that INT8 costs most: {', '.join(gate.blame)}; keep them in float: kitt build --search")
    return [*lines, "nothing was put in place; what was there before still is, and says so when it is loaded"]
