"""Several channels to one: their mean, but where it would cancel what they carry, the loudest of them.

A cable with two wires swapped, or a file cut for a vocal remover, holds the same voice twice with opposite signs; the
mean of that is silence.
"""

from __future__ import annotations

import numpy as np

from kitt.types import F32

_FRAME_S = 0.01
_KEPT = 0.9
"""Part of the power so far that counts on in the next frame: the last 0.1 s decides."""
_CANCELS, _CARRIES = 0.25, 0.5
"""Power of the mean, in parts of what channels that know nothing of each other leave: below the first it cancels, from
the second on it carries again. Two equal channels come to 1 + their correlation."""
_CLEARLY = 2.0
"""So much more power makes another channel the loudest: no flapping between two that are alike but for their sign."""


class Downmix:
    """One stream of so many channels. What becomes of a frame of 10 ms is decided by the frames before it, so how the
    sound is cut into pieces changes no bit of the result.
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        self.rate_hz, self.channels = rate_hz, channels
        self._frame = np.zeros((max(1, round(_FRAME_S * rate_hz)), channels + 1), np.float32)
        self._filled = 0
        # of each channel, and of their mean
        self._power = np.zeros(channels + 1)
        self._alone: int | None = None

    def push(self, block: F32) -> tuple[F32, int]:
        """float32 (n, channels) -> float32 (n,), and for how many samples of it the mean would have cancelled."""
        mono = _mean(block)
        if self.channels == 1:
            return mono, 0
        mean, cancelled = mono.copy(), 0
        at = 0
        while at < len(block):
            end = min(len(block), at + len(self._frame) - self._filled)
            if self._alone is not None:
                mono[at:end] = block[at:end, self._alone]
                cancelled += end - at
            self._take(block[at:end], mean[at:end])
            at = end
        return mono, cancelled

    def _take(self, block: F32, mean: F32) -> None:
        into = self._frame[self._filled : self._filled + len(mean)]
        into[:, :-1], into[:, -1] = block, mean
        self._filled += len(mean)
        if self._filled == len(self._frame):
            self._filled = 0
            self._power = _KEPT * self._power + np.square(self._frame, dtype=np.float64).sum(0)
            self._decide()

    def _decide(self) -> None:
        channels, mean = self._power[:-1], float(self._power[-1])
        unrelated = float(channels.sum()) / self.channels**2
        if mean >= (_CANCELS if self._alone is None else _CARRIES) * unrelated:
            self._alone = None
        elif self._alone is None or channels.max() > _CLEARLY * channels[self._alone]:
            self._alone = int(channels.argmax())


def _mean(block: F32) -> F32:
    mono: F32 = np.ascontiguousarray(block[:, 0])
    if block.shape[1] == 1:
        return mono
    mono = mono.copy()
    for channel in range(1, block.shape[1]):
        mono += block[:, channel]
    mono /= np.float32(block.shape[1])
    return mono
