"""Is the INT8 network as good as the float one? mAP of both on the same pictures, and how sure that is.

AP is COCO's (IoU 0.50:0.95, 101 recalls; Lin et al. 2014). The interval is a paired bootstrap's over pictures (Efron &
Tibshirani 1993): both networks are measured on the same redrawn pictures, so that hard and easy ones cancel.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kitt.errors import KittError
from kitt.eval import coco
from kitt.eval.datasets import DataSet
from kitt.types import COCO_IDS, F64, I64, Bools, Detections

NEEDED = 0.99
"""Share of the float network's mAP that INT8 must reach."""
LEAST = 0.98
"""Where the lower end of the interval must lie."""
MIN_PICTURES = 150
REDRAWN = 1000
SEED = 1
THRESHOLDS = 10
"""Of IoU, 0.50 to 0.95."""
_RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True, eq=False)
class ClassMatches:
    """All detections of one class, strongest first.

    class_id: in kitt.types.CLASSES; picture: int64 (D,); score: float64 (D,); hit: bool (T, D), whether each matched an
    object at each IoU threshold; counted: bool (T, D), False where it lies on an area to be ignored; objects: int64
    (P,), how many each picture holds.
    """

    class_id: int
    picture: I64
    score: F64
    hit: Bools
    counted: Bools
    objects: I64

    def average_precision(self, times: F64) -> float:
        """Mean AP over the thresholds when each picture counts so many times; NaN without objects. times: (P,)."""
        objects = float(self.objects @ times)
        if objects == 0:
            return np.nan
        weight = times[self.picture] * self.counted
        hits = np.cumsum(weight * self.hit, axis=1)
        taken = np.cumsum(weight, axis=1)
        recall = hits / objects
        precision = hits / np.maximum(taken, np.finfo(np.float64).tiny)
        # the best precision at this recall or a higher one
        best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        total = 0.0
        for r, p in zip(recall, best, strict=True):
            at = np.searchsorted(r, _RECALLS, side="left")
            total += float(np.where(at < len(p), p[np.minimum(at, len(p) - 1)], 0.0).mean()) if len(p) else 0.0
        return total / len(recall)


@dataclass(frozen=True)
class Comparison:
    """Two networks on one set. Shares of 1; low, high: 95 % interval of second over first, or of their difference."""

    first: float
    second: float
    low: float
    high: float

    @property
    def ratio(self) -> float:
        return self.second / self.first if self.first > 0 else float("nan")

    def passes(self, needed: float = NEEDED, least: float = LEAST) -> bool:
        """Whether the second is good enough: by itself, and nearly surely so."""
        return bool(self.ratio >= needed and self.low >= least)


def matches(data: DataSet, found: Sequence[Detections]) -> list[ClassMatches]:
    """What COCO's matching says of the detections of each class that occurs. Raises KittError without pycocotools."""
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError:
        raise KittError("pycocotools is not installed; run: pip install 'kitt[eval]'") from None
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = coco.instances(data)
        truth.createIndex()
        rows = [r for i, d in enumerate(found) for r in coco.results(d, i, data.samples[i].path.name)]
        if not rows:
            return _nothing(data)
        run = COCOeval(truth, truth.loadRes(rows), "bbox")
        run.params.catIds = [COCO_IDS[c] for c in data.classes]
        run.params.areaRng, run.params.areaRngLbl = run.params.areaRng[:1], run.params.areaRngLbl[:1]
        run.evaluate()
    pictures, thresholds = len(data.samples), len(run.params.iouThrs)
    kinds = [
        _of_class(class_id, run.evalImgs[k * pictures : (k + 1) * pictures], thresholds)
        for k, class_id in enumerate(data.classes)
    ]
    return [k for k in kinds if k.objects.sum()]


def _nothing(data: DataSet) -> list[ClassMatches]:
    """A network that sees nothing at all."""
    counts = {
        c: np.array([int((~s.truth.ignore[s.truth.class_id == c]).sum()) for s in data.samples], np.int64)
        for c in data.classes
    }
    none, pairs = np.zeros(0, np.int64), np.zeros((THRESHOLDS, 0), np.bool_)
    return [ClassMatches(c, none, np.zeros(0), pairs, pairs, n) for c, n in counts.items() if n.sum()]


def pooled(sets: Sequence[Sequence[ClassMatches]]) -> list[ClassMatches]:
    """The pictures of several sets as one set; a class that a set does not label has nothing in its pictures.

    Raises KittError for a set without an object.
    """
    if not all(sets):
        raise KittError("a labelled set holds no object that kitt knows: nothing can be measured on it")
    pictures = [len(kinds[0].objects) for kinds in sets]
    first = np.concatenate([[0], np.cumsum(pictures)])
    found = []
    for class_id in sorted({k.class_id for kinds in sets for k in kinds}):
        objects = np.zeros(first[-1], np.int64)
        parts = [(k, int(first[i])) for i, kinds in enumerate(sets) for k in kinds if k.class_id == class_id]
        for kind, start in parts:
            objects[start : start + len(kind.objects)] = kind.objects
        order = np.argsort(-np.concatenate([k.score for k, _ in parts]), kind="mergesort")
        found.append(
            ClassMatches(
                class_id,
                np.concatenate([k.picture + start for k, start in parts])[order],
                np.concatenate([k.score for k, _ in parts])[order],
                np.concatenate([k.hit for k, _ in parts], axis=1)[:, order],
                np.concatenate([k.counted for k, _ in parts], axis=1)[:, order],
                objects,
            )
        )
    return found


def compare(
    first: Sequence[ClassMatches], second: Sequence[ClassMatches], redrawn: int = REDRAWN, seed: int = SEED
) -> Comparison:
    """mAP of both, and the paired bootstrap's interval of the second's share of the first's."""
    pictures = len(first[0].objects)
    random = np.random.default_rng(seed)
    once = np.ones(pictures)
    ratios = []
    for _ in range(redrawn):
        times = np.bincount(random.integers(0, pictures, pictures), minlength=pictures).astype(np.float64)
        a, b = mean_ap(first, times), mean_ap(second, times)
        if a > 0:
            ratios.append(b / a)
    low, high = np.quantile(ratios, [0.025, 0.975]) if ratios else (np.nan, np.nan)
    return Comparison(mean_ap(first, once), mean_ap(second, once), float(low), float(high))


def mean_ap(kinds: Sequence[ClassMatches], times: F64) -> float:
    """mAP over the classes that have objects."""
    found = [ap for k in kinds if not np.isnan(ap := k.average_precision(times))]
    return float(np.mean(found)) if found else 0.0


def _of_class(class_id: int, per_picture: Sequence[dict[str, object] | None], thresholds: int) -> ClassMatches:
    nothing = np.zeros((thresholds, 0), np.bool_)
    picture, score, hit, counted = [np.zeros(0, np.int64)], [np.zeros(0)], [nothing], [nothing]
    objects = np.zeros(len(per_picture), np.int64)
    for i, one in enumerate(per_picture):
        if one is None:
            continue
        scores = np.asarray(one["dtScores"], np.float64)
        picture.append(np.full(len(scores), i, np.int64))
        score.append(scores)
        hit.append(np.asarray(one["dtMatches"]).reshape(thresholds, -1) > 0)
        counted.append(~np.asarray(one["dtIgnore"], np.bool_).reshape(thresholds, -1))
        objects[i] = int((np.asarray(one["gtIgnore"]) == 0).sum())
    scores = np.concatenate(score)
    order = np.argsort(-scores, kind="mergesort")
    return ClassMatches(
        class_id,
        np.concatenate(picture)[order],
        scores[order],
        np.concatenate(hit, axis=1)[:, order],
        np.concatenate(counted, axis=1)[:, order],
        objects,
    )
