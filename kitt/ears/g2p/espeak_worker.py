"""The process that holds libespeak-ng (GPL-3) for pronunciation; kitt's own process never loads it.

Started as `python -I espeak_worker.py LIBRARY` in the folder of `espeak-ng-data`. Each line on standard input is
a request, JSON {"voice": file name of a voice, "texts": [...]}; each answer is a line of JSON: {"ipa": [...]}
with phones parted by "_" and words by " ", or {"error": sentence}. It stands on the standard library alone.
API: espeak-ng 1.52, src/include/espeak-ng/speak_lib.h.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys

AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
CHARS_UTF8 = 1
IPA_UNDERSCORED = 0x02 | ord("_") << 8


class Pronouncer:
    """libespeak-ng, initialised once."""

    def __init__(self, library: str) -> None:
        self._lib = ctypes.CDLL(library)
        # The library cuts paths at 160 bytes, so it gets one that is never longer than the folder we stand in.
        if self._lib.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, b".", INITIALIZE_DONT_EXIT) <= 0:
            raise RuntimeError(f"libespeak-ng finds no espeak-ng-data in {os.getcwd()}")
        self._lib.espeak_TextToPhonemes.restype = ctypes.c_char_p

    def pronounce(self, voice: str, texts: list[str]) -> list[str]:
        """IPA of each text."""
        if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise RuntimeError(f"libespeak-ng has no voice '{voice}'")
        return [self._ipa(text) for text in texts]

    def _ipa(self, text: str) -> str:
        data = ctypes.create_string_buffer(text.encode("utf-8"))
        at = ctypes.c_void_p(ctypes.addressof(data))
        clauses = []
        while at.value:
            told = self._lib.espeak_TextToPhonemes(ctypes.byref(at), CHARS_UTF8, IPA_UNDERSCORED)
            clauses.append(told.decode("utf-8"))
        return " ".join(clauses)


def main(library: str) -> None:
    """Serve requests until standard input ends."""
    # Whatever the library prints must not get between the answers.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    pronouncer = Pronouncer(library)
    for line in sys.stdin.buffer:
        try:
            request = json.loads(line)
            answer: dict[str, object] = {"ipa": pronouncer.pronounce(request["voice"], request["texts"])}
        except Exception as e:
            answer = {"error": f"{type(e).__name__}: {e}"}
        out.write(json.dumps(answer) + "\n")
        out.flush()


if __name__ == "__main__":
    main(sys.argv[1])
