"""Sound files for the ears: whatever PyAV decodes (WAV, FLAC, Ogg, MP3, m4a, the sound of a film), and raw samples."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt.ears.audio import Intake
from kitt.ears.resample import HIGHEST_HZ, LOWEST_HZ, RATE_HZ
from kitt.errors import KittError
from kitt.types import F32, AudioChunk

RAW_SUFFIXES = (".raw", ".pcm", ".s16", ".s16le")
_BLOCK_BYTES = 1 << 15
_FULL = 1.5
"""A lossy codec overshoots full scale by a little; FFmpeg's Opus has been seen to burst to 8,000 times of it."""


@dataclass(frozen=True)
class RawFormat:
    """What a file without a header holds: 16-bit little-endian numbers, channels interleaved."""

    rate_hz: int = RATE_HZ
    channels: int = 1

    def __post_init__(self) -> None:
        """Raises KittError for what no sound has."""
        if not LOWEST_HZ <= self.rate_hz <= HIGHEST_HZ:
            raise KittError(f"raw sound of {self.rate_hz} samples a second: it must be {LOWEST_HZ} to {HIGHEST_HZ}")
        if self.channels < 1:
            raise KittError(f"raw sound of {self.channels} channels: it must be one or more")


@dataclass(frozen=True, eq=False)
class SoundBlock:
    """A piece of a file: samples float32 (n, channels), t_ns of the first one since the start of the file."""

    t_ns: int
    samples: F32
    rate_hz: int


class SoundFile:
    """One sound file, read piece by piece.

    rate_hz, channels, codec as the file states them; duration_s is NaN where it does not. `notes` tells, after
    reading, what was wrong with it.
    """

    def __init__(self, path: Path | str, raw: RawFormat = RawFormat()) -> None:
        """Raises KittError when there is no such file, or no sound in it. Files of RAW_SUFFIXES are taken as `raw`."""
        self.path = Path(path)
        self.notes: list[str] = []
        self._raw = raw if self.path.suffix.lower() in RAW_SUFFIXES else None
        try:
            about = self.path.stat()
            if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
                raise KittError(f"{self.path}: a pipe or a device is no sound file; write its sound to a file first")
            size_bytes = about.st_size
            with self.path.open("rb") as opened:
                lacking_bytes = _riff_bytes(opened.read(8)) - size_bytes
        except OSError as e:
            raise KittError(f"{self.path}: cannot read: {e.strerror}") from e
        if not size_bytes:
            raise KittError(f"{self.path}: the file is empty")
        if self._raw:
            self.rate_hz, self.channels, self.codec = raw.rate_hz, raw.channels, "raw s16le"
            self.duration_s = size_bytes / (2 * raw.channels * raw.rate_hz)
            self.notes.append(f"taken as raw 16-bit sound at {raw.rate_hz} Hz, {raw.channels} channel(s)")
            return
        if lacking_bytes > 0:
            self.notes.append(f"the file breaks off: {lacking_bytes} bytes of it are missing")
        with self._open() as container:
            stream = _sound_of(container, self.path)
            self.rate_hz, self.channels = stream.rate, stream.channels
            self.codec = stream.codec_context.name
            length = stream.duration * stream.time_base if stream.duration else (container.duration or 0) / 1e6
            self.duration_s = float(length) or float("nan")

    def blocks(self) -> Iterator[SoundBlock]:
        """The file from its start. A file that breaks off gives what was whole, and a note."""
        yield from self._raw_blocks(self._raw) if self._raw else self._decoded()

    def read(self) -> tuple[F32, int]:
        """All of it: float32 (n, channels), and the rate."""
        blocks = list(self.blocks())
        if not blocks:
            return np.zeros((0, self.channels), np.float32), self.rate_hz
        return np.concatenate([b.samples for b in blocks]), blocks[0].rate_hz

    def _open(self) -> Any:
        import av

        try:
            return av.open(str(self.path), metadata_errors="ignore")
        except (av.FFmpegError, ValueError) as e:
            kinds = "WAV, FLAC, Ogg, MP3, m4a; raw samples need a name that ends in .raw"
            raise KittError(f"{self.path}: no sound file that can be read ({kinds}): {_line(e)}") from e

    def _decoded(self) -> Iterator[SoundBlock]:
        import av

        with self._open() as container:
            stream = _sound_of(container, self.path)
            first_ns: int | None = None
            given = beyond = 0
            try:
                for frame in container.decode(stream):
                    samples = _floats(frame)
                    if not self.codec.startswith("pcm"):
                        beyond += int(np.count_nonzero(np.abs(samples) > _FULL))
                        samples = np.clip(samples, -_FULL, _FULL)
                    t_ns = round(frame.time * 1e9) if frame.time is not None else None
                    if first_ns is None:
                        first_ns = t_ns or 0
                    due_ns = round(given * 1e9 / frame.sample_rate)
                    yield SoundBlock(due_ns if t_ns is None else t_ns - first_ns, samples, frame.sample_rate)
                    given += len(samples)
            except (av.FFmpegError, ValueError) as e:
                if not given:
                    raise KittError(f"{self.path}: the sound in it is broken: {_line(e)}") from e
                self.notes.append(f"the file is broken after {given / self.rate_hz:.2f} s: {_line(e)}")
                return
            finally:
                if beyond:
                    self.notes.append(f"{beyond} samples burst beyond full scale as {self.codec} was decoded: cut off")
        if not given:
            raise KittError(f"{self.path}: there is no sound in it")
        # half a second covers what codecs add in front and behind
        if given / self.rate_hz < self.duration_s - 0.5:
            self.notes.append(f"the file breaks off after {given / self.rate_hz:.2f} of {self.duration_s:.2f} s")

    def _raw_blocks(self, raw: RawFormat) -> Iterator[SoundBlock]:
        frame_bytes = 2 * raw.channels
        given = 0
        with self.path.open("rb") as stream:
            while data := stream.read(_BLOCK_BYTES // frame_bytes * frame_bytes):
                whole = len(data) // frame_bytes * frame_bytes
                if whole < len(data):
                    self.notes.append(f"{len(data) - whole} bytes at the end make no whole sample")
                numbers = np.frombuffer(data[:whole], "<i2").reshape(-1, raw.channels)
                samples = numbers.astype(np.float32) / np.float32(2**15)
                yield SoundBlock(round(given * 1e9 / raw.rate_hz), samples, raw.rate_hz)
                given += len(samples)


def chunks_of(file: SoundFile, intake: Intake) -> Iterator[AudioChunk]:
    """A file from beginning to end as the ears hear it. Raises KittError, the file named, for what is no sound."""
    for block in file.blocks():
        try:
            yield from intake.push(block.samples, block.rate_hz, block.t_ns)
        except KittError as e:
            raise KittError(f"{file.path}: {e}") from e
    yield from intake.finish()


def read_mono(path: Path | str) -> F32:
    """A whole file as the ears hear it: float32 (n,) at 16 kHz. Raises KittError where it holds no sound."""
    chunks = chunks_of(SoundFile(path), Intake())
    return np.concatenate([np.zeros(0, np.float32), *(c.samples for c in chunks)])


def _riff_bytes(head: bytes) -> int:
    """How long a WAV says it is, 0 for what does not say: the decoder takes the size of the file for it."""
    said = int.from_bytes(head[4:8], "little")
    written_on_the_fly = said >= 0x7FFF_0000
    return 0 if head[:4] != b"RIFF" or written_on_the_fly else 8 + said


def _sound_of(container: Any, path: Path) -> Any:
    if not container.streams.audio:
        raise KittError(f"{path}: there is no sound in it")
    stream = container.streams.audio[0]
    # PyAV makes no decoder for a code that this FFmpeg does not know
    if stream.codec_context is None or not stream.rate:
        raise KittError(f"{path}: the sound in it is in a code that cannot be read here")
    return stream


def _floats(frame: Any) -> F32:
    """float32 (n, channels) of a decoded frame."""
    numbers: NDArray[Any] = frame.to_ndarray()
    planes = numbers if frame.format.is_planar else numbers.reshape(-1, len(frame.layout.channels)).T
    kind = frame.format.name.rstrip("p")
    if kind in ("flt", "dbl"):
        samples = planes.astype(np.float32)
    elif kind == "u8":
        samples = (planes.astype(np.float32) - 128) / np.float32(127)
    else:
        samples = planes.astype(np.float32) / np.float32(2.0 ** (8 * planes.dtype.itemsize - 1))
    return np.ascontiguousarray(samples.T)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
