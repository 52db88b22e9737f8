"""All that only a GPU can tell, in one table: `python tools/gpu_check.py [MODEL...] [--pictures P...] [--eval JSON]`.

For each network: builds INT8, FP16 and FP32 with the TensorRT that is here; times whole calls back to back, and at 30 a
second with the GPU idle in between; times the network alone by the GPU's own events, so that the rest of a call shows;
holds what each sees against ONNX Runtime on the CPU with the same file; and, given a labelled set, measures mAP.

MODEL is a published detector's name, or an ONNX file (X.s8.onnx is built as INT8, any other as FP16 and FP32). The
table is Markdown, for docs/results.md. Without a GPU it says in one line why it cannot, and exits with 2.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from kitt.config import EyesConfig
from kitt.engine import backend
from kitt.engine.backend import Backend
from kitt.engine.manifest import Manifest
from kitt.engine.models import DETECTORS, find_detector
from kitt.engine.networks import FLOAT, S8, ensure
from kitt.engine.trt import library
from kitt.engine.trt.runtime import TrtBackend
from kitt.errors import KittError
from kitt.eval import coco
from kitt.eval.datasets import DataSet, read_coco
from kitt.eval.parity import parity, same_outputs
from kitt.eval.pictures import Pictures
from kitt.eyes.detector import Detector
from kitt.places import shipped
from kitt.types import U8, Frame

HOST_SHARE = 0.15
"""Of a whole call, at most, outside the network itself."""
STEADY = 1.5
"""p99 over p50 at 30 frames/s, at most."""
FRAMES_PER_S = 30.0
WARM_UP = 50
PRECISIONS = {"int8": S8, "fp16": FLOAT, "fp32": FLOAT}
CLOSE = {"int8": 0.05, "fp16": 0.05, "fp32": 1e-3}
"""Largest difference allowed to the outputs of a network that is no detector."""


@dataclass(frozen=True)
class Network:
    """One thing to build: `onnx` gives its file, made if need be; detector: a published one's name, else ""."""

    name: str
    precision: str
    onnx: Callable[[], Path]
    detector: str = ""


@dataclass(frozen=True)
class Quantiles:
    """Milliseconds of a call that half, 99 % and 99.9 % of the calls stay below."""

    p50: float
    p99: float
    p999: float

    @staticmethod
    def of(times_ms: Sequence[float]) -> Quantiles:
        return Quantiles(*(round(float(q), 3) for q in np.percentile(times_ms, (50, 99, 99.9))))

    def __str__(self) -> str:
        return f"{self.p50:.2f} / {self.p99:.2f} / {self.p999:.2f}"


@dataclass
class Row:
    """What one network did; `fault` is why it did nothing. agreement: with ONNX Runtime, for people; mean_ap: 0..1."""

    name: str
    precision: str
    fault: str = ""
    backend: str = ""
    build_s: float = 0.0
    plan_mb: float = 0.0
    busy: Quantiles | None = None
    paced: Quantiles | None = None
    engine_ms: float = 0.0
    agreement: str = ""
    mean_ap: float | None = None
    cpu_mean_ap: float | None = None
    misses: list[str] = field(default_factory=list)

    @property
    def host_share(self) -> float:
        """Of a whole call back to back, what is not the network on the GPU."""
        return max(0.0, 1 - self.engine_ms / self.busy.p50) if self.busy and self.busy.p50 else float("nan")


def networks_of(models: Sequence[str], size: tuple[int, int] | None) -> list[Network]:
    """What to build for the models named. Raises KittError for an unknown one."""
    found = []
    for model in models:
        if model.endswith(".onnx"):
            precisions = ("int8",) if model.endswith(".s8.onnx") else ("fp16", "fp32")
            found += [Network(Path(model).name, p, lambda model=model: Path(model)) for p in precisions]
            continue
        width, height = size or find_detector(model).built_sizes[0]
        for precision, encoding in PRECISIONS.items():
            found.append(
                Network(
                    f"{model} {width}x{height}",
                    precision,
                    lambda m=model, w=width, h=height, e=encoding: ensure(m, w, h, e),
                    model,
                )
            )
    return found


def measure(network: Network, options: argparse.Namespace, pictures: list[U8], data: DataSet | None) -> Row:
    """One row of the table; what cannot be built is a row that says why."""
    row = Row(network.name, network.precision)
    running: TrtBackend | None = None
    try:
        onnx = network.onnx()
        running = TrtBackend.open(onnx, network.precision, _say, force=options.rebuild)
        row.backend = running.name
        manifest = Manifest.read(running.plan)
        row.build_s, row.plan_mb = manifest.build_s, round(running.plan.stat().st_size / 1e6, 2)
        feed = _feed(running)
        row.busy = Quantiles.of(_back_to_back(running, feed, options.runs))
        row.engine_ms = round(float(np.median(running.engine_ms(options.runs))), 3)
        row.paced = Quantiles.of(_paced(running, feed, options.seconds))
        row.agreement = _agreement(network, onnx, running, pictures)
        if data is not None and network.detector:
            row.mean_ap = _mean_ap(network, data, lambda path, threads: _open(path, network.precision))
            row.cpu_mean_ap = _mean_ap(network, data, lambda path, threads: backend.load(path, options.threads))
    except KittError as e:
        row.fault = str(e)
    finally:
        if running is not None:
            running.end()
    row.misses = _misses(row)
    return row


def _open(path: Path, precision: str) -> Backend:
    return TrtBackend.open(path, precision, _say)


def _feed(network: Backend) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    inputs, _ = network.io_specs()
    feed = {}
    for spec in inputs:
        whole = np.issubdtype(spec.dtype, np.integer)
        values = random.integers(0, 256, spec.shape) if whole else random.normal(size=spec.shape)
        feed[spec.name] = values.astype(spec.dtype)
    return feed


def _back_to_back(network: Backend, feed: dict[str, np.ndarray], runs: int) -> list[float]:
    for _ in range(min(WARM_UP, runs)):
        network.infer(feed)
    return [_call_ms(network, feed) for _ in range(runs)]


def _paced(network: Backend, feed: dict[str, np.ndarray], seconds: float) -> list[float]:
    """As a camera asks: the GPU idles, and lowers its clocks, between two frames."""
    times, begun = [], time.perf_counter()
    for frame in range(max(2, round(seconds * FRAMES_PER_S))):
        time.sleep(max(0.0, begun + frame / FRAMES_PER_S - time.perf_counter()))
        times.append(_call_ms(network, feed))
    return times


def _call_ms(network: Backend, feed: dict[str, np.ndarray]) -> float:
    begun = time.perf_counter()
    network.infer(feed)
    return (time.perf_counter() - begun) * 1e3


def _agreement(network: Network, onnx: Path, running: TrtBackend, pictures: list[U8]) -> str:
    """The same file in ONNX Runtime on the CPU: the same detections, or outputs, of the same pictures."""
    reference = backend.load(onnx, 1)
    if network.detector:
        return str(parity(reference, running, pictures)) if pictures else "no pictures given"
    feeds = [_feed(running)] * 2
    return str(same_outputs(reference, running, feeds, CLOSE[network.precision]))


def _mean_ap(network: Network, data: DataSet, load: Callable[[Path, int], Backend]) -> float:
    """COCO's AP of the eyes' two looks, with every network run by `load`."""
    opened: list[Backend] = []

    def kept(path: Path, threads: int) -> Backend:
        opened.append(load(path, threads))
        return opened[-1]

    encoding = PRECISIONS[network.precision]
    config = EyesConfig(model=network.detector)
    eyes: Detector | None = None
    found = []
    try:
        for i, sample in enumerate(data.samples):
            frame = Frame(0, i, sample.load())
            horizon = frame.size[1] / 2 if sample.horizon_y_px is None else sample.horizon_y_px
            if eyes is None:
                eyes = Detector(
                    config,
                    frame.size,
                    horizon,
                    backend=kept,
                    floor=0.02,
                    store=lambda m, w, h: ensure(m, w, h, encoding),
                )
            eyes.aim(horizon, frame.size)
            found.append(eyes.process(frame))
    finally:
        for one in opened:
            if isinstance(one, TrtBackend):
                one.end()
    return float(coco.average_precision(data, found)["AP"])


def _misses(row: Row) -> list[str]:
    """What of the aims this network does not reach."""
    if row.fault or row.busy is None or row.paced is None:
        return []
    misses = []
    if row.host_share > HOST_SHARE:
        misses.append(f"{row.host_share:.0%} of a call is not the network (at most {HOST_SHARE:.0%})")
    if row.paced.p99 > STEADY * row.paced.p50:
        misses.append(f"p99 is {row.paced.p99 / row.paced.p50:.1f} x p50 at 30 frames/s (at most {STEADY})")
    return misses


HEAD = (
    *("network", "precision", "build s", "plan MB", "call ms p50 / p99 / p99.9", "at 30/s, idle between"),
    *("network alone ms", "around it", "against ONNX Runtime", "mAP (CPU)"),
)


def table(rows: Iterable[Row]) -> str:
    """Markdown, a line a network; one that could not run says why in its line."""
    lines = [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    for row in rows:
        if row.fault:
            cells = [row.name, row.precision, row.fault, *[""] * (len(HEAD) - 3)]
        else:
            ap = "" if row.mean_ap is None else f"{row.mean_ap:.3f} ({row.cpu_mean_ap:.3f})"
            cells = [
                *(row.name, row.precision, f"{row.build_s:.0f}", f"{row.plan_mb:.1f}", str(row.busy), str(row.paced)),
                *(f"{row.engine_ms:.2f}", f"{row.host_share:.0%}", row.agreement, ap),
            ]
        lines.append(f"| {' | '.join(c.replace('|', '/') for c in cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all was measured and all aims reached, 1 when not, 2 when nothing can be measured here."""
    options = _options(arguments)
    try:
        found = library.find()
        data = read_coco(options.eval, options.images or options.eval.parent) if options.eval else None
        shots = islice(Pictures(options.pictures), options.most) if options.pictures else ()
        pictures = [s.image for s in shots if s.image is not None]
        wanted = networks_of(options.models, options.size)
    except KittError as e:
        print(f"gpu_check: {e}", file=sys.stderr)
        return 2
    rows = [measure(network, options, pictures, data) for network in wanted]
    print(f"{found.name}; {next((r.backend for r in rows if r.backend), 'nothing ran')}\n\n{table(rows)}")
    for row in rows:
        for miss in row.misses:
            print(f"missed: {row.name} {row.precision}: {miss}")
    if options.json:
        values = [{**asdict(r), "host_share": r.host_share} for r in rows]
        options.json.write_text(json.dumps({"library": found.name, "rows": values}, indent=1) + "\n", encoding="utf-8")
    return 1 if any(r.fault or r.misses for r in rows) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    usual = [*(d.model.name for d in DETECTORS), str(shipped() / "ears-first.onnx")]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=usual, help="names of detectors, or ONNX files (all we have)")
    parser.add_argument("--size", type=_size, help="WxH of the detectors' input (that of their whole look)")
    parser.add_argument("--pictures", type=Path, nargs="+", help="pictures, folders or recordings to compare on")
    parser.add_argument("--most", type=int, default=200, help="at most so many pictures (200)")
    parser.add_argument("--eval", type=Path, help="COCO instances file, to measure mAP on")
    parser.add_argument("--images", type=Path, help="folder of its pictures (that of the file)")
    parser.add_argument("--runs", type=int, default=2000, help="calls back to back (2000)")
    parser.add_argument("--seconds", type=float, default=40.0, help="of calls at 30 a second (40)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of ONNX Runtime (1)")
    parser.add_argument("--rebuild", action="store_true", help="build plans that are there already, too")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    return parser.parse_args(arguments)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def _say(line: str) -> None:
    print(f"gpu_check: {line}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
