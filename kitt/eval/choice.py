"""Which runtime runs an engine: of those that see the same as ONNX Runtime, the one that is fastest here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kitt.engine import backend
from kitt.engine.backend import Backend
from kitt.errors import KittError
from kitt.eval.parity import parity
from kitt.types import U8

REFERENCE = "onnxruntime"
"""What others are held against: on uint8 files its sums are exact."""
OTHERS = {"u8": ("openvino",), "s8": ("tensorrt",)}
"""What else may run a file, by its encoding."""
RUNS = 21
CLEARLY = 0.95
"""A runtime must take less than this share of the reference's time to be chosen over it: times wander."""

Watch = Callable[[Iterable[Any], int], Iterable[Any]]


@dataclass(frozen=True)
class Choice:
    """backend: the one chosen; times_ms: median of one call, of each that was timed; refused: why others were not."""

    backend: str
    times_ms: dict[str, float]
    refused: dict[str, str]


def choose(
    engine: Path, encoding: str, float_network: Path, pictures: Sequence[U8], threads: int, watch: Watch
) -> Choice:
    """Compare all runtimes on `engine`, and time them and the float network in turns, on `threads` threads each.

    Raises KittError when the engine cannot be run at all.
    """
    reference = backend.load(engine, threads, REFERENCE)
    running: dict[str, Backend] = {REFERENCE: reference}
    refused = {}
    for name in OTHERS[encoding]:
        try:
            other = backend.load(engine, threads, name)
            if not pictures:
                raise KittError("no pictures to compare it on: give --eval, or make the sample drive: kitt sample")
            same = parity(reference, other, watch(pictures, len(pictures)))
        except KittError as e:
            refused[name] = str(e)
            continue
        if same.passes():
            running[name] = other
        else:
            refused[name] = f"sees something else: {same}"
    timed = {**running, f"{REFERENCE} float": backend.load(float_network, threads, REFERENCE)}
    times = _medians(timed, pictures)
    best = min(running, key=lambda name: times[name])
    if times[best] > CLEARLY * times[REFERENCE]:
        best = REFERENCE
    return Choice(best, times, refused)


def _medians(running: dict[str, Backend], pictures: Sequence[U8]) -> dict[str, float]:
    """Milliseconds of one call each, taken in turns so that a busy machine slows all alike."""
    random = np.random.default_rng(0)
    spent: dict[str, list[float]] = {name: [] for name in running}
    feeds = {}
    for name, one in running.items():
        (spec,), _ = one.io_specs()
        feeds[name] = {spec.name: random.integers(0, 256, spec.shape).astype(spec.dtype)}
    for turn in range(RUNS + 1):
        for name, one in running.items():
            begun = time.perf_counter()
            one.infer(feeds[name])
            if turn:
                spent[name].append((time.perf_counter() - begun) * 1e3)
    return {name: round(float(np.median(took)), 2) for name, took in spent.items()}
