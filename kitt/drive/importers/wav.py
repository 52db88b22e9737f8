"""Sound from a WAV file of 8, 16, 24 or 32 bits a sample, as 16 bits."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kitt.drive.digest import Digest, HashingFile
from kitt.drive.importers import first_bytes
from kitt.drive.records import AUDIO_TOPIC, Problem, Record, Sound
from kitt.drive.source import Options, Source
from kitt.errors import KittError

WHAT = "wav"
_BLOCKS_A_SECOND = 10


def matches(path: Path) -> bool:
    head = first_bytes(path, 12)
    return head[:4] == b"RIFF" and head[8:] == b"WAVE"


def read(path: Path, options: Options) -> Source:
    """Open a WAV. Raises KittError for one that is damaged or not PCM."""
    digest = Digest(path)
    try:
        with wave.open(str(path), "rb") as f:
            rate_hz, width, channels, length = f.getframerate(), f.getsampwidth(), f.getnchannels(), f.getnframes()
    except (wave.Error, EOFError) as e:
        raise KittError(f"{path}: not a WAV that kitt reads: {e or 'it breaks off'} (PCM of 8 to 32 bits)") from e
    if not rate_hz or not channels or width not in (1, 2, 3, 4):
        raise KittError(
            f"{path}: {channels} channels of {8 * width} bits at {rate_hz} Hz; kitt reads PCM of 8 to 32 bits"
        )

    def records() -> Iterator[Record]:
        with HashingFile(path, digest) as file, wave.open(file, "rb") as f:  # type: ignore[call-overload]
            block, at = max(1, rate_hz // _BLOCKS_A_SECOND), 0
            while data := f.readframes(block):
                samples = _int16(data, width, channels)
                t_ns = at * 1_000_000_000 // rate_hz
                if len(samples) and options.holds(t_ns, 0):
                    yield Sound(t_ns, AUDIO_TOPIC, rate_hz, samples)
                at += len(samples)
                if len(samples) < block:
                    break
            if at < length:
                what = f"the sound breaks off after {at / rate_hz:.1f} of {length / rate_hz:.1f} s"
                yield Problem(None, path.name, what, "truncated")

    span_ns = length * 1_000_000_000 // rate_hz
    return Source("wav", path, 0, span_ns, 0, records, digest.sha256, topics=frozenset({AUDIO_TOPIC}))


def _int16(data: bytes, width: int, channels: int) -> NDArray[np.int16]:
    """PCM bytes as int16 (n, channels): the upper 16 bits of wider samples. 8 bits are unsigned in a WAV."""
    data = data[: len(data) - len(data) % (width * channels)]
    if width == 1:
        samples = (np.frombuffer(data, np.uint8).astype(np.int16) - 128) << 8
    else:
        samples = np.frombuffer(data, np.uint8).reshape(-1, width)[:, -2:].copy().view("<i2")[:, 0]
    return samples.astype(np.int16, copy=False).reshape(-1, channels)
