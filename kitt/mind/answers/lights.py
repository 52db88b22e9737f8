"""Answers about traffic lights. kitt does not know which one is ours, so several colours are told as several."""

from __future__ import annotations

from kitt.mind.answers import phrases, road
from kitt.mind.answers.question import Answer, Question, Value
from kitt.mind.answers.seen import groups
from kitt.types import CLASSES, TRAFFIC_LIGHT

NAME = CLASSES[TRAFFIC_LIGHT]
MOST_GROUPS = 6


def light(q: Question) -> Answer:
    """Is it of that colour?"""
    return _tell(q, q.colour)


def colour(q: Question) -> Answer:
    return _tell(q, None)


def _tell(q: Question, asked: str | None) -> Answer:
    words, lights = q.words, q.of_class(NAME)
    if not lights:
        return road.nothing(q, NAME)
    ours = [x for x in lights if x.may_be_ours]
    states = {x.light for x in ours}
    if not ours or len(states) > 1:
        told = ours or list(lights)
        items, values = phrases.groups(words, groups(told), MOST_GROUPS)
        form = "say.lights_differ" if ours else "say.light_not_ours"
        return q.answer(words.fill(form, items=items), values, told, topic=NAME)
    n, state = len(ours), states.pop()
    values = dict[str, Value]({f"{NAME}.count": n, f"{NAME}.light": state})
    if state == "unknown":
        text = words.fill("say.light_unknown", counted=phrases.counted(words, NAME, n))
        return q.answer(text, values, ours, topic=NAME)
    verdict = "" if asked is None else "_yes" if asked == state else "_no"
    number = words.number(n, words.of(NAME)["gender"])
    text = words.fill(f"say.light{'' if n == 1 else 's'}{verdict}", n=number, **words.at("lights")[state])
    return q.answer(text, values, ours, topic=NAME)
