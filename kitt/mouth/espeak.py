"""The voice espeak-ng, always in a process of its own, for it is GPL-3.

First choice is the library in the `espeakng-loader` wheel, for the wheel is pinned and so the sound is the same on
every machine; where that cannot run, the system's `espeak-ng` program speaks. `describe` says which.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kitt.errors import KittError
from kitt.mouth import espeak_library, espeak_program
from kitt.mouth.espeak_library import LibrarySynthesiser
from kitt.mouth.espeak_program import ProgramSynthesiser
from kitt.types import Utterance

CACHE_SIZE = 256
SILENCE = 64
"""Samples below this (of 32768) at either end are pause; espeak-ng ends a sentence with a third of a second of it."""
MARGIN_S = 0.02


@dataclass(frozen=True)
class Manner:
    """How a language is spoken: espeak-ng's name of the voice, words a minute."""

    voice: str
    rate_wpm: int


MANNERS = {"en": Manner("en-us", 165), "fr": Manner("fr", 165), "es": Manner("es", 165)}


class Synthesiser(Protocol):
    """Turns a text into int16 (n,) samples and their rate. Raises KittError."""

    def render(self, text: str, voice: str, rate_wpm: int) -> tuple[NDArray[np.int16], int]: ...
    def describe(self) -> str: ...
    def close(self) -> None: ...


class Espeak:
    """A `Voice` over one of the two ways to run espeak-ng; keeps what it said, for warnings repeat."""

    def __init__(self, synthesiser: Synthesiser) -> None:
        self._synthesiser = synthesiser
        self._said: dict[tuple[str, str], Utterance] = {}

    def say(self, text: str, language: str) -> Utterance:
        """The sentence as sound, without the pauses around it."""
        said = self._said.get((text, language))
        if said is None:
            if language not in MANNERS:
                raise KittError(f"voice espeak: language '{language}' is not known; known: {', '.join(MANNERS)}")
            manner = MANNERS[language]
            samples, rate_hz = self._synthesiser.render(text, manner.voice, manner.rate_wpm)
            samples = _without_pauses(samples, rate_hz)
            if not len(samples):
                raise KittError(f"voice espeak: nothing to hear in {text!r} ({language}); {self.describe()}")
            said = Utterance(text, language, rate_hz, samples)
            if len(self._said) >= CACHE_SIZE:
                del self._said[next(iter(self._said))]
            self._said[text, language] = said
        return said

    def describe(self) -> str:
        return self._synthesiser.describe()

    def close(self) -> None:
        self._synthesiser.close()


def make() -> Espeak:
    """The wheel's library if it runs, else the system's program. Raises KittError when there is neither."""
    try:
        return Espeak(LibrarySynthesiser(*espeak_library.find()))
    except KittError as e:
        try:
            return make_program()
        except KittError:
            raise KittError(f"{e}; or {espeak_program.MEND}") from e


def make_program() -> Espeak:
    """The system's program. Raises KittError when it is not there."""
    return Espeak(ProgramSynthesiser(espeak_program.find()))


def available() -> tuple[bool, str, str]:
    """(it speaks, what is there, the line that mends it)."""
    return _tried(make, espeak_library.MEND)


def program_available() -> tuple[bool, str, str]:
    """The same for the system's program alone."""
    return _tried(make_program, espeak_program.MEND)


def _tried(how: Callable[[], Espeak], mend: str) -> tuple[bool, str, str]:
    try:
        voice = how()
    except KittError as e:
        return False, str(e), mend
    try:
        voice.say("kitt", "en")
        return True, voice.describe(), ""
    except KittError as e:
        return False, str(e), mend
    finally:
        voice.close()


def _without_pauses(samples: NDArray[np.int16], rate_hz: int) -> NDArray[np.int16]:
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > SILENCE)
    if not len(loud):
        return samples[:0]
    margin = int(MARGIN_S * rate_hz)
    kept: NDArray[np.int16] = samples[max(int(loud[0]) - margin, 0) : int(loud[-1]) + 1 + margin].copy()
    return kept
