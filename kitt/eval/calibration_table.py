"""Ways of making ranges, measured: mAP of both encodings by each on a labelled set."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx

from kitt.config import EyesConfig
from kitt.engine.convert.building import save
from kitt.engine.networks import float_network
from kitt.engine.quantise.derive import Progress
from kitt.engine.quantise.placement import ENCODINGS
from kitt.engine.quantise.ranges import Ranges
from kitt.engine.quantise.write import quantise
from kitt.errors import KittError
from kitt.eval import coco
from kitt.eval.datasets import DataSet, Sample
from kitt.eval.run import FLOOR
from kitt.eyes.detector import Detector
from kitt.runtime.calibration_frames import pixels_digest
from kitt.runtime.calibration_manifest import FramesManifest
from kitt.types import Detections, Frame

FLOAT = "float"


@dataclass(frozen=True)
class Row:
    """mAP (COCO's, 0..1) of each encoding by one method, None where it has no ranges for it."""

    method: str
    average_precision: dict[str, float | None]


def measure(
    data: DataSet, name: str, ranges: dict[str, Ranges], manifest: FramesManifest, threads: int, progress: Progress
) -> list[Row]:
    """A row for the float network and one for each of `ranges`, which are called by their method.

    Raises KittError when one of the pictures is a calibration frame.
    """
    refuse_calibration_frames(data, manifest)
    rows = [Row(FLOAT, {FLOAT: _score(data, name, lambda m: m, threads, progress, FLOAT)})]
    for method, held in ranges.items():
        found: dict[str, float | None] = {}
        for encoding in ENCODINGS:
            has = any((held.u8(t) if encoding == "u8" else held.s8(t)) is not None for t in held.tensors)
            label = f"{method} {encoding}"
            made = _maker(held, encoding)
            found[encoding] = _score(data, name, made, threads, progress, label) if has else None
        rows.append(Row(method, found))
    return rows


def lines(rows: list[Row], data: DataSet, name: str) -> list[str]:
    """The table as Markdown, in points of mAP."""
    whole = rows[0].average_precision[FLOAT] or 0.0
    out = [
        f"{name} on {data.name}, {len(data.samples)} pictures; float: {100 * whole:.2f} mAP",
        "",
        f"| method | {' | '.join(ENCODINGS)} |",
        f"|---|{'---|' * len(ENCODINGS)}",
    ]
    for row in rows[1:]:
        cells = [_cell(row.average_precision[e], whole) for e in ENCODINGS]
        out.append(f"| {row.method} | {' | '.join(cells)} |")
    return out


def refuse_calibration_frames(data: DataSet, manifest: FramesManifest) -> None:
    """Raises KittError when a picture of the set is a frame that the ranges were made from."""
    known = {frame.sha256: frame for frame in manifest.frames}
    for sample in data.samples:
        if digest := calibration_frame(sample, known):
            frame = known[digest]
            raise KittError(
                f"{sample.path}: is a calibration frame ({frame.drive}, picture {frame.index}); what ranges were made "
                "from says nothing of how good they are: measure on other pictures"
            )


def calibration_frame(sample: Sample, known: Collection[str]) -> str:
    """The digest, one of `known`, of the frame that a labelled picture is; "" for none of them.

    It counts as it is loaded and as it is in its file, for a set may show its pictures stretched.
    """
    stored = cv2.imread(str(sample.path), cv2.IMREAD_COLOR)
    shown = [sample.load()] if stored is None else [sample.load(), np.asarray(stored, np.uint8)]
    return next((digest for image in shown if (digest := pixels_digest(image)) in known), "")


def _maker(ranges: Ranges, encoding: str) -> Callable[[onnx.ModelProto], onnx.ModelProto]:
    return lambda model: quantise(model, ranges, encoding)


def _score(
    data: DataSet,
    name: str,
    made: Callable[[onnx.ModelProto], onnx.ModelProto],
    threads: int,
    progress: Progress,
    label: str,
) -> float:
    with tempfile.TemporaryDirectory(prefix="kitt-") as folder:

        def store(model: str, width: int, height: int) -> Path:
            path = Path(folder) / f"{model}-{width}x{height}.onnx"
            if not path.exists():
                save(made(float_network(model, width, height)), path)
            return path

        detector: Detector | None = None
        found: list[Detections] = []
        for sample in progress(data.samples, len(data.samples), label):
            frame, horizon = _frame(sample)
            if detector is None:
                config = EyesConfig(model=name, threads=threads)
                detector = Detector(config, frame.size, horizon, store=store, floor=FLOOR)
            detector.aim(horizon, frame.size)
            found.append(detector.process(frame))
    return float(coco.average_precision(data, found)["AP"])


def _frame(sample: Sample) -> tuple[Frame, float]:
    frame = Frame(0, 0, sample.load())
    return frame, frame.size[1] / 2 if sample.horizon_y_px is None else sample.horizon_y_px


def _cell(value: float | None, whole: float) -> str:
    return "-" if value is None else f"{100 * value:.2f} ({100 * (value - whole):+.2f})"
