"""Steady noise taken out of an utterance before the encoder hears it: spectral subtraction.

Boll, "Suppression of acoustic noise in speech using spectral subtraction" (1979); the noise in each band is the
level that the band stays below a fifth of the time, after Martin's minimum statistics (2001). What it does for
commands in a car's noise stands in docs/speech.md.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter

from kitt.types import F32

WINDOW, HOP = 512, 128
"""32 ms every 8 ms at 16 kHz."""
QUIETEST_PERCENT = 20
SMOOTH_FRAMES = 9
OVER = 1.5
"""Noise power that is subtracted, of what was found."""
FLOOR = 0.1
"""Least gain: a band is turned down by 20 dB at most, so that no tone of its own is left (musical noise)."""

_HANN = np.hanning(WINDOW + 1)[:-1].astype(np.float32)


def denoise(samples: F32) -> F32:
    """float32 (n,) -> float32 (n,) with its steady noise turned down. Shorter than a window, it stays as it is."""
    if len(samples) < WINDOW:
        return samples
    padded = np.pad(samples, (WINDOW, WINDOW + (-len(samples)) % HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    spectrum = np.fft.rfft(frames * _HANN)
    power = np.abs(spectrum) ** 2
    noise = np.percentile(uniform_filter(power, (SMOOTH_FRAMES, 1)), QUIETEST_PERCENT, axis=0)
    gain = np.sqrt(np.maximum(1 - OVER * noise / np.maximum(power, 1e-12), FLOOR**2))
    pieces = np.fft.irfft(spectrum * uniform_filter(gain, 3)) * _HANN
    out = np.zeros(len(padded))
    # windows overlap four times; a hop's worth of each is added where it belongs
    for part in range(WINDOW // HOP):
        rows = pieces[:, part * HOP : (part + 1) * HOP].ravel()
        out[part * HOP : part * HOP + len(rows)] += rows
    # four squared Hann windows side by side sum to 1.5
    return np.asarray(out[WINDOW : WINDOW + len(samples)] / 1.5, np.float32)
