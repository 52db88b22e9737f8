"""COCO's own metrics and formats, through pycocotools."""

from __future__ import annotations

import contextlib
import io
import math
from typing import Any

import numpy as np

from kitt.errors import KittError
from kitt.eval.datasets import DataSet
from kitt.types import CLASSES, COCO_IDS, Detections

MOST = 100
"""Detections of a picture that count, as in COCO."""


def results(found: Detections, image_id: int, file_name: str) -> list[dict[str, Any]]:
    """COCO results, which `COCO.loadRes` reads, with the names that the format leaves out."""
    return [
        {
            "image_id": image_id,
            "category_id": COCO_IDS[c],
            "bbox": [round(float(v), 2) for v in (x1, y1, x2 - x1, y2 - y1)],
            "score": round(float(s), 4),
            "file_name": file_name,
            "category_name": CLASSES[c],
        }
        for (x1, y1, x2, y2), s, c in zip(
            found.xyxy.tolist(), found.score.tolist(), found.class_id.tolist(), strict=True
        )
    ]


def categories() -> list[dict[str, Any]]:
    """kitt's classes with COCO's ids."""
    return [{"id": i, "name": n} for i, n in zip(COCO_IDS, CLASSES, strict=True)]


def instances(data: DataSet) -> dict[str, Any]:
    """A data set in COCO's format; areas to be ignored are crowds."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for i, sample in enumerate(data.samples):
        images.append({"id": i, "file_name": sample.path.name, "width": sample.size[0], "height": sample.size[1]})
        t = sample.truth
        for (x1, y1, x2, y2), c, ignore in zip(t.xyxy.tolist(), t.class_id.tolist(), t.ignore.tolist(), strict=True):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": i,
                    "category_id": COCO_IDS[c],
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "area": (x2 - x1) * (y2 - y1),
                    "iscrowd": int(ignore),
                }
            )
    return {"images": images, "annotations": annotations, "categories": categories()}


def average_precision(data: DataSet, found: list[Detections]) -> dict[str, Any]:
    """AP (IoU 0.50:0.95) and AP50 over the labelled classes that occur, and each class's own, 0..1, NaN for none.

    Raises KittError when pycocotools is not installed.
    """
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError:
        raise KittError("pycocotools is not installed; run: pip install 'kitt[eval]'") from None
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = instances(data)
        truth.createIndex()
        rows = [r for i, d in enumerate(found) for r in results(d, i, data.samples[i].path.name)]
        if not rows:
            return {"AP": 0.0, "AP50": 0.0, "classes": {}}
        run = COCOeval(truth, truth.loadRes(rows), "bbox")
        run.params.catIds = [COCO_IDS[c] for c in data.classes]
        run.evaluate()
        run.accumulate()
    # precision: (IoU thresholds, recalls, classes, areas, detections counted); -1 where a class has no objects
    precision = run.eval["precision"][:, :, :, 0, -1]
    by_class = {}
    for k, c in enumerate(data.classes):
        p = precision[:, :, k]
        if (p > -1).any():
            by_class[CLASSES[c]] = {"AP": float(p.mean()), "AP50": float(p[0].mean())}
    mean = {
        key: float(np.mean([v[key] for v in by_class.values()])) if by_class else math.nan for key in ("AP", "AP50")
    }
    return {**mean, "classes": by_class}
