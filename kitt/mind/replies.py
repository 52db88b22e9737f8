"""Replies that rest on no picture: small talk, the voice itself, language, repeats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kitt.mind.context import Request
from kitt.mind.turn import Evidence
from kitt.mind.vehicle.action import Action

if TYPE_CHECKING:
    from kitt.mind.assistant import Assistant

LOUDEST, SOFTEST = 9, 1


@dataclass(frozen=True)
class Reply:
    """What is said and was done. asks: it waits for the driver; may_joke: it went well, so wit may follow it."""

    text: str
    actions: tuple[Action, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    asks: bool = False
    may_joke: bool = False


def small_talk(mind: Assistant, wanted: Request, t_ns: int) -> Reply:
    """The reply to an intent that is neither a question to the eyes, nor the car's, nor a note."""
    if way := _WAYS.get(wanted.intent):
        return way(mind, wanted, t_ns)
    said = mind.talk.reply(wanted.intent, wanted.slots, mind.nth(wanted.intent))
    return Reply(said.text if said else mind.talk.say("talk.not_done").text, may_joke=said is not None)


def _silent(mind: Assistant, wanted: Request, t_ns: int) -> Reply:
    return Reply("")


def _repeat(mind: Assistant, wanted: Request, t_ns: int) -> Reply:
    return Reply(mind.context.said or mind.talk.say("talk.nothing_to_repeat").text)


def _language(mind: Assistant, wanted: Request, t_ns: int) -> Reply:
    language = str(wanted.slots["language"])
    key = "language.already" if language == mind.language_before else "language.switched"
    mind.language = language
    return Reply(mind.talk.say(key).text, may_joke=True)


def _jokes(mind: Assistant, wanted: Request, t_ns: int) -> Reply:
    mind.persona.switch(wanted.slots.get("state") == "on")
    return _fixed(mind, wanted)


def _quiet(mind: Assistant, wanted: Request, t_ns: int) -> Reply:
    mind.quiet = wanted.slots.get("state") == "on"
    return _fixed(mind, wanted)


def _volume(mind: Assistant, wanted: Request, t_ns: int) -> Reply:
    step = 1 if wanted.slots.get("change") == "up" else -1
    if not SOFTEST <= mind.volume + step <= LOUDEST:
        return Reply(mind.talk.say("talk.loudest" if step > 0 else "talk.softest").text)
    mind.volume += step
    mind.changes.spoke(step, mind.hands.latest)
    return _fixed(mind, wanted)


def _joke(mind: Assistant, wanted: Request, t_ns: int) -> Reply:
    if not mind.persona.state.on:
        return Reply(mind.talk.say("joke.off").text)
    if not mind.road_calm:
        return Reply(mind.talk.say("joke.later").text)
    told = mind.persona.quip("KittJoke", t_ns, True, {}, mind.language)
    return Reply(told or mind.talk.say("joke.none").text)


def _time(mind: Assistant, wanted: Request, t_ns: int) -> Reply:
    epoch_ns = mind.epoch_at(t_ns)
    if epoch_ns is None:
        return Reply(mind.talk.say("time.unknown").text)
    tell = mind.talk.time if wanted.intent == "KittTime" else mind.talk.date
    said = tell(epoch_ns, mind.utc_offset_s)
    return Reply(said.text, evidence=Evidence(values=dict(said.values)), may_joke=True)


def _break(mind: Assistant, wanted: Request, t_ns: int) -> Reply:
    """A break is suggested later, by `Assistant.tick`; asked for again, at the new time only."""
    minutes = int(wanted.slots["minutes"])
    mind.break_ns = t_ns + minutes * 60_000_000_000
    return Reply(mind.talk.say("break.set", minutes=minutes).text, evidence=Evidence(values={"minutes": minutes}))


def _fixed(mind: Assistant, wanted: Request) -> Reply:
    said = mind.talk.reply(wanted.intent, wanted.slots)
    return Reply(said.text if said else "")


_WAYS: dict[str, Callable[[Assistant, Request, int], Reply]] = {
    "StopTalking": _silent,
    "TalkRepeat": _repeat,
    "TalkLanguage": _language,
    "TalkJokes": _jokes,
    "QuietMode": _quiet,
    "VoiceVolume": _volume,
    "KittJoke": _joke,
    "KittTime": _time,
    "KittDate": _time,
    "BreakReminder": _break,
}
