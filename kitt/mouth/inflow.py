"""The drive's own sound as one stream: chunks in, mono samples at the output's rate out, piece by piece.

Time is counted in samples since time zero, so pieces of any size join without a seam and without drift. Resampling is
SciPy's polyphase filter over a piece and what surrounds it; as its last taps reach ahead, resampled sound comes
`delay` samples late (about a millisecond).
"""

from __future__ import annotations

from math import gcd

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin, resample_poly

from kitt.types import F64

HALF_TAPS = 10
KAISER_BETA = 5.0
"""Filter as `scipy.signal.resample_poly` makes it by default; made once here."""
JITTER_S = 0.04
"""A chunk this near to the end of the last one continues it: stamps jitter, sound does not."""
LONGEST_S = 60.0
"""Sound that nobody pulls is kept this long."""
FULL_SCALE = 32768.0


def sample_at(t_ns: int, rate_hz: int) -> int:
    """Number of the sample nearest to a time, counted from time zero; exact for any time."""
    return (int(t_ns) * rate_hz + 500_000_000) // 1_000_000_000


def _lowpass(widest: int) -> F64:
    taps: F64 = firwin(2 * HALF_TAPS * widest + 1, 1.0 / widest, window=("kaiser", KAISER_BETA))
    return taps


class Inflow:
    """Sound of one rate. `late`: samples that came after their time had been pulled, or that nobody pulled."""

    def __init__(self, rate_hz: int, out_rate_hz: int) -> None:
        common = gcd(rate_hz, out_rate_hz)
        self.rate_hz = rate_hz
        self.late = 0
        self._up, self._down = out_rate_hz // common, rate_hz // common
        widest = max(self._up, self._down)
        self._reach = 0 if widest == 1 else -(-HALF_TAPS * widest // self._up) + 1
        """Samples in that the filter needs on either side of the one it makes."""
        self._taps = _lowpass(widest) if self._reach else np.ones(1)
        self.delay = -(-(self._reach + 1) * self._up // self._down) if self._reach else 0
        self._from = 0
        self._held: F64 = np.zeros(0)
        self._end: int | None = None
        """Where the last chunk ended; `_held` may end earlier, what is pulled is forgotten."""
        self._used: int | None = None
        """Samples before this one went into what was pulled."""

    def hear(self, t_ns: int, samples: NDArray[np.int16]) -> None:
        """Take int16 (n,) or (n, channels); the first sample was heard at `t_ns`. Holes are silence."""
        mono = (samples if samples.ndim == 1 else samples.mean(axis=1)).astype(np.float64) / FULL_SCALE
        at = sample_at(t_ns, self.rate_hz)
        if self._end is not None and abs(at - self._end) <= JITTER_S * self.rate_hz:
            at = self._end
        if self._used is not None and at < self._used:
            lost = min(self._used - at, len(mono))
            self.late += lost
            mono, at = mono[lost:], at + lost
        if len(mono):
            self._end = at + len(mono)
            self._hold(at, mono)

    def pull(self, first: int, last: int) -> F64:
        """Samples first <= i < last of the output, float64 in -1..1, silence where nothing was heard."""
        if last <= first:
            return np.zeros(0)
        first, last = first - self.delay, last - self.delay
        block = first // self._up - -(-self._reach // self._down)
        start, stop = block * self._down, (last - 1) * self._down // self._up + self._reach + 1
        piece = self._between(start, stop)
        if self._reach:
            piece = resample_poly(piece, self._up, self._down, window=self._taps)
        self._used = stop
        self._forget(start)
        return piece[first - block * self._up : last - block * self._up]

    def _hold(self, at: int, mono: F64) -> None:
        most = int(LONGEST_S * self.rate_hz)
        end = self._from + len(self._held)
        if not len(self._held) or abs(at - end) > most:
            # A clock that jumped must not become a silence of years.
            self.late += len(self._held)
            self._from, self._held = at, mono
        else:
            start, stop = min(self._from, at), max(end, at + len(mono))
            held = np.zeros(stop - start)
            held[self._from - start : end - start] = self._held
            held[at - start : at - start + len(mono)] = mono
            self._from, self._held = start, held
        if len(self._held) > most:
            self.late += len(self._held) - most
            self._forget(self._from + len(self._held) - most)

    def _between(self, start: int, stop: int) -> F64:
        piece = np.zeros(stop - start)
        low, high = max(start, self._from), min(stop, self._from + len(self._held))
        if low < high:
            piece[low - start : high - start] = self._held[low - self._from : high - self._from]
        return piece

    def _forget(self, before: int) -> None:
        if before > self._from:
            self._held = self._held[before - self._from :].copy()
            self._from = before
