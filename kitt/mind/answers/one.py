"""Answers about one object: how far it is, and whether it comes nearer."""

from __future__ import annotations

import math

from kitt.mind.answers import phrases, road
from kitt.mind.answers.question import Answer, Question, Value
from kitt.mind.answers.rounding import rough

SURE_SIGMAS = 2.0
"""A growth beyond so many of its standard deviations is one."""
SLOW_RATE = 1.0 / 30.0
"""What would take longer than 30 s to arrive keeps its distance,"""
STEADY_RATE = 0.1
"""if it cannot, within the same standard deviations, be growing faster than this: 10 s to arrive."""


def distance(q: Question) -> Answer:
    words, name = q.words, q.object if "object" in q.slots else None
    thing, among = q.meant(name)
    if thing is None:
        return _nobody(q, name)
    counted, values = phrases.counted(words, thing.name, among), dict[str, Value]({f"{thing.name}.count": among})
    if q.side:
        counted = words.fill("item.placed", what=counted, side=words.at("side")[q.side])
        values[f"{thing.name}.side"] = q.side
    subject, told = phrases.subject(words, thing, among, told_side=bool(q.side) and among > 1)
    away, measured = phrases.distance(words, thing.distance_m, thing.distance_std_m, thing.name)
    values.update(measured)
    if not away:
        return q.answer(words.fill("say.distance_unknown", counted=counted), values, [thing], topic=thing.name)
    values.update(told)
    if among == 1:
        return q.answer(words.fill("say.distance", subject=subject, away=away), values, [thing], topic=thing.name)
    text = words.fill("say.distance_of_many", counted=counted, subject=subject, away=away)
    return q.answer(text, values, q.of_class(thing.name), topic=thing.name, about=thing)


def closer(q: Question) -> Answer:
    """By the rate of growth and its standard deviation alone; seconds only for what is in our way."""
    words = q.words
    name = q.object if "object" in q.slots else None
    thing, among = q.meant(name)
    if thing is None:
        return _nobody(q, name)
    subject, values = phrases.subject(words, thing, among)
    away, measured = phrases.distance(words, thing.distance_m, thing.distance_std_m, thing.name)
    trend = trend_of(thing.rate, thing.rate_std)
    if trend == "unsure":
        measured = {}
    it = words.of(thing.name).get("it", "")
    values |= {**measured, "trend": trend, "scale_rate": thing.rate, "scale_rate_std": thing.rate_std}
    text = words.fill(f"say.{trend}", subject=subject, now=words.fill("say.now", away=away, it=it) if away else "")
    if trend == "closer" and (thing.in_path or thing.is_lead):
        std_s = thing.ttc_s * thing.rate_std / thing.rate
        number = rough(thing.ttc_s, std_s)
        if number:
            text += " " + words.fill("say.contact", time=words.rough("length", number, "second"))
            values |= {"ttc_s": thing.ttc_s, "ttc_std_s": std_s, **phrases.said("ttc.said", number, "second")}
    return q.answer(text, values, [thing], topic=thing.name)


def trend_of(rate: float, std: float) -> str:
    """ "closer", "same", "farther" or "unsure", of a rate of growth in 1/s and its standard deviation."""
    if not (math.isfinite(rate) and math.isfinite(std)):
        return "unsure"
    if abs(rate) > max(SURE_SIGMAS * std, SLOW_RATE):
        return "closer" if rate > 0 else "farther"
    return "same" if abs(rate) + SURE_SIGMAS * std <= STEADY_RATE else "unsure"


def _nobody(q: Question, name: str | None) -> Answer:
    if name is not None:
        # "And on the right?" after one thing's distance: what else is there is worth telling.
        return road.nothing(q, name, others=q.seen if q.side else ())
    text, values = phrases.none(q.words, "vehicle", q.side)
    return q.answer(text, values, topic="vehicle")
