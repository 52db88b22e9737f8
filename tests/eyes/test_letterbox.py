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
    width=st.integers(16, 300),
    height=st.integers(16, 200),
    x=st.integers(0, 50),
    y=st.integers(0, 50),
    size=st.sampled_from([(576, 320), (448, 448), (1280, 192)]),
)
def test_boxes_come_back_where_they_were(width, height, x, y, size):
    """The part of the input that is picture and not padding is the whole region."""
    letterbox = Letterbox(Region(x, y, width, height), InputSpec(*size, False, np.dtype("uint8")))
    white = (letterbox.fill(np.full((y + height, x + width, 3), 255, np.uint8))[0] == 255).all(axis=2)
    rows, columns = np.flatnonzero(white.any(axis=1)), np.flatnonzero(white.any(axis=0))
    inside = np.float32([[columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]])
    np.testing.assert_allclose(letterbox.to_picture(inside), [[x, y, x + width, y + height]], atol=0.05)
