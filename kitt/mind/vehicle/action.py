"""What became of a request to the car, as it is logged and said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kitt.mind.vehicle.targets import Value

REASONS = {
    "": "nothing stands against it",
    "unknown_intent": "no row of the table of actions",
    "missing": "a slot that the intent needs was not heard",
    "unknown_value": "a slot or a value that the table does not have",
    "out_of_range": "a number beyond `low` and `high`",
    "at_highest": "it cannot go further than `limit`",
    "at_lowest": "likewise",
    "not_fitted": "this car has it not, or does not let kitt at it",
    "state_unknown": "one step from where? The car does not say how it stands",
    "driving": "not while the car drives faster than `limit_kmh`",
    "needs_yes": "cannot be undone: the driver must say yes",
    "needs_yes_standing": "only while standing, and the speed is not known: the driver must say yes",
    "door_open": "doors cannot be locked while one is open",
    "hatch_open": "nor while the trunk or the bonnet is",
    "radio_off": "the radio does not play",
    "no_route": "no navigation is under way",
    "nobody_calls": "the phone does not ring",
    "no_call": "there is no call",
    "in_call": "there is a call already",
    "no_last_call": "nobody was called yet",
    "no_answer": "sent, and the car said nothing",
    "not_done": "sent, and the car says that it stands otherwise",
    "superseded": "asked otherwise before the car had done it",
    "bus_off": "the car's bus is down",
    "not_sent": "the bus did not take the message",
    "nothing_to_undo": "nothing was changed",
    "cannot_undo": "it was done once, or only a hand can put it back",
}
"""Every reason why something was not, or not yet, done; the words for them are in words/*.toml."""
ASKS = ("needs_yes", "needs_yes_standing")
UNDO = "TalkUndo"


@dataclass(frozen=True)
class Change:
    """One target: before, as commanded, and as read back after it (None: not known)."""

    target: str
    before: Value | None
    value: Value
    after: Value | None = None


@dataclass(frozen=True)
class Action:
    """One request and what became of it.

    target, value, before, after: of the first of `changes`, what the request is about; value None where it was refused
    before that was clear. confirmed: read back from the car. waits: sent, and not yet read back; another Action with
    the same `number` follows. reason: one of REASONS, "" while nothing stands against it. figures: the numbers that the
    reason is about.
    """

    intent: str
    slots: Mapping[str, str | int]
    t_ns: int
    target: str = ""
    value: Value | None = None
    before: Value | None = None
    after: Value | None = None
    confirmed: bool = False
    reason: str = ""
    waits: bool = False
    changes: tuple[Change, ...] = ()
    figures: Mapping[str, Value] = field(default_factory=dict)
    number: int = 0

    @property
    def asks(self) -> bool:
        """It waits for the driver's yes: ask the same once more with `yes`."""
        return self.reason in ASKS


@dataclass(frozen=True)
class Reading:
    """A target as the car last said it. `answers`: said since it was last commanded."""

    value: Value
    answers: bool


class Vehicle(Protocol):
    """A car that takes comfort commands and says how it stands. Plain calls; no threads, no clock."""

    def has(self, target: str) -> bool:
        """Whether the car has it and lets kitt at it."""

    def read(self, target: str) -> Reading | None:
        """As of the latest `poll` or `send`; None while not known."""

    def send(self, values: Mapping[str, Value], t_ns: int) -> str:
        """Commands these targets. "" when sent, else one of REASONS. Never waits for the car."""

    def poll(self, t_ns: int) -> str:
        """Takes in what the car has said up to now. "" or what is wrong with the way to it, one of REASONS."""

    def close(self) -> None: ...
