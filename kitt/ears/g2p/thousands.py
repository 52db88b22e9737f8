"""Whole numbers as they are written in digits, with every way to say them: as a number, in pairs, digit by digit."""

from __future__ import annotations

import itertools

from kitt.ears.g2p.numerals import spellings

MOST_DIGITS = 6
"""Longer numbers are said in groups that cannot be known from the digits."""

_THOUSAND = {"en": "thousand", "fr": "mille", "es": "mil"}
_NOT_BEFORE_IT = {"fr": ("une",), "es": ("uno", "veintiuno")}
"""Forms of "one" that do not stand before "mille" and "mil"."""

Way = tuple[str, ...]


def whole(written: str, language: str) -> list[Way]:
    """The ways to say a whole number of up to MOST_DIGITS digits, the most usual first; none for any other.

    "05" is said digit by digit; longer numbers that begin with 0 are said in too many ways.
    """
    if len(written) > MOST_DIGITS or (written.startswith("0") and len(written) > 2):
        return []
    if written.startswith("0") and len(written) == 2:
        return digits(written, language)
    number = int(written)
    found = _cardinal(number, language)
    if number % 100 and (number > 999 or (number > 99 and language != "fr")):
        found += _pairs(written, language) + digits(written, language)
    elif 1000 < number < 10000 and number % 1000:
        found += _hundreds(number // 100, language)
    return list(dict.fromkeys(found))


def digits(written: str, language: str) -> list[Way]:
    """Digit by digit; an English 0 is "zero" or "oh"."""
    names = tuple(spellings(int(d), language)[0][0] for d in written)
    with_oh = tuple("oh" if n == "zero" else n for n in names)
    return list(dict.fromkeys((names, with_oh)))


def _cardinal(number: int, language: str) -> list[Way]:
    if number < 1000:
        return list(spellings(number, language))
    thousands, rest = divmod(number, 1000)
    before: list[Way] = spellings(thousands, language) if thousands > 1 or language == "en" else [()]
    if thousands == 1 and language == "en":
        before = [("one",), ("a",)] if not rest else [("one",)]
    before = [w for w in before if not w or w[-1] not in _NOT_BEFORE_IT.get(language, ())]
    after: list[Way] = [()]
    if rest:
        after = list(spellings(rest, language))
        if language == "en":
            after = [w for w in after if w[0] != "a"]
            after += [("and", *w) for w in after] if rest < 100 else []
    return [(*b, _THOUSAND[language], *a) for b, a in itertools.product(before, after)]


def _hundreds(count: int, language: str) -> list[Way]:
    """Fifteen hundred, quinze cent."""
    if language == "en":
        return [(*w, "hundred") for w in spellings(count, "en")]
    return [(*w, "cent") for w in spellings(count, "fr")] if language == "fr" and count < 20 else []


def _pairs(written: str, language: str) -> list[Way]:
    """Nineteen eighty-four, twenty oh five, nine eleven; trente-six quinze; dix-neuf cent quatre."""
    head, tail = written[:-2], written[-2:]
    if len(head) > 2 or language == "es":
        return []
    ends = list(spellings(int(tail), language))
    if tail.startswith("0"):
        ends = [("oh", *w) for w in ends] if language == "en" else []
    said = [(*h, *e) for h in spellings(int(head), language) for e in ends]
    if language == "fr" and 10 < int(head) < 20:
        said += [(*h, "cent", *e) for h in spellings(int(head), "fr") for e in spellings(int(tail), "fr")]
    return said
