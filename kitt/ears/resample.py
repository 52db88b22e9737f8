"""Sound of any rate to 16 kHz, piece by piece: a polyphase filter that keeps its state.

A windowed sinc (Kaiser, beta 7: 70 dB), 20 zero crossings to each side. How the sound is cut into pieces changes no
bit of the result: every output is the same sum in the same order.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
from scipy.signal import firwin, upfirdn

from kitt.errors import KittError
from kitt.types import F32

RATE_HZ = 16_000
"""What the ears hear."""
LOWEST_HZ, HIGHEST_HZ = 1_000, 768_000

_ZERO_CROSSINGS = 20
_BETA = 7.0
_PASS = 0.92
"""The filter is half open at this share of the lower band limit, and closed just above that limit."""
_MOST_PHASES = 10_000
"""Exact for every usual rate; an odd one (44,099 Hz) comes out 50 millionths off at most, as a crystal may be."""


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
        self._taps = _low_pass(self._up, self._down)
        self._half = len(self._taps) // 2
        self.period_ns = 1e9 * self._down / (self._up * rate_hz)
        self._held = np.zeros(0, np.float32)
        self._held_from = 0
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
        count = until - self._given
        if count <= 0:
            return np.zeros(0, np.float32)
        # upfirdn starts at its first input; zeros before the filter put an output exactly where one is due
        start = self._given * self._down + self._half - self._held_from * self._up
        skip = -(-start // self._down)
        taps = np.concatenate([np.zeros(skip * self._down - start, np.float32), self._taps])
        out: F32 = upfirdn(taps, self._held, self._up, self._down)[skip : skip + count]
        self._given = until
        first = max(0, -((self._half - self._given * self._down) // self._up))
        self._held = self._held[first - self._held_from :]
        self._held_from = first
        return out


@lru_cache(maxsize=8)
def _low_pass(up: int, down: int) -> F32:
    """The filter, an odd number of taps at `up` times the input's rate."""
    widest = max(up, down)
    taps = firwin(2 * _ZERO_CROSSINGS * widest + 1, _PASS / widest, window=("kaiser", _BETA)) * up
    return np.asarray(taps, np.float32)
