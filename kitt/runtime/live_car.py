"""A real car in a conversation by keyboard, whose own time stands still while one types.

The car's time goes on meanwhile. So every look at it is on a clock of its own, a command is waited for until the car
has said that it is done or had the time it may take, and the speed of the recording is not taken for the car's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from kitt.mind.vehicle.action import Action, Reading, Vehicle
from kitt.mind.vehicle.hands import Hands
from kitt.mind.vehicle.planning import Slots
from kitt.mind.vehicle.targets import TARGETS, Value

FRESH_NS = 500_000_000
"""What was read so lately needs no second look."""
LISTEN_S = 0.3
"""So long a car is listened to after a pause; it should say everything ten times a second."""
STEP_S = 0.02


class LiveCar:
    """Another vehicle, on real time."""

    def __init__(
        self,
        car: Vehicle,
        clock: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """clock: nanoseconds, never going back."""
        self._car, self._clock, self._sleep = car, clock, sleep
        self._looked_ns = clock()

    def has(self, target: str) -> bool:
        return self._car.has(target)

    def read(self, target: str) -> Reading | None:
        return self._car.read(target)

    def poll(self, t_ns: int) -> str:
        """Take in what the car says now; after a pause what lay waiting is as old as the look before it."""
        if self._clock() - self._looked_ns > FRESH_NS:
            self._car.poll(self._looked_ns)
            self._sleep(LISTEN_S)
        return self._look()

    def send(self, values: Mapping[str, Value], t_ns: int) -> str:
        """Command and wait: "" once the car has said that it is done, else why not."""
        trouble = self._car.send(values, self._clock())
        until_ns = self._clock() + round(max(TARGETS[t].within_s for t in values) * 1e9)
        while not trouble and not self._done(values) and self._clock() < until_ns:
            self._sleep(STEP_S)
            trouble = self._look()
        if trouble or self._done(values):
            return trouble
        answers = [reading for target in values if (reading := self.read(target)) and reading.answers]
        return "not_done" if len(answers) == len(values) else "no_answer"

    def close(self) -> None:
        self._car.close()

    def _look(self) -> str:
        self._looked_ns = self._clock()
        return self._car.poll(self._looked_ns)

    def _done(self, values: Mapping[str, Value]) -> bool:
        readings = {target: self.read(target) for target in values}
        return all(r and r.answers and TARGETS[t].reached(r.value, values[t]) for t, r in readings.items())


class LiveHands(Hands):
    """Hands on a car whose speed nobody knows: what may only be done while standing is asked about."""

    def ask(self, intent: str, slots: Slots, t_ns: int, *, speed_mps: float | None = None, yes: bool = False) -> Action:
        return super().ask(intent, slots, t_ns, speed_mps=None, yes=yes)

    def undo(self, t_ns: int, *, speed_mps: float | None = None, yes: bool = False) -> Action:
        return super().undo(t_ns, speed_mps=None, yes=yes)
