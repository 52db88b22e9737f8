"""Sound of any rate to 16 kHz, piece by piece: a polyphase filter that keeps its state.

A windowed sinc (Kaiser, beta 7: 70 dB), 20 zero crossings to each side. How the sound is cut into pieces changes no
bit of the result: every output is the same sum in the same order.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from kitt.errors import KittError
from kitt.types import F32, I64

RATE_HZ = 16_000
"""What the ears hear."""
LOWEST_HZ, HIGHEST_HZ = 1_000, 768_000

_ZERO_CROSSINGS = 20
_BETA = 7.0
_PASS = 0.92
"""The filter is half open at this share of the lower band limit, and closed just above that limit."""
_MOST_PHASES = 10_000
"""Exact for every usual rate; an odd one (44,099 Hz) comes out 50 millionths off at most, as a crystal may be."""
_AT_ONCE = 2048
"""Outputs worked out together: 1 MB."""


class Resampler:
    """One channel of sound at `rate_hz` to 16 kHz. Output k belongs to the moment k / 16,000 s after the first input.

    The last milliseconds are held back until what follows them is known, or `finish` says that nothing does.
    """

    def __init__(self, rate_hz: int) -> None:
        """Raises KittError for a rate that is none."""
        if not LOWEST_HZ <= rate_hz <= HIGHEST_HZ:
            raise KittError(f"a sample rate of {rate_hz} Hz is outside {LOWEST_HZ} to {HIGHEST_HZ} Hz: wrong unit?")
        self.rate_hz = rate_hz
        ratio = Fraction(RATE_HZ, rate_hz).limit_denominator(_MOST_PHASES)
        self._up, self._down = ratio.numerator, ratio.denominator
        self._taps, self._half = _phases(self._up, self._down)
        self.period_ns = 1e9 * self._down / (self._up * rate_hz)
        self._held_from = 1 - self._taps.shape[1]
        self._held = np.zeros(-self._held_from, np.float32)
        self._taken = 0
        self._given = 0

    def push(self, samples: F32) -> F32:
        """float32 (n,) at rate_hz -> float32 (m,) at 16 kHz, all that is certain by now."""
        if self._up == self._down:
            self._taken += len(samples)
            self._given = self._taken
            return samples
        self._held = np.concatenate([self._held, samples])
        self._taken += len(samples)
        # output k needs the inputs up to (k * down + half) / up
        return self._give(-((self._half - self._taken * self._up) // self._down))

    def finish(self) -> F32:
        """What was held back, as if silence followed. The resampler is spent."""
        if self._up == self._down:
            return np.zeros(0, np.float32)
        total = -(-self._taken * self._up // self._down)
        lacking = ((total - 1) * self._down + self._half) // self._up + 1 - self._taken
        self._held = np.concatenate([self._held, np.zeros(max(0, lacking), np.float32)])
        return self._give(total)

    def _give(self, until: int) -> F32:
        if until <= self._given:
            return np.zeros(0, np.float32)
        out = np.empty(until - self._given, np.float32)
        windows = sliding_window_view(self._held, self._taps.shape[1])
        for at in range(0, len(out), _AT_ONCE):
            last, phase = self._due(np.arange(self._given + at, min(self._given + at + _AT_ONCE, until)))
            begin = last - self._taps.shape[1] + 1 - self._held_from
            # row by row: the same sum in the same order, however many rows there are
            out[at : at + _AT_ONCE] = np.einsum("ij,ij->i", windows[begin], self._taps[phase])
        self._given = until
        first = int(self._due(np.array(until))[0]) - self._taps.shape[1] + 1
        self._held = self._held[first - self._held_from :]
        self._held_from = first
        return out

    def _due(self, outputs: I64) -> tuple[I64, I64]:
        """The last input that each output needs, and the phase of the filter there."""
        last, phase = np.divmod(outputs * self._down + self._half, self._up)
        return np.asarray(last), np.asarray(phase)


@lru_cache(maxsize=8)
def _phases(up: int, down: int) -> tuple[F32, int]:
    """The filter for each of `up` places of an output between two inputs, float32 (up, inputs), and how far it reaches
    to either side, in steps of 1 / `up` of an input.
    """
    widest = max(up, down)
    half = _ZERO_CROSSINGS * widest
    sinc = np.sinc(_PASS / widest * np.arange(-half, half + 1)) * np.kaiser(2 * half + 1, _BETA)
    taps = sinc * (up / sinc.sum())
    inputs = -(-len(taps) // up)
    padded = np.append(taps, np.zeros(inputs * up - len(taps))).astype(np.float32)
    return np.ascontiguousarray(padded.reshape(inputs, up)[::-1].T), half
