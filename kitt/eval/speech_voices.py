"""Synthetic speech in voices that no training uses: espeak-ng's variants and flite's voices named in speech_sets.toml.

Made anew for each run from seeds, 150 times faster than it is played; nothing is kept on disk.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kitt.errors import KittError
from kitt.eval.speech_mix import read_sound
from kitt.eval.speech_sets import kept
from kitt.types import F32

ACCENTS = {
    "en": ("en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-us-nyc"),
    "fr": ("fr-fr", "fr-be", "fr-ch"),
    "es": ("es", "es-419"),
}


@dataclass(frozen=True)
class TestVoice:
    """One way to speak. stretch: flite's length of sounds; speed_wpm and pitch are espeak-ng's."""

    __test__ = False
    program: str
    name: str
    speed_wpm: int = 170
    pitch: int = 50
    stretch: float = 1.0


def draw(language: str, rng: np.random.Generator) -> TestVoice:
    """A voice kept for tests; a sixth of the English ones is flite's."""
    voices = kept()["voices"]
    if language == "en" and voices["flite"] and rng.random() < 1 / 6:
        return TestVoice("flite", str(rng.choice(voices["flite"])), stretch=float(rng.uniform(0.85, 1.2)))
    accent, variant = rng.choice(ACCENTS[language]), rng.choice(voices["espeak_variants"])
    return TestVoice("espeak-ng", f"{accent}+{variant}", int(rng.integers(130, 211)), int(rng.integers(30, 71)))


def missing_programs() -> list[str]:
    return [p for p in ("espeak-ng", "flite") if shutil.which(p) is None]


def say(voice: TestVoice, text: str) -> F32:
    """The text as float32 (n,) at 16 kHz. Raises KittError when the program is missing or fails."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        if voice.program == "flite":
            how = ["-voice", voice.name, "--setf", f"duration_stretch={voice.stretch:.2f}", "-t", text, "-o", str(path)]
        else:
            how = ["-v", voice.name, "-s", str(voice.speed_wpm), "-p", str(voice.pitch), "-w", str(path), "--", text]
        try:
            subprocess.run([voice.program, *how], check=True, capture_output=True, timeout=60)
        except FileNotFoundError:
            raise KittError(f"{voice.program} is not installed: apt-get install {voice.program}") from None
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as e:
            raise KittError(f"{voice.program} failed on {text[:40]!r}: {type(e).__name__}") from None
        return read_sound(path)
