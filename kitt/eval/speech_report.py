"""`kitt eval speech` as sections, each measured by itself: sets of commands, false accepts, wake phrases, speed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kitt.errors import KittError
from kitt.eval import (
    speech_cost,
    speech_false,
    speech_negatives,
    speech_run,
    speech_sets,
    speech_speed,
    speech_voices,
    speech_wake,
)
from kitt.eval.run import Progress, silent
from kitt.eval.speech_engine import Opener, open_ears
from kitt.eval.speech_metrics import curve
from kitt.eval.speech_mix import CLEAN, Condition, Gate, Noises, energy_gate, load_noises, read_sound, seeded
from kitt.eval.speech_negatives import Block, IsCommand
from kitt.eval.speech_run import AUTO, KNOWN, Trial
from kitt.eval.speech_sets import SpeechSet
from kitt.types import LANGUAGES

FALSE, WAKE, SPEED = "false_accepts", "wake", "speed"
SECTIONS = (*speech_sets.READERS, FALSE, WAKE, SPEED)
FULL_SNRS_DB = (24.0, 12.0, 9.0, 6.0, 3.0, 0.0)


@dataclass(frozen=True)
class Plan:
    """How much is measured. The defaults are a run of minutes, `full()` one of hours."""

    most_takes: int = 2
    """Recordings of each speaker and command."""
    snrs_db: tuple[float, ...] | None = None
    """None for those of each set."""
    every_noise: bool = False
    human_h: float | None = 10 / 60
    """None for all there is."""
    synthetic_h: float = 20 / 60
    wake_h: float = 10 / 60
    """Of synthetic speech in each language, without the phrase."""
    wake_snrs_db: tuple[float, ...] = ()
    latency_clips: int = 40

    @staticmethod
    def full() -> Plan:
        return Plan(1_000_000, FULL_SNRS_DB, True, None, 6.0, 4.0, (12.0, 6.0), 1_000)


@dataclass
class Report:
    """Everything measured so far."""

    sets: list[dict[str, Any]] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    false: list[dict[str, Any]] = field(default_factory=list)
    events: list[speech_false.Event] = field(default_factory=list)
    wakes: list[dict[str, Any]] = field(default_factory=list)
    speed: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)
    score_curves: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Figures alone; the single trials and events go elsewhere. NaN and infinity become null."""
        plain = {
            "sets": self.sets,
            "false_accepts": self.false,
            "wake": self.wakes,
            "speed": self.speed,
            "threshold_curves": {"confidence": self.curves, "score": self.score_curves},
        }
        return {key: finite(value) for key, value in plain.items()}


class Bench:
    """What the sections share: the data, the noises, the plan, and the engine under test."""

    def __init__(
        self,
        data: Path,
        plan: Plan,
        *,
        opener: Opener = open_ears,
        gate: Gate = energy_gate,
        sounds: Path = speech_sets.ASTERISK,
        languages: Sequence[str] = LANGUAGES,
        progress: Progress = silent,
    ) -> None:
        """languages: those that the engine speaks; recordings in others are left out."""
        self.data, self.plan, self.opener, self.gate = data, plan, opener, gate
        self._languages = tuple(languages)
        self._sounds, self._progress = sounds, progress
        self._noises: Noises | None = None

    @property
    def noises(self) -> Noises:
        """Loaded when first needed."""
        if self._noises is None:
            self._noises = load_noises(self.data)
        return self._noises

    def found(self) -> list[str]:
        """The sections whose recordings are there."""
        sets = [n for n in speech_sets.READERS if speech_sets.there(n, self.data, self._sounds)]
        return [*sets, *((FALSE, WAKE, SPEED) if self.data.is_dir() else ())]

    def commands(self, name: str) -> tuple[dict[str, Any], list[Trial]]:
        """One set of commands under its conditions."""
        speech = self._spoken(speech_sets.read(name, self.data, self._sounds))
        kinds = list(self.noises.kinds) if self.plan.every_noise else []
        snrs = self.plan.snrs_db or speech.snrs_db
        if self.plan.snrs_db and 10.0 in speech.snrs_db:
            snrs = tuple(sorted({*snrs, 10.0}, reverse=True))
        trials = speech_run.run_set(
            speech,
            speech_run.conditions(snrs, kinds),
            self.noises,
            self.opener,
            gate=self.gate,
            modes=(KNOWN, AUTO) if speech.auto else (KNOWN,),
            progress=self._progress,
        )
        return speech_run.figures(speech, trials), trials

    def _spoken(self, speech: SpeechSet) -> SpeechSet:
        """What of a set is to be played."""
        bounded = speech_sets.bounded(speech, self.plan.most_takes)
        grammars = {language: path for language, path in bounded.grammars.items() if language in self._languages}
        clips = [c for c in bounded.clips if c.language in grammars]
        return replace(bounded, clips=clips, grammars=grammars, auto=bounded.auto and len(grammars) > 1)

    def false_accepts(self) -> Iterator[speech_false.Watch]:
        """The car grammar and a small one, each on everything that is no command of it."""
        from kitt.ears.engine import GRAMMARS
        from kitt.ears.grammar import Grammar

        car = {language: GRAMMARS / language for language in self._languages}
        small = {language: speech_false.SMALL[language] for language in self._languages}
        for name, paths in (("car", car), ("small", small)):
            is_command = speech_false.commands_of({language: Grammar.load(p) for language, p in paths.items()})
            chosen: dict[str, Sequence[Path]] = {language: [p] for language, p in paths.items()}
            yield speech_false.listen_to(name, self._negatives(is_command), chosen, self.opener)

    def _negatives(self, is_command: IsCommand) -> Iterator[Block]:
        recordings = [r for r in speech_negatives.human(self.data) if r.language in self._languages]
        yield from self._told(speech_negatives.human_blocks(recordings, is_command, self.plan.human_h))
        texts = speech_negatives.sentences(self.data)
        whole = sum(speech_negatives.SHARE_OF_SYNTHETIC[one] for one in self._languages)
        share = {one: speech_negatives.SHARE_OF_SYNTHETIC[one] / whole for one in self._languages}
        yield from self._told(speech_negatives.synthetic_blocks(texts, self.plan.synthetic_h, is_command, share))
        yield from speech_negatives.noise_blocks(self.noises, self._languages[0])

    def wake(self, opener: speech_wake.ScorerOpener = speech_wake.open_scorer) -> list[speech_wake.WakeFigures]:
        """People's wake phrases and, in synthetic voices, KITT's own."""
        under = [CLEAN, *(Condition(snr) for snr in self.plan.wake_snrs_db)]
        noises = self.noises if len(under) > 1 else None
        tests = speech_wake.precise_tests(self.data, under, noises)
        if not speech_voices.missing_programs():
            tests += speech_wake.kitt_tests(under, noises)

        negatives = speech_wake.negatives(self.data, None, self.plan.wake_h)
        return speech_wake.run_wake(tests, self._told(negatives), opener, self._progress)

    def speed(self) -> dict[str, Any]:
        """Latency on the sets of whole commands, CPU in silence and speech, what the parts cost, memory."""
        delays = []
        for name in ("pico", "drone_fr", "home_es", "panel_es"):
            if not speech_sets.there(name, self.data):
                continue
            speech = speech_sets.bounded(speech_sets.read(name, self.data), self.plan.most_takes)
            ((language, grammar),) = speech.grammars.items()
            stream = speech_speed.open_stream([grammar], language)
            order = seeded("speed", name).permutation(len(speech.clips))[: math.ceil(self.plan.latency_clips / 4)]
            for i in self._progress(order, len(order)):
                clip = speech.clips[int(i)]
                delays.append(speech_speed.delay_of(read_sound(clip.path), clip.key, stream))
        voices = [r for r in speech_negatives.human(self.data) if r.source == "speech_cv61_en"]
        if not delays or not voices:
            raise KittError(f"{self.data}: no recordings to measure speed with; give --data FOLDER")
        talk = speech_speed.talk([read_sound(r.path) for r in voices], 60.0)
        car = speech_speed.open_stream([], "en")
        return {
            "latency": speech_speed.latency(delays),
            "cpu_silence": speech_speed.cpu_share(speech_speed.silence(60.0), car),
            "cpu_speech": speech_speed.cpu_share(talk, car),
            "computing_ms": speech_cost.computing_ms(talk, self._languages),
            # an utterance of 8 s, the longest there is
            "memory_mb": {one: speech_cost.memory_mb(talk[: 16_000 * 10], one) for one in ("en", AUTO)},
        }

    def _told(self, blocks: Iterator[Block]) -> Iterator[Block]:
        yield from self._progress(blocks, 0)


def threshold_curves(
    trials: Sequence[Trial], events: Sequence[speech_false.Event], hours: dict[str, float], knob: Callable[[Any], float]
) -> dict[str, list[tuple[float, float, float]]]:
    """Commands understood (each set, clean and in car noise) against false accepts in each grammar.

    knob: what the threshold is put on, of an answer. The answer of a clip is the one that was chosen at kitt's own
    thresholds; its verdict with them out of the way is what counts.
    """
    groups: dict[str, list[tuple[float, bool]]] = {}
    for t in trials:
        if t.mode == KNOWN and t.condition in ("clean", "12 dB", "6 dB", "10 dB"):
            at = -math.inf if t.answer is None else knob(t.answer)
            groups.setdefault(f"{t.set} {t.language}, {t.condition}", []).append((at, t.open_right))
    out = {}
    for grammar, length in hours.items():
        negatives = [knob(e.answer) for e in events if e.grammar == grammar]
        for name, positives in groups.items():
            out[f"{name} / {grammar} grammar"] = curve(positives, negatives, length)
    return out


def finite(value: Any) -> Any:
    """The same for JSON, which knows neither NaN nor infinity: null in their place."""
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
