"""Figures of recognition with their uncertainty: shares with Wilson's interval, events an hour with Poisson's bound."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

RIGHT, WRONG, REJECTED = "right", "wrong", "rejected"
"""What becomes of a command: its intent and all slots, another command, or nothing that was accepted."""
_Z95 = 1.959963984540054


@dataclass(frozen=True)
class Share:
    """k of n, with the ends of its 95 % interval; 0..1, NaN for none of none."""

    k: int
    n: int

    @property
    def value(self) -> float:
        return self.k / self.n if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.k, self.n)


@dataclass(frozen=True)
class Accuracy:
    """Commands of one set under one condition. macro: mean over speakers of their own share, NaN where the set does
    not tell them apart; worst: the speaker with the lowest share, and that share."""

    right: Share
    wrong: int
    rejected: int
    speakers: int
    macro: float
    worst: tuple[str, float]


def wilson(k: int, n: int, z: float = _Z95) -> tuple[float, float]:
    """Ends of the score interval of k of n (Wilson 1927), 0..1; NaN for n = 0."""
    if n == 0:
        return math.nan, math.nan
    p = k / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (0.0 if k == 0 else max(0.0, middle - half)), (1.0 if k == n else min(1.0, middle + half))


def poisson_upper(events: int, hours: float, level: float = 0.95) -> float:
    """The rate an hour that so few events or fewer would belie at that level, one-sided (Garwood 1936)."""
    from scipy.special import gammaincinv

    return float(gammaincinv(events + 1, level)) / hours if hours > 0 else math.inf


def accuracy(verdicts: Iterable[tuple[str, str]]) -> Accuracy:
    """From (speaker, verdict) of each clip; a speaker "" is unknown."""
    by_speaker: dict[str, list[str]] = defaultdict(list)
    for speaker, verdict in verdicts:
        by_speaker[speaker].append(verdict)
    all_of_them = [v for row in by_speaker.values() for v in row]
    known = {s: row.count(RIGHT) / len(row) for s, row in by_speaker.items() if s}
    whole = len(known) > 1 and "" not in by_speaker
    worst = min(known.items(), key=lambda item: (item[1], item[0])) if whole else ("", math.nan)
    return Accuracy(
        Share(all_of_them.count(RIGHT), len(all_of_them)),
        all_of_them.count(WRONG),
        all_of_them.count(REJECTED),
        len(known),
        sum(known.values()) / len(known) if whole else math.nan,
        worst,
    )


def percentiles(values: Sequence[float], shares: Sequence[float] = (50, 90, 99)) -> list[float]:
    """Values at those percentages, nearest rank (always one that was measured); NaN for none."""
    ordered = sorted(values)
    if not ordered:
        return [math.nan] * len(shares)
    return [ordered[max(0, math.ceil(s / 100 * len(ordered)) - 1)] for s in shares]


def threshold_at(scores: Sequence[float], hours: float, rate: float) -> float:
    """The lowest threshold that lets at most `rate` scores an hour through (score > threshold).

    With few hours that is the highest score of all: then the rate is not proven, only not belied.
    """
    allowed = math.floor(rate * hours)
    ordered = sorted(scores, reverse=True)
    return ordered[allowed] if len(ordered) > allowed else -math.inf


def curve(
    positives: Sequence[tuple[float, bool]], negatives: Sequence[float], hours: float, steps: int = 60
) -> list[tuple[float, float, float]]:
    """(threshold, share accepted and right, false accepts an hour), from the highest threshold to none.

    positives: each clip's best confidence, and whether that answer is right; negatives: confidence of every answer to
    speech that was no command.
    """
    pooled = sorted({c for c in (*(c for c, _ in positives), *negatives) if math.isfinite(c)})
    if not pooled or not positives:
        return []
    picks = np.unique(np.linspace(0, len(pooled) - 1, steps).round().astype(int))
    out = []
    for at in (pooled[int(i)] for i in picks[::-1]):
        right = sum(ok and c >= at for c, ok in positives) / len(positives)
        rate = sum(c >= at for c in negatives) / hours if hours > 0 else math.nan
        out.append((float(at), right, rate))
    return out
