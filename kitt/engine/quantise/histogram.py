"""What values a tensor takes, counted in one pass and in bounded memory, the same whatever order they come in.

A bin is a power of two wide and begins at a multiple of its width. When a value lies beyond the last bin, bins are
joined two by two, which is exact: the counts at the end depend on the values alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt.errors import KittError
from kitt.types import F64, I64

SIDE_BINS = 1 << 13
"""Bins on each side of zero; more than half of one side are in use: 16 or more to one of 255 steps."""
_SMALLEST = 2.0**-100
_CHUNK = 1 << 18
"""Values counted at once: what fits a processor's cache."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """The values of one tensor. counts: int64 (2 * SIDE_BINS,) from -limit to limit, without the exact zeros.

    zeros: how many those are; 8 bits hold them without an error. low, high: the least and the largest value.
    """

    counts: I64
    limit: float
    zeros: int
    low: float
    high: float

    @property
    def edges(self) -> F64:
        """float64 (2 * SIDE_BINS + 1,): where bins begin, and the end."""
        return np.arange(-SIDE_BINS, SIDE_BINS + 1, dtype=np.float64) * (self.limit / SIDE_BINS)

    @property
    def total(self) -> int:
        return int(self.counts.sum()) + self.zeros


class Growing:
    """A histogram that is being counted; `name` is what errors call the tensor."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._counts: I64 = np.zeros(2 * SIDE_BINS, np.int64)
        self._limit = _SMALLEST
        self._zeros = 0
        self._low, self._high = np.inf, -np.inf

    def add(self, values: NDArray[Any]) -> None:
        """Count float values of any shape. Raises KittError where one is not a number or infinite."""
        flat = np.ascontiguousarray(values, np.float32).reshape(-1)
        if not len(flat):
            return
        low, high = float(flat.min()), float(flat.max())
        if not np.isfinite(low) or not np.isfinite(high):
            raise KittError(
                f"tensor '{self.name}' of the network takes values that are no finite numbers: it cannot be quantised"
            )
        self._low, self._high = min(low, self._low), max(high, self._high)
        while self._limit < max(-low, high):
            self._widen()
        # a product with a power of two is exact, and so is its floor
        per_bin = np.float32(SIDE_BINS / self._limit)
        for start in range(0, len(flat), _CHUNK):
            part = flat[start : start + _CHUNK]
            index = np.floor(part * per_bin).astype(np.int32)
            index += SIDE_BINS
            np.minimum(index, 2 * SIDE_BINS - 1, out=index)  # the limit itself belongs to the last bin
            counted = np.bincount(index, minlength=2 * SIDE_BINS)
            zeros = len(part) - int(np.count_nonzero(part))
            counted[SIDE_BINS] -= zeros
            self._counts += counted
            self._zeros += zeros

    def histogram(self) -> Histogram:
        """What was counted. Raises KittError when nothing was."""
        if self._low > self._high:
            raise KittError(f"tensor '{self.name}' of the network was never computed: there is no calibration data")
        return Histogram(self._counts.copy(), self._limit, self._zeros, self._low, self._high)

    def _widen(self) -> None:
        quarter = SIDE_BINS // 2
        joined = self._counts.reshape(-1, 2).sum(axis=1)
        self._counts[:] = 0
        self._counts[quarter : quarter + SIDE_BINS] = joined
        self._limit *= 2
