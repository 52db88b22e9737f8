"""Holds kitt's tracker against the ByteTrack of PyPI's `trackers` package, on the same detections.

    python tools/compare_tracker.py                          # makes an environment in a temporary folder (pip)
    python tools/compare_tracker.py --python env/bin/python  # one that has `trackers` already
    python tools/compare_tracker.py --detections drive.jsonl # recorded detections, which have no truth

Without recorded detections it makes its own: traffic seen by a shaking camera, with occlusions, crossings, misses,
noise, false alarms, second boxes, small objects only in every second frame. A line of a recorded file is
{"t_ns": 0, "size": [1280, 720], "detections": [[x1, y1, x2, y2, score, class], ...]}.

Each tracker runs in a process of its own, turn by turn. Figures: CLEAR MOT (Bernardin and Stiefelhagen 2008) and IDF1
(Ristani et al. 2016) at IoU 0.5; objects mostly hidden or under 8 px count neither way; `alive` is the share of
frames in which a visible object has an id at all, `ms` the median time of an update call.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

VERSION = "2.6.1"
WIDTH, HEIGHT, FOCAL = 1280, 720, 1000.0
WAYS = ("kitt", "bytetrack", "bytetrack-tuned")


# Made-up traffic


@dataclass(frozen=True)
class Scene:
    name: str
    count: int
    camera_m: float
    horizon_px: float


SCENES = (Scene("dashcam, 25 objects", 25, 1.4, 330), Scene("from a gantry, 70 objects", 70, 8.0, 60))


@dataclass
class Traffic:
    """Objects on the road (metres, camera at the origin, z ahead), one row each; who leaves is replaced."""

    rng: np.random.Generator
    count: int
    ids: int = 0
    rows: list[dict[str, float]] = field(default_factory=list)

    def refill(self, anywhere: bool) -> None:
        while len(self.rows) < self.count:
            kind = self.rng.choice(
                ["ahead", "oncoming", "parked", "walker", "crossing car"], p=[0.3, 0.2, 0.2, 0.2, 0.1]
            )
            r, u = self.rng, self.rng.uniform
            z = u(8, 80) if anywhere or kind in ("ahead", "crossing car", "walker") else u(50, 80)
            side = r.choice([-1, 1])
            x, vx, vz, w, h, class_id = {
                "ahead": (r.choice([-3.5, 0, 3.5]) + r.normal(0, 0.3), 0, r.normal(0, 2.5), 1.8, 1.5, 2),
                "oncoming": (-u(3, 7), 0, -u(20, 28), 1.8, 1.5, 2),
                "parked": (side * u(5, 12), 0, -u(8, 12), u(1.8, 4.2), 1.5, 2),
                "walker": (u(-0.5, 0.5) * z, side * u(0.6, 1.8), -u(0, 10), 0.55, 1.7, 0),
                "crossing car": (-side * 0.6 * z, side * u(4, 10), -u(0, 8), 4.2, 1.5, 2),
            }[str(kind)]
            if class_id == 2 and u() < 0.15:
                w, h, class_id = w * 1.35, 3.2, 5
            self.ids += 1
            self.rows.append({"id": self.ids, "x": x, "z": z, "vx": vx, "vz": vz, "w": w, "h": h, "class": class_id})

    def step(self, dt: float) -> None:
        for o in self.rows:
            o["x"] += o["vx"] * dt
            o["z"] += o["vz"] * dt
        self.rows = [o for o in self.rows if 5 < o["z"] < 90 and abs(o["x"]) < 0.75 * o["z"] + 2]
        self.refill(anywhere=False)


def make_sequence(scene: Scene, seed: int, frames: int = 300, fps: float = 15.0) -> list[dict[str, Any]]:
    """Frames with `detections` and `truth` ([id, visible share, x1, y1, x2, y2])."""
    rng = np.random.default_rng(seed)
    traffic = Traffic(rng, scene.count)
    traffic.refill(anywhere=True)
    out = []
    for k in range(frames):
        dt = (1 + 0.2 * rng.uniform(-1, 1)) / fps
        traffic.step(dt)
        t_ns = (out[-1]["t_ns"] if out else 0) + round(dt * 1e9)
        shake = 4 * np.sin(2 * np.pi * 1.4 * t_ns / 1e9) + rng.normal(0, 0.7)
        sway = 25 * np.sin(2 * np.pi * 0.15 * t_ns / 1e9)
        out.append(observe(scene, rng, traffic.rows, t_ns, sway, shake, strip=k % 2 == 0))
    return out


def observe(
    scene: Scene,
    rng: np.random.Generator,
    rows: list[dict[str, float]],
    t_ns: int,
    sway: float,
    shake: float,
    strip: bool,
) -> dict[str, Any]:
    owner = np.zeros((HEIGHT // 2, WIDTH // 2), np.int32)
    near_last = sorted(rows, key=lambda o: -o["z"])
    boxes = {}
    for o in near_last:
        s = FOCAL / o["z"]
        u, foot = WIDTH / 2 + o["x"] * s + sway, scene.horizon_px + scene.camera_m * s + shake
        b = np.array([u - o["w"] * s / 2, foot - o["h"] * s, u + o["w"] * s / 2, foot])
        boxes[o["id"]] = b = np.clip(b, 0, [WIDTH, HEIGHT, WIDTH, HEIGHT])
        x1, y1, x2, y2 = (b / 2).round().astype(int)
        owner[y1:y2, x1:x2] = o["id"]
    truth, found = [], []
    for o in near_last:
        b = boxes[o["id"]]
        x1, y1, x2, y2 = (b / 2).round().astype(int)
        mine = owner[y1:y2, x1:x2] == o["id"]
        visible = float(mine.mean()) if mine.size else 0.0
        w, h = b[2:] - b[:2]
        if min(w, h) < 3:
            continue
        truth.append([int(o["id"]), visible if min(w, h) >= 8 else 0.0, *b.round(2).tolist()])
        size = float(np.sqrt(w * h))
        sure = (0.4 if size < 16 else 0.55 if size < 32 else 0.75) * min(1, 0.3 + visible)
        score = rng.normal(sure, 0.1)
        missed = rng.random() > (0.75 if size < 16 else 0.9 if size < 32 else 0.96)
        if visible < 0.3 or score < 0.1 or missed or (size < 24 and not strip):
            continue
        if visible < 0.7:
            ys, xs = np.nonzero(mine)
            b = 2.0 * np.array([x1 + xs.min(), y1 + ys.min(), x1 + xs.max() + 1, y1 + ys.max() + 1])
        b = b + rng.normal(0, max(0.7, 0.02 * size), 4)
        class_id = int(o["class"]) if rng.random() > 0.1 or o["class"] == 0 else 7 - int(o["class"])
        found.append([*b, min(score, 0.98), class_id])
        if rng.random() < 0.04 and o["class"] != 0:
            found.append([*(b + rng.normal(0, 0.04 * size, 4)), 0.8 * min(score, 0.98), 7 - class_id])
    for _ in range(rng.poisson(1.5)):
        c, s = rng.uniform([0, 250], [WIDTH, 550]), rng.uniform(10, 80, 2)
        found.append([*(c - s / 2), *(c + s / 2), rng.uniform(0.1, 0.5), 2])
    found = [d for d in found if d[2] > d[0] + 1 and d[3] > d[1] + 1]
    rng.shuffle(found)
    rounded = [[round(float(v), 3) for v in d[:5]] + [int(d[5])] for d in found]
    return {"t_ns": t_ns, "size": [WIDTH, HEIGHT], "detections": rounded, "truth": truth}


# Running a tracker, in a process of its own


def work(way: str) -> None:
    """Frames as JSON lines on stdin; on stdout, for each, {"tracks": [[id, x1, y1, x2, y2], ...], "ms": ...}."""
    update = kitt_update() if way == "kitt" else bytetrack_update(tuned=way == "bytetrack-tuned")
    for line in sys.stdin:
        frame = json.loads(line)
        tracks, ms = update(frame)
        print(json.dumps({"tracks": tracks, "ms": ms}))


def kitt_update() -> Any:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from kitt.eyes.tracker import Tracker
    from kitt.types import Detections

    tracker = Tracker()

    def update(frame: dict[str, Any]) -> tuple[list[list[float]], float]:
        d = np.array(frame["detections"], np.float32).reshape(-1, 6)
        detections = Detections(d[:, :4], d[:, 4], d[:, 5].astype(np.int64))
        start = time.perf_counter()
        tracks = tracker.update(detections, frame["t_ns"], tuple(frame["size"]))
        ms = (time.perf_counter() - start) * 1e3
        return [[int(i), *map(float, b)] for i, b in zip(tracks.id, tracks.xyxy, strict=True)], ms

    return update


def bytetrack_update(tuned: bool) -> Any:
    """As it comes, or with kitt's thresholds and buffer and the frames' own times."""
    import supervision as sv
    from trackers import ByteTrackTracker

    if tuned:
        tracker = ByteTrackTracker(
            lost_track_buffer=36, track_activation_threshold=0.3, high_conf_det_threshold=0.3, minimum_iou_threshold=0.2
        )
    else:
        tracker = ByteTrackTracker(frame_rate=15)

    def update(frame: dict[str, Any]) -> tuple[list[list[float]], float]:
        d = np.array(frame["detections"], np.float32).reshape(-1, 6)
        detections = sv.Detections(xyxy=d[:, :4], confidence=d[:, 4], class_id=d[:, 5].astype(int))
        start = time.perf_counter()
        out = tracker.update(detections, timestamp=frame["t_ns"] / 1e9 if tuned else None)
        ms = (time.perf_counter() - start) * 1e3
        rows = zip(out.tracker_id, out.xyxy, strict=True)
        return [[int(i), *map(float, b)] for i, b in rows if i >= 0], ms

    return update


def track(python: str, way: str, frames: list[dict[str, Any]]) -> tuple[list[list[list[float]]], float]:
    text = "\n".join(json.dumps({k: v for k, v in f.items() if k != "truth"}) for f in frames)
    done = subprocess.run([python, __file__, "--worker", way], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{way}: {done.stderr.strip().splitlines()[-1]}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [line["tracks"] for line in lines], statistics.median(line["ms"] for line in lines)


# Scores


def overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.maximum(high - low, 0).prod(axis=2)
    return inter / ((a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1) - inter)


def score(frames: list[dict[str, Any]], tracks: list[list[list[float]]]) -> Counter[str]:
    """Counts: objects, hits, misses, false, switches, and idtp, outputs for IDF1."""
    from scipy.optimize import linear_sum_assignment

    n: Counter[str] = Counter()
    last: dict[int, int] = {}
    together: Counter[tuple[int, int]] = Counter()
    for frame, out in zip(frames, tracks, strict=True):
        truth = np.array(frame["truth"]).reshape(-1, 6)
        rows = np.array(out).reshape(-1, 5)
        counts = truth[:, 1] >= 0.5
        near = overlap(truth[:, 2:], rows[:, 1:])
        stays = np.array([[last.get(int(t)) == int(i) for i in rows[:, 0]] for t in truth[:, 0]]).reshape(near.shape)
        # As CLEAR MOT does: a pair of the frame before stays while it overlaps; visible objects go before hidden ones.
        value = np.where(near >= 0.5, 10 * stays + 3 * counts[:, None] + near, -1e3)
        r, c = linear_sum_assignment(value, maximize=True)
        ok = near[r, c] >= 0.5
        r, c = r[ok], c[ok]
        for i, j in zip(r, c, strict=True):
            object_id, track_id = int(truth[i, 0]), int(rows[j, 0])
            if counts[i]:
                n["hits"] += 1
                n["switches"] += object_id in last and last[object_id] != track_id
                together[object_id, track_id] += 1
                last[object_id] = track_id
        n["objects"] += int(counts.sum())
        n["false"] += len(rows) - len(r)
        n["outputs"] += len(rows) - int((~counts[r]).sum())
    objects, ids = (sorted({pair[k] for pair in together}) for k in (0, 1))
    table = np.zeros((len(objects), len(ids)))
    for (o, i), times in together.items():
        table[objects.index(o), ids.index(i)] = times
    n["idtp"] = int(table[linear_sum_assignment(table, maximize=True)].sum())
    return n


def report_made_up(scene: Scene, pythons: dict[str, str], seeds: int, frames: int) -> None:
    total = {way: Counter[str]() for way in WAYS}
    ms: dict[str, list[float]] = {way: [] for way in WAYS}
    for seed in range(seeds):
        sequence = make_sequence(scene, seed, frames)
        for way in WAYS:
            tracks, each = track(pythons[way], way, sequence)
            total[way] += score(sequence, tracks)
            ms[way].append(each)
    visible = total["kitt"]["objects"] / seeds / frames
    print(f"{scene.name}: {seeds} sequences of {frames} frames, {visible:.0f} objects visible a frame")
    print(f"{'':16}{'switches':>9}{'MOTA %':>8}{'IDF1 %':>8}{'alive %':>9}{'false/frame':>12}{'ms':>7}")
    for way in WAYS:
        n = total[way]
        mota = 1 - (n["objects"] - n["hits"] + n["false"] + n["switches"]) / n["objects"]
        idf1 = 2 * n["idtp"] / (n["objects"] + n["outputs"])
        print(
            f"{way:16}{n['switches']:9d}{100 * mota:8.1f}{100 * idf1:8.1f}{100 * n['hits'] / n['objects']:9.1f}"
            f"{n['false'] / seeds / frames:12.2f}{statistics.median(ms[way]):7.2f}"
        )


def report_recorded(pythons: dict[str, str], path: Path) -> None:
    frames = [json.loads(line) for line in path.read_text().splitlines()]
    print(f"{path.name}: {len(frames)} frames, {sum(len(f['detections']) for f in frames)} detections; no truth")
    print(f"{'':16}{'ids':>6}{'ids < 5 frames':>16}{'median frames an id':>21}{'tracks a frame':>16}{'ms':>7}")
    for way in WAYS:
        tracks, ms = track(pythons[way], way, frames)
        lives = Counter(int(row[0]) for out in tracks for row in out)
        short = sum(n < 5 for n in lives.values())
        middle = statistics.median(lives.values()) if lives else 0
        print(f"{way:16}{len(lives):6d}{short:16d}{middle:21.0f}{lives.total() / len(frames):16.1f}{ms:7.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", help="a Python that has the `trackers` package")
    parser.add_argument("--detections", type=Path, help="JSON lines of recorded detections")
    parser.add_argument("--seeds", type=int, default=6, help="how many made-up sequences")
    parser.add_argument("--frames", type=int, default=300, help="frames of each")
    parser.add_argument("--worker", choices=WAYS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        work(args.worker)
        return
    with tempfile.TemporaryDirectory() as folder:
        other = args.python
        if not other:
            venv.create(folder, with_pip=True)
            other = str(Path(folder) / "bin" / "python")
            subprocess.run([other, "-m", "pip", "install", "--quiet", f"trackers=={VERSION}"], check=True)
        pythons = {way: sys.executable if way == "kitt" else other for way in WAYS}
        if args.detections:
            report_recorded(pythons, args.detections)
        else:
            for scene in SCENES:
                report_made_up(scene, pythons, args.seeds, args.frames)


if __name__ == "__main__":
    main()
