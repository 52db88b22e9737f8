"""Where an utterance begins and ends, from probabilities of speech: a small machine, one step a frame of 32 ms.

    IDLE --speech for `start_frames`--> SPEAKING --silence--> IDLE, with a `Span`

It looks at no clock and no sample, so that a replay ends utterances where the drive did.
"""

from __future__ import annotations

import math
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

    Silence is counted twice: since the last frame of speech, and since the last one of sure speech, which ends a median
    70 ms after the sound of a voice does and in echo or noise up to 250 ms before the network lets go of it.
    Where they stand was measured on the 241 recordings of people in pico, drone_fr, home_es and panel_es
    (docs/speech.md).
    """

    speech_at: float = 0.5
    """Silence becomes speech at this probability"""
    silence_below: float = 0.45
    """and speech silence below this one: in between, all stays as it is. Lower ones end later in noise."""
    sure_at: float = 0.9
    """Speech at this probability is sure."""
    rise: float = 0.005
    """A probability that grows by more is a voice that comes back: no pause ends there."""
    start_frames: int = 2
    """Frames of speech in a row that begin an utterance: 64 ms. A click is shorter."""
    pre_roll_samples: int = 500 * RATE_HZ // 1000
    """Sound before the first speech that belongs to it: the network sees a soft beginning up to 470 ms late."""
    look_frames: tuple[int, ...] = (2, 5)
    """After so many frames without sure speech it is worth knowing whether a sentence has ended; the second time before
    the pause is long enough, so that the answer is there by then."""
    short_pause_frames: int = 4
    """128 ms without sure speech, where a sentence ends that cannot go on;"""
    pause_frames: int = 6
    """192 ms without speech where it may: people pause within an order ("a latte ... with milk"),"""
    doubtful_pause_frames: int = 8
    """or 256 ms without sure speech,"""
    quiet_frames: int = 10
    """or 320 ms of sound that is"""
    quiet_db: float = 25.0
    """so far below the loudest of the utterance: in quiet, a voice ends long before the network says so;"""
    long_pause_frames: int = 25
    """800 ms without speech elsewhere"""
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
    """Frame by frame: `take` one, then ask whether it `ended` the utterance; `step` does both.

    After a cap, the next utterance may begin without a pause.
    """

    def __init__(self, pauses: Pauses = Pauses()) -> None:
        self._pauses = pauses
        self._frame = 0
        self._probability = 0.0
        self._speech = self._rising = False
        self._begun: int | None = None
        self._last = self._sure = 0
        self._loudest_db, self._quiet = -math.inf, 0
        self._spoken = 0
        self._in_a_row = 0
        # the voice of an utterance that is over may linger: it begins no other one
        self._lingers = False
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
    def begins(self) -> bool:
        """Whether the latest frame is speech, even a single one, of a voice that does not only linger."""
        return self._speech and not self._lingers

    @property
    def start(self) -> int | None:
        """Where the utterance going on starts, pre-roll included, in samples; None while there is none."""
        return None if self._begun is None else self._start(self._begun)

    @property
    def speech_start(self) -> int | None:
        """Where its speech starts, in samples; None while there is none."""
        return None if self._begun is None else self._begun * FRAME

    @property
    def silent_frames(self) -> int:
        """Frames of silence since the last speech of the utterance going on; 0 while there is none."""
        return 0 if self._begun is None else self._frame - self._last

    @property
    def doubtful_frames(self) -> int:
        """Frames since its last sure speech, or since its last speech where none was sure."""
        if self._begun is None:
            return 0
        return self._frame - (self._sure if self._sure > self._begun else self._last)

    def take(self, probability: float, level_db: float = math.inf) -> None:
        """One frame; level_db: of its sound, on any scale, infinite where it is not known."""
        limits = self._pauses
        self._rising = probability > self._probability + limits.rise
        self._probability = probability
        self._speech = probability >= (limits.silence_below if self._speech else limits.speech_at)
        self._lingers = self._lingers and self._speech
        sure = probability >= limits.sure_at
        self._frame += 1
        self._loudest_db = max(self._loudest_db if self._begun is not None or self._speech else -math.inf, level_db)
        self._quiet = self._quiet + 1 if level_db < self._loudest_db - limits.quiet_db else 0
        if not self._speech or (self._lingers and not sure):
            self._in_a_row = 0
            return
        self._in_a_row += 1
        self._spoken += 1
        self._last = self._frame
        if sure:
            self._sure = self._frame
        if self._begun is None and self._in_a_row >= limits.start_frames:
            self._begun, self._spoken = self._frame - self._in_a_row, self._in_a_row
            self._lingers = False

    def ended(self, may_end: bool = False, must_end: bool = False) -> Span | None:
        """The utterance, where the frame taken last ended it. may_end: what was heard up to here is a whole sentence of
        the grammar; must_end: and no other sentence goes on from it.
        """
        limits = self._pauses
        if self._begun is None:
            return None
        silent, doubtful = self.silent_frames, self.doubtful_frames
        over = (
            silent >= limits.pause_frames
            or doubtful >= limits.doubtful_pause_frames
            or self._quiet >= limits.quiet_frames
        )
        if not self._rising and ((may_end and over) or (must_end and doubtful >= limits.short_pause_frames)):
            return self._end(GRAMMAR, self._frame * FRAME)
        if silent >= limits.long_pause_frames:
            return self._end(SILENCE, self._frame * FRAME)
        if self._frame - self._begun >= limits.most_frames:
            return self._end(CAP, self._frame * FRAME)
        return None

    def step(self, probability: float, may_end: bool = False, must_end: bool = False) -> Span | None:
        """Take one frame: the utterance that ended with it."""
        self.take(probability)
        return self.ended(may_end, must_end)

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
        self._loudest_db = -math.inf
        self._lingers = reason == GRAMMAR
        return span
