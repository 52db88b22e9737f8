"""Voice activity: Silero's LSTM, one probability of speech every 32 ms.

Silero VAD 6.2 (MIT), a network over 512 samples at 16 kHz and the 64 before them, with its state handed in and out.
Fetched by `kitt models pull`; 0.13 ms a frame on one core, 0.4 % of it.
"""

from __future__ import annotations

import math
from copy import copy

import numpy as np

from kitt.ears.resample import RATE_HZ
from kitt.engine.backend import Backend, load
from kitt.engine.models import SILERO_VAD
from kitt.engine.pull import path_of
from kitt.errors import KittError
from kitt.types import F32

FRAME = 512
"""Samples a probability is for."""
FRAME_S = FRAME / RATE_HZ
_CONTEXT = 64
_STATE = (2, 1, 128)
_RATE = np.array(RATE_HZ, np.int64)
_SETTLING_FRAMES = 8
"""Silence it hears before the first sample: without it, 17 of 250 digits that begin with their file are missed."""


class VoiceActivity:
    """Sound in pieces of any size, a probability for every whole frame out. Frame i is samples i*512 to (i+1)*512."""

    def __init__(self, backend: Backend) -> None:
        """Raises KittError when the network is not Silero's."""
        inputs, _ = backend.io_specs()
        if {i.name for i in inputs} != {"input", "state", "sr"}:
            names = ", ".join(i.name for i in inputs)
            raise KittError(
                f"this network takes {names}, Silero's takes input, state, sr: kitt models pull {SILERO_VAD.name}"
            )
        self._backend = backend
        self._settled = np.zeros(_STATE, np.float32)
        self.reset()
        self.push(np.zeros(_SETTLING_FRAMES * FRAME, np.float32))
        self._settled = self._state
        self.reset()

    @classmethod
    def load(cls, threads: int = 1) -> VoiceActivity:
        """With the weights that were pulled. Raises KittError saying how to get them."""
        return cls(load(path_of(SILERO_VAD.name), threads))

    def fresh(self) -> VoiceActivity:
        """The same network for another stream of sound, with a state of its own."""
        other = copy(self)
        other.reset()
        return other

    def reset(self) -> None:
        """Forget what was heard; the next sample begins frame 0, as after a moment of silence."""
        self._state = self._settled
        # what the network sees: the context, then the samples that do not make a frame yet
        self._waiting = np.zeros(_CONTEXT, np.float32)

    def push(self, samples: F32) -> F32:
        """float32 (n,) mono at 16 kHz -> float32 (k,) in 0..1, one for each frame that is whole now."""
        heard = np.concatenate([self._waiting, samples])
        frames = (len(heard) - _CONTEXT) // FRAME
        out = np.empty(frames, np.float32)
        for i in range(frames):
            seen = heard[i * FRAME : (i + 1) * FRAME + _CONTEXT][None]
            got = self._backend.infer({"input": seen, "state": self._state, "sr": _RATE})
            out[i], self._state = got["output"][0, 0], got["stateN"]
        self._waiting = heard[frames * FRAME :]
        return out


def level_db(frame: F32) -> float:
    """Level of a frame, float32 (n,) within -1..1, in dB of full scale; digital silence is -120."""
    return 10 * math.log10(float(frame @ frame) / len(frame) + 1e-12)
