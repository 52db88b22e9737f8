"""How unlike two phones, and two pronunciations, sound.

A phone has a place in a small space of articulation; the cost of hearing one for another is their distance there,
between 0 and 1. Costs are by judgement, in the order in which listeners confuse sounds (place and voicing before
manner: Miller and Nicely, "An analysis of perceptual confusions among some English consonants", 1955), and not
measured on kitt's own acoustic model.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from kitt.ears.g2p.phones import PHONES
from kitt.types import F64

_VOWELS = {
    # height (close 0 to open 1), backness (front 0 to back 1), rounding, nasality
    "i": (0.0, 0.0, 0, 0),
    "ɪ": (0.2, 0.15, 0, 0),
    "e": (0.35, 0.0, 0, 0),
    "ɛ": (0.6, 0.1, 0, 0),
    "æ": (0.8, 0.15, 0, 0),
    "a": (1.0, 0.3, 0, 0),
    "ɑ": (1.0, 0.8, 0, 0),
    "ɔ": (0.65, 1.0, 0.7, 0),
    "o": (0.35, 1.0, 1, 0),
    "ʊ": (0.2, 0.8, 0.7, 0),
    "u": (0.0, 1.0, 1, 0),
    "ʌ": (0.7, 0.7, 0, 0),
    "ə": (0.5, 0.5, 0, 0),
    "ɚ": (0.5, 0.5, 0.5, 0),
    "y": (0.0, 0.1, 1, 0),
    "ø": (0.35, 0.2, 1, 0),
    "œ": (0.6, 0.3, 1, 0),
    "ɑ̃": (0.95, 0.9, 0.3, 1),
    "ɔ̃": (0.65, 1.0, 1, 1),
    "ɛ̃": (0.7, 0.2, 0, 1),
    "eɪ": (0.3, 0.1, 0, 0),
    "oʊ": (0.35, 0.95, 0.9, 0),
    "aɪ": (0.7, 0.3, 0, 0),
    "aʊ": (0.75, 0.7, 0.4, 0),
    "ɔɪ": (0.5, 0.7, 0.4, 0),
}
_GLIDING = frozenset(("aɪ", "aʊ", "ɔɪ"))
_CONSONANTS = {
    # place (lips 0 to throat 1), manner, voiced
    "p": (0.0, "stop", 0),
    "b": (0.0, "stop", 1),
    "t": (0.4, "stop", 0),
    "d": (0.4, "stop", 1),
    "k": (0.8, "stop", 0),
    "ɡ": (0.8, "stop", 1),
    "f": (0.1, "hiss", 0),
    "v": (0.1, "hiss", 1),
    "θ": (0.25, "hiss", 0),
    "ð": (0.25, "hiss", 1),
    "s": (0.4, "hiss", 0),
    "z": (0.4, "hiss", 1),
    "ʃ": (0.6, "hiss", 0),
    "ʒ": (0.6, "hiss", 1),
    "h": (1.0, "hiss", 0),
    "x": (0.85, "hiss", 0),
    "tʃ": (0.55, "affricate", 0),
    "dʒ": (0.55, "affricate", 1),
    "m": (0.0, "nasal", 1),
    "n": (0.4, "nasal", 1),
    "ŋ": (0.8, "nasal", 1),
    "ɲ": (0.6, "nasal", 1),
    "l": (0.4, "liquid", 1),
    "ɹ": (0.5, "liquid", 1),
    "r": (0.45, "liquid", 1),
    "ɾ": (0.4, "tap", 1),
    "ʁ": (0.9, "liquid", 1),
    "j": (0.65, "glide", 1),
    "w": (0.3, "glide", 1),
    "ʝ": (0.65, "glide", 1),
}
_MANNERS = {
    frozenset(("stop", "affricate")): 0.35,
    frozenset(("hiss", "affricate")): 0.35,
    frozenset(("liquid", "tap")): 0.2,
    frozenset(("stop", "tap")): 0.25,
    frozenset(("liquid", "glide")): 0.4,
    frozenset(("stop", "hiss")): 0.5,
    frozenset(("nasal", "stop")): 0.6,
    frozenset(("nasal", "liquid")): 0.6,
}
_SAME = (
    ("eɪ", "e", 0.1),
    ("oʊ", "o", 0.1),
    ("ɚ", "ə", 0.15),
    ("j", "i", 0.2),
    ("w", "u", 0.2),
    ("y", "w", 0.3),
    ("j", "ʝ", 0.1),
    ("t", "ɾ", 0.15),
    ("d", "ɾ", 0.15),
    ("ɹ", "ɚ", 0.3),
)
"""Pairs that the space does not tell: one sound written in two ways, or a vowel and its glide."""
_FAINT = {"ə": 0.4, "h": 0.5, "ɾ": 0.6, "j": 0.6, "w": 0.7, "ʁ": 0.7, "ɹ": 0.7, "l": 0.8, "t": 0.8, "d": 0.8, "n": 0.8}


@lru_cache(maxsize=1)
def substitution() -> F64:
    """float64 (P, P): the cost of hearing one phone of PHONES for another, 0 on the diagonal, 1 for wholly unlike."""
    n = len(PHONES)
    cost = np.ones((n, n))
    for i, a in enumerate(PHONES):
        for j, b in enumerate(PHONES):
            if a == b:
                cost[i, j] = 0.0
            elif a in _VOWELS and b in _VOWELS:
                apart = float(np.dot(np.abs(np.subtract(_VOWELS[a], _VOWELS[b])), (0.7, 0.5, 0.35, 0.4)))
                cost[i, j] = min(1.0, 0.1 + apart + 0.25 * ((a in _GLIDING) != (b in _GLIDING)))
            elif a in _CONSONANTS and b in _CONSONANTS:
                (place, manner, voice), (place2, manner2, voice2) = _CONSONANTS[a], _CONSONANTS[b]
                apart = 0.0 if manner == manner2 else _MANNERS.get(frozenset((manner, manner2)), 0.8)
                cost[i, j] = min(1.0, 0.1 + apart + 0.25 * abs(voice - voice2) + 0.7 * abs(place - place2))
    for a, b, value in _SAME:
        i, j = PHONES.index(a), PHONES.index(b)
        cost[i, j] = cost[j, i] = value
    return cost


@lru_cache(maxsize=1)
def insertion() -> F64:
    """float64 (P,): the cost of a phone that is heard and was not said, or the other way round."""
    return np.array([_FAINT.get(p, 1.0) for p in PHONES])


def distance(a: Sequence[int], b: Sequence[int]) -> float:
    """The least cost of turning one pronunciation into another."""
    swap, add = substitution(), insertion()
    row = np.concatenate([[0.0], np.cumsum(add[list(b)])]).tolist()
    for p in a:
        above, row = row, [row[0] + add[p]]
        for j, q in enumerate(b):
            row.append(min(above[j] + swap[p, q], above[j + 1] + add[p], row[j] + add[q]))
    return float(row[-1])
