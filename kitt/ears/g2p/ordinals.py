"""Ordinal numbers written in digits: 3rd, 21st; 1er, 3e; 1º, 3ª, 3er."""

from __future__ import annotations

from kitt.ears.g2p.numerals import spellings

Way = tuple[str, ...]

_EN = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_FR = {"cinq": "cinquième", "neuf": "neuvième"}
_FR_FIRST = {"er": "premier", "ers": "premiers", "re": "première", "res": "premières", "ère": "première",
             "ères": "premières"}  # fmt: skip
_FR_SECOND = {"nd": "second", "nde": "seconde"}
_FR_ANY = ("e", "es", "è", "ème", "èmes", "ième", "ièmes", "eme")
ES_ORDINALS = (
    "primero", "segundo", "tercero", "cuarto", "quinto", "sexto", "séptimo", "octavo", "noveno", "décimo",
)  # fmt: skip
"""From 1; those above are seldom said."""


def ordinals(number: int, ending: str, language: str) -> list[Way]:
    """The ways to say a number with the ending it is written with, none where the two do not go together."""
    if not 0 < number < 1000:
        return []
    return {"en": _en, "fr": _fr, "es": _es}[language](number, ending)


def _en(number: int, ending: str) -> list[Way]:
    right = "th" if 10 < number % 100 < 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    if ending != right:
        return []
    return [(*way[:-1], _en_last(way[-1])) for way in spellings(number, "en")]


def _en_last(word: str) -> str:
    if word.endswith("y"):
        return word[:-1] + "ieth"
    return _EN.get(word, word + "th")


def _fr(number: int, ending: str) -> list[Way]:
    if number == 1:
        return [(_FR_FIRST[ending],)] if ending in _FR_FIRST else []
    if number == 2 and ending in _FR_SECOND:
        return [(_FR_SECOND[ending],)]
    if ending not in _FR_ANY:
        return []
    ways = [way for way in spellings(number, "fr") if way[-1] != "une"]
    return [(*way[:-1], _FR.get(way[-1], way[-1].removesuffix("e") + "ième")) for way in ways]


def _es(number: int, ending: str) -> list[Way]:
    if number > len(ES_ORDINALS):
        return []
    name = ES_ORDINALS[number - 1]
    if ending == "º":
        return [(name,), (name[:-1],)] if number in (1, 3) else [(name,)]
    if ending == "er":
        return [(name[:-1],)] if number in (1, 3) else []
    feminine = name[:-1] + "a"
    if ending == "ª":
        return [(feminine,)]
    return [(n,) for n in (name, feminine) if n.endswith(ending)]
