"""What a recipe's reply and conditions may speak of: one table, from which docs/recipes.md is held too."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kitt.mind.answers.seen import Thing, lead_or_nearest, things_seen
from kitt.mind.notebook import Notebook
from kitt.mind.view import View
from kitt.mind.wording import Value
from kitt.types import CLASSES


@dataclass(frozen=True, eq=False)
class Asked:
    """What a recipe is asked with, one in Python too: intent and slots as heard, what may be told now, the notebook."""

    intent: str
    slots: Mapping[str, str | int]
    language: str
    view: View
    book: Notebook | None = None


@dataclass(frozen=True)
class Found:
    """What a field comes to, and the tracks that say so. None: not known now."""

    value: Value | None
    track_ids: tuple[int, ...] = ()
    of_the_scene: bool = False


@dataclass(frozen=True)
class Field:
    """A field. about: what may stand after its colon; () for nothing, None for any name (a slot)."""

    help: str
    about: tuple[str, ...] | None
    find: Callable[[Asked, str], Found] = field(repr=False)


LEAD = "lead"


def value_of(gap: str, asked: Asked) -> Found:
    """What a gap such as "distance_m:lead" comes to. The name is known: `problem` was asked at load."""
    name, _, about = gap.partition(":")
    return FIELDS[name].find(asked, about)


def problem(gap: str, slots: frozenset[str]) -> str:
    """What is wrong with a gap in a recipe whose sentences fill these slots, "" when nothing is."""
    name, _, about = gap.partition(":")
    if name not in FIELDS:
        return f"unknown field '{gap}'; there are {', '.join(shown(n) for n in FIELDS)}"
    allowed = FIELDS[name].about
    if allowed is None:
        if not about:
            return f"'{name}' needs the name of a slot: {shown(name)}"
        return "" if about in slots else f"no sentence fills the slot '{about}'; filled are: {_listed(slots)}"
    if allowed == () and about:
        return f"'{name}' stands alone: {{{name}}}"
    if allowed and about not in allowed:
        return f"'{gap}': after '{name}:' stands one of {', '.join(allowed)}"
    return ""


def shown(name: str) -> str:
    """A field as it is written: {count:car}."""
    about = FIELDS[name].about
    return f"{{{name}}}" if about == () else f"{{{name}:{about[0] if about else '...'}}}"


def _listed(slots: frozenset[str]) -> str:
    return ", ".join(sorted(slots)) or "none"


def _speed(per_mps: float) -> Callable[[Asked, str], Found]:
    def find(asked: Asked, about: str) -> Found:
        speed_mps = asked.view.speed_mps
        return Found(None if speed_mps is None else round(speed_mps * per_mps))

    return find


def _of(things: tuple[Thing, ...], about: str) -> list[Thing]:
    return [t for t in things if t.name == about]


def _count(asked: Asked, about: str) -> Found:
    if asked.view.present is None:
        return Found(None)
    found = _of(things_seen(asked.view), about)
    return Found(len(found), tuple(t.track_id for t in found), True)


def _distance(asked: Asked, about: str) -> Found:
    things = things_seen(asked.view)
    thing = next((t for t in things if t.is_lead), None) if about == LEAD else lead_or_nearest(_of(things, about))
    if thing is None or not math.isfinite(thing.distance_m):
        return Found(None)
    # A metre is more than a single camera knows beyond ten.
    return Found(round(thing.distance_m, 1 if thing.distance_m < 10 else 0), (thing.track_id,), True)


def _minutes_since(asked: Asked, about: str) -> Found:
    last = asked.view.sightings.last(CLASSES.index(about))
    if last is None:
        return Found(None)
    return Found(max(asked.view.t_ns - last.last_ns, 0) // 60_000_000_000, (last.track_id,))


def _slot(asked: Asked, about: str) -> Found:
    return Found(asked.slots.get(about))


def _note(asked: Asked, about: str) -> Found:
    if asked.book is None or not asked.book.works:
        return Found(None)
    if about == "count":
        return Found(len(asked.book.notes()))
    parked = asked.book.last("parked")
    return Found(parked.slots["level"] if parked else None)


FIELDS: dict[str, Field] = {
    "speed_kmh": Field("the car's own speed, km/h", (), _speed(3.6)),
    "speed_mph": Field("the car's own speed, miles per hour", (), _speed(2.236936)),
    "count": Field("how many of a class kitt sees now", CLASSES, _count),
    "distance_m": Field("metres to the vehicle ahead, or to the nearest of a class", (LEAD, *CLASSES), _distance),
    "minutes_since": Field("whole minutes since one of a class was last seen in this drive", CLASSES, _minutes_since),
    "slot": Field("what the driver said for a slot of the sentence", None, _slot),
    "note": Field("the level the car was parked on last; how many notes there are", ("parked", "count"), _note),
}


def as_markdown() -> str:
    """The table of fields for docs/recipes.md; a test holds the page against it."""
    rows = ["| field | what it is | after the colon |", "|---|---|---|"]
    for name, one in FIELDS.items():
        after = "a slot of the sentence" if one.about is None else ", ".join(f"`{a}`" for a in one.about) or "nothing"
        rows.append(f"| `{shown(name)}` | {one.help} | {after} |")
    return "\n".join(rows) + "\n"
