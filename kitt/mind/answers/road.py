"""Answers about the road as a whole: what is there, on which side, whether, how many, and what cannot be seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kitt.mind.answers import phrases
from kitt.mind.answers.question import Answer, Question, Value
from kitt.mind.answers.seen import SIDES, Thing, groups

MOST_GROUPS = 3
"""More than so many groups nobody remembers who drives; the rest is told as a number."""
MOST_GROUPS_BEFORE_DECIDING = 6


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
        items, values = phrases.groups(q.words, groups(others), MOST_GROUPS)
        text = q.words.fill(f"say.{but}", items=items, **q.words.of(name))
        return q.answer(text, {f"{name}.count": 0, **values}, others, topic=name)
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
    """What is seen and what cannot be: a verdict is the driver's alone."""
    words = q.words
    if q.seen:
        items, values = phrases.groups(words, groups(q.seen), MOST_GROUPS_BEFORE_DECIDING, brief=True)
        first = words.fill("say.see", items=items)
    else:
        first, values = words.fill("say.safe_empty"), {"count": 0}
    return q.answer(f"{first} {words.fill('say.blind_spots')}", values, q.seen, topic="road")


def _by_side(name: str, things: tuple[Thing, ...]) -> dict[str, Value]:
    tally = Counter(x.side for x in things)
    return {} if "" in tally else {f"{name}.{s}.count": tally[s] for s in SIDES if tally[s]}
