"""Scenes for the tests of the mind, built from a few numbers an object."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from kitt.config import WarningsConfig
from kitt.mind.warner import Warner
from kitt.types import CAR, Scene, Signals, Tracks, Warning

S = 1_000_000_000


@dataclass(frozen=True)
class Thing:
    """One tracked object; `closing_mps` gives its time to collision and growth."""

    id: int = 1
    class_id: int = CAR
    distance_m: float = 20.0
    closing_mps: float = 0.0
    rate_std: float = 0.03
    lateral_m: float = 0.0
    in_path: bool = True
    lead: bool = True
    light: int = 0
    age_s: float = 5.0
    unseen_s: float = 0.0
    score: float = 0.8
    ttc_s: float | None = None


def scene(things: Iterable[Thing], t_s: float, index: int = 0) -> Scene:
    rows = sorted(things, key=lambda x: x.id)
    f32 = lambda values: np.array(list(values), np.float32)  # noqa: E731
    rate = f32(x.closing_mps / x.distance_m if x.ttc_s is None else 1.0 / x.ttc_s for x in rows)
    tracks = Tracks(
        id=np.array([x.id for x in rows], np.int64),
        xyxy=np.zeros((len(rows), 4), np.float32),
        class_id=np.array([x.class_id for x in rows], np.int64),
        score=f32(x.score for x in rows),
        age_s=f32(x.age_s for x in rows),
        unseen_s=f32(x.unseen_s for x in rows),
        scale_rate=rate,
        scale_rate_std=f32(x.rate_std for x in rows),
    )
    sure = (rate > 2 * tracks.scale_rate_std) & (rate > 1 / 12)
    leads = [x.id for x in rows if x.lead and x.in_path]
    return Scene(
        index=index,
        t_ns=round(t_s * S),
        tracks=tracks,
        distance_m=f32(x.distance_m for x in rows),
        distance_std_m=f32(0.05 * x.distance_m for x in rows),
        lateral_m=f32(x.lateral_m for x in rows),
        ttc_s=np.where(sure, 1 / np.where(sure, rate, 1), np.nan).astype(np.float32),
        in_path=np.array([x.in_path for x in rows], bool),
        light=np.array([x.light for x in rows], np.int64),
        lead_id=leads[0] if leads else -1,
        horizon_y_px=360.0,
    )


Script = Callable[[float], Iterable[Thing]]


def drive(
    script: Script,
    seconds: float,
    *,
    fps: float = 15.0,
    speed_mps: float | Callable[[float], float | None] | None = None,
    warner: Warner | None = None,
    start_s: float = 0.0,
    language: str = "en",
) -> list[Warning]:
    """Every warning of a drive in which `script(t)` gives the objects at each time."""
    warner = warner or Warner(WarningsConfig(), language)
    heard: list[Warning] = []
    for i in range(round(seconds * fps) + 1):
        t = start_s + i / fps
        speed = speed_mps(t) if callable(speed_mps) else speed_mps
        heard += warner.tick(round(t * S))
        heard += warner.process(scene(script(t), t, i), Signals(speed))
    return heard


def events(warnings: Iterable[Warning]) -> list[str]:
    return [w.event for w in warnings]
