from dataclasses import replace

import numpy as np
import pytest

from kitt.engine.backend import TensorSpec
from kitt.errors import KittError
from kitt.eval.parity import ENCODINGS, SAME_FILE, agreement, parity, same_outputs
from kitt.types import CAR, PERSON, Detections

FLOAT, BYTE = np.dtype(np.float32), np.dtype(np.uint8)


def seen(*rows):
    """(x, score, class) each: boxes 100 wide and 50 high, at x."""
    x = np.array([r[0] for r in rows], np.float32)
    boxes = np.stack([x, np.full_like(x, 10), x + 100, np.full_like(x, 60)], axis=1).reshape(-1, 4)
    return Detections(boxes, np.array([r[1] for r in rows], np.float32), np.array([r[2] for r in rows], np.int64))


NOTHING = seen()


def test_the_same_detections_are_the_same():
    found = [seen((0, 0.9, CAR), (300, 0.5, PERSON)), NOTHING]
    result = agreement(found, found)
    assert (result.matched, result.total, result.shares, result.worst, result.pictures) == (4, 4, (1, 1), "", 2)
    assert result.passes()
    assert str(result) == "100.00% the same (4 of 4, 2 pictures)"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ((0, 0.21, CAR), True),  # a fainter one will do
        ((0, 0.19, CAR), False),  # one that is hardly there will not
        ((0, 0.9, PERSON), False),  # nor one of another class
        ((5, 0.9, CAR), True),  # IoU 95 / 105 = 0.905
        ((6, 0.9, CAR), False),  # IoU 94 / 106 = 0.887
    ],
)
def test_the_rule(other, same):
    result = agreement([seen((0, 0.9, CAR))], [seen(other)])
    assert result.shares[0] == same
    assert result.passes() == same


def test_what_is_faint_in_both_need_not_match():
    assert agreement([seen((0, 0.9, CAR), (300, 0.3, CAR))], [seen((0, 0.9, CAR))]).passes()


def test_it_goes_both_ways_and_the_worse_counts():
    """One that sees more than the other, be it a hundred times, does not hide it."""
    few, many = seen((0, 0.9, CAR)), seen((0, 0.9, CAR), (200, 0.8, CAR))
    for a, b, shares in ((few, many, (1, 0.5)), (many, few, (0.5, 1))):
        result = agreement([a], [b])
        assert result.shares == shares
        assert result.share == 0.5
        assert not result.passes()
    assert not agreement([few], [NOTHING]).passes()
    assert not agreement([NOTHING], [few]).passes()


def test_the_worst_is_told_with_picture_class_score_and_overlap():
    result = agreement([NOTHING, seen((0, 0.4, CAR))], [seen((0, 0.35, CAR)), seen((50, 0.87, CAR))])
    assert result.worst == "picture 1: car of score 0.87 in the second, overlapped by 0.33 in the other"
    assert "0.00% the same (0 of 3, 2 pictures); worst: picture 1: car" in str(result)


def test_nothing_seen_proves_nothing():
    result = agreement([NOTHING], [seen((0, 0.25, CAR))])
    assert not result.passes(0)
    assert "proves nothing" in str(result)


def test_boxes_that_are_no_numbers_are_not_the_same():
    good = seen((0, 0.9, CAR))
    bad = replace(good, xyxy=np.full((1, 4), np.nan, np.float32))
    assert not agreement([good], [bad]).passes()
    assert not agreement([bad], [bad]).passes()


def test_the_limits_are_those_of_the_issue():
    hundred = [seen((0, 0.9, CAR))] * 100
    for lost, same_file, encodings in ((1, True, True), (2, False, True), (5, False, True), (6, False, False)):
        result = agreement(hundred, [NOTHING] * lost + hundred[lost:])
        assert (result.passes(SAME_FILE), result.passes(ENCODINGS)) == (same_file, encodings)


class Bright:
    """A detector of kitt's layout that sees a car wherever one of 8 columns of the picture is bright."""

    def __init__(self, name="right", size=(64, 32), change=lambda outputs: outputs):
        self.name = name
        self._size = size
        self._change = change
        self.shown = []

    def io_specs(self):
        width, height = self._size
        outputs = TensorSpec("boxes", (1, 8, 4), FLOAT), TensorSpec("scores", (1, 8, 8), FLOAT)
        return (TensorSpec("images", (1, height, width, 3), BYTE),), outputs

    def infer(self, inputs):
        picture = inputs["images"]
        self.shown.append(picture.copy())
        width, height = self._size
        column = width // 8
        brightness = picture[0].reshape(height, 8, column, 3).mean(axis=(0, 2, 3)) / 255
        scores = np.zeros((1, 8, 8), np.float32)
        scores[0, :, CAR] = np.where(brightness > 0.6, brightness, 0)
        left = np.arange(8) * column
        boxes = np.stack([left, left * 0, left + column, left * 0 + height], axis=1).astype(np.float32)[None]
        return self._change({"boxes": boxes, "scores": scores})


def street(bright=(1, 4)):
    picture = np.zeros((320, 640, 3), np.uint8)
    for i in bright:
        picture[:, i * 80 : (i + 1) * 80] = 250
    return picture


def shifted(outputs):
    """One class is another's: what a wrong layout of channels does."""
    return {**outputs, "scores": np.roll(outputs["scores"], 1, axis=2)}


def moved(outputs):
    return {**outputs, "boxes": outputs["boxes"] + np.float32([0, 2, 0, 2])}


def deaf(outputs):
    return {**outputs, "scores": outputs["scores"] * 0}


def broken(outputs):
    return {**outputs, "scores": outputs["scores"] * np.nan}


def test_two_that_compute_the_same_pass():
    result = parity(Bright(), Bright(), [street(), street((0, 7))])
    assert (result.matched, result.total, result.pictures) == (8, 8, 2)
    assert result.passes()


@pytest.mark.parametrize("wrong", [shifted, moved, deaf, broken])
def test_one_that_computes_wrong_is_caught(wrong):
    for a, b in ((Bright(), Bright(change=wrong)), (Bright(change=wrong), Bright())):
        result = parity(a, b, [street(), street((0, 7))])
        assert not result.passes(0.01)
        assert "picture 0" in result.worst


def test_networks_of_other_sizes_are_not_compared():
    with pytest.raises(KittError, match="cannot be compared: one takes 64x32 pixels, the other 128x32"):
        parity(Bright(), Bright(size=(128, 32)), [street()])


def test_a_network_of_strips_is_shown_the_band_at_half_height_in_full_width():
    strip = Bright(size=(640, 64))
    picture = street()
    picture[:128] = picture[192:] = 99
    parity(strip, Bright(size=(640, 64)), [picture])
    assert np.array_equal(strip.shown[0][0], picture[128:192, :, ::-1])


class Adder:
    """No detector: adds its two inputs."""

    def __init__(self, change=lambda y: {"y": y}):
        self.name = "adder"
        self._change = change

    def io_specs(self):
        both = tuple(TensorSpec(n, (2, 3), FLOAT) for n in "ab")
        return both, (TensorSpec("y", (2, 3), FLOAT),)

    def infer(self, inputs):
        return self._change(inputs["a"] + inputs["b"])


FEEDS = [{n: np.full((2, 3), v, np.float32) for n in "ab"} for v in (1, 2)]


def test_outputs_within_the_tolerance_are_the_same():
    result = same_outputs(Adder(), Adder(lambda y: {"y": y + np.float32(0.001)}), FEEDS, 0.01)
    assert result.passes
    assert result.largest == pytest.approx(0.001, rel=1e-3)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda y: {"y": y * np.float32(1.1)},
        lambda y: {"y": y * np.float32(np.nan)},
        lambda y: {"y": y[:1]},
        lambda y: {"y": y.astype(np.float64)},
        lambda y: {"z": y},
        lambda y: {"y": y, "z": y},
    ],
)
def test_other_outputs_are_caught(wrong):
    result = same_outputs(Adder(), Adder(wrong), FEEDS, 0.1)
    assert not result.passes
    assert "output '" in str(result)


def test_no_inputs_prove_nothing():
    with pytest.raises(KittError, match="cannot be compared: no inputs"):
        same_outputs(Adder(), Adder(), [], 0.1)


def test_what_is_no_detector_is_told():
    with pytest.raises(KittError, match="adder: its outputs are y"):
        parity(Adder(), Adder(), [street()])
