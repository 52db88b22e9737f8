"""One finished utterance to one `Heard`: features, posteriors and search in each language, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kitt.ears.acoustic import SecondPass
from kitt.ears.decoder import FILLER, Decoder, Path, free_phones
from kitt.ears.encoder import PAD, SAMPLES_A_FRAME
from kitt.ears.grammar import Grammar
from kitt.ears.judge import Limits, confidence, refusal
from kitt.types import F32, Candidate, Heard

N_BEST = 5
AROUND_WAKE = 0.0
"""A wake phrase may stand among other words."""
NOTHING = "nothing was said"
FEWEST_PHONES = 2
"""Less than this after a wake phrase is its echo, and no command."""


@dataclass(frozen=True)
class Vocabulary:
    """A grammar with its decoder."""

    grammar: Grammar
    decoder: Decoder

    @staticmethod
    def of(grammar: Grammar) -> Vocabulary:
        return Vocabulary(grammar, Decoder(grammar.graph))


@dataclass(frozen=True)
class Wake:
    """Wake phrases of one language, and the least score a phone that counts as one."""

    vocabulary: Vocabulary
    limit: float


@dataclass(frozen=True)
class _Reading:
    """What one language makes of an utterance: its likeliest intents, best first."""

    language: str
    paths: tuple[tuple[Grammar, Path], ...]
    wake: str
    wake_score: float
    first_frame: int
    """Of the utterance, where the sentence is looked for: after the wake phrase."""

    @property
    def score(self) -> float:
        return self.paths[0][1].score if self.paths else -float("inf")


class Recogniser:
    """The second pass with its grammars. Utterances do not know of each other, but for a wake phrase said alone."""

    def __init__(
        self, second: SecondPass, vocabularies: Sequence[Vocabulary], wakes: Sequence[Wake], limits: Limits
    ) -> None:
        """`wakes` empty: no wake phrase is needed. One wake a language otherwise."""
        self._second, self._vocabularies, self._limits = second, tuple(vocabularies), limits
        self._wakes = {w.vocabulary.grammar.language: w for w in wakes}
        self._states = {
            v.grammar.language: sum(len(w.grammar.graph.phone) for w in vocabularies if _same(v, w))
            for v in vocabularies
        }
        self._languages = tuple(dict.fromkeys(v.grammar.language for v in vocabularies))

    def recognise(self, samples: F32, time_of: Callable[[int], int], *, awake: bool = False) -> Heard | None:
        """What an utterance, float32 (n,) mono 16 kHz, says. time_of: a sample of it -> when that was, ns.

        None where a wake phrase is needed, was not said, and `awake` does not stand in for it. An utterance of the wake
        phrase alone comes back as intent "" with `wake` set.
        """
        features = self._second.features(samples)
        readings = []
        for language in self._languages:
            posteriors = self._second.posteriors(features, language)
            reading = self._read(language, posteriors, awake)
            if reading:
                readings.append(reading)
        if not readings:
            return None
        best = max(readings, key=lambda r: (bool(r.wake), r.score))
        return self._verdict(best, time_of)

    def _read(self, language: str, posteriors: F32, awake: bool) -> _Reading | None:
        said, wake_score, begin = "", 0.0, 0
        if language in self._wakes:
            wake = self._wakes[language]
            found = wake.vocabulary.decoder.decode(posteriors, 1, AROUND_WAKE)
            if found and found[0].per_phone >= wake.limit:
                said, wake_score = found[0].text, found[0].per_phone
                begin = found[0].words[-1].last_frame + 1
                posteriors = posteriors[begin:]
                if len(free_phones(posteriors)) < FEWEST_PHONES:
                    return _Reading(language, (), said, wake_score, begin)
            elif not awake:
                return None
        paths = [
            (v.grammar, path)
            for v in self._vocabularies
            if v.grammar.language == language
            for path in v.decoder.decode(posteriors, N_BEST, FILLER)
        ]
        paths.sort(key=lambda p: -p[1].score)
        return _Reading(language, tuple(paths[:N_BEST]), said, wake_score, begin)

    def _verdict(self, reading: _Reading, time_of: Callable[[int], int]) -> Heard:
        candidates = []
        for grammar, path in reading.paths:
            meaning = grammar.parse([w.text for w in path.words], path.intent)
            slots = meaning[1] if meaning else {}
            worst = min((w.score for w in path.words), default=0.0)
            score = round(path.per_phone, 4)
            candidates.append(Candidate(path.intent, slots, path.text, score, path.phones, round(worst, 4)))
        if not candidates:
            wake, score = reading.wake, reading.wake_score
            t_ns = time_of(_at(reading.first_frame))
            return Heard(t_ns, t_ns, reading.language, "", {}, "", 0.0, not wake, "" if wake else NOTHING, wake, score)
        (_, path), rivals = reading.paths[0], [p for _, p in reading.paths[1:]]
        states = self._states[reading.language]
        reason = refusal(path, rivals, self._limits, states, addressed=bool(reading.wake))
        return Heard(
            t_start_ns=time_of(_at(reading.first_frame + path.words[0].first_frame)),
            t_end_ns=time_of(_at(reading.first_frame + path.words[-1].last_frame + 1)),
            language=reading.language,
            intent=candidates[0].intent,
            slots=candidates[0].slots,
            text=candidates[0].text,
            confidence=round(confidence(path, rivals, states), 4),
            rejected=bool(reason),
            reason=reason,
            wake=reading.wake,
            wake_score=round(reading.wake_score, 4),
            n_best=tuple(candidates),
        )


def _same(one: Vocabulary, other: Vocabulary) -> bool:
    return one.grammar.language == other.grammar.language


def _at(frame: int) -> int:
    """The sample where a frame of the encoder begins."""
    return max(0, frame * SAMPLES_A_FRAME - PAD)
