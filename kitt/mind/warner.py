"""Runs the table of warnings over the scenes of a drive. Pure: what it says follows from scenes, signals and times.

All times are those of the frames. An event's evidence grows while its condition holds and shrinks while it does not, so
a single bad frame neither fires nor forgets; an object that is not seen in a frame changes nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from math import isfinite

import numpy as np

from kitt.config import WarningsConfig
from kitt.errors import KittError
from kitt.mind.memory import BEFORE, BEFORE_M, HELD, HOLDS, OVER, SINCE, Memory
from kitt.mind.observation import Observation
from kitt.mind.warnings import TABLE, Event
from kitt.types import F64, LANGUAGES, Bools, Scene, Signals, Warning

LONGEST_STEP_S = 0.5
"""Frames further apart than this are no continuous evidence."""
LEAK = 2.0
"""Evidence shrinks this much faster than it grows."""
BEFORE_MEMORY_S = 0.5
BRAKING_S = 1.0
"""Span over which the car's own deceleration is taken; speeds from GPS come once a second."""


class Warner:
    """Scenes in, warnings out. One for a drive; `reset_tracks` when the picture changes at once."""

    def __init__(self, limits: WarningsConfig, language: str, table: tuple[Event, ...] = TABLE) -> None:
        if language not in LANGUAGES:
            raise KittError(f"warnings: language '{language}' is not known; known: {', '.join(LANGUAGES)}")
        self._limits = limits
        self._language = language
        self._timed = [e for e in table if e.measure is None]
        self._events = [e for e in table if e.measure is not None]
        self._memory = Memory(len(self._events))
        self._holds_s, self._near, self._slack, self._clears_s, self._age_s = (
            np.array([getattr(e, name) for e in self._events])[:, None]
            for name in ("holds_s", "near", "slack", "clears_s", "age_s")
        )
        self._sign = np.array([-1.0 if e.above else 1.0 for e in self._events])[:, None]
        self._said_ns: dict[str, int] = {}
        self._speeds: deque[tuple[int, float]] = deque()
        self._speed_known = False
        self._first_ns: int | None = None
        self._frame: tuple[int, int] | None = None
        """Index and time of the latest picture."""
        self._silence_told = False

    def process(self, scene: Scene, signals: Signals) -> list[Warning]:
        """Warnings that this frame gives rise to, the most urgent first."""
        self._turn_back(scene.t_ns)
        self._frame, self._silence_told = (scene.index, scene.t_ns), False
        speed = signals.speed_mps
        self._speed_known = speed is not None
        braking = self._braking(scene.t_ns, speed)
        if not len(scene.tracks):
            return []
        o = Observation.of(scene, self._limits, speed, braking)
        columns, dt_s = self._memory.align(scene.tracks.id, o.seen, scene.t_ns, LONGEST_STEP_S)
        fields = self._memory.fields[:, :, columns]
        value, limit, where = self._measure(o, fields, dt_s)

        signed, bound = self._sign * value, self._sign * limit
        now, near, stays = (where & (signed < bound * wide) for wide in (1.0, self._near, self._slack))
        # Between two frames it held if it did at both, so that a single frame is no evidence at any frame rate.
        gained = np.where(near, fields[HOLDS], -LEAK) * dt_s
        fields[HELD] = np.maximum(fields[HELD] + gained, 0.0)
        fields[HOLDS] = np.where(o.seen, near, fields[HOLDS])
        fields[OVER] = np.where(stays, 0.0, fields[OVER] + dt_s)
        told = self._memory.told[:, columns] & ~(o.seen & (fields[OVER] >= self._clears_s))
        ready = now & o.seen & (fields[HELD] >= self._holds_s - 1e-9) & ~told & (o.age_s >= self._age_s - 1e-6)

        warnings = []
        for row in np.flatnonzero(ready.any(axis=1)):
            event = self._events[row]
            if self._cools(event, scene.t_ns):
                continue
            # Said once for all it is true of: the rider and the bicycle under him.
            told[row] |= now[row] & o.seen
            ratio = np.where(ready[row], self._sign[row] * value[row] / limit[row], np.inf)
            at = int(np.argmin(ratio))
            numbers = {event.number: value[row, at], f"limit_{event.number}": limit[row, at]}
            warnings.append(self._warning(event, scene, at, numbers, speed, fields[HELD, row, at]))
        self._memory.fields[:, :, columns] = fields
        self._memory.told[:, columns] = told
        return sorted(warnings, key=lambda w: w.priority)

    def tick(self, t_ns: int) -> list[Warning]:
        """Warnings that the mere passing of time gives rise to; to be called also while nothing comes in."""
        self._turn_back(t_ns)
        if self._first_ns is None:
            self._first_ns = t_ns
        index, since_ns = self._frame or (-1, self._first_ns)
        silent_s = (t_ns - since_ns) / 1e9
        if silent_s < self._limits.camera_lost_s or self._silence_told:
            return []
        self._silence_told = True
        limit = self._limits.camera_lost_s
        return [
            self._say(event, t_ns, index, -1, {event.number: silent_s, f"limit_{event.number}": limit})
            for event in self._timed
            if not self._cools(event, t_ns)
        ]

    def reset_tracks(self) -> None:
        """Forget all tracks (a scene cut); what was said a moment ago is still not repeated."""
        self._memory.forget()

    def off(self) -> list[str]:
        """Names of the warnings that are off because the car's speed is not known."""
        return [] if self._speed_known else [e.name for e in self._events if e.speed.needed]

    def _measure(self, o: Observation, fields: F64, dt_s: F64) -> tuple[F64, F64, Bools]:
        """Value, limit and where they count, each (events, N); nowhere if the speed gate is shut or `before` unmet."""
        shape = (len(self._events), len(dt_s))
        value, limit, where = np.full(shape, np.nan), np.ones(shape), np.zeros(shape, bool)
        for row, event in enumerate(self._events):
            assert event.measure
            is_open = event.speed.open(o.speed_mps)
            armed: Bools | bool = True
            seen = o
            if event.before:
                armed = self._arm(event, o, is_open, fields[:, row], dt_s)
                seen = replace(o, before_m=fields[BEFORE_M, row])
            if is_open:
                m = event.measure(seen)
                value[row], limit[row], where[row] = m.value, m.limit, m.where & armed
        return value, limit, where

    def _arm(self, event: Event, o: Observation, is_open: bool, fields: F64, dt_s: F64) -> Bools:
        """Follow an event's `before`, in place, and tell which objects have met it lately."""
        assert event.before
        holds = event.before.holds(o) & is_open
        # Where it stood is a mean over a moment, begun anew when it did not stand before.
        was = np.where((fields[BEFORE] > 0) & np.isfinite(fields[BEFORE_M]), fields[BEFORE_M], o.distance_m)
        mean = was + np.minimum(dt_s / BEFORE_MEMORY_S, 1.0) * (o.distance_m - was)
        fields[BEFORE_M] = np.where(holds & o.seen, mean, fields[BEFORE_M])
        grown = fields[BEFORE] + np.where(holds, dt_s, -LEAK * dt_s)
        fields[BEFORE] = np.clip(grown, 0.0, event.before.for_s + LONGEST_STEP_S)
        met = holds & (fields[BEFORE] >= event.before.for_s - 1e-9)
        fields[SINCE] = np.where(met, 0.0, fields[SINCE] + dt_s)
        return np.asarray(is_open & (fields[SINCE] <= event.before.within_s))

    def _braking(self, t_ns: int, speed_mps: float | None) -> float:
        """Own deceleration in m/s2 over the last BRAKING_S, NaN while that is not known."""
        if speed_mps is None:
            self._speeds.clear()
            return float("nan")
        self._speeds.append((t_ns, speed_mps))
        while len(self._speeds) > 2 and t_ns - self._speeds[1][0] >= BRAKING_S * 1e9:
            self._speeds.popleft()
        since_ns, before = self._speeds[0]
        span_s = (t_ns - since_ns) / 1e9
        return (before - speed_mps) / span_s if span_s >= 0.5 * BRAKING_S else float("nan")

    def _turn_back(self, t_ns: int) -> None:
        """A clock that was set back starts everything anew: no cool-down may wait for a time long gone."""
        if self._frame and t_ns < self._frame[1]:
            self._memory.forget()
            self._said_ns.clear()
            self._speeds.clear()
            self._frame, self._first_ns = None, t_ns

    def _cools(self, event: Event, t_ns: int) -> bool:
        said_ns = self._said_ns.get(event.name)
        return said_ns is not None and t_ns - said_ns < event.cool_down_s * 1e9

    def _warning(
        self, event: Event, scene: Scene, at: int, numbers: dict[str, float], speed_mps: float | None, held_s: float
    ) -> Warning:
        known = {
            "ttc_s": scene.ttc_s[at],
            "distance_m": scene.distance_m[at],
            "lateral_m": scene.lateral_m[at],
            "speed_mps": np.nan if speed_mps is None else speed_mps,
            "held_s": held_s,
        }
        numbers = {k: float(v) for k, v in {**known, **numbers}.items() if isfinite(v)}
        return self._say(event, scene.t_ns, scene.index, int(scene.tracks.id[at]), numbers)

    def _say(self, event: Event, t_ns: int, frame_index: int, track_id: int, numbers: dict[str, float]) -> Warning:
        self._said_ns[event.name] = t_ns
        return Warning(
            event=event.name,
            priority=event.priority,
            t_ns=t_ns,
            frame_index=frame_index,
            track_id=track_id,
            text=event.text[self._language],
            language=self._language,
            numbers=numbers,
        )
