"""Frames in, detections out, with a network that takes white rectangles for cars."""

from collections.abc import Mapping
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from kitt.config import EyesConfig
from kitt.engine.backend import TensorSpec
from kitt.engine.pull import weights_path
from kitt.errors import KittError
from kitt.eyes.detector import Detector
from kitt.types import CAR, Frame

FAINT_PX = 8
"""What is lower than this in its input the network does not see."""


class WhiteIsCar:
    """A stand-in for the network: kitt's EfficientDet layout, a car wherever there is a white rectangle."""

    name = "white-is-car"

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        self.size = size
        self.calls = 0

    def io_specs(self):
        w, h = self.size
        picture = TensorSpec("images", (1, h, w, 3), np.dtype(np.uint8))
        shapes = {"boxes": (1, 10, 4), "scores": (1, 10, 8)}
        return (picture,), tuple(TensorSpec(n, s, np.dtype(np.float32)) for n, s in shapes.items())

    def infer(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        self.calls += 1
        picture = inputs["images"][0]
        assert picture.shape == (self.size[1], self.size[0], 3)
        _, _, stats, _ = cv2.connectedComponentsWithStats((picture[:, :, 0] > 200).astype(np.uint8))
        boxes, scores = np.zeros((1, 10, 4), np.float32), np.zeros((1, 10, 8), np.float32)
        for i, (x, y, w, h, _) in enumerate(stats[1:]):
            boxes[0, i] = x, y, x + w, y + h
            scores[0, i, CAR] = 0.9 if h >= FAINT_PX else 0.01
        return {"boxes": boxes, "scores": scores}


class Store:
    """Stands in for the models folder and the backend's loader; remembers what was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[tuple[int, int]] = []

    def ensure(self, model: str, width: int, height: int) -> Path:
        self.asked.append((width, height))
        path = self.folder / f"{width}x{height}.onnx"
        path.write_bytes(b"net")
        return path

    def load(self, path: Path, threads: int) -> WhiteIsCar:
        width, height = path.stem.split("x")
        return WhiteIsCar(path, (int(width), int(height)))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def detector(store: Store, size=(1280, 720), strip_every=2, **more) -> Detector:
    return Detector(
        EyesConfig(strip_every=strip_every), size, size[1] / 2, backend=store.load, store=store.ensure, **more
    )


def frame(index: int, *cars: tuple[int, int, int, int], size=(1280, 720)) -> Frame:
    image = np.zeros((size[1], size[0], 3), np.uint8)
    for x1, y1, x2, y2 in cars:
        image[y1:y2, x1:x2] = 255
    image.setflags(write=False)
    return Frame(index, index * 40_000_000, image)


NEAR, FAR = (100, 300, 400, 500), (640, 350, 656, 362)


def test_cars_are_found_where_they_are_in_the_picture(store):
    found = detector(store).process(frame(1, NEAR))
    assert found.class_id.tolist() == [CAR]
    np.testing.assert_allclose(found.xyxy[0], NEAR, atol=3)


def test_a_far_car_is_seen_in_the_frames_of_the_strip_and_these_go_by_frame_index(store):
    eyes = detector(store, strip_every=3)
    seen = [len(eyes.process(frame(i, NEAR, FAR))) for i in (0, 1, 2, 3, 4, 6)]
    assert seen == [2, 1, 1, 2, 1, 2]


def test_without_the_strip_the_far_car_stays_unseen(store):
    assert len(detector(store, strip_every=0).process(frame(0, NEAR, FAR))) == 1


def test_two_runs_and_any_order_give_the_same(store):
    a, b = detector(store), detector(store)
    for i in (3, 2, 7):
        a.process(frame(i, FAR))
    first, second = a.process(frame(4, NEAR, FAR)), b.process(frame(4, NEAR, FAR))
    np.testing.assert_array_equal(first.xyxy, second.xyxy)
    np.testing.assert_array_equal(first.score, second.score)


def test_a_picture_of_another_size_is_adapted_to_and_counted(store):
    eyes = detector(store)
    eyes.process(frame(0, NEAR))
    found = eyes.process(frame(1, (10, 100, 200, 300), size=(640, 480)))
    np.testing.assert_allclose(found.xyxy[0], (10, 100, 200, 300), atol=3)
    assert eyes.resized == 1
    assert store.asked == [(576, 320), (1280, 192), (512, 384), (640, 192)]


def test_aiming_at_another_horizon_moves_the_strip_without_loading_anything(store):
    eyes = detector(store, strip_every=1)
    low = (640, 600, 656, 612)
    assert len(eyes.process(frame(0, low))) == 0
    eyes.aim(600.0)
    assert len(eyes.process(frame(1, low))) == 1
    assert store.asked == [(576, 320), (1280, 192)]


def test_time_in_the_network_is_told_by_the_clock_handed_in_and_by_no_other(store):
    ticks = iter(range(0, 1000, 7))
    eyes = detector(store, clock=lambda: next(ticks))
    eyes.process(frame(0, NEAR))
    assert (eyes.network_ns, eyes.network_calls) == (14, 2)
    eyes.process(frame(1, NEAR))
    assert (eyes.network_ns, eyes.network_calls) == (7, 1)
    silent = detector(store)
    silent.process(frame(0, NEAR))
    assert silent.network_ns == 0


def test_boxes_stay_inside_the_picture_and_nothing_below_the_floor_comes_out(store):
    eyes = detector(store, floor=0.95)
    assert len(eyes.process(frame(0, NEAR))) == 0
    xyxy = detector(store).process(frame(0, (0, 0, 1280, 720))).xyxy
    assert (xyxy >= 0).all()
    assert (xyxy <= (1280, 720, 1280, 720)).all()


def test_it_says_what_runs(store):
    said = detector(store).describe()
    assert said["model"] == "efficientdet-lite2"
    assert said["family"] == "efficientdet"
    assert said["backend"] == "white-is-car"
    assert [(look["name"], look["input"], look["every"]) for look in said["looks"]] == [
        ("whole", [576, 320], 1),
        ("strip", [1280, 192], 2),
    ]
    assert len(said["looks"][0]["sha256"]) == 64


def test_a_users_own_model_of_a_fixed_size_gets_the_whole_picture_only(store, tmp_path):
    path = tmp_path / "640x640.onnx"
    path.write_bytes(b"net")
    eyes = Detector(EyesConfig(model=str(path)), (1280, 720), 360.0, backend=store.load, store=store.ensure)
    assert [(look["name"], look["input"]) for look in eyes.describe()["looks"]] == [("whole", [640, 640])]
    np.testing.assert_allclose(eyes.process(frame(0, NEAR)).xyxy[0], NEAR, atol=3)
    assert store.asked == []


def test_a_model_that_is_not_there_is_told_in_one_line():
    with pytest.raises(KittError, match=r"gone\.onnx"):
        Detector(EyesConfig(model="gone.onnx"), (1280, 720), 360.0)


@pytest.mark.weights
@pytest.mark.shared
def test_the_real_network_sees_the_cars_of_the_highway_and_the_strip_sees_more_of_them():
    clip = Path(__file__).parents[3] / "shared/data/drive_carnd_lanelines/test_videos/solidWhiteRight.mp4"
    if not clip.exists():
        pytest.skip("the highway clip is not here (../shared/data)")
    if not weights_path("efficientdet-lite2").is_file():
        pytest.skip("the weights are not here: kitt models pull")
    with av.open(str(clip)) as container:
        image = list(container.decode(video=0))[80].to_ndarray(format="bgr24")
    seen = {}
    for every in (0, 1):
        eyes = Detector(EyesConfig(strip_every=every, threads=1), (960, 540), 310.0)
        seen[every] = eyes.process(Frame(0, 0, image))
    strong = [d[(d.score > 0.3) & (d.class_id == CAR)] for d in seen.values()]
    assert len(strong[0]) >= 2
    assert len(strong[1]) > len(strong[0])
