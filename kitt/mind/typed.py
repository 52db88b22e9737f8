"""What a typed sentence means: the nearest sentences of a grammar, a few wrong or missing words allowed.

Case, accents and punctuation do not count. The distance is an edit distance over words (Levenshtein 1966; over a graph
of words: Dijkstra 1959): a word too many or too few costs `EXTRA`, another word its own edit distance in letters.
Numbers and words that turn a sentence ("don't", "pas", "no") are firm: they must be there, as they are, and no others;
courtesies cost next to nothing.
"""

from __future__ import annotations

import heapq
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from kitt.ears import beside
from kitt.ears.g2p.numerals import spellings
from kitt.ears.g2p.tokens import tokens
from kitt.ears.grammar import Grammar
from kitt.ears.grammar.words import Slots, State

EXTRA, COURTESY = 0.8, 0.05
_LOOSE = {"en": {"one", "a"}, "fr": {"un", "une"}, "es": {"un", "una", "uno"}}
"""Words of numbers ("one", "and a half") that are mostly no numbers."""
JOINS = frozenset({"and", "et", "y"})
"""Before a sentence they say nothing; within one they add something to it, and so are firm."""
_MOST_NUMBER = 999
FAR = 0.4
"""Words that differ by more than this share of their letters are other words."""
ALLOWED = 0.3
"""Cost that a word of the sentence may bring, on the average."""
MOST = 2.0
"""Cost that a sentence may have in all."""
SPAN = 0.5
"""Readings that cost so much more than the nearest are not looked for."""


@dataclass(frozen=True)
class Reading:
    """One thing a typed sentence may mean. cost: 0 where the grammar has it word for word; said: its sentence there."""

    intent: str
    slots: Slots
    said: str
    cost: float
    language: str


def read(grammar: Grammar, typed: str, courtesies: frozenset[str] = frozenset(), most: float = MOST) -> list[Reading]:
    """What the sentence may mean, nearest first, one reading an intent; none where nothing is near.

    courtesies: words that change nothing in it, beside those that the ears know; most: what it may cost in all.
    """
    words = plain_words(typed, grammar.language)
    if not words:
        return []
    most = min(most, ALLOWED * len(words))
    found = []
    for cost, number, said in _nearest(grammar, words, most, polite_words(grammar.language, courtesies)):
        slots = grammar.network.parse(said, number)
        if slots is not None:
            intent = list(grammar.source.intents)[number]
            found.append(Reading(intent, slots, " ".join(said), round(cost, 3), grammar.language))
    return found


def plain_words(typed: str, language: str) -> tuple[str, ...]:
    """The words of a sentence as a grammar has them, numbers spelt out; digits nobody could read are left as typed."""
    found: list[str] = []
    for piece in re.sub(r"(\d+) ?°c?", r"\1", typed.lower()).split():
        parts = piece.strip(".,;:!?¿¡()\"'").split("-")
        if len(parts) > 1 and all(part in number_words(language) for part in parts):
            found += parts
            continue
        bare = piece.strip(".,;:!?¿¡()\"'")
        if bare.isdecimal() and int(bare) <= _MOST_NUMBER:
            found += spellings(int(bare), language)[0]
            continue
        try:
            found += tokens(piece, language)
        except ValueError:  # digits that mean several things, characters that nobody says
            found.append(bare)
    return tuple(found)


@lru_cache(maxsize=8)
def number_words(language: str) -> frozenset[str]:
    """The words that numbers are spelt with."""
    return frozenset(word for n in range(_MOST_NUMBER + 1) for way in spellings(n, language) for word in way)


@lru_cache(maxsize=8)
def firm_words(language: str) -> frozenset[str]:
    """Number words and those that turn a sentence into another, plain."""
    return (
        frozenset(_plain(w) for w in (number_words(language) | _listed(language, "turns")) - _LOOSE[language]) | JOINS
    )


@lru_cache(maxsize=8)
def polite_words(language: str, more: frozenset[str] = frozenset()) -> frozenset[str]:
    """Words that change nothing in a sentence, plain."""
    return frozenset(_plain(w) for w in _listed(language, "courtesies") | more)


def _listed(language: str, kind: str) -> set[str]:
    """The words of a template of the ears' table of words beside a sentence."""
    return set(re.split(r"[\s|\[\]()\\]+", beside._LISTED[language][kind])) - {""}


def _nearest(
    grammar: Grammar, words: tuple[str, ...], most: float, polite: frozenset[str]
) -> Iterator[tuple[float, int, tuple[str, ...]]]:
    """(cost, number of the intent, the grammar's words), cheapest first, each intent once."""
    network = grammar.network
    firm = firm_words(grammar.language)
    order = 0
    queue: list[tuple[float, int, State, int, int, tuple[str, ...]]] = []
    for number, start in enumerate(network.starts):
        queue.append((0.0, number, start, 0, number, ()))
        order = number + 1
    heapq.heapify(queue)
    seen: set[tuple[State, int, int]] = set()
    told: set[int] = set()
    while queue:
        cost, _, state, at, number, said = heapq.heappop(queue)
        if cost > most:
            return
        if number in told or (state, at, number) in seen:
            continue
        seen.add((state, at, number))
        if at == len(words) and said and network.accepts(state):
            told.add(number)
            most = min(most, cost + SPAN)
            yield cost, number, said
            continue
        steps: list[tuple[float, State, int, tuple[str, ...]]] = []
        typed = _plain(words[at]) if at < len(words) else ""
        if typed and (typed not in firm or (at == 0 and typed in JOINS)):
            steps.append((COURTESY if typed in polite else EXTRA, state, at + 1, said))
        for word, _, then in network.arcs(state):
            is_firm = _plain(word) in firm
            if not is_firm:
                steps.append((EXTRA, then, at, (*said, word)))
            apart = distance(words[at], word) if typed else 1.0
            if apart == 0 or (apart <= FAR and not is_firm and typed not in firm):
                steps.append((apart, then, at + 1, (*said, word)))
        for more, then, next_at, next_said in steps:
            if cost + more <= most and number not in told and (then, next_at, number) not in seen:
                heapq.heappush(queue, (cost + more, order, then, next_at, number, next_said))
                order += 1


@lru_cache(maxsize=200_000)
def distance(a: str, b: str) -> float:
    """Edit distance of two words as a share of the longer one's letters; case and accents do not count."""
    a, b = _plain(a), _plain(b)
    if a == b:
        return 0.0
    if abs(len(a) - len(b)) > FAR * max(len(a), len(b)):
        return 1.0
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1] / max(len(a), len(b))


@lru_cache(maxsize=50_000)
def _plain(word: str) -> str:
    split = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in split if c.isalnum())
