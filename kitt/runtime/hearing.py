"""The drive's sound through the ears, in lock-step with the other records.

The ears see the records' own time alone and run on one thread, so what they hear is the same at any speed. They may
run ahead of the eyes: nothing of what they give depends on those.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kitt.config import EarsConfig
from kitt.drive.records import Sound, TimedRecord
from kitt.ears.audio import FILL_MOST_S, JITTER_S, Intake
from kitt.ears.engine import GRAMMARS, Ears, Networks
from kitt.ears.grammar import Grammar
from kitt.ears.in_force import AUTO, GrammarLike
from kitt.engine.models import MOONSHINE_TINY_EN_ENCODER, SILERO_VAD
from kitt.engine.pull import weights_path
from kitt.errors import KittError
from kitt.places import engines, shipped
from kitt.types import LANGUAGES, Heard

USUAL_WAKES = ("", "kitt")
"""Wake phrases that kitt brings along; another one may be a mistake."""
_GAP_NS = round(FILL_MOST_S * 1e9)


@dataclass(frozen=True)
class Sounded:
    """What came of one record: utterances that ended with it, news as (event, text), the time that it took, and whether
    somebody is speaking after it."""

    heard: tuple[Heard, ...] = ()
    troubles: tuple[tuple[str, str], ...] = ()
    ns: int = 0
    voice: bool = False


SILENCE = Sounded()


class Hearing:
    """The ears of one replay. They are made at the first sound: a drive without any does not pay for them.

    `off` says why nothing is heard, "" while they hear.
    """

    def __init__(self, config: EarsConfig, clock: Callable[[], int], beside: Sequence[Grammar] = ()) -> None:
        """`clock` is for the time it takes; beside: heard as well as the settings' grammar. Raises KittError for a
        grammar or a wake phrase that is wrong; missing weights are news of the first sound."""
        self.config = config
        self.off = ""
        self.sound_s = 0.0
        self.taken_ns = 0
        self._clock = clock
        self._own = own_grammars(config, beside)
        self._ears: Ears | None = None
        self._intake = Intake()
        self._topic = ""
        self._end_ns: int | None = None
        self._anew = False
        self._told = 0
        self._unaddressed = 0
        self._news: list[tuple[str, str]] = []
        if self._own or config.wake not in USUAL_WAKES:
            self._make()

    def take(self, record: TimedRecord) -> Sounded:
        """The next record of the drive, of any kind: also those that are no sound show that time goes on."""
        sound = record if isinstance(record, Sound) and record.topic == (self._topic or record.topic) else None
        if sound and not self._topic:
            self._topic = sound.topic
            self._begin()
        if self._ears is None:
            return self._sounded([], 0)
        begin = self._clock()
        heard: list[Heard] = []
        try:
            if self._end_ns is not None and record.t_ns - self._end_ns > _GAP_NS:
                heard += self._pause(self._ears)
            if sound:
                heard += self._listen(self._ears, sound)
        except KittError as e:
            self._stop(e)
        return self._sounded(heard, self._clock() - begin)

    def finish(self) -> Sounded:
        """The end of the drive ends the utterance."""
        if self._ears is None:
            return self._sounded([], 0)
        begin = self._clock()
        heard: list[Heard] = []
        try:
            heard = [h for chunk in self._intake.finish() for h in self._ears.process(chunk)] + self._ears.finish()
            heard = self._noted(heard)
        except KittError as e:
            self._stop(e)
        return self._sounded(heard, self._clock() - begin)

    def describe(self) -> dict[str, Any]:
        """Which ears heard how much sound at what cost, for the report; digests of what they are made of."""
        report: dict[str, Any] = {"language": self.config.language, "wake": self.config.wake, "off": self.off}
        if self._ears is None:
            return report
        weights = [weights_path(m.name) for m in (SILERO_VAD, MOONSHINE_TINY_EN_ENCODER)]
        weights += [shipped() / f"ears-{which}.onnx" for which in ("first", "second")]
        return report | {
            "topic": self._topic,
            "grammars": {_bare(g.name): g.source_digest for g in self._ears.grammars},
            "weights": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in weights},
            "sound_s": round(self.sound_s, 3),
            "taken_s": round(self.taken_ns / 1e9, 3),
            "share_of_sound_pct": round(self.taken_ns / 1e7 / self.sound_s, 2) if self.sound_s else None,
            "unaddressed": self._unaddressed + self._ears.unaddressed,
            "sound_notes": list(self._intake.notes),
        }

    def _begin(self) -> None:
        if self._ears is None and not self.off:
            try:
                self._make()
            except KittError as e:
                self.off = _off(e)
        if self.off:
            self._news.append(("ears_off", self.off))

    def _make(self) -> None:
        """Raises KittError for what a person can have got wrong."""
        try:
            networks = Networks.load()
        except KittError as e:
            self.off = _off(e)
            return
        self._ears = Ears(self._own, self.config.language, self.config.wake or None, networks=networks)

    def _stop(self, error: KittError) -> None:
        self.off, self._ears = _off(error), None
        self._news.append(("ears_off", self.off))

    def _listen(self, ears: Ears, sound: Sound) -> list[Heard]:
        end_ns = sound.t_ns + round(len(sound.samples) * 1e9 / max(sound.rate_hz, 1))
        try:
            chunks = self._intake.push(sound.samples, sound.rate_hz, sound.t_ns)
        except KittError as e:
            self._news.append(("sound_unreadable", f"{sound.topic}: {e}; skipped"))
            return []
        self._end_ns = max(self._end_ns or end_ns, end_ns)
        self.sound_s += len(sound.samples) / sound.rate_hz
        if self._anew:
            # the ears were reset: the silence that fills the gap would only tie them to the time before it
            chunks = [c for c in chunks if c.t_ns >= sound.t_ns - JITTER_S * 1e9]
            self._anew = False
        return self._noted([h for chunk in chunks for h in ears.process(chunk)])

    def _pause(self, ears: Ears) -> list[Heard]:
        """No sound for a while: whatever was being said ended there, and what comes is another day."""
        self._end_ns, self._anew = None, True
        heard = self._noted(ears.finish())
        self._unaddressed += ears.unaddressed
        ears.reset()
        return heard

    def _noted(self, heard: list[Heard]) -> list[Heard]:
        return [replace(h, notes=self._intake.notes_of(h.t_start_ns, h.t_end_ns)) for h in heard]

    def _sounded(self, heard: list[Heard], ns: int) -> Sounded:
        self.taken_ns += ns
        if self._ears:
            problems = self._ears.problems[self._told :]
            self._told += len(problems)
            own = self.config.grammar
            bare = [_bare(p.replace(own, Path(own).name) if own else p) for p in problems]
            self._news += [("grammar_unchanged", p) for p in bare]
        news, self._news = tuple(self._news), []
        voice = self._ears is not None and self._ears.voice
        return Sounded(tuple(heard), news, ns, voice) if heard or news or ns or voice else SILENCE


def own_grammars(config: EarsConfig, beside: Sequence[Grammar]) -> list[GrammarLike]:
    """The settings' grammar, else the car grammar, and those heard beside it; none where the car grammar is all.

    Raises KittError.
    """
    own: list[GrammarLike] = [Grammar.load(config.grammar)] if config.grammar else []
    if not beside:
        return own
    spoken = LANGUAGES if config.language == AUTO else (config.language,)
    return [*(own or [GRAMMARS / one for one in spoken]), *beside]


def _off(error: KittError) -> str:
    return f"commands are not heard: {_bare(str(error))}"


def _bare(text: str) -> str:
    """A line without the folders of this machine, which events.jsonl must not hold."""
    for folder in (engines(), shipped(), GRAMMARS.parent, Path.cwd()):
        text = text.replace(f"{folder}/", "")
    return text
