"""What was said before, so far as what is said now leans on it: "and on the left?", "turn it off again", "the other".

The latest counts; what is older than `KEPT_S` is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kitt.mind import answers
from kitt.mind.answers.question import NO_TRACK
from kitt.mind.recipes import RecipeReply
from kitt.mind.vehicle.actions import NAMED, TABLE

Slots = Mapping[str, str | int]
Names = tuple[str, ...]
KEPT_S = 60.0
"""After a minute nobody means what was said before it."""
YES_S = 15.0
"""So long a question waits for its yes."""
ABOUT_OBJECTS = ("EyesCount", "EyesDistance", "EyesCloser", "EyesSee", "EyesLastSeen")
"""Questions that may be asked again of another object."""
TAKE_SIDE = ("EyesCount", "EyesSee", "EyesDistance", "EyesCloser")
"""Questions that may be asked again of a side."""
HAVE_OTHERS = (*TAKE_SIDE, "EyesDescribe", "EyesSide")
"""Questions that may be asked again of another one than the one told of."""
OPPOSITES = {
    "WindowOpen": "WindowClose",
    "MediaPlay": "MediaPause",
    "NavigateTo": "NavigateCancel",
    "NavigateNearest": "NavigateCancel",
    "HatchOpen": "TrunkClose",
}
"""What turns off what has no `state`, and on again what was turned off so."""
IT = ("EyesDistance", "EyesCloser")
"""Questions about one thing; without an object they mean what was spoken of last."""
LOUDER = {
    "VolumeChange": (
        "MediaPlay", "MediaNext", "MediaPrevious", "MediaGenre", "RadioStation", NAMED, "MediaSource", "RadioSet",
        "VolumeSet", "VolumeChange", "VolumeMute",
    ),
    "FanChange": ("FanSpeed", "FanChange"),
}  # fmt: skip
"""What "louder" changes right after one of these actions; else it is kitt's voice."""
_OTHER = {"left": "right", "right": "left", "driver": "passenger", "passenger": "driver"}
_WINDOW = {"left": "driver", "right": "passenger"}
"""Of a car that is driven on the right side of the road."""


@dataclass(frozen=True)
class Request:
    """What the driver wants. undo_first: the action before it is taken back, since another one was meant.

    then: a recipe ordered it, and this is what it says once it is done.
    """

    intent: str
    slots: Slots = field(default_factory=dict)
    undo_first: bool = False
    then: RecipeReply | None = None


@dataclass(frozen=True)
class Context:
    """question: the latest to the eyes; action: the latest to the car; either when; acted: the action came after the
    question, which times alone do not tell: in a chat they stand still; last: the later of both.

    about: the track that the answer to `question` was about, -1 for none or several alike; said: the latest thing kitt
    said; pending: what waits for a yes, since when; instead: what was meant if not that; choice: names of which one
    waits to be picked, likewise.
    """

    question: Request | None = None
    about: int = NO_TRACK
    question_ns: int = 0
    action: Request | None = None
    action_ns: int = 0
    acted: bool = False
    said: str = ""
    pending: Request | None = None
    pending_ns: int = 0
    instead: Request | None = None
    choice: Names = ()

    def at(self, t_ns: int) -> Context:
        """What of it still counts at `t_ns`; what lies in the future of a clock that was set back does not."""

        def counts(since_ns: int, for_s: float) -> bool:
            return 0 <= t_ns - since_ns <= for_s * 1e9

        return replace(
            self,
            question=self.question if counts(self.question_ns, KEPT_S) else None,
            action=self.action if counts(self.action_ns, KEPT_S) else None,
            pending=self.pending if counts(self.pending_ns, YES_S) else None,
            instead=self.instead if counts(self.pending_ns, YES_S) else None,
            choice=self.choice if counts(self.pending_ns, YES_S) else (),
        )

    @property
    def waits(self) -> bool:
        """A question of kitt's is open."""
        return self.pending is not None or bool(self.choice)

    def asking(
        self, wanted: Request | None, t_ns: int, *, instead: Request | None = None, choice: Names = ()
    ) -> Context:
        """With a question of kitt's open: whether that is wanted, or which of the names."""
        return replace(self, pending=wanted, pending_ns=t_ns, instead=instead, choice=choice)

    def settled(self) -> Context:
        """With no question open."""
        return replace(self, pending=None, instead=None, choice=())

    def answered(self, question: Request, about: int, t_ns: int) -> Context:
        """After a question to the eyes, whose answer was about this track."""
        return replace(self, question=question, question_ns=t_ns, acted=False, about=about)

    def done(self, action: Request, t_ns: int) -> Context:
        """After an action."""
        return replace(self, action=action, action_ns=t_ns, acted=True)

    @property
    def last(self) -> Request | None:
        """The later of question and action."""
        if self.question is None or (self.action is not None and self.acted):
            return self.action
        return self.question


def resolved(request: Request, before: Context) -> Request | None:
    """The request with what it leans on put in; itself where it leans on nothing; None where there is nothing to."""
    if request.intent in IT and "object" not in request.slots:
        return _it(request, before)
    way = _WAYS.get(request.intent)
    return request if way is None else way(request.slots, before)


def meant(request: Request, before: Context) -> Request:
    """The request itself, but where its words mean one thing or another by what was done last."""
    last = before.last
    if request.intent == "VoiceVolume" and last is not None and last is before.action:
        for intent, after in LOUDER.items():
            if last.intent in after:
                return replace(request, intent=intent)
    return request


def _it(request: Request, before: Context) -> Request:
    asked = before.question
    if asked is None:
        return request
    if "object" in asked.slots and asked.intent in answers.INTENTS:
        kept = {name: value for name, value in asked.slots.items() if name in ("object", "side", "other_than")}
        return replace(request, slots={**kept, **request.slots})
    if before.about != NO_TRACK:
        return replace(request, slots={**request.slots, "track_id": before.about})
    return request


def _side(slots: Slots, before: Context) -> Request | None:
    asked = before.question
    if "side" not in slots:
        return None
    if asked is not None and asked.intent in TAKE_SIDE:
        return Request(asked.intent, {**asked.slots, "side": slots["side"]})
    return Request("EyesSide", {"side": slots["side"]})


def _object(slots: Slots, before: Context) -> Request:
    asked = before.question
    if asked is not None and asked.intent in ABOUT_OBJECTS:
        return Request(asked.intent, {**asked.slots, "object": slots["object"]})
    return Request("EyesSee", {"object": slots["object"]})


def _switch(slots: Slots, before: Context) -> Request | None:
    done, state = before.action, slots["state"]
    if done is None:
        return None
    if "state" in TABLE[done.intent].choices:
        return Request(done.intent, {**done.slots, "state": state})
    for on, off in OPPOSITES.items():
        if done.intent in (on, off) and done.slots.get("hatch", "trunk") == "trunk":
            then = on if state == "on" else off
            row = TABLE[then]
            slots = {name: value for name, value in done.slots.items() if name in row.choices}
            return Request(then, slots) if {*row.choices} <= {*slots, *row.defaults} else None
    return None


def _other(slots: Slots, before: Context) -> Request | None:
    last = before.last
    if last is None:
        return None
    for slot in ("side", "window", "seat"):
        if (value := last.slots.get(slot)) in _OTHER:
            return replace(last, slots={**last.slots, slot: _OTHER[str(value)]})
    if last.intent == "WindowOpen":
        return replace(last, slots={**last.slots, "window": "passenger"})
    if before.about != NO_TRACK and last is before.question and last.intent in HAVE_OTHERS:
        return replace(last, slots={**last.slots, "other_than": before.about})
    return None


def _correct(slots: Slots, before: Context) -> Request | None:
    last, side = before.last, str(slots["side"])
    if last is None:
        return None
    if last is before.action:
        for slot in ("window", "seat"):
            if slot in {**TABLE[last.intent].choices, **last.slots}:
                return Request(last.intent, {**last.slots, slot: _WINDOW[side]}, undo_first=True)
        return None
    return _side({"side": side}, before)


def _again(slots: Slots, before: Context) -> Request | None:
    return before.last


_WAYS = {
    "FollowSide": _side,
    "FollowObject": _object,
    "FollowSwitch": _switch,
    "FollowOther": _other,
    "FollowCorrect": _correct,
    "TalkAgain": _again,
}
