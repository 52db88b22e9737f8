"""The story of the generated drive: who is where at which second, and which warnings must come.

Positions are metres along the road from where the camera stands at the start. Nothing here knows how things look.

    0.0  standing behind a car at a red light          15.6  our driver brakes too
    3.5  the light turns green                         17.8  on at 9 m/s, past parked cars
    4.5  the car ahead drives off, we still stand      19.6  a cyclist comes from the right across our path
    8.0  we drive, 14 m/s behind the car ahead         22.3  our driver brakes, stands at 24.6
   14.0  it brakes hard                                27.0  end
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kitt.sim.motion import Motion

FPS = 15
DURATION_S = 27.0
FRAMES = round(FPS * DURATION_S)
GREEN_AT_S = 3.5
LEAD_LEAVES_S = 4.5
COLLISION_TTC_S = 2.4
"""The warning's own limit in kitt's default settings; here it is part of the story."""
LEFT_BEHIND_M = 3.0
"""Once the car ahead has gone so far, a driver who still stands has missed it."""
OPPOSITE_M, PARKED_M = -3.5, 3.1
LIGHT_X_M, LIGHT_S_M = 4.7, 25.0
STOP_LINE_M, CROSSINGS_M = 13.4, (15.0, 151.0)
CYCLIST_S_M, CYCLIST_LEAVES_S = 153.0, 21.0
CROSSING = Motion.through(6.5, 0.0, ((CYCLIST_LEAVES_S, -1.6, -3.2),))

EGO = Motion.through(0.0, 0.0, ((8.0, 2.8, 14.0), (15.6, -7.0, 4.0), (17.8, 1.8, 9.0), (23.9, -6.0, 0.0)))
LEAD = Motion.through(8.0, 0.0, ((LEAD_LEAVES_S, 1.8, 11.0), (14.0, -6.0, 3.0), (16.3, 2.6, 14.0)))


@dataclass(frozen=True)
class Actor:
    """Somebody or something that the truth knows. `kind` is a class of kitt, `id` is unique and starts at 1.

    along: position of its near end (for an oncoming car, its front) along the road; across: metres right of our lane's
    middle. `look` chooses among paints or clothes.
    """

    id: int
    kind: str
    along: Motion
    across: Motion
    look: int = 0
    oncoming: bool = False


@dataclass(frozen=True)
class Expected:
    """A warning that must come, once, between two moments, for one of some objects; delays count from `due_s`."""

    event: str
    from_s: float
    to_s: float
    due_s: float
    object_ids: tuple[int, ...]


def _car(id: int, along: Motion, x_m: float, look: int, oncoming: bool = False) -> Actor:
    return Actor(id, "car", along, Motion(x_m), look, oncoming)


LEAD_ID, LIGHT_ID, BICYCLE_ID, RIDER_ID = 1, 2, 3, 4

ACTORS: tuple[Actor, ...] = (
    _car(LEAD_ID, LEAD, 0.0, 0),
    Actor(LIGHT_ID, "traffic light", Motion(LIGHT_S_M), Motion(LIGHT_X_M)),
    Actor(BICYCLE_ID, "bicycle", Motion(CYCLIST_S_M), CROSSING),
    Actor(RIDER_ID, "person", Motion(CYCLIST_S_M), CROSSING),
    *(_car(5 + k, Motion(s), PARKED_M, 1 + k) for k, s in enumerate((46.0, 58.0, 73.0, 88.0, 99.0, 166.0, 178.0))),
    _car(12, Motion(80.0, -11.0), OPPOSITE_M, 3, True),
    _car(13, Motion(170.0, -11.0), OPPOSITE_M, 1, True),
    _car(14, Motion(248.0, -11.0), OPPOSITE_M, 2, True),
    _car(15, Motion(330.0, -11.0), OPPOSITE_M, 4, True),
    _car(16, Motion.through(395.5, -11.0, ((20.4, 4.4, 0.0),)), OPPOSITE_M, 0, True),
    Actor(17, "person", Motion(34.0, 1.3), Motion(5.9), 1),
    Actor(18, "person", Motion(112.0, -1.4), Motion(5.6), 2, True),
)


def gap_m(t_s: float, actor: Actor) -> float:
    """Metres from the camera to the actor's near end along the road."""
    return actor.along.at(t_s)[0] - EGO.at(t_s)[0]


def closing_mps(t_s: float, actor: Actor) -> float:
    """Speed at which that gap shrinks."""
    return EGO.at(t_s)[1] - actor.along.at(t_s)[1]


def time_to_collision_s(t_s: float, actor: Actor) -> float | None:
    """Gap over closing speed; None where the gap does not shrink."""
    closing = closing_mps(t_s, actor)
    return gap_m(t_s, actor) / closing if closing > 0.05 and gap_m(t_s, actor) > 0 else None


def stopping_m(speed_mps: float) -> float:
    """The way an attentive driver needs to stop: a second and a half to react, then firm braking, then some room."""
    return 1.4 * speed_mps + speed_mps**2 / (2 * 4.0) + 2.0


def lamp(t_s: float) -> str:
    """Which lamp of the traffic light burns."""
    return "green" if t_s >= GREEN_AT_S else "red"


def expected() -> tuple[Expected, ...]:
    """The warnings of the story, in their order."""
    lead = ACTORS[0]

    def falls_below(limit_s: float, after_s: float) -> float:
        return _first(lambda t: (time_to_collision_s(t, lead) or 1e9) < limit_s, after_s)

    due = falls_below(COLLISION_TTC_S, 14.0)
    gone = _first(lambda t: gap_m(t, lead) > gap_m(0.0, lead) + LEFT_BEHIND_M, LEAD_LEAVES_S)
    cyclist = ACTORS[2]
    near = _first(lambda t: gap_m(t, cyclist) < stopping_m(EGO.at(t)[1]), CYCLIST_LEAVES_S)
    return (
        Expected("light_green", GREEN_AT_S, GREEN_AT_S + 1.0, GREEN_AT_S, (LIGHT_ID,)),
        Expected("lead_departed", LEAD_LEAVES_S + 0.5, 8.0, gone, (LEAD_ID,)),
        Expected("forward_collision", falls_below(3.0, 14.0), due + 0.6, due, (LEAD_ID,)),
        Expected("vulnerable_in_path", CYCLIST_LEAVES_S, near + 0.7, near, (RIDER_ID, BICYCLE_ID)),
    )


def _first(holds: Callable[[float], bool], after_s: float) -> float:
    """The first moment from `after_s` on, to a millisecond, at which a condition holds."""
    for ms in range(round(after_s * 1000), round(DURATION_S * 1000)):
        if holds(ms / 1000.0):
            return ms / 1000.0
    raise ValueError("the story never comes to it")
