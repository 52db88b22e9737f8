"""espeak-ng as the system's program, started for each sentence."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
from numpy.typing import NDArray

from kitt.errors import KittError

PROGRAM = "espeak-ng"
MEND = "sudo apt-get install espeak-ng"
TIMEOUT_S = 20.0


class ProgramSynthesiser:
    """The system's espeak-ng program, started for each sentence."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._version = _program_version(program)

    def render(self, text: str, voice: str, rate_wpm: int) -> tuple[NDArray[np.int16], int]:
        command = [self._program, "--stdin", "--stdout", "-b", "1", "-v", voice, "-s", str(rate_wpm)]
        try:
            run = subprocess.run(command, input=text.encode(), capture_output=True, timeout=TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as e:
            raise KittError(f"voice espeak: {self._program} fails: {e}; {MEND}") from e
        if run.returncode != 0:
            told = run.stderr.decode("utf-8", "replace").strip()
            raise KittError(f"voice espeak: {self._program} exits with {run.returncode}: {told} (saying {text!r})")
        return parse_wav(run.stdout, self._program)

    def describe(self) -> str:
        return f"{self._version}, the system's program {self._program}"

    def close(self) -> None:
        """Nothing stays behind a sentence."""


def find() -> str:
    """The program's path. Raises KittError when it is not there."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise KittError(f"voice espeak: no {PROGRAM} on the path; {MEND}")
    return program


def parse_wav(data: bytes, where: str) -> tuple[NDArray[np.int16], int]:
    """Samples and rate of a 16 bit mono WAV. The lengths in it are ignored: written to a pipe, they are made up."""
    at = data.find(b"data")
    if data[:4] != b"RIFF" or len(data) < 44 or at < 0:
        raise KittError(f"voice espeak: {where} gave no WAV but {data[:16]!r}")
    samples = data[at + 8 :]
    return np.frombuffer(samples[: len(samples) // 2 * 2], "<i2").astype(np.int16), int.from_bytes(
        data[24:28], "little"
    )


def _program_version(program: str) -> str:
    try:
        run = subprocess.run([program, "--version"], capture_output=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise KittError(f"voice espeak: {program} does not run: {e}; {MEND}") from e
    return run.stdout.decode("utf-8", "replace").split("  Data at")[0].strip() or PROGRAM
