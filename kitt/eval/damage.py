"""How much of what a float network sees is another in INT8, and which single layers do most of it.

The measure needs no labels: over the anchors that either network is surest of, how far scores differ and boxes part,
as a share of the float network's scores. Ranking layers by what each does alone is that of Nvidia (Wu et al. 2020,
"Integer Quantization for Deep Learning Inference", partial quantisation).
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from kitt.engine.backend import Arrays
from kitt.engine.convert.building import save, serialised
from kitt.engine.files import appearing
from kitt.engine.ort import OrtBackend
from kitt.engine.quantise.blame import blame
from kitt.engine.quantise.partly import Partly
from kitt.errors import KittError
from kitt.types import F32, F64, U8

ANCHORS = 100
"""So many of each picture are compared."""
_RUNS = 3
"""So many runs of neighbours are looked into."""
_VERSION = 1
"""Raised when the measure changes, so that no number of the old one is taken for one of the new."""

Progress = Callable[[Iterable[Any], int, str], Iterable[Any]]


@dataclass(frozen=True, eq=False)
class Bench:
    """Pictures, uint8 (1, H, W, 3) red-green-blue as the network reads them, and what the float network gives for
    each: `boxes` (1, N, 4) and `scores` (1, N, C) of all its anchors."""

    looks: Sequence[U8]
    exact: Sequence[Arrays]

    @staticmethod
    def of(model: onnx.ModelProto, looks: Sequence[U8]) -> Bench:
        """Run the float network."""
        return Bench(looks, _run(model, looks))

    def damage(self, model: onnx.ModelProto) -> float:
        """What another form of the network does, 0 for none; see `damage`."""
        return damage(self.exact, _run(model, self.looks))


def damage(exact: Sequence[Arrays], rough: Sequence[Arrays]) -> float:
    """Over the ANCHORS of each picture that either is surest of: the largest difference of an anchor's scores, plus
    its score times what its two boxes do not share (1 - IoU); summed, as a share of the sum of the float scores."""
    lost, seen = 0.0, 0.0
    for first, second in zip(exact, rough, strict=True):
        was, is_ = (np.asarray(one["scores"][0], np.float64) for one in (first, second))
        rows = np.argsort(-np.maximum(was, is_).max(axis=1), kind="stable")[:ANCHORS]
        score = was[rows].max(axis=1)
        apart = 1 - _overlap(first["boxes"][0][rows], second["boxes"][0][rows])
        lost += float((np.abs(was - is_)[rows].max(axis=1) + score * apart).sum())
        seen += float(score.sum())
    # a value that is no number is as bad as can be
    share = lost / max(seen, np.finfo(np.float64).tiny)
    return share if np.isfinite(share) else float("inf")


def ranking(
    partly: Partly, bench: Bench, cache: Path, progress: Progress, what: str = "layers"
) -> list[tuple[str, float]]:
    """Each INT8 layer and the damage it does alone, the worst first.

    What is measured is kept in `cache` layer after layer, and taken from there: an interrupted search goes on where it
    was. Numbers of another network, encoding, calibration or other pictures are measured anew. Raises KittError for a
    damaged cache.
    """
    key = _key(partly, bench.looks)
    found = _read(cache, key)
    missing = [name for name in partly.layers if name not in found]
    for name in progress(missing, len(missing), what):
        found[name] = bench.damage(partly.alone(name))
        with appearing(cache) as part:
            part.write_text(json.dumps({"of": key, "damage": found}, indent=1) + "\n", encoding="utf-8")
    return sorted(((name, found[name]) for name in partly.layers), key=lambda row: -row[1])


def likely_worst(partly: Partly, bench: Bench, count: int, float_layers: Collection[str] = ()) -> list[str]:
    """The INT8 layers that do most damage, the worst first, from a quarter of the work of `ranking`.

    Runs of neighbours are tried together, and only the layers of the worst runs by themselves, beside those that add
    most noise. float_layers: those that are not in INT8.
    """
    layers = [name for name in partly.layers if name not in float_layers]
    feeds = [{"images": look} for look in bench.looks]
    size = max(round(len(layers) ** 0.5), 1)
    runs = [layers[i : i + size] for i in range(0, len(layers), size)]
    worst = sorted(runs, key=lambda names: -bench.damage(partly.alone(*names)))[:_RUNS]
    costs = blame(partly.model, partly.ranges, partly.encoding, feeds, float_layers)
    noisy = [cost.layer for cost in costs[:count]]
    short = dict.fromkeys([*(name for names in worst for name in names), *noisy])
    return sorted(short, key=lambda name: -bench.damage(partly.alone(name)))[:count]


def _run(model: onnx.ModelProto, looks: Sequence[U8]) -> list[Arrays]:
    with tempfile.TemporaryDirectory(prefix="kitt-") as folder:
        path = Path(folder) / "network.onnx"
        try:
            save(model, path)
        except OSError as e:
            raise KittError(f"{path}: cannot write the network to measure: {e.strerror or e}") from e
        network = OrtBackend.load(path, 1)
        return [network.infer({"images": look}) for look in looks]


def _overlap(first: F32, second: F32) -> F64:
    """Intersection over union of boxes (N, 4) with those in the same rows, 0 for a box without area."""
    a, b = first.astype(np.float64), second.astype(np.float64)
    shared = np.maximum(np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]), 0).prod(axis=1)
    areas = sum(np.maximum(one[:, 2:] - one[:, :2], 0).prod(axis=1) for one in (a, b))
    return np.asarray(np.nan_to_num(shared / np.maximum(areas - shared, 1e-9)), np.float64)


def _key(partly: Partly, looks: Sequence[U8]) -> str:
    """What the numbers are of: the INT8 network, in which weights, ranges and the rules of placement all are, and the
    pictures."""
    total = hashlib.sha256(f"{_VERSION}\n".encode())
    for model in (partly.model, partly.without([])):
        total.update(serialised(model))
    for look in looks:
        total.update(f"{look.shape}\0".encode())
        total.update(np.ascontiguousarray(look).tobytes())
    return total.hexdigest()[:16]


def _read(path: Path, key: str) -> dict[str, float]:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["of"] != key:
            return {}
        return {str(name): float(value) for name, value in held["damage"].items()}
    except FileNotFoundError:
        return {}
    except OSError as e:
        raise KittError(f"{path}: cannot read what the search has measured: {e.strerror or e}") from e
    except (ValueError, TypeError, KeyError, AttributeError) as e:
        raise KittError(
            f"{path}: damaged ({type(e).__name__}: {e}); delete it and search anew: kitt build --search"
        ) from None
