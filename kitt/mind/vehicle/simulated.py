"""A car in memory, with every target of the table: for `kitt chat`, replays and tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kitt.errors import KittError
from kitt.mind.vehicle.action import Reading
from kitt.mind.vehicle.targets import CONTACTS, TARGETS, Value


class SimulatedCar:
    """Does at once what it is told. `without`: targets that this car has not. `deaf`: targets that take no command."""

    def __init__(self, without: Iterable[str] = (), deaf: Iterable[str] = ()) -> None:
        self._state = {name: t.default for name, t in TARGETS.items() if name not in set(without)}
        self._deaf = frozenset(deaf)

    def has(self, target: str) -> bool:
        return target in self._state

    def read(self, target: str) -> Reading | None:
        return Reading(self._state[target], answers=True) if target in self._state else None

    def send(self, values: Mapping[str, Value], t_ns: int) -> str:
        self._state.update({target: value for target, value in values.items() if target not in self._deaf})
        return ""

    def poll(self, t_ns: int) -> str:
        return ""

    def close(self) -> None:
        return None

    @property
    def state(self) -> dict[str, Value]:
        """All of it, a copy."""
        return dict(self._state)

    def by_hand(self, target: str, value: Value) -> None:
        """Somebody in the car sets it, or the weather. Raises KittError for what the car has not or cannot hold."""
        if target not in self._state:
            raise KittError(f"simulated car: it has no '{target}'; it has: {', '.join(self._state)}")
        if not TARGETS[target].may_hold(value):
            raise KittError(f"simulated car: '{target}' cannot be {value!r}; allowed: {TARGETS[target].allowed()}")
        self._state[target] = value

    def ring(self, contact: str) -> None:
        """Somebody calls. One who calls while there is a call finds it engaged."""
        if contact not in CONTACTS:
            raise KittError(
                f"simulated car: nobody called '{contact}' is in the phone; there are: {', '.join(CONTACTS)}"
            )
        if self._state.get("phone.state") == "idle":
            self._state.update({"phone.state": "ringing", "phone.contact": contact})
