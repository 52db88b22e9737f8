"""The conditions of the table of warnings: small functions from an Observation to a figure and where it counts.

A `Measure` is one number a track with its limit; the event holds where `where` is true and the number is below the
limit (or above, if the table says so). NaN never fires. The limits here are the ones a driver need not tune; the
others are settings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kitt.mind.observation import Observation
from kitt.types import (
    BICYCLE,
    F64,
    LIGHT_GREEN,
    LIGHT_RED,
    PERSON,
    STOP_SIGN,
    TRAFFIC_LIGHT,
    VEHICLES,
    Bools,
)

SURE_SIGMAS = 3.0
"""A vehicle comes nearer only if its growth exceeds its own standard deviation this many times."""
YOUNG_S, FAINT = 1.0, 0.5
"""What is both is often coming out from behind something: it grows because more of it is seen."""
STOP_GAP_M = 1.5
"""Braking is to end this far behind what is ahead."""
MILD_BRAKING_MPS2 = 1.0
"""A time to collision that so little braking mends is how every queue is joined, not a danger."""
ONCOMING_FACTOR, ONCOMING_MPS = 1.25, 2.0
"""What closes in faster than this times our own speed, plus this, drives towards us: in a bend it crosses the straight
corridor on its own lane, so the time must be shorter."""
ONCOMING_TTC = 0.6

REACTION_S, HARD_BRAKING_MPS2, MARGIN_M = 1.6, 4.0, 2.0
"""Braking reach: seconds to hear the first words and to act, a braking that every road allows, and room left."""
REACH_M = (6.0, 60.0)
REACH_WITHOUT_SPEED_M = 20.0
NO_NEARER_S = 8.0
"""Slower approaches than this time to collision are no approach: a cyclist whom we follow."""

FOLLOWING_TTC_S = 5.0

NEAR_M, NEAR_WITHOUT_SPEED_M = 15.0, 8.0
"""A lead vehicle further off is no queue; without our own speed only what nearly touches us is believed to stand."""
STILL_RATE, STILL_SIGMAS = 0.02, 1.5
MOVED_M = 2.5

LIGHT_REACH_M, LIGHT_ASIDE_M = 60.0, 9.0
SIGN_REACH_M, SIGN_REACH_S, SIGN_ASIDE_M = 40.0, 3.0, 7.0
SIGN_SCORE = 0.4
"""Other round red signs look a little like it; nothing is lost by being sure."""


@dataclass(frozen=True, eq=False)
class Measure:
    """value, limit: float64 (N,); where: bool (N,)."""

    value: F64
    limit: F64
    where: Bools


def collision(o: Observation) -> Measure:
    """Time to collision with a vehicle in the path, below `collision_ttc_s`. Needs no speed; knows better with it."""
    where = o.a(*VEHICLES) & (o.in_path | o.is_lead) & (o.rate > SURE_SIGMAS * o.rate_std)
    where &= (o.age_s >= YOUNG_S) | (o.score >= FAINT)
    limit = np.full_like(o.ttc_s, o.limits.collision_ttc_s)
    closing = o.distance_m / o.ttc_s
    room = np.maximum(o.distance_m - STOP_GAP_M, 0.5)
    where &= ~(closing**2 / (2.0 * room) < MILD_BRAKING_MPS2)
    if o.speed_mps is not None:
        # Behind what stands, our own speed tells exactly what braking is needed, and whether the driver brakes so.
        stands = np.abs(closing - o.speed_mps) < max(1.5, 0.25 * o.speed_mps)
        where &= ~(stands & (o.braking_mps2 >= o.speed_mps**2 / (2.0 * room)))
        limit[closing > ONCOMING_FACTOR * o.speed_mps + ONCOMING_MPS] *= ONCOMING_TTC
    return Measure(o.ttc_s, limit, where)


def someone_in_path(o: Observation) -> Measure:
    """Distance of a person or bicycle in the path, below the way that 1.6 s and 4 m/s2 take (20 m without speed)."""
    where = o.a(PERSON, BICYCLE) & o.in_path
    if o.speed_mps is None:
        reach = REACH_WITHOUT_SPEED_M
        where &= o.ttc_s < NO_NEARER_S
    else:
        braking_m = o.speed_mps**2 / (2.0 * HARD_BRAKING_MPS2)
        reach = float(np.clip(REACTION_S * o.speed_mps + braking_m + MARGIN_M, *REACH_M))
        where &= o.rate + 2.0 * o.rate_std > 1.0 / NO_NEARER_S
    return Measure(o.distance_m, np.full_like(o.distance_m, reach), where)


def headway(o: Observation) -> Measure:
    """Time gap to the lead vehicle, below `headway_s`. While we close in on it, that is for `collision` to say."""
    speed = o.speed_mps if o.speed_mps else np.nan
    where = o.is_lead & ~(o.ttc_s < FOLLOWING_TTC_S)
    return Measure(o.distance_m / speed, np.full_like(o.distance_m, o.limits.headway_s), where)


def lead_stands(o: Observation) -> Bools:
    """The lead vehicle stands before us, within 15 m (8 m without speed)."""
    near = NEAR_WITHOUT_SPEED_M if o.speed_mps is None else NEAR_M
    still: Bools = o.is_lead & (o.distance_m < near) & (np.abs(o.rate) < STILL_RATE + STILL_SIGMAS * o.rate_std)
    return still


def lead_moved(o: Observation) -> Measure:
    """How far a vehicle that stood before us has moved away, above 2.5 m."""
    moved = o.distance_m - o.before_m
    return Measure(moved, np.full_like(moved, MOVED_M), o.a(*VEHICLES) & o.in_path & (o.rate < 0))


def our_light(o: Observation) -> Bools:
    """Traffic lights that may be ours: ahead, in reach, not far aside."""
    able: Bools = o.a(TRAFFIC_LIGHT) & (o.distance_m < LIGHT_REACH_M) & (np.abs(o.lateral_m) < LIGHT_ASIDE_M)
    return able


def light_is_red(o: Observation) -> Bools:
    """A light of ours is red, and we do not come nearer to it."""
    red: Bools = our_light(o) & (o.light == LIGHT_RED) & ~(o.ttc_s < NO_NEARER_S)
    return red


def light_is_green(o: Observation) -> Measure:
    """A green light of ours within 60 m; while another of ours is red (an arrow, another lane) it is not said."""
    ours = our_light(o)
    conflict = bool((ours & (o.light == LIGHT_RED)).any())
    where = ours & (o.light == LIGHT_GREEN) & (not conflict)
    return Measure(o.distance_m, np.full_like(o.distance_m, LIGHT_REACH_M), where)


def stop_sign(o: Observation) -> Measure:
    """Distance of a stop sign beside the road that we come nearer to, below 40 m, or 3 s of way."""
    reach = SIGN_REACH_M if o.speed_mps is None else max(SIGN_REACH_M, SIGN_REACH_S * o.speed_mps)
    where = o.a(STOP_SIGN) & (np.abs(o.lateral_m) < SIGN_ASIDE_M) & (o.rate > o.rate_std)
    where &= o.score >= SIGN_SCORE
    return Measure(o.distance_m, np.full_like(o.distance_m, reach), where)
