"""A question with all that answering it needs, and the answer with the evidence it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from kitt.errors import KittError
from kitt.mind.answers.seen import SIDES, Thing, lead_or_nearest, things_seen
from kitt.mind.answers.words import Words
from kitt.mind.view import View
from kitt.types import CLASSES, LIGHTS

Value = float | int | str
NO_FRAME = NO_TRACK = -1
DIGITS = 4


@dataclass(frozen=True)
class Answer:
    """What to say, and why it may be said.

    frame_index: the frame it rests on, -1 for none; track_ids: the tracks it speaks of, ascending; values: every
    figure, count, side and colour in the text, as measured and as said; topic: what a follow-up question is about: a
    class of kitt.types.CLASSES, "road", "left", "right", "behind", "vehicle", "warning", "speed" or "camera"; about:
    the one track that it is about, -1 where that is none or several alike.
    """

    text: str
    frame_index: int
    track_ids: tuple[int, ...]
    values: dict[str, Value]
    topic: str
    about: int = NO_TRACK


@dataclass(frozen=True)
class Question:
    """seen: what may be told now, narrowed to the slots `side`, `track_id` and `other_than` (a track) where given.

    A track asked for that is out of sight leaves its class as the `object`.
    """

    intent: str
    slots: dict[str, str | int]
    view: View
    words: Words
    seen: tuple[Thing, ...] = field(default=(), repr=False)

    @staticmethod
    def of(intent: str, slots: dict[str, str | int], view: View, words: Words) -> Question:
        side, other_than = slots.get("side"), slots.get("other_than")
        if side not in (None, "behind", *SIDES):
            raise KittError(f"answers: {intent}: side '{side}' is not known; known: behind, {', '.join(SIDES)}")
        seen = [x for x in things_seen(view) if side in (None, x.side) and x.track_id != other_than]
        if "track_id" in slots:
            seen = [x for x in seen if x.track_id == slots["track_id"]]
            gone = None if seen else view.sightings.of_track(int(slots["track_id"]))
            slots = {**slots, "object": CLASSES[gone.class_id]} if gone else slots
        return Question(intent, slots, view, words, tuple(seen))

    @property
    def side(self) -> str:
        """ "" where none was asked for."""
        return str(self.slots.get("side", ""))

    @property
    def object(self) -> str:
        """The class asked for. Raises KittError where there is none or it is not kitt's."""
        return self._slot("object", CLASSES)

    @property
    def colour(self) -> str:
        return self._slot("colour", LIGHTS)

    def of_class(self, name: str) -> tuple[Thing, ...]:
        return tuple(x for x in self.seen if x.name == name)

    @property
    def others(self) -> tuple[Thing, ...]:
        """What there is beside the one left out, of the class asked for where one is."""
        return self.of_class(str(self.slots["object"])) if "object" in self.slots else self.seen

    def meant(self, name: str | None) -> tuple[Thing | None, int]:
        """Whom "the car" (None: "it") means, and among how many of its class: the lead vehicle, else the nearest.

        Grammars hear "vehicle" as "car": where there is no car, the lead vehicle of another class is meant.
        """
        among = list(self.seen) if name is None else list(self.of_class(name))
        if name is None and "track_id" not in self.slots:
            among = [x for x in among if x.is_vehicle]
        if name == "car" and not among:
            among = [x for x in self.seen if x.is_lead]
        thing = lead_or_nearest(among)
        return thing, sum(x.class_id == thing.class_id for x in among) if thing else 0

    def answer(
        self,
        text: str,
        values: dict[str, Value],
        things: Iterable[Thing] = (),
        *,
        topic: str,
        frame: int | None = None,
        about: Thing | None = None,
    ) -> Answer:
        """About the present scene, unless another `frame` is given, and about a single thing even if not named."""
        if frame is None:
            frame = self.view.scene.index if self.view.scene else NO_FRAME
        ids = tuple(sorted({x.track_id for x in things}))
        # What is not known is not said, and so is no evidence either.
        known = {
            k: round(v, DIGITS) if isinstance(v, float) else v
            for k, v in values.items()
            if not isinstance(v, float) or math.isfinite(v)
        }
        one = about.track_id if about else ids[0] if len(ids) == 1 else NO_TRACK
        return Answer(self.words.finish(text), frame, ids, known, topic, one)

    def _slot(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.slots.get(name)
        if value not in allowed:
            raise KittError(f"answers: {self.intent}: {name} '{value}' is not known; known: {', '.join(allowed)}")
        return str(value)
