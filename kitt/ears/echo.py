"""KITT's own voice taken out of what the microphone hears: optional, off unless asked for.

WebRTC's AEC3, as the package `livekit` carries it (Apache-2.0, extra `echo`): a linear model of the way from
loudspeaker to microphone, and a suppressor for what that leaves. The suppressor takes from a speaker who talks at the
same time, too: worth it where KITT would otherwise hear itself, not where it is silent.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from kitt.ears.resample import RATE_HZ
from kitt.errors import KittError
from kitt.types import F32

DELAY_SAMPLES = 128
"""What comes out is this much later than what went in: 8 ms."""
_FRAME = RATE_HZ // 100
_MEND = "pip install 'kitt[echo]'"
_PEAK = 32_767.0


class EchoCanceller:
    """What was heard and what was played, from the same moment on, in pieces of any size; what was heard but not
    played comes out. The delay between the two is found by itself, up to a few hundred milliseconds.
    """

    def __init__(self) -> None:
        """Raises KittError, with what mends it, where livekit is missing or does not start."""
        try:
            self._frame_of: Any = import_module("livekit.rtc").AudioFrame
            module: Any = import_module("livekit.rtc.apm").AudioProcessingModule
            self._module = module(echo_cancellation=True)
        except ImportError:
            raise KittError(f"the echo canceller needs the package livekit: {_MEND}") from None
        except Exception as e:  # a library that does not load, an API that changed
            raise KittError(f"the echo canceller does not start ({' '.join(str(e).split())[:120]}): {_MEND}") from e
        self._heard = np.zeros(0, np.float32)
        self._played = np.zeros(0, np.float32)

    def push(self, heard: F32, played: F32) -> F32:
        """float32 (n,) and (n,) mono at 16 kHz -> (m,), in whole frames of 10 ms. Silence is played as zeros."""
        if len(heard) != len(played):
            raise ValueError(f"heard {len(heard)} samples, played {len(played)}: they must begin and end together")
        self._heard = np.concatenate([self._heard, heard])
        self._played = np.concatenate([self._played, played])
        whole = len(self._heard) // _FRAME * _FRAME
        out = np.empty(whole, np.float32)
        for at in range(0, whole, _FRAME):
            self._module.process_reverse_stream(self._frame(self._played[at : at + _FRAME]))
            frame = self._frame(self._heard[at : at + _FRAME])
            self._module.process_stream(frame)
            out[at : at + _FRAME] = np.frombuffer(frame.data, np.int16) / np.float32(_PEAK)
        self._heard, self._played = self._heard[whole:], self._played[whole:]
        return out

    def _frame(self, samples: F32) -> Any:
        numbers = (np.clip(samples, -1, 1) * np.float32(_PEAK)).astype(np.int16)
        return self._frame_of(bytearray(numbers.tobytes()), RATE_HZ, 1, _FRAME)


def available() -> tuple[bool, str, str]:
    """(whether it works here, what it is or why not, what mends it)."""
    try:
        EchoCanceller()
    except KittError as e:
        return False, str(e), _MEND
    from importlib.metadata import version

    return True, f"WebRTC AEC3 through livekit {version('livekit')}", ""
