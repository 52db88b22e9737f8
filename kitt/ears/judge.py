"""Whether what fits an utterance best is what was said: a few measures of the fit, weighed, and a reason in words.

The fit is measured against the free phone loop (Young 1994; garbage models): speech that is no sentence of the
grammar is explained much better by phones alone. The measures are joined by logistic regression (tools/train_speech/
verdict.py); what it learnt ships beside the networks. How it does, docs/speech.md shows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path as File
from typing import Any

from kitt.ears.acoustic import checked
from kitt.ears.decoder import Path
from kitt.errors import KittError
from kitt.places import shipped

VERDICT = "ears-verdict.json"
FULL_STATES = 5600
"""Of the car grammar."""
UNCLEAR = "unclear"
"""How the reason begins where two intents fit nearly as well as each other."""


@dataclass(frozen=True)
class Evidence:
    """What is known of the best path. Scores are logarithms, 0 the perfect fit.

    fit: score a phone, over the sentence and the filler around it; word, word_score: the worst word and the mean score
    of its phones; rival, margin: the best sentence of another intent, None where there is none, and how far it lies
    below in all; phones: of the sentence; states: of all grammars it was looked for in; doubt: how unsure the network
    was of its own best symbols, a phone of the sentence; beside: how many phones were said that are none of the
    sentence's.
    """

    text: str
    intent: str
    fit: float
    word: str
    word_score: float
    rival: Path | None
    margin: float
    phones: int
    states: int
    doubt: float
    beside: float

    @staticmethod
    def of(path: Path, rivals: Sequence[Path], states: int) -> Evidence:
        # one intent may stand in several grammars
        rival = max((r for r in rivals if r.intent != path.intent), key=lambda r: r.score, default=None)
        worst = min(path.words, key=lambda w: w.score, default=None)
        return Evidence(
            text=path.text,
            intent=path.intent,
            fit=path.per_phone,
            word=worst.text if worst else "",
            word_score=worst.score if worst else 0.0,
            rival=rival,
            margin=path.score - rival.score if rival else math.inf,
            phones=max(1, path.phones),
            states=max(1, states),
            doubt=path.doubt / max(1, path.phones),
            beside=path.beside,
        )


MEASURES: dict[str, Callable[[Evidence], float]] = {
    "fit": lambda e: max(e.fit, -10.0),
    # a long sentence proves more than a short one of the same fit
    "fit_by_length": lambda e: max(e.fit, -10.0) * math.sqrt(e.phones),
    "length": lambda e: math.log2(e.phones),
    "grammar": lambda e: math.log10(e.states),
    "margin": lambda e: min(max(e.margin, 0.0), 10.0),
    "worst_word": lambda e: max(e.word_score, -12.0),
    "doubt": lambda e: min(e.doubt, 6.0),
    "beside": lambda e: min(e.beside, 6.0),
}
"""What is weighed, by name. Bounded, so that no single measure settles everything."""


@dataclass(frozen=True)
class Verdict:
    """Weights of the measures, and how much they must come to.

    The sum is the natural logarithm of the odds that the sentence was said, as far as the training material goes.
    needed: the odds asked for in a grammar of one state; needed_a_decade: more for each ten times as many, so that
    false accepts are as rare in large grammars as in small; addressed: less, where a wake phrase went before.
    """

    bias: float
    weights: Mapping[str, float]
    needed: float
    needed_a_decade: float
    addressed: float

    @staticmethod
    def load(folder: File | None = None) -> Verdict:
        """The one that ships with kitt. Raises KittError when it is missing, damaged or not that of the networks."""
        path = checked(folder or shipped(), VERDICT)
        try:
            return Verdict.of(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError) as e:
            raise KittError(f"{path}: damaged: {type(e).__name__}: {e}; install kitt anew") from None

    @staticmethod
    def of(values: Mapping[str, Any]) -> Verdict:
        """From the table that is stored. Raises KeyError, TypeError or ValueError for what is no verdict."""
        weights = {name: float(values["weights"][name]) for name in MEASURES}
        rest = {name: float(values[name]) for name in ("bias", "needed", "needed_a_decade", "addressed")}
        return Verdict(weights=weights, **rest)

    def odds(self, evidence: Evidence) -> float:
        """Logarithm of the odds that the sentence was said."""
        return self.bias + sum(weight * MEASURES[name](evidence) for name, weight in self.weights.items())

    def required(self, states: int, addressed: bool) -> float:
        """What `odds` must come to in grammars of so many states."""
        lenient = self.addressed if addressed else 0.0
        return self.needed + self.needed_a_decade * math.log10(max(1, states)) - lenient


@lru_cache(maxsize=1)
def shipped_verdict() -> Verdict:
    """Loaded once. Raises KittError."""
    return Verdict.load()


@dataclass(frozen=True)
class Limits:
    """What is asked of a sentence: the verdict that ships, stricter or laxer, and what is set beside it."""

    verdict: Verdict | None = field(default_factory=shipped_verdict)
    """None: the limits below alone."""
    strictness: float = 0.0
    """Odds (logarithm) asked for above what the verdict needs; negative takes more."""
    phone: float = -math.inf
    """Least score a phone."""
    word: float = -math.inf
    """Least mean score of the phones of the worst word."""
    margin: float = 0.3
    """By how much the sentence must beat the best one of another intent, in all."""
    beside: float = 1.5
    """Most phones that may be said beside it, however well it fits: "don't" is three or four, "no" two. Of 1,756 right
    commands of people, quiet and noisy, one has more."""
    turned: float = 1.0
    """By how much it may fit better with words put in that make another sentence of it (kitt/ears/beside.py). Of right
    commands of people none of 603 in quiet lies above, and one of 539 at 6 dB."""
    wake: float = -1.5
    """Least score a phone of a wake phrase."""


OPEN = Limits(verdict=None, margin=-math.inf, beside=math.inf, turned=math.inf, wake=-math.inf)
"""Takes everything: for drawing curves."""


def confidence(path: Path, rivals: Sequence[Path], states: int = FULL_STATES, verdict: Verdict | None = None) -> float:
    """0..1: the verdict's odds as a probability; a half where as much speaks for the sentence as against it."""
    odds = (verdict or shipped_verdict()).odds(Evidence.of(path, rivals, states))
    return 1.0 / (1.0 + math.exp(-min(50.0, max(-50.0, odds))))


def refusal(
    path: Path, rivals: Sequence[Path], limits: Limits, states: int = FULL_STATES, *, addressed: bool = False
) -> str:
    """Why `path` is not taken for a command; "" when it is.

    states: of the grammars it was looked for in; addressed: whether a wake phrase went before it.
    """
    e = Evidence.of(path, rivals, states)
    if e.fit < limits.phone:
        return f"not in the grammar: '{e.text}' fits at {e.fit:.2f} a phone, below {limits.phone:.2f}"
    if e.word_score < limits.word:
        return f"not in the grammar: '{e.word}' was not heard ({e.word_score:.2f} a phone, below {limits.word:.2f})"
    if e.rival and e.margin < limits.margin:
        return (
            f"{UNCLEAR}: '{e.text}' ({e.intent}) or '{e.rival.text}' ({e.rival.intent}), "
            f"{e.margin:.2f} apart, below {limits.margin:.2f}"
        )
    if e.beside > limits.beside:
        return f"not in the grammar: more was said than '{e.text}': {e.beside:.1f} phones, above {limits.beside:.1f}"
    if limits.verdict is None:
        return ""
    odds, needed = limits.verdict.odds(e), limits.verdict.required(e.states, addressed) + limits.strictness
    if odds >= needed:
        return ""
    rival = f", {e.margin:.2f} ahead of '{e.rival.text}'" if e.rival else ""
    return (
        f"not in the grammar: '{e.text}' has log odds {odds:.2f}, below {needed:.2f}: fits at {e.fit:.2f} a phone over "
        f"{e.phones} phones, worst word '{e.word}' {e.word_score:.2f}, doubt {e.doubt:.2f}, "
        f"{e.beside:.1f} phones beside it{rival}"
    )


def turn(path: Path, other: str, better: float, limits: Limits) -> str:
    """Why `path` is not taken where `other`, the same sentence with words put in, fits so much better; "" otherwise."""
    if better <= limits.turned:
        return ""
    return f"not in the grammar: '{other}' fits better than '{path.text}' by {better:.2f}, above {limits.turned:.2f}"
