"""Words that hold digits: which of them can be read, and every way to say them.

What is written in one way and commonly said in several that mean different things (5:30, 1/2, 7-8, $3.50, 18h) is
refused, for the writer to give the words. A decimal has the sign of its language; Spanish has both, so there three
digits behind a sign ("1.000") are refused.
"""

from __future__ import annotations

import re
from functools import lru_cache

from kitt.ears.g2p.numerals import MINUS
from kitt.ears.g2p.ordinals import ES_ORDINALS, ordinals
from kitt.ears.g2p.thousands import MOST_DIGITS, digits, whole

SPELLED = "·"
"""Before the letters of a part that are to be spelled, and between them: "·m·p"."""

_DECIMAL = {"en": r"\d*\.\d+", "fr": r"\d+,\d+", "es": r"\d+[.,]\d+"}
_EXAMPLE = {"en": "2.5", "fr": "2,5", "es": "2,5"}
_POINT = {"en": {".": "point"}, "fr": {",": "virgule"}, "es": {",": "coma", ".": "punto"}}
_BY = {"en": "by", "fr": "par", "es": "por"}
_ORDINAL = {
    "en": re.compile(r"(\d+)(st|nd|rd|th)"),
    "fr": re.compile(r"(\d+)(ers?|res?|ères?|nde?|e|es|è|ème|èmes|ième|ièmes|eme)"),
    "es": re.compile(r"(\d+)\.?(º|ª|er|do|da|ro|ra|to|ta|mo|ma|vo|va|no|na)"),
}
_GROUPED = re.compile(r"[1-9]\d{0,2}(,\d{3})+")
_DECADE = re.compile(r"'?((?:\d\d)?[2-9]0)s")
_SHAPE = re.compile(r"(\d+)([dgk])")
_TIMES = re.compile(r"(\d+)x(\d+)")
_UNIT = re.compile(r"(\d+)(km)")
_PART = re.compile(r"\d+|[^\W\d]+(?:'[^\W\d]+)*")
_WORD = re.compile(r"(?!.*(?:'\d|\d'|--|_))[^\W\d][\w'-]*")
_COUNTED = re.compile(r"(\d+)((?:-[^\W\d]+(?:'[^\W\d]+)*)+)")
_RANGE = re.compile(r"\d[-–—]\d|^[–—]\d")

Way = tuple[str, ...]


class FigureError(ValueError):
    """Digits that cannot be read; the message says why and what to write."""


@lru_cache(maxsize=16384)
def ways(word: str, language: str) -> tuple[Way, ...]:
    """Every way to say a word (lower case) that holds digits, each as words that hold none.

    Raises FigureError for what is not to be guessed.
    """
    found = _ways(word, language)
    if not found:
        raise FigureError(_refusal(word, language))
    return tuple(dict.fromkeys(found))


def amount(word: str, language: str) -> str:
    """An English number without the commas between its thousands, else the word itself."""
    is_grouped = language == "en" and _GROUPED.fullmatch(word.removeprefix("-"))
    return word.replace(",", "") if is_grouped else word


def _ways(word: str, language: str) -> list[Way]:
    if _RANGE.search(word):
        return []
    word = amount(word, language)
    if word.isdecimal():
        return whole(word, language)
    if word.startswith("-"):
        number = word[1:]
        is_number = number.isdecimal() or re.fullmatch(_DECIMAL[language], number)
        names = (MINUS[language], "negative") if language == "en" else (MINUS[language],)
        return [(name, *way) for name in names for way in _ways(number, language)] if is_number else []
    if re.fullmatch(_DECIMAL[language], word):
        return _decimal(word, language)
    if m := _ORDINAL[language].fullmatch(word):
        return ordinals(int(m[1]), m[2], language) if not m[1].startswith("0") else []
    if language == "en" and (m := _DECADE.fullmatch(word)):
        said = (w for w in whole(m[1], "en") if w[-1].endswith("ty") and "thousand" not in w)
        return [(*way[:-1], way[-1][:-1] + "ies") for way in said]
    if m := _SHAPE.fullmatch(word):
        return [(*way, SPELLED + m[2]) for way in whole(m[1], language)]
    if m := _TIMES.fullmatch(word):
        between = [(_BY[language],), ()] if language == "fr" else [(_BY[language],)]
        return [(*a, *by, *b) for a in whole(m[1], language) for by in between for b in whole(m[2], language)]
    if m := _UNIT.fullmatch(word):
        return [(*way, m[2]) for way in whole(m[1], language)]
    if m := _COUNTED.fullmatch(word):
        return [(*way, *m[2].strip("-").split("-")) for way in whole(m[1], language)]
    return _lettered(word, language) if _WORD.fullmatch(word) else []


def _decimal(word: str, language: str) -> list[Way]:
    sign = next(s for s in _POINT[language] if s in word)
    before, after = word.split(sign)
    thousands = len(after) == 3 and len(before) <= 3 and not before.startswith("0")
    if (thousands and language != "en") or len(after) > MOST_DIGITS:
        return []
    points = [_POINT[language][sign]]
    if language == "es":
        points = sorted(_POINT["es"].values(), key=lambda p: p != points[0])
    starts = whole(before, language) if before else [()]
    if before == "0" and language == "en":
        starts += [("oh",), ()]
    ends = digits(after, language)
    if language != "en" and len(after) > 1 and not after.startswith("0"):
        ends = [*whole(after, language), *ends]
    return [(*start, point, *end) for point in points for start in starts for end in ends]


def _lettered(word: str, language: str) -> list[Way]:
    """Letters and then digits, as in mp3, a4, f-16, h2o: each run of digits a number, each single letter its name."""
    found: list[Way] = [()]
    for part in _PART.findall(word):
        if part.isdecimal():
            said = whole(part, language)
        elif len(part) == 1:
            said = [(SPELLED + part,)]
        else:
            said = [(part,)]
            if len(part) <= 3 and part.isalpha():
                said.append((SPELLED + SPELLED.join(part),))
        found = [(*way, *more) for way in found for more in said]
    return found


def _refusal(word: str, language: str) -> str:
    write = "write the words that are spoken"
    if re.fullmatch(r"-?\d*[.,]\d+", word):
        sign = _EXAMPLE[language]
        if len(re.split("[.,]", word)[1]) == 3 and language != "en":
            return f"'{word}' may be a thousand or a decimal in '{language}'; {write}"
        return f"'{word}' is not how '{language}' writes a number (it writes {sign}); write it so, or the words"
    if max(map(len, re.findall(r"\d+", word))) > MOST_DIGITS:
        return f"'{word}' has more than {MOST_DIGITS} digits in a row; {write}"
    if (m := _ORDINAL[language].fullmatch(word)) and language == "es" and int(m[1]) > len(ES_ORDINALS):
        return f"'{word}' may be an ordinal, which is seldom said above 10, or degrees (20°); {write}"
    if m:
        return f"'{word}' is no ordinal of '{language}'; {write}"
    if _RANGE.search(word):
        return f"'{word}': whether the '-' is said, and how, is not clear; {write}"
    return f"'{word}' can be said in more than one way, or none that kitt knows; {write}"
