"""The way of one utterance forward through a phone graph: Viterbi in CTC's topology, frame by frame.

CTC: Graves et al. 2006; as a search graph: Miao et al. 2015 (EESEN). A state is its phone, then perhaps blanks; a
phone follows an equal one only through a blank. Only the scores of the present are held; who wants the path back
hands in a `Way`, three bits or so a state and frame.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from kitt.ears.g2p.phones import BLANK
from kitt.ears.grammar.graph import PhoneGraph
from kitt.types import F32, I64, U8

NEVER = np.float32(-1e9)
_RANKS = 4
"""So many of a state's arcs are looked at state beside state; of the few states with more, the rest arc by arc."""


class Arcs:
    """A phone graph laid out for the search: its states by falling number of arcs into them, each at its `place`.

    Scores lie in one row, float32 (2 S + 1,): the best of each place, its blank, and the start of a sentence.
    `by_rank[r]` is where in that row the arc number r into each place comes from; the places that have so many come
    first. `rest` goes on from the last rank for the first places, cut at `rest_from`.
    """

    def __init__(self, graph: PhoneGraph) -> None:
        states = len(graph.phone)
        first = np.searchsorted(graph.arc_to, np.arange(states + 1))
        into = np.diff(first)
        order = np.argsort(-into, kind="stable")
        self.state: I64 = order
        self.place: I64 = np.argsort(order)
        self.phone: I64 = graph.phone[order]
        same = np.append(graph.phone, -1)[graph.arc_from] == graph.phone[graph.arc_to]
        source = np.where(graph.arc_from < 0, 2 * states, self.place[graph.arc_from] + same * states)
        into, first = into[order], first[:-1][order]
        self.by_rank: list[I64] = [source[first[into > r] + r] for r in range(min(_RANKS, int(into.max(initial=0))))]
        more = np.maximum(into - _RANKS, 0)
        more = more[more > 0]
        self.rest_from: I64 = np.cumsum(more) - more
        self.rest_of: I64 = np.repeat(np.arange(len(more)), more)
        self.rest: I64 = source[np.repeat(first[: len(more)] + _RANKS - self.rest_from, more) + np.arange(more.sum())]
        self.final: I64 = self.place[graph.final_state]

    def __len__(self) -> int:
        """The number of places."""
        return len(self.state)


class Way:
    """What each place was come to from in each frame, as bits: enough to walk back the best path to any of them."""

    def __init__(self, arcs: Arcs, frames: int) -> None:
        self._arcs = arcs
        places = len(arcs)
        # of the places that have but one arc nothing need be kept: it was that one
        self._several = len(arcs.by_rank[1]) if len(arcs.by_rank) > 1 else 0
        kept = [self._several, *(len(rank) for rank in arcs.by_rank[1:]), len(arcs.rest)]
        self._pieces = [slice(end - size, end) for size, end in zip(kept, accumulate(kept), strict=True)]
        self._taken = np.zeros(sum(kept), np.bool_)
        self._in_phone: U8 = np.zeros((frames + 1, _bytes(places)), np.uint8)
        self._entered: U8 = np.zeros((frames, _bytes(places)), np.uint8)
        self._by_arc: U8 = np.zeros((frames, _bytes(len(self._taken))), np.uint8)

    def enter(self, frame: int, arriving: list[F32], rest: F32, entering: F32, phone: F32) -> None:
        """Scores on the way into `frame`. arriving: over the arcs of each rank; rest: over the others; entering: the
        best over all arcs of each place; phone: of staying in its phone.
        """
        self._entered[frame] = np.packbits(entering > phone)
        for piece, score in zip(self._pieces, (arriving[0][: self._several], *arriving[1:]), strict=False):
            np.equal(score, entering[: len(score)], out=self._taken[piece])
        np.equal(rest, entering.take(self._arcs.rest_of), out=self._taken[self._pieces[-1]])
        self._by_arc[frame] = np.packbits(self._taken)

    def stay(self, frame: int, phone: F32, blank: F32) -> None:
        """The scores of each place, in its phone and in its blank, when `frame` frames were taken."""
        self._in_phone[frame] = np.packbits(phone >= blank)

    def in_phone(self, frame: int, place: int) -> bool:
        """Whether, after so many frames, the place is likelier in its phone than in its blank."""
        return _bit(self._in_phone[frame], place)

    def source(self, frame: int, place: int) -> int | None:
        """Where in the row of scores `frame` came into the place from; None where it stayed in its phone."""
        if not _bit(self._entered[frame], place):
            return None
        arcs, taken = self._arcs, self._by_arc[frame]
        if place >= self._several:
            return int(arcs.by_rank[0][place])
        for piece, rank in zip(self._pieces, arcs.by_rank, strict=False):
            if place < len(rank) and _bit(taken, piece.start + place):
                return int(rank[place])
        rest = np.flatnonzero(arcs.rest_of == place)
        return next(int(arcs.rest[at]) for at in rest if _bit(taken, self._pieces[-1].start + int(at)))


class Search:
    """One utterance on its way through a graph."""

    def __init__(self, arcs: Arcs, filler: float, way: Way | None = None) -> None:
        """filler: log score of a frame outside the sentence. way: where to write what came from where."""
        self._arcs, self._filler, self._way = arcs, filler, way
        places = len(arcs)
        self.frames = 0
        self._phone = np.full(places, NEVER, np.float32)
        self._row = np.full(2 * places + 1, NEVER, np.float32)
        self._best, self._blank = self._row[:places], self._row[places:-1]
        self._before = 0.0
        """Score of nothing but filler so far: where a sentence may still begin."""
        self._row[-1] = self._before

    def step(self, log_posterior: F32) -> None:
        """Take in one frame, float32 (len(PHONES),)."""
        self.step_relative(np.asarray(log_posterior - log_posterior.max(), np.float32))

    def step_relative(self, relative: F32) -> None:
        """The same of a frame whose best phone is 0 already."""
        entering = self._enter()
        np.maximum(self._phone, entering, out=self._phone)
        self._phone += relative.take(self._arcs.phone)
        np.add(self._best, relative[BLANK], out=self._blank)
        np.maximum(self._phone, self._blank, out=self._best)
        self._before += max(float(relative[BLANK]), self._filler)
        self._row[-1] = self._before
        self.frames += 1
        if self._way:
            self._way.stay(self.frames, self._phone, self._blank)

    def _enter(self) -> F32:
        """The best score of coming into each place from another one: float32 (S,)."""
        arcs = self._arcs
        arriving = [self._row.take(rank) for rank in arcs.by_rank]
        entering: F32 = arriving[0].copy()
        for score in arriving[1:]:
            np.maximum(entering[: len(score)], score, out=entering[: len(score)])
        rest = self._row.take(arcs.rest)
        if len(rest):
            most = entering[: len(arcs.rest_from)]
            np.maximum(most, np.maximum.reduceat(rest, arcs.rest_from), out=most)
        if self._way:
            self._way.enter(self.frames, arriving, rest, entering, self._phone)
        return entering

    def ends(self) -> F32:
        """The score of a sentence that ends now in each of the graph's final states: float32 (F,)."""
        ends: F32 = self._best.take(self._arcs.final)
        return ends

    def may_end(self, margin: float) -> bool:
        """Whether a sentence that ends now is within `margin` of the best of all beginnings of sentences."""
        ending = self.ends().max(initial=NEVER)
        return bool(ending >= max(self._best.max(), self._before) - margin)


def _bytes(bits: int) -> int:
    return (bits + 7) // 8


def _bit(row: U8, at: int) -> bool:
    return bool(row[at >> 3] >> (7 - (at & 7)) & 1)
