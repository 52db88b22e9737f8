"""What hearing costs by itself: time of the second pass and of the search, memory of a process that listens."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from kitt.errors import KittError
from kitt.eval.speech_mix import RATE_HZ
from kitt.types import F32

COMMAND_S = 2.0
"""A command's length, with the silence around it."""


def computing_ms(talk: F32, languages: Sequence[str]) -> dict[str, float]:
    """Milliseconds of this thread's CPU time for COMMAND_S of speech, the median over pieces of `talk`:
    "second_pass", the encoder with the network; then by language, the search through its car grammar. Raises KittError.
    """
    from kitt.ears.acoustic import SecondPass
    from kitt.ears.decoder import Decoder
    from kitt.ears.engine import GRAMMARS
    from kitt.ears.grammar import Grammar

    size = int(COMMAND_S * RATE_HZ)
    pieces = [talk[i : i + size] for i in range(0, len(talk) - size + 1, size)]
    if not pieces:
        raise KittError(f"less than {COMMAND_S:g} s of speech to measure the passes with; give --data FOLDER")
    second = SecondPass.load()

    def posteriors(piece: F32, language: str) -> F32:
        return second.posteriors(second.features(piece), language)

    out = {"second_pass": _median_ms(lambda piece: posteriors(piece, languages[0]), pieces)}
    for language in languages:
        decoder = Decoder(Grammar.load(GRAMMARS / language).graph)
        out[language] = _median_ms(decoder.decode, [posteriors(piece, language) for piece in pieces])
    return out


def _median_ms(work: Callable[[F32], object], inputs: Sequence[F32]) -> float:
    work(inputs[0])
    times_s = []
    for given in inputs:
        begun = time.thread_time()
        work(given)
        times_s.append(time.thread_time() - begun)
    return 1e3 * float(np.median(times_s))


# not ru_maxrss: a process begins with that of the one that started it, which here is far larger
_LISTENER = """
import sys
from pathlib import Path
from kitt.ears.engine import Ears
from kitt.ears.listening import hear
hear(Ears(language=sys.argv[2]), Path(sys.argv[1]))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def memory_mb(sound: F32, language: str) -> float:
    """Peak memory of a process of its own that hears a recording, float32 (n,) at RATE_HZ, in the car grammar of a
    language or "auto", in MiB. Raises KittError.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.wav"
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE_HZ)
            out.writeframes((np.clip(sound, -1, 1) * 32_767).astype("<i2").tobytes())
        done = subprocess.run([sys.executable, "-c", _LISTENER, str(path), language], capture_output=True, text=True)
    if done.returncode:
        raise KittError(f"the ears do not run by themselves: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return float(done.stdout.split()[-1]) / 1024
