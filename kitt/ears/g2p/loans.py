"""English words as French speakers say them, for what espeak-ng's French voice hands to its English one.

That voice switches by spelling ("th", "w", "oo", a final "y", "-ing"), which takes in French names ("édith", "agathe").
Phones are mapped as French speakers take English words over: r as it is written, so from the American accent; the vowel
of "shop" apart from that of "parking"; no h. A name that is French but for its spelling is also asked for respelled.
"""

from __future__ import annotations

import re

from kitt.ears.g2p.phones import INDEX, PHONES, Pron

ACCENT = "gmw/en-US"
"""The accent that is mapped."""

_FRENCH = {
    "ɪ": "i", "æ": "a", "ɑ": "ɔ", "ʊ": "u", "ʌ": "œ", "ɚ": "œ ʁ", "eɪ": "ɛ", "oʊ": "o", "aɪ": "a j", "aʊ": "a u",
    "ɔɪ": "ɔ j", "θ": "s", "ð": "z", "h": "", "ɹ": "ʁ", "ɾ": "t",
}  # fmt: skip
_BEFORE_R = {"ɑ": "a", "ɚ": "œ"}
_SPELLINGS = ((re.compile("th$"), "tte"), (re.compile("th"), "t"), (re.compile("y$"), "i"))


def in_french(pron: Pron) -> Pron:
    """An American pronunciation with French phones: p ɑ ɹ k ɪ ŋ as p a ʁ k i ŋ."""
    said: list[str] = []
    for phone, after in zip(pron, (*pron[1:], -1), strict=True):
        symbol = PHONES[phone]
        before_r = after == INDEX["ɹ"] and symbol in _BEFORE_R
        said += (_BEFORE_R[symbol] if before_r else _FRENCH.get(symbol, symbol)).split()
    return tuple(INDEX[s] for s in said)


def respelled(word: str) -> str:
    """A word without the spellings that look English: "agathe" as "agate"; the same where there are none."""
    for looks_english, french in _SPELLINGS:
        word = looks_english.sub(french, word)
    return word
