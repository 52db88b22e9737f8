"""Synthetic speech for tests: KITT's own voice at 16 kHz."""

from functools import lru_cache

import numpy as np

from kitt.ears.resample import Resampler
from kitt.mouth.voice import make_voice


@lru_cache(maxsize=32)
def speak(text, language="en", level=0.3):
    """float32 (n,) at 16 kHz, its loudest sample at `level`."""
    voice = make_voice("espeak")
    try:
        said = voice.say(text, language)
    finally:
        voice.close()
    resampler = Resampler(said.rate_hz)
    samples = said.samples.astype(np.float32) / 32_768
    out = np.concatenate([resampler.push(samples), resampler.finish()])
    return out * np.float32(level / np.abs(out).max())
