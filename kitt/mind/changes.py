"""What was changed beside the car: the voice and the notes, so that "undo that" means the latest of all."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from kitt.mind.vehicle.hands import REMEMBERED


@dataclass(frozen=True)
class _Change:
    """after: number of the latest car action at that time; step: of the voice, 0 for a note, which stays as it is."""

    after: int
    step: int


@dataclass
class Changes:
    """Car actions are the hands' to remember; these stand between them by their numbers."""

    _made: deque[_Change] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def noted(self, after: int) -> None:
        """A note was written or deleted."""
        self._made.append(_Change(after, 0))

    def spoke(self, step: int, after: int) -> None:
        """The voice got louder or softer by `step`."""
        self._made.append(_Change(after, step))

    def back(self, latest: int) -> int | None:
        """The step by which to turn the voice back, 0 where it was a note, None where the car's `latest` came later.

        A note stays the latest change: nothing older is undone past it.
        """
        if not self._made or self._made[-1].after < latest:
            return None
        return -self._made.pop().step if self._made[-1].step else 0
