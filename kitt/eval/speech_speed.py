"""How long a command takes from the end of the speech, and what listening costs in CPU time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kitt.eval.speech_metrics import percentiles
from kitt.eval.speech_mix import LEAD_S, RATE_HZ, in_quiet, seeded, silent_s, speech_span_s
from kitt.types import F32, AudioChunk, Heard

CHUNK = 320
"""Samples that a microphone hands over at a time: 20 ms."""


class Stream(Protocol):
    """The ears as a microphone feeds them."""

    def reset(self) -> None: ...

    def process(self, chunk: AudioChunk) -> list[Heard]: ...

    def finish(self) -> list[Heard]: ...


StreamOpener = Callable[[Sequence[Path], str], Stream]


@dataclass(frozen=True)
class Delay:
    """From the end of the speech in a clip to its command, seconds: audio that had to be waited for, and computing."""

    waited_s: float
    computed_s: float

    @property
    def total_s(self) -> float:
        return self.waited_s + self.computed_s


def open_stream(grammars: Sequence[Path], language: str) -> Stream:
    """kitt's own ears."""
    from kitt.ears.engine import Ears

    return Ears(list(grammars), language)


def delay_of(clip: F32, key: str, stream: Stream) -> Delay | None:
    """One clip as from a microphone, each piece handed over when it is complete or, if later, when the one before is
    worked off. None when no command was accepted before the sound ended.
    """
    end_s = LEAD_S + speech_span_s(clip)[1]
    samples = in_quiet(clip, seeded(key, "speed"))
    stream.reset()
    free_s = 0.0
    for i in range(0, len(samples) - CHUNK + 1, CHUNK):
        there_s = (i + CHUNK) / RATE_HZ
        begun = time.perf_counter()
        heard = stream.process(AudioChunk(i * 1_000_000_000 // RATE_HZ, samples[i : i + CHUNK]))
        free_s = max(free_s, there_s) + time.perf_counter() - begun
        if any(not h.rejected for h in heard):
            # an end-pointer may be sure before the last sound has died away
            return Delay(max(0.0, there_s - end_s), free_s - there_s)
    return None


def latency(delays: Sequence[Delay | None]) -> dict[str, Any]:
    """Percentiles over the accepted commands, milliseconds."""
    known = [d for d in delays if d is not None]
    names = ("p50", "p90", "p99")

    def ms(values: Sequence[float]) -> dict[str, float]:
        return dict(zip(names, (1e3 * v for v in percentiles(values)), strict=True))

    return {
        "commands": len(known),
        "not_accepted": len(delays) - len(known),
        "total_ms": ms([d.total_s for d in known]),
        "waited_ms": ms([d.waited_s for d in known]),
        "computed_ms": ms([d.computed_s for d in known]),
    }


def cpu_share(samples: F32, stream: Stream) -> float:
    """CPU seconds of this process a second of sound, all threads."""
    stream.reset()
    begun = time.process_time()
    for i in range(0, len(samples) - CHUNK + 1, CHUNK):
        stream.process(AudioChunk(i * 1_000_000_000 // RATE_HZ, samples[i : i + CHUNK]))
    stream.finish()
    return (time.process_time() - begun) / (len(samples) / RATE_HZ)


def silence(seconds: float) -> F32:
    """What a good microphone gives while nothing happens."""
    return silent_s(seconds, seeded("silence"))


def talk(sounds: Sequence[F32], seconds: float) -> F32:
    """Speech without pauses: recordings cut to their speech, one after the other."""
    parts: list[F32] = []
    length = 0
    for sound in sounds:
        begin_s, end_s = speech_span_s(sound)
        parts.append(sound[int(begin_s * RATE_HZ) : int(end_s * RATE_HZ)])
        length += len(parts[-1])
        if length >= seconds * RATE_HZ:
            break
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
