"""What kitt says when: one sentence at a time, the urgent first, chat only while the road is calm and nobody speaks.

    offer -> waits -> begins -> is said to its end, or cut off (urgent, driver, hushed, cut)
                  \\-> dropped (repeated, full, stale, hushed, cut)

Nothing here asks a clock or plays a sample: the same calls give the same decisions, live and in replay.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from kitt.types import Utterance

ANSWER = 8
"""Priority of what the driver asked for; every warning goes before it (they have 0 to 7)."""
CHAT = 9
"""Of what may wait for a calm road: small talk, wit, notes."""

BEGINS, CUT_OFF, DROPPED = "begins", "cut_off", "dropped"


@dataclass(frozen=True)
class QueueLimits:
    """kept: answers and chat that wait at most, the oldest of the least urgent is dropped; warnings are not counted.

    pause_s: between two sentences. stale_s: a warning that could not begin within this time is not said;
    answer_stale_s, chat_stale_s: the same of the others. repeat_s: a warning is not said again so soon after its like
    began. hush_s: a driver who was heard keeps kitt from answering or chatting for this long, if nobody says that he
    is done.
    """

    kept: int = 8
    pause_s: float = 0.12
    stale_s: float = 2.0
    answer_stale_s: float = 8.0
    chat_stale_s: float = 15.0
    repeat_s: float = 2.0
    hush_s: float = 8.0


@dataclass(frozen=True, eq=False)
class Sentence:
    """Something to say. `key`: what kind it is, a warning's event or "answer"; `level`: its loudness, 1 as it is."""

    key: str
    priority: int
    t_ns: int
    utterance: Utterance
    level: float = 1.0

    @property
    def length_ns(self) -> int:
        return len(self.utterance.samples) * 1_000_000_000 // self.utterance.rate_hz

    @property
    def is_warning(self) -> bool:
        return self.priority < ANSWER


@dataclass(frozen=True, eq=False)
class Decision:
    """At `t_ns` a sentence begins, is cut off or is dropped; `why` it is, "" where it begins."""

    t_ns: int
    what: str
    sentence: Sentence
    why: str = ""


@dataclass
class SpeakingQueue:
    """Give it what is to be said and what goes on, in order of time; it decides. `counts`: said, cut_off:driver, ..."""

    limits: QueueLimits = field(default_factory=QueueLimits)
    counts: Counter[str] = field(default_factory=Counter)
    _waiting: list[Sentence] = field(default_factory=list)
    _saying: Sentence | None = None
    _until_ns: int = -(1 << 62)
    """When the sentence being said ends."""
    _free_ns: int = -(1 << 62)
    """From then on another one may begin."""
    _driver_ns: int | None = None
    """Since when the driver speaks."""
    _begun: dict[str, int] = field(default_factory=dict)
    """When a warning of each kind last began."""

    def offer(self, sentence: Sentence) -> list[Decision]:
        """Something to say from its time on. What is less urgent than a warning stops for it at once."""
        t_ns = sentence.t_ns
        if sentence.is_warning and self._repeats(sentence):
            return [self._drop(t_ns, sentence, "repeated")]
        done = []
        now = self.saying(t_ns)
        if now is not None and sentence.is_warning and sentence.priority < now.priority:
            done.append(self._cut(t_ns, now, "urgent"))
        self._waiting.append(sentence)
        lesser = [s for s in self._waiting if not s.is_warning]
        if len(lesser) > self.limits.kept:
            out = max(lesser, key=lambda s: (s.priority, -s.t_ns, -self._waiting.index(s)))
            self._waiting.remove(out)
            done.append(self._drop(t_ns, out, "full"))
        return done

    def driver(self, t_ns: int, speaks: bool) -> list[Decision]:
        """The driver begins to speak, or is done (barge-in): answers and chat stop, warnings do not."""
        self._driver_ns = t_ns if speaks else None
        now = self.saying(t_ns)
        if not speaks or now is None or now.is_warning:
            return []
        return [self._cut(t_ns, now, "driver")]

    def hush(self, t_ns: int, why: str = "hushed") -> list[Decision]:
        """The driver wants no more of it, or it is true no more: what is said or waits goes, but for warnings."""
        now = self.saying(t_ns)
        done = [] if now is None or now.is_warning else [self._cut(t_ns, now, why)]
        for sentence in [s for s in self._waiting if not s.is_warning]:
            self._waiting.remove(sentence)
            done.append(self._drop(t_ns, sentence, why))
        return done

    def step(self, t_ns: int, calm: bool = True) -> list[Decision]:
        """Time goes on: what may begin now does. calm: nothing on the road wants the driver's whole attention."""
        done = []
        for sentence in [s for s in self._waiting if t_ns - s.t_ns > self._stale_ns(s)]:
            self._waiting.remove(sentence)
            done.append(self._drop(t_ns, sentence, "stale"))
        if t_ns < self._free_ns:
            return done
        able = [s for s in self._waiting if s.t_ns <= t_ns and self._may_begin(s, t_ns, calm)]
        if able:
            chosen = min(able, key=lambda s: (s.priority, s.t_ns))
            self._waiting.remove(chosen)
            self._saying, self._until_ns = chosen, t_ns + chosen.length_ns
            self._free_ns = self._until_ns + round(self.limits.pause_s * 1e9)
            self._begun[chosen.key] = t_ns
            self.counts["said"] += 1
            done.append(Decision(t_ns, BEGINS, chosen))
        return done

    def saying(self, t_ns: int) -> Sentence | None:
        """What is being said at a time not before the last call's."""
        return self._saying if t_ns < self._until_ns else None

    @property
    def waits(self) -> bool:
        """Something is still to be said."""
        return bool(self._waiting)

    def _may_begin(self, sentence: Sentence, t_ns: int, calm: bool) -> bool:
        if sentence.is_warning:
            return True
        if self._driver_ns is not None and t_ns - self._driver_ns < self.limits.hush_s * 1e9:
            return False
        return calm or sentence.priority < CHAT

    def _stale_ns(self, sentence: Sentence) -> int:
        limits = self.limits
        by_priority = {ANSWER: limits.answer_stale_s, CHAT: limits.chat_stale_s}
        return round(by_priority.get(sentence.priority, limits.stale_s) * 1e9)

    def _repeats(self, sentence: Sentence) -> bool:
        now = self.saying(sentence.t_ns)
        begun = self._begun.get(sentence.key)
        recent = begun is not None and sentence.t_ns - begun < self.limits.repeat_s * 1e9
        return (
            recent or (now is not None and now.key == sentence.key) or any(s.key == sentence.key for s in self._waiting)
        )

    def _cut(self, t_ns: int, sentence: Sentence, why: str) -> Decision:
        self._saying, self._until_ns, self._free_ns = None, t_ns, t_ns
        self._begun.pop(sentence.key, None)
        self.counts[f"cut_off:{why}"] += 1
        return Decision(t_ns, CUT_OFF, sentence, why)

    def _drop(self, t_ns: int, sentence: Sentence, why: str) -> Decision:
        self.counts[f"dropped:{why}"] += 1
        return Decision(t_ns, DROPPED, sentence, why)
