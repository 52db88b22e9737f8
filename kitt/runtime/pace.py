"""How fast the drive's time runs against the wall: `--speed max|1x|4x`."""

from __future__ import annotations

import re
import time

from kitt.errors import KittError


def parse_speed(text: str) -> float | None:
    """'max' -> None (as fast as it goes), '1x' -> 1.0, '0.5x' -> 0.5. Raises KittError on anything else."""
    if text == "max":
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)x?", text)
    if not match or float(match[1]) <= 0:
        raise KittError(f"--speed {text}: write 'max' or a factor such as 1x, 4x or 0.5x")
    return float(match[1])


class Pace:
    """Sleeps until a moment of the drive is due. A replay drops no frame: it falls behind; this says how far."""

    def __init__(self, factor: float | None) -> None:
        self.factor = factor
        self.behind_s = 0.0
        """The furthest that the replay has been behind the drive's own time."""
        self._origin: tuple[int, float] | None = None

    def wait(self, t_ns: int) -> None:
        if self.factor is None:
            return
        now = time.monotonic()
        if self._origin is None:
            self._origin = (t_ns, now)
        due = self._origin[1] + (t_ns - self._origin[0]) / 1e9 / self.factor
        if due > now:
            time.sleep(due - now)
        else:
            self.behind_s = max(self.behind_s, now - due)
