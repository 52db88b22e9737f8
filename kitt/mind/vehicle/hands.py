"""Does in the car what was asked, and looks whether it was done: nothing is confirmed that was not read back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from kitt.mind.vehicle.action import UNDO, Action, Change, Vehicle
from kitt.mind.vehicle.actions import TABLE
from kitt.mind.vehicle.planning import Refused, Situation, Slots, planned, planned_back
from kitt.mind.vehicle.targets import TARGETS, Value

REMEMBERED = 20
"""How many actions can be undone, one after the other."""


@dataclass(frozen=True)
class _Sent:
    action: Action
    since_ns: int

    @property
    def wanted(self) -> dict[str, Value]:
        return {c.target: c.value for c in self.action.changes}

    def over(self, t_ns: int) -> bool:
        """The car has had the time that it may take."""
        within_s = max(TARGETS[c.target].within_s for c in self.action.changes)
        return t_ns - self.since_ns > within_s * 1e9


class Hands:
    """One for a vehicle. `ask` and `undo` answer at once; what the car takes time for comes from `poll` later."""

    def __init__(self, vehicle: Vehicle, names: tuple[str, ...] = ()) -> None:
        """names: people in the phone beside the table's contacts."""
        self.vehicle = vehicle
        self._names = names
        self._sent: list[_Sent] = []
        self._ended: list[Action] = []
        self._done: deque[Action] = deque(maxlen=REMEMBERED)
        self._number = 0

    def ask(self, intent: str, slots: Slots, t_ns: int, *, speed_mps: float | None = None, yes: bool = False) -> Action:
        """Does it or says why not. `yes`: the driver has confirmed. Never raises for what was asked."""
        row = TABLE.get(intent)
        if row is None:
            return Action(intent, dict(slots), t_ns, reason="unknown_intent")
        return self._do(intent, {**row.defaults, **slots}, t_ns, speed_mps, yes, lambda now: planned(row, slots, now))

    def undo(self, t_ns: int, *, speed_mps: float | None = None, yes: bool = False) -> Action:
        """Takes the latest action back that was not yet taken back."""
        if not self._done:
            return Action(UNDO, {}, t_ns, reason="nothing_to_undo")
        last = self._done[-1]
        by = TABLE[last.intent].undo
        if not by:
            return Action(UNDO, {}, t_ns, reason="cannot_undo")
        if by == "before":
            action = self._do(UNDO, {}, t_ns, speed_mps, yes, lambda now: planned_back(last.changes, now))
        else:
            action = self._do(by, {}, t_ns, speed_mps, yes, lambda now: planned(TABLE[by], {}, now))
        if action.confirmed or action.waits:
            self._done = deque((a for a in self._done if a.number != last.number), REMEMBERED)
        return action

    @property
    def latest(self) -> int:
        """Number of the action that `undo` would take back, -1 for none."""
        return self._done[-1].number if self._done else -1

    def poll(self, t_ns: int) -> list[Action]:
        """Takes in what the car says. Actions that waited and are now confirmed, or given up with the reason."""
        trouble = self.vehicle.poll(t_ns)
        sent, self._sent = self._sent, []
        for s in sent:
            looked = self._looked(s.action)
            if looked.confirmed:
                self._ended.append(replace(looked, t_ns=t_ns))
            elif trouble or s.over(t_ns):
                self._give_up(looked, trouble or self._silence(looked), t_ns)
            else:
                # a clock set back must not make a command wait for a time long gone
                self._sent.append(replace(s, since_ns=min(s.since_ns, t_ns)))
        ended, self._ended = self._ended, []
        return ended

    def _do(
        self,
        intent: str,
        slots: Slots,
        t_ns: int,
        speed_mps: float | None,
        yes: bool,
        plan: Callable[[Situation], tuple[Change, ...]],
    ) -> Action:
        asked = Action(intent, slots, t_ns)
        trouble = self.vehicle.poll(t_ns)
        wanted = {target: value for s in self._sent for target, value in s.wanted.items()}
        try:
            changes = plan(Situation(self.vehicle, wanted, speed_mps, yes, self._names))
        except Refused as refused:
            return replace(asked, reason=refused.reason, figures=refused.figures)
        first = changes[0]
        asked = replace(asked, target=first.target, value=first.value, before=first.before, changes=changes)
        trouble = trouble or self.vehicle.send({c.target: c.value for c in changes}, t_ns)
        if trouble:
            return replace(asked, reason=trouble)
        self._number += 1
        action = self._looked(replace(asked, number=self._number))
        if intent != UNDO:
            self._done.append(action)
        self._supersede(action)
        if action.confirmed:
            return action
        self._sent.append(_Sent(action, t_ns))
        return replace(action, waits=True)

    def _looked(self, action: Action) -> Action:
        """The action with what the car now reads; confirmed when all of it is as commanded."""
        confirmed, changes = True, []
        for c in action.changes:
            reading = self.vehicle.read(c.target)
            known = reading is not None and reading.answers
            changes.append(replace(c, after=reading.value if reading and known else None))
            confirmed &= bool(reading and known and TARGETS[c.target].reached(reading.value, c.value))
        return replace(action, changes=tuple(changes), after=changes[0].after, confirmed=confirmed)

    def _silence(self, looked: Action) -> str:
        return "no_answer" if any(c.after is None for c in looked.changes) else "not_done"

    def _supersede(self, action: Action) -> None:
        wanted = {c.target: c.value for c in action.changes}
        for s in list(self._sent):
            if any(wanted.get(target, value) != value for target, value in s.wanted.items()):
                self._sent.remove(s)
                self._give_up(s.action, "superseded", action.t_ns)

    def _give_up(self, action: Action, reason: str, t_ns: int) -> None:
        self._ended.append(replace(action, t_ns=t_ns, reason=reason))
        self._done = deque((a for a in self._done if a.number != action.number), REMEMBERED)
