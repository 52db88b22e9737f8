import numpy as np
import pytest

from kitt.engine.convert.anchors import anchors
from kitt.engine.convert.heads import find_heads
from kitt.engine.convert.reading import read
from kitt.engine.models import DETECTORS
from kitt.engine.pull import weights_path


def cells(width, height):
    sizes = []
    for level in range(1, 8):
        width, height = -(-width // 2), -(-height // 2)
        if level >= 3:
            sizes.append((height, width))
    return sizes


def test_nine_anchors_a_cell_finest_level_first():
    boxes = anchors(576, 320, cells(576, 320))
    assert boxes.shape == (9 * (40 * 72 + 20 * 36 + 10 * 18 + 5 * 9 + 3 * 5), 4)
    assert boxes.dtype == np.float32


def test_the_first_cell_has_three_octaves_of_a_square_a_wide_and_a_tall_box():
    first = anchors(576, 320, cells(576, 320))[:9]
    assert np.allclose(first[:, :2], 4)
    assert np.allclose(first[0, 2:], [24, 24])
    assert np.allclose(first[1, 2:], [24 * 2**0.5, 24 / 2**0.5])
    assert np.allclose(first[2, 2:], [24 / 2**0.5, 24 * 2**0.5])
    assert np.allclose(first[3:, 2:], first[:6, 2:] * 2 ** (1 / 3), rtol=1e-6)


def test_columns_run_faster_than_rows():
    boxes = anchors(128, 64, [(8, 16)])
    assert np.allclose(boxes[9, :2], [12, 4])
    assert np.allclose(boxes[9 * 16, :2], [4, 12])


def test_a_rounded_up_level_spreads_its_cells_over_the_whole_picture():
    last = anchors(448, 448, [(4, 4)])
    assert np.allclose(np.unique(last[:, 0]), [56, 168, 280, 392])


@pytest.mark.weights
@pytest.mark.parametrize(
    "detector", [d for d in DETECTORS if d.model.file.endswith(".tflite")], ids=lambda d: d.model.name
)
def test_at_the_native_size_they_equal_those_in_the_published_file(detector):
    path = weights_path(detector.model.name)
    if not path.is_file():
        pytest.skip(f"{path.name} is not here: kitt models pull {detector.model.name}")
    graph = read(path)
    find_heads(graph)
    published = graph.tensors[graph.ops[-1].inputs[2]].data
    side = detector.native_px
    ours = anchors(side, side, cells(side, side))[:, [1, 0, 3, 2]] / side
    assert np.abs(ours - published).max() < 1e-6
