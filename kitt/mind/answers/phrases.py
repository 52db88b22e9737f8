"""Phrases that answers share, each with the values it tells: counts, distances, groups of things, times ago."""

from __future__ import annotations

from kitt.mind.answers.question import Value
from kitt.mind.answers.rounding import WIDE, Rough, rough, whole
from kitt.mind.answers.seen import Group, Thing
from kitt.mind.answers.words import Words

Said = tuple[str, dict[str, Value]]
JUST_NOW_S = 2.5
NEAR_M = 50.0
"""What stands aside and farther off is told without its distance in a brief answer."""


def distance(words: Words, distance_m: float, std_m: float, key: str, table: str = "away") -> Said:
    """ "about 30 metres away"; "" where the distance is not known."""
    scale = words.per_metre
    number = rough(distance_m * scale, std_m * scale)
    if number is None:
        return "", {}
    values: dict[str, Value] = {f"{key}.distance_m": distance_m, f"{key}.distance_std_m": std_m}
    return words.rough(table, number, words.length_unit), {**values, **said(f"{key}.said", number, words.units)}


def said(key: str, number: Rough, unit: str) -> dict[str, Value]:
    """The number as it is spoken."""
    return {f"{key}_low": number.low, f"{key}_high": number.high, f"{key}_unit": unit}


def counted(words: Words, noun: str, n: int, light: str = "") -> str:
    """ "two cars", "a red light"; of none see `none`."""
    forms = words.of(noun)
    shape = words.at("lights")[light] if light else forms
    return f"{words.number(n, forms['gender'], 'before')} {shape['one' if n == 1 else 'many']}"


def group(words: Words, g: Group, placed: bool = True, measured: bool = True) -> Said:
    """ "two cars ahead, the nearest at 30 metres"; `measured`: with its distance."""
    key, first, n = g.key, g.nearest, len(g.things)
    text = counted(words, first.name, n, first.light)
    values: dict[str, Value] = {f"{key}.count": n, f"{key}.class": first.name}
    if first.light:
        values[f"{key}.light"] = first.light
    if placed and first.side:
        text = words.fill("item.placed", what=text, side=words.at("side")[first.side])
        values[f"{key}.side"] = first.side
    away, told = distance(words, first.distance_m, first.distance_std_m, key, "at") if measured else ("", {})
    if away:
        form, nearest = "item.one" if n == 1 else "item.many", words.of(first.name)["nearest"]
        text = words.fill(form, what=text, away=away, nearest=nearest)
    if first.light and words.at("lights")[first.light]["note"]:
        text = words.fill("item.noted", what=text, note=words.at("lights")[first.light]["note"])
    return text, {**values, **told}


def groups(words: Words, many: list[Group], most: int, placed: bool = True, brief: bool = False) -> Said:
    """A list of groups, the first `most` of them in full and the rest as a number.

    brief: with the distances of what is ahead and of the first near thing aside alone; and the first light or sign of
    the rest that may be ours is named.
    """
    items, values = [], dict[str, Value]()
    told, rest_of = many[:most], many[most:]
    ours = next((g for g in rest_of if brief and g.is_signal and g.nearest.may_be_ours), None)
    aside_told = False
    for g in [*told, *([ours] if ours else [])]:
        measured = not brief or (g is not ours and (is_ahead(g.nearest) or (not aside_told and is_near(g.nearest))))
        aside_told |= measured and not is_ahead(g.nearest)
        text, carried = group(words, g, placed, measured)
        items.append(text)
        values.update(carried)
    rest = sum(len(g.things) for g in rest_of if g is not ours)
    if rest:
        number = words.number(rest, next(iter(words.at("gender"))))
        items.append(words.fill("item.more_one" if rest == 1 else "item.more", n=number))
        values["more.count"] = rest
    return words.listed(items), values


def is_ahead(thing: Thing) -> bool:
    return thing.in_path or thing.side == "ahead"


def is_near(thing: Thing) -> bool:
    """Near, and known to be."""
    return thing.distance_m <= NEAR_M and thing.distance_std_m <= WIDE * thing.distance_m


def subject(words: Words, thing: Thing, among: int, told_side: bool = False) -> Said:
    """ "the car in front of us", "the nearest car, on the left,"; `told_side`: the side was said before."""
    forms, side = words.of(thing.name), thing.side
    values: dict[str, Value] = {"class": thing.name}
    if thing.is_lead:
        return words.fill("subject.lead", **forms), {**values, "lead": 1, "side": "ahead"}
    if side and not told_side:
        values["side"] = side
    if among <= 1:
        return words.fill(f"subject.{side or 'somewhere'}", **forms), {**values, **({"side": side} if side else {})}
    if "side" not in values:
        return words.fill("subject.nearest_somewhere", **forms), values
    return words.fill("subject.nearest", side=words.at("side")[side], **forms), values


def none(words: Words, noun: str, side: str, form: str = "none", **parts: str) -> Said:
    """ "I see no cars", on a side where one was asked for."""
    values: dict[str, Value] = {f"{noun}.count": 0}
    if not side:
        return words.fill(f"say.{form}", **words.of(noun), **parts), values
    text = words.fill(f"say.{form}_side", side=words.at("side")[side], **words.of(noun), **parts)
    return text, {**values, f"{noun}.side": side}


def ago(words: Words, seconds: float, key: str = "ago") -> Said:
    """ "two minutes ago". Coarser the longer ago: seconds by 5 and 10, minutes by 5, hours."""
    values: dict[str, Value] = {f"{key}_s": seconds}
    if seconds < JUST_NOW_S:
        return words.at("ago")["now"], values
    n, unit = _span(seconds)
    values.update(said(f"{key}.said", whole(n), unit))
    return words.fill("ago.past", amount=words.amount(n, unit)), values


def so_long(words: Words, seconds: float, key: str) -> Said:
    """ "two minutes", no longer than it was; "" for what is hardly a second."""
    values: dict[str, Value] = {f"{key}_s": seconds}
    n, unit = _span_down(seconds)
    if not n:
        return "", values
    values.update(said(f"{key}.said", whole(n), unit))
    return words.amount(n, unit), values


def _span_down(seconds: float) -> tuple[int, str]:
    if seconds < 60.0:
        return (int(seconds) if seconds < 10.0 else int(seconds) // 5 * 5), "second"
    minutes = int(seconds) // 60
    return (minutes, "minute") if minutes < 120 else (minutes // 60, "hour")


def _span(seconds: float) -> tuple[int, str]:
    if seconds < 12.5:
        return round(seconds), "second"
    if seconds < 27.5:
        return round(seconds / 5) * 5, "second"
    if seconds < 55.0:
        return round(seconds / 10) * 10, "second"
    minutes = seconds / 60
    if 82.5 <= seconds < 100.0:
        return 90, "second"
    if minutes < 12.5:
        return max(round(minutes), 1), "minute"
    if minutes < 52.5 or 67.5 <= minutes < 117.5:
        return round(minutes / 5) * 5, "minute"
    return round(minutes / 60), "hour"
