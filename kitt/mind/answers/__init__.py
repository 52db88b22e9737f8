"""What the eyes say to a question: `answer` is all there is, and the table of who answers what.

Wording is data (words/<language>.toml). Nothing is in an answer's text that is not in its values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kitt.errors import KittError
from kitt.mind.answers import car, lights, one, past, road
from kitt.mind.answers.question import NO_TRACK, Answer, Question
from kitt.mind.answers.words import UNITS, Words
from kitt.mind.view import View

__all__ = ["INTENTS", "NO_TRACK", "UNITS", "Answer", "answer"]


@dataclass(frozen=True)
class Way:
    """How a question is answered. now: it is about the present picture and has no answer without one; seen: it rests on
    pictures at all, so that where there are none now that is said too."""

    tell: Callable[[Question], Answer]
    now: bool = True
    seen: bool = True


WAYS = {
    "EyesDescribe": Way(road.describe),
    "EyesSide": Way(road.side),
    "EyesSee": Way(road.see),
    "EyesCount": Way(road.count),
    "EyesDistance": Way(one.distance),
    "EyesCloser": Way(one.closer),
    "EyesLight": Way(lights.light),
    "EyesLightColour": Way(lights.colour),
    "EyesSafe": Way(road.safe),
    "EyesHealth": Way(car.health),
    "EyesWhatWasThat": Way(past.what, now=False),
    "EyesWhyWarned": Way(past.why, now=False),
    "EyesLastSeen": Way(past.last_seen, now=False),
    "EyesSpeed": Way(car.speed, now=False, seen=False),
    "EyesSpeedLimit": Way(car.speed_limit, now=False, seen=False),
}
INTENTS = tuple(WAYS)


def answer(intent: str, slots: dict[str, str | int], view: View, language: str, units: str = "metres") -> Answer:
    """The answer to one of INTENTS, in one of LANGUAGES, in UNITS.

    slots: as the car grammar gives them; `side` narrows every question, `other_than` (a track id) leaves one out.
    Raises KittError for an intent, slot, language or unit that is not known.
    """
    way = WAYS.get(intent)
    if way is None:
        raise KittError(f"answers: '{intent}' is no question to the eyes; known: {', '.join(INTENTS)}")
    question = Question.of(intent, slots, view, Words(language, units))
    if way.now and view.present is None:
        return car.lost(question)
    if way.now and question.side == "behind":
        return road.behind(question)
    if "other_than" in slots and not question.others:
        return road.no_other(question)
    told = way.tell(question)
    return car.and_lost(question, told) if way.seen and view.present is None else told
