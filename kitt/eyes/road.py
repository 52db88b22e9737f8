"""Road reading: tracks in pixels become a scene in metres and seconds.

Distance (`distance.py`) with a horizon refined from the drive (`horizon.py`), time to collision from scale change,
the corridor the car will sweep, the vehicle ahead, and the colour of each traffic light (`light.py`, voted here).

Time to collision is size over its rate of change, 1 / scale rate: neither distance nor speed enters, so a wrong
calibration cannot spoil it (Dagan, Mano, Stein, Shashua, "Forward Collision Warning with a Single Camera", IV 2004).
It is their momentary figure: a lead car that brakes harder and harder arrives earlier.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kitt.config import CameraCalibration, estimated_camera
from kitt.eyes.camera import Camera
from kitt.eyes.distance import (
    CLASS_HEIGHT_M,
    CLASS_SPREAD,
    DistanceFilter,
    DistanceSettings,
    Measured,
    match,
    measure,
    take,
)
from kitt.eyes.horizon import Horizon, HorizonSettings
from kitt.eyes.light import LightReader, LightSettings
from kitt.eyes.light_votes import LightVotes, VoteSettings
from kitt.types import (
    BICYCLE,
    F64,
    I64,
    LIGHT_UNKNOWN,
    PERSON,
    TRAFFIC_LIGHT,
    VEHICLES,
    Bools,
    Frame,
    Scene,
    Signals,
    Tracks,
)

HORIZON_CLASSES = (2, 4)
"""Car and bus: their heights vary little and their boxes end at the wheels."""


@dataclass(frozen=True)
class RoadSettings:
    """ttc_*: only a scale rate above so many of its standard deviations gives one, up to a longest.

    *_margin_m: corridor beyond the car's own width on each side; corridor_spread: its widening per metre ahead (0.3 deg
    of unknown yaw). enter_m, rear_width_per_height: see `_corridor`; flat_m: what rises less above the road is painted
    on it. lead_*: how much nearer (relative), and how long, another vehicle must be to become the lead. person_*_s: how
    far ahead a walker's way is followed.
    """

    ttc_sigmas: float = 2.0
    ttc_longest_s: float = 12.0
    ttc_unseen_s: float = 0.3
    ttc_age_s: float = 0.5
    ttc_score: float = 0.4
    vehicle_margin_m: float = 0.25
    person_margin_m: float = 0.5
    corridor_spread: float = 0.005
    enter_m: float = 0.3
    flat_m: float = 0.5
    rear_width_per_height: float = 1.3
    vehicle_range_m: float = 80.0
    person_range_m: float = 60.0
    lateral_memory_s: float = 0.4
    person_longest_s: float = 2.0
    person_without_speed_s: float = 1.0
    lead_hold_s: float = 0.2
    lead_nearer: float = 0.05
    lead_unseen_s: float = 0.6
    distance: DistanceSettings = field(default_factory=DistanceSettings)
    horizon: HorizonSettings = field(default_factory=HorizonSettings)
    light: LightSettings = field(default_factory=LightSettings)
    votes: VoteSettings = field(default_factory=VoteSettings)


class RoadReader:
    """Reads the road frame by frame; `calibration` None means estimated defaults (`camera.estimated` then says so)."""

    def __init__(
        self,
        calibration: CameraCalibration | None,
        frame_size: tuple[int, int],
        settings: RoadSettings | None = None,
    ) -> None:
        self.settings = settings or RoadSettings()
        self.camera = Camera.of(calibration or estimated_camera(*frame_size), frame_size)
        self.horizon = Horizon(self.camera, self.settings.horizon)
        self._distance = DistanceFilter(self.settings.distance)
        self._lights = LightReader(self.settings.light, self.camera.left_hand_traffic)
        self._votes = LightVotes(self.settings.votes)
        self.reset()

    def reset(self) -> None:
        """At a scene cut: forget what was followed; the camera, and so its horizon, stays."""
        self._distance.reset()
        self._votes.reset()
        self._id: I64 = np.zeros(0, np.int64)
        self._lateral: F64 = np.zeros(0)
        self._lateral_speed: F64 = np.zeros(0)
        self._was_in_path: F64 = np.zeros(0)
        self._lead, self._rival, self._rival_s = -1, -1, 0.0
        self._t_ns: int | None = None

    def process(self, frame: Frame, tracks: Tracks, signals: Signals) -> Scene:
        """The scene of one frame; frames come in order of time."""
        dt_s = 0.0 if self._t_ns is None else min(max((frame.t_ns - self._t_ns) * 1e-9, 0.0), 1.0)
        self._t_ns = frame.t_ns
        xyxy = tracks.xyxy.astype(np.float64)
        seen = tracks.unseen_s <= 0
        measured = measure(
            self.camera, xyxy, tracks.class_id, self.horizon.y_px, self.horizon.std_px, self.settings.distance
        )
        self._refine_horizon(xyxy, tracks.class_id, measured, seen, dt_s)
        distance, distance_std = self._distance.update(
            tracks.id, measured, seen, tracks.scale_rate, tracks.scale_rate_std, dt_s
        )
        ttc = self._ttc(tracks)
        lateral, in_path = self._corridor(xyxy, tracks, distance, ttc, signals, dt_s)
        lead = self._choose_lead(tracks, distance, in_path, dt_s)
        return Scene(
            index=frame.index,
            t_ns=frame.t_ns,
            tracks=tracks,
            distance_m=distance.astype(np.float32),
            distance_std_m=distance_std.astype(np.float32),
            lateral_m=lateral.astype(np.float32),
            ttc_s=ttc.astype(np.float32),
            in_path=in_path,
            light=self._read_lights(frame, tracks, seen),
            lead_id=lead,
            horizon_y_px=self.horizon.y_px,
        )

    def _refine_horizon(self, xyxy: F64, class_id: I64, measured: Measured, seen: Bools, dt_s: float) -> None:
        good = measured.whole & seen & ((class_id == HORIZON_CLASSES[0]) | (class_id == HORIZON_CLASSES[1]))
        boxes, kind = xyxy[good], class_id[good]
        self.horizon.update(
            boxes[:, 3],
            np.maximum(boxes[:, 3] - boxes[:, 1], 1.0),
            CLASS_HEIGHT_M[kind],
            CLASS_SPREAD[kind],
            dt_s,
        )

    def _ttc(self, tracks: Tracks) -> F64:
        s = self.settings
        rate = tracks.scale_rate.astype(np.float64)
        sure = (rate > s.ttc_sigmas * tracks.scale_rate_std) & (rate > 1.0 / s.ttc_longest_s)
        sure &= tracks.unseen_s <= s.ttc_unseen_s
        # What comes out from behind something else grows too, and is young and faint then.
        sure &= (tracks.age_s >= s.ttc_age_s) | (tracks.score >= s.ttc_score)
        return np.divide(1.0, rate, out=np.full_like(rate, np.nan), where=sure)

    def _corridor(
        self, xyxy: F64, tracks: Tracks, distance: F64, ttc: F64, signals: Signals, dt_s: float
    ) -> tuple[F64, Bools]:
        """Lateral position of each object and whether it is, or soon will be, where the car drives.

        The corridor is straight: yaw, roll and the road's bends are not known. A vehicle seen beside us shows its flank
        too, which reaches towards the vanishing point and so into the corridor: of a box too wide for a rear, only the
        rear's width, counted from the outer edge, is taken. A walker's sideways motion is followed to the moment when
        the car arrives.
        """
        s, kind = self.settings, tracks.class_id
        horizon = self.horizon.y_px
        left, right = (self.camera.lateral_m(xyxy[:, c], distance, horizon) for c in (0, 2))
        vehicle = np.isin(kind, VEHICLES)
        person = (kind == PERSON) | (kind == BICYCLE)
        rear = s.rear_width_per_height * (xyxy[:, 3] - xyxy[:, 1]) * distance / self.camera.focal_y_px
        flank = vehicle & (right - left > rear)
        left = np.where(flank & (left > 0), np.maximum(left, right - rear), left)
        right = np.where(flank & (right < 0), np.minimum(right, left + rear), right)
        lateral = (left + right) / 2.0

        row, known = match(self._id, tracks.id)
        before = np.where(known, take(self._lateral, row), np.nan)
        sideways = np.where(known, take(self._lateral_speed, row), 0.0)
        if dt_s > 0:
            step = np.nan_to_num((lateral - before) / dt_s)
            sideways = np.where(known, sideways + (step - sideways) * min(dt_s / s.lateral_memory_s, 1.0), 0.0)
        was_in_path = known & (take(self._was_in_path, row) > 0)

        half = self.camera.car_width_m / 2.0 + np.where(person, s.person_margin_m, s.vehicle_margin_m)
        half = half + s.corridor_spread * np.nan_to_num(distance)
        overlap = np.minimum(right, half) - np.maximum(left, -half)
        in_path = overlap > np.where(was_in_path | person, 0.0, np.minimum(s.enter_m, 0.5 * (right - left)))
        ahead = sideways * self._arrival_s(distance, ttc, signals)
        in_path |= person & (np.minimum(right + ahead, half) > np.maximum(left + ahead, -half))
        reach = np.where(vehicle, s.vehicle_range_m, s.person_range_m)
        in_path &= (vehicle | person) & (distance < reach)
        # A bicycle painted on the road is a bicycle to a detector; nothing stands there.
        doubt = 2.0 * self.horizon.std_px / self.camera.focal_y_px * distance
        top = self.camera.height_m - self.camera.slope(xyxy[:, 1], horizon) * distance
        in_path &= (kind == PERSON) | (top + doubt > s.flat_m)

        self._id, self._lateral, self._lateral_speed = tracks.id, lateral, sideways
        self._was_in_path = in_path.astype(np.float64)
        return lateral, in_path

    def _arrival_s(self, distance: F64, ttc: F64, signals: Signals) -> F64:
        s = self.settings
        guess = np.full_like(distance, s.person_without_speed_s)
        if signals.speed_mps is not None:
            guess = distance / max(signals.speed_mps, 0.1)
        soon: F64 = np.minimum(np.where(np.isfinite(ttc), ttc, guess), s.person_longest_s)
        return soon

    def _choose_lead(self, tracks: Tracks, distance: F64, in_path: Bools, dt_s: float) -> int:
        """The nearest vehicle in the path; a rival must be clearly nearer for a while, unless the old lead is gone."""
        able = in_path & np.isin(tracks.class_id, VEHICLES) & (tracks.unseen_s <= self.settings.lead_unseen_s)
        rows = np.flatnonzero(able & np.isfinite(distance))
        nearest = int(tracks.id[rows[np.argmin(distance[rows])]]) if len(rows) else -1
        lead = rows[tracks.id[rows] == self._lead]
        if not len(lead):
            self._lead, self._rival = nearest, -1
        elif float(np.min(distance[rows])) >= (1.0 - self.settings.lead_nearer) * distance[lead[0]]:
            self._rival = -1
        else:
            self._rival_s = self._rival_s + dt_s if nearest == self._rival else 0.0
            self._rival = nearest
            if self._rival_s >= self.settings.lead_hold_s:
                self._lead, self._rival = nearest, -1
        return self._lead

    def _read_lights(self, frame: Frame, tracks: Tracks, seen: Bools) -> I64:
        states = np.full(len(tracks), LIGHT_UNKNOWN, np.int64)
        rows = np.flatnonzero(tracks.class_id == TRAFFIC_LIGHT)
        read = rows[seen[rows]]
        read = read[np.argsort(tracks.xyxy[read, 1] - tracks.xyxy[read, 3], kind="stable")][: self.settings.light.most]
        colours, confidence = self._lights.process(frame.image, tracks.xyxy[read])
        states[rows] = self._votes.update(tracks.id[rows], frame.t_ns, tracks.id[read], colours, confidence)
        return states
