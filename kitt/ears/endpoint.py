"""Where an utterance begins and ends, from probabilities of speech: a small machine, one step a frame of 32 ms.

    IDLE --speech for `start_frames`--> SPEAKING --silence--> IDLE, with a `Span`

It looks at no clock and no sample, so that a replay ends utterances where the drive did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kitt.ears.resample import RATE_HZ
from kitt.ears.vad import FRAME
from kitt.types import F32, Bools

GRAMMAR, SILENCE, CAP, END = "grammar", "silence", "cap", "end"
"""Why an utterance ended: a pause where the grammar may end; a long pause; 8 s; the sound itself ended."""


@dataclass(frozen=True)
class Pauses:
    """Limits of the end-pointer, in frames of 32 ms unless they say otherwise.

    No human command sampled holds an inner pause above 300 ms; the short pause is waited for only where the grammar
    may end. The network lets go of a voice about 100 ms after the sound of it ends (median over 213 human commands),
    so that 4 frames of its silence are 200 to 250 ms of real silence.
    """

    speech_at: float = 0.5
    """Silence becomes speech at this probability"""
    silence_below: float = 0.45
    """and speech silence below this one: in between, all stays as it is. Lower ones end later in noise."""
    start_frames: int = 2
    """Frames of speech in a row that begin an utterance: 64 ms. A click is shorter."""
    pre_roll_samples: int = 500 * RATE_HZ // 1000
    """Sound before the first speech that belongs to it: the network sees a soft beginning up to 470 ms late."""
    short_pause_frames: int = 4
    """128 ms of the network's silence, where a sentence ends that cannot go on;"""
    pause_frames: int = 10
    """320 ms where it may: people pause within an order ("a latte ... with milk");"""
    long_pause_frames: int = 25
    """800 ms"""
    most_frames: int = 250
    """8 s"""


@dataclass(frozen=True)
class Span:
    """One utterance, in samples since the beginning of the sound.

    start, end: what to listen to, pre-roll and the pause after it included. speech_start, speech_end: where the
    network heard speech, in whole frames, speech_frames of them. reason: one of GRAMMAR, SILENCE, CAP, END.
    """

    start: int
    end: int
    speech_start: int
    speech_end: int
    speech_frames: int
    reason: str


class EndPointer:
    """Frame by frame: `step` gives an utterance when one ends. After a cap, the next may begin without a pause."""

    def __init__(self, pauses: Pauses = Pauses()) -> None:
        self._pauses = pauses
        self._frame = 0
        self._speech = False
        self._begun: int | None = None
        self._last = 0
        self._spoken = 0
        self._in_a_row = 0
        # an utterance never reaches back into the speech of the one before
        self._free_from = 0

    @property
    def frame(self) -> int:
        """The number of frames taken; the next one is this."""
        return self._frame

    @property
    def hears_speech(self) -> bool:
        """Whether the latest frame is speech, with hysteresis."""
        return self._speech

    @property
    def start(self) -> int | None:
        """Where the utterance going on starts, pre-roll included, in samples; None while there is none."""
        return None if self._begun is None else self._start(self._begun)

    @property
    def silent_frames(self) -> int:
        """Frames of silence since the last speech of the utterance going on; 0 while there is none."""
        return 0 if self._begun is None else self._frame - self._last

    def step(self, probability: float, may_end: bool = False, must_end: bool = False) -> Span | None:
        """One frame. may_end: what was heard up to here is a whole sentence of the grammar; must_end: and no other
        sentence goes on from it.
        """
        limits = self._pauses
        self._speech = probability >= (limits.silence_below if self._speech else limits.speech_at)
        self._frame += 1
        if self._speech:
            self._in_a_row += 1
            self._spoken += 1
            self._last = self._frame
            if self._begun is None and self._in_a_row >= limits.start_frames:
                self._begun, self._spoken = self._frame - self._in_a_row, self._in_a_row
        else:
            self._in_a_row = 0
        if self._begun is None:
            return None
        silent = self._frame - self._last
        if must_end and silent >= limits.short_pause_frames:
            return self._end(GRAMMAR, self._frame * FRAME)
        if may_end and silent >= limits.pause_frames:
            return self._end(GRAMMAR, self._frame * FRAME)
        if silent >= limits.long_pause_frames:
            return self._end(SILENCE, self._frame * FRAME)
        if self._frame - self._begun >= limits.most_frames:
            return self._end(CAP, self._frame * FRAME)
        return None

    def push(self, probabilities: F32 | Sequence[float], may_end: Bools | Sequence[bool] | bool = False) -> list[Span]:
        """Several frames; may_end: one for each, or one for all."""
        flags = np.broadcast_to(np.asarray(may_end, bool), len(probabilities))
        steps = (self.step(float(p), bool(m)) for p, m in zip(probabilities, flags, strict=True))
        return [span for span in steps if span]

    def finish(self, total_samples: int) -> Span | None:
        """The sound ended after so many samples: that ends an utterance, even one of a single frame of speech."""
        if self._begun is None and self._in_a_row:
            self._begun, self._spoken = self._frame - self._in_a_row, self._in_a_row
        return None if self._begun is None else self._end(END, total_samples)

    def _start(self, begun: int) -> int:
        return max(self._free_from, begun * FRAME - self._pauses.pre_roll_samples)

    def _end(self, reason: str, end: int) -> Span:
        assert self._begun is not None
        speech_end = self._last * FRAME
        span = Span(self._start(self._begun), end, self._begun * FRAME, speech_end, self._spoken, reason)
        self._begun, self._in_a_row, self._spoken = None, 0, 0
        self._free_from = end if reason == CAP else speech_end
        return span
