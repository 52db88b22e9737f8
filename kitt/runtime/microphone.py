"""The microphone, live: PortAudio's callback on its own thread, `AudioChunk`s for whoever iterates.

Where the listener is slower than the sound, the oldest blocks are dropped and counted; their time becomes silence.
"""

from __future__ import annotations

import queue
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kitt.ears.audio import JITTER_S, Intake
from kitt.ears.checks import SILENT_PEAK
from kitt.ears.resample import RATE_HZ
from kitt.errors import KittError
from kitt.runtime.portaudio import INPUT, devices, find, line_of, portaudio, quiet, usable_format
from kitt.types import AudioChunk

KEPT_S = 10.0
"""Sound that waits for a listener at most."""
LOST_S = 3.0
"""A microphone that gives nothing for this long is gone."""
SETTLING_S = 0.5
"""What a sound system says of its delay may be this wrong; it corrects itself in the first second."""
_ODDEST_LATENCY_S = 2.0


@dataclass(frozen=True)
class _Block:
    """What the callback got: `number` counts blocks, dropped ones too; `torn`: sound was lost just before it."""

    number: int
    t_ns: int
    data: bytes
    torn: bool


class Microphone:
    """An open input. Iterating gives 16 kHz mono with capture times (Unix epoch), until `close` or the end of it all.

    overflows: how often PortAudio lost sound before it got here; dropped: blocks dropped here. Both are in `notes`,
    with all that is wrong with the sound itself (clipped, silent, dead: see kitt/ears/checks.py).
    """

    def __init__(self, device: str | int | None = None, block_s: float = 0.02) -> None:
        """device: a part of its name or its number; None for the system's default. Raises KittError."""
        self.overflows = self.dropped = 0
        self._intake = Intake()
        self._blocks: queue.SimpleQueue[_Block | None] = queue.SimpleQueue()
        self._arrivals = 0
        self._closed = False
        self._told: set[str] = set()
        self._dead = False
        self._most = max(2, round(KEPT_S / block_s))
        with quiet():
            library = portaudio(INPUT)
            found = find(library, device, INPUT)
            self.name = str(found["name"])
            self.rate_hz, self.channels = usable_format(library, found, INPUT, RATE_HZ)
            try:
                self._stream = library.RawInputStream(
                    device=found["index"],
                    samplerate=self.rate_hz,
                    channels=self.channels,
                    dtype="int16",
                    blocksize=round(block_s * self.rate_hz),
                    callback=self._arrived,
                    finished_callback=lambda: self._blocks.put(None),
                )
                self._stream.start()
            except library.PortAudioError as e:
                raise KittError(f"the microphone '{self.name}' cannot be opened: {line_of(e)}") from e

    def __enter__(self) -> Microphone:
        return self

    def __exit__(self, *what: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[AudioChunk]:
        """Raises KittError when the microphone falls silent for good."""
        due = 0
        while True:
            try:
                block = self._blocks.get(timeout=LOST_S)
            except queue.Empty:
                raise KittError(f"the microphone '{self.name}' gives no more sound; is it unplugged?") from None
            if block is None:
                if self._closed:
                    return
                raise KittError(f"the microphone '{self.name}' stopped; is it unplugged?")
            lost = block.torn or block.number != due
            due = block.number + 1
            samples = np.frombuffer(block.data, np.int16).reshape(-1, self.channels)
            # its times are taken at their word only where sound is known to be missing
            yield from self._intake.push(samples, self.rate_hz, block.t_ns, JITTER_S if lost else SETTLING_S)

    def close(self) -> None:
        """Stop listening; an iteration going on ends."""
        self._closed = True
        self._stream.close(ignore_errors=True)
        self._blocks.put(None)

    @property
    def notes(self) -> tuple[str, ...]:
        """A line for each thing that went wrong since the beginning."""
        notes = list(self._intake.notes)
        if self.overflows:
            notes.append(f"the sound system lost sound {self.overflows} times before it got here: is the machine busy?")
        if self.dropped:
            notes.append(f"{self.dropped} blocks of sound were dropped: the listener is slower than the sound")
        return tuple(notes)

    def news(self) -> tuple[str, ...]:
        """Those of `notes` whose like was not given by this before: each trouble is told once, whatever its numbers.

        A microphone that dies again, after it gave sound, is told again.
        """
        fresh = [note for note in self.notes if _without_numbers(note) not in self._told]
        now = self._intake.now
        if now.dead and not self._dead:
            self._dead = True
            again = _without_numbers(now.dead) in self._told
            fresh += [now.dead] if again else []
        elif not now.dead and now.peak >= SILENT_PEAK:
            self._dead = False
        self._told |= {_without_numbers(note) for note in fresh}
        return tuple(fresh)

    def _arrived(self, data: Any, frames: int, times: Any, status: Any) -> None:
        """On PortAudio's thread: nothing here waits."""
        now_ns = time.time_ns()
        latency_s = times.currentTime - times.inputBufferAdcTime
        # some drivers do not tell when they heard it
        if not (times.inputBufferAdcTime > 0 and 0 <= latency_s < _ODDEST_LATENCY_S):
            latency_s = frames / self.rate_hz
        torn = bool(status.input_overflow)
        self.overflows += torn
        if self._blocks.qsize() >= self._most:
            self._blocks.get_nowait()
            self.dropped += 1
        self._blocks.put(_Block(self._arrivals, now_ns - round(latency_s * 1e9), bytes(data), torn))
        self._arrivals += 1


def microphone(device: str | int | None = None, block_s: float = 0.02) -> Microphone:
    """Open a microphone: `for chunk in microphone(): ...`. Raises KittError in one line that says what is missing."""
    return Microphone(device, block_s)


def inputs() -> list[str]:
    """The inputs there are, as "number name". Raises KittError when PortAudio is missing."""
    with quiet():
        return [f"{d['index']} {d['name']}" for d in devices(portaudio(INPUT), INPUT)]


def _without_numbers(note: str) -> str:
    return re.sub(r"[\d.]+", "", note)
