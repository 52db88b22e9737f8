"""One clean recording, as many microphones and cars would have heard it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

from tools.train_speech.noise import F32, RATE_HZ, Noises, synthetic_cabin


def augment(speech: F32, noises: Noises, babble: Callable[[int], F32], rng: np.random.Generator, *, hard: bool) -> F32:
    """A view of `speech`: speed, room, tilt of the microphone, band, noise, clipping, silence around it.

    `hard` always mixes noise, 0 to 25 dB below the speech; otherwise half the time, 12 to 40 dB below.
    `babble(n)` gives n samples of other people.
    """
    if rng.random() < 0.5:
        speech = _speed(speech, rng.uniform(0.88, 1.14))
    speech = np.pad(speech, (int(rng.uniform(0, 0.4) * RATE_HZ), int(rng.uniform(0, 0.4) * RATE_HZ)))
    if rng.random() < (0.5 if hard else 0.3):
        speech = _room(speech, noises, rng)
    if rng.random() < 0.4:
        speech = _tilt(speech, rng)
    if hard or rng.random() < 0.5:
        snr_db = rng.uniform(0, 25) if hard else rng.uniform(12, 40)
        noise = _draw_noise(len(speech), noises, babble, rng)
        speech = speech + noise * (_level(speech) / (_level(noise) + 1e-9) * 10 ** (-snr_db / 20))
    if rng.random() < 0.3:
        speech = _band(speech, rng)
    peak = float(np.abs(speech).max()) + 1e-9
    if rng.random() < 0.06:
        return np.clip(speech / peak * rng.uniform(1.5, 4.0), -1.0, 1.0).astype(np.float32)
    return (speech / peak * 10 ** rng.uniform(-1.6, 0.0)).astype(np.float32)


def _level(sound: F32) -> float:
    """Root mean square of the louder frames: the pauses do not count."""
    n = len(sound) // 320
    power = (sound[: n * 320].reshape(n, 320) ** 2).mean(1) if n else np.array([float((sound**2).mean())])
    return float(np.sqrt(power[power >= 0.05 * power.max()].mean() + 1e-12))


def _speed(speech: F32, rate: float) -> F32:
    return np.asarray(resample_poly(speech, 100, round(100 * rate)), np.float32)


def _room(speech: F32, noises: Noises, rng: np.random.Generator) -> F32:
    if noises.rooms and rng.random() < 0.4:
        response = noises.rooms[rng.integers(len(noises.rooms))]
        response = response[int(np.abs(response).argmax()) :]
    else:
        n = int(RATE_HZ * rng.uniform(0.05, 0.35))
        response = rng.standard_normal(n) * np.exp(-np.arange(n) / (n / 6))
        response /= np.sqrt((response**2).sum())
        response[0] += rng.uniform(1, 4)
    return np.asarray(fftconvolve(speech, response)[: len(speech)], np.float32)


def _tilt(speech: F32, rng: np.random.Generator) -> F32:
    """A microphone's colour: gains drawn at five frequencies, straight lines between them (dB over log frequency)."""
    f = np.log(np.maximum(np.fft.rfftfreq(len(speech), 1 / RATE_HZ), 40.0))
    gain_db = np.interp(f, np.log([60, 250, 1000, 3000, 7500]), rng.uniform(-8, 8, 5))
    return np.fft.irfft(np.fft.rfft(speech) * 10 ** (gain_db / 20), len(speech)).astype(np.float32)


def _band(speech: F32, rng: np.random.Generator) -> F32:
    if rng.random() < 0.6:
        band = (rng.uniform(150, 350), rng.uniform(3100, 3900))
        sos = butter(4, band, "bandpass", fs=RATE_HZ, output="sos")
    else:
        sos = butter(4, rng.uniform(3000, 7000), fs=RATE_HZ, output="sos")
    return np.asarray(sosfilt(sos, speech), np.float32)


def _draw_noise(n: int, noises: Noises, babble: Callable[[int], F32], rng: np.random.Generator) -> F32:
    kind = rng.random()
    if kind < 0.62:
        kinds = list(noises.recorded)
        sound = noises.recorded[kinds[rng.integers(len(kinds))]]
        if len(sound) <= n:
            sound = np.tile(sound, n // len(sound) + 2)
        start = rng.integers(len(sound) - n)
        picked = sound[start : start + n]
        return picked + rng.uniform(0, 0.7) * synthetic_cabin(n, rng) * _level(picked) if rng.random() < 0.3 else picked
    return synthetic_cabin(n, rng) if kind < 0.85 else babble(n)
