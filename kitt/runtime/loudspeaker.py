"""The loudspeaker, live: PortAudio's callback on its own thread takes what is to be heard, ten milliseconds at a time.

What it played is kept for the echo canceller, at the ears' rate, until it is asked for.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np

from kitt.errors import KittError
from kitt.mouth.inflow import Inflow, sample_at
from kitt.mouth.mixer import SpeechTrack
from kitt.mouth.queue import BEGINS, CUT_OFF, Decision
from kitt.runtime.portaudio import OUTPUT, find, line_of, portaudio, quiet, usable_format
from kitt.types import F32

RATE_HZ = 48_000
EARS_HZ = 16_000
LATENCY_S = 0.05
"""Asked of the sound system. The least that it offers (20 ms) runs dry where the eyes keep every core busy."""
_ODDEST_LATENCY_S = 2.0


class Loudspeaker:
    """An open output; `carry_out` decisions, and it speaks. `underflows`: how often the sound system ran dry.

    written_ns: when the first samples of each sentence were handed to the sound device (Unix epoch).
    """

    def __init__(self, device: str | int | None = None, block_s: float = 0.01) -> None:
        """device: a part of its name or its number; None for the system's default. Raises KittError."""
        self.underflows = 0
        self.written_ns: list[int] = []
        self._lock = threading.Lock()
        self._blocks = 0
        with quiet():
            library = portaudio(OUTPUT)
            found = find(library, device, OUTPUT)
            self.name = str(found["name"])
            self.rate_hz, self.channels = usable_format(library, found, OUTPUT, RATE_HZ)
            self._track = SpeechTrack(self.rate_hz)
            self._played = Inflow(self.rate_hz, EARS_HZ)
            try:
                self._stream = library.RawOutputStream(
                    device=found["index"],
                    samplerate=self.rate_hz,
                    channels=self.channels,
                    dtype="int16",
                    blocksize=round(block_s * self.rate_hz),
                    latency=LATENCY_S,
                    callback=self._wanted,
                )
                self._stream.start()
            except library.PortAudioError as e:
                raise KittError(f"the loudspeaker '{self.name}' cannot be opened: {line_of(e)}") from e

    def __enter__(self) -> Loudspeaker:
        return self

    def __exit__(self, *what: object) -> None:
        self.close()

    @property
    def latency_s(self) -> float:
        """From a sample handed over to a sample heard, as the sound system has it."""
        return float(self._stream.latency)

    @property
    def speaking(self) -> bool:
        """Something is left to be played."""
        with self._lock:
            return self._track.speaking

    def carry_out(self, decision: Decision) -> None:
        """A sentence begins or is cut off, with the next block."""
        with self._lock:
            if decision.what == BEGINS:
                self._track.play(0, decision.sentence.utterance, decision.sentence.level)
            elif decision.what == CUT_OFF:
                self._track.stop(0)

    def hush(self) -> None:
        """Whatever is being said ends with the next block."""
        with self._lock:
            self._track.stop(0)

    def played(self, t_ns: int, count: int) -> F32:
        """What was heard of it from a time on, float32 (count,) at 16 kHz; ask in order of time."""
        first = sample_at(t_ns, EARS_HZ)
        with self._lock:
            return self._played.pull(first, first + count).astype(np.float32)

    def close(self) -> None:
        """Fall silent."""
        self._stream.close(ignore_errors=True)

    def _wanted(self, out: Any, frames: int, times: Any, status: Any) -> None:
        """On PortAudio's thread: nothing here waits for long."""
        now_ns = time.time_ns()
        self.underflows += bool(status.output_underflow)
        latency_s = times.outputBufferDacTime - times.currentTime
        if not (times.outputBufferDacTime > 0 and 0 <= latency_s < _ODDEST_LATENCY_S):
            latency_s = self.latency_s
        with self._lock:
            first = self._blocks * frames
            self._blocks += 1
            before = self._track.begun
            samples = self._track.pull(*(-(-i * 1_000_000_000 // self.rate_hz) for i in (first, first + frames)))
            self.written_ns += [now_ns] * (self._track.begun - before)
            self._played.hear(now_ns + round(latency_s * 1e9), samples)
        out[:] = np.repeat(samples, self.channels).tobytes()
