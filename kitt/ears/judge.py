"""Whether what fits an utterance best is what was said: thresholds on the fit, and a reason for every refusal.

The fit is measured against the free phone loop (Young 1994; garbage models): speech that is no sentence of the
grammar is explained much better by phones alone. Where the limits stand, docs/speech.md shows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kitt.ears.decoder import Path

FULL_STATES = 5600
"""Of the car grammar."""
SHORT_PHONES = 5
HALF, STEEPNESS = -2.5, 2.0
"""Score a phone that is as likely right as wrong, and how fast doubt goes on either side of it."""


@dataclass(frozen=True)
class Limits:
    """What a sentence must reach to be taken for a command. Scores are logarithms, 0 the perfect fit."""

    phone: float = -2.6
    """Score a phone, over the whole sentence and the filler around it, where the grammars have FULL_STATES states;"""
    a_decade: float = 0.9
    """so much lower for each tenth of that: chance fits fewer sentences less well."""
    short: float = 0.8
    """So much higher for sentences of up to SHORT_PHONES phones, which resemble much."""
    word: float = -12.0
    """Mean score of the phones of the worst word."""
    margin: float = 0.3
    """By how much the sentence must beat the best one of another intent, in all."""
    wake: float = -1.5
    """Score a phone of a wake phrase."""

    def needed(self, phones: int, states: int) -> float:
        """Score a phone that a sentence of so many phones needs in grammars of so many states of their phone graph."""
        smaller = max(0.0, math.log10(FULL_STATES / max(1, states)))
        return self.phone - self.a_decade * smaller + (self.short if phones <= SHORT_PHONES else 0.0)


OPEN = Limits(phone=-math.inf, word=-math.inf, margin=-math.inf, wake=-math.inf)
"""Takes everything: for drawing curves."""


def confidence(path: Path, rivals: Sequence[Path]) -> float:
    """0..1: how well the sentence fits (a half at HALF), times how clearly it beats its rivals."""
    fit = 1.0 / (1.0 + math.exp(min(50.0, STEEPNESS * (HALF - path.per_phone))))
    against = max((r.score for r in rivals if r.intent != path.intent), default=-math.inf)
    return fit / (1.0 + math.exp(min(50.0, against - path.score)))


def refusal(path: Path, rivals: Sequence[Path], limits: Limits, states: int = FULL_STATES) -> str:
    """Why `path` is not taken for a command; "" when it is. states: of the grammars it was looked for in."""
    needed = limits.needed(path.phones, states)
    if path.per_phone < needed:
        return f"not in the grammar: '{path.text}' fits at {path.per_phone:.2f} a phone, below {needed:.2f}"
    worst = min(path.words, key=lambda w: w.score, default=None)
    if worst and worst.score < limits.word:
        return f"not in the grammar: '{worst.text}' was not heard ({worst.score:.2f} a phone, below {limits.word:.2f})"
    for rival in rivals:
        # one intent may stand in several grammars
        if rival.intent != path.intent and path.score - rival.score < limits.margin:
            return (
                f"unclear: '{path.text}' ({path.intent}) or '{rival.text}' ({rival.intent}), "
                f"{path.score - rival.score:.2f} apart, below {limits.margin:.2f}"
            )
    return ""
