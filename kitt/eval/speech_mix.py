"""Test sound: files decoded, noise from the half of each recording that no trainer reads, mixed at a known ratio.

Signal-to-noise ratio here: level of the speech where it is on, over the level of the noise, both unweighted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from kitt.errors import KittError
from kitt.types import F32, Bools

RATE_HZ = 16_000
FRAME = 320
"""Samples of one frame of the energy gate: 20 ms."""
CAR = ("car_engine", "highway", "rain_on_car_roof", "road", "traffic", "windshield_wipers")
"""Kinds that make up the noise of a car; each clip draws one of them."""
LEAD_S, TAIL_S = 0.3, 1.0
"""Background before and after each clip: the end-pointer must find the end of the speech, not of the file."""


@dataclass(frozen=True)
class Noises:
    """Kind -> sound, float32 (n,) at RATE_HZ: the second half of each recording."""

    kinds: dict[str, F32]


def read_sound(path: Path) -> F32:
    """Any sound file as float32 (n,) mono at RATE_HZ, read as `kitt listen` reads it. Raises KittError."""
    from kitt.ears.files import read_mono

    return read_mono(path)


def noise_files(data: Path) -> dict[str, Path]:
    """Kind -> recording, of those that lie under the data folder."""
    car_road = sorted((data / "noise_car_road").glob("remvze_*.ogg"))
    found = {p.stem.removeprefix("remvze_"): p for p in car_road}
    found |= {p.stem: p for p in sorted((data / "noise_ibm_max" / "samples").glob("*.wav"))}
    music = data / "noise_felix" / "data" / "noises" / "music.wav"
    return found | ({"music": music} if music.is_file() else {})


def load_noises(data: Path) -> Noises:
    """The test half of every noise. Raises KittError where there is none."""
    files = noise_files(data)
    if not files:
        raise KittError(f"{data}: holds no noise_* folders to mix speech with; give --data FOLDER")
    sounds = {kind: read_sound(path) for kind, path in files.items()}
    return Noises({kind: sound[len(sound) // 2 :] for kind, sound in sounds.items()})


def seeded(*words: object) -> np.random.Generator:
    """A generator that depends on these words alone."""
    digest = hashlib.sha256("/".join(str(w) for w in words).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


Gate = Callable[[F32], Bools]
"""Where a clean recording holds speech: float32 (n,) -> bool (n,)."""


def energy_gate(samples: F32) -> Bools:
    """Speech is less than 25 dB under the loud frames and above the floor; pauses up to 200 ms count in."""
    out = np.zeros(len(samples), np.bool_)
    if len(samples) < FRAME:
        return out
    db = frame_db(samples)
    loud, floor = np.percentile(db, 95), np.percentile(db, 10)
    on = db > max(loud - 25.0, min(floor + 6.0, loud - 12.0))
    at = np.flatnonzero(on)
    for a, b in pairwise(at):
        if b - a <= 10:
            on[a:b] = True
    marked = np.repeat(on, FRAME)
    out[: len(marked)] = marked
    return out


def silero_gate() -> Gate:
    """The ears' own voice activity. Raises KittError when its weights were not pulled."""
    from kitt.ears.vad import FRAME as VAD_FRAME
    from kitt.ears.vad import VoiceActivity

    vad = VoiceActivity.load()

    def gate(samples: F32) -> Bools:
        vad.reset()
        on = np.repeat(vad.push(np.concatenate([samples, np.zeros(VAD_FRAME, np.float32)])) >= 0.5, VAD_FRAME)
        return np.asarray(on[: len(samples)], np.bool_)

    return gate


def frame_db(samples: F32) -> F32:
    """Level of each frame, dB of full scale."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    return np.asarray(10 * np.log10((frames**2).mean(1) + 1e-12), np.float32)


def speech_span_s(samples: F32) -> tuple[float, float]:
    """Begin and end of the speech in a clean recording, seconds; the whole recording where none stands out."""
    at = np.flatnonzero(energy_gate(samples))
    if not len(at):
        return 0.0, len(samples) / RATE_HZ
    return float(at[0]) / RATE_HZ, float(at[-1] + 1) / RATE_HZ


def level_db(samples: F32) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-12))


def speech_level_db(samples: F32, gate: Gate = energy_gate) -> float:
    """Level of a clean recording where its speech is on; of all of it where the gate finds none."""
    on = gate(samples)
    return level_db(samples[on]) if on.any() else level_db(samples)


def in_quiet(samples: F32, rng: np.random.Generator) -> F32:
    """The clip with its own quietest background before and after it, so that nothing is cut and nothing is zero."""
    floor_db = min(float(np.percentile(frame_db(samples), 5)), -50.0) if len(samples) >= FRAME else -70.0
    amplitude = 10 ** (max(floor_db, -80.0) / 20)
    around = [amplitude * rng.standard_normal(int(s * RATE_HZ)) for s in (LEAD_S, TAIL_S)]
    return np.concatenate([around[0], samples, around[1]]).astype(np.float32)


def silent_s(seconds: float, rng: np.random.Generator) -> F32:
    """A silence as microphones have it: noise at -75 dB of full scale."""
    return np.asarray(10 ** (-75 / 20) * rng.standard_normal(int(seconds * RATE_HZ)), np.float32)


def stretch_of(noise: F32, n: int, rng: np.random.Generator) -> F32:
    """n samples of a noise from a drawn place; a short one runs forth and back, which has no seams."""
    if len(noise) == 0:
        raise KittError("a noise recording is empty")
    begin = int(rng.integers(len(noise)))
    there_and_back = np.concatenate([noise, noise[::-1]])
    return np.asarray(np.take(there_and_back, np.arange(begin, begin + n), mode="wrap"), np.float32)


def mix(samples: F32, noise: F32, snr_db: float, speech_db: float) -> F32:
    """samples + noise at that ratio to a speech level; turned down as a whole where it would clip."""
    gain = 10 ** ((speech_db - snr_db - level_db(noise)) / 20)
    out = samples + np.float32(gain) * noise
    peak = float(np.abs(out).max(initial=0.0))
    return np.asarray(out if peak <= 0.99 else out * np.float32(0.99 / peak), np.float32)


@dataclass(frozen=True)
class Condition:
    """How a clip is played: clean (snr_db None), or with a kind of noise; kind "car" draws one of CAR."""

    snr_db: float | None = None
    kind: str = "car"

    @property
    def name(self) -> str:
        if self.snr_db is None:
            return "clean"
        return f"{self.snr_db:g} dB" if self.kind == "car" else f"{self.snr_db:g} dB {self.kind}"


CLEAN = Condition()


def play(clip: F32, key: str, condition: Condition, noises: Noises | None, gate: Gate = energy_gate) -> F32:
    """A decoded clip under a condition. The same key and condition always give the same sound."""
    rng = seeded(key, condition.name)
    out = in_quiet(clip, rng)
    if condition.snr_db is None:
        return out
    if noises is None:
        raise KittError(f"{condition.name}: no noise recordings")
    kinds = [k for k in CAR if k in noises.kinds] if condition.kind == "car" else [condition.kind]
    if not kinds or kinds[0] not in noises.kinds:
        raise KittError(f"no recording of the noise '{condition.kind}'; there are {', '.join(noises.kinds)}")
    noise = noises.kinds[kinds[int(rng.integers(len(kinds)))]]
    return mix(out, stretch_of(noise, len(out), rng), condition.snr_db, speech_level_db(clip, gate))
