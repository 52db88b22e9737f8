"""One finished utterance to one `Heard`: features, posteriors and search in each language, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kitt.ears.acoustic import SecondPass
from kitt.ears.beside import Beside, prepared, weighed
from kitt.ears.decoder import FILLER, Decoder, Path, free_phones
from kitt.ears.encoder import PAD, SAMPLES_A_FRAME
from kitt.ears.grammar import Grammar
from kitt.ears.judge import Limits, confidence, refusal, turn
from kitt.types import F32, Candidate, Heard

N_BEST = 5
AROUND_WAKE = 0.0
"""After a wake phrase any words may follow."""
BEFORE_WAKE = 2
"""Phones that may stand before it, a cough or "uh": in the midst of a sentence, "KITT" is a syllable like any other."""
NOTHING = "nothing was said"
FEWEST_PHONES = 2
"""Less than this after a wake phrase is its echo, and no command."""
ALONE = -1.0
"""Score a phone, of the whole utterance, of words that need no wake phrase: nothing else guards them. After one, of the
worst word."""
BESIDE_ALONE = 1
"""So many phones may be heard around them, no more: a click, a breath."""


@dataclass(frozen=True)
class Vocabulary:
    """A grammar with its decoder."""

    grammar: Grammar
    decoder: Decoder

    @staticmethod
    def of(grammar: Grammar) -> Vocabulary:
        return Vocabulary(grammar, Decoder(grammar.graph))

    def goes_on(self, words: Sequence[str]) -> bool:
        """Whether a sentence of the grammar begins with these words and has more."""
        state = 0
        for word in words:
            try:
                state = self.grammar.words.arcs[state][self.grammar.graph.words.index(word)]
            except (KeyError, ValueError):
                return False
        return bool(self.grammar.words.arcs[state])


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
    states: int
    """Of the grammars it is looked for in."""
    addressed: bool
    """Whether a wake phrase went before: in this utterance, or alone just before it."""
    posteriors: F32
    """What the sentence was looked for in."""

    @property
    def score(self) -> float:
        return self.paths[0][1].score if self.paths else -float("inf")


class Recogniser:
    """The second pass with its grammars. Utterances do not know of each other, but for a wake phrase said alone."""

    def __init__(
        self,
        second: SecondPass,
        vocabularies: Sequence[Vocabulary],
        wakes: Sequence[Wake],
        limits: Limits,
        alone: Sequence[Vocabulary] = (),
    ) -> None:
        """`wakes` empty: no wake phrase is needed. One wake a language otherwise. alone: words that need none, where
        they make up a whole utterance.
        """
        self._second, self._vocabularies, self._limits = second, tuple(vocabularies), limits
        self._alone = tuple(alone)
        self._wakes = {w.vocabulary.grammar.language: w for w in wakes}
        self._states = {
            v.grammar.language: sum(len(w.grammar.graph.phone) for w in vocabularies if _same(v, w))
            for v in vocabularies
        }
        self._languages = tuple(dict.fromkeys(v.grammar.language for v in vocabularies))
        for vocabulary in (*vocabularies, *alone):
            # now, and not while somebody waits for the first command
            prepared(vocabulary.grammar)

    def recognise(self, samples: F32, time_of: Callable[[int], int], *, awake: bool = False) -> Heard | None:
        """What an utterance, float32 (n,) mono 16 kHz, says. time_of: a sample of it -> when that was, ns.

        None where a wake phrase is needed, was not said, and `awake` does not stand in for it. An utterance of the wake
        phrase alone comes back as intent "" with `wake` set.
        """
        features = self._second.features(samples)
        posteriors = {one: self._second.posteriors(features, one) for one in self._languages}
        readings = {one: self._read(one, p, awake) for one, p in posteriors.items()}
        heard = self._best([r for r in readings.values() if r], time_of)
        if heard is None or heard.rejected:
            alone = [self._read_alone(one, p, readings[one]) for one, p in posteriors.items()]
            return self._best([r for r in alone if r], time_of) or heard
        return heard

    def goes_on(self, heard: Heard) -> bool:
        """Whether more words may follow those that were heard."""
        words = heard.text.split()
        return any(v.goes_on(words) for v in self._vocabularies if v.grammar.language == heard.language)

    def _read(self, language: str, posteriors: F32, awake: bool) -> _Reading | None:
        said, wake_score, begin = "", 0.0, 0
        if language in self._wakes:
            wake = self._wakes[language]
            found = wake.vocabulary.decoder.decode(posteriors, 1, AROUND_WAKE)
            if found and found[0].per_phone >= wake.limit and _opens(found[0], posteriors):
                said, wake_score = found[0].text, found[0].per_phone
                begin = _after(found[0], posteriors)
                posteriors = posteriors[begin:]
                if len(free_phones(posteriors)) < FEWEST_PHONES:
                    return _Reading(language, (), said, wake_score, begin, self._states[language], True, posteriors)
            elif not awake:
                return None
        paths = [
            (v.grammar, path)
            for v in self._vocabularies
            if v.grammar.language == language
            for path in v.decoder.decode(posteriors, N_BEST, FILLER)
        ]
        paths.sort(key=lambda p: -p[1].score)
        best, addressed = tuple(paths[:N_BEST]), bool(said) or (awake and language in self._wakes)
        return _Reading(language, best, said, wake_score, begin, self._states[language], addressed, posteriors)

    def _read_alone(self, language: str, posteriors: F32, other: _Reading | None) -> _Reading | None:
        """Words that need no wake phrase; None where they do not fit well, or are not all that was said.

        other: what else was made of the utterance; a wake phrase found there may go before them.
        """
        said, score, begin = (other.wake, other.wake_score, other.first_frame) if other else ("", 0.0, 0)
        posteriors = posteriors[begin:]
        spoken = [v for v in self._alone if v.grammar.language == language]
        paths = [(v.grammar, path) for v in spoken for path in v.decoder.decode(posteriors, 1, FILLER)]
        if not paths:
            return None
        grammar, path = max(paths, key=lambda p: p[1].score)
        before, after = posteriors[: path.words[0].first_frame], posteriors[path.words[-1].last_frame + 1 :]
        beside = len(free_phones(before)) + len(free_phones(after))
        # the end of a wake phrase is no fault of the words after it
        fit = min(word.score for word in path.words) if said else path.per_phone
        if beside > BESIDE_ALONE or fit < ALONE:
            return None
        states = len(grammar.graph.phone)
        return _Reading(language, ((grammar, path),), said, score, begin, states, bool(said), posteriors)

    def _best(self, readings: Sequence[_Reading], time_of: Callable[[int], int]) -> Heard | None:
        """The verdict on the likeliest of several languages' readings; one with a wake phrase goes first."""
        best = max(readings, key=lambda r: (bool(r.wake), r.score), default=None)
        return self._verdict(best, time_of) if best else None

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
        (grammar, path), rivals = reading.paths[0], [p for _, p in reading.paths[1:]]
        # what else was said is only looked into where nothing else speaks against the sentence
        alone = replace(path, beside=0.0, score=path.phones * sum(w.score for w in path.words) / len(path.words))
        refused = refusal(alone, rivals, self._limits, reading.states, addressed=reading.addressed)
        # 0 is the best there can be, so that nothing fits better by more than is missing from it
        fits = path.score >= -self._limits.turned
        beside = Beside(path) if refused or fits else weighed(path, reading.posteriors, grammar)
        path = beside.path
        reason = refusal(path, rivals, self._limits, reading.states, addressed=reading.addressed)
        reason = reason or turn(path, beside.other, beside.better, self._limits)
        return Heard(
            t_start_ns=time_of(_at(reading.first_frame + path.words[0].first_frame)),
            t_end_ns=time_of(_at(reading.first_frame + path.words[-1].last_frame + 1)),
            language=reading.language,
            intent=candidates[0].intent,
            slots=candidates[0].slots,
            text=candidates[0].text,
            confidence=round(confidence(path, rivals, reading.states), 4),
            rejected=bool(reason),
            reason=reason,
            wake=reading.wake,
            wake_score=round(reading.wake_score, 4),
            n_best=tuple(candidates),
        )


def _same(one: Vocabulary, other: Vocabulary) -> bool:
    return one.grammar.language == other.grammar.language


def _opens(wake: Path, posteriors: F32) -> bool:
    """Whether a wake phrase opens the utterance."""
    return len(free_phones(posteriors[: wake.words[0].first_frame])) <= BEFORE_WAKE


def _after(wake: Path, posteriors: F32) -> int:
    """The first frame that is none of the wake phrase's: its last phone may sound on."""
    best, last = posteriors.argmax(1), wake.words[-1].last_frame
    return next((i for i in range(last + 1, len(best)) if best[i] != best[last]), len(best))


def _at(frame: int) -> int:
    """The sample where a frame of the encoder begins."""
    return max(0, frame * SAMPLES_A_FRAME - PAD)
