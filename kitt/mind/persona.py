"""KITT's dry wit: when a line may be said, and which. The lines are data, written in each language: persona/*.toml.

A line comes after an answer, never by itself; never in or soon after a warning, never about an answer that a decision
to drive may rest on, never twice in a drive. When none fits, kitt says nothing more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from kitt.errors import KittError
from kitt.mind.wording import Match, Template, Value, known, line_of, toml
from kitt.types import LANGUAGES

FOLDER = Path(__file__).with_name("persona")
AFTER_S = 150.0
"""Usual silence between two lines: wit that comes with every answer is noise."""
AFTER_WARNING_S = 20.0
"""No wit so soon after a warning, whoever asks for it."""
GROUPS = {
    "joke": ("KittJoke",),
    "eyes": ("EyesDescribe", "EyesSide", "EyesSee", "EyesCount", "EyesLastSeen", "FollowSide", "FollowObject"),
    "climate": ("ClimateSet", "TemperatureSet", "TemperatureChange", "FanSpeed", "FanChange", "SeatHeating"),
    "media": ("MediaPlay", "MediaPause", "MediaNext", "MediaPrevious", "MediaGenre", "RadioStation", "RadioSet"),
    "notes": ("NoteParked", "NoteParkedAsk", "NotePlace", "NoteAdd", "NoteRead"),
}
"""Names that stand for several intents; `joke` is what the driver asks for."""
SILENT = frozenset(
    {
        *("EyesSafe", "EyesWhyWarned", "EyesWhatWasThat", "EyesDistance", "EyesCloser", "EyesLight", "EyesLightColour"),
        *("EyesSpeed", "EyesSpeedLimit", "EyesHealth", "LightsSet", "LightsFlash", "Defrost", "HatchOpen"),
        *("KittTurboBoost", "KittMode", "BreakReminder", "DriveForget", "StopTalking", "QuietMode"),
    }
)
"""Intents without wit: a decision may rest on the answer, or the driver wants quiet."""
SERIOUS = frozenset({"emergency", "hospital", "doctor", "pharmacy", "medicine"})
"""Values that end the fun, whatever slot has them."""


@dataclass(frozen=True)
class Line:
    """A line and its conditions. `key` is the same as long as its words are."""

    key: str
    topics: frozenset[str]
    say: Template
    road_calm: bool
    after_s: float
    when: Mapping[str, Match]

    def fits(self, topic: str, values: Mapping[str, Value], sayable: Mapping[str, Value]) -> bool:
        """values: what the answer carries; sayable: those of them that may fill a gap, in words."""
        matches = all(match.holds(values.get(name)) for name, match in self.when.items())
        return topic in self.topics and matches and self.say.has_all(sayable)


@dataclass(frozen=True)
class Script:
    """The lines of one language; `words` are its words for kitt's own names, the only texts that fill a gap."""

    lines: tuple[Line, ...]
    words: Mapping[str, str]

    @staticmethod
    def load(language: str) -> Script:
        """What ships. Raises KittError with file and line."""
        return _read(FOLDER / f"{language}.toml")


@dataclass
class State:
    """All that a persona remembers of its drive. Times are None before the first."""

    on: bool = True
    used: set[str] = field(default_factory=set)
    last_ns: int | None = None
    warned_ns: int | None = None


class Persona:
    """Wit in any of the languages over one drive. The same drive, questions and times give the same lines."""

    def __init__(self, *languages: str, drive: str = "", state: State | None = None) -> None:
        """languages: those that may be asked for, none for all; their files are checked here. drive: seeds the order.

        Raises KittError for an unknown language, and with file and line for a mistake in a file.
        """
        for language in languages:
            if language not in LANGUAGES:
                raise KittError(f"unknown language '{language}'; allowed: {', '.join(LANGUAGES)}")
        self._scripts = {language: Script.load(language) for language in languages or LANGUAGES}
        self._drive = drive
        self.state = state or State()

    def switch(self, on: bool) -> None:
        """What TalkJokes asks for."""
        self.state.on = on

    def warned(self, t_ns: int) -> None:
        """A warning was given."""
        self.state.warned_ns = t_ns

    def new_drive(self, drive: str) -> None:
        """Every line may be said again; whether wit is wanted stays."""
        self._drive, self.state = drive, State(on=self.state.on)

    def quip(self, topic: str, t_ns: int, road_calm: bool, values: Mapping[str, Value], language: str) -> str | None:
        """A line on an intent just answered, or None. What was given counts as said.

        Not to be asked for after "I cannot see" or "that did not work": wit goes with what went well.
        values: the answer's own; a gap is filled with nothing else. The line most at home with them is taken.
        """
        if not self.state.on or topic in SILENT or not SERIOUS.isdisjoint(str(v) for v in values.values()):
            return None
        if not _since(self.state.warned_ns, t_ns, AFTER_WARNING_S):
            return None
        script = self._scripts[language]
        sayable = {name: word for name, value in values.items() if (word := _word(value, script.words)) is not None}
        free = [
            line
            for line in script.lines
            if line.key not in self.state.used
            and (road_calm or not line.road_calm)
            and _since(self.state.last_ns, t_ns, line.after_s)
            and line.fits(topic, values, sayable)
        ]
        if not free:
            return None
        line = min(free, key=lambda one: (-len(one.when), len(one.topics), self._order(one)))
        self.state.used.add(line.key)
        self.state.last_ns = t_ns
        return line.say.fill(sayable, language)

    def _order(self, line: Line) -> str:
        return hashlib.sha256(f"{self._drive}\0{line.key}".encode()).hexdigest()


def carried(
    slots: Mapping[str, Value], values: Mapping[str, Value], track_ids: tuple[int, ...] = ()
) -> dict[str, Value]:
    """What an answer carries, as conditions of lines name it: slots, its values, and how many tracks it speaks of."""
    counted: dict[str, Value] = {"count": len(track_ids)} if track_ids else {}
    return {**counted, **slots, **values}


def _since(then_ns: int | None, t_ns: int, least_s: float) -> bool:
    """Whether so long has passed; time that was set back counts as none."""
    return then_ns is None or least_s <= 0 or t_ns - then_ns >= least_s * 1e9


def _word(value: Value, words: Mapping[str, str]) -> Value | None:
    """A value as it may stand in a line: a number, or a name that the language has a word for."""
    if isinstance(value, str):
        return words.get(value)
    return value if known(value) else None


@cache
def _read(path: Path) -> Script:
    data, text = toml(path)
    for key in data:
        if key not in ("lines", "words"):
            raise KittError(f"{path}:{line_of(text, '', key)}: unknown key '{key}'; allowed: lines, words")
    # One line of wit is one line of the file, so the n-th table begins on the n-th line with a bracket.
    rows = [n for n, row in enumerate(text.splitlines(), 1) if row.lstrip().startswith("{")]
    entries = data.get("lines", [])
    if not isinstance(entries, list) or len(rows) != len(entries):
        raise KittError(f"{path}:{line_of(text, '', 'lines')}: 'lines' must be a list with one {{...}} on each line")
    lines = tuple(_line(entry, f"{path}:{row}") for entry, row in zip(entries, rows, strict=True))
    said: dict[str, int] = {}
    for line, row in zip(lines, rows, strict=True):
        if line.key in said:
            raise KittError(f"{path}:{row}: the same words stand on line {said[line.key]}")
        said[line.key] = row
    return Script(lines, data.get("words", {}))


def _line(entry: dict[str, Any], where: str) -> Line:
    for key in entry:
        if key not in ("topic", "say", "road", "after_s", "when"):
            raise KittError(f"{where}: unknown key '{key}'; allowed: topic, say, road, after_s, when")
    if not isinstance(entry.get("say"), str) or not entry["say"].strip() or "topic" not in entry:
        raise KittError(f'{where}: a line needs topic = "..." and say = "..."')
    try:
        say = Template.of(entry["say"])
        when = {name: Match.of(written) for name, written in entry.get("when", {}).items()}
    except ValueError as e:
        raise KittError(f"{where}: {e}") from None
    topics = frozenset(_topics(entry["topic"], where))
    road, after_s = entry.get("road", "calm"), entry.get("after_s", 0.0 if topics == {"KittJoke"} else AFTER_S)
    if road not in ("calm", "any"):
        raise KittError(f"{where}: road = '{road}'; allowed: calm, any")
    if isinstance(after_s, bool) or not isinstance(after_s, int | float) or after_s < 0:
        raise KittError(f"{where}: after_s = {after_s!r} must be seconds, 0 or more")
    key = hashlib.sha256(entry["say"].encode()).hexdigest()[:16]
    return Line(key, topics, say, road == "calm", float(after_s), when)


def _topics(written: Any, where: str) -> Iterator[str]:
    for topic in written if isinstance(written, list) else [written]:
        if topic in SILENT:
            raise KittError(f"{where}: topic '{topic}': no wit about what a decision may rest on")
        if topic in GROUPS:
            yield from GROUPS[topic]
        elif isinstance(topic, str) and topic[:1].isupper():
            yield topic
        else:
            raise KittError(f"{where}: unknown topic '{topic}'; write an intent, or one of {', '.join(GROUPS)}")
