"""Phone graphs put together from ready pieces, for sentences that are made up while somebody waits.

What kitt/ears/grammar/graph.py compiles in 10 to 40 ms of CPU, this joins in about one: the phones of each word, or of
a choice of words, are laid out once, with all that they may become before another word (junction.py); between two
pieces only arcs are drawn. What may be said is the same; the states are a few more, as nothing is shared over pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kitt.ears.g2p.lexicon import Prons
from kitt.ears.g2p.phones import PHONES, Pron
from kitt.ears.grammar import junction
from kitt.ears.grammar.automaton import Automaton, determinise, minimise
from kitt.ears.grammar.graph import PhoneGraph
from kitt.types import I64

MOST_STATES = 10_000
"""Of one word."""
_NONE = -1
_ANY = frozenset(range(len(PHONES)))


class _Exit(NamedTuple):
    """How a word may be left: before words that begin with one of `onsets`, whole.

    plain: the sentence may end here as well, and the next word may lose its first phone, where it is the last one.
    alone: only where a word of this one phone may follow; -1: always.
    """

    onsets: frozenset[int]
    plain: bool = False
    alone: int = _NONE


@dataclass(frozen=True, eq=False)
class Piece:
    """The phones of a word or of several, and how they meet others.

    phone, word: int64 (S,) as in `PhoneGraph`, `words` included; arcs: int64 (A, 2) from, to. entry, onset: int64 (E,)
    states to come in by, and the phone that a word begins with there. drop, dropped: int64 (D,) states to come in by
    where the first phone, `dropped`, is said once with the last one of the word before. exit_state, exit_alone: int64
    (X,), exit_onsets: bool (X, len(PHONES)), exit_plain: bool (X,), as in `_Exit`. alone: the words of a single phone
    that may come first.
    """

    phone: I64
    word: I64
    words: tuple[str, ...]
    arcs: I64
    entry: I64
    onset: I64
    drop: I64
    dropped: I64
    exit_state: I64
    exit_onsets: NDArray[np.bool_]
    exit_plain: NDArray[np.bool_]
    exit_alone: I64
    alone: frozenset[int]


class _Rest(NamedTuple):
    """Phones still to come; said: the phone before the last one, when the last is all that is to come."""

    rest: Pron
    said: int


class _Left(NamedTuple):
    """The word is said; link: what may be heard before the next one, -1 for nothing."""

    way: _Exit
    link: int = _NONE


_Label = tuple[int, int]


@lru_cache(maxsize=1024)
def of_word(word: str, prons: Prons, language: str) -> Piece:
    """A word by all the ways to say it."""
    links = {p[-1]: _NONE for p in prons}
    for pron in prons:
        links[pron[-1]] = max(links[pron[-1]], junction.liaison(word, pron, language))
    linked = _Left(_Exit(frozenset(p for p in _ANY if junction.links(p, language))))

    ways: dict[_Exit, int] = {}

    def expand(item: _Rest | _Left) -> tuple[Iterator[tuple[_Label, _Rest | _Left]], tuple[int, ...]]:
        if isinstance(item, _Left):
            over = ways.setdefault(item.way, len(ways))
            return iter([((item.link, _NONE), linked)] if item.link >= 0 else []), (over,)
        return _said(item, links, language), ()

    start: list[_Rest | _Left] = [_Rest(pron, _NONE) for pron in prons]
    made = minimise(determinise(start, expand, MOST_STATES))
    return _laid_out(made, list(ways), word, frozenset(p[0] for p in prons if len(p) == 1))


def _said(item: _Rest, links: dict[int, int], language: str) -> Iterator[tuple[_Label, _Rest | _Left]]:
    rest, said = item
    if len(rest) > 1:
        yield (rest[0], _NONE), _Rest(rest[1:], rest[0] if len(rest) == 2 else _NONE)
        if len(rest) == 2:
            # the next word may be that one phone and cannot lose it, so this word does
            yield (rest[0], 0), _Left(_Exit(frozenset({rest[1]}), alone=rest[1]))
        return
    yield (rest[0], 0), _Left(_Exit(_ANY, plain=True), links[rest[0]])
    for change in junction.changes(said, rest[0], language):
        yield (change.phone, 0), _Left(_Exit(change.before))


def _laid_out(made: Automaton[_Label], ways: Sequence[_Exit], word: str, alone: frozenset[int]) -> Piece:
    ahead = [sorted((to, phone, ends) for (phone, ends), to in row.items()) for row in made.arcs]
    pairs = sorted({pair for row in ahead for pair in row})
    ids = {pair: i for i, pair in enumerate(pairs)}
    first = [ids[pair] for pair in ahead[0]]
    drops = [(ids[then], phone) for to, phone, ends in ahead[0] if ends < 0 for then in ahead[to]]
    exits = [(i, ways[way]) for pair, i in ids.items() for way in sorted(made.final[pair[0]])]
    return Piece(
        phone=np.array([p[1] for p in pairs], np.int64),
        word=np.array([p[2] for p in pairs], np.int64),
        words=(word,),
        arcs=_pairs([(i, ids[then]) for pair, i in ids.items() for then in ahead[pair[0]]]),
        entry=np.array(first, np.int64),
        onset=np.array([pairs[s][1] for s in first], np.int64),
        drop=_pairs(drops)[:, 0],
        dropped=_pairs(drops)[:, 1],
        exit_state=np.array([state for state, _ in exits], np.int64),
        exit_onsets=np.array([[p in way.onsets for p in range(len(PHONES))] for _, way in exits], np.bool_),
        exit_plain=np.array([way.plain for _, way in exits], np.bool_),
        exit_alone=np.array([way.alone for _, way in exits], np.int64),
        alone=alone,
    )


def of_choice(words: Automaton[int], names: Sequence[str], prons: dict[str, Prons], language: str) -> Piece:
    """One of the sequences of words of an automaton, whose labels are indices into `names`."""
    arcs = [(state, names[word], to) for state, row in enumerate(words.arcs) for word, to in row.items()]
    pieces = [of_word(word, prons[word], language) for _, word, _ in arcs]
    follows = [[j for j, (source, *_) in enumerate(arcs) if source == to] for *_, to in arcs]
    first = [i for i, (source, *_) in enumerate(arcs) if source == 0]
    last = [i for i, (*_, to) in enumerate(arcs) if words.final[to]]
    return joined(pieces, follows, first, last)


def joined(
    pieces: Sequence[Piece], follows: Sequence[Sequence[int]], first: Sequence[int], last: Sequence[int]
) -> Piece:
    """Pieces as one. follows: those that may follow each, all of a higher number; first, last: those that may begin and
    end it.
    """
    at = np.cumsum([0, *(len(p.phone) for p in pieces)])
    named = np.cumsum([0, *(len(p.words) for p in pieces)])
    arcs = [p.arcs + at[i] for i, p in enumerate(pieces)]
    for i, after in enumerate(follows):
        alone = frozenset[int]().union(*(pieces[j].alone for j in after))
        arcs += [_between(pieces[i], pieces[j], alone) + at[[i, j]] for j in after]
    return Piece(
        phone=np.concatenate([p.phone for p in pieces]),
        word=np.concatenate([np.where(p.word < 0, _NONE, p.word + named[i]) for i, p in enumerate(pieces)]),
        words=tuple(word for p in pieces for word in p.words),
        arcs=np.concatenate(arcs),
        entry=np.concatenate([pieces[i].entry + at[i] for i in first]),
        onset=np.concatenate([pieces[i].onset for i in first]),
        drop=np.concatenate([pieces[i].drop + at[i] for i in first]),
        dropped=np.concatenate([pieces[i].dropped for i in first]),
        exit_state=np.concatenate([pieces[i].exit_state + at[i] for i in last]),
        exit_onsets=np.concatenate([pieces[i].exit_onsets for i in last]),
        exit_plain=np.concatenate([pieces[i].exit_plain for i in last]),
        exit_alone=np.concatenate([pieces[i].exit_alone for i in last]),
        alone=frozenset[int]().union(*(pieces[i].alone for i in first)),
    )


def graph_of(opening: Sequence[Piece], intents: Mapping[str, Sequence[tuple[Piece, bool]]]) -> PhoneGraph:
    """The graph of a sentence for each intent: its pieces in a row, each with whether it may be left out; not all may.

    opening: pieces that may go before any of them, all or some.
    """
    pieces, follows, lasts, firsts = [*opening], list[list[int]](), list[range](), list[int]()
    for row in intents.values():
        begin, end = len(pieces), len(pieces) + len(row)
        needed = [begin + i for i, (_, optional) in enumerate(row) if not optional]
        reached = [range(i, next((n for n in needed if n >= i), end - 1) + 1) for i in range(begin, end + 1)]
        pieces += [piece for piece, _ in row]
        firsts += reached[0]
        follows += [list(after) for after in reached[1:]]
        lasts.append(range(needed[-1], end))
    before = [[*range(i + 1, len(opening)), *firsts] for i in range(len(opening))]
    first = [*range(len(opening)), *firsts]
    whole = joined(pieces, [*before, *follows], first, [i for last in lasts for i in last])
    # an arc as one number, sorted by where it leads; where two ways to join words are one arc it is there once
    states = len(whole.phone) + 1
    arcs = np.unique(np.concatenate([whole.entry * states, whole.arcs[:, 1] * states + whole.arcs[:, 0] + 1]))
    ends = [int(pieces[i].exit_plain.sum()) for last in lasts for i in last]
    owner = [number for number, last in enumerate(lasts) for _ in last]
    return PhoneGraph(
        phone=whole.phone,
        arc_from=arcs % states - 1,
        arc_to=arcs // states,
        state_word=whole.word,
        final_state=whole.exit_state[whole.exit_plain],
        final_intent=np.repeat(np.array(owner, np.int64), ends),
        words=whole.words,
        intents=tuple(intents),
    )


@lru_cache(maxsize=1024)
def _between(left: Piece, right: Piece, alone: frozenset[int]) -> I64:
    """Arcs from one piece to the next, int64 (n, 2). alone: the words of a single phone that may follow."""
    open_now = (left.exit_alone < 0) | np.isin(left.exit_alone, list(alone))
    source, then = np.nonzero(left.exit_onsets[:, right.onset] & open_now[:, None])
    last = np.where(left.exit_plain, left.phone[left.exit_state], _NONE)
    shared, dropped = np.nonzero(last[:, None] == right.dropped[None])
    whole = np.stack([left.exit_state[source], right.entry[then]], 1)
    return np.concatenate([whole, np.stack([left.exit_state[shared], right.drop[dropped]], 1)])


def _pairs(rows: Sequence[tuple[int, int]]) -> I64:
    return np.array(rows, np.int64).reshape(-1, 2)
