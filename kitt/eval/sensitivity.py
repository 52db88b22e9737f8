"""Which layers of a published detector INT8 costs most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx

from kitt.engine import networks
from kitt.engine.models import find_detector
from kitt.engine.pull import path_of
from kitt.engine.quantise.blame import blame
from kitt.errors import KittError
from kitt.eyes.letterbox import InputSpec, Letterbox, Region
from kitt.types import U8


def worst_layers(model: str, encoding: str, pictures: Sequence[U8], count: int = 5) -> tuple[str, ...]:
    """The layers that add most noise to what they give, the worst first, by name; a few pictures are enough.

    pictures: uint8 (H, W, 3) blue-green-red, of any size. Raises KittError without pictures, weights or ranges.
    """
    network = every_anchor(model)
    float_layers = networks.float_layers_of(model, encoding)
    feeds = [{"images": look} for look in looks(model, pictures)]
    costs = blame(network, networks.ranges_of(model, encoding), encoding, feeds, float_layers)
    return tuple(cost.layer for cost in costs[:count])


def every_anchor(model: str) -> onnx.ModelProto:
    """The float network at its first usual size, giving all its anchors in their own order: of the strongest alone,
    sorted, the rows are others in INT8."""
    (width, height), source = find_detector(model).built_sizes[0], path_of(model)
    if source.suffix == ".tflite":
        from kitt.engine.convert import efficientdet

        return efficientdet.convert(source, width, height, candidates=0)
    from kitt.engine.convert import nanodet

    return nanodet.convert(source, width, height, candidates=0)


def looks(model: str, pictures: Sequence[U8]) -> list[U8]:
    """Whole pictures as the network of the first usual size reads them: uint8 (1, H, W, 3) red-green-blue.

    Raises KittError without pictures.
    """
    if not pictures:
        raise KittError("no pictures to compare INT8 with float on: give --eval, or make the sample drive: kitt sample")
    width, height = find_detector(model).built_sizes[0]
    spec = InputSpec(width, height, False, np.dtype(np.uint8))
    return [
        np.array(Letterbox(Region(0, 0, picture.shape[1], picture.shape[0]), spec).fill(picture), np.uint8)
        for picture in pictures
    ]
