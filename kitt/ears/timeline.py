"""When each sample that the ears hear was."""

from __future__ import annotations

from collections import deque

from kitt.ears.resample import RATE_HZ
from kitt.types import AudioChunk

_PERIOD_NS = 1_000_000_000 // RATE_HZ
_JUMP_NS = 1_000_000
"""Smaller steps are a clock being followed."""


class Timeline:
    """When each sample of a stream of `AudioChunk`s was: chunks follow without a break, their times may jump."""

    def __init__(self) -> None:
        # (first sample, its time) of each stretch without a jump
        self._stretches: deque[tuple[int, int]] = deque(maxlen=256)
        self._samples = 0

    def add(self, chunk: AudioChunk) -> None:
        """The next chunk."""
        if not self._stretches or abs(self.t_ns(self._samples) - chunk.t_ns) > _JUMP_NS:
            self._stretches.append((self._samples, chunk.t_ns))
        self._samples += len(chunk.samples)

    def t_ns(self, sample: int) -> int:
        """The time of a sample, counted from the first one added; 0 before anything was added."""
        for first, t_ns in reversed(self._stretches):
            if sample >= first:
                return t_ns + (sample - first) * _PERIOD_NS
        return self._stretches[0][1] + (sample - self._stretches[0][0]) * _PERIOD_NS if self._stretches else 0
