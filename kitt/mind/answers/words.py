"""Words of one language as data: templates, numbers, nouns with their gender, and what letters do where words meet.

The tables are words/<language>.toml; a language is a file there. Nothing here knows what an answer is about.
"""

from __future__ import annotations

import re
import string
import sys
from functools import cache
from importlib import resources
from typing import Any

from kitt.errors import KittError
from kitt.mind.answers.rounding import Rough
from kitt.types import LANGUAGES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

UNITS = ("metres", "feet")
UNIT_OF_LENGTH = {"metres": ("metre", 1.0), "feet": ("foot", 1.0 / 0.3048)}
UNIT_OF_SPEED = {"metres": ("kmh", 3.6), "feet": ("mph", 3600.0 / 1609.344)}
SENTENCE_START = re.compile(r"(?:^|(?<=[.!?] ))\w")


class Words:
    """One language, one system of units. Raises KittError for one that is not known."""

    def __init__(self, language: str, units: str) -> None:
        if language not in LANGUAGES:
            raise KittError(f"answers: language '{language}' is not known; known: {', '.join(LANGUAGES)}")
        if units not in UNITS:
            raise KittError(f"answers: units '{units}' are not known; known: {', '.join(UNITS)}")
        self.language, self.units = language, units
        self._table = table(language)
        self.length_unit, self.per_metre = UNIT_OF_LENGTH[units]
        self.speed_unit, self.per_mps = UNIT_OF_SPEED[units]

    def fill(self, path: str, **parts: str) -> str:
        """The template at `path` ("say.see") with its braces filled."""
        return str(self.at(path)).format_map(parts)

    def has(self, path: str) -> bool:
        return self._look(path) is not None

    def fields(self, path: str) -> set[str]:
        """Names in the template's braces."""
        return {name for _, name, _, _ in string.Formatter().parse(str(self.at(path))) if name}

    def at(self, path: str) -> Any:
        found = self._look(path)
        if found is None:
            raise KeyError(f"words/{self.language}.toml has no '{path}'")
        return found

    def of(self, noun: str) -> dict[str, str]:
        """Forms of a noun and of the words that agree with it: one, many, the, none, nearest, ..."""
        forms = self.at("nouns")[noun]
        return {**self.at("gender")[forms["gender"]], **forms, "noun": forms["one"]}

    def number(self, n: int, gender: str, use: str = "alone") -> str:
        """`use`: "before" a noun counted, before a unit of "measure", or "alone"."""
        words: list[str] = self.at("number")[use][gender]
        return words[n - 1] if 1 <= n <= len(words) else str(n)

    def amount(self, n: int, unit: str, digits: bool = False) -> str:
        """So many of a unit: "eight metres", "30 metres"; `digits` writes the number so in any case."""
        forms = self.at("units")[unit]
        number = str(n) if digits else self.number(n, forms["gender"], "measure")
        return f"{number} {forms['one' if n == 1 else 'many']}"

    def decimal(self, value: float, unit: str) -> str:
        """With one digit after the point: "1.8 seconds", "1,8 seconde"."""
        forms = self.at("units")[unit]
        single = self.at("singular_below_two") and value < 2.0
        point: str = self.at("decimal")
        number = f"{value:.1f}".replace(".", point)
        return f"{number} {forms['one' if single else 'many']}"

    def rough(self, table: str, number: Rough, unit: str) -> str:
        """An honest number by one of the tables "away" and "length"."""
        gender = self.at("units")[unit]["gender"]
        digits = number.form == "between" and self.number(number.high, gender) == str(number.high)
        low = str(number.low) if digits else self.number(number.low, gender)
        form = "about_one" if number.form == "about" and number.low == 1 else number.form
        return self.fill(f"{table}.{form}", low=low, amount=self.amount(number.high, unit, digits))

    def listed(self, items: list[str]) -> str:
        """ "a, b and c"; the last comma stands where the item before it has one of its own."""
        if len(items) < 2:
            return "".join(items)
        between, last, after_comma = self.at("list")
        return f"{between.join(items[:-1])}{after_comma if ',' in items[-2] else last}{items[-1]}"

    def finish(self, text: str) -> str:
        """Elisions and contractions where words met, and capitals where sentences begin."""
        for pattern, instead in self.at("joins"):
            text = re.sub(pattern, instead, text)
        return SENTENCE_START.sub(lambda m: m[0].upper(), text)

    def _look(self, path: str) -> Any:
        found: Any = self._table
        for key in path.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        return found


@cache
def table(language: str) -> dict[str, Any]:
    file = resources.files("kitt.mind.answers") / "words" / f"{language}.toml"
    read: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    return read
