"""Real numbers as 8-bit integers: real = scale * (stored - zero)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt.types import F32

_FINEST_BIAS = 2.0**30
"""A bias may take so many steps of a 32-bit sum; a channel of hardly any weight would ask for more."""


@dataclass(frozen=True)
class Grid:
    """One scale for a whole tensor. dtype: uint8 or int8, what is stored."""

    scale: np.float32
    zero: int
    dtype: type[np.uint8] | type[np.int8]

    @staticmethod
    def asymmetric(low: float, high: float) -> Grid:
        """uint8 over low..high, zero exactly on the grid (Jacob et al. 2018)."""
        low, high = min(low, 0.0), max(high, 0.0)
        step = (high - low) / 255
        return Grid(np.float32(step), int(np.clip(np.round(-low / step), 0, 255)), np.uint8)

    @staticmethod
    def symmetric(limit: float) -> Grid:
        """int8 over -limit..limit in 127 steps a side, as TensorRT wants it."""
        return Grid(np.float32(limit / 127), 0, np.int8)

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and the highest number that can be stored."""
        bounds = np.iinfo(self.dtype)
        lowest, highest = (float(self.scale) * (end - self.zero) for end in (int(bounds.min), int(bounds.max)))
        return lowest, highest

    def cuts_below(self, low: float) -> bool:
        """Whether rounding to the grid already cuts where `low` would."""
        return self.range[0] >= low - float(self.scale) / 2

    def cuts_above(self, high: float) -> bool:
        """The same for the upper end."""
        return self.range[1] <= high + float(self.scale) / 2


def weight_scales(weight: F32, axis: int, bias: NDArray[Any] | None, input_scale: float) -> F32:
    """A scale for each output channel along `axis`: float32 (C,), symmetric over -127..127.

    A channel without weight gets a scale in which its bias, stored in steps of input_scale * scale, still fits.
    """
    others = tuple(i for i in range(weight.ndim) if i != axis)
    scale = np.abs(weight.astype(np.float64)).max(axis=others) / 127
    if bias is not None:
        scale = np.maximum(scale, np.abs(bias.astype(np.float64)) / (input_scale * _FINEST_BIAS))
    found: F32 = np.where(scale > 0, scale, 1.0).astype(np.float32)
    return found


def quantised_weight(weight: F32, scale: F32, axis: int) -> NDArray[np.int8]:
    """The weight on its grid, -127..127."""
    shape = [1] * weight.ndim
    shape[axis] = -1
    steps = np.round(weight.astype(np.float64) / scale.astype(np.float64).reshape(shape))
    return np.clip(steps, -127, 127).astype(np.int8)
