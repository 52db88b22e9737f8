"""Synthetic speech: espeak-ng in its accents, variants, pitches and speeds, and flite, as int16 at 16 kHz.

Voices that kitt/eval/speech_sets.toml keeps for tests are never used here.
"""

from __future__ import annotations

import random
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import wavfile
from scipy.signal import resample_poly

from tools.train_speech.human import read_toml

RATE_HZ = 16_000
ACCENTS = {
    "en": {
        "en-us": "gmw/en-US",
        "en-gb": "gmw/en-GB-x-rp",
        "en-gb-x-rp": "gmw/en-GB-x-rp",
        "en-gb-scotland": "gmw/en-GB-x-rp",
        "en-us-nyc": "gmw/en-US",
    },
    "fr": {"fr-fr": "roa/fr", "fr-be": "roa/fr-BE", "fr-ch": "roa/fr-CH"},
    "es": {"es": "roa/es", "es-419": "roa/es-419"},
}
"""espeak-ng's voice -> the voice file whose phones label it (accents with phones of their own take a neighbour's)."""
_LISTED = read_toml(Path(__file__).with_name("words.toml"))["voices"]
VARIANTS = _LISTED["variants"].split()
FLITE = tuple(_LISTED["flite"].split())


@dataclass(frozen=True)
class Voice:
    """One way to speak: engine, its voice, and the voice file of espeak-ng whose phones label what it says."""

    engine: str
    name: str
    labels: str
    speed_wpm: int
    pitch: int


def draw(language: str, rng: random.Random, kept: dict[str, list[str]]) -> Voice:
    """A voice of that language that is not kept for tests."""
    if language == "en" and rng.random() < 0.3:
        name = rng.choice([v for v in FLITE if v not in kept["flite"]])
        return Voice("flite", name, "gmw/en-US", rng.randint(85, 120), 0)
    accent = rng.choice(list(ACCENTS[language]))
    variant = rng.choice(["", *(v for v in VARIANTS if v not in kept["espeak_variants"])]).replace("_", " ")
    name = f"{accent}+{variant}" if variant else accent
    return Voice("espeak", name, ACCENTS[language][accent], rng.randint(125, 215), rng.randint(25, 75))


def say(voice: Voice, text: str) -> NDArray[np.int16]:
    """The text as int16 (n,) at RATE_HZ. Raises SystemExit naming the package that is missing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        if voice.engine == "flite":
            stretch = 100.0 / voice.speed_wpm
            command = [
                "flite",
                "-voice",
                voice.name,
                "--setf",
                f"duration_stretch={stretch:.2f}",
                "-t",
                text,
                "-o",
                str(path),
            ]
        else:
            command = [
                "espeak-ng",
                "-v",
                voice.name,
                "-s",
                str(voice.speed_wpm),
                "-p",
                str(voice.pitch),
                "-w",
                str(path),
                text,
            ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        except FileNotFoundError:
            raise SystemExit(f"train_speech: {command[0]} is missing: apt-get install {command[0]}") from None
        rate, samples = wavfile.read(path)
    common = int(np.gcd(rate, RATE_HZ))
    sound = resample_poly(samples.astype(np.float32), RATE_HZ // common, rate // common)
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
