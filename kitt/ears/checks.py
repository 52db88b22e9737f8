"""What can be wrong with sound, counted as it comes in and told in one line each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kitt.types import F32

FULL_SCALE = 0.9995
"""Samples at or above this are at the end of the scale: int16 ends at 0.99997."""
CLIPPED_SHARE = 0.001
SILENT_PEAK = 0.001
"""-60 dB: below the hiss of any microphone that is switched on."""
DEAD_S = 2.0
"""No microphone gives the same number for as long as this."""

CANCELLED_S = 0.2
"""Channels that cancel for less are worth no word: a single tone may, by the way it takes to each microphone."""


@dataclass(frozen=True)
class Tally:
    """Counts over a stretch of sound; two stretches, one after the other, add up.

    heard_s: its length; samples: numbers looked at, all channels; at_scale: of them at full scale; not_numbers: NaN or
    infinite, taken as 0; peak: the largest; dead_s: the longest run of one and the same value; gaps, gap_s: missing
    sound by the time stamps, gap_filled_s of it filled with silence; overlaps, overlap_s: sound that came twice;
    set_back: how often the time stamps went back by seconds; cancelled_s: one channel was heard, since the mean of all
    would have cancelled.
    """

    heard_s: float = 0.0
    samples: int = 0
    at_scale: int = 0
    not_numbers: int = 0
    peak: float = 0.0
    dead_s: float = 0.0
    gaps: int = 0
    gap_s: float = 0.0
    gap_filled_s: float = 0.0
    overlaps: int = 0
    overlap_s: float = 0.0
    set_back: int = 0
    cancelled_s: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.heard_s + other.heard_s,
            self.samples + other.samples,
            self.at_scale + other.at_scale,
            self.not_numbers + other.not_numbers,
            max(self.peak, other.peak),
            max(self.dead_s, other.dead_s),
            self.gaps + other.gaps,
            self.gap_s + other.gap_s,
            self.gap_filled_s + other.gap_filled_s,
            self.overlaps + other.overlaps,
            self.overlap_s + other.overlap_s,
            self.set_back + other.set_back,
            self.cancelled_s + other.cancelled_s,
        )

    @property
    def dead(self) -> str:
        """The line that tells of a dead microphone; "" where it is none."""
        if self.dead_s < DEAD_S:
            return ""
        return f"dead microphone: {self.dead_s:.1f} s of exactly the same value; is it muted, unplugged, another one?"

    def lines(self, ended: bool = True) -> tuple[str, ...]:
        """One clear line for each thing that is wrong; none when nothing is.

        ended: no more will come; before that, the first two seconds may be silent.
        """
        lines = []
        if self.not_numbers:
            lines.append(
                f"{self.not_numbers} of {self.samples} samples are not numbers (NaN or infinite); they count as silence"
            )
        if self.at_scale > CLIPPED_SHARE * self.samples:
            share = 100 * self.at_scale / self.samples
            lines.append(f"clipped: {share:.1f} % of the samples are at full scale; turn the recording level down")
        beginning = not ended and self.heard_s < DEAD_S
        if not self.samples and not beginning:
            lines.append("no sound in it")
        elif self.dead:
            lines.append(self.dead)
        elif self.peak < SILENT_PEAK and not beginning:
            loudest = f"never louder than {20 * np.log10(self.peak):.0f} dB" if self.peak else "all zeros"
            lines.append(f"silent: {loudest}; turn the recording level up")
        if self.cancelled_s >= CANCELLED_S:
            lines.append(
                f"channels of opposite phase cancel each other: {self.cancelled_s:.1f} s are of the loudest alone; "
                "are the wires of one swapped?"
            )
        if self.gaps:
            filled = f"{self.gap_filled_s:.3f} s of it filled with silence"
            lines.append(f"gaps in the time stamps: {self.gaps}, {self.gap_s:.3f} s missing, {filled}")
        if self.overlaps:
            lines.append(
                f"overlaps in the time stamps: {self.overlaps}, {self.overlap_s:.3f} s that came twice were cut"
            )
        if self.set_back:
            lines.append(f"time stamps set back: {self.set_back}; the sound goes on with the new time")
        return tuple(lines)


class SameRun:
    """How long the sound has been one and the same value."""

    def __init__(self) -> None:
        self._value = float("nan")
        self._length = 0

    def longest(self, samples: F32) -> int:
        """The longest run that begins before this piece or in it and reaches one of its ends, in samples.

        Runs within a piece are left out: pieces are shorter than any run worth telling.
        """
        if samples[0] != self._value:
            self._length = 0
        if samples[-1] != samples[0] or (samples != samples[0]).any():
            begun = self._length + _lead(samples) if self._length else 0
            self._value, self._length = float(samples[-1]), _lead(samples[::-1])
            return max(begun, self._length)
        self._value = float(samples[0])
        self._length += len(samples)
        return self._length


def _lead(samples: F32) -> int:
    """How many samples at the beginning are the same; not all are."""
    return 1 if samples[0] != samples[1] else int((samples != samples[0]).argmax())
