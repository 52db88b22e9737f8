"""The one place where the evaluation meets the ears: a recording in, comparable answers out.

Everything else takes a `Recogniser`, so that another engine, or a made-up one, can be measured by the same code.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kitt.eval.speech_mix import RATE_HZ
from kitt.types import F32, Heard

if TYPE_CHECKING:
    from kitt.ears.acoustic import SecondPass
    from kitt.ears.engine import Networks


@dataclass(frozen=True)
class Answer:
    """One utterance as an engine understood it, accepted or not.

    score: of the sentence against free phones, as the engine counts it; margin: how far the best sentence of any other
    intent lies below it; both NaN where the engine does not tell. Times in seconds of the recording.
    """

    t_start_s: float
    t_end_s: float
    language: str
    intent: str
    slots: dict[str, str]
    text: str
    confidence: float
    accepted: bool
    reason: str = ""
    wake: str = ""
    score: float = math.nan
    margin: float = math.nan
    cpu_s: float = math.nan

    @property
    def meaning(self) -> str:
        return " ".join([self.intent, *(f"{k}={v}" for k, v in sorted(self.slots.items()))])


Recogniser = Callable[[F32], list[Answer]]
"""float32 (n,) mono at 16 kHz, one recording from begin to end -> its utterances in order."""


class Opener(Protocol):
    """Makes a recogniser of grammars in a language ("auto": each utterance in whichever fits best)."""

    def __call__(
        self, grammars: Sequence[Path], language: str, *, wake: str | None = None, accept_all: bool = False
    ) -> Recogniser: ...


def open_ears(
    grammars: Sequence[Path], language: str, *, wake: str | None = None, accept_all: bool = False
) -> Recogniser:
    """kitt's own ears; no grammars for the car grammar. accept_all: with every threshold open."""
    from kitt.ears.engine import Ears

    ears = Ears(list(grammars), language, wake, accept_all=accept_all, networks=networks())

    def hear(samples: F32) -> list[Answer]:
        return [answer_of(heard) for heard in ears.listen(samples, RATE_HZ)]

    return hear


@lru_cache(maxsize=1)
def networks() -> Networks:
    """kitt's networks, loaded once."""
    from kitt.ears.engine import Networks

    loaded = Networks.load()
    return replace(loaded, second=Remembering(loaded.second))  # type: ignore[arg-type]


class Remembering:
    """The second pass, which works out the features of an utterance once however many grammars ask for them."""

    def __init__(self, second: SecondPass, most: int = 64) -> None:
        self._second, self._most = second, most
        self._known: dict[bytes, F32] = {}

    def features(self, samples: F32) -> F32:
        key = hashlib.sha256(samples.tobytes()).digest()
        if key not in self._known:
            if len(self._known) >= self._most:
                del self._known[next(iter(self._known))]
            self._known[key] = self._second.features(samples)
        return self._known[key]

    def posteriors(self, features: F32, language: str | None) -> F32:
        return self._second.posteriors(features, language)


def answer_of(heard: Heard) -> Answer:
    """What the ears give out as an answer; of a rejected utterance, what it came nearest to. A wake phrase said alone
    is no command, so it is not accepted as one.
    """
    best = heard.n_best[0] if heard.n_best else None
    others = [c.score for c in heard.n_best[1:] if best and c.intent != best.intent]
    return Answer(
        heard.t_start_ns / 1e9,
        heard.t_end_ns / 1e9,
        heard.language,
        heard.intent,
        {k: str(v).strip().lower() for k, v in heard.slots.items()},
        heard.text,
        float(heard.confidence),
        bool(heard.intent) and not heard.rejected,
        heard.reason,
        heard.wake,
        float(best.score) if best else math.nan,
        float(best.score - max(others)) if best and others else math.nan,
        float(heard.cpu_s),
    )


def best_of(answers: Sequence[Answer], *, accepted: bool = True) -> Answer | None:
    """The most confident utterance of a recording, as `kitt listen` reports a file; of all, with accepted=False."""
    pool = [a for a in answers if a.accepted or not accepted]
    return max(pool, key=lambda a: a.confidence, default=None)
