"""What is heard: kitt's sentences over the drive's own sound, each at its time, one at a time.

A more urgent sentence cuts a lesser one off; an equal or lesser one waits its turn and is dropped when stale. Under
speech the drive's sound steps back. Everything follows from what `say` and `hear` were given, so `pull` gives the same
samples in pieces of any size, as long as it is never ahead of them.
"""

from __future__ import annotations

from collections import Counter
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

    speech_peak: loudest sample of each sentence; duck_db, duck_s: how far, and with which time constant, the drive's
    sound steps back; fade_s: end of a sentence that is cut off; pause_s: between two sentences; stale_s: a sentence
    that cannot begin within this time is not said; knee: while kitt speaks, the sum is bent softly towards full scale
    above it.
    """

    speech_peak: float = 0.7
    duck_db: float = 12.0
    duck_s: float = 0.04
    fade_s: float = 0.02
    pause_s: float = 0.12
    stale_s: float = 2.0
    knee: float = 0.8


@dataclass(frozen=True, eq=False)
class _Sentence:
    """samples float64 (n,) at the output's rate; begins at output sample `start`, or wants to begin at `asked`."""

    priority: int
    asked: int
    samples: F64
    start: int = 0

    @property
    def end(self) -> int:
        return self.start + len(self.samples)


class SpeechTrack:
    """The mixed sound of a drive, int16 mono at `rate_hz`, pulled piece by piece in order of time.

    `counts`: said, cut_off, stale (never said), late_samples (of the drive's sound, that came after their time).
    """

    def __init__(self, rate_hz: int, settings: MixSettings | None = None) -> None:
        self.rate_hz = rate_hz
        self.counts: Counter[str] = Counter()
        self._set = settings or MixSettings()
        self._inflow: Inflow | None = None
        self._waiting: list[_Sentence] = []
        self._placed: list[_Sentence] = []
        self._free = 0
        """From this sample on nobody speaks."""
        self._pulled: int | None = None
        decay = float(np.exp(-1.0 / (self._set.duck_s * rate_hz)))
        self._smooth = (np.array([1.0 - decay]), np.array([1.0, -decay]))
        self._duck_state = np.zeros(1)

    @property
    def speaking(self) -> bool:
        """Something is left to be heard beyond what was pulled."""
        return bool(self._waiting) or any(self._pulled is None or s.end > self._pulled for s in self._placed)

    def say(self, t_ns: int, priority: int, utterance: Utterance) -> None:
        """Speak from `t_ns` on (calls in order of time); priority 0 is the most urgent."""
        at = sample_at(t_ns, self.rate_hz)
        if self._pulled is not None:
            at = max(at, self._pulled)
        self._place(at)
        current = self._placed[-1] if self._placed and self._placed[-1].end > at else None
        if current and priority < current.priority:
            self._cut(current, at)
        # It begins when the next call has moved time past `at`: a more urgent one of the same moment may still come.
        self._waiting.append(_Sentence(priority, at, self._fit(utterance)))

    def hear(self, t_ns: int, rate_hz: int, samples: NDArray[np.int16]) -> None:
        """Sound of the drive, int16 (n,) or (n, channels), its first sample at `t_ns`."""
        if self._inflow is None or self._inflow.rate_hz != rate_hz:
            self._inflow = Inflow(rate_hz, self.rate_hz)
        before = self._inflow.late
        self._inflow.hear(t_ns, samples)
        self.counts["late_samples"] += self._inflow.late - before

    def pull(self, t0_ns: int, t1_ns: int) -> NDArray[np.int16]:
        """The sound of t0 <= t < t1, int16 (n,); pieces that touch in time touch in samples."""
        first, last = sample_at(t0_ns, self.rate_hz), sample_at(t1_ns, self.rate_hz)
        if last <= first:
            return np.zeros(0, np.int16)
        self._place(last)
        speech, spoken = np.zeros(last - first), np.zeros(last - first)
        for s in self._placed:
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

    def _place(self, before: int) -> None:
        """Let waiting sentences begin, the most urgent first, as far as they do before sample `before`."""
        while self._waiting:
            ready = max(self._free, min(s.asked for s in self._waiting))
            if ready >= before:
                return
            able = [s for s in self._waiting if s.asked <= ready]
            chosen = min(able, key=lambda s: (s.priority, s.asked))
            self._waiting.remove(chosen)
            if ready - chosen.asked > self._set.stale_s * self.rate_hz:
                self.counts["stale"] += 1
                continue
            self.counts["said"] += 1
            placed = replace(chosen, start=ready)
            self._placed.append(placed)
            self._free = placed.end + int(self._set.pause_s * self.rate_hz)

    def _cut(self, current: _Sentence, at: int) -> None:
        self.counts["cut_off"] += 1
        self._placed.pop()
        self._free = at
        fade = min(int(self._set.fade_s * self.rate_hz), current.end - at)
        kept = current.samples[: at - current.start + fade].copy()
        kept[len(kept) - fade :] *= np.linspace(1.0, 0.0, fade)
        self._placed.append(replace(current, samples=kept))

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
