"""Two commands in one sentence that cannot both be meant: "lights on and off", "open and close the window".

Neither is done: kitt asks which one. A sentence is split where a word joins two things, and what one half lacks is
taken from the other: "turn the lights on (and) [turn the lights] off", "open [the window] (and) close the window".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product

from kitt.mind.typed import JOINS, Reading
from kitt.mind.vehicle.actions import TABLE

INTENT = "TalkContradiction"
"""Its slots: `of`, the intent of the first command, and the slots that both share."""
SHARED = 2
"""As many words may stand for both halves."""
LONGEST = 16
"""Words of a sentence that is split; nobody contradicts himself at greater length."""
NEAR = 0.3
"""What a half may cost to count as understood."""
_SWITCHES = {"VoiceVolume": "change", "QuietMode": "state", "TalkJokes": "state"}
"""Beside the car's actions: intents of which a slot says which way."""
_OPPOSED = [
    {"WindowOpen", "WindowClose"},
    {"HatchOpen", "TrunkClose"},
    {"MediaPlay", "MediaPause"},
    {"MediaNext", "MediaPrevious"},
    {"PhoneAnswer", "PhoneDecline"},
    {"NavigateTo", "NavigateCancel"},
]


def found(typed: str, understand: Callable[[str], Reading | None]) -> Reading | None:
    """The contradiction in a sentence, None where there is none. understand: what a well-formed command says."""
    read = cache(understand)
    for first, second in _splits(typed.split()):
        if (one := read(first)) and (other := read(second)) and (contrary := of(one, other, typed)):
            return contrary
    return None


def of(one: Reading, other: Reading, typed: str) -> Reading | None:
    """What two commands make that contradict each other; None where both can be meant."""
    shared = {name: value for name, value in one.slots.items() if other.slots.get(name) == value}
    contrary = {one.intent, other.intent} in _OPPOSED
    if one.intent == other.intent and one.slots.keys() == other.slots.keys():
        differ = one.slots.keys() - shared.keys()
        contrary = len(differ) == 1 and differ <= _ways(one.intent)
    return Reading(INTENT, {"of": one.intent, **shared}, typed, 0.0, one.language) if contrary else None


def _ways(intent: str) -> set[str]:
    """Slots that say how something shall stand; the others say what."""
    if intent in TABLE:
        return {s.slot for s in TABLE[intent].sets if s.slot}
    return {_SWITCHES[intent]} if intent in _SWITCHES else set()


def _splits(words: list[str]) -> Iterator[tuple[str, str]]:
    if len(words) > LONGEST:
        return
    for at, word in enumerate(words):
        if 0 < at < len(words) - 1 and word.casefold() in JOINS:
            left, right = words[:at], words[at + 1 :]
            ends = [[], *(right[k:] for k in range(1, SHARED + 1) if right[k:])]
            begins = [[], *(left[:-k] for k in range(1, SHARED + 1) if left[:-k])]
            for begin, end in product(begins, ends):
                yield " ".join(left + end), " ".join(begin + right)
