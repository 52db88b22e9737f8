"""One frame as the table of warnings looks at it: arrays over the tracks, and the car's own motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kitt.config import WarningsConfig
from kitt.types import CLASSES, F64, I64, Bools, Scene


@dataclass(frozen=True, eq=False)
class Observation:
    """Arrays have one row a track, float64 (N,) where nothing else is said; NaN is unknown and compares false.

    rate: d(ln size)/dt in 1/s, positive when it comes nearer, with its standard deviation; seen: bool (N,), matched in
    this very frame; before_m: distance that the object had when the event's `before` last held, NaN if never.
    speed_mps: the car's own, None while unknown; braking_mps2: its deceleration over the last second, NaN likewise.
    """

    limits: WarningsConfig
    class_id: I64
    distance_m: F64
    lateral_m: F64
    ttc_s: F64
    rate: F64
    rate_std: F64
    in_path: Bools
    is_lead: Bools
    light: I64
    seen: Bools
    score: F64
    age_s: F64
    speed_mps: float | None
    braking_mps2: float
    before_m: F64

    @staticmethod
    def of(scene: Scene, limits: WarningsConfig, speed_mps: float | None, braking_mps2: float) -> Observation:
        t = scene.tracks
        distance_m = scene.distance_m.astype(np.float64)
        return Observation(
            limits=limits,
            class_id=t.class_id,
            distance_m=distance_m,
            lateral_m=scene.lateral_m.astype(np.float64),
            ttc_s=scene.ttc_s.astype(np.float64),
            rate=t.scale_rate.astype(np.float64),
            rate_std=t.scale_rate_std.astype(np.float64),
            in_path=scene.in_path,
            is_lead=t.id == scene.lead_id,
            light=scene.light,
            seen=t.unseen_s <= 0,
            score=t.score.astype(np.float64),
            age_s=t.age_s.astype(np.float64),
            speed_mps=speed_mps,
            braking_mps2=braking_mps2,
            before_m=np.full(len(t), np.nan),
        )

    def a(self, *classes: int) -> Bools:
        """Rows of these classes."""
        among = np.zeros(len(CLASSES), bool)
        among[list(classes)] = True
        mask: Bools = among[self.class_id]
        return mask
