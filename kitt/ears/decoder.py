"""Exact search for the sentence of a grammar that an utterance's phone posteriors fit best.

Viterbi over the states of a `PhoneGraph` in CTC's topology (Graves et al. 2006; as a search graph: Miao et al. 2015,
EESEN): a state is its phone, then perhaps blanks; a phone follows an equal one only through a blank. All scores
are relative to the free phone loop, which takes the most probable symbol in each frame: 0 is a perfect fit.
The sentence may begin late and end early: what lies around it passes through a filler that costs more than
silence. Only scores are kept on the way forward; the path is found again on the way back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kitt.ears.g2p.phones import BLANK
from kitt.ears.grammar.graph import PhoneGraph
from kitt.types import F32, I64, Bools

NEVER = np.float32(-1e9)
FILLER = -8.0
"""Log score of a frame of speech outside the sentence: more than what a wrong phone costs, since CTC gives a phone one
frame; at -2.5 the shorter of two commands won."""


@dataclass(frozen=True)
class Word:
    """A word of the path: frames first_frame to last_frame, `score` the mean of its phones' log scores."""

    text: str
    first_frame: int
    last_frame: int
    score: float


@dataclass(frozen=True)
class Path:
    """The best path that ends as one intent; `score` is its log score, `phones` how many it has."""

    intent: str
    words: tuple[Word, ...]
    score: float
    phones: int

    @property
    def text(self) -> str:
        return " ".join(w.text for w in self.words)

    @property
    def per_phone(self) -> float:
        """Log score a phone: comparable between short and long sentences."""
        return self.score / max(1, self.phones)


class Decoder:
    """Searches one graph. Made once for a grammar, used for any number of utterances."""

    def __init__(self, graph: PhoneGraph) -> None:
        self.graph = graph
        states = len(graph.phone)
        self._from = np.where(graph.arc_from < 0, states, graph.arc_from)
        self._first_arc = np.searchsorted(graph.arc_to, np.arange(states + 1))
        padded = np.append(graph.phone, -1)
        self._same = np.flatnonzero(padded[self._from] == graph.phone[graph.arc_to])
        self._same_from = self._from[self._same]
        self.closed: Bools = ~np.isin(graph.final_state, graph.arc_from)

    def start(self, filler: float = FILLER) -> Search:
        """A search that has heard nothing yet."""
        return Search(self, filler)

    def decode(self, log_posteriors: F32, n_best: int = 5, filler: float = FILLER) -> list[Path]:
        """The best path of each of the `n_best` likeliest intents. log_posteriors: float32 (T, len(PHONES))."""
        search = self.start(filler)
        for frame in log_posteriors:
            search.step(frame)
        return search.best(n_best)

    def arcs_into(self, state: int) -> slice:
        return slice(int(self._first_arc[state]), int(self._first_arc[state + 1]))

    def enter(self, in_phone: F32, in_blank: F32, start: float) -> F32:
        """Best score of coming into each state from another one. in_phone, in_blank: float32 (S,)."""
        best = np.append(np.maximum(in_phone, in_blank), np.float32(start))
        arriving = best[self._from]
        arriving[self._same] = np.append(in_blank, np.float32(start))[self._same_from]
        return np.asarray(np.maximum.reduceat(arriving, self._first_arc[:-1]), np.float32)

    def come_from(self, state: int, in_phone: F32, in_blank: F32, start: float) -> tuple[int, bool]:
        """The (state, whether it was in its phone) that `enter` took for one state; state -1 is the start."""
        arcs = self.arcs_into(state)
        best, found = -np.inf, (-1, True)
        for source in self._from[arcs]:
            if source == len(in_phone):
                score, candidate = start, (-1, True)
            elif self.graph.phone[source] != self.graph.phone[state] and in_phone[source] >= in_blank[source]:
                score, candidate = float(in_phone[source]), (int(source), True)
            else:
                score, candidate = float(in_blank[source]), (int(source), False)
            if score > best:
                best, found = score, candidate
        return found


class Search:
    """One utterance on its way through a `Decoder`, frame by frame."""

    def __init__(self, decoder: Decoder, filler: float) -> None:
        self._decoder, self._graph, self._filler = decoder, decoder.graph, filler
        states = len(self._graph.phone)
        self._phone = [np.full(states, NEVER, np.float32)]
        self._blank = [np.full(states, NEVER, np.float32)]
        self._before = [0.0]
        """Score of nothing but filler so far: where a sentence may still begin."""
        self._posteriors: list[F32] = []

    def step(self, log_posterior: F32) -> None:
        """Take in one frame, float32 (len(PHONES),)."""
        relative = np.asarray(log_posterior - log_posterior.max(), np.float32)
        in_phone, in_blank, before = self._phone[-1], self._blank[-1], self._before[-1]
        entered = self._decoder.enter(in_phone, in_blank, before)
        self._phone.append(np.maximum(in_phone, entered) + relative[self._graph.phone])
        self._blank.append(np.maximum(in_phone, in_blank) + relative[BLANK])
        self._before.append(before + max(float(relative[BLANK]), self._filler))
        self._posteriors.append(relative)

    @property
    def frames(self) -> int:
        return len(self._posteriors)

    def may_end(self, margin: float) -> bool:
        """Whether a sentence that ends now is within `margin` of the best of all beginnings of sentences."""
        return self._ends_within(margin, slice(None))

    def must_end(self, margin: float) -> bool:
        """The same for a sentence that no other one goes on from."""
        return self._ends_within(margin, self._decoder.closed)

    def _ends_within(self, margin: float, finals: slice | Bools) -> bool:
        now = np.maximum(self._phone[-1], self._blank[-1])
        ending = now[self._graph.final_state[finals]].max(initial=NEVER)
        return bool(ending >= max(now.max(), self._before[-1]) - margin)

    def best(self, n_best: int) -> list[Path]:
        """The best path of each intent, best first."""
        graph = self._graph
        if not self.frames:
            return []
        after = self._filler_after()
        finals = graph.final_state
        ends = np.stack([np.maximum(p[finals], b[finals]) for p, b in zip(self._phone, self._blank, strict=True)])
        ends += after[:, None]
        at = ends.argmax(0)
        score = ends[at, np.arange(len(finals))]
        paths: dict[int, Path] = {}
        for row in np.argsort(-score, kind="stable"):
            intent = int(graph.final_intent[row])
            if intent not in paths and score[row] > NEVER / 2:
                paths[intent] = self._trace(int(finals[row]), int(at[row]), intent, float(score[row]))
                if len(paths) == n_best:
                    break
        return list(paths.values())

    def _filler_after(self) -> F32:
        """Score of the filler from each frame to the end: float32 (T + 1,)."""
        cost = np.maximum(np.array([p[BLANK] for p in self._posteriors]), self._filler)
        return np.append(np.cumsum(cost[::-1])[::-1], 0.0).astype(np.float32)

    def _trace(self, state: int, frame: int, intent: int, score: float) -> Path:
        """Walk back from `state` after `frame` frames to the start."""
        steps: list[tuple[int, int, float]] = []
        in_phone = bool(self._phone[frame][state] >= self._blank[frame][state])
        while frame > 0:
            before_phone, before_blank = self._phone[frame - 1], self._blank[frame - 1]
            if not in_phone:
                in_phone = bool(before_phone[state] >= before_blank[state])
                frame -= 1
                continue
            steps.append((state, frame - 1, float(self._posteriors[frame - 1][self._graph.phone[state]])))
            source, source_in_phone = self._decoder.come_from(
                state, before_phone, before_blank, self._before[frame - 1]
            )
            entered = (
                self._before[frame - 1]
                if source < 0
                else float(before_phone[source] if source_in_phone else before_blank[source])
            )
            if entered > before_phone[state]:
                state, in_phone = source, source_in_phone
            frame -= 1
            if state < 0:
                break
        steps.reverse()
        return Path(self._graph.intents[intent], self._words(steps), score, len({s for s, _, _ in steps}))

    def _words(self, steps: list[tuple[int, int, float]]) -> tuple[Word, ...]:
        words, first, scores = [], -1, dict[int, float]()
        for i, (state, frame, score) in enumerate(steps):
            first = frame if first < 0 else first
            # a phone is as good as its best frame: the others only hold it
            scores[state] = max(score, scores.get(state, -np.inf))
            word = int(self._graph.state_word[state])
            if word >= 0 and (i + 1 == len(steps) or steps[i + 1][0] != state):
                words.append(Word(self._graph.words[word], first, frame, float(np.mean(list(scores.values())))))
                first, scores = -1, {}
        return tuple(words)


def free_phones(log_posteriors: F32) -> I64:
    """What the free phone loop hears: the most probable symbols, repeats and blanks taken out; int64 (n,)."""
    best = log_posteriors.argmax(1)
    kept: NDArray[np.bool_] = np.append(True, best[1:] != best[:-1]) & (best != BLANK)
    return np.asarray(best[kept], np.int64)
