"""The ears as one component: sound in, what was heard out; the same for a file, a drive and a microphone.

    chunk -> voice activity -> end-pointer -> utterance
             first pass: may a sentence end here?  -> second pass: did one, and which?

The first pass runs while somebody speaks, the second already in the pause after it, where the first sees an end. If the
second accepts what it hears, a short pause ends the utterance, and the command is there; if the voice comes back
before, the utterance goes on and that verdict is forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from kitt.ears.acoustic import FirstPass, SecondPass
from kitt.ears.audio import Intake
from kitt.ears.endpoint import GRAMMAR, EndPointer, Pauses, Span
from kitt.ears.grammar import Grammar
from kitt.ears.in_force import AUTO, GrammarLike, InForce
from kitt.ears.judge import OPEN, Limits
from kitt.ears.recognise import Recogniser, Vocabulary, Wake
from kitt.ears.resample import RATE_HZ
from kitt.ears.sentence_end import SentenceEnd
from kitt.ears.timeline import Timeline
from kitt.ears.vad import FRAME, VoiceActivity, level_db
from kitt.errors import KittError
from kitt.types import LANGUAGES, AudioChunk, Heard

GRAMMARS = Path(__file__).with_name("grammars")
"""The car grammar that ships with kitt, a folder a language."""
AWAKE_S = 6.0
"""How long after a wake phrase said alone a command may begin."""
EARLY = 0.3
"""A sentence ends an utterance early from this confidence on. With less, half an order that happened to fit and pauses
of speech that was none let in three times as many false commands of a small grammar."""
HOPELESS = 0.01
"""What was heard with less confidence in a pause is not looked at again in it."""
LOOK_EVERY_S = 1.0
"""How often, in silence, the grammar's files are looked at for changes."""


@dataclass(frozen=True)
class Networks:
    """The three networks; loaded once, shared by any number of ears: each keeps its own state of its sound."""

    voice: VoiceActivity
    first: FirstPass
    second: SecondPass

    @staticmethod
    def load(threads: int = 1) -> Networks:
        """Raises KittError saying how to get what is missing."""
        return Networks(VoiceActivity.load(threads), FirstPass.load(None, threads), SecondPass.load(threads))


class Ears:
    """Hears commands of grammars in one language, or in whichever of the three is spoken.

    >>> ears = Ears(language="en")                                    # doctest: +SKIP
    >>> [h.intent for h in ears.listen(samples, 16_000) if not h.rejected]    # doctest: +SKIP
    """

    def __init__(
        self,
        grammars: GrammarLike | Sequence[GrammarLike] | None = (),
        language: str = "en",
        wake: str | Sequence[str] | None = None,
        *,
        limits: Limits | None = None,
        pauses: Pauses | None = None,
        accept_all: bool = False,
        networks: Networks | None = None,
    ) -> None:
        """grammars: one or several; none for the car grammar. language: one of en, fr, es, or auto. wake: a phrase
        that must go before a command, or several; "kitt" for kitt's own in each language; None where none is needed.
        accept_all rejects nothing. Raises KittError.
        """
        if language not in (*LANGUAGES, AUTO):
            raise KittError(f"unknown language '{language}'; allowed: {', '.join((*LANGUAGES, AUTO))}")
        if isinstance(grammars, Grammar | Path | str) or (grammars and not isinstance(grammars, Sequence)):
            grammars = [grammars]
        car = [GRAMMARS / one for one in (LANGUAGES if language == AUTO else (language,))]
        self.problems: list[str] = []
        """A line for each thing that went wrong on the way and did not stop the ears, in the order of their coming.
        Lines stay when what they tell of is mended."""
        self.notes: tuple[str, ...] = ()
        """What was wrong with the recording that `listen` heard last, as in the notes of each `Heard`, but also where
        nothing was heard."""
        self.unaddressed = 0
        """Utterances since the last reset that came to nothing because the wake phrase did not go before them."""
        self._in_force = InForce(grammars or car, language, wake, self.problems)
        self._limits = OPEN if accept_all else limits or Limits()
        networks = networks or Networks.load()
        self._voice, self._first, self._second = networks.voice.fresh(), networks.first.fresh(), networks.second
        self._pauses = pauses or Pauses()
        self._adopt()
        self.reset()

    @property
    def grammars(self) -> tuple[Grammar, ...]:
        """The grammars in force."""
        return self._in_force.grammars

    @property
    def voice(self) -> bool:
        """Somebody is speaking: from the first frame of speech, before an utterance begins, to its end."""
        return self._end_pointer.start is not None or self._end_pointer.begins

    def reset(self) -> None:
        """Forget the sound so far, and put changed grammar files in force; the next chunk may be of any time."""
        self.refresh()
        self._voice.reset()
        self._end_pointer = EndPointer(self._pauses)
        self._sound = np.zeros(0, np.float32)
        self._sound_from = 0
        self._heard_until = 0
        self._timeline = Timeline()
        self._sentence_end.forget()
        self._told: Heard | None = None
        self._goes_on = False
        self._looks, self._looked_s = 0, 0.0
        self._awake_until, self._awake_by = -1, ""
        self._looked_at = 0
        self.unaddressed = 0

    def process(self, chunk: AudioChunk) -> list[Heard]:
        """Take in the next piece of sound; gives the utterances that ended in it."""
        self._timeline.add(chunk)
        self._sound = np.concatenate([self._sound, chunk.samples])
        heard = []
        for probability in self._voice.push(chunk.samples):
            self._heard_until += FRAME
            frame = self._sound[self._heard_until - FRAME - self._sound_from : self._heard_until - self._sound_from]
            self._end_pointer.take(float(probability), level_db(frame))
            self._look()
            complete = self._told is not None
            span = self._end_pointer.ended(complete, complete and not self._goes_on)
            if span:
                heard += self._utterance(span)
        self._forget()
        return heard

    def finish(self) -> list[Heard]:
        """The sound ends here, and with it the utterance."""
        span = self._end_pointer.finish(self._sound_from + len(self._sound))
        return self._utterance(span) if span else []

    def listen(self, samples: ArrayLike, rate_hz: int = 16_000) -> list[Heard]:
        """A whole recording: (n,) or (n, channels), floats within -1..1 or integers, at any rate.

        What was wrong with it is in `notes`. Raises KittError for what is no sound.
        """
        self.reset()
        intake = Intake()
        chunks = [*intake.push(samples, rate_hz), *intake.finish()]
        heard = [h for chunk in chunks for h in self.process(chunk)] + self.finish()
        self.notes = intake.notes
        return [replace(h, notes=intake.notes_of(h.t_start_ns, h.t_end_ns)) for h in heard]

    def refresh(self) -> bool:
        """Put changed grammar files in force. One that is wrong is told in `problems`, and the old one stays."""
        changed = self._in_force.refresh()
        if changed:
            self._adopt()
        return changed

    def _adopt(self) -> None:
        vocabularies = [Vocabulary.of(g) for g in self._in_force.grammars]
        alone = [Vocabulary.of(g) for g in self._in_force.alone.values()]
        wakes = [Wake(Vocabulary.of(g), self._limits.wake) for g in self._in_force.wakes.values()]
        self._sentence_end = SentenceEnd(self._first, [v.decoder for v in (*vocabularies, *alone)])
        self._recogniser = Recogniser(self._second, vocabularies, wakes, self._limits, alone)

    def _look(self) -> None:
        """Follow the utterance going on; in a pause where a sentence may end, find out whether one did."""
        pointer = self._end_pointer
        start, speech_start = pointer.start, pointer.speech_start
        if start is None or speech_start is None:
            self._sentence_end.forget()
            return
        since = start if self._sentence_end.heard_until is None else self._sentence_end.heard_until
        piece = self._sound[since - self._sound_from : self._heard_until - self._sound_from]
        may_end = self._sentence_end.hear(piece, self._heard_until)
        if not pointer.doubtful_frames:
            self._told, self._looks = None, 0
        due = sum(pointer.doubtful_frames >= frames for frames in self._pauses.look_frames)
        if may_end and due > self._looks and not self._told:
            self._looks = due
            heard = self._recognise(start, self._heard_until, speech_start)
            if heard is None or heard.confidence < HOPELESS:
                self._looks = len(self._pauses.look_frames)
            elif heard.intent and not heard.rejected and heard.confidence >= EARLY:
                self._told, self._goes_on = heard, self._recogniser.goes_on(heard)

    def _recognise(self, start: int, end: int, speech_start: int) -> Heard | None:
        begun = time.thread_time()
        samples = self._sound[start - self._sound_from : end - self._sound_from]
        awake = speech_start < self._awake_until
        heard = self._recogniser.recognise(samples, lambda at: self._timeline.t_ns(start + at), awake=awake)
        self._looked_s += time.thread_time() - begun
        if heard and awake and not heard.wake:
            return replace(heard, wake=self._awake_by)
        return heard

    def _utterance(self, span: Span) -> list[Heard]:
        told = self._told if span.reason == GRAMMAR else None
        heard = told or self._recognise(span.start, span.end, span.speech_start)
        taken_s = self._looked_s
        self._sentence_end.forget()
        self._told, self._looks, self._looked_s = None, 0, 0.0
        if heard is None:
            self.unaddressed += 1
            return []
        self._awake_until = -1
        if heard.wake and (heard.rejected or not heard.intent):
            # the command is still to come, or to come again
            self._awake_by = heard.wake
            self._awake_until = span.end + round(AWAKE_S * RATE_HZ)
        return [replace(heard, cpu_s=round(taken_s, 4))]

    def _forget(self) -> None:
        """Drop sound that no utterance can reach any more; in silence, look after the grammar's files."""
        start = self._end_pointer.start
        if start is None:
            if self._heard_until - self._looked_at > LOOK_EVERY_S * RATE_HZ:
                self._looked_at = self._heard_until
                self.refresh()
            start = self._heard_until - self._pauses.pre_roll_samples - 4 * FRAME
        drop = max(0, start - self._sound_from)
        self._sound = self._sound[drop:]
        self._sound_from += drop
