"""What a typed sentence means: the nearest sentences of a grammar, a few wrong or missing words allowed.

Case, accents and punctuation do not count. The distance is an edit distance over words (Levenshtein 1966; over a graph
of words: Dijkstra 1959): a word too many or too few costs `EXTRA`, another word its own edit distance in letters.
Numbers and words that turn a sentence ("don't", "pas", "no") are firm: they must be there, as they are, and no others;
courtesies cost next to nothing.

A word that stands for a thing is not let be where the reading has slots or does something: another word may only be a
slip of the keyboard ("bicicle"), and none may be too many or too few but the small ones of small_words.toml. So
"turn off the engine" is not "turn it off", and "a dog" is no person.
"""

from __future__ import annotations

import heapq
import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from kitt.ears import beside
from kitt.ears.g2p.numerals import spellings
from kitt.ears.g2p.tokens import tokens
from kitt.ears.grammar import Grammar
from kitt.ears.grammar.words import Slots, State

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

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
SMALL = Path(__file__).with_name("typed_grammars") / "small_words.toml"
_ASKS = re.compile(
    r"Eyes|Kitt(Joke|Greeting|Goodbye|Who|HowAreYou|Praise|Time|Date)|Navigate(Arrival|Distance|Traffic|Where|NextTurn)|"
    r"MediaWhat|PhoneMessages|TemperatureAsk|Note(Read|ParkedAsk)|Talk(Help|Thanks|Repeat|NeverMind)|StopTalking"
)
"""Intents that only say something. Without slots they may be read more freely than those that do something."""
_LACKS, _ADDS, _OTHER = 1, 2, 4
"""What a way has done to words that stand for things: left one of those typed out, put one in, taken another word."""
_ONE_SLIP, _TWO_SLIPS = 5, 8
"""Letters of words in which one or two may be wrong; shorter words are other words at once ("cat", "car")."""


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
    return frozenset(plain(w) for w in (number_words(language) | _listed(language, "turns")) - _LOOSE[language]) | JOINS


@cache
def small_words(language: str) -> frozenset[str]:
    """Words that stand for nothing by themselves, plain."""
    return frozenset(plain(w) for w in tomllib.loads(SMALL.read_text(encoding="utf-8"))[language].split())


@lru_cache(maxsize=8)
def polite_words(language: str, more: frozenset[str] = frozenset()) -> frozenset[str]:
    """Words that change nothing in a sentence, plain."""
    return frozenset(plain(w) for w in _listed(language, "courtesies") | more)


def _listed(language: str, kind: str) -> set[str]:
    """The words of a template of the ears' table of words beside a sentence."""
    return set(re.split(r"[\s|\[\]()\\]+", beside._LISTED[language][kind])) - {""}


def _nearest(
    grammar: Grammar, words: tuple[str, ...], most: float, polite: frozenset[str]
) -> Iterator[tuple[float, int, tuple[str, ...]]]:
    """(cost, number of the intent, the grammar's words), cheapest first, each intent once."""
    network = grammar.network
    firm, small = firm_words(grammar.language), small_words(grammar.language)
    asks = [_ASKS.match(intent) is not None for intent in grammar.source.intents]
    order = 0
    queue: list[tuple[float, int, State, int, int, tuple[str, ...], int]] = []
    for number, start in enumerate(network.starts):
        queue.append((0.0, number, start, 0, number, (), 0))
        order = number + 1
    heapq.heapify(queue)
    seen: set[tuple[State, int, int, int]] = set()
    told: set[int] = set()
    while queue:
        cost, _, state, at, number, said, done = heapq.heappop(queue)
        if cost > most:
            return
        if number in told or (state, at, number, done) in seen:
            continue
        seen.add((state, at, number, done))
        if at == len(words) and said and network.accepts(state) and not (done and network.parse(said, number)):
            told.add(number)
            most = min(most, cost + SPAN)
            yield cost, number, said
            continue
        steps: list[tuple[float, State, int, tuple[str, ...], int]] = []
        typed = plain(words[at]) if at < len(words) else ""
        if typed and (typed not in firm or (at == 0 and typed in JOINS)):
            does = 0 if typed in small or typed in polite or typed in JOINS else _LACKS
            steps.append((COURTESY if typed in polite else EXTRA, state, at + 1, said, does))
        for word, _, then in network.arcs(state):
            bare = plain(word)
            is_firm = bare in firm
            if not is_firm:
                steps.append((EXTRA, then, at, (*said, word), 0 if bare in small else _ADDS))
            apart = distance(words[at], word) if typed else 1.0
            if apart == 0 or (apart <= FAR and not is_firm and typed not in firm):
                steps.append((apart, then, at + 1, (*said, word), 0 if _is_slip(typed, bare, small) else _OTHER))
        for more, then, next_at, next_said, does in steps:
            now = done | does
            # Something left out and something put in is one thing for another, in a question too.
            if now and (not asks[number] or now & (_LACKS | _ADDS) == _LACKS | _ADDS):
                continue
            if cost + more <= most and (then, next_at, number, now) not in seen:
                heapq.heappush(queue, (cost + more, order, then, next_at, number, next_said, now))
                order += 1


def _is_slip(typed: str, word: str, small: frozenset[str]) -> bool:
    """Whether a plain word is another one, mistyped or in another number; small words may be any small words."""
    if typed == word or (typed in small and word in small):
        return True
    if typed.rstrip("s") == word.rstrip("s"):
        return True
    longest = max(len(typed), len(word))
    if typed[0] != word[0] or longest < _ONE_SLIP:
        return False
    wrong = round(distance(typed, word) * longest)
    return wrong <= 1 + (longest >= _TWO_SLIPS) or (wrong == 2 and sorted(typed) == sorted(word))


@lru_cache(maxsize=200_000)
def distance(a: str, b: str) -> float:
    """Edit distance of two words as a share of the longer one's letters; case and accents do not count."""
    a, b = plain(a), plain(b)
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
def plain(word: str) -> str:
    """A word without case, accents and signs."""
    split = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in split if c.isalnum())
