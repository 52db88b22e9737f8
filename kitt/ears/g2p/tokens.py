"""Written text as words that have a sound: case, punctuation, digits, signs."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from kitt.ears.g2p.figures import FigureError, amount, ways
from kitt.ears.g2p.lexicon import symbols

MONEY = "$€£"

_LIKE = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-", "−": "-"})
_PAUSES = re.compile('[;!?¿¡…"«»“”„()]+')
_WITHIN = ".,:_/–—"
"""Silent beside letters; between digits they are part of the number."""
_PARTED = re.compile(f"[{_WITHIN}]+")
_PARTED_BY_LETTERS = re.compile(rf"(?<=[^\W\d])[{_WITHIN}]+|[{_WITHIN}]+(?=[^\W\d])")
_READABLE = re.compile(rf"[a-zà-öø-ÿœŒŸ0-9'{_WITHIN};!?¿¡…\"«»“”„()-]", re.IGNORECASE)
_SCALE = re.compile(r"[cfk](?!\w)", re.IGNORECASE)


@lru_cache(maxsize=65536)
def tokens(written: str, language: str) -> tuple[str, ...]:
    """The words of a piece of text without spaces: "20%," is "20" and "%". Punctuation alone is no word.

    Lower case, but a word written in capitals ("GPS") stays so: it may be spelled out. Money is said after its number:
    "$5" is "5" and "$". Raises FigureError for digits that can be read in more than one way, ValueError with the first
    character that cannot be read.
    """
    text = unicodedata.normalize("NFC", written.translate(_LIKE))
    found: list[str] = []
    money = ""
    runs = _signs(language).split(text)
    for run, sign in zip(runs[::2], [*runs[1::2], ""], strict=True):
        _check_readable(run, language)
        said = _words(run, language)
        _check_signs(run, said, sign, found, money, text)
        if money:
            said[1 if said else 0 : 0] = [money]
        money = sign if sign and sign in MONEY and not said else ""
        found += [*said, *([sign.lower()] if sign and not money else [])]
    return tuple(found)


@lru_cache(maxsize=8)
def _signs(language: str) -> re.Pattern[str]:
    """One group: a sign that is read out. Those of letters stand alone."""
    written = sorted(symbols(language), key=len, reverse=True)
    alone = (rf"(?<![^\W\d]){re.escape(s)}(?![^\W\d])" if s[0].isalpha() else re.escape(s) for s in written)
    return re.compile(f"({'|'.join(alone)})", re.IGNORECASE)


def _check_readable(run: str, language: str) -> None:
    for c in run:
        if not (_READABLE.match(c) or (language == "es" and c in "ºª")):
            raise ValueError(c)


def _check_signs(run: str, said: list[str], sign: str, before: list[str], money: str, text: str) -> None:
    """What a sign may not stand beside."""
    beside = [w for w in (said[:1] if money else []) + (said[-1:] if sign and sign in MONEY else []) if w[-1].isdigit()]
    if any(not w.isdecimal() for w in beside) or (sign and sign in MONEY and run.endswith("-")):
        raise FigureError(f"'{text}': money is said in more than one way; write the words that are spoken")
    if before[-1:] == ["°"] and _SCALE.match(run):
        raise FigureError(
            f"'{text}': whether the scale is said is not clear; leave it out, or write the words that are spoken"
        )


def _words(run: str, language: str) -> list[str]:
    found: list[str] = []
    for chunk in _PAUSES.split(run):
        if any(c.isdecimal() for c in chunk):
            found += _figures(chunk.rstrip(f"{_WITHIN}-"), language)
        else:
            found += _letters(_PARTED.split(chunk))
    return found


def _figures(chunk: str, language: str) -> list[str]:
    word = chunk.lower()
    try:
        ways(word, language)
    except FigureError:
        parts = _PARTED_BY_LETTERS.split(chunk)
        if len(parts) == 1:
            raise
        return [w for part in parts for w in _words(part, language)]
    return [amount(word, language)]


def _letters(words: list[str]) -> list[str]:
    bare = (w.strip("-") for w in words)
    return [w if _is_acronym(w) else w.lower() for w in bare if w.strip("'")]


def _is_acronym(word: str) -> bool:
    return len(word) > 1 and word.isalpha() and word.isupper()
