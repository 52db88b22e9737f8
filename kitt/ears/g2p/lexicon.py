"""Pronunciations that people wrote down: the user's own and those that kitt ships.

A lexicon is TOML, a word a line: `kitt = "k ɪ t"`, or several ways to say it: `route = ["ɹ u t", "ɹ aʊ t"]`. The
symbols are those of phones.toml, parted by spaces; a word that is not plain ASCII letters stands in quotes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kitt.ears.g2p.phones import PHONES, Pron, encode
from kitt.errors import KittError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Prons = tuple[Pron, ...]
"""The ways to say one word, the first the most usual."""

_SHIPPED = Path(__file__).with_name("lexica")


@dataclass(frozen=True)
class Entry:
    """The pronunciations of a word as written, and where ("file:line")."""

    phones: tuple[str, ...]
    where: str


def prons_of(entries: Mapping[str, Entry], language: str) -> dict[str, Prons]:
    """The entries as phones, words in lower case. Raises KittError with file and line."""
    return {word.lower(): _prons(word, entry, language) for word, entry in entries.items()}


def read(path: Path) -> dict[str, Entry]:
    """A lexicon file. Raises KittError with file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as e:
        raise KittError(f"{path}: cannot read: {e.strerror}") from e
    except UnicodeDecodeError as e:
        raise KittError(f"{path}: not a text file (UTF-8): byte {e.start}") from e
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise KittError(_syntax_error(path, text, str(e))) from e
    lines = _lines_of_keys(text)
    found = {}
    for word, value in table.items():
        where = f"{path}:{lines.get(word, 1)}"
        phones = [value] if isinstance(value, str) else value
        if not (isinstance(phones, list) and phones and all(isinstance(p, str) for p in phones)):
            raise KittError(f"{where}: '{word}' needs phones in quotes, as in kitt = \"k ɪ t\", or a list of such")
        found[word] = Entry(tuple(phones), where)
    return found


@lru_cache(maxsize=8)
def shipped(language: str) -> dict[str, Prons]:
    """kitt's own lexicon of a language."""
    return prons_of(read(_SHIPPED / f"{language}.toml"), language)


@lru_cache(maxsize=8)
def symbols(language: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Signs that are read out, and the ways to read each: "%" -> (("pour", "cent"),)."""
    table = tomllib.loads((_SHIPPED / "symbols.toml").read_text(encoding="utf-8"))
    return {sign: tuple(tuple(way.split()) for way in text.split("|")) for sign, text in table[language].items()}


def _prons(word: str, entry: Entry, language: str) -> Prons:
    found = []
    for written in entry.phones:
        try:
            pron = encode(written.split(), language)
        except KittError as e:
            told = str(e).partition(" is not")[0]
            raise KittError(f"{entry.where}: '{word}': {told} is none of: {' '.join(PHONES[1:])}") from e
        if not pron:
            raise KittError(f"{entry.where}: '{word}' has no phones; write them as in kitt = \"k ɪ t\"")
        found.append(pron)
    return tuple(dict.fromkeys(found))


def _syntax_error(path: Path, text: str, told: str) -> str:
    at = re.search(r" \(at line (\d+), column \d+\)", told)
    if not at:
        return f"{path}:{len(text.splitlines()) or 1}: not valid TOML: {told}"
    return (
        f'{path}:{at[1]}: not valid TOML: {told.replace(at[0], "")}; a line is word = "phones",'
        ' and a word with other letters than a to z stands in quotes: "café" = "k a f e"'
    )


def _lines_of_keys(text: str) -> dict[str, int]:
    """The line of each key; tomllib keeps no positions."""
    key = re.compile(r"\s*(?:\"([^\"]+)\"|'([^']+)'|([\w-]+))\s*=")
    keys = ((key.match(line), n) for n, line in enumerate(text.splitlines(), 1))
    return {m[1] or m[2] or m[3]: n for m, n in keys if m}
