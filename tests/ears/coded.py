"""Sound that is its own transcript, and networks that read it: the ears without trained weights.

Every 10 ms of "speech" has the constant value (phone + 1) / 100, silence is 0. What a network would have to learn
is then a division.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kitt.ears.encoder import PAD
from kitt.ears.engine import Networks
from kitt.ears.features import STEP
from kitt.ears.g2p.phones import PHONES, Pron
from kitt.ears.recognise import SAMPLES_A_FRAME
from kitt.ears.vad import FRAME
from kitt.types import F32

PHONE_SAMPLES = 1280
"""80 ms"""
SURE = 0.9


def speech(*prons: Pron, sure: float = 1.0) -> F32:
    """Phones as sound, a short pause after each; `sure` below 1 makes it less certain."""
    parts = [piece for pron in prons for p in pron for piece in (tone(p, PHONE_SAMPLES), tone(0, 480))]
    return np.concatenate(parts) if parts else silence(0)


def tone(phone: int, samples: int) -> F32:
    return np.full(samples, (phone + 1) / 100, np.float32)


def silence(samples: int) -> F32:
    return np.zeros(samples, np.float32)


def posteriors(pieces: Sequence[F32]) -> F32:
    """Log posteriors of one frame a piece of sound."""
    out = np.full((len(pieces), len(PHONES)), (1 - SURE) / (len(PHONES) - 1), np.float32)
    for row, piece in zip(out, pieces, strict=True):
        value = round(float(piece[len(piece) // 2]) * 100) if len(piece) else 0
        row[max(0, value - 1)] = SURE
    return np.log(out)


class CodedVoice:
    """Speech is whatever is not 0."""

    def __init__(self) -> None:
        self.reset()

    def fresh(self) -> CodedVoice:
        return CodedVoice()

    def reset(self) -> None:
        self._waiting = silence(0)

    def push(self, samples: F32) -> F32:
        heard = np.concatenate([self._waiting, samples])
        frames = len(heard) // FRAME
        self._waiting = heard[frames * FRAME :]
        return np.any(heard[: frames * FRAME].reshape(frames, FRAME), 1).astype(np.float32)


class CodedFirst:
    """A step of the first pass is the middle of its sound."""

    def __init__(self) -> None:
        self.reset()

    def fresh(self) -> CodedFirst:
        return CodedFirst()

    def reset(self) -> None:
        self._waiting = silence(0)

    def push(self, samples: F32) -> list[F32]:
        heard = np.concatenate([self._waiting, samples])
        steps = len(heard) // STEP
        self._waiting = heard[steps * STEP :]
        return list(posteriors([heard[i * STEP : (i + 1) * STEP] for i in range(steps)]))


class CodedSecond:
    """Features are the sound itself, cut into the encoder's frames."""

    def __init__(self) -> None:
        self.languages: list[str | None] = []

    def features(self, samples: F32) -> F32:
        padded = np.concatenate([silence(PAD), samples, silence(PAD)])
        frames = len(padded) // SAMPLES_A_FRAME
        return padded[: frames * SAMPLES_A_FRAME].reshape(frames, SAMPLES_A_FRAME)

    def posteriors(self, features: F32, language: str | None) -> F32:
        self.languages.append(language)
        return posteriors(list(features))


def networks() -> Networks:
    return Networks(CodedVoice(), CodedFirst(), CodedSecond())  # type: ignore[arg-type]
