"""Frames to detections: looks -> letterbox -> network -> decode -> one set of boxes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kitt.config import EyesConfig
from kitt.engine import loading
from kitt.engine.backend import Backend
from kitt.engine.networks import serving
from kitt.eyes.families import Family, free_size, identify, input_spec, probe
from kitt.eyes.letterbox import Letterbox
from kitt.eyes.looks import Calibration, Look, load_calibration, merge, plan, unmerged
from kitt.eyes.nms import nms, strongest_first
from kitt.types import Detections, Frame

FLOOR = 0.1
"""Candidates below this score are not even looked at; the tracker's second stage starts here."""
BUDGET_PX = {"efficientdet-lite0": 448 * 256}
"""Input pixels of the whole look of a model; DEFAULT_BUDGET_PX for all others."""
DEFAULT_BUDGET_PX = 576 * 320
CANDIDATES = 512
"""The strongest so many candidates of one look leave the network; NMS halves them again."""

BackendFactory = Callable[[Path, int], Backend]
Merge = Callable[[Detections, Detections, tuple[Look, Look], tuple[int, int], Calibration], Detections]
ModelStore = Callable[[str, int, int], Path]


@dataclass(frozen=True)
class _Network:
    path: Path
    backend: Backend
    family: Family


@dataclass(frozen=True)
class _Eye:
    """One look with the network that serves it."""

    look: Look
    network: _Network
    letterbox: Letterbox


class Detector:
    """Sees what is in a frame. Made for one frame size; adapts when that changes and counts it in `resized`.

    network_ns: time inside the bare network calls of the last `process`, by the `clock` handed in (0 without one);
    network_calls: how many these were.
    """

    def __init__(
        self,
        config: EyesConfig,
        frame_size: tuple[int, int],
        horizon_y_px: float,
        *,
        clock: Callable[[], int] | None = None,
        backend: BackendFactory = loading.load,
        store: ModelStore = serving,
        floor: float = FLOOR,
        merge: Merge = merge,
    ) -> None:
        """Load the networks. Raises KittError when the model cannot be had or has a layout kitt does not know."""
        self.config = config
        self.network_ns = 0
        self.network_calls = 0
        self.resized = 0
        self._clock = clock
        self._backend = backend
        self._store = store
        self._floor = floor
        self._merge = merge
        self._own = config.model.endswith(".onnx")
        self._loaded: dict[tuple[int, int] | None, _Network] = {}
        self._calibration = load_calibration(config.model)
        self._fit(frame_size, horizon_y_px)

    def process(self, frame: Frame) -> Detections:
        """What is in the frame, in its pixels and inside it, strongest first, with scores above the floor.

        Whether the strip is looked at depends on `frame.index` alone, so that a replay repeats itself.
        """
        looks = self.candidates(frame)
        if len(looks) == 1:
            seen = looks[0][1]
            return nms(seen) if len(self._eyes) == 1 else unmerged(seen, (self._eyes[0].look, self._eyes[1].look))
        (whole, seen), (strip, seen_far) = looks
        return self._merge(seen, seen_far, (whole, strip), frame.size, self._calibration)

    def candidates(self, frame: Frame) -> list[tuple[Look, Detections]]:
        """What each look that is due sees by itself, doubles and all; `process` makes one of them."""
        if frame.size != self._frame_size:
            self.resized += 1
            self._fit(frame.size, self.horizon_y_px * frame.size[1] / self._frame_size[1])
        self.network_ns = self.network_calls = 0
        return [(eye.look, self._see(eye, frame)) for eye in self._eyes if frame.index % eye.look.every == 0]

    def aim(self, horizon_y_px: float, frame_size: tuple[int, int] | None = None) -> None:
        """Point the strip at a better known horizon; where the size stays, it costs nothing, between any two frames."""
        size = self._frame_size if frame_size is None else frame_size
        if (horizon_y_px, size) != (self.horizon_y_px, self._frame_size):
            self._fit(size, horizon_y_px)

    def describe(self) -> dict[str, Any]:
        """What runs: for reports."""
        first = self._eyes[0]
        return {
            "model": self.config.model,
            "family": first.network.family.name,
            "backend": first.network.backend.name,
            "threads": self.config.threads,
            "cautions": self.cautions(),
            "accuracy": loading.accuracy_of(first.network.path),
            "floor": self._floor,
            "strip_calibration": [self._calibration.a, self._calibration.b],
            "looks": [
                {
                    "name": eye.look.name,
                    "region": [eye.look.region.x, eye.look.region.y, eye.look.region.width, eye.look.region.height],
                    "input": [eye.letterbox.spec.width, eye.letterbox.spec.height],
                    "every": eye.look.every,
                    "sha256": hashlib.sha256(eye.network.path.read_bytes()).hexdigest(),
                }
                for eye in self._eyes
            ],
        }

    def cautions(self) -> list[str]:
        """What whoever relies on this detector must know of its networks, a line each."""
        running = {eye.network.path: eye.network.backend.name for eye in self._eyes}
        return [line for path, name in running.items() for line in loading.cautions(path, name)]

    def _fit(self, frame_size: tuple[int, int], horizon_y_px: float) -> None:
        self._frame_size, self.horizon_y_px = frame_size, horizon_y_px
        strip_every, multiple = self.config.strip_every, 64
        budget = BUDGET_PX.get(self.config.model, DEFAULT_BUDGET_PX)
        if self._own:
            network = self._network(None)
            multiple = network.family.multiple
            if not free_size(network.backend.io_specs()[0], network.path.name):
                strip_every = 0  # a network of one fixed size cannot show a strip at full resolution
        self._eyes = [self._eye(look) for look in plan(frame_size, horizon_y_px, budget, strip_every, multiple)]

    def _eye(self, look: Look) -> _Eye:
        network = self._network(None if self._own else look.input_size)
        spec = input_spec(network.backend.io_specs()[0], network.family, network.path.name, look.input_size)
        return _Eye(look, network, Letterbox(look.region, spec))

    def _network(self, size: tuple[int, int] | None) -> _Network:
        """The network for an input of `size`, loaded once; a user's own file (None) serves every size that it can."""
        if size not in self._loaded:
            path = Path(self.config.model) if size is None else self._store(self.config.model, *size)
            backend = self._backend(path, self.config.threads)
            self._loaded[size] = _Network(path, backend, identify(*probe(backend, path.name), path.name))
        return self._loaded[size]

    def _see(self, eye: _Eye, frame: Frame) -> Detections:
        spec = eye.letterbox.spec
        inputs = {spec.name: eye.letterbox.fill(frame.image)}
        start = self._clock() if self._clock else 0
        outputs = eye.network.backend.infer(inputs)
        self.network_ns += self._clock() - start if self._clock else 0
        self.network_calls += 1
        found = eye.network.family.decode(outputs, self._floor, (spec.width, spec.height))
        found = found[strongest_first(found.score, CANDIDATES)]
        width, height = frame.size
        xyxy = np.clip(eye.letterbox.to_picture(found.xyxy), 0, np.array([width, height] * 2, np.float32))
        solid = (xyxy[:, 2] - xyxy[:, 0] >= 1) & (xyxy[:, 3] - xyxy[:, 1] >= 1)
        return Detections(xyxy, found.score, found.class_id)[solid]
