"""Which layers of a published detector INT8 costs most, and how few of them must stay in float.

each layer alone in INT8 -> its damage -> the 0, 1, 2, 4, 8... worst in float -> the fewest that are good enough
-> calibration/<model>.layers.json, which every build of the model reads from then on
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from kitt.engine import networks
from kitt.engine.files import appearing, locked
from kitt.engine.models import find_detector
from kitt.engine.pull import path_of
from kitt.engine.quantise.partly import Partly
from kitt.errors import KittError
from kitt.eval import gate
from kitt.eval.damage import Bench, Progress, likely_worst, ranking
from kitt.eval.datasets import DataSet
from kitt.eval.trials import Judge, Trial, tried
from kitt.eyes.letterbox import InputSpec, Letterbox, Region
from kitt.places import calibration, engines
from kitt.types import U8

PICTURES = 14
"""So many are enough to rank layers."""
_FEW = 2
"""So many are enough to name the worst."""


@dataclass(frozen=True)
class Found:
    """What a search found. chosen: the trial with the fewest layers in float that is good enough, None where none was;
    path: where the choice was written, None where there is none; float_ms: one call of the float network."""

    model: str
    encoding: str
    ranking: tuple[tuple[str, float], ...]
    trials: tuple[Trial, ...]
    chosen: Trial | None
    path: Path | None
    float_ms: float

    def __str__(self) -> str:
        worst = ", ".join(f"{name} {lost:.2%}" for name, lost in self.ranking[:5])
        lines = [f"{self.model} in {self.encoding}: damage of single layers: {worst}", *(f"  {t}" for t in self.trials)]
        lines.append(f"  all in float: {self.float_ms:.1f} ms")
        if self.chosen is None:
            lines.append("none is good enough; nothing was written. Calibrate it anew, on more frames: kitt calibrate")
        elif self.chosen.float_layers:
            lines.append(f"{self.path}: in float: {', '.join(self.chosen.float_layers)}")
        else:
            lines.append(f"{self.path}: no layer has to be in float")
        return "\n".join(lines)


def worst_layers(model: str, encoding: str, pictures: Sequence[U8], count: int = 5) -> tuple[str, ...]:
    """The layers that INT8 costs most, the worst first, by name; found in a quarter of the time of a search.

    pictures: uint8 (H, W, 3) blue-green-red, of any size, of which two are looked at. Raises KittError without
    pictures, weights or ranges.
    """
    seen = looks(model, pictures[:_FEW])
    partly = Partly(every_anchor(model), networks.ranges_of(model, encoding), encoding)
    kept = networks.float_layers_of(model, encoding)
    return tuple(likely_worst(partly, Bench.of(partly.model, seen), count, kept))


def search(
    model: str,
    encoding: str,
    pictures: Sequence[U8],
    sets: Sequence[DataSet] | None,
    progress: Progress,
    cache: Path | None = None,
    needed: float = gate.NEEDED,
    least: float = gate.LEAST,
) -> Found:
    """Rank the layers, try, and write the choice for every later build. Long; what it has ranked it keeps in `cache`.

    pictures: those to rank layers on, uint8 (H, W, 3) blue-green-red, of which PICTURES are taken; sets: labelled ones,
    on which mAP decides (see `gate`), else the damage does. Raises KittError without pictures, weights or ranges, and
    for a damaged cache.
    """
    if networks.is_own(model):
        raise KittError(
            f"{model}: --search knows the outputs of published models only; it cannot compare those of yours"
        )
    cache = cache or engines() / f"{model}.{encoding}.search.json"
    taken = [pictures[i * len(pictures) // PICTURES] for i in range(PICTURES)] if len(pictures) > PICTURES else pictures
    seen = looks(model, taken)
    # a damaged choice is told before the long part, not after it
    networks.float_layers_of(model, encoding)
    with locked(cache):
        partly = Partly(every_anchor(model), networks.ranges_of(model, encoding), encoding)
        bench = Bench.of(partly.model, seen)
        ranked = ranking(partly, bench, cache, progress, f"{model} {encoding}: each layer alone")
    layers = [name for name, _ in ranked]
    trials, chosen, float_ms = tried(model, partly, bench, layers, Judge(model, sets, progress, needed, least))
    path = _write(model, encoding, ranked, trials, chosen) if chosen else None
    return Found(model, encoding, tuple(ranked), tuple(trials), chosen, path, float_ms)


def _write(
    model: str, encoding: str, ranked: Sequence[tuple[str, float]], trials: Sequence[Trial], chosen: Trial
) -> Path:
    """Put the choice beside the ranges; that of the other encoding stays."""
    path = calibration() / f"{model}.layers.json"
    held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    held[encoding] = {
        "made": f"{date.today().isoformat()}: {'; '.join(str(t) for t in trials)}",
        "float_layers": list(chosen.float_layers),
        "ranking": [[name, float(f"{lost:.4g}")] for name, lost in ranked],
    }
    with appearing(path) as part:
        part.write_text(_text(held), encoding="utf-8")
    return path


def _text(held: dict[str, Any]) -> str:
    """JSON with a line for each ranked layer, so that it diffs."""
    parts = []
    for encoding, row in sorted(held.items()):
        rows = ",\n".join(f"  {json.dumps(pair)}" for pair in row["ranking"])
        said = [f' "{key}": {json.dumps(row[key])},' for key in ("made", "float_layers")]
        parts.append("\n".join([f'"{encoding}": {{', *said, f' "ranking": [\n{rows}\n ]}}']))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def every_anchor(model: str) -> onnx.ModelProto:
    """The float network at its first usual size, giving all its anchors in their own order: of the strongest alone,
    sorted, the rows are others in INT8."""
    (width, height), source = find_detector(model).built_sizes[0], path_of(model)
    if source.suffix == ".tflite":
        from kitt.engine.convert import efficientdet

        return efficientdet.convert(source, width, height, candidates=0)
    from kitt.engine.convert import nanodet

    return nanodet.convert(source, width, height, candidates=0)


def looks(model: str, pictures: Sequence[U8]) -> list[U8]:
    """Whole pictures as the network of the first usual size reads them: uint8 (1, H, W, 3) red-green-blue.

    Raises KittError without pictures.
    """
    if not pictures:
        raise KittError("no pictures to compare INT8 with float on: give --eval, or make the sample drive: kitt sample")
    width, height = find_detector(model).built_sizes[0]
    spec = InputSpec(width, height, False, np.dtype(np.uint8))
    return [
        np.array(Letterbox(Region(0, 0, picture.shape[1], picture.shape[0]), spec).fill(picture), np.uint8)
        for picture in pictures
    ]
