"""The process that holds libespeak-ng (GPL-3); kitt's own process never loads it.

Started by espeak_library.py as `python -I espeak_worker.py LIBRARY`, in the folder of `espeak-ng-data`. It greets
with {"version", "rate_hz"}; then each line on its standard input is one request, a JSON object {"text", "voice",
"rate_wpm"}, and gets one answer on standard output: kind (one byte, see below), length (unsigned 32 bit,
little-endian), payload.

libespeak-ng carries the phase of its vibrato from one sentence to the next, so the same sentence would sound
a little different each time. Each request is therefore spoken by a fork of the freshly initialised process.
It stands on the standard library alone and imports nothing of kitt.
API: espeak-ng 1.52, src/include/espeak-ng/speak_lib.h.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
import sys
from typing import Any

HEADER = struct.Struct("<BI")
GREETING, PCM, ERROR = range(3)
"""Kinds of answer: JSON {"version", "rate_hz"}; int16 little-endian mono; a sentence in UTF-8."""

AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
CHARS_UTF8 = 1
POS_CHARACTER = 1
PARAMETER_RATE = 1
OK = 0

SynthCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Speech:
    """libespeak-ng, initialised once; `say` leaves traces in it, so it belongs into a fork."""

    def __init__(self, library: str) -> None:
        self._lib = ctypes.CDLL(library)
        # The library cuts paths at 160 bytes, so it gets one that is never longer than the folder we stand in.
        self.rate_hz = int(self._lib.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, b".", INITIALIZE_DONT_EXIT))
        if self.rate_hz <= 0:
            raise RuntimeError(f"libespeak-ng finds no espeak-ng-data in {os.getcwd()}")
        self._samples = bytearray()
        self._callback = SynthCallback(self._take)
        self._lib.espeak_SetSynthCallback(self._callback)
        self._lib.espeak_Info.restype = ctypes.c_char_p
        self.version = self._lib.espeak_Info(None).decode("utf-8", "replace")

    def say(self, text: str, voice: str, rate_wpm: int) -> bytes:
        """int16 little-endian samples of one text."""
        if self._lib.espeak_SetVoiceByName(voice.encode()) != OK:
            raise RuntimeError(f"libespeak-ng has no voice '{voice}'")
        self._lib.espeak_SetParameter(PARAMETER_RATE, rate_wpm, 0)
        data = text.encode("utf-8") + b"\0"
        size = ctypes.c_size_t(len(data))
        if self._lib.espeak_Synth(data, size, 0, POS_CHARACTER, 0, CHARS_UTF8, None, None) != OK:
            raise RuntimeError("espeak_Synth failed")
        self._lib.espeak_Synchronize()
        return bytes(self._samples)

    def _take(self, wave: Any, count: int, _events: int | None) -> int:
        if wave and count > 0:
            self._samples += ctypes.string_at(wave, 2 * count)
        return 0


def answer(speech: Speech, line: bytes) -> tuple[int, bytes]:
    """Kind and payload for one request, spoken by a fork."""
    inward, outward = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(inward)
        try:
            request = json.loads(line)
            kind, payload = PCM, speech.say(request["text"], request["voice"], request["rate_wpm"])
        except Exception as e:
            kind, payload = ERROR, f"{type(e).__name__}: {e}".encode()
        with os.fdopen(outward, "wb") as pipe:
            pipe.write(bytes([kind]) + payload)
        os._exit(0)
    os.close(outward)
    with os.fdopen(inward, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if status != 0 or not told:
        return ERROR, f"libespeak-ng crashed (wait status {status})".encode()
    return told[0], told[1:]


def main(library: str) -> None:
    """Serve requests until standard input ends."""
    # Whatever the library prints must not get between the answers.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def send(kind: int, payload: bytes) -> None:
        out.write(HEADER.pack(kind, len(payload)) + payload)
        out.flush()

    try:
        speech = Speech(library)
    except (OSError, RuntimeError, AttributeError) as e:
        send(ERROR, str(e).encode())
        return
    send(GREETING, json.dumps({"version": speech.version, "rate_hz": speech.rate_hz}).encode())
    for line in sys.stdin.buffer:
        send(*answer(speech, line))


if __name__ == "__main__":
    main(sys.argv[1])
