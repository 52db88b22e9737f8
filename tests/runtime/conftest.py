"""Small drives made on the spot, and the detector's real weights, small and fast."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from kitt.config import Config
from kitt.drive.records import AUDIO_TOPIC, IMAGE_TOPIC, SPEED_TOPIC, Picture, Record, Sound, Speed
from kitt.drive.writer import DriveWriter
from kitt.ears.engine import Networks
from kitt.engine.pull import weights_path
from kitt.errors import KittError
from tests.ears.voices import speak

SIZE = (320, 192)
FRAME_NS = 100_000_000
START_NS = 1_700_000_000_000_000_000

MakeDrive = Callable[..., Path]


def jpeg(index: int, size: tuple[int, int] = SIZE) -> bytes:
    """A road-like picture that changes a little with `index`."""
    width, height = size
    image = np.full((height, width, 3), (200, 180, 160), np.uint8)
    image[height // 2 :] = (90, 90, 90)
    cv2.rectangle(image, (100 + index, 80), (150 + index, 120), (40, 40, 160), cv2.FILLED)
    return cv2.imencode(".jpg", image)[1].tobytes()


def pictures(count: int) -> list[Picture]:
    return [Picture(START_NS + i * FRAME_NS, IMAGE_TOPIC, "jpeg", jpeg(i)) for i in range(count)]


def speeds(count: int, mps: float = 14.0) -> list[Speed]:
    return [Speed(START_NS + i * FRAME_NS, SPEED_TOPIC, mps) for i in range(count)]


@pytest.fixture
def make_drive(tmp_path: Path) -> MakeDrive:
    def make(records: list[Record], name: str = "drive.mcap") -> Path:
        with DriveWriter(tmp_path / name) as out:
            for record in sorted(records, key=lambda r: r.t_ns or 0):
                out.write(record)
        return tmp_path / name

    return make


@pytest.fixture
def fast() -> Config:
    """Settings for the smallest model, one look, no ears; skips where the weights are not there."""
    config = Config()
    model = "efficientdet-lite0"
    if not weights_path(model).exists():
        pytest.skip("the detector's weights are not here: run `kitt models pull`")
    eyes = replace(config.eyes, model=model, strip_every=0, threads=1)
    return replace(config, eyes=eyes, ears=replace(config.ears, enabled=False))


@pytest.fixture
def hearing(fast: Config) -> Config:
    """The same with ears; skips where their weights are not there."""
    try:
        Networks.load()
    except KittError as e:
        pytest.skip(str(e))
    return replace(fast, ears=replace(fast.ears, enabled=True))


def spoken(text: str, language: str, at_s: float, total_s: float, topic: str = AUDIO_TOPIC) -> list[Sound]:
    """KITT's own voice says something; float noise stands in for the car."""
    said = speak(text, language)
    track = np.random.default_rng(1).normal(0, 0.002, round(total_s * 16_000)).astype(np.float32)
    begin = round(at_s * 16_000)
    track[begin : begin + len(said)] += said
    pcm = np.rint(track * 32_767).astype(np.int16)[:, None]
    return [Sound(START_NS + k * 62_500, topic, 16_000, pcm[k : k + 1600]) for k in range(0, len(pcm), 1600)]
