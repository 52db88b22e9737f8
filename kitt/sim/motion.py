"""Movement along the road by pieces of constant acceleration, in closed form: truth without integration error."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Motion:
    """A start and a list of (from_s, acceleration_mps2); each piece lasts until the next, before the first it is 0.

    The pieces must be ordered by time; the author of a story sees to it that speeds end where they should.
    """

    start_m: float
    start_mps: float = 0.0
    pieces: tuple[tuple[float, float], ...] = ()

    def at(self, t_s: float) -> tuple[float, float, float]:
        """(position in metres, speed in m/s, acceleration in m/s2) at `t_s` >= 0."""
        position, speed, acceleration, since = self.start_m, self.start_mps, 0.0, 0.0
        for begin, following in self.pieces:
            if begin > t_s:
                break
            d = begin - since
            position += speed * d + 0.5 * acceleration * d * d
            speed += acceleration * d
            acceleration, since = following, begin
        d = t_s - since
        return position + speed * d + 0.5 * acceleration * d * d, speed + acceleration * d, acceleration

    @staticmethod
    def through(start_m: float, start_mps: float, steps: tuple[tuple[float, float, float], ...]) -> Motion:
        """From (from_s, acceleration_mps2, end_mps) each: the piece ends at that speed exactly and then stays there."""
        pieces: list[tuple[float, float]] = []
        speed = start_mps
        for begin, acceleration, end in steps:
            lasts = (end - speed) / acceleration
            if lasts < 0 or (pieces and begin < pieces[-1][0]):
                raise ValueError(f"a piece at {begin} s cannot lead from {speed} to {end} m/s")
            pieces += [(begin, acceleration), (begin + lasts, 0.0)]
            speed = end
        return Motion(start_m, start_mps, tuple(pieces))
