"""Peers' text to commands: the finite-state grammar of PocketSphinx, and the sentence closest to a transcript."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitt.ears.g2p.phones import PHONES
from kitt.ears.grammar import Grammar

Row = NDArray[Any]

ARPABET = {
    "i": "IY", "ɪ": "IH", "e": "EY", "ɛ": "EH", "æ": "AE", "a": "AA", "ɑ": "AA", "ɔ": "AO", "o": "OW", "ʊ": "UH",
    "u": "UW", "ʌ": "AH", "ə": "AH", "ɚ": "ER", "eɪ": "EY", "oʊ": "OW", "aɪ": "AY", "aʊ": "AW", "ɔɪ": "OY", "p": "P",
    "b": "B", "t": "T", "d": "D", "k": "K", "ɡ": "G", "f": "F", "v": "V", "θ": "TH", "ð": "DH", "s": "S", "z": "Z",
    "ʃ": "SH", "ʒ": "ZH", "h": "HH", "tʃ": "CH", "dʒ": "JH", "m": "M", "n": "N", "ŋ": "NG", "l": "L", "ɹ": "R",
    "ɾ": "D", "j": "Y", "w": "W", "x": "K", "r": "R",
}  # fmt: skip
"""kitt's phones of English as the CMU dictionary writes them."""


def finite_state(grammar: Grammar) -> dict[str, Any]:
    """The grammar as PocketSphinx takes it: arcs [from, to, probability, word], the final state, phones of words."""
    words, dfa = grammar.graph.words, grammar.words
    final = len(dfa.arcs)
    arcs: list[list[Any]] = []
    for state, row in enumerate(dfa.arcs):
        share = 1 / (len(row) + bool(dfa.final[state]))
        arcs += [[state, then, share, words[label].lower()] for label, then in row.items()]
        if dfa.final[state]:
            arcs.append([state, final, share, ""])
    prons = {word.lower(): " ".join(ARPABET[PHONES[i]] for i in grammar.prons[word][0]) for word in words}
    return {"arcs": arcs, "final": final, "pronunciations": prons}


def closest(grammar: Grammar, said: str) -> tuple[list[str], float]:
    """The sentence of the grammar with the fewest letters to change, add or drop from `said`; their share of its own.

    Spaces do not count, so that a word heard as two costs nothing (Levenshtein 1966, over an acyclic automaton: each
    place of it holds a row of costs, one for each number of letters of `said` used up, and where its word began).
    """
    words, dfa = grammar.graph.words, grammar.words
    letters = np.array([ord(c) for c in said if not c.isspace()], np.int64)
    places = np.arange(len(letters) + 1)
    cost = np.full((len(dfa.arcs), len(places)), np.inf)
    cost[0] = places
    back = np.full((len(dfa.arcs), len(places), 3), -1)
    for state, row in enumerate(dfa.arcs):
        for label, then in row.items():
            reached, begun = cost[state].copy(), places.copy()
            for letter in words[label].lower():
                reached, begun = _letter(reached, begun, letters, ord(letter))
            better = reached < cost[then]
            cost[then][better] = reached[better]
            back[then][better] = np.stack([np.full_like(begun, state), np.full_like(begun, label), begun], 1)[better]
    ends = [s for s, final in enumerate(dfa.final) if final]
    state, place = min(ends, key=lambda s: cost[s, -1]), len(letters)
    total = float(cost[state, place])
    path: list[str] = []
    while state:
        state, label, place = (int(v) for v in back[state, place])
        path.append(words[label])
    path.reverse()
    return path, total / max(1, sum(map(len, path)))


def _letter(cost: Row, begun: Row, letters: Row, letter: int) -> tuple[Row, Row]:
    """Costs and word begins after one more letter of the grammar."""
    out, since = cost + 1.0, begun.copy()
    matched = cost[:-1] + (letters != letter)
    take = matched < out[1:]
    out[1:][take], since[1:][take] = matched[take], begun[:-1][take]
    # letters of `said` that stand in no word: a running minimum
    places = np.arange(len(out))
    level = out - places
    least = np.minimum.accumulate(level)
    at = np.maximum.accumulate(np.where(level == least, places, 0))
    return least + places, since[at]
