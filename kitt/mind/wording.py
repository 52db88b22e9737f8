"""Texts with gaps, as talk, persona and recipes have them: "{count} notes", "{distance_m:lead}".

A gap is a name, or a name and what it is about after a colon; "{{" and "}}" stand for the signs themselves. Nothing is
computed in a text: what fills a gap is a value that the evidence carries, written as the language writes it.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kitt import config
from kitt.errors import KittError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Value = str | int | float
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_GAP = re.compile(r"[a-z_][a-z0-9_]*(?::[a-z0-9_][a-z0-9_ ]*)?")
_SPAN = re.compile(r"(-?\d+(?:\.\d+)?)?\.\.(-?\d+(?:\.\d+)?)?")


@dataclass(frozen=True)
class Template:
    """A text and its gaps. `pieces` alternate: text, gap, text, ...; the first and the last are text."""

    pieces: tuple[str, ...]

    @staticmethod
    def of(text: str) -> Template:
        """Raises ValueError that says what is wrong with the text."""
        pieces, said, at = [], "", 0
        for found in _PIECE.finditer(text):
            said += text[at : found.start()]
            at = found.end()
            if found[0] in ("{{", "}}"):
                said += found[0][0]
            elif found[1] is None:
                raise ValueError(
                    f"'{found[0]}' at character {found.start() + 1} has no counterpart; for the sign, twice"
                )
            elif not _GAP.fullmatch(found[1]):
                raise ValueError(f"'{found[0]}' is no placeholder; write {{name}} or {{name:about}}, in small letters")
            else:
                pieces += [said, found[1]]
                said = ""
        return Template((*pieces, said + text[at:]))

    @property
    def gaps(self) -> tuple[str, ...]:
        """Each gap as it is written: "count", "distance_m:lead"."""
        return self.pieces[1::2]

    def fill(self, values: Mapping[str, Value], language: str) -> str:
        """The text with its gaps filled. Raises KeyError for a gap without a value; see `has_all`."""
        return "".join(spoken(values[p], language) if i % 2 else p for i, p in enumerate(self.pieces))

    def has_all(self, values: Mapping[str, Value]) -> bool:
        """Whether every gap has a value, and a number that is one."""
        return all(known(values.get(gap)) for gap in self.gaps)


def known(value: Value | None) -> bool:
    """Whether something is there to be said: not None, not NaN, not infinite."""
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def spoken(value: Value, language: str) -> str:
    """A value as it is read out: at most one decimal, with the language's own sign; 12.0 is 12."""
    if not isinstance(value, float):
        return str(value)
    text = f"{value:.1f}".removesuffix(".0")
    return text if language == "en" else text.replace(".", ",")


@dataclass(frozen=True)
class Match:
    """What a value must be: between `low` and `high` (both belong to it), or the very text."""

    low: float = -math.inf
    high: float = math.inf
    text: str | None = None

    @staticmethod
    def of(written: Value | bool) -> Match:
        """From "5..", "..30", "5..30", a number, or a text. Raises ValueError for an empty range."""
        if isinstance(written, bool):
            raise ValueError('must be a number, a text or a range such as "5..30"')
        if not isinstance(written, str):
            return Match(float(written), float(written))
        found = _SPAN.fullmatch(written.strip())
        if not found:
            if ".." in written:
                raise ValueError(f'\'{written}\' is no range; write "5..30", "5.." or "..30"')
            return Match(text=written)
        low, high = float(found[1] or -math.inf), float(found[2] or math.inf)
        if low > high or found[0] == "..":
            raise ValueError(f"'{written}' is an empty range; write the smaller number first")
        return Match(low, high)

    def holds(self, value: Value | None) -> bool:
        """False for what is not known."""
        if value is None or not known(value):
            return False
        if self.text is not None:
            return str(value) == self.text
        return not isinstance(value, str) and self.low <= value <= self.high


def toml(path: Path) -> tuple[dict[str, Any], str]:
    """What a TOML file holds, and its text. Raises KittError."""
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text), text
    except OSError as e:
        raise KittError(f"{path}: cannot read: {e.strerror}") from e
    except UnicodeDecodeError as e:
        raise KittError(f"{path}: not a text file (UTF-8): byte {e.start}") from e
    except tomllib.TOMLDecodeError as e:
        raise KittError(f"{path}: not valid TOML: {e}") from e


def line_of(text: str, section: str, key: str) -> int:
    """The line of `key` under [section], of the section's own header without a key; 1 where it is not found."""
    within = [part for part in section.split(".") if part]
    return config.line_of(text, tuple(within), key) if key else config.line_of(text, tuple(within[:-1]), within[-1])
