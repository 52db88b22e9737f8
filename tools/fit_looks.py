"""Fit how the strip's scores compare with the whole look's, and write kitt/eyes/looks.toml.

    python tools/fit_looks.py ../shared/data

For each look, P(right | score) = sigmoid(a * logit(score) + b) is fitted by maximum likelihood (Platt scaling,
Platt 1999) on its own detections; the strip's score goes onto the whole look's scale by equating the two.
Pictures: det_carla and det_highway_roboflow, enlarged twice so that the two looks differ as they do at 1280 pixels
of width, and frames of the two highway clips. The clips have no labels: there, truth is what Lite2 itself sees on
average of four looks at full and double size, plain and mirrored, with everything in between ignored. Their frames
resemble each other, so each counts a fifth.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
from scipy.optimize import minimize

from kitt.config import EyesConfig
from kitt.engine.backend import load
from kitt.engine.networks import ensure
from kitt.eval.datasets import Truth, read
from kitt.eval.matching import match
from kitt.eyes.detector import Detector
from kitt.eyes.families import identify, input_spec
from kitt.eyes.letterbox import Letterbox, Region
from kitt.eyes.looks import small_and_whole, uncut
from kitt.eyes.nms import iou_matrix, nms
from kitt.types import BUS, CAR, F32, TRUCK, U8, VEHICLES, Detections, Frame

MODELS = ("efficientdet-lite2", "efficientdet-lite0", "nanodet-g")
SETS = ("det_carla", "det_highway_roboflow")
ENLARGE = 2
CLIPS = (  # file, row of the horizon read off the picture, every so many frames
    ("drive_carnd_lanelines/test_videos/solidWhiteRight.mp4", 310, 4),
    ("drive_carnd_vehicle/test_video.mp4", 410, 1),
)
CLIP_WEIGHT = 0.2
FLOOR = 0.05
SURE, UNSURE = 0.35, 0.1
"""Mean score of the teacher's looks from which an object is true, and below which there is none."""

Case = tuple[U8, float, Truth, tuple[int, ...], bool, float]
"""picture, horizon, truth, classes, whether classes must agree, weight"""


class Teacher:
    """The network at full and double size, plain and mirrored: vehicles of any kind, all called cars."""

    def __init__(self) -> None:
        self._networks = {}

    def truth(self, image: U8, horizon: int) -> Truth:
        height, width = image.shape[:2]
        strip = Region(0, horizon - 96, width, 192)
        looks = [(Region(0, 0, width, height), (1280, 768)), (strip, (width // 64 * 128, 384))]
        seen = [self._see(image, *look, mirrored) for look in looks for mirrored in (False, True)]
        boxes = Detections.concat(seen)
        of_look = np.repeat(np.arange(4), [len(s) for s in seen])
        used = np.zeros(len(boxes), bool)
        rows = []
        for i in np.argsort(-boxes.score):
            if used[i]:
                continue
            same = (iou_matrix(boxes.xyxy[i : i + 1], boxes.xyxy)[0] > 0.45) & ~used
            used |= same
            best = np.zeros(4)
            np.maximum.at(best, of_look[same], boxes.score[same])
            box = np.average(boxes.xyxy[same], axis=0, weights=boxes.score[same])
            in_strip = box[1] > strip.y + 3 and box[3] < strip.y + 189
            score = best.mean() if in_strip else best[:2].mean()
            if score > UNSURE:
                rows += [(box.tolist(), c, score <= SURE or c != CAR, np.nan) for c in (CAR, BUS, TRUCK)]
        return Truth.of(rows)

    def _see(self, image: U8, region: Region, size: tuple[int, int], mirrored: bool) -> Detections:
        if size not in self._networks:
            backend = load(ensure("efficientdet-lite2", *size), 1)
            self._networks[size] = backend, identify(*backend.io_specs(), "teacher")
        backend, family = self._networks[size]
        letterbox = Letterbox(region, input_spec(backend.io_specs()[0], family, "teacher"))
        inputs = letterbox.fill(np.ascontiguousarray(image[:, ::-1]) if mirrored else image)
        found = family.decode(backend.infer({"images": inputs}), FLOOR, size)
        found = found[np.isin(found.class_id, (CAR, BUS, TRUCK))]
        xyxy = letterbox.to_picture(found.xyxy)
        if mirrored:
            xyxy[:, [0, 2]] = image.shape[1] - xyxy[:, [2, 0]]
        cars = Detections(xyxy, found.score, np.full(len(found), CAR))
        return nms(uncut(cars, region, (image.shape[1], image.shape[0])))


def cases(root: Path) -> Iterator[Case]:
    for name in SETS:
        data = read(root / name)
        for sample in data.samples:
            image = cv2.resize(sample.load(), None, fx=ENLARGE, fy=ENLARGE, interpolation=cv2.INTER_CUBIC)
            truth = replace(sample.truth, xyxy=sample.truth.xyxy * ENLARGE)
            classes = VEHICLES if name == "det_highway_roboflow" else data.classes
            yield image, image.shape[0] / 2, truth, classes, name == "det_carla", 1.0
    teacher = Teacher()
    for file, horizon, step in CLIPS:
        with av.open(str(root / file)) as container:
            for i, frame in enumerate(container.decode(video=0)):
                if i % step == 0:
                    image = frame.to_ndarray(format="bgr24")
                    yield image, horizon, teacher.truth(image, horizon), VEHICLES, False, CLIP_WEIGHT


def platt(score: F32, right: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(a, b) of the logistic of logit(score)."""
    s = np.clip(score.astype(np.float64), 1e-6, 1 - 1e-6)
    x, sign = np.log(s / (1 - s)), 2.0 * right - 1
    return minimize(lambda p: np.sum(weight * np.logaddexp(0, -sign * (p[0] * x + p[1]))), [1.0, 0.0]).x


def main(root: Path) -> None:
    prepared = list(cases(root))
    lines = [
        "# The strip's score s on the whole look's scale: sigmoid(a * logit(s) + b).",
        f"# Written by tools/fit_looks.py from {', '.join(SETS)} and frames of {', '.join(c[0] for c in CLIPS)}.",
    ]
    for model in MODELS:
        detectors: dict[tuple[int, int], Detector] = {}
        rows: list[list[tuple[F32, np.ndarray, np.ndarray]]] = [[], []]
        for image, horizon, truth, classes, strict, weight in prepared:
            frame = Frame(0, 0, image)
            if frame.size not in detectors:
                config = EyesConfig(model=model, threads=1, strip_every=1)
                detectors[frame.size] = Detector(config, frame.size, horizon, floor=FLOOR)
            (whole, seen), (strip, seen_far) = detectors[frame.size].candidates(frame)
            both = nms(seen), small_and_whole(seen_far, (whole, strip), frame.size)
            for out, found in zip(rows, both, strict=True):
                m = match(found, truth, classes, strict)
                out.append((m.score, m.right, np.full(len(m.score), weight)))
        (aw, bw), (a, b) = (platt(*(np.concatenate(x) for x in zip(*r, strict=True))) for r in rows)
        count = [sum(len(x[0]) for x in r) for r in rows]
        lines += ["", f"# {count[0]} detections of the whole look, {count[1]} of the strip", f"[{model}]"]
        lines += [f"a = {a / aw:.3f}", f"b = {(b - bw) / aw:.3f}"]
    text = "\n".join(lines) + "\n"
    (Path(__file__).parent.parent / "kitt" / "eyes" / "looks.toml").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
