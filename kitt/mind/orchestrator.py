"""The whole loop on one page: what is seen and heard goes in, what is said, done and shown comes out.

    picture -> eyes -> scene, warnings --+--> mouth, at once: whatever is said stops for it
                                         v
    sound -> ears -> command ---------> mind -> answer, action --> mouth's queue: when the driver is
                  \\-> a voice ---------------> barge-in              done, and chat when the road is calm

Plain and synchronous: no clock, no thread, no device. Every call says when it is, and the same calls give the same
events, so live and replay run this very code, with another clock.
"""

from __future__ import annotations

from collections.abc import Sequence

from kitt.mind import answers
from kitt.mind.asking_back import unclear
from kitt.mind.assistant import Assistant
from kitt.mind.turn import Turn
from kitt.mouth.mouth import Mouth
from kitt.mouth.queue import ANSWER, CHAT, Decision
from kitt.types import Heard, Scene, Signals, Warning

AFTER_WARNING_S = 3.0
"""So long after a warning the road counts as busy."""
Event = Turn | Decision


class Orchestrator:
    """One drive's eyes, ears, mind and mouth. Call it in order of time; without a mouth it answers and is not heard."""

    def __init__(self, mind: Assistant, mouth: Mouth | None = None) -> None:
        self.mind = mind
        self.mouth = mouth
        self._warned_ns: int | None = None
        self._voice = False

    def warn(self, warning: Warning) -> list[Event]:
        """A warning: what is less urgent falls silent now, and the warning begins."""
        self._warned_ns = warning.t_ns
        return [] if self.mouth is None else [*self.mouth.warn(warning), *self._speak(warning.t_ns)]

    def see(
        self, scene: Scene, signals: Signals, warnings: Sequence[Warning], t_ns: int, cut: bool = False
    ) -> list[Event]:
        """A picture's scene, the car's signals, and the warnings given since the one before. cut: it shows another
        place than the last one, so what is being said of that is said no further."""
        gone = self.mouth.queue.hush(t_ns, "cut") if self.mouth and cut else []
        self.mind.see(scene, signals, warnings)
        return [*gone, *self.tick(t_ns)]

    def hear(self, t_ns: int, utterances: Sequence[Heard], voice: bool) -> list[Event]:
        """What the ears made of a piece of sound; voice: somebody is speaking."""
        events: list[Event] = []
        if self.mouth and voice != self._voice:
            self._voice = voice
            events += self.mouth.queue.driver(t_ns, voice)
        for heard in utterances:
            if meant_for_kitt(heard):
                events += self._take(t_ns, self.mind.hear(heard))
        return events + self._speak(t_ns)

    def say(self, t_ns: int, turns: Sequence[Turn]) -> list[Event]:
        """Turns that came otherwise, such as of typed words."""
        return [event for turn in turns for event in self._take(t_ns, turn)] + self._speak(t_ns)

    def tick(self, t_ns: int) -> list[Event]:
        """Time went on."""
        return self.say(t_ns, self.mind.tick(t_ns))

    def calm(self, t_ns: int) -> bool:
        """Whether chat may be said."""
        warned = self._warned_ns is not None and t_ns - self._warned_ns < AFTER_WARNING_S * 1e9
        return self.mind.road_calm and not warned

    def _take(self, t_ns: int, turn: Turn) -> list[Event]:
        """A turn of the conversation, and what it asks of the mouth."""
        if self.mouth is None:
            return [turn]
        hushed = self.mouth.queue.hush(t_ns) if turn.urgent else []
        self.mouth.volume = self.mind.volume
        offered = self.mouth.answer(t_ns, turn.said, turn.language, priority_of(turn)) if turn.said else []
        return [turn, *hushed, *offered]

    def _speak(self, t_ns: int) -> list[Event]:
        return [] if self.mouth is None else [*self.mouth.queue.step(t_ns, self.calm(t_ns))]


def meant_for_kitt(heard: Heard) -> bool:
    """Whether an utterance wants an answer: a command, one of two, or what was said to kitt and not understood.

    A wake phrase alone does not: the command is still to come.
    """
    if heard.rejected:
        return bool(heard.wake) or unclear(heard) is not None
    return bool(heard.intent)


def priority_of(turn: Turn) -> int:
    """What the driver must hear soon, of the road, the car or a question back, goes before chat."""
    soon = turn.intent in answers.INTENTS or turn.actions or turn.asked_back or turn.urgent
    return ANSWER if soon else CHAT
