"""Replies to what the car is asked for: done, asked back, refused, or taken back; whom a call is meant for.

In place of the car's own words a recipe's are said, where it was a recipe that ordered it; but only for what is done.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kitt.mind.context import Request
from kitt.mind.phone_book import named
from kitt.mind.recipes import RecipeReply
from kitt.mind.replies import Reply
from kitt.mind.turn import Evidence, Turn
from kitt.mind.vehicle.action import UNDO, Action
from kitt.mind.vehicle.actions import NAMED, TABLE
from kitt.mind.vehicle.targets import CONTACTS
from kitt.mind.vehicle.wording import confirm

if TYPE_CHECKING:
    from kitt.mind.assistant import Assistant

NUMBERS = {"climate.temperature_c": "TemperatureSet", "climate.fan": "FanSpeed", "media.volume": "VolumeSet"}
"""Targets that are numbers, and the intent whose words tell where they stand."""


def work(mind: Assistant, wanted: Request, t_ns: int, *, yes: bool) -> Reply:
    """An action of the table, done or asked back."""
    if wanted.intent == "PhoneCall" and wanted.slots.get("contact") not in (*CONTACTS, *mind.contacts):
        return _call(mind, wanted, t_ns)
    if wanted.intent == "RadioStation" and isinstance(wanted.slots.get("station"), str):
        wanted = replace(wanted, intent=NAMED)
    slots, row = dict(wanted.slots), TABLE[wanted.intent]
    if "state" in row.choices and "state" not in {**row.defaults, **slots}:
        return contradicted(mind, wanted, t_ns)
    action = mind.hands.ask(wanted.intent, slots, t_ns, speed_mps=mind.seen.signals.speed_mps, yes=yes)
    if action.asks:
        mind.context = mind.context.asking(wanted, t_ns)
    elif not action.reason:
        mind.context = mind.context.done(wanted, t_ns)
    if action.waits and wanted.then:
        mind.promised[action.number] = wanted.then
    text, evidence = _told(mind, action, wanted.then)
    return Reply(text, (action,), evidence, action.asks, may_joke=_done(action) and wanted.then is None)


def contradicted(mind: Assistant, wanted: Request, t_ns: int) -> Reply:
    """Two ways at once: which one? "Off" says it, or the whole command. wanted: what both were about."""
    mind.context = mind.context.done(wanted, t_ns)
    return Reply(mind.talk.say("talk.contradiction").text, asks=True)


def came_of(mind: Assistant, action: Action, t_ns: int) -> Turn:
    """What came of an action that the car took its time for."""
    text, evidence = _told(mind, action, mind.promised.pop(action.number, None))
    return Turn(t_ns, "", mind.language, said=text, actions=(action,), evidence=evidence)


def undone(mind: Assistant, t_ns: int) -> Reply:
    """The last change taken back, the car's or the voice's; a number that stands again is named. A note stays."""
    step = mind.changes.back(mind.hands.latest)
    if step == 0:
        return Reply(confirm(Action(UNDO, {}, t_ns, reason="cannot_undo"), mind.language))
    if step is not None:
        mind.volume += step
        return Reply(mind.talk.say("talk.undone").text, may_joke=True)
    action = mind.hands.undo(t_ns, speed_mps=mind.seen.signals.speed_mps)
    text = confirm(action, mind.language)
    again = NUMBERS.get(action.target) if action.confirmed else None
    if again is not None:
        text = f"{text} {confirm(replace(action, intent=again), mind.language)}"
    return Reply(text, (action,), asks=action.asks, may_joke=_done(action))


def _done(action: Action) -> bool:
    return action.confirmed and not action.reason


def _told(mind: Assistant, action: Action, then: RecipeReply | None) -> tuple[str, Evidence]:
    if then is None or not action.confirmed:
        return confirm(action, mind.language), Evidence()
    return then.text, Evidence(then.frame_index, then.track_ids, then.values)


def _call(mind: Assistant, wanted: Request, t_ns: int) -> Reply:
    """A call to a name as it was said: whom it means, or which of several."""
    name = str(wanted.slots.get("contact", ""))
    found = named(name, mind.contacts)
    if len(found) == 1:
        return work(mind, replace(wanted, slots={"contact": found[0]}), t_ns, yes=False)
    if not found:
        return Reply(mind.talk.say("talk.unknown_name", name=name).text)
    mind.context = mind.context.asking(None, t_ns, choice=found)
    return Reply(mind.talk.say("call.which", names=mind.talk.listed(list(found))).text, asks=True)
