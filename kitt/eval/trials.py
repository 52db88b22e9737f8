"""INT8 with the worst 0, 1, 2, 4, 8... layers in float: what each costs, and the first that is good enough."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from kitt.config import EyesConfig
from kitt.engine import networks
from kitt.engine.convert.building import save
from kitt.engine.models import find_detector
from kitt.engine.ort import OrtBackend
from kitt.engine.quantise.partly import Partly
from kitt.engine.quantise.ranges import Ranges
from kitt.engine.quantise.write import quantise
from kitt.eval import gate
from kitt.eval.damage import Bench, Progress
from kitt.eval.datasets import DataSet
from kitt.eval.gate import ClassMatches, Comparison
from kitt.eval.run import see
from kitt.types import U8

HARMLESS = 0.09
"""Without a labelled set INT8 is taken to be good enough below this damage (see `damage`): EfficientDet-Lite0 with the
ranges it was trained with does 0.08 and loses no mAP; NanoDet-g with 0.12 lost 2.4 % of it, with 0.08 under 1 %."""
MOST = 0.5
"""With more than this share of its layers in float a network is not worth its INT8."""
_RUNS = 21


@dataclass(frozen=True)
class Trial:
    """INT8 with some layers in float. kept: the costly ones; float_layers: with the moves that follow them; damage: see
    `damage`; compared: mAP with that of float, where there was a labelled set; ms: median of one call."""

    kept: tuple[str, ...]
    float_layers: tuple[str, ...]
    damage: float
    compared: Comparison | None
    ms: float

    def __str__(self) -> str:
        said = f"{len(self.kept)} in float: damage {self.damage:.2%}"
        if self.compared is not None:
            said += f", mAP {self.compared.second:.4f} of {self.compared.first:.4f} ({self.compared.ratio:.1%}, "
            said += f"95 % interval {self.compared.low:.1%} to {self.compared.high:.1%})"
        return f"{said}, {self.ms:.1f} ms"


class Judge:
    """Says whether a network is good enough: by mAP on labelled sets, else by its damage."""

    def __init__(
        self, model: str, sets: Sequence[DataSet] | None, progress: Progress, needed: float, least: float
    ) -> None:
        self._model, self._sets, self._progress = model, sets or (), progress
        self._needed, self._least = needed, least
        self._exact: list[ClassMatches] | None = None

    def compare(self, ranges: Ranges, encoding: str, float_layers: Collection[str]) -> Comparison | None:
        """mAP with these layers in float against that of the float network, None without a labelled set."""
        if not self._sets:
            return None
        if self._exact is None:
            self._exact = self._matches(lambda m: m, "float")
        rough = self._matches(lambda m: quantise(m, ranges, encoding, float_layers), f"{len(float_layers)} in float")
        return gate.compare(self._exact, rough)

    def passes(self, damage: float, compared: Comparison | None) -> bool:
        return damage < HARMLESS if compared is None else compared.passes(self._needed, self._least)

    def _watch(self, what: str) -> Callable[[Iterable[Any], int], Iterable[Any]]:
        return lambda steps, count: self._progress(steps, count, what)

    def _matches(self, made: Callable[[onnx.ModelProto], onnx.ModelProto], what: str) -> list[ClassMatches]:
        with tempfile.TemporaryDirectory(prefix="kitt-") as folder:

            def store(model: str, width: int, height: int) -> Path:
                path = Path(folder) / f"{model}-{width}x{height}.onnx"
                if not path.exists():
                    save(made(networks.float_network(model, width, height)), path)
                return path

            config, parts = EyesConfig(model=self._model, threads=1), []
            for data in self._sets:
                found = see(data, config, self._watch(f"{what} on {data.name}"), store=store).found
                parts.append(gate.matches(data, found))
        return gate.pooled(parts)


def tried(
    model: str, partly: Partly, bench: Bench, ranked: Sequence[str], judge: Judge
) -> tuple[list[Trial], Trial | None, float]:
    """Trials up to the first that is good enough, that one, and the float network's time."""
    size = find_detector(model).built_sizes[0]
    usual = networks.float_network(model, *size)
    rows, forms, good = [], {"float": usual}, False
    for count in _counts(int(len(ranked) * MOST)):
        kept = tuple(ranked[:count])
        float_layers = tuple(partly.float_layers(kept))
        damage = bench.damage(partly.without(kept))
        compared = judge.compare(partly.ranges, partly.encoding, float_layers)
        rows.append((kept, float_layers, damage, compared))
        forms[str(count)] = quantise(usual, partly.ranges, partly.encoding, float_layers)
        if good := judge.passes(damage, compared):
            break
    ms = _medians(forms, bench.looks[0])
    trials = [Trial(*row, ms[str(len(row[0]))]) for row in rows]
    return trials, trials[-1] if good else None, ms["float"]


def _counts(most: int) -> Iterator[int]:
    yield 0
    count = 1
    while count <= most:
        yield count
        count *= 2


def _medians(forms: dict[str, onnx.ModelProto], look: U8) -> dict[str, float]:
    """Milliseconds of one call on one thread, taken in turns so that a busy machine slows all alike."""
    running: dict[str, OrtBackend] = {}
    spent: dict[str, list[float]] = {name: [] for name in forms}
    with tempfile.TemporaryDirectory(prefix="kitt-") as folder:
        for name, form in forms.items():
            path = Path(folder) / f"{name}.onnx"
            save(form, path)
            running[name] = OrtBackend.load(path, 1)
    for turn in range(_RUNS + 1):
        for name, network in running.items():
            begun = time.perf_counter()
            network.infer({"images": look})
            if turn:
                spent[name].append((time.perf_counter() - begun) * 1e3)
    return {name: float(np.median(took)) for name, took in spent.items()}
