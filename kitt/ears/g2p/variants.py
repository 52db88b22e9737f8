"""How people say words beside the way a dictionary has them: rules that add pronunciations, never take one away.

The rules stand in variants.toml, one a line: `t > ɾ / V _ V` reads "t may be ɾ between vowels". Left of the slash:
phones and what they may become (nothing: they may be left out). Right of it: what must stand before and after, each a
choice of phones or of V (a vowel), C (a consonant), # (the end of the word); nothing there means anything. The notation
is that of Chomsky and Halle, "The Sound Pattern of English" (1968). All rules look at the word as it was, so none feeds
another. With less of it left, a short word is like many others: by the section they stand in, rules hold for words of
so many phones and more (FEWEST); the weak forms of short words are in the lexica.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kitt.ears.g2p.phones import INDEX, PHONES, VOWELS, Pron
from kitt.errors import KittError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = Path(__file__).with_name("variants.toml")
MOST_CHANGES = 3
"""Changes in one word at a time."""
MOST_WAYS = 32
"""Ways to say one word; those with the fewest changes stay."""
FEWEST = {"every_word": 1, "words_of_3_phones": 3, "words_of_5_phones": 5}

_EDGE = -1
_CLASSES = {
    "V": VOWELS,
    "C": frozenset(range(1, len(PHONES))) - VOWELS,
    "#": frozenset({_EDGE}),
}


@dataclass(frozen=True)
class Rule:
    """`phones` may become `into` where the phone before is one of `before` and the one after one of `after`.

    about: the line of variants.toml that it stands under; None in before or after: anything may stand there; fewest:
    phones that a word must have.
    """

    about: str
    fewest: int
    phones: Pron
    into: Pron
    before: frozenset[int] | None
    after: frozenset[int] | None


def spoken(pron: Pron, language: str) -> tuple[Pron, ...]:
    """The ways to say a word that a dictionary says so; the first is the dictionary's."""
    changes = list(_changes(pron, language))
    found: dict[Pron, None] = {pron: None}
    for count in range(1, MOST_CHANGES + 1):
        for some in itertools.combinations(changes, count):
            if all(a[1] <= b[0] for a, b in itertools.pairwise(some)):
                said = _changed(pron, some)
                if said:
                    found[said] = None
                if len(found) == MOST_WAYS:
                    return tuple(found)
    return tuple(found)


_Change = tuple[int, int, Pron]
"""First phone, the one after the last, what stands there instead."""


def _changes(pron: Pron, language: str) -> Iterator[_Change]:
    at_phone = rules(language)
    for i, phone in enumerate(pron):
        for rule in at_phone.get(phone, ()):
            end = i + len(rule.phones)
            if pron[i:end] != rule.phones or len(pron) < rule.fewest:
                continue
            before = pron[i - 1] if i else _EDGE
            after = pron[end] if end < len(pron) else _EDGE
            if (rule.before is None or before in rule.before) and (rule.after is None or after in rule.after):
                yield i, end, rule.into


def _changed(pron: Pron, changes: tuple[_Change, ...]) -> Pron:
    said: Pron = ()
    done = 0
    for begin, end, into in changes:
        said += pron[done:begin] + into
        done = end
    return said + pron[done:]


@lru_cache(maxsize=8)
def rules(language: str) -> dict[int, tuple[Rule, ...]]:
    """The rules of a language by the first phone that they change. Raises KittError naming a line that is wrong."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    found: dict[int, tuple[Rule, ...]] = {}
    for section, fewest in FEWEST.items():
        for about, lines in table.get(language, {}).get(section, {}).items():
            for line in lines:
                rule = _rule(about, line, fewest)
                found[rule.phones[0]] = (*found.get(rule.phones[0], ()), rule)
    return found


def _rule(about: str, line: str, fewest: int) -> Rule:
    change, _, place = line.partition("/")
    said, arrow, into = change.partition(">")
    before, here, after = place.partition("_")
    if not (said.strip() and arrow and bool(place) == bool(here)):
        raise KittError(f"{TABLE}: '{about}': '{line}' is no rule; as in t > ɾ / V _ V")
    try:
        phones = tuple(INDEX[s] for s in said.split())
        return Rule(about, fewest, phones, tuple(INDEX[s] for s in into.split()), _place(before), _place(after))
    except KeyError as e:
        raise KittError(f"{TABLE}: '{about}': {e} is no phone, in: {line}") from None


def _place(written: str) -> frozenset[int] | None:
    """The phones that may stand at a place."""
    if not written.strip():
        return None
    return frozenset().union(*(_CLASSES.get(s) or {INDEX[s]} for s in written.split()))
