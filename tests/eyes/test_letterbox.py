"""A picture keeps its aspect in the network's input, and boxes find their way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitt.eyes.letterbox import PAD, InputSpec, Letterbox, Region

SPECS = [
    InputSpec(64, 64, channels_first, np.dtype(dtype), scale)
    for channels_first in (True, False)
    for dtype, scale in (("uint8", 1.0), ("float32", 1.0), ("float32", 1 / 255))
]


def rgb(letterbox: Letterbox) -> np.ndarray:
    """The buffer as (H, W, 3) of 0..255, whatever the network's layout."""
    picture = letterbox.buffer[0].transpose(1, 2, 0) if letterbox.spec.channels_first else letterbox.buffer[0]
    return np.rint(picture / letterbox.spec.scale).astype(int)


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_every_layout_holds_the_same_red_green_blue_picture(spec):
    image = np.zeros((32, 64, 3), np.uint8)
    image[:] = (10, 20, 30)  # blue, green, red
    letterbox = Letterbox(Region(0, 0, 64, 32), spec)
    assert letterbox.fill(image) is letterbox.buffer
    assert letterbox.buffer.dtype == spec.dtype
    picture = rgb(letterbox)
    assert (picture[16:48] == (30, 20, 10)).all()
    assert (picture[:16] == PAD).all()
    assert (picture[48:] == PAD).all()


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_a_second_picture_leaves_nothing_of_the_first_and_the_camera_picture_untouched(spec):
    letterbox = Letterbox(Region(0, 0, 90, 70), spec)
    first, second = np.full((70, 90, 3), 255, np.uint8), np.zeros((70, 90, 3), np.uint8)
    second.setflags(write=False)
    before = letterbox.buffer.ctypes.data
    letterbox.fill(first)
    letterbox.fill(second)
    assert letterbox.buffer.ctypes.data == before
    assert set(np.unique(rgb(letterbox))) == {0, PAD}


def test_a_region_is_cut_out_of_the_picture():
    image = np.zeros((100, 200, 3), np.uint8)
    image[40:60, 100:140] = 200
    letterbox = Letterbox(Region(100, 40, 40, 20), InputSpec(80, 40, False, np.dtype("uint8")))
    assert (letterbox.fill(image) == 200).all()
    np.testing.assert_allclose(letterbox.to_picture(np.float32([[0, 0, 80, 40]])), [[100, 40, 140, 60]])


@given(
    width=st.integers(16, 3000),
    height=st.integers(16, 2000),
    x=st.integers(0, 500),
    y=st.integers(0, 500),
    size=st.sampled_from([(576, 320), (448, 448), (1280, 192)]),
    box=st.tuples(*[st.floats(0, 1)] * 4),
)
def test_boxes_come_back_where_they_were(width, height, x, y, size, box):
    letterbox = Letterbox(Region(x, y, width, height), InputSpec(*size, True, np.dtype("uint8")))
    there = np.float32([[x + box[0] * width, y + box[1] * height, x + box[2] * width, y + box[3] * height]])
    inside = letterbox.to_input(there)
    assert (inside >= -0.01).all()
    assert (inside <= np.float32([*size, *size]) + 0.01).all()
    np.testing.assert_allclose(letterbox.to_picture(inside), there, atol=0.05)
