"""The voices that speak the suite, none of them among those that the ears' networks were trained on.

`kept`: variants of espeak-ng, and flite's `rms`, that kitt/eval/speech_sets.toml keeps for tests. Their families were
in training, they themselves were not. `pico`: SVOX Pico, a family that was in no training, through the package ttspico
(Apache-2.0, built from source by `pip install ttspico`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kitt.errors import KittError
from kitt.eval import speech_voices
from kitt.eval.speech_mix import seeded
from kitt.types import F32

FAMILIES = ("pico", "kept")
PICO = {"en": ("en-US", "en-GB"), "fr": ("fr-FR",), "es": ("es-ES",)}


@dataclass(frozen=True)
class Voice:
    """One speaker. rate: Pico's speed, 100 is its own."""

    family: str
    name: str
    rate: int = 100
    kept: speech_voices.TestVoice | None = None


def draw(family: str, language: str, speaker: str) -> Voice:
    """The voice of that speaker (any text) in that language; the same text gives the same voice."""
    rng = seeded("spoken", family, language, speaker)
    if family == "kept":
        voice = speech_voices.draw(language, rng)
        return Voice(family, voice.name, kept=voice)
    return Voice(family, str(rng.choice(PICO[language])), int(rng.integers(85, 121)))


def say(voice: Voice, text: str) -> F32:
    """The text as float32 (n,) at 16 kHz, its loudest sample at 0.5. Raises KittError where the voice is missing."""
    sound = speech_voices.say(voice.kept, text) if voice.kept else _pico(voice, text)
    return np.asarray(0.5 * sound / max(float(np.abs(sound).max()), 1e-6), np.float32)


def missing(family: str) -> str:
    """What the family lacks here, "" for nothing."""
    if family == "pico":
        try:
            _engine("en-US")
        except KittError as e:
            return str(e)
        return ""
    return ", ".join(f"{p} is not installed" for p in speech_voices.missing_programs())


def _pico(voice: Voice, text: str) -> F32:
    engine = _engine(voice.name)  # a fresh one: what it said before changes how it goes on
    engine.rate = voice.rate
    return np.asarray(np.frombuffer(engine.speak(text), "<i2"), np.float32) / 32768


def _engine(name: str):
    try:
        from ttspico import TtsEngine
    except ImportError:
        raise KittError("ttspico is not installed: pip install ttspico") from None
    return TtsEngine(name)
