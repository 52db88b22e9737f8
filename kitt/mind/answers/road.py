"""Answers about the road as a whole: what is there, on which side, whether, how many, and what cannot be seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kitt.mind.answers import past, phrases
from kitt.mind.answers.question import Answer, Question, Value
from kitt.mind.answers.rounding import rough
from kitt.mind.answers.seen import SIDES, SIGNALS, Thing, groups
from kitt.mind.answers.words import Words

MOST_GROUPS = 3
"""More than so many groups nobody remembers who drives; the rest is told as a number."""
MOST_GROUPS_BEFORE_DECIDING = 6
CLOSING_S = 4.0
"""What reaches us sooner than this is told before all else,"""
WARNED_S = 5.0
"""and so is a warning no older than this."""
ANNOUNCED = ("stop_sign", "light_green", "lead_departed")
"""Events that are no danger."""


def describe(q: Question) -> Answer:
    if not q.seen:
        return q.answer(q.words.fill("say.empty"), {"count": 0}, topic="road")
    items, values = phrases.groups(q.words, groups(q.seen), MOST_GROUPS, brief=True)
    return q.answer(q.words.fill("say.see", items=items), values, q.seen, topic="road")


def side(q: Question) -> Answer:
    """What is on one side; without one it is the whole road that was asked for."""
    words, where = q.words, q.side
    if not where:
        return describe(q)
    if where == "behind":
        return behind(q)
    values: dict[str, Value] = {"side": where}
    named, topic = words.at("side")[where], "road" if where == "ahead" else where
    if not q.seen:
        form = "side_empty" if where == "ahead" else "side_empty_beside"
        return q.answer(words.fill(f"say.{form}", side=named), {**values, "count": 0}, topic=topic)
    items, told = phrases.groups(words, groups(q.seen), MOST_GROUPS, placed=False, brief=True)
    return q.answer(words.fill("say.side", side=named, items=items), {**values, **told}, q.seen, topic=topic)


def behind(q: Question) -> Answer:
    return q.answer(q.words.fill("say.behind"), {"side": "behind"}, topic="behind")


def see(q: Question) -> Answer:
    words, name = q.words, q.object
    things = q.of_class(name)
    if things:
        items, values = phrases.groups(words, groups(things), MOST_GROUPS_BEFORE_DECIDING)
        return q.answer(words.fill("say.yes_see", items=items), values, things, topic=name)
    return nothing(q, name, "no_see", "no_but")


def nothing(q: Question, name: str, form: str = "none", but: str = "none_but", others: Sequence[Thing] = ()) -> Answer:
    """None of a class, but `others`. Grammars hear "vehicle" as "car", so of cars the other vehicles are told."""
    others = others or ([x for x in q.seen if x.is_vehicle] if name == "car" else [])
    if others:
        # On a side asked for all are on that side, which is said once.
        items, values = phrases.groups(q.words, groups(others), MOST_GROUPS, placed=not q.side)
        side = q.words.at("side")[q.side] if q.side else ""
        asked: dict[str, Value] = {f"{name}.side": q.side} if q.side else {}
        text = q.words.fill(f"say.{but}_side" if side else f"say.{but}", items=items, side=side, **q.words.of(name))
        return q.answer(text, {f"{name}.count": 0, **values, **asked}, others, topic=name)
    text, values = phrases.none(q.words, name, q.side, form)
    return q.answer(text, values, topic=name)


def no_other(q: Question) -> Answer:
    """None beside the one that was spoken of: "I see no cars" would be wrong."""
    topic = q.object if "object" in q.slots else "road"
    return q.answer(q.words.fill("say.no_other"), {"others": 0}, topic=topic)


def count(q: Question) -> Answer:
    """How many, and on which sides where all sides are known."""
    words, name = q.words, q.object
    things = q.of_class(name)
    if not things:
        return nothing(q, name)
    told = phrases.counted(words, name, len(things))
    values: dict[str, Value] = {f"{name}.count": len(things), **_by_side(name, things)}
    sides = [s for s in SIDES if f"{name}.{s}.count" in values]
    if not sides:
        text = words.fill("say.count", counted=told)
    elif len(sides) == 1:
        placed = words.fill("item.placed", what=told, side=words.at("side")[sides[0]])
        text = words.fill("say.count", counted=placed)
    else:
        gender = words.of(name)["gender"]
        parts = [
            words.fill(
                "say.count_part",
                n=words.number(int(values[f"{name}.{s}.count"]), gender),
                side=words.at("side")[s],
            )
            for s in sides
        ]
        text = words.fill("say.count_sides", counted=told, parts=", ".join(parts))
    return q.answer(text, values, things, topic=name)


def safe(q: Question) -> Answer:
    """What closes in or was warned of, what is seen and what cannot be: a verdict is the driver's alone."""
    words = q.words
    danger, threats = _danger(q)
    if q.seen:
        items, values = phrases.groups(words, groups(q.seen), MOST_GROUPS_BEFORE_DECIDING, brief=True)
        first = words.fill("say.see", items=items)
    else:
        first, values = words.fill("say.safe_empty"), {"count": 0}
    text = " ".join(filter(None, (danger, first, words.fill("say.blind_spots"))))
    return q.answer(text, {**threats, **values}, q.seen, topic="road")


def _danger(q: Question) -> phrases.Said:
    """What reaches us soonest, and if that is not in our path what is; else the latest warning; "" without any."""
    coming = [x for x in q.seen if x.ttc_s < CLOSING_S and x.class_id not in SIGNALS and x.rate > 0]
    coming.sort(key=lambda x: x.ttc_s)
    ours = [x for x in coming if x.in_path or x.is_lead]
    told = [_closing(q, x) for x in dict.fromkeys((*coming[:1], *ours[:1]))]
    if told:
        text = q.words.fill("say.careful", threats=" ".join(text for text, _ in told))
        return text, {k: v for _, values in told for k, v in values.items()}
    since_ns = q.view.t_ns - WARNED_S * 1e9
    given = [w for w in q.view.warnings if since_ns <= w.t_ns <= q.view.t_ns and w.event not in ANNOUNCED]
    latest = max(given, key=lambda w: (w.t_ns, -w.priority), default=None)
    return past.explained(q, latest, "warned") if latest else ("", {})


def _closing(q: Question, thing: Thing) -> phrases.Said:
    words, ours = q.words, thing.in_path or thing.is_lead
    key = "closing" if ours else "closing_aside"
    subject = words.fill("subject.lead", **words.of(thing.name)) if thing.is_lead else _one(words, thing)
    std_s = thing.ttc_s * thing.rate_std / thing.rate
    values: dict[str, Value] = {f"{key}.class": thing.name, f"{key}.side": thing.side, f"{key}.ttc_s": thing.ttc_s}
    text = words.fill("say.comes_closer", subject=subject)
    number = rough(thing.ttc_s, std_s)
    if number is None:
        return text, values
    form, it = "contact" if ours else "beside_us", words.of(thing.name).get("it", "")
    text += " " + words.fill(f"say.{form}", time=words.rough("length", number, "second"), it=it)
    return text, {**values, f"{key}.ttc_std_s": std_s, **phrases.said(f"{key}.said", number, "second")}


def _one(words: Words, thing: Thing) -> str:
    one = phrases.counted(words, thing.name, 1)
    return words.fill("item.placed", what=one, side=words.at("side")[thing.side]) if thing.side else one


def _by_side(name: str, things: tuple[Thing, ...]) -> dict[str, Value]:
    tally = Counter(x.side for x in things)
    return {} if "" in tally else {f"{name}.{s}.count": tally[s] for s in SIDES if tally[s]}
