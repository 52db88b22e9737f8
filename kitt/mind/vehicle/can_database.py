"""Reads the DBC file of a car and holds it against the table of wires, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cantools
from cantools.database.errors import DecodeError
from cantools.errors import Error as CantoolsError

from kitt.errors import KittError
from kitt.mind.vehicle.can_table import COMMANDS, NO_CHANGE, OFF, ON, STATUSES, WIRES
from kitt.mind.vehicle.targets import TARGETS, Target, Value

OURS = Path(__file__).with_name("comfort.dbc")


@dataclass(frozen=True)
class Layout:
    """The messages of the table as this file lays them out: commands by name, statuses by (id, extended)."""

    commands: Mapping[str, Any]
    statuses: Mapping[tuple[int, bool], Any]

    def encode(self, values: Mapping[str, Value]) -> list[tuple[Any, bytes]]:
        """Command messages that set these targets and leave all else as it is."""
        frames = []
        for name, message in self.commands.items():
            given = {t: v for t, v in values.items() if WIRES[t].command == name}
            if given:
                data: dict[str, Any] = {s.name: NO_CHANGE for s in message.signals}
                data.update({WIRES[t].signal: _named(v) for t, v in given.items()})
                frames.append((message, message.encode(data)))
        return frames

    def decode(self, message_id: int, extended: bool, data: bytes) -> dict[str, Value | None] | None:
        """What a status message says of its targets, None for what it does not know; None for other messages.

        A status that is cut short says nothing: {}.
        """
        message = self.statuses.get((message_id, extended))
        if message is None:
            return None
        try:
            said = message.decode(data)
        except (DecodeError, ValueError):
            return {}
        return {t: _value(TARGETS[t], said[w.signal]) for t, w in WIRES.items() if w.status == message.name}


def load(path: Path | str = OURS) -> Layout:
    """Raises KittError with the file, and the message and signal that it lacks."""
    try:
        database: Any = cantools.database.load_file(str(path), database_format="dbc")
    except OSError as e:
        raise KittError(f"{path}: cannot read the DBC file: {e.strerror}") from e
    except (CantoolsError, ValueError, KeyError) as e:
        raise KittError(f"{path}: not a valid DBC file: {' '.join(str(e).split())}") from e
    messages = {m.name: m for m in database.messages}
    for target, wire in WIRES.items():
        for name, command in ((wire.command, True), (wire.status, False)):
            if name:
                _check(path, messages, name, wire.signal, TARGETS[target], command)
    for name in COMMANDS:
        _check_holds_no_more(path, messages[name])
    statuses = {(m.frame_id, m.is_extended_frame): m for m in (messages[name] for name in sorted(STATUSES))}
    return Layout({name: messages[name] for name in sorted(COMMANDS)}, statuses)


def _check(path: Path | str, messages: dict[str, Any], name: str, signal: str, target: Target, command: bool) -> None:
    hint = f"kitt's own file shows how: {OURS.name}"
    if name not in messages:
        raise KittError(f"{path}: message '{name}' is missing; {hint}")
    found = next((s for s in messages[name].signals if s.name == signal), None)
    if found is None:
        raise KittError(f"{path}: message '{name}' lacks the signal '{signal}'; {hint}")
    needed = list(target.choices) or ([OFF, ON] if target.low is None else [])
    needed += [NO_CHANGE] if command else []
    has = {str(c) for c in (found.choices or {}).values()}
    lacking = [n for n in needed if n not in has]
    if lacking:
        raise KittError(f"{path}: signal '{signal}' of '{name}' lacks the value name '{lacking[0]}' (VAL_); {hint}")
    if target.low is None or target.high is None:
        return
    low, high = found.minimum, found.maximum
    if (low is not None and low > target.low) or (high is not None and high < target.high):
        raise KittError(
            f"{path}: signal '{signal}' of '{name}' holds {low} to {high}; needed: {target.low} to {target.high}"
        )


def _check_holds_no_more(path: Path | str, message: Any) -> None:
    """A message with anything else in it might do more to the car than the table says."""
    ours = {w.signal for w in WIRES.values() if w.command == message.name}
    more = [s.name for s in message.signals if s.name not in ours]
    if more:
        raise KittError(
            f"{path}: message '{message.name}' holds '{more[0]}', which kitt does not know and will not send: "
            "take it out or use a message of its own"
        )


def _named(value: Value) -> Value:
    return (ON if value else OFF) if isinstance(value, bool) else value


def _value(target: Target, said: Any) -> Value | None:
    """A signal as its target has it; None for 'unknown' and whatever the target cannot hold."""
    if not isinstance(said, (int, float)):
        name = str(said)
        value: Value = name if target.choices else {ON: True, OFF: False}.get(name, name)
        return value if target.may_hold(value) else None
    if target.low is None or target.high is None or not target.low <= said <= target.high:
        return None
    return int(said) if said == int(said) else float(said)
