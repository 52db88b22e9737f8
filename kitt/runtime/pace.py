"""How fast the drive's time runs against the wall: `--speed max|1x|4x`."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from kitt.errors import KittError


def parse_speed(text: str) -> float | None:
    """'max' -> None (as fast as it goes), '1x' -> 1.0, '0.5x' -> 0.5. Raises KittError on anything else."""
    if text == "max":
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)x?", text)
    if not match or float(match[1]) <= 0:
        raise KittError(f"--speed {text}: write 'max' or a factor such as 1x, 4x or 0.5x")
    return float(match[1])


GAP_NS = 5_000_000_000
"""A gap of the drive longer than this is shortened to it, in the film too: nobody watches an hour of nothing."""
_SLICE_S = 0.05


class Pace:
    """Sleeps until a moment of the drive is due. A replay drops no frame: it falls behind; this says how far.

    stopped: ends a wait, as soon as it says so.
    """

    def __init__(self, factor: float | None, stopped: Callable[[], bool] = lambda: False) -> None:
        self.factor = factor
        self.behind_s = 0.0
        """The furthest that the replay has been behind the drive's own time."""
        self.skipped_s = 0.0
        """Seconds of the drive that were not waited for, in gaps longer than GAP_NS."""
        self._stopped = stopped
        self._begin_s: float | None = None
        self._due_s = 0.0
        """Seconds after the beginning at which the latest moment was due."""
        self._latest_ns = 0

    def wait(self, t_ns: int) -> None:
        if self.factor is None:
            return
        now = time.monotonic()
        if self._begin_s is None:
            self._begin_s, self._latest_ns = now, t_ns
        gap_ns = min(t_ns - self._latest_ns, GAP_NS)
        self.skipped_s += (t_ns - self._latest_ns - gap_ns) / 1e9
        self._due_s += gap_ns / 1e9 / self.factor
        self._latest_ns = t_ns
        due = self._begin_s + self._due_s
        self.behind_s = max(self.behind_s, now - due)
        # In slices, and not by waiting for an event: a signal handler may not set one that its own thread waits for.
        while not self._stopped() and (left_s := due - time.monotonic()) > 0:
            time.sleep(min(left_s, _SLICE_S))
