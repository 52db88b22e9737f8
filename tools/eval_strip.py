"""How often the strip has to be looked at: detections and tracks on the highway clips, by `strip_every`.

    python tools/eval_strip.py ../shared/data [MODEL]

Truth is that of tools/fit_looks.py's teacher: what Lite2 sees on average of four looks at full and double size.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import av
import numpy as np
from fit_looks import CLIPS, Teacher

from kitt.config import EyesConfig
from kitt.eval.datasets import Truth
from kitt.eval.matching import HEIGHTS_PX, Matches, at_confidence, match, recall_at_precision, recall_by
from kitt.eyes.detector import Detector
from kitt.eyes.tracker import Tracker
from kitt.types import U8, VEHICLES, Detections, Frame

FRAMES = 120
"""At most so many of each clip."""
WARM_UP = 8
FRAME_NS = 40_000_000
ANY = 1e-4


def clip(path: Path) -> list[U8]:
    with av.open(str(path)) as container:
        return [f.to_ndarray(format="bgr24") for f, _ in zip(container.decode(video=0), range(FRAMES), strict=False)]


def main(root: Path, model: str) -> None:
    teacher = Teacher()
    clips: list[tuple[list[U8], int, dict[int, Truth]]] = []
    for file, horizon, step in CLIPS:
        images = clip(root / file)
        marked = {i: teacher.truth(images[i], horizon) for i in range(0, len(images), step) if i >= WARM_UP}
        clips.append((images, horizon, marked))
    for every in (0, 3, 2, 1):
        seen, followed, total, network = [], [], 0, 0
        for images, horizon, marked in clips:
            size = (images[0].shape[1], images[0].shape[0])
            config = EyesConfig(model=model, threads=1, strip_every=every)
            detector, tracker = Detector(config, size, horizon, clock=time.perf_counter_ns), Tracker()
            for i, image in enumerate(images):
                start = time.perf_counter_ns()
                found = detector.process(Frame(i, i * FRAME_NS, image))
                total += time.perf_counter_ns() - start
                network += detector.network_ns
                tracks = tracker.update(found, i * FRAME_NS, size)
                if i in marked:
                    shown = Detections(tracks.xyxy, np.maximum(tracks.score, ANY), tracks.class_id)
                    seen.append(match(found, marked[i], VEHICLES, strict=False))
                    followed.append(match(shown, marked[i], VEHICLES, strict=False))
        detections, tracks_matched = Matches.concat(seen), Matches.concat(followed)
        recall, precision = at_confidence(tracks_matched, ANY)
        heights = recall_by(tracks_matched, tracks_matched.height_px, HEIGHTS_PX, ANY)
        print(
            f"{model} strip_every {every}: {len(detections.found)} vehicles,"
            f" R90 of detections {100 * recall_at_precision(detections, 0.9)[0]:.1f},"
            f" tracks: recall {100 * recall:.1f}, precision {100 * precision:.1f},"
            f" by height {', '.join(f'{label} {100 * r:.0f} of {n}' for label, n, r in heights if n)};"
            f" whole detector / network calls {total / network:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "efficientdet-lite2")
