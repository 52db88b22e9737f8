"""Written text as words that have a sound: case, punctuation, digits, signs."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from kitt.ears.g2p.lexicon import symbols

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-"})
_SILENT = frozenset('.,;:!?¿¡…"«»“”„()—–_/')
_LETTER = re.compile("[a-zà-öø-ÿœŒŸ'-]", re.IGNORECASE)


@lru_cache(maxsize=65536)
def tokens(written: str, language: str) -> tuple[str, ...]:
    """The words of a piece of text without spaces: "20%," is "20" and "%". Punctuation alone is no word.

    Lower case, but a word written in capitals ("GPS") stays so: it may be spelled out. Raises ValueError with the
    first character that cannot be read.
    """
    found: list[str] = []
    word = ""
    for c in unicodedata.normalize("NFC", written.translate(_APOSTROPHES)):
        if c in symbols(language) or c in _SILENT:
            found, word = [*found, word], ""
            if c in symbols(language):
                found.append(c)
        elif (c.isdecimal() and c.isascii()) or _LETTER.match(c):
            word += c
        else:
            raise ValueError(c)
    bare = (w.strip("-") for w in (*found, word))
    return tuple(w if _is_acronym(w) else w.lower() for w in bare if w.strip("'"))


def _is_acronym(word: str) -> bool:
    return len(word) > 1 and word.isalpha() and word.isupper()
