"""Wake phrases given as text: how many are missed at so many false accepts an hour."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from kitt.eval import speech_negatives, speech_voices
from kitt.eval.run import Progress, silent
from kitt.eval.speech_false import SMALL
from kitt.eval.speech_metrics import Share, poisson_upper, threshold_at
from kitt.eval.speech_mix import RATE_HZ, Condition, Noises, play, read_sound, seeded
from kitt.eval.speech_negatives import Block, Recording
from kitt.types import F32

RATES = (0.5, 0.1)
"""False accepts an hour that misses are told at."""
PRECISE = {
    "athena": ("athena", "en", "athena/en"),
    "computer": ("computer", "en", "computer/en"),
    "hey computer": ("hey computer", "en", "heycomputer/en"),
    "ey ordenador": ("ey ordenador", "es", "heycomputer/es"),
}
"""Name -> phrase, language and folder of speech_precise: people saying it."""
KITT = {"en": ("kitt", "hey kitt"), "fr": ("kitt", "hey kitt"), "es": ("kitt", "oye kitt")}
KITT_VOICES = 40

Scorer = Callable[[F32], list[float]]
"""One recording -> the score of the wake phrase in each of its utterances, accepted or not."""
ScorerOpener = Callable[[Sequence[str], str], Scorer]
"""Makes a scorer of phrases in a language."""


@dataclass(frozen=True, eq=False)
class WakeTest:
    """A phrase with those who say it: (condition, sound) each. synthetic: not said by people."""

    name: str
    phrases: tuple[str, ...]
    language: str
    said: list[tuple[str, F32]]
    synthetic: bool = False


@dataclass(frozen=True)
class WakeFigures:
    """Scores of one phrase. positives: best score of each recording by condition, -inf where nothing was heard;
    negatives: every score in speech without it; minutes: of each block of that."""

    name: str
    language: str
    synthetic: bool
    positives: dict[str, list[float]]
    negatives: list[float] = field(default_factory=list)
    minutes: list[float] = field(default_factory=list)

    @property
    def hours(self) -> float:
        return sum(self.minutes) / 60

    def misses(self, condition: str, rate: float) -> Share:
        """Recordings at or below the threshold that keeps false accepts to `rate` an hour."""
        scores = self.positives[condition]
        limit = threshold_at(self.negatives, self.hours, rate)
        return Share(sum(s <= limit or s == -math.inf for s in scores), len(scores))


def open_scorer(phrases: Sequence[str], language: str) -> Scorer:
    """kitt's ears as they wait for the phrases, before the commands of a small grammar, with every threshold open."""
    from kitt.ears.engine import Ears
    from kitt.eval.speech_engine import networks

    ears = Ears([SMALL[language]], language, tuple(phrases), accept_all=True, networks=networks())

    def scores(samples: F32) -> list[float]:
        found = []
        alone = False
        for heard in ears.listen(samples, RATE_HZ):
            # after a phrase said alone the ears need none: an utterance without a score of its own is no trial
            if heard.wake and not (alone and heard.wake_score == 0.0):
                found.append(heard.wake_score)
            alone = not heard.intent
        return found

    return scores


def negatives(data: Path, human_h: float | None, synthetic_h: float) -> Iterator[Block]:
    """Speech to look for wake phrases in: people kept from training (None: all there is), and so many hours of
    synthetic sentences in each language. Raises KittError."""
    recordings = [_named(r) for r in speech_negatives.human(data)]
    yield from speech_negatives.human_blocks(recordings, lambda *_: False, human_h)
    texts = speech_negatives.sentences(data)
    third = {language: 1 / len(texts) for language in texts}
    yield from speech_negatives.synthetic_blocks(texts, len(texts) * synthetic_h, lambda *_: False, third)


def _named(recording: Recording) -> Recording:
    """A recording of speech_precise with the phrase that is said in it for its text; others as they are."""
    folder = "/".join(recording.path.parts[-3:-1])
    said = next((phrase for phrase, _, where in PRECISE.values() if where == folder), recording.text)
    return replace(recording, text=said) if recording.source == "speech_precise" else recording


def precise_tests(data: Path, under: Sequence[Condition], noises: Noises | None) -> list[WakeTest]:
    """The phrases of speech_precise that lie under the data folder, each recording under each condition."""
    out = []
    for name, (phrase, language, folder) in PRECISE.items():
        said = []
        for path in sorted((data / "speech_precise" / folder).glob("*.wav")):
            sound = read_sound(path)
            said += [(c.name, play(sound, f"{folder}/{path.name}", c, noises)) for c in under]
        if said:
            out.append(WakeTest(name, (phrase,), language, said))
    return out


def kitt_tests(under: Sequence[Condition], noises: Noises | None, voices: int = KITT_VOICES) -> list[WakeTest]:
    """KITT's own phrases in synthetic voices kept for tests, each phrase in half of the voices."""
    out = []
    for language, phrases in KITT.items():
        said = []
        for i in range(voices):
            voice = speech_voices.draw(language, seeded("wake", language, i))
            sound = speech_voices.say(voice, phrases[i % len(phrases)])
            said += [(c.name, play(sound, f"kitt/{language}/{i}", c, noises)) for c in under]
        out.append(WakeTest(f"KITT ({language})", phrases, language, said, synthetic=True))
    return out


def holds(test: WakeTest, block: Block) -> bool:
    """Whether somebody says a phrase of the test, or its last word, in a block."""
    heads = {p.split()[-1] for p in test.phrases}
    return any(head in said.text.lower() for said in block.said for head in heads)


def run_wake(
    tests: Sequence[WakeTest], negatives: Iterable[Block], opener: ScorerOpener, progress: Progress = silent
) -> list[WakeFigures]:
    """Each test's phrases through everything that holds them, and through every block of its language that does not.

    Block by block, so that what does not depend on the phrase is worked out once.
    """
    scorers = [opener(test.phrases, test.language) for test in tests]
    out = []
    for test, scorer in zip(tests, scorers, strict=True):
        positives: dict[str, list[float]] = {}
        for condition, sound in progress(test.said, len(test.said)):
            positives.setdefault(condition, []).append(max(scorer(sound), default=-math.inf))
        out.append(WakeFigures(test.name, test.language, test.synthetic, positives))
    for block in negatives:
        for test, scorer, counted in zip(tests, scorers, out, strict=True):
            if block.language == test.language and not holds(test, block):
                counted.negatives.extend(scorer(block.samples))
                counted.minutes.append(block.hours * 60)
    return out


def figures(found: WakeFigures) -> dict[str, Any]:
    """Misses at each rate and a curve, for JSON."""
    return {
        "wake": found.name,
        "language": found.language,
        "synthetic": found.synthetic,
        "hours": found.hours,
        "rows": [
            {
                "condition": condition,
                "clips": len(scores),
                "misses": [
                    {
                        "rate": rate,
                        "miss": found.misses(condition, rate).value,
                        "interval": list(found.misses(condition, rate).interval),
                        "threshold": threshold_at(found.negatives, found.hours, rate),
                        "allowed_events": math.floor(rate * found.hours),
                        "rate_at_most": poisson_upper(math.floor(rate * found.hours), found.hours),
                    }
                    for rate in RATES
                ],
                "curve": curve_of(scores, found.negatives, found.hours),
            }
            for condition, scores in found.positives.items()
        ],
    }


def curve_of(scores: Sequence[float], negatives: Sequence[float], hours: float) -> list[tuple[float, float, float]]:
    """(threshold, misses, false accepts an hour) at thresholds between the scores."""
    finite = [s for s in (*scores, *negatives) if math.isfinite(s)]
    if not finite or hours <= 0:
        return []
    at = np.unique(np.quantile(finite, np.linspace(0, 1, 60)))
    return [(float(t), sum(s <= t for s in scores) / len(scores), sum(s > t for s in negatives) / hours) for t in at]
