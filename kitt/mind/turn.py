"""One turn of the conversation, as it is spoken and as it is logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kitt.mind.vehicle.action import Action


@dataclass(frozen=True)
class Evidence:
    """What an answer rests on: the frame (-1: none), tracks, and the values that stand in it."""

    frame: int = -1
    track_ids: tuple[int, ...] = ()
    values: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Turn:
    """What was heard, what it was taken for, and what came of it.

    heard: the driver's words; intent, slots: as heard, "" where nothing was understood; said: kitt's answer in
    `language`, "" where it keeps silent; asked_back: the answer waits for the driver; urgent: it stops what kitt is
    saying; note: a line for the log, of what went wrong, "" where nothing did.
    """

    t_ns: int
    heard: str
    language: str
    intent: str = ""
    slots: Mapping[str, str | int] = field(default_factory=dict)
    said: str = ""
    actions: tuple[Action, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    asked_back: bool = False
    urgent: bool = False
    note: str = ""

    def row(self, number: int, origin_ns: int) -> dict[str, Any]:
        """The line of a log: plain data, times in seconds from `origin_ns`. `note` stands in it where there is one."""
        return {
            "turn": number,
            "t_s": round((self.t_ns - origin_ns) / 1e9, 3),
            "heard": self.heard,
            "language": self.language,
            "intent": self.intent,
            "slots": dict(self.slots),
            "said": self.said,
            "actions": [
                {
                    "target": a.target,
                    "value": a.value,
                    "before": a.before,
                    "after": a.after,
                    "confirmed": a.confirmed,
                    "reason": a.reason,
                }
                for a in self.actions
            ],
            "evidence": {
                "frame": self.evidence.frame,
                "track_ids": list(self.evidence.track_ids),
                "values": dict(self.evidence.values),
            },
            "asked_back": self.asked_back,
            **({"note": self.note} if self.note else {}),
        }
