"""What the microphone hears on the sample drive: the engine, the road, and a driver who asks things.

The questions are there for the ears: synthesised, at written times, louder than the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from kitt.sim import world
from kitt.types import F32, Utterance

RATE_HZ = 16_000
IDLE_HZ, PER_MPS_HZ = 27.0, 4.2
"""Firing frequency of a four-cylinder engine at idle, and how it grows until the gear-box changes up."""
GEAR_MPS = 5.0


@dataclass(frozen=True)
class Spoken:
    """A sentence that the driver says."""

    at_s: float
    language: str
    text: str
    intent: str
    """What the car grammar takes it for."""


SPOKEN = (
    Spoken(1.0, "en", "KITT, is the light green?", "EyesLight"),
    Spoken(9.0, "fr", "KITT, combien de voitures vois-tu ?", "EyesCount"),
    Spoken(18.3, "es", "KITT, ¿por qué me avisaste?", "EyesWhyWarned"),
    Spoken(25.3, "en", "KITT, what do you see?", "EyesDescribe"),
)

Say = Callable[[str, str], Utterance]
"""say(text, language) -> its sound."""


@dataclass(frozen=True, eq=False)
class Speech:
    """A sentence as it sounds: float32 (n,) at RATE_HZ."""

    spoken: Spoken
    samples: F32

    @property
    def to_s(self) -> float:
        return self.spoken.at_s + len(self.samples) / RATE_HZ


def speeches(say: Say | None) -> tuple[Speech, ...]:
    """All that the driver says; without `say` nothing."""
    return tuple(Speech(s, resample(say(s.text, s.language))) for s in SPOKEN) if say else ()


def soundtrack(duration_s: float, said: Sequence[Speech], seed: int) -> NDArray[np.int16]:
    """The whole track, int16 (n, 1) at RATE_HZ."""
    track = engine(duration_s, seed)
    for speech in said:
        begin = round(speech.spoken.at_s * RATE_HZ)
        end = min(begin + len(speech.samples), len(track))
        track[begin:end] += 0.5 * speech.samples[: end - begin]
    return np.rint(np.clip(track, -1.0, 1.0) * 32767).astype(np.int16)[:, None]


def engine(duration_s: float, seed: int) -> F32:
    """Engine harmonics that follow the speed, and road noise that grows with it; float32 (n,) within -1..1."""
    n = round(duration_s * RATE_HZ)
    t = np.arange(0.0, duration_s + 0.05, 0.05)
    speed = np.array([world.EGO.at(float(s))[1] for s in t])
    firing = IDLE_HZ + PER_MPS_HZ * np.where(speed > GEAR_MPS, GEAR_MPS * 0.6 + speed * 0.4, speed)
    at = np.arange(n) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(np.interp(at, t, firing)) / RATE_HZ
    hum = sum(np.sin(k * phase + k) / k for k in (1, 2, 3, 4, 6))
    hiss = np.random.default_rng(seed).standard_normal(n).astype(np.float32)
    road = cv2.GaussianBlur(hiss[None], (0, 0), 4.0)[0] * 3.0
    return np.asarray(0.012 * hum + (0.004 + 0.0016 * np.interp(at, t, speed)) * road, np.float32)


def resample(speech: Utterance) -> F32:
    """The sentence at RATE_HZ, float32 (n,) within -1..1."""
    samples = speech.samples.astype(np.float32) / 32768.0
    common = int(np.gcd(RATE_HZ, speech.rate_hz))
    return np.asarray(resample_poly(samples, RATE_HZ // common, speech.rate_hz // common), np.float32)
