"""What kitt says that depends on no picture: greetings, the time, questions back. The words are data: talk/*.toml.

A file a language, all with the same sections, keys and placeholders; a key holds a text or several, said in turn.
Sections under [words] are words for kitt's own names (topics, languages, parts of the day).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from kitt.errors import KittError
from kitt.mind.wording import Template, Value, line_of, toml
from kitt.types import LANGUAGES

FOLDER = Path(__file__).with_name("talk")
MAY_LACK = frozenset({"part"})
"""Placeholders that a language may do without: French counts hours to 24 and names no part of the day."""
MISSES_TOLD = 2
"""How often in a row kitt says that it did not understand; then it is silent until it does."""


@dataclass(frozen=True)
class Said:
    """A wording by its key and what fills it; `text` in the language it was asked for."""

    key: str
    text: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Talk:
    """The wording of one language. texts: templates by "section.key"; names: words by "section", then name."""

    language: str
    texts: Mapping[str, tuple[Template, ...]]
    names: Mapping[str, Mapping[str, str]]

    @staticmethod
    def load(language: str) -> Talk:
        """The wording that ships. Raises KittError with file and line when the files differ in what they hold."""
        return load(FOLDER)[language]

    def say(self, key: str, nth: int = 0, /, **values: Value) -> Said:
        """The `nth` of the key's texts, from the first again after the last. Raises KeyError: a mistake in the code."""
        texts = self.texts[key]
        return Said(key, texts[nth % len(texts)].fill(values, self.language), values)

    def say_count(self, key: str, count: int, /, **values: Value) -> Said:
        """`key_none`, `key_one` or `key_many`, by `count`; the last has it as {count}."""
        which = {0: "none", 1: "one"}.get(count, "many")
        return self.say(f"{key}_{which}", **values) if count < 2 else self.say(f"{key}_{which}", count=count, **values)

    def name(self, section: str, name: str | int) -> str:
        """The word for one of kitt's own names, such as name("topic", "bread")."""
        return self.names[section][str(name)]

    def listed(self, texts: list[str]) -> str:
        """ "a, b and c"."""
        if len(texts) < 2:
            return "".join(texts)
        return f"{', '.join(texts[:-1])} {self.names['join']['and']} {texts[-1]}"

    def time(self, t_ns: int, utc_offset_s: int = 0) -> Said:
        """The time of day at `t_ns` of the Unix epoch, in a place so far east of Greenwich."""
        at = _local(t_ns, utc_offset_s)
        if at.minute == 0 and at.hour in (0, 12):
            return self.say("time.noon" if at.hour else "time.midnight")
        hour = at.hour if self.names["clock"]["hours"] == "24" else (at.hour + 11) % 12 + 1
        key = "time.sharp" if at.minute == 0 else "time.oh" if at.minute < 10 else "time.minutes"
        values: dict[str, Value] = {"hour": hour, "part": self.name("part", _part(at.hour))}
        if at.minute:
            values["minute"] = at.minute
        return self.say(f"{key}_one" if hour < 2 else key, **values)

    def date(self, t_ns: int, utc_offset_s: int = 0) -> Said:
        """The day at `t_ns` of the Unix epoch, with weekday, day and month."""
        at = _local(t_ns, utc_offset_s)
        weekday, month = self.name("weekday", at.isoweekday()), self.name("month", at.month)
        return self.say("date.first" if at.day == 1 else "date.day", weekday=weekday, day=at.day, month=month)

    def reply(self, intent: str, slots: Mapping[str, str | int], nth: int = 0) -> Said | None:
        """The fixed reply to an intent of small talk; None for one that has none. `nth`: how often it was asked before.

        KittTime and KittDate need the time: see `time` and `date`. KittJoke is persona's: `joke.none` when it has none.
        """
        key = f"intent.{intent}"
        for slot in ("mode", "state", "change"):
            if slot in slots and f"{key}_{slots[slot]}" in self.texts:
                return self.say(f"{key}_{slots[slot]}", nth)
        return self.say(key, nth) if key in self.texts else None


@dataclass
class Misses:
    """How often in a row kitt did not understand. `total` picks the words, so that they change over the drive."""

    in_a_row: int = 0
    total: int = 0

    def understood(self) -> None:
        self.in_a_row = 0

    def missed(self, talk: Talk) -> Said | None:
        """What to say, None when it was said often enough."""
        self.in_a_row += 1
        if self.in_a_row > MISSES_TOLD:
            return None
        self.total += 1
        return talk.say("talk.not_understood", self.total - 1)


@cache
def load(folder: Path) -> Mapping[str, Talk]:
    """Every language's wording in a folder, held against English. Raises KittError with file and line."""
    files = {language: folder / f"{language}.toml" for language in LANGUAGES}
    talks = {language: _read(path, language) for language, path in files.items()}
    for language, path in files.items():
        _same(talks["en"], files["en"], talks[language], path)
    return talks


def _read(path: Path, language: str) -> Talk:
    data, text = toml(path)
    names = data.pop("words", {})
    texts: dict[str, tuple[Template, ...]] = {}
    for section, entries in data.items():
        if not isinstance(entries, dict):
            raise KittError(f"{path}:{line_of(text, '', section)}: '{section}' must stand under a [section]")
        for key, written in entries.items():
            where = f"{path}:{line_of(text, section, key)}"
            several = written if isinstance(written, list) else [written]
            if not several or not all(isinstance(one, str) and one.strip() for one in several):
                raise KittError(f"{where}: '{key}' must be a text in quotes, or a list of them")
            try:
                texts[f"{section}.{key}"] = tuple(Template.of(one) for one in several)
            except ValueError as e:
                raise KittError(f"{where}: {e}") from None
    for section, words in names.items():
        for name, word in words.items() if isinstance(words, dict) else [("", words)]:
            if not isinstance(word, str) or not name:
                line = line_of(text, f"words.{section}", name)
                raise KittError(f"{path}:{line}: '{name or section}' must be a text in quotes under [words.{section}]")
    return Talk(language, texts, names)


def _same(first: Talk, first_path: Path, other: Talk, path: Path) -> None:
    """Raise KittError unless both hold the same keys and placeholders."""
    _same_keys(first.texts, first_path, other.texts, path, "key")
    _same_keys(first.names, first_path, other.names, path, "section", "words.")
    for section, words in first.names.items():
        _same_keys(words, first_path, other.names[section], path, "word", f"words.{section}.")
    for key, texts in other.texts.items():
        due = set(first.texts[key][0].gaps)
        for text in texts:
            wrong = (set(text.gaps) ^ due) - (MAY_LACK & due)
            if wrong:
                section, _, name = key.partition(".")
                line = line_of(path.read_text(encoding="utf-8"), section, name)
                raise KittError(
                    f"{path}:{line}: '{key}' has {_gaps(text.gaps)} and {first_path.name} has {_gaps(tuple(due))};"
                    " the same must stand in every language and in each of a key's texts"
                )


def _same_keys(
    first: Mapping[str, object], first_path: Path, other: Mapping[str, object], path: Path, what: str, prefix: str = ""
) -> None:
    for has, has_path, lacks, lacks_path in ((first, first_path, other, path), (other, path, first, first_path)):
        for key in has:
            if key not in lacks:
                section, _, name = (prefix + key).rpartition(".")
                line = line_of(has_path.read_text(encoding="utf-8"), section, name)
                if line == 1:
                    line = line_of(has_path.read_text(encoding="utf-8"), prefix + key, "")
                raise KittError(f"{has_path}:{line}: {what} '{prefix}{key}' is missing in {lacks_path.name}")


def _gaps(gaps: tuple[str, ...]) -> str:
    return ", ".join(f"{{{gap}}}" for gap in sorted(set(gaps))) or "no placeholder"


def _local(t_ns: int, utc_offset_s: int) -> datetime:
    return datetime.fromtimestamp(t_ns // 1_000_000_000, timezone(timedelta(seconds=utc_offset_s)))


def _part(hour: int) -> str:
    return next(part for until, part in _PARTS if hour < until)


_PARTS = ((6, "small_hours"), (12, "morning"), (18, "afternoon"), (20, "early_evening"), (24, "evening"))
"""Where a part of the day ends. From 18 to 20 English says evening and Spanish still afternoon."""
