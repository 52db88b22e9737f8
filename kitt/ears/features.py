"""Log-mel energies of sound, for the streaming acoustic model.

40 triangular filters, equally wide on the mel scale (O'Shaughnessy 1987), from 60 to 7600 Hz, over 25 ms windows
(Hann) every 10 ms, as natural logarithms of power; three neighbouring frames make one step of 30 ms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kitt.ears.resample import RATE_HZ
from kitt.types import F32

WINDOW, HOP, FFT = 400, 160, 512
MELS, LOW_HZ, HIGH_HZ = 40, 60.0, 7600.0
STACK = 3
STEP = HOP * STACK
"""Samples a step of the model takes."""
FLOOR = 1e-8


def _filters() -> F32:
    """float32 (FFT/2+1, MELS)."""

    def mel(hz: NDArray[np.float64] | float) -> NDArray[np.float64]:
        return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hz) / 700.0))

    edges = np.linspace(float(mel(LOW_HZ)), float(mel(HIGH_HZ)), MELS + 2)
    at = mel(np.arange(FFT // 2 + 1) * RATE_HZ / FFT)[:, None]
    rise = (at - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - at) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0.0, np.minimum(rise, fall)), np.float32)


_FILTERS = _filters()
_HANN = np.hanning(WINDOW + 1)[:-1].astype(np.float32)


def log_mel(samples: F32) -> F32:
    """Log-mel frames of sound: float32 (n,) within -1..1 -> float32 ((n - WINDOW) // HOP + 1, MELS)."""
    if len(samples) < WINDOW:
        return np.zeros((0, MELS), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP] * _HANN
    power = np.abs(np.fft.rfft(frames, FFT)).astype(np.float32) ** 2
    return np.asarray(np.log(power @ _FILTERS + FLOOR), np.float32)


def stack(frames: F32) -> F32:
    """Whole steps of STACK frames side by side: float32 (T, MELS) -> float32 (T // STACK, MELS * STACK)."""
    steps = len(frames) // STACK
    return frames[: steps * STACK].reshape(steps, MELS * STACK)
