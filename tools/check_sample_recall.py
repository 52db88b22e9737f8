"""How well the project's detector sees what the sample drive draws: recall by class and distance, frame by frame.

The drawings are only worth something if a detector trained on photographs takes them for what they are. Objects
count when three fifths of them show and they are at least eight pixels tall; a hit is a detection of the same class,
score 0.3 or more, overlapping by half.

    python tools/check_sample_recall.py [--every 3] [--strip 1] [--model efficientdet-lite2]
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import cv2
import numpy as np

from kitt.config import EyesConfig
from kitt.eyes.detector import Detector
from kitt.sim import world
from kitt.sim.render import Painter, Seen
from kitt.sim.sample import QUALITY
from kitt.sim.truth import LEAST_PX, LEAST_VISIBLE, MATCH_IOU, iou
from kitt.sim.view import CENTER_Y, HEIGHT, WIDTH
from kitt.types import CLASSES, Detections, Frame

BANDS_M = ((2.5, 8.0), (8.0, 15.0), (15.0, 25.0), (25.0, 40.0), (40.0, 60.0), (60.0, 90.0))
SCORE = 0.3
GOAL, GOAL_M = 0.9, 40.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=3, help="look at every so many pictures")
    parser.add_argument("--strip", type=int, default=1, help="look at the far strip every so many of these; 0 = never")
    parser.add_argument("--model", default=EyesConfig().model)
    given = parser.parse_args()
    eyes = EyesConfig(model=given.model, strip_every=given.strip, threads=1)
    detector, painter = Detector(eyes, (WIDTH, HEIGHT), CENTER_Y), Painter()
    hits: dict[tuple[str, tuple[float, float]], list[bool]] = defaultdict(list)
    for number, index in enumerate(range(0, world.FRAMES, given.every)):
        image, seen = painter.paint(index)
        jpeg = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))[1]
        picture = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)
        found = detector.process(Frame(number, 0, picture))
        for s in seen:
            band = next((b for b in BANDS_M if b[0] <= world.gap_m(index / world.FPS, s.actor) < b[1]), None)
            if band and s.visible >= LEAST_VISIBLE and s.box[3] - s.box[1] >= LEAST_PX:
                hits[s.actor.kind, band].append(is_found(s, found))
    return report(hits)


def is_found(s: Seen, found: Detections) -> bool:
    """Whether a detection is this object."""
    for box, score, class_id in zip(found.xyxy.tolist(), found.score, found.class_id, strict=True):
        if CLASSES[int(class_id)] == s.actor.kind and score >= SCORE and iou(s.box, tuple(box)) >= MATCH_IOU:
            return True
    return False


def report(hits: dict[tuple[str, tuple[float, float]], list[bool]]) -> int:
    """Print the table; 0 where every class reaches the goal up to GOAL_M."""
    print(f"{'class':14}" + "".join(f"{f'{a:g}-{b:g} m':>14}" for a, b in BANDS_M) + f"{f'up to {GOAL_M:g} m':>16}")
    short = 0
    for kind in CLASSES:
        if not any(k == kind for k, _ in hits):
            continue
        cells = [hits.get((kind, band), []) for band in BANDS_M]
        near = [hit for band, cell in zip(BANDS_M, cells, strict=True) if band[1] <= GOAL_M for hit in cell]
        short += bool(near) and np.mean(near) < GOAL
        print(f"{kind:14}" + "".join(f"{share(c):>14}" for c in cells) + f"{share(near):>16}")
    return 1 if short else 0


def share(cell: list[bool]) -> str:
    return f"{np.mean(cell):.3f} of {len(cell)}" if cell else "-"


if __name__ == "__main__":
    raise SystemExit(main())
