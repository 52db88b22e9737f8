"""Distances against lidar: `python tools/eval_distance.py ../shared/data/det_kitti13 [--detections COCO.json]`.

Each KITTI frame stands alone, so this is single-picture distance without smoothing or a refined horizon. Truth is the
near face of the labelled 3D box along the camera's axis. Label boxes by default; with `--detections` (COCO results with
`file_name`, `category_id`, `bbox`, `score`, as `kitt detect --coco` writes) a vehicle counts as seen when a
box of a vehicle class overlaps its label by half.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from kitt.config import CameraCalibration
from kitt.eyes.camera import Camera
from kitt.eyes.distance import CLASS_HEIGHT_M, DistanceSettings, measure
from kitt.eyes.horizon import Horizon
from kitt.types import BUS, CAR, COCO_IDS, F64, I64, PERSON, TRUCK, VEHICLES

CAMERA_HEIGHT_M = 1.65
"""KITTI's set-up page."""
KINDS = {"Car": CAR, "Van": CAR, "Truck": TRUCK, "Tram": BUS, "Pedestrian": PERSON, "Cyclist": PERSON}
RANGES_M = ((0, 15), (15, 25), (25, 40), (40, 90))


@dataclass(frozen=True)
class Picture:
    """One KITTI frame: labelled boxes (N, 4), class ids, near-face distances and heights in metres; its camera."""

    name: str
    camera: Camera
    xyxy: F64
    class_id: I64
    near_m: F64


def load(folder: Path) -> list[Picture]:
    pictures = []
    for path in sorted((folder / "images").glob("*.jpg")):
        height, width = cv2.imread(str(path)).shape[:2]
        calib = (folder / "calib" / f"{path.stem}.txt").read_text().splitlines()
        p2 = np.array(next(line for line in calib if line.startswith("P2:")).split()[1:], float).reshape(3, 4)
        calibration = CameraCalibration(
            width_px=width, height_px=height, focal_px=p2[0, 0], center_x_px=p2[0, 2], center_y_px=p2[1, 2],
            camera_height_m=CAMERA_HEIGHT_M,
        )  # fmt: skip
        rows = [line.split() for line in (folder / "labels" / f"{path.stem}.txt").read_text().splitlines()]
        rows = [row for row in rows if row[0] in KINDS]
        numbers = np.array([row[1:] for row in rows], float).reshape(len(rows), 14)
        w, length, z, turn = numbers[:, 8], numbers[:, 9], numbers[:, 12], numbers[:, 13]
        reach = np.abs(np.sin(turn)) * length / 2 + np.abs(np.cos(turn)) * w / 2
        kinds = np.array([KINDS[row[0]] for row in rows], np.int64)
        camera = Camera.of(calibration, (width, height))
        pictures.append(Picture(path.name, camera, numbers[:, 3:7], kinds, z - reach))
    return pictures


def detections(path: Path, name: str, least_score: float) -> tuple[F64, I64]:
    rows = [r for r in json.loads(path.read_text()) if Path(r["file_name"]).name == name and r["score"] >= least_score]
    boxes = np.array([r["bbox"] for r in rows], float).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return boxes, np.array([COCO_IDS.index(r["category_id"]) for r in rows], np.int64)


def overlaps(a: F64, b: F64) -> F64:
    """IoU (len(a), len(b))."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.prod(np.clip(high - low, 0, None), axis=2)
    area = [np.prod(x[:, 2:] - x[:, :2], axis=1) for x in (a, b)]
    return np.asarray(inter / (area[0][:, None] + area[1] - inter))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--detections", type=Path)
    parser.add_argument("--score", type=float, default=0.3, help="use detections of at least this score")
    args = parser.parse_args()
    if not any((args.folder / "images").glob("*.jpg")):
        parser.exit(2, f"{args.folder}: no pictures in images/*.jpg: give the folder of the KITTI frames\n")
    if args.detections and not args.detections.is_file():
        parser.exit(2, f"{args.detections}: no such file\n")
    truth, found, std = [], [], []
    for picture in load(args.folder):
        boxes, kinds = picture.xyxy, picture.class_id
        if args.detections:
            boxes, kinds = detections(args.detections, picture.name, args.score)
        horizon = Horizon(picture.camera)
        got = measure(picture.camera, boxes, kinds, horizon.y_px, horizon.std_px, DistanceSettings())
        able = np.isin(kinds, VEHICLES) & np.isfinite(got.distance_m)
        match = overlaps(picture.xyxy, boxes) * able
        for row in np.flatnonzero(np.isin(picture.class_id, VEHICLES)):
            best = int(match[row].argmax()) if match.shape[1] else -1
            hit = best >= 0 and match[row, best] >= 0.5
            truth.append(picture.near_m[row])
            found.append(got.distance_m[best] if hit else np.nan)
            std.append(np.hypot(got.noise[best], got.bias[best]) if hit else np.nan)
    report(np.array(truth), np.array(found), np.array(std))


def report(truth: F64, found: F64, std: F64) -> None:
    off = found / truth - 1.0
    print(f"class heights: {', '.join(f'{h:.2f}' for h in CLASS_HEIGHT_M)} m")
    print("range        vehicles  got a distance  median |error|  median error  within stated std")
    for low, high in (*RANGES_M, (0, 90)):
        within = (truth >= low) & (truth < high)
        got = within & np.isfinite(found)
        n, k = int(within.sum()), int(got.sum())
        if not k:
            print(f"{low:3d} to {high:2d} m  {n:8d}  {k:14d}")
            continue
        share = float((np.abs(off[got]) < std[got]).mean())
        print(
            f"{low:3d} to {high:2d} m  {n:8d}  {k / n:14.0%}  {np.median(np.abs(off[got])):14.1%}  "
            f"{np.median(off[got]):+12.1%}  {share:17.0%}"
        )


if __name__ == "__main__":
    main()
