"""False accepts: what an open microphone takes for a command while nobody gives one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kitt.eval.speech_engine import Answer, Opener, Recogniser
from kitt.eval.speech_metrics import poisson_upper
from kitt.eval.speech_negatives import Block, IsCommand
from kitt.eval.speech_sets import GRAMMARS, sounded_words

if TYPE_CHECKING:
    from kitt.ears.grammar import Grammar

SMALL = {language: GRAMMARS / f"small_{language}.yaml" for language in ("en", "fr", "es")}
SAID, NEAR, WRONG = "said", "near", "wrong"
NEARLY = 0.6
"""Share of an accepted command's words that had been said for it to count as nearly what was said."""


@dataclass(frozen=True)
class Event:
    """An utterance that the engine made of something that was no command."""

    grammar: str
    source: str
    language: str
    said: str
    answer: Answer

    @property
    def kind(self) -> str:
        """SAID where the command's words were said, one after the other: "okay, and for what time?" with a pause after
        the first word is a command to anybody who hears no more of it. NEAR where most of them were: "turn off the
        closet light" for "cabin light". WRONG otherwise.
        """
        heard, said = self.answer.text.split(), sounded_words(self.said, self.language)
        if heard and any(said[i : i + len(heard)] == heard for i in range(len(said))):
            return SAID
        return NEAR if heard and sum(w in said for w in heard) / len(heard) >= NEARLY else WRONG


@dataclass(frozen=True)
class Watch:
    """hours: listened to, by (source, language); events: everything that was heard in them, accepted or not."""

    grammar: str
    hours: dict[tuple[str, str], float] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    @property
    def total_hours(self) -> float:
        return sum(self.hours.values())

    @property
    def accepted(self) -> list[Event]:
        return [e for e in self.events if e.answer.accepted]


def commands_of(grammars: dict[str, Grammar]) -> IsCommand:
    """Whether a text is a sentence of the grammar of its language."""

    def is_command(text: str, language: str) -> bool:
        words = sounded_words(text, language) if language in grammars else []
        return bool(words) and grammars[language].parse(words) is not None

    return is_command


def listen_to(name: str, blocks: Iterable[Block], grammars: dict[str, Sequence[Path]], opener: Opener) -> Watch:
    """Every block through the grammar of its language. An empty sequence of paths is the car grammar."""
    ears: dict[str, Recogniser] = {}
    out = Watch(name)
    for block in blocks:
        if block.language not in ears:
            ears[block.language] = opener(list(grammars[block.language]), block.language)
        key = (block.source, block.language)
        out.hours[key] = out.hours.get(key, 0.0) + block.hours
        for answer in ears[block.language](block.samples):
            said = block.text_at((answer.t_start_s + answer.t_end_s) / 2)
            out.events.append(Event(name, block.source, block.language, said, answer))
    return out


def figures(heard: Watch) -> dict[str, Any]:
    """Events and hours: of speech, of noise alone, of all, and of each source and language."""
    by_key: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in heard.accepted:
        by_key[event.source, event.language].append(event)
    rows = [
        {"source": source, "language": language, **_rate(by_key[source, language], length)}
        for (source, language), length in heard.hours.items()
    ]
    parts: dict[bool, list[Event]] = {False: [], True: []}
    hours = {False: 0.0, True: 0.0}
    for event in heard.accepted:
        parts[_is_noise(event.source)].append(event)
    for (source, _), length in heard.hours.items():
        hours[_is_noise(source)] += length
    return {
        "grammar": heard.grammar,
        "speech": _rate(parts[False], hours[False]),
        "noise": _rate(parts[True], hours[True]),
        "all": _rate(heard.accepted, heard.total_hours),
        "rows": rows,
    }


def _is_noise(source: str) -> bool:
    return source.startswith("noise")


def _rate(events: Sequence[Event], hours: float) -> dict[str, Any]:
    """events: false accepts, near among them; what had been said is no false accept and stands apart."""
    kinds = [e.kind for e in events]
    false = len(kinds) - kinds.count(SAID)
    return {
        "events": false,
        "near": kinds.count(NEAR),
        "said": kinds.count(SAID),
        "hours": hours,
        "per_hour": false / hours if hours else float("nan"),
        "per_hour_at_most": poisson_upper(false, hours),
    }


def row_of(event: Event) -> dict[str, Any]:
    """One event as a line of JSON."""
    return {
        "grammar": event.grammar,
        "source": event.source,
        "language": event.language,
        "said": event.said,
        "kind": event.kind,
        "answer": asdict(event.answer),
    }
