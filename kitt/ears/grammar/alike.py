"""Phrases of different meaning that sound alike, found on the phone graph itself and not on a sample of it.

Two sentences are walked side by side, phone by phone, with the costs of g2p.distance for a phone heard as another, lost
or added. Pairs of places are visited in topological order, each once with its least cost, and left when the cost passes
the limit: the nearest phrases of each two intents are exact below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kitt.ears.g2p.distance import insertion, substitution
from kitt.ears.grammar.graph import PhoneGraph
from kitt.types import F64, I64, Bools

NEAR = 0.15
"""Cost by length (phones of the longer phrase) up to which two phrases sound alike."""
MOST_COST = 1.0
"""And the cost itself: one phone wholly misheard. Phrases that differ by more are told apart, however long."""
MOST_PAIRS = 2_000_000
"""Pairs of places visited before the search is made again with a lower limit."""
_LONGER = 1e-6
"""Cost of every phone, so that of equal pairs the shorter is named."""


@dataclass(frozen=True)
class Alike:
    """Two phrases of different intents (an index into the graph's) and how unlike they sound.

    cost: sum over the phones that differ, 0 for the very same sounds; length: phones of the longer phrase.
    """

    intents: tuple[int, int]
    phrases: tuple[str, str]
    cost: float
    length: int


@dataclass(frozen=True)
class Found:
    """The nearest phrases of each two intents that sound alike, most alike first.

    cost_limit: below MOST_COST where the grammar is so large that the search was bounded to it.
    """

    pairs: tuple[Alike, ...]
    cost_limit: float


def find(graph: PhoneGraph, most_pairs: int = MOST_PAIRS) -> Found:
    """Phrases of different intents that sound alike; those of the very same sounds are always among them."""
    limit = MOST_COST
    while True:
        search = _Search(graph, limit)
        if search.run(most_pairs if limit else None):
            pairs = sorted(search.found(), key=lambda a: (a.cost / a.length, a.phrases))
            return Found(tuple(a for a in pairs if a.cost <= NEAR * a.length), limit)
        limit = limit / 2 if limit > 0.1 else 0.0


class _Search:
    """One search. A pair of places is a number a * n + b with a <= b; place n - 1 is the start of a sentence."""

    def __init__(self, graph: PhoneGraph, limit: float) -> None:
        self._graph = graph
        self._limit = limit + 0.001
        self._n = len(graph.phone) + 1
        start = self._n - 1
        source = np.where(graph.arc_from < 0, start, graph.arc_from)
        by_source = np.argsort(source, kind="stable")
        self._to = graph.arc_to[by_source]
        self._fan = np.bincount(source, minlength=self._n)
        self._first = np.cumsum(self._fan) - self._fan
        self._phone = np.append(graph.phone, 0)
        self._add = insertion() + _LONGER
        self._swap = substitution() + _LONGER
        self._level, self._only = self._places()
        self._key: list[I64] = []
        self._cost: list[F64] = []
        self._before: list[I64] = []
        self._crossed: list[Bools] = []

    def run(self, most: int | None) -> bool:
        """Visit the pairs; False when there are more than `most`."""
        start = self._n - 1
        waiting = {0: [(np.array([start * self._n + start]), np.zeros(1), np.array([-1]), np.zeros(1, bool))]}
        visited = 0
        for level in range(2 * int(self._level.max()) + 1):
            if level not in waiting:
                continue
            key, cost, before, crossed = (np.concatenate(part) for part in zip(*waiting.pop(level), strict=True))
            order = np.lexsort((cost, key))
            best = order[np.append(True, np.diff(key[order]) > 0)]
            self._key.append(key[best])
            self._cost.append(cost[best])
            self._before.append(before[best])
            self._crossed.append(crossed[best])
            for step in self._steps(key[best], cost[best], visited):
                for at, pairs in self._by_level(*step):
                    waiting.setdefault(at, []).append(pairs)
            visited += len(best)
            if most is not None and visited > most:
                return False
        return True

    def _by_level(self, a: I64, b: I64, cost: F64, before: I64) -> Iterator[tuple[int, tuple[I64, F64, I64, Bools]]]:
        """Pairs that are worth a visit, by the level at which all the ways to them are known."""
        keep = (cost <= self._limit) & ((self._only[a] < 0) | (self._only[a] != self._only[b]))
        a, b, cost, before = a[keep], b[keep], cost[keep], before[keep]
        levels = self._level[a] + self._level[b]
        order = np.argsort(levels, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(levels[order])) + 1):
            if len(rows):
                low, high = np.minimum(a[rows], b[rows]), np.maximum(a[rows], b[rows])
                yield int(levels[rows[0]]), (low * self._n + high, cost[rows], before[rows], a[rows] > b[rows])

    def found(self) -> Iterator[Alike]:
        """The pair of least cost of each two intents."""
        key, cost = np.concatenate(self._key), np.concatenate(self._cost)
        before, crossed = np.concatenate(self._before), np.concatenate(self._crossed)
        ends: list[list[int]] = [[] for _ in range(self._n)]
        for state, intent in zip(self._graph.final_state.tolist(), self._graph.final_intent.tolist(), strict=True):
            ends[state].append(intent)
        final = np.array([bool(e) for e in ends])
        nearest: dict[tuple[int, int], tuple[float, int, bool]] = {}
        for i in np.flatnonzero(final[key // self._n] & final[key % self._n]).tolist():
            for a in ends[key[i] // self._n]:
                for b in ends[key[i] % self._n]:
                    pair, row = (min(a, b), max(a, b)), (float(cost[i]), i, a > b)
                    if a != b and (pair not in nearest or row < nearest[pair]):
                        nearest[pair] = row
        for pair, (total, i, turned) in nearest.items():
            chain = []
            while i >= 0:
                chain.append((int(key[i]), bool(crossed[i])))
                i = int(before[i])
            sides = self._walk(chain[::-1])
            phrases = [" ".join(self._words(side)) for side in (sides[::-1] if turned else sides)]
            yield Alike(pair, (phrases[0], phrases[1]), max(0.0, round(total, 3)), max(len(s) for s in sides))

    def _walk(self, chain: list[tuple[int, bool]]) -> tuple[list[int], list[int]]:
        """The two paths of a chain of pairs from the start: of the lower and of the higher place of its last pair."""
        sides: tuple[list[int], list[int]] = ([], [])
        for key, crossed in chain[1:]:
            sides = sides[::-1] if crossed else sides
            for side, place in zip(sides, divmod(key, self._n), strict=True):
                if not side or side[-1] != place:
                    side.append(place)
        return tuple([p for p in side if p < self._n - 1] for side in sides)  # type: ignore[return-value]

    def _words(self, path: list[int]) -> list[str]:
        return [self._graph.words[w] for w in self._graph.state_word[path].tolist() if w >= 0]

    def _steps(self, key: I64, cost: F64, at: int) -> Iterator[tuple[I64, I64, F64, I64]]:
        """The pairs after some pairs: places of both sides, cost, number of the pair before."""
        a, b = key // self._n, key % self._n
        here = np.arange(len(key))
        rows, a2 = self._follow(here, a)
        yield a2, b[rows], cost[rows] + self._add[self._phone[a2]], rows + at
        both, b2 = self._follow(here, b)
        yield a[both], b2, cost[both] + self._add[self._phone[b2]], both + at
        # Both sides at once: every successor of a with every successor of b.
        pick, b2 = self._follow(np.arange(len(rows)), b[rows])
        a2, rows = a2[pick], rows[pick]
        yield a2, b2, cost[rows] + self._swap[self._phone[a2], self._phone[b2]], rows + at

    def _follow(self, rows: I64, places: I64) -> tuple[I64, I64]:
        """Each row once for every place that follows its place, and those places."""
        fan = self._fan[places]
        ends = np.cumsum(fan)
        within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - fan, fan)
        return np.repeat(rows, fan), self._to[np.repeat(self._first[places], fan) + within]

    def _places(self) -> tuple[I64, I64]:
        """Of each place the most phones before it, and the one intent that it may end as (-1: more than one)."""
        level = np.zeros(self._n, np.int64)
        reach: list[set[int]] = [set() for _ in range(self._n)]
        for state, intent in zip(self._graph.final_state.tolist(), self._graph.final_intent.tolist(), strict=True):
            reach[state].add(intent)
        arcs = list(zip(self._graph.arc_from.tolist(), self._graph.arc_to.tolist(), strict=True))
        for source, to in arcs:
            level[to] = max(level[to], level[source] + 1 if source >= 0 else 1)
        for source, to in sorted(arcs, reverse=True):
            reach[source] |= reach[to]
        return level, np.array([next(iter(r)) if len(r) == 1 else -1 for r in reach], np.int64)
