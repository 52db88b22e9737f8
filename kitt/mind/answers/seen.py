"""The scene as one speaks of it: things with a side, in groups of one kind on one side, the most relevant first."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from kitt.mind.conditions import LIGHT_ASIDE_M, LIGHT_REACH_M
from kitt.mind.view import View
from kitt.types import CLASSES, LIGHTS, STOP_SIGN, TRAFFIC_LIGHT, VEHICLES

AHEAD_M = 1.8
"""Half a lane: what stands less aside is ahead."""
AHEAD_SHARE = 0.04
"""Far off, 2.3 degrees of it: there the lane's own bend moves things by more than half a lane."""
BESIDE_SHARE = 0.25
"""What is not in our path and this share of its distance aside, 14 degrees, is beside us: near by, a car's middle is
less than half a lane aside, cut off by the picture's edge or not, while its box fills the edge of the picture."""
SIDES = ("ahead", "left", "right")
SIGNALS = (TRAFFIC_LIGHT, STOP_SIGN)


@dataclass(frozen=True)
class Thing:
    """One track that may be told. `side` is one of SIDES, "" where unknown; unknown numbers are NaN.

    rate: d(ln size)/dt in 1/s, positive when it comes nearer; light: name of its state, "" for what is no light.
    """

    track_id: int
    class_id: int
    side: str
    distance_m: float
    distance_std_m: float
    lateral_m: float
    rate: float
    rate_std: float
    ttc_s: float
    in_path: bool
    is_lead: bool
    light: str

    @property
    def name(self) -> str:
        return CLASSES[self.class_id]

    @property
    def is_vehicle(self) -> bool:
        return self.class_id in VEHICLES

    @property
    def may_be_ours(self) -> bool:
        """Of a light or a sign; as in the table of warnings."""
        return self.distance_m < LIGHT_REACH_M and abs(self.lateral_m) < LIGHT_ASIDE_M


@dataclass(frozen=True)
class Group:
    """Things of one class, side and light; never empty, nearest first."""

    things: tuple[Thing, ...]

    @property
    def nearest(self) -> Thing:
        return self.things[0]

    @property
    def is_signal(self) -> bool:
        return self.nearest.class_id in SIGNALS

    @property
    def key(self) -> str:
        """Its name among an answer's values: `car.left`, `traffic light.ahead.red`."""
        first = self.nearest
        return ".".join([first.name, first.side or "somewhere", *([first.light] if first.light else [])])


def side_of(lateral_m: float, distance_m: float, is_lead: bool, in_path: bool) -> str:
    """One of SIDES, "" where unknown."""
    if is_lead:
        return "ahead"
    if not math.isfinite(lateral_m):
        return ""
    reach = max(AHEAD_M, AHEAD_SHARE * distance_m) if math.isfinite(distance_m) else AHEAD_M
    if not in_path and math.isfinite(distance_m):
        reach = min(reach, BESIDE_SHARE * distance_m)
    return "ahead" if abs(lateral_m) <= reach else "left" if lateral_m < 0 else "right"


def things_seen(view: View) -> tuple[Thing, ...]:
    """Nearest first, what has no distance last; empty while the camera is lost."""
    scene = view.present
    if scene is None:
        return ()
    t = scene.tracks
    things = []
    for row in view.told(scene).nonzero()[0]:
        distance_m, lateral_m = float(scene.distance_m[row]), float(scene.lateral_m[row])
        is_lead, in_path = int(t.id[row]) == scene.lead_id, bool(scene.in_path[row])
        class_id = int(t.class_id[row])
        things.append(
            Thing(
                track_id=int(t.id[row]),
                class_id=class_id,
                side=side_of(lateral_m, distance_m, is_lead, in_path),
                distance_m=distance_m,
                distance_std_m=float(scene.distance_std_m[row]),
                lateral_m=lateral_m,
                rate=float(t.scale_rate[row]),
                rate_std=float(t.scale_rate_std[row]),
                ttc_s=float(scene.ttc_s[row]),
                in_path=in_path,
                is_lead=is_lead,
                light=LIGHTS[scene.light[row]] if class_id == TRAFFIC_LIGHT else "",
            )
        )
    return tuple(sorted(things, key=_nearness))


def groups(things: Iterable[Thing]) -> list[Group]:
    """Those in our path first, then by what is nearest, lights and signs last."""
    by_kind = sorted(things, key=lambda x: (x.class_id, x.side, x.light, *_nearness(x)))
    found = [Group(tuple(g)) for _, g in groupby(by_kind, key=lambda x: (x.class_id, x.side, x.light))]
    return sorted(
        found,
        key=lambda g: (
            g.is_signal,
            not any(x.is_lead or x.in_path for x in g.things),
            *_nearness(g.nearest),
        ),
    )


def lead_or_nearest(things: Iterable[Thing]) -> Thing | None:
    """Whom "the car" means: the lead vehicle, else the nearest."""
    return min(things, key=lambda x: (not x.is_lead, *_nearness(x)), default=None)


def _nearness(thing: Thing) -> tuple[float, int]:
    return (thing.distance_m if math.isfinite(thing.distance_m) else math.inf, thing.track_id)
