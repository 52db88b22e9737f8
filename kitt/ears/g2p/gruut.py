"""Pronunciations from the lexica of gruut's language packages (MIT), where they are installed.

Only the packages' `lexicon.db` is read (SQLite, table word_phonemes); gruut itself is not needed.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from kitt.ears.g2p.lexicon import Prons
from kitt.ears.g2p.phones import encode
from kitt.errors import KittError

_AT_ONCE = 500


def version(language: str) -> str:
    """Version of the installed package of a language, "" without one."""
    try:
        return importlib.metadata.version(f"gruut-lang-{language}") if _database(language) else ""
    except importlib.metadata.PackageNotFoundError:
        return ""


def pronounce(words: Sequence[str], language: str) -> dict[str, Prons]:
    """The pronunciations of those words that the lexicon holds, none without a package. Raises KittError."""
    path = _database(language)
    if path is None or not words:
        return {}
    found: dict[str, Prons] = {}
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            # The table has no index on words: one pass over it for many words.
            for i in range(0, len(words), _AT_ONCE):
                some = words[i : i + _AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = db.execute(
                    f"SELECT word, phonemes FROM word_phonemes WHERE word IN ({marks}) ORDER BY word, pron_order", some
                )
                for word, phonemes in rows:
                    pron = encode(_usual(phonemes.split(), language), language)
                    if pron and pron not in found.get(word, ()):
                        found[word] = (*found.get(word, ()), pron)
    except sqlite3.Error as e:
        raise KittError(f"{path}: {e}; pip install --force-reinstall gruut-lang-{language}") from e
    return found


def _usual(symbols: list[str], language: str) -> list[str]:
    """Spanish: the i of "cien", which the lexicon writes with the ʝ of "yo", as the glide that it is."""
    if language != "es":
        return symbols
    return ["j" if s == "ʝ" and i and symbols[i - 1] not in "aeiou" else s for i, s in enumerate(symbols)]


def _database(language: str) -> Path | None:
    spec = importlib.util.find_spec(f"gruut_lang_{language}")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / "lexicon.db"
    return path if path.is_file() else None
