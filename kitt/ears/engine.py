"""The ears as one component: sound in, what was heard out; the same for a file, a drive and a microphone.

    chunk -> voice activity -> end-pointer (with the first pass: may a sentence end here?) -> utterance -> second pass

The first pass runs while somebody speaks, the second once an utterance has ended.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt.ears.acoustic import FirstPass, SecondPass
from kitt.ears.audio import Intake
from kitt.ears.decoder import Search
from kitt.ears.endpoint import EndPointer, Pauses, Span
from kitt.ears.grammar import Grammar
from kitt.ears.judge import OPEN, Limits
from kitt.ears.recognise import Recogniser, Vocabulary, Wake
from kitt.ears.resample import RATE_HZ
from kitt.ears.timeline import Timeline
from kitt.ears.vad import FRAME, VoiceActivity
from kitt.ears.wake import DEFAULT, wake_grammar
from kitt.errors import KittError
from kitt.types import LANGUAGES, AudioChunk, Heard

GRAMMARS = Path(__file__).with_name("grammars")
"""The car grammar that ships with kitt, a folder a language."""
AUTO = "auto"
AWAKE_S = 6.0
"""How long after a wake phrase said alone a command may begin."""
MAY_END_MARGIN = 12.0
"""The end-pointer believes in the end of a sentence up to this much less likely than its going on: about two phones.
At 3 the first pass was seldom sure enough, and most commands waited the long pause."""
LOOK_EVERY_S = 1.0
"""How often, in silence, the grammar's files are looked at for changes."""


@dataclass(frozen=True)
class Networks:
    """The three networks; loaded once, shared by any number of ears."""

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
        grammars: Sequence[Grammar | Path | str] = (),
        language: str = "en",
        wake: str | Sequence[str] | None = None,
        *,
        limits: Limits | None = None,
        pauses: Pauses | None = None,
        accept_all: bool = False,
        networks: Networks | None = None,
    ) -> None:
        """grammars: none for the car grammar. language: one of en, fr, es, or auto. wake: a phrase that must go before
        a command, or several; "kitt" for kitt's own in each language; None where none is needed. accept_all rejects
        nothing. Raises KittError.
        """
        if language not in (*LANGUAGES, AUTO):
            raise KittError(f"unknown language '{language}'; allowed: {', '.join((*LANGUAGES, AUTO))}")
        self._language = language
        spoken = LANGUAGES if language == AUTO else (language,)
        chosen = grammars or [GRAMMARS / one for one in spoken]
        self._grammars = [g if isinstance(g, Grammar) else Grammar.load(g) for g in chosen]
        for grammar in self._grammars:
            if grammar.language not in spoken:
                raise KittError(f"{grammar.name}: the grammar is in '{grammar.language}', the ears hear '{language}'")
        used = dict.fromkeys(g.language for g in self._grammars)
        self._limits = OPEN if accept_all else limits or Limits()
        self._wakes = [
            Wake(Vocabulary.of(wake_grammar(_phrases(wake, one), one)), self._limits.wake) for one in used if wake
        ]
        networks = networks or Networks.load()
        self._voice, self._first, self._second = networks.voice, networks.first, networks.second
        self._pauses = pauses or Pauses()
        self.problems: list[str] = []
        """A line for each thing that went wrong on the way and did not stop the ears."""
        self._adopt()
        self.reset()

    @property
    def grammars(self) -> tuple[Grammar, ...]:
        """The grammars in force."""
        return tuple(self._grammars)

    def reset(self) -> None:
        """Forget the sound so far; the next chunk may be of any time."""
        self._voice.reset()
        self._end_pointer = EndPointer(self._pauses)
        self._sound = np.zeros(0, np.float32)
        self._sound_from = 0
        self._heard_until = 0
        self._timeline = Timeline()
        self._first_until: int | None = None
        self._searches: list[Search] = []
        self._awake_until, self._awake_by = -1, ""
        self._looked_at = 0

    def process(self, chunk: AudioChunk) -> list[Heard]:
        """Take in the next piece of sound; gives the utterances that ended in it."""
        begun = time.thread_time()
        self._timeline.add(chunk)
        self._sound = np.concatenate([self._sound, chunk.samples])
        heard = []
        for probability in self._voice.push(chunk.samples):
            self._heard_until += FRAME
            span = self._end_pointer.step(float(probability), *self._may_and_must_end())
            if span:
                heard += self._utterance(span, begun)
                begun = time.thread_time()
        self._forget()
        return heard

    def finish(self) -> list[Heard]:
        """The sound ends here, and with it the utterance."""
        begun = time.thread_time()
        span = self._end_pointer.finish(self._sound_from + len(self._sound))
        return self._utterance(span, begun) if span else []

    def listen(self, samples: NDArray[Any], rate_hz: int = 16_000) -> list[Heard]:
        """A whole recording: (n,) or (n, channels), floats within -1..1 or integers, at any rate."""
        self.reset()
        intake = Intake()
        chunks = [*intake.push(samples, rate_hz), *intake.finish()]
        heard = [h for chunk in chunks for h in self.process(chunk)] + self.finish()
        return [replace(h, notes=intake.notes_of(h.t_start_ns, h.t_end_ns)) for h in heard]

    def refresh(self) -> bool:
        """Put changed grammar files in force. One that is wrong is told in `problems`, and the old one stays."""
        changed = False
        for i, grammar in enumerate(self._grammars):
            try:
                if grammar.is_stale():
                    self._grammars[i] = Grammar.load(grammar.name)
                    changed = True
            except KittError as e:
                line = f"{e}; the grammar as it was before stays in force"
                if line not in self.problems:
                    self.problems.append(line)
        if changed:
            self._adopt()
        return changed

    def _adopt(self) -> None:
        vocabularies = [Vocabulary.of(g) for g in self._grammars]
        self._vocabularies = vocabularies
        self._recogniser = Recogniser(self._second, vocabularies, self._wakes, self._limits)

    def _may_and_must_end(self) -> tuple[bool, bool]:
        """Whether the first pass takes what was said so far for a whole sentence, and for one that cannot go on.

        Runs it while somebody speaks.
        """
        start = self._end_pointer.start
        if start is None:
            self._first_until = None
            return False, False
        if self._first_until is None:
            self._first.reset()
            self._searches = [v.decoder.start() for v in self._vocabularies]
            self._first_until = start
        piece = self._sound[self._first_until - self._sound_from : self._heard_until - self._sound_from]
        self._first_until = self._heard_until
        for posterior in self._first.push(piece):
            for search in self._searches:
                search.step(posterior)
        heard = [search for search in self._searches if search.frames]
        may_end = any(search.may_end(MAY_END_MARGIN) for search in heard)
        # where another sentence may end that goes on, nothing must
        return may_end, may_end and all(s.must_end(MAY_END_MARGIN) for s in heard if s.may_end(MAY_END_MARGIN))

    def _utterance(self, span: Span, begun: float) -> list[Heard]:
        samples = self._sound[span.start - self._sound_from : span.end - self._sound_from]
        awake = span.speech_start < self._awake_until
        heard = self._recogniser.recognise(samples, lambda at: self._timeline.t_ns(span.start + at), awake=awake)
        self._first_until = None
        if heard is None:
            return []
        if awake and not heard.wake:
            heard = replace(heard, wake=self._awake_by)
        self._awake_until = -1
        if heard.wake and (heard.rejected or not heard.intent):
            # the command is still to come, or to come again
            self._awake_by = heard.wake
            self._awake_until = span.end + round(AWAKE_S * RATE_HZ)
        return [replace(heard, cpu_s=round(time.thread_time() - begun, 4))]

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


def _phrases(wake: str | Sequence[str], language: str) -> Sequence[str]:
    if isinstance(wake, str):
        return DEFAULT[language] if wake == "kitt" else (wake,)
    return wake
