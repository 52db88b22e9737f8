"""Answers about what was: the last warning with its numbers, and when something was last seen."""

from __future__ import annotations

import math
from dataclasses import replace

from kitt.mind.answers import phrases
from kitt.mind.answers.car import lost
from kitt.mind.answers.question import NO_FRAME, Answer, Question, Value
from kitt.mind.answers.rounding import down, up, whole
from kitt.mind.answers.seen import groups, side_of
from kitt.mind.answers.words import Words
from kitt.types import CLASSES, Warning

STAND_IN = {"vulnerable_in_path": "", "light_green": "traffic light", "stop_sign": "stop sign"}
"""Whom an event is about where the track is forgotten, "" where that may be several; the others are about a vehicle."""
COARSE = {"metres": (20, 1), "feet": (20, 5)}
"""From so many on, lengths of warnings, whose uncertainty is not kept, are told in multiples of so many."""


def what(q: Question) -> Answer:
    return _explain(q, "what")


def why(q: Question) -> Answer:
    return _explain(q, "why")


def last_seen(q: Question) -> Answer:
    words, name, view = q.words, q.object, q.view
    nothing_yet = view.sightings.since_ns is None
    if nothing_yet and view.present is None:
        return lost(q)
    things = q.of_class(name)
    if things:
        items, values = phrases.groups(words, groups(things), len(things))
        form = "say.seen_now" if len(things) == 1 else "say.seen_now_many"
        n = words.number(len(things), words.of(name)["gender"])
        values[f"{name}.count"] = len(things)
        return q.answer(words.fill(form, items=items, n=n), values, things, topic=name)
    sighting = view.sightings.last(CLASSES.index(name))
    if nothing_yet:
        text = words.fill("say.nothing_remembered", **words.of(name))
        return q.answer(text, {f"{name}.count": 0}, topic=name)
    if sighting is None:
        text, told = _on_this_drive(q, "never_seen", **words.of(name))
        return q.answer(text, {f"{name}.count": 0, **told}, topic=name, frame=NO_FRAME)
    ago, values = phrases.ago(words, max(view.t_ns - sighting.last_ns, 0) / 1e9)
    values["class"] = name
    side = side_of(sighting.lateral_m, sighting.distance_m, sighting.is_lead, sighting.in_path)
    place = words.fill("say.last_place", side=words.at("side")[side]) if side else ""
    if side:
        values["side"] = side
    away, measured = phrases.distance(words, sighting.distance_m, sighting.distance_std_m, name)
    text = words.fill(
        "say.last_seen",
        what=phrases.counted(words, name, 1),
        ago=ago,
        place=place,
        away=words.fill("say.last_away", away=away) if away else "",
        **words.of(name),
    )
    answer = q.answer(text, {**values, **measured}, topic=name, frame=sighting.frame_index)
    return _about(answer, sighting.track_id)


def _on_this_drive(q: Question, form: str, **parts: str) -> phrases.Said:
    """What was not: on this drive, or for as long as the road was looked at."""
    looked_s = q.view.looked_s
    if looked_s is None or q.view.sightings.since_ns is None:
        return q.words.fill(f"say.{form}", **parts), {}
    amount, values = phrases.so_long(q.words, looked_s, "looked")
    return q.words.fill(f"say.{form}_since" if amount else f"say.{form}_now", amount=amount, **parts), values


def _explain(q: Question, form: str) -> Answer:
    warning = q.view.last_warning
    if warning is None:
        text, told = _on_this_drive(q, "no_warning")
        return q.answer(text, told, topic="warning", frame=NO_FRAME)
    text, values = explained(q, warning, form)
    answer = q.answer(text, values, topic="warning", frame=warning.frame_index)
    return _about(answer, warning.track_id)


def explained(q: Question, warning: Warning, form: str) -> phrases.Said:
    """A warning with its reason, by the template `form`; one that has none here is repeated as it was."""
    words = q.words
    ago, values = phrases.ago(words, (q.view.t_ns - warning.t_ns) / 1e9)
    values["event"] = warning.event
    reason, told = _reason(words, warning, q)
    if reason:
        name = words.at(f"events.{warning.event}.what")
        text = words.fill(f"say.{form}", what=name, ago=ago, why=reason)
    else:
        text = words.fill("say.unexplained", text=warning.text, ago=ago)
        told = {"text": warning.text}
    return text, {**values, **told}


def _reason(words: Words, warning: Warning, q: Question) -> phrases.Said:
    """The clause with the warning's own numbers; "" for an event whose words or numbers are missing."""
    parts, values = _parts(words, warning, q)
    for form in ("why", "plain"):
        path = f"events.{warning.event}.{form}"
        if words.has(path) and words.fields(path) <= parts.keys():
            used = words.fields(path)
            named = "class" if used & {"the_thing", "a_thing"} else ""
            told = {k: v for k, v in values.items() if k.split(".")[0] in used or k == named}
            if "the_thing" in used:
                told["side"] = "ahead"
            return words.fill(path, **{k: parts[k] for k in used}), told
    return "", {}


def _parts(words: Words, warning: Warning, q: Question) -> tuple[dict[str, str], dict[str, Value]]:
    """What a clause may be filled with: each of the warning's numbers in words, and whom it is about."""
    sighting = q.view.sightings.of_track(warning.track_id)
    noun = CLASSES[sighting.class_id] if sighting else STAND_IN.get(warning.event, "vehicle")
    parts, values = dict[str, str](), dict[str, Value]()
    if noun:
        parts["the_thing"] = words.fill("subject.ahead", **words.of(noun))
        parts["a_thing"] = phrases.counted(words, noun, 1)
        values["class"] = noun
    for name, number in warning.numbers.items():
        if not math.isfinite(number):
            continue
        # A figure below its limit must not be rounded up to it.
        cut = up if name.startswith("limit_") else down
        values[name] = number
        if name.endswith("_s"):
            values[f"{name}.said"] = cut(number, 10.0)
            parts[name] = words.decimal(cut(number, 10.0), "second")
        elif name.endswith("_m"):
            length = number * words.per_metre
            start, step = COARSE[words.units]
            rounded = whole(int(cut(length, 1.0 / step if length >= start else 1.0)))
            values.update(phrases.said(f"{name}.said", rounded, words.units))
            parts[name] = (
                words.amount(rounded.high, words.length_unit)
                if name.startswith("limit_")
                else words.rough("away" if name == "distance_m" else "length", rounded, words.length_unit)
            )
    return parts, values


def _about(answer: Answer, track_id: int) -> Answer:
    ids = (track_id,) if track_id >= 0 else ()
    return replace(answer, track_ids=ids, about=track_id)
