"""Spectral subtraction: what is steady goes, what speaks stays."""

import numpy as np
import pytest

from kitt.ears.denoise import FLOOR, denoise
from kitt.types import F32

RATE_HZ = 16_000


def tone(hz: float, seconds: float) -> F32:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ).astype(np.float32)


def level_db(sound: F32) -> float:
    return float(10 * np.log10(np.mean(sound.astype(np.float64) ** 2) + 1e-12))


def test_steady_noise_goes_down_and_a_burst_of_tone_stays() -> None:
    noise = 0.02 * np.random.default_rng(0).standard_normal(3 * RATE_HZ).astype(np.float32)
    sound = noise.copy()
    sound[RATE_HZ : RATE_HZ + 8000] += 0.3 * tone(700, 0.5)
    clean = denoise(sound)
    assert level_db(clean[: RATE_HZ - 1000]) < level_db(noise) - 6
    assert level_db(clean[RATE_HZ + 500 : RATE_HZ + 7500]) == pytest.approx(level_db(0.3 * tone(700, 0.5)), abs=0.5)


@pytest.mark.parametrize("samples", [0, 1, 511, 512, 513, 5000])
def test_length_and_type_stay(samples: int) -> None:
    sound = np.random.default_rng(1).standard_normal(samples).astype(np.float32)
    clean = denoise(sound)
    assert clean.shape == (samples,)
    assert clean.dtype == np.float32


def test_silence_stays_silence() -> None:
    assert not denoise(np.zeros(8000, np.float32)).any()


def test_nothing_is_turned_down_below_the_floor() -> None:
    hum = tone(200, 2)
    assert level_db(denoise(hum)[2000:-2000]) >= level_db(hum) + 20 * np.log10(FLOOR) - 1


def test_loudness_does_not_matter() -> None:
    sound = np.random.default_rng(2).standard_normal(8000).astype(np.float32)
    assert np.allclose(denoise(0.01 * sound), 0.01 * denoise(sound), atol=1e-4)
