"""EfficientDet's anchors for any input size.

Tan, Pang, Le: EfficientDet, CVPR 2020, and its published code: on each pyramid level nine boxes around each cell's
middle, three sizes (octaves) by three shapes. A cell's size is the picture's size over the level's, even where the
level was rounded up; that is how the published weights were trained.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kitt.types import F32

ANCHOR_SCALE = 3.0
"""Side of the smallest square anchor in cells (EfficientDet-Lite0 to 2)."""
OCTAVES = 3
ASPECTS = (1.0, 2.0, 0.5)
"""Width over height."""


def anchors(width: int, height: int, cells: Sequence[tuple[int, int]]) -> F32:
    """float32 (N, 4): centre x, centre y, width, height in input pixels; `cells` is (rows, columns) of each level.

    Order: level, row, column, octave, aspect.
    """
    shapes = np.array(
        [(2 ** (o / OCTAVES) * a**0.5, 2 ** (o / OCTAVES) / a**0.5) for o in range(OCTAVES) for a in ASPECTS]
    )
    parts = []
    for rows, columns in cells:
        cell = np.array([width / columns, height / rows])
        y, x = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
        centres = (np.stack([x, y], -1).reshape(-1, 1, 2) + 0.5) * cell
        sizes = ANCHOR_SCALE * cell * shapes
        parts.append(np.concatenate(np.broadcast_arrays(centres, sizes), -1).reshape(-1, 4))
    found: F32 = np.concatenate(parts).astype(np.float32)
    return found
