"""Noise and rooms to mix into training speech: the first half of each recording; the second half measures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
RATE_HZ = 16_000


@dataclass(frozen=True)
class Noises:
    """Kind -> sound, and impulse responses of rooms. float32 (n,) at RATE_HZ."""

    recorded: dict[str, F32]
    rooms: list[F32]


def read_sound(path: Path | str) -> F32:
    """Any sound file as float32 mono at RATE_HZ."""
    resampler = av.AudioResampler("flt", "mono", RATE_HZ)
    parts = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            parts += [f.to_ndarray()[0] for f in resampler.resample(frame)]
        parts += [f.to_ndarray()[0] for f in resampler.resample(None)]
    return np.concatenate(parts).astype(np.float32) if parts else np.zeros(0, np.float32)


def load(data: Path) -> Noises:
    """Every permitted noise under `data`, its first half."""
    files = {p.stem.removeprefix("remvze_"): p for p in sorted((data / "noise_car_road").glob("remvze_*.ogg"))}
    files |= {p.stem: p for p in sorted((data / "noise_ibm_max" / "samples").glob("*.wav"))}
    files["music"] = data / "noise_felix" / "data" / "noises" / "music.wav"
    recorded = {}
    for kind, path in files.items():
        sound = read_sound(path)
        recorded[kind] = sound[: len(sound) // 2]
    rooms = [read_sound(p) for p in sorted((data / "noise_speechbrain" / "tests" / "samples" / "RIRs").glob("*.wav"))]
    return Noises(recorded, rooms)


def synthetic_cabin(n: int, rng: np.random.Generator) -> F32:
    """Road rumble (noise falling 3 to 9 dB an octave) and engine harmonics that wander."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    f = np.fft.rfftfreq(n, 1 / RATE_HZ)
    rumble = np.fft.irfft(spectrum / np.maximum(f, 30.0) ** rng.uniform(0.5, 1.5), n)
    t = np.arange(n) / RATE_HZ
    firing = rng.uniform(25, 120) * (1 + 0.1 * np.sin(2 * np.pi * rng.uniform(0.05, 0.5) * t + rng.uniform(0, 6)))
    phase = 2 * np.pi * np.cumsum(firing) / RATE_HZ
    hum = sum(np.sin(k * phase + rng.uniform(0, 6)) / k ** rng.uniform(0.5, 1.5) for k in range(1, 7))
    return (rumble / (rumble.std() + 1e-9) + rng.uniform(0, 1.2) * hum / (np.std(hum) + 1e-9)).astype(np.float32)
