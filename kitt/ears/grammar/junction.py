"""What happens to sounds where one word meets the next.

Words are pronounced one by one; these rules add how they run together. All are additions: the two words said apart
stay in the graph. In every language a phone that ends one word and begins the next may be said once ("light to").

- English: a word written with a final r or re may link with ɹ to a vowel; t between vowels may be a tap.
- French: liaison before a vowel with z after s, x, z, with t after d, t, with n after n.
- Spanish: n before p, b, m, f may be m, before k, ɡ, x it may be ŋ.
"""

from __future__ import annotations

from dataclasses import dataclass

from kitt.ears.g2p.phones import INDEX, VOWELS, Pron


def _set(symbols: str) -> frozenset[int]:
    return frozenset(INDEX[s] for s in symbols.split())


_LIAISON_ONSETS = {"en": VOWELS, "fr": VOWELS | _set("j w"), "es": frozenset[int]()}
_LIAISON = {
    "en": {"r": INDEX["ɹ"]},
    "fr": {
        "s": INDEX["z"],
        "x": INDEX["z"],
        "z": INDEX["z"],
        "d": INDEX["t"],
        "t": INDEX["t"],
        "n": INDEX["n"],
    },
    "es": {},
}


@dataclass(frozen=True)
class Change:
    """The last phone of a word may become `phone` when the next word begins with one of `before`."""

    phone: int
    before: frozenset[int]


_ES_NASALS = (Change(INDEX["m"], _set("p b m f")), Change(INDEX["ŋ"], _set("k ɡ x")))
_EN_TAP = (Change(INDEX["ɾ"], VOWELS),)


def liaison(word: str, pron: Pron, language: str) -> int:
    """The consonant that may be heard between a word and one that begins with a vowel, -1 for none."""
    written = word.rstrip("'")
    if language == "en" and written.endswith("re"):
        written = written[:-1]
    consonant = _LIAISON[language].get(written[-1:], -1)
    return -1 if consonant == pron[-1] else consonant


def links(phone: int, language: str) -> bool:
    """Whether a word that begins with this phone takes a liaison."""
    return phone in _LIAISON_ONSETS[language]


def changes(before: int, last: int, language: str) -> tuple[Change, ...]:
    """What else the last phone of a word may be; `before` is the phone in front of it, -1 for none."""
    if language == "es" and last == INDEX["n"]:
        return _ES_NASALS
    if language == "en" and last == INDEX["t"] and (before in VOWELS or before == INDEX["ɹ"]):
        return _EN_TAP
    return ()
