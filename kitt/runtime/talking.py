"""A conversation by voice: what the microphone hears goes in, block by block, and events come out.

    microphone - what the loudspeaker plays (echo canceller) -> ears -> orchestrator -> decisions -> loudspeaker

The block-by-block part is plain and synchronous, so that a simulation runs the very code that a live one does. `live`
is the loop around it, with real devices and the system's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from kitt.ears.echo import EchoCanceller
from kitt.ears.engine import Ears
from kitt.ears.resample import RATE_HZ
from kitt.errors import KittError
from kitt.mind.orchestrator import Event, Orchestrator
from kitt.mouth.queue import Decision
from kitt.runtime.loudspeaker import Loudspeaker
from kitt.runtime.microphone import Microphone
from kitt.types import F32, AudioChunk, Heard

DEAF_TAIL_S = 0.25
"""Without an echo canceller the ears stay shut so long after kitt's last word: rooms ring, sound systems are late."""


class Talking:
    """The ears beside kitt's own voice. `deaf_s`: so long were they shut, as kitt spoke and nothing cancels it."""

    def __init__(self, ears: Ears, pilot: Orchestrator, canceller: EchoCanceller | None) -> None:
        self.ears = ears
        self.pilot = pilot
        self.deaf_s = 0.0
        self._canceller = canceller
        self._held = 0
        """Samples that the canceller keeps until they make a whole frame."""
        self._shut_until_ns = 0

    def take(self, chunk: AudioChunk, played: F32, told: Callable[[Heard], Heard] = lambda heard: heard) -> list[Event]:
        """A block of the microphone, and what was played at the same time: float32 (n,) at 16 kHz, both as long.

        told: what the mind is told of an utterance, where its time is not the microphone's.
        """
        end_ns = chunk.t_ns + round(len(chunk.samples) * 1e9 / RATE_HZ)
        heard = self.ears.process(self._without_echo(chunk, played))
        return self.pilot.hear(end_ns, [told(one) for one in heard], self.ears.voice)

    def _without_echo(self, chunk: AudioChunk, played: F32) -> AudioChunk:
        if self._canceller is None:
            return self._shut(chunk, played)
        t_ns = chunk.t_ns - round(self._held * 1e9 / RATE_HZ)
        samples = self._canceller.push(chunk.samples, played)
        self._held += len(chunk.samples) - len(samples)
        return AudioChunk(t_ns, samples)

    def _shut(self, chunk: AudioChunk, played: F32) -> AudioChunk:
        if np.any(np.abs(played) > 1e-4):
            self._shut_until_ns = chunk.t_ns + round((len(played) / RATE_HZ + DEAF_TAIL_S) * 1e9)
        if chunk.t_ns >= self._shut_until_ns:
            return chunk
        self.deaf_s += len(chunk.samples) / RATE_HZ
        return replace(chunk, samples=np.zeros_like(chunk.samples))


def canceller() -> tuple[EchoCanceller | None, str]:
    """The echo canceller, or None and what to tell the user of it."""
    try:
        return EchoCanceller(), ""
    except KittError as e:
        return None, f"while KITT speaks it does not hear you, for {e}"


def live(
    talking: Talking,
    microphone: Microphone,
    loudspeaker: Loudspeaker | None,
    told: Callable[[Heard], Heard] = lambda heard: heard,
) -> Iterator[Event]:
    """Talk until the microphone is closed. Raises KittError when it is lost."""
    for chunk in microphone:
        count = len(chunk.samples)
        played = loudspeaker.played(chunk.t_ns, count) if loudspeaker else np.zeros(count, np.float32)
        for event in talking.take(chunk, played, told):
            if loudspeaker and isinstance(event, Decision):
                loudspeaker.carry_out(event)
            yield event
