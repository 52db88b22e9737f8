"""Whether what fits an utterance best is what was said: thresholds on the fit, and a reason for every refusal.

The fit is measured against the free phone loop (Young 1994; garbage models): speech that is no sentence of the
grammar is explained much better by phones alone. Where the limits stand, docs/speech.md shows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kitt.ears.decoder import Path


HALF, STEEPNESS = -2.5, 2.0
"""Score a phone that is as likely right as wrong, and how fast doubt goes on either side of it."""


@dataclass(frozen=True)
class Limits:
    """What a sentence must reach to be taken for a command. Scores are logarithms, 0 the perfect fit."""

    phone: float = -2.5
    """Score a phone, over the whole sentence and the filler around it."""
    word: float = -6.0
    """Mean score of the phones of the worst word."""
    margin: float = 0.5
    """By how much the sentence must beat the best one of another intent, in all."""
    short_phones: int = 5
    short_phone: float = -2.0
    """Short sentences resemble much; up to `short_phones` they need this score a phone."""
    wake: float = -0.6
    """Score a phone of a wake phrase."""


OPEN = Limits(-math.inf, -math.inf, -math.inf, 0, -math.inf, -math.inf)
"""Takes everything: for drawing curves."""


def confidence(path: Path, rivals: Sequence[Path]) -> float:
    """0..1: how well the sentence fits (a half where `Limits.phone` stands), times how clearly it beats its rivals."""
    fit = 1.0 / (1.0 + math.exp(min(50.0, STEEPNESS * (HALF - path.per_phone))))
    against = max((r.score for r in rivals if r.intent != path.intent), default=-math.inf)
    return fit / (1.0 + math.exp(min(50.0, against - path.score)))


def refusal(path: Path, rivals: Sequence[Path], limits: Limits) -> str:
    """Why `path` is not taken for a command; "" when it is."""
    short = path.phones <= limits.short_phones
    needed = max(limits.phone, limits.short_phone) if short else limits.phone
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
