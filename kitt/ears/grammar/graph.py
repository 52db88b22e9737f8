"""The phone graph: everything that may be said in a grammar, as phones, for the decoder.

Words are determinised and minimised first, then their phones: beginnings are shared over all intents, endings within
an intent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kitt.ears.g2p.lexicon import Prons
from kitt.ears.g2p.phones import Pron
from kitt.ears.grammar import junction
from kitt.ears.grammar.automaton import Automaton, TooLargeError, determinise, minimise
from kitt.ears.grammar.words import State, WordNetwork
from kitt.errors import KittError
from kitt.types import I64

MOST_WORD_STATES = 100_000
MOST_PHONE_STATES = 200_000


@dataclass(frozen=True, eq=False)
class PhoneGraph:
    """A grammar of one language as a directed acyclic graph of phone states.

    phone: int64 (S,) index into PHONES of each state, never 0.
    arc_from, arc_to: int64 (A,) sorted by arc_to, then arc_from; arc_from -1 is the start of a sentence. States
    stand in topological order: arc_from < arc_to.
    state_word: int64 (S,) index into `words` for the state that is the last phone of a word, else -1.
    final_state, final_intent: int64 (F,) states where a sentence may end, and the index into `intents` it ends as.
    """

    phone: I64
    arc_from: I64
    arc_to: I64
    state_word: I64
    final_state: I64
    final_intent: I64
    words: tuple[str, ...]
    intents: tuple[str, ...]


def compile_words(network: WordNetwork, name: str) -> tuple[Automaton[int], tuple[str, ...]]:
    """The smallest automaton of the grammar's words (labels are indices into the words returned)."""
    words: dict[str, int] = {}

    def expand(item: tuple[State, int]) -> tuple[Iterator[tuple[int, tuple[State, int]]], tuple[int, ...]]:
        state, intent = item
        arcs = ((words.setdefault(word, len(words)), (then, intent)) for word, _, then in network.arcs(state))
        return arcs, (intent,) if network.accepts(state) else ()

    try:
        start: list[tuple[State, int]] = [(s, i) for i, s in enumerate(network.starts)]
        dfa = determinise(start, expand, MOST_WORD_STATES)
    except TooLargeError as e:
        raise KittError(
            f"{name}: the grammar is too large: more than {MOST_WORD_STATES} places between words; split it"
        ) from e
    return minimise(dfa), tuple(words)


class _Between(NamedTuple):
    """Between words: in state `state` of the words, after a word that ended with phone `last` and may link by `link`.

    last and link are -1 where the next word cannot tell. Only words that begin with one of `only` may follow, whole.
    """

    state: int
    last: int = -1
    link: int = -1
    only: frozenset[int] | None = None


class _Within(NamedTuple):
    """Within a word: the phones still to come and the state that follows it.

    said: the phone before the last one, when the last is all that is to come; -1 where it does not matter.
    """

    rest: Pron
    said: int
    word: int
    then: int


_Place = _Between | _Within
_Said = tuple[int, int]
"""A label: phone, and the word that ends with it (-1: none)."""


class _Phones:
    """The phones of an automaton of words, place by place."""

    def __init__(self, dfa: Automaton[int], words: Sequence[str], prons: Mapping[str, Prons], language: str) -> None:
        self._dfa = dfa
        self._language = language
        self._prons = [prons[w] for w in words]
        self._links = [{p: junction.liaison(w, p, language) for p in prons[w]} for w in words]
        self._onsets: list[frozenset[int]] = []
        self._longer: list[frozenset[int]] = []
        self._alone: list[frozenset[int]] = []
        for row in dfa.arcs:
            ahead = [p for w in row for p in self._prons[w]]
            self._onsets.append(frozenset(p[0] for p in ahead))
            self._longer.append(frozenset(p[0] for p in ahead if len(p) > 1))
            self._alone.append(frozenset(p[0] for p in ahead if len(p) == 1))
        self._linking = [any(junction.links(p, language) for p in onsets) for onsets in self._onsets]

    def expand(self, place: _Place) -> tuple[Iterator[tuple[_Said, _Place]], frozenset[int]]:
        if isinstance(place, _Within):
            return self._within(place.rest, place.said, place.word, place.then), frozenset()
        return self._between(place), self._dfa.final[place.state] if place.only is None else frozenset()

    def _between(self, place: _Between) -> Iterator[tuple[_Said, _Place]]:
        for word, then in self._dfa.arcs[place.state].items():
            for pron in self._prons[word]:
                if place.only is not None and pron[0] not in place.only:
                    continue
                yield from self._within(pron, -1, word, then)
                if pron[0] == place.last and len(pron) > 1:
                    yield from self._within(pron[1:], pron[0] if len(pron) == 2 else -1, word, then)
                if place.link >= 0 and junction.links(pron[0], self._language):
                    yield (place.link, -1), _Within(pron, -1, word, then)

    def _within(self, rest: Pron, said: int, word: int, then: int) -> Iterator[tuple[_Said, _Place]]:
        if len(rest) > 1:
            yield (rest[0], -1), _Within(rest[1:], rest[0] if len(rest) == 2 else -1, word, then)
            if len(rest) == 2 and rest[1] in self._alone[then]:
                # "la à": the next word is that one phone and cannot lose it, so this word does.
                yield (rest[0], word), _Between(then, only=frozenset({rest[1]}))
            return
        last = rest[0]
        yield (last, word), self._after(last, word, then)
        for change in junction.changes(said, last, self._language):
            if before := change.before & self._onsets[then]:
                yield (change.phone, word), _Between(then, only=before)

    def _after(self, last: int, word: int, then: int) -> _Between:
        link = max((v for p, v in self._links[word].items() if p[-1] == last), default=-1)
        return _Between(
            then,
            last if last in self._longer[then] else -1,
            link if self._linking[then] else -1,
        )


def compile_phones(
    dfa: Automaton[int],
    words: tuple[str, ...],
    prons: Mapping[str, Prons],
    language: str,
    intents: tuple[str, ...],
    name: str,
) -> PhoneGraph:
    """The phone graph of an automaton of words; `prons` has at least one pronunciation of each word."""
    try:
        start: list[_Place] = [_Between(0)]
        said = minimise(determinise(start, _Phones(dfa, words, prons, language).expand, MOST_PHONE_STATES))
    except TooLargeError as e:
        raise KittError(f"{name}: the grammar is too large: more than {MOST_PHONE_STATES} phones; split it") from e
    return _as_states(said, words, intents)


def _as_states(said: Automaton[_Said], words: tuple[str, ...], intents: tuple[str, ...]) -> PhoneGraph:
    """From phones on arcs to phones on states: a state for each pair of a phone and the place it leads to."""
    pairs = sorted({(to, phone, word) for row in said.arcs for (phone, word), to in row.items()})
    ids = {pair: i for i, pair in enumerate(pairs)}
    of_place: list[list[int]] = [[] for _ in said.arcs]
    for pair, i in ids.items():
        of_place[pair[0]].append(i)
    of_place[0] = [-1]
    arcs = sorted(
        (ids[to, phone, word], source)
        for place, row in enumerate(said.arcs)
        for (phone, word), to in row.items()
        for source in of_place[place]
    )
    finals = [(i, intent) for pair, i in ids.items() for intent in sorted(said.final[pair[0]])]
    table = np.array(arcs, np.int64).reshape(-1, 2)
    ends = np.array(finals, np.int64).reshape(-1, 2)
    return PhoneGraph(
        phone=np.array([p[1] for p in pairs], np.int64),
        arc_from=np.ascontiguousarray(table[:, 1]),
        arc_to=np.ascontiguousarray(table[:, 0]),
        state_word=np.array([p[2] for p in pairs], np.int64),
        final_state=np.ascontiguousarray(ends[:, 0]),
        final_intent=np.ascontiguousarray(ends[:, 1]),
        words=words,
        intents=intents,
    )
