"""KITT's mouth: sentences become sound in a voice, and the queue decides when each is heard.

Warnings are rendered beforehand: between a warning and its first sample lies no synthesis.
"""

from __future__ import annotations

from collections.abc import Iterable

from kitt.errors import KittError
from kitt.mouth.queue import ANSWER, Decision, Sentence, SpeakingQueue
from kitt.mouth.voice import Voice
from kitt.types import Utterance, Warning

USUAL_VOLUME = 5
USUAL_DB, DB_A_STEP = -5.0, 2.0
"""Of answers below warnings; at the loudest, 9, an answer's peak is just below full scale."""


class Mouth:
    """What is to be said goes in, decisions come out; whoever plays sound carries them out.

    `unspoken`: why the voice failed, for each sentence that it could not speak. `volume`: of answers, 1 to 9; warnings
    are always as loud as they are made.
    """

    def __init__(self, voice: Voice | None, queue: SpeakingQueue | None = None, *, mute: str = "") -> None:
        """voice: None where there is none, because of `mute`."""
        self.voice = voice
        self.mute = mute
        self.queue = queue or SpeakingQueue()
        self.unspoken: list[str] = []
        self.volume = USUAL_VOLUME
        self._ready: dict[tuple[str, str], Utterance] = {}

    def prepare(self, texts: Iterable[tuple[str, str]]) -> None:
        """Render (text, language) beforehand, to be kept as long as this mouth."""
        if self.voice is None:
            return
        for text, language in texts:
            if (text, language) not in self._ready and (spoken := self._render(text, language)):
                self._ready[text, language] = spoken

    def warn(self, warning: Warning) -> list[Decision]:
        """A warning, to be heard at once."""
        spoken = self._render(warning.text, warning.language)
        if spoken is None:
            return []
        return self.queue.offer(Sentence(warning.event, warning.priority, warning.t_ns, spoken))

    def answer(self, t_ns: int, text: str, language: str, priority: int = ANSWER) -> list[Decision]:
        """An answer, or chat."""
        spoken = self._render(text, language)
        if spoken is None:
            return []
        level = 10.0 ** ((USUAL_DB + DB_A_STEP * (self.volume - USUAL_VOLUME)) / 20.0)
        return self.queue.offer(Sentence("answer", priority, t_ns, spoken, level))

    def _render(self, text: str, language: str) -> Utterance | None:
        ready = self._ready.get((text, language))
        if ready is not None:
            return ready
        if self.voice is None:
            self.unspoken.append(self.mute)
            return None
        try:
            return self.voice.say(text, language)
        except KittError as e:
            self.unspoken.append(str(e))
            return None
