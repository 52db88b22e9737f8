"""What is said about an action. The words are data, words/<language>.toml; here is only how a text is put together.

A text holds gaps: `{light}` is a slot's value (or else the action's) by its name in [names.light], `{value}` and the
figures of a reason stand as they are, `{lit@light}` is the form of [forms] lit that goes with that name's gender and
number. `Intent.value` goes before `Intent`, `reason.Intent` before `reason`.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from kitt.errors import KittError
from kitt.mind.vehicle.action import Action
from kitt.types import LANGUAGES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).with_name("words")
NAMES = ("contact",)
"""May be said as they are where there is no word for them: people's names."""
_GAP = re.compile(r"\{(\w+)(?:@(\w+))?\}")


def confirm(action: Action, language: str) -> str:
    """What was done, what is asked back, or why it was not done; "" while it waits for the car.

    Raises KittError for a language or a text that there is not.
    """
    words = _words(language)
    if action.waits:
        return ""
    section = "refused" if action.reason else "done"
    if action.reason:
        keys = [f"{action.reason}.{action.intent}", action.reason]
    else:
        keys = [*(f"{action.intent}.{v}" for v in action.slots.values()), action.intent]
    text = next((words[section][k] for k in keys if k in words[section]), None)
    if text is None:
        raise KittError(f"{FOLDER / language}.toml: [{section}] has no text '{keys[-1]}'")
    said = _GAP.sub(lambda gap: _filled(gap[1], gap[2], action, words, language), text)
    return _capital(said)


def _filled(name: str, about: str | None, action: Action, words: dict[str, Any], language: str) -> str:
    value = _held(about or name, action)
    named = words["names"].get(about or name, {}).get(str(value))
    if about is not None:
        return str(words["forms"][name][named["form"]])
    if named is None:
        if name in words["names"] and name not in NAMES:
            raise KittError(f"{FOLDER / language}.toml: [names.{name}] does not know '{value}'")
        return str(value)
    return str(named["text"] if isinstance(named, dict) else named)


def _held(name: str, action: Action) -> object:
    for among in (action.slots, action.figures):
        if name in among:
            return among[name]
    return action.figures.get("value") if action.value is None else action.value


def _capital(text: str) -> str:
    """The first letter, which a Spanish question mark may precede."""
    for at, sign in enumerate(text):
        if sign.isalpha():
            return text[:at] + sign.upper() + text[at + 1 :]
        if sign.isdigit():
            break
    return text


@cache
def _words(language: str) -> dict[str, Any]:
    if language not in LANGUAGES:
        raise KittError(f"car actions: language '{language}' is not known; known: {', '.join(LANGUAGES)}")
    words: dict[str, Any] = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return words
