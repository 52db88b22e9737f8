"""Numbers as one says them: as round as their uncertainty allows, never rounder, never finer than a whole."""

from __future__ import annotations

import math
from dataclasses import dataclass

WIDE = 0.25
"""A relative standard deviation above this makes "about" a lie: then the range is told."""
ROUND = ((100.0, 50), (20.0, 10), (10.0, 5))
"""From this number on, a multiple of the second is taken where it lies within one standard deviation."""
RANGE_STEPS = ((200.0, 50), (50.0, 10), (10.0, 5), (0.0, 1))


@dataclass(frozen=True)
class Rough:
    """A number to say: about `low` where both ends are the same, less than `high` where `low` is 0, else between."""

    low: int
    high: int

    @property
    def form(self) -> str:
        return "about" if self.low == self.high else "below" if self.low == 0 else "between"


def rough(value: float, std: float) -> Rough | None:
    """A number not below 0 with its standard deviation in the same unit; None where either is unknown."""
    if not (math.isfinite(value) and math.isfinite(std)) or std < 0:
        return None
    value = max(value, 0.0)
    if std > WIDE * value:
        low, high = value - std, value + std
        step = next(step for start, step in RANGE_STEPS if high >= start)
        ends = max(math.floor(low / step), 0) * step, max(math.ceil(high / step), 1) * step
        return Rough(*ends)
    for start, step in ROUND:
        near = round(value / step) * step
        if value >= start and abs(near - value) <= std:
            return Rough(near, near)
    return whole(round(value))


def whole(number: int) -> Rough:
    """A number that is whole already; what is none is less than one."""
    return Rough(number, number) if number > 0 else Rough(0, 1)


def down(value: float, per_unit: float = 1.0) -> float:
    """Cut off to a multiple of 1 / per_unit, so that a figure below its limit stays below it in words."""
    return math.floor(value * per_unit + 1e-6) / per_unit


def up(value: float, per_unit: float = 1.0) -> float:
    """The limit's side of the same."""
    return math.ceil(value * per_unit - 1e-6) / per_unit
