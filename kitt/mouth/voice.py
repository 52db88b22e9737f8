"""Voices by name: what turns a sentence into sound.

A further voice is a `VoiceEngine` that an installed package names in its entry points:

    [project.entry-points."kitt.voices"]
    myvoice = "my_package:ENGINE"

and `engine = "myvoice"` under `[voice]` in kitt.toml. Such a package comes from outside: what it speaks is its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Protocol

from kitt.errors import KittError
from kitt.mouth import espeak
from kitt.types import Utterance

ENTRY_POINTS = "kitt.voices"


class Voice(Protocol):
    """Says sentences. The same text in the same language gives the same samples, whatever was said before."""

    def say(self, text: str, language: str) -> Utterance:
        """The sentence as sound. Raises KittError when it cannot be spoken."""
        ...

    def describe(self) -> str:
        """One line: which engine, which version, from where."""
        ...

    def close(self) -> None:
        """Let go of processes and devices; `say` may not follow."""
        ...


@dataclass(frozen=True)
class VoiceEngine:
    """How to make a voice, and how to tell whether it can be made.

    `available` gives (it is there, one line that says what is or is not there, the line that mends it or "").
    """

    make: Callable[[], Voice]
    available: Callable[[], tuple[bool, str, str]]


ENGINES: dict[str, VoiceEngine] = {
    "espeak": VoiceEngine(espeak.make, espeak.available),
    "espeak-program": VoiceEngine(espeak.make_program, espeak.program_available),
}
"""kitt's own voices. `espeak` takes the wheel's library, else the system's program; the other one only the program."""


def make_voice(name: str) -> Voice:
    """The voice of that name. Raises KittError when there is none, or it is not installed."""
    return find_engine(name).make()


def available(name: str) -> tuple[bool, str, str]:
    """(it can speak, what is there, the line that mends it), for `kitt doctor`; starts nothing that stays."""
    try:
        return find_engine(name).available()
    except KittError as e:
        return False, str(e), ""


def find_engine(name: str) -> VoiceEngine:
    """The engine of that name, kitt's own or plugged in. Raises KittError when there is none or it cannot load."""
    if name in ENGINES:
        return ENGINES[name]
    plugged = {e.name: e for e in entry_points(group=ENTRY_POINTS)}
    if name not in plugged:
        known = ", ".join([*ENGINES, *sorted(plugged)])
        raise KittError(f"voice engine '{name}' is not known; known: {known}; see [voice] engine in kitt.toml")
    try:
        engine = plugged[name].load()
    except Exception as e:
        raise KittError(
            f"voice engine '{name}': {plugged[name].value} cannot be loaded: {type(e).__name__}: {e}"
        ) from e
    if not isinstance(engine, VoiceEngine):
        raise KittError(f"voice engine '{name}': {plugged[name].value} is not a kitt.mouth.voice.VoiceEngine")
    return engine
