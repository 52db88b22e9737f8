"""Where sound enters the ears: any rate, channels and kind of number become 16 kHz mono, and what is wrong is said."""

from __future__ import annotations

from collections import deque
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kitt.ears.checks import FULL_SCALE, SameRun, Tally
from kitt.ears.downmix import Downmix
from kitt.ears.resample import RATE_HZ, Resampler
from kitt.errors import KittError
from kitt.types import F32, AudioChunk

FILL_MOST_S = 2.0
"""Longer gaps are filled with this much silence, which ends any utterance; then time jumps."""
JITTER_S = 0.04
"""Time stamps of blocks stray by this much."""
REMEMBERED_S = 600.0
"""How far back `notes_of` can be asked."""
_PIECE_S = 0.5
"""How finely."""
_MOST_CHANNELS = 64
_TOO_LOUD = 8.0
_FOLLOW = 32
"""A sound card's clock is off by up to 1e-4: the time stamps are followed by this part of the difference a block."""
_SCALES: dict[str, tuple[float, float]] = {
    "int16": (0.0, 1 / 2**15),
    "int32": (0.0, 1 / 2**31),
    # 127 is full scale
    "uint8": (-128.0, 1 / 127),
    "int8": (0.0, 1 / 127),
}


class Intake:
    """Blocks of sound in, `AudioChunk`s out, without a break in the samples.

    Missing sound becomes silence, what came twice is cut, what is no number is 0, all of it counted in `notes`. How
    the sound is cut into blocks makes no difference to the samples.
    """

    def __init__(self) -> None:
        self._source: list[str] = []
        self._closed = Tally()
        # stretches of half a second, the last one still growing and not yet in `_closed`
        self._recent: deque[tuple[int, int, Tally]] = deque()
        self._run = SameRun()
        self._downmix = Downmix(RATE_HZ, 1)
        self._resampler: Resampler | None = None
        self._ended = False
        self._rate_hz = RATE_HZ
        self._start_ns = 0
        self._taken = 0
        self._given = 0

    def push(
        self, samples: ArrayLike, rate_hz: int = RATE_HZ, t_ns: int | None = None, jitter_s: float = JITTER_S
    ) -> list[AudioChunk]:
        """One block: (n,) or (n, channels), floats in -1..1 or integers of 8, 16 or 32 bits; lists of floats too.

        t_ns: time of its first sample, which may stray by jitter_s without sound being lost; None where it follows on
        the block before. Raises KittError for an array that is no sound.
        """
        block, rate_hz = _floats(samples), _whole(rate_hz)
        out: list[AudioChunk] = []
        if self._resampler is None or rate_hz != self._rate_hz:
            begin_ns = self._next_ns() if t_ns is None or self._resampler else t_ns
            out += self._begin(rate_hz, begin_ns)
        if (self._downmix.rate_hz, self._downmix.channels) != (rate_hz, block.shape[1]):
            self._downmix = Downmix(rate_hz, block.shape[1])
        self._remember_source(rate_hz, block.shape[1])
        block, strayed, more = self._in_time(block, t_ns, jitter_s)
        out += more
        if strayed:
            self._count(self._next_ns(), strayed)
        size = round(_PIECE_S * rate_hz)
        for at in range(0, len(block), size):
            mono, heard = self._look(block[at : at + size])
            begin_ns = self._next_ns()
            out += self._take(mono)
            self._count(begin_ns, heard)
        return out

    def finish(self) -> list[AudioChunk]:
        """The end of the sound: what the resampler held back."""
        out = self._end()
        self._resampler, self._ended = None, True
        return out

    @property
    def notes(self) -> tuple[str, ...]:
        """A line for each thing that was wrong, or changed, since the beginning."""
        tally = self._closed + self._recent[-1][2] if self._recent else self._closed
        return (*self._source, *tally.lines(self._ended))

    @property
    def now(self) -> Tally:
        """The counts of the latest stretch, half a second at most."""
        return self._recent[-1][2] if self._recent else Tally()

    def notes_of(self, t_start_ns: int, t_end_ns: int) -> tuple[str, ...]:
        """The same for what came between two times, half a second more or less, of the last ten minutes."""
        inside = [tally for begin, end, tally in self._recent if begin < t_end_ns and end > t_start_ns]
        return (*self._source, *(sum(inside, Tally()).lines() if inside else ()))

    def _remember_source(self, rate_hz: int, channels: int) -> None:
        notes = []
        if rate_hz != RATE_HZ:
            lost = f"; nothing above {rate_hz / 2000:g} kHz is in it" if rate_hz < RATE_HZ else ""
            notes.append(f"resampled from {rate_hz} to {RATE_HZ} Hz{lost}")
        if channels > 1:
            notes.append(f"mixed down from {channels} channels")
        self._source += [n for n in notes if n not in self._source]

    def _in_time(self, block: F32, t_ns: int | None, jitter_s: float) -> tuple[F32, Tally | None, list[AudioChunk]]:
        """The block without what came twice, after silence for what is missing."""
        if t_ns is None:
            return block, None, []
        late_ns = t_ns - self._next_ns()
        late_s = late_ns / 1e9
        if abs(late_s) <= jitter_s:
            self._start_ns += int(late_ns / _FOLLOW)
            return block, None, []
        if late_s > 0:
            filled_s = min(late_s, FILL_MOST_S)
            out = self._take(np.zeros(round(filled_s * self._rate_hz), np.float32))
            if late_s > FILL_MOST_S:
                out += self._begin(self._rate_hz, t_ns)
            return block, Tally(gaps=1, gap_s=late_s, gap_filled_s=filled_s), out
        if late_s < -FILL_MOST_S:
            return block, Tally(set_back=1), self._begin(self._rate_hz, t_ns)
        twice = min(len(block), round(-late_s * self._rate_hz))
        return block[twice:], Tally(overlaps=1, overlap_s=twice / self._rate_hz), []

    def _look(self, block: F32) -> tuple[F32, Tally]:
        """One channel of the block, and what is to be said of all of them."""
        peak = _peak(block)
        not_numbers = 0
        if not np.isfinite(peak):
            wrong = ~np.isfinite(block)
            not_numbers = int(np.count_nonzero(wrong))
            block = np.where(wrong, np.float32(0), block)
            peak = _peak(block)
        if peak > _TOO_LOUD:
            raise KittError(f"samples reach {peak:.0f}: floats must lie in -1..1; divide by the full scale first")
        mono, cancelled = self._downmix.push(block)
        return mono, Tally(
            heard_s=len(block) / self._rate_hz,
            samples=block.size,
            at_scale=int(np.count_nonzero(np.abs(block) >= FULL_SCALE)) if peak >= FULL_SCALE else 0,
            not_numbers=not_numbers,
            peak=peak,
            dead_s=self._run.longest(mono) / self._rate_hz,
            cancelled_s=cancelled / self._rate_hz,
        )

    def _count(self, begin_ns: int, tally: Tally) -> None:
        end_ns = self._next_ns()
        if self._recent:
            first_ns, last_ns, before = self._recent[-1]
            if last_ns == begin_ns < first_ns + _PIECE_S * 1e9:
                self._recent.pop()
                begin_ns, tally = first_ns, before + tally
            else:
                self._closed += before
        self._recent.append((begin_ns, end_ns, tally))
        while self._recent and self._recent[0][1] < end_ns - REMEMBERED_S * 1e9:
            self._recent.popleft()

    def _next_ns(self) -> int:
        """When the next sample is due."""
        return self._start_ns + round(self._taken * 1_000_000_000 / self._rate_hz)

    def _begin(self, rate_hz: int, t_ns: int) -> list[AudioChunk]:
        out = self._end()
        self._resampler, self._rate_hz = Resampler(rate_hz), rate_hz
        self._start_ns, self._taken, self._given = t_ns, 0, 0
        return out

    def _take(self, mono: F32) -> list[AudioChunk]:
        assert self._resampler is not None
        self._taken += len(mono)
        return self._give(self._resampler.push(mono))

    def _end(self) -> list[AudioChunk]:
        return self._give(self._resampler.finish()) if self._resampler else []

    def _give(self, samples: F32) -> list[AudioChunk]:
        if not len(samples):
            return []
        assert self._resampler is not None
        t_ns = self._start_ns + round(self._given * self._resampler.period_ns)
        self._given += len(samples)
        return [AudioChunk(t_ns, samples)]


def _peak(block: F32) -> float:
    """The largest sample; NaN or infinite where one of them is no number."""
    return max(float(block.max()), -float(block.min()))


def _whole(rate_hz: int) -> int:
    if isinstance(rate_hz, Integral) or (isinstance(rate_hz, Real) and float(rate_hz).is_integer()):
        return int(rate_hz)
    raise KittError(f"a sample rate of {rate_hz!r} is no whole number of samples a second")


def _floats(samples: ArrayLike) -> F32:
    """float32 (n, channels)."""
    try:
        array: NDArray[Any] = np.asarray(samples)
    except (ValueError, TypeError, OverflowError):
        raise KittError("what makes no array is no sound: it must be (samples,) or (samples, channels)") from None
    if array.ndim not in (1, 2) or (array.ndim == 2 and not 1 <= array.shape[1] <= _MOST_CHANNELS):
        raise KittError(f"an array of shape {array.shape} is no sound: it must be (samples,) or (samples, channels)")
    block = array[:, None] if array.ndim == 1 else array
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):
            floats: F32 = block.astype(np.float32, copy=False)
            return floats
    if array.dtype.name not in _SCALES:
        known = ", ".join(("float32", "float64", *_SCALES))
        raise KittError(f"samples of type {array.dtype} are no sound; use one of {known}")
    offset, scale = _SCALES[array.dtype.name]
    scaled: F32 = (block.astype(np.float32) + np.float32(offset)) * np.float32(scale)
    return scaled
