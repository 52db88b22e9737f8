"""From a row of the table, slots and how the car stands to what is to be set; or to the reason why not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kitt.mind.vehicle.action import Change, Vehicle
from kitt.mind.vehicle.actions import Only, Row, Set, Step, When
from kitt.mind.vehicle.targets import GROUPS, STANDING_MPS, TARGETS, Target, Value

Slots = Mapping[str, str | int]


class Refused(Exception):
    """Ends planning: one of action.REASONS, and the figures it is about. Never leaves `Hands`."""

    def __init__(self, reason: str, **figures: Value) -> None:
        super().__init__(reason)
        self.reason = reason
        self.figures = figures


@dataclass(frozen=True)
class Situation:
    """What a plan depends on. wanted: what was commanded and is not yet read back. speed_mps: None while not known.
    names: those that a slot of names may hold beside its choices.
    """

    vehicle: Vehicle
    wanted: Mapping[str, Value] = field(default_factory=dict)
    speed_mps: float | None = None
    yes: bool = False
    names: tuple[str, ...] = ()

    def value(self, target: str) -> Value | None:
        """How it will stand when all is done, None while not known."""
        return self.wanted[target] if target in self.wanted else self.read(target)

    def read(self, target: str) -> Value | None:
        """How it stands, None while not known."""
        reading = self.vehicle.read(target)
        return None if reading is None else reading.value


def planned(row: Row, slots: Slots, now: Situation) -> tuple[Change, ...]:
    """What the row sets, the main thing first. Raises Refused."""
    slots = _complete(row, slots, now.names)
    sets = [s for s in row.sets if _holds(s.when, slots)]
    changes: dict[str, Change] = {}
    for s in sets:
        changes |= {c.target: c for c in _of(s, slots, now)}
    for only in row.only:
        if _holds(only.when, slots) and not _among(only, now.value(only.target)):
            raise Refused(only.reason)
    ordered = tuple(changes.values())
    _allow(ordered, now, row.asks)
    return ordered


def planned_back(changes: Sequence[Change], now: Situation) -> tuple[Change, ...]:
    """What puts these changes back. Raises Refused."""
    real = [c for c in changes if c.before != c.value]
    if not real:
        raise Refused("nothing_to_undo")
    back = []
    for change in real:
        if change.before is None:
            raise Refused("state_unknown")
        if not TARGETS[change.target].can_be_set(change.before):
            raise Refused("cannot_undo")
        back.append(Change(change.target, now.read(change.target), change.before))
    _allow(back, now, False)
    return tuple(back)


def _complete(row: Row, slots: Slots, names: tuple[str, ...]) -> Slots:
    for name, value in slots.items():
        if name not in row.choices:
            raise Refused("unknown_value", slot=name, heard=value)
    complete = {**row.defaults, **slots}
    for name, choices in row.choices.items():
        if name not in complete:
            raise Refused("missing", slot=name)
        if choices and complete[name] not in (choices + names if name in row.names else choices):
            raise Refused("unknown_value", slot=name, heard=complete[name])
    return complete


def _among(only: Only, value: Value | None) -> bool:
    """Not known, one of them, or a name where the target takes any."""
    target = TARGETS[only.target]
    return value in (None, *only.among) or (target.free and value not in target.choices)


def _holds(when: When, slots: Slots) -> bool:
    return all(slots.get(name) in among for name, among in when.items())


def _of(s: Set, slots: Slots, now: Situation) -> list[Change]:
    name = s.target.format(**slots)
    targets = [t for t in GROUPS.get(name, (name,)) if now.vehicle.has(t)]
    if not targets:
        if s.main:
            raise Refused("not_fitted")
        return []
    changes, stuck = [], None
    for target in targets:
        start = now.value(target)
        if not s.main and start == s.to:
            continue
        try:
            changes.append(Change(target, now.read(target), _value(s, slots, target, start, now)))
        except Refused as refused:
            if refused.reason not in ("at_highest", "at_lowest"):
                raise
            stuck = refused
    if stuck and not changes:
        raise stuck
    return changes


def _value(s: Set, slots: Slots, name: str, start: Value | None, now: Situation) -> Value:
    target = TARGETS[name]
    if target.counts:
        if not isinstance(start, int):
            raise Refused("state_unknown")
        return (start + 1) % (_high(target) + 1)
    to: Value | Step | None = s.to
    if s.slot:
        to = s.values[str(slots[s.slot])] if s.values is not None else slots[s.slot]
    elif s.read:
        to = now.value(s.read)
    if to is None:
        raise Refused("state_unknown")
    if isinstance(to, Step):
        return _stepped(to, s, target, start)
    return _within(target, to, s.slot)


def _stepped(step: Step, s: Set, target: Target, start: Value | None) -> Value:
    if start is None:
        raise Refused("state_unknown")
    if s.ladder:
        at = s.ladder.index(str(start)) if start in s.ladder else s.ladder.index(s.between[str(start)]) + 0.5
        to = math.floor(at) + 1 if step.by > 0 else math.ceil(at) - 1
        if not 0 <= to < len(s.ladder):
            raise Refused("at_highest" if step.by > 0 else "at_lowest", limit=str(start))
        return s.ladder[to]
    assert isinstance(start, (int, float))
    assert target.low is not None
    value = int(min(max(start + step.by, target.low), _high(target)))
    if value == start:
        raise Refused("at_highest" if step.by > 0 else "at_lowest", limit=value)
    return value


def _within(target: Target, value: Value, slot: str) -> Value:
    if target.may_hold(value):
        return value
    if type(value) is int and target.low is not None:
        raise Refused("out_of_range", heard=value, low=target.low, high=_high(target))
    raise Refused("unknown_value", slot=slot, heard=value)


def _high(target: Target) -> int:
    assert target.high is not None
    return target.high


def _allow(changes: Sequence[Change], now: Situation, asks: bool) -> None:
    """Refuses what may not be while driving, and asks before what only a hand can put back."""
    standing = False
    for change in changes:
        target = TARGETS[change.target]
        if not target.can_be_set(change.value):
            raise Refused("not_fitted")
        already = change.before == change.value
        standing |= change.value in target.standing and not already
        asks |= target.settable is not None and not already
    if standing and now.speed_mps is not None and not now.speed_mps <= STANDING_MPS:
        figures: dict[str, Value] = {"limit_kmh": round(STANDING_MPS * 3.6)}
        if math.isfinite(now.speed_mps):
            figures["speed_kmh"] = round(now.speed_mps * 3.6, 1)
        raise Refused("driving", **figures)
    if standing and now.speed_mps is None and not now.yes:
        raise Refused("needs_yes_standing", value=changes[0].value)
    if asks and not now.yes:
        raise Refused("needs_yes", value=changes[0].value)
