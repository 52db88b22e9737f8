"""Exact search for the sentence of a grammar that an utterance's phone posteriors fit best.

Viterbi over the states of a `PhoneGraph` (kitt/ears/search.py goes forward, this module back). All scores are relative
to the free phone loop, which takes the most probable symbol in each frame: 0 is a perfect fit. The sentence may begin
late and end early: what lies around it passes through a filler that costs more than silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kitt.ears.g2p.phones import BLANK
from kitt.ears.grammar.graph import PhoneGraph
from kitt.ears.search import NEVER, Arcs, Search, Way
from kitt.types import F32, I64

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
    """The best path that ends as one intent; `score` is its log score, `phones` how many it has.

    doubt: -log of the best symbols' probabilities, summed over the utterance: how unsure the network was of them.
    beside: how many phones the free phone loop hears that no phone of the path stands for, before, in and after it; a
    phone that silence is as likely as counts 0, one that is FILLER more likely 1.
    """

    intent: str
    words: tuple[Word, ...]
    score: float
    phones: int
    doubt: float = 0.0
    beside: float = 0.0

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
        self._arcs = Arcs(graph)

    def start(self, filler: float = FILLER) -> Search:
        """A search that has heard nothing yet; it tells when a sentence may end, and keeps no paths."""
        return Search(self._arcs, filler)

    def decode(self, log_posteriors: F32, n_best: int = 5, filler: float = FILLER) -> list[Path]:
        """The best path of each of the `n_best` likeliest intents. log_posteriors: float32 (T, len(PHONES))."""
        finals, intents = self.graph.final_state, self.graph.final_intent
        way = Way(self._arcs, len(log_posteriors))
        search = Search(self._arcs, filler, way)
        relative = np.asarray(log_posteriors - log_posteriors.max(1, keepdims=True), np.float32)
        after = _filler_after(relative, filler)
        score = np.full(len(finals), NEVER, np.float32)
        at = np.zeros(len(finals), np.int64)
        for frame, heard in enumerate(relative, 1):
            search.step_relative(heard)
            ending = search.ends() + after[frame]
            better = ending > score
            np.copyto(score, ending, where=better)
            np.copyto(at, frame, where=better)
        doubt = -float(log_posteriors.max(1).sum()) if len(log_posteriors) else 0.0
        free = _Free(relative)
        paths: dict[int, Path] = {}
        for row in np.argsort(-score, kind="stable"):
            intent = int(intents[row])
            if intent not in paths and score[row] > NEVER / 2:
                steps = self._walk_back(way, int(finals[row]), int(at[row]), relative)
                peaks = _peaks(steps)
                words, beside = self._words(steps), free.beside(peaks.values())
                paths[intent] = Path(self.graph.intents[intent], words, float(score[row]), len(peaks), doubt, beside)
                if len(paths) == n_best:
                    break
        return list(paths.values())

    def _walk_back(self, way: Way, state: int, frame: int, relative: F32) -> list[tuple[int, int, float]]:
        """(state, frame, log score) of each frame in which a phone was heard, up to `state` after `frame` frames."""
        steps: list[tuple[int, int, float]] = []
        place, places = int(self._arcs.place[state]), len(self._arcs)
        in_phone = way.in_phone(frame, place)
        while frame > 0:
            frame -= 1
            if not in_phone:
                in_phone = way.in_phone(frame, place)
                continue
            steps.append((int(self._arcs.state[place]), frame, float(relative[frame, self._arcs.phone[place]])))
            source = way.source(frame, place)
            if source == 2 * places:
                break
            if source is not None:
                place = source % places
                in_phone = source < places and way.in_phone(frame, place)
        steps.reverse()
        return steps

    def _words(self, steps: list[tuple[int, int, float]]) -> tuple[Word, ...]:
        words, first, scores = [], -1, dict[int, float]()
        for i, (state, frame, score) in enumerate(steps):
            first = frame if first < 0 else first
            # a phone is as good as its best frame: the others only hold it
            scores[state] = max(score, scores.get(state, -np.inf))
            word = int(self.graph.state_word[state])
            if word >= 0 and (i + 1 == len(steps) or steps[i + 1][0] != state):
                words.append(Word(self.graph.words[word], first, frame, float(np.mean(list(scores.values())))))
                first, scores = -1, {}
        return tuple(words)


def _filler_after(relative: F32, filler: float) -> F32:
    """Score of the filler from each frame to the end: float32 (T + 1,)."""
    cost = np.maximum(relative[:, BLANK], filler)
    return np.append(np.cumsum(cost[::-1])[::-1], 0.0).astype(np.float32)


class _Free:
    """The phones of the free phone loop: runs of frames in which one symbol is the most probable, but for the blank."""

    def __init__(self, relative: F32) -> None:
        """relative: float32 (T, len(PHONES)), the best symbol of each frame 0."""
        best = relative.argmax(1)
        first: NDArray[np.bool_] = np.append(True, best[1:] != best[:-1])[: len(best)] & (best != BLANK)
        self._run: I64 = np.where(best != BLANK, np.cumsum(first) - 1, -1)
        self._sure = np.zeros(int(first.sum()), np.float32)
        """How sure the network was of each: 0..1."""
        spoken = self._run >= 0
        np.maximum.at(self._sure, self._run[spoken], np.minimum(relative[spoken, BLANK] / FILLER, 1.0))

    def beside(self, frames: Iterable[int]) -> float:
        """How many phones lie in none of these frames, each as far as the network was sure of it."""
        left = self._sure.copy()
        runs = self._run[np.fromiter(frames, np.int64)]
        left[runs[runs >= 0]] = 0.0
        return float(left.sum())


def _peaks(steps: list[tuple[int, int, float]]) -> dict[int, int]:
    """The frame in which each phone of a path was heard best: by state."""
    best: dict[int, tuple[float, int]] = {}
    for state, frame, score in steps:
        best[state] = max(best.get(state, (-np.inf, 0)), (score, frame))
    return {state: frame for state, (_, frame) in best.items()}


def free_phones(log_posteriors: F32) -> I64:
    """What the free phone loop hears: the most probable symbols, repeats and blanks taken out; int64 (n,)."""
    best = log_posteriors.argmax(1)
    kept: NDArray[np.bool_] = np.append(True, best[1:] != best[:-1]) & (best != BLANK)
    return np.asarray(best[kept], np.int64)
