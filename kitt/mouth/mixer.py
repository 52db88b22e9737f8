"""What is heard: kitt's sentences over the drive's own sound, each at its time.

The queue (kitt/mouth/queue.py) decides what begins and what is cut off; here it becomes samples. Under speech the
drive's sound steps back. Everything follows from what `play`, `stop` and `hear` were given, so `pull` gives the same
samples in pieces of any size, as long as it is never ahead of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, resample_poly

from kitt.mouth.inflow import FULL_SCALE, Inflow, sample_at
from kitt.types import F64, Utterance


@dataclass(frozen=True)
class MixSettings:
    """Levels relative to full scale, times in seconds.

    speech_peak: loudest sample of a sentence of level 1; duck_db, duck_s: how far, and with which time constant, the
    drive's sound steps back; fade_s: end of a sentence that is cut off; knee: while kitt speaks, the sum is bent softly
    towards full scale above it.
    """

    speech_peak: float = 0.7
    duck_db: float = 12.0
    duck_s: float = 0.04
    fade_s: float = 0.02
    knee: float = 0.8


@dataclass(frozen=True, eq=False)
class _Placed:
    """samples float64 (n,) at the output's rate, the first of them at output sample `start`."""

    samples: F64
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.samples)


class SpeechTrack:
    """The mixed sound of a drive, int16 mono at `rate_hz`, pulled piece by piece in order of time.

    `late_samples`: of the drive's sound, that came after their time. `begun`: sentences whose first sample was pulled.
    """

    def __init__(self, rate_hz: int, settings: MixSettings | None = None) -> None:
        self.rate_hz = rate_hz
        self.late_samples = self.begun = 0
        self._set = settings or MixSettings()
        self._inflow: Inflow | None = None
        self._placed: list[_Placed] = []
        self._pulled: int | None = None
        decay = float(np.exp(-1.0 / (self._set.duck_s * rate_hz)))
        self._smooth = (np.array([1.0 - decay]), np.array([1.0, -decay]))
        self._duck_state = np.zeros(1)

    @property
    def speaking(self) -> bool:
        """Something is left to be heard beyond what was pulled."""
        return any(self._pulled is None or s.end > self._pulled for s in self._placed)

    def play(self, t_ns: int, utterance: Utterance, level: float = 1.0) -> None:
        """Speak from `t_ns` on; where that was pulled already, from what comes next."""
        self._placed.append(_Placed(level * self._fit(utterance), self._next(t_ns)))

    def stop(self, t_ns: int) -> None:
        """Whatever is being said then fades out; what would begin later does not."""
        at = self._next(t_ns)
        fade = int(self._set.fade_s * self.rate_hz)
        kept = []
        for s in self._placed:
            if s.start >= at:
                continue
            samples = s.samples[: at - s.start + fade].copy()
            begin = min(at - s.start, len(samples))
            samples[begin:] *= np.linspace(1.0, 0.0, fade)[: len(samples) - begin]
            kept.append(replace(s, samples=samples))
        self._placed = kept

    def hear(self, t_ns: int, rate_hz: int, samples: NDArray[np.int16]) -> None:
        """Sound of the drive, int16 (n,) or (n, channels), its first sample at `t_ns`."""
        if self._inflow is None or self._inflow.rate_hz != rate_hz:
            self._inflow = Inflow(rate_hz, self.rate_hz)
        before = self._inflow.late
        self._inflow.hear(t_ns, samples)
        self.late_samples += self._inflow.late - before

    def pull(self, t0_ns: int, t1_ns: int) -> NDArray[np.int16]:
        """The sound of t0 <= t < t1, int16 (n,); pieces that touch in time touch in samples."""
        first, last = sample_at(t0_ns, self.rate_hz), sample_at(t1_ns, self.rate_hz)
        if last <= first:
            return np.zeros(0, np.int16)
        speech, spoken = np.zeros(last - first), np.zeros(last - first)
        for s in self._placed:
            self.begun += first <= s.start < last
            low, high = max(s.start, first), min(s.end, last)
            if low < high:
                speech[low - first : high - first] += s.samples[low - s.start : high - s.start]
                spoken[low - first : high - first] = 1.0
        self._placed = [s for s in self._placed if s.end > last]
        self._pulled = last
        duck, self._duck_state = lfilter(*self._smooth, spoken, zi=self._duck_state)
        if self._inflow is not None:
            sound = self._inflow.pull(first, last)
            speech += sound * 10.0 ** (-self._set.duck_db / 20.0 * duck)
        mixed = np.where(spoken > 0, self._soft(speech), speech)
        out: NDArray[np.int16] = np.clip(np.rint(mixed * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
        return out

    def _next(self, t_ns: int) -> int:
        at = sample_at(t_ns, self.rate_hz)
        return at if self._pulled is None else max(at, self._pulled)

    def _fit(self, utterance: Utterance) -> F64:
        common = gcd(self.rate_hz, utterance.rate_hz)
        samples = utterance.samples.astype(np.float64)
        fitted: F64 = resample_poly(samples, self.rate_hz // common, utterance.rate_hz // common)
        peak = float(np.abs(fitted).max(initial=0.0))
        return fitted * (self._set.speech_peak / peak) if peak else fitted

    def _soft(self, x: F64) -> F64:
        knee = self._set.knee
        over = np.maximum(np.abs(x) - knee, 0.0) / (1.0 - knee)
        bent: F64 = np.sign(x) * (np.minimum(np.abs(x), knee) + (1.0 - knee) * np.tanh(over))
        return bent
