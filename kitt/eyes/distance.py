"""How far an object is along the road, from its box alone, and how sure that is.

Two cues, each with an honest spread: where the box stands on the road (ground plane), and how tall such an object
is (class height). They are fused by inverse variance on the logarithm of the distance. Errors that stay the same
from frame to frame (an object taller than its class, a wrong pitch) are kept apart from those that average out
(edges of boxes, the car's nodding), so that smoothing over time shrinks the second kind only.
Ground plane and size cues: Stein, Mano, Shashua, "Vision-based ACC with a Single Camera: Bounds on Range and
Range Rate Accuracy", IV 2003.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kitt.eyes.camera import Camera
from kitt.types import F32, F64, I64, STOP_SIGN, TRAFFIC_LIGHT, Bools

CLASS_HEIGHT_M = np.array([1.70, 1.05, 1.52, 1.20, 3.10, 3.00, 1.00, 0.76])
"""By class id. Adults 1.7 with shoes and some children; car: mean of KITTI's labels 1.53 (sd 0.14); bus and truck:
EU low-floor bus 3.0 to 3.2, lorries to 4.0 and pick-ups from 1.8; bicycle and motorcycle without rider; traffic
light: long side of a head of three 300 mm lamps (EN 12368); stop sign: MUTCD R1-1, 750 mm."""

CLASS_SPREAD = np.array([0.09, 0.12, 0.09, 0.12, 0.08, 0.25, 0.30, 0.15])
"""Standard deviation of the above, relative."""

HANGING = np.array([c in (TRAFFIC_LIGHT, STOP_SIGN) for c in range(len(CLASS_HEIGHT_M))])
"""Classes that do not stand on the road."""


@dataclass(frozen=True)
class DistanceSettings:
    """edge_noise_*: standard deviation of a box's edge, pixels and share of the box's height. nod_deg: pitch of a
    driving car around its mean. road_deg: slope of the road ahead against the road under the car.
    focal_spread, height_spread: relative, of calibration; the second of each pair where it is estimated."""

    edge_noise_px: float = 0.9
    edge_noise_share: float = 0.02
    nod_deg: float = 0.12
    road_deg: float = 0.15
    focal_spread: tuple[float, float] = (0.01, 0.15)
    height_spread: tuple[float, float] = (0.02, 0.12)
    edge_margin_px: float = 2.0
    cut_share: float = 0.7
    cut_spread: float = 0.25
    cut_noise: float = 0.2
    hidden_share: float = 0.3
    hidden_spread: float = 0.3
    drift: float = 0.03
    ground_limit: float = 0.7


@dataclass(frozen=True)
class Measured:
    """distance_m: float64 (N,), NaN without a cue; noise, bias: float64 (N,) relative standard deviations, of what
    averages out over frames and of what does not; whole: bool (N,) both edges of the box are the object's own."""

    distance_m: F64
    noise: F64
    bias: F64
    whole: Bools


def hidden_below(xyxy: F64, share: float) -> Bools:
    """bool (N,): another box stands nearer (lower) and covers the foot of this one over `share` of its width."""
    x1, y1, x2, y2 = xyxy.T
    overlap = np.minimum(x2[:, None], x2) - np.maximum(x1[:, None], x1)
    height = np.maximum(y2 - y1, 1.0)
    nearer = (y2 > y2[:, None] + 0.05 * height[:, None]) & (y1 < y2[:, None])
    covered: Bools = (nearer & (overlap > share * np.maximum(x2 - x1, 1.0)[:, None])).any(axis=1)
    return covered


def measure(
    camera: Camera,
    xyxy: F64,
    class_id: I64,
    horizon_y_px: float,
    horizon_std_px: float,
    settings: DistanceSettings,
) -> Measured:
    """Distance of the near side of each box float64 (N, 4) in one frame."""
    s = settings
    y1, y2 = xyxy[:, 1], xyxy[:, 3]
    tall = np.maximum(y2 - y1, 1.0)
    spread = CLASS_SPREAD[class_id]
    light = class_id == TRAFFIC_LIGHT
    cut_bottom = y2 >= camera.bottom_y_px - s.edge_margin_px
    cut_top = y1 <= s.edge_margin_px
    cut_side = (xyxy[:, 0] <= s.edge_margin_px) | (xyxy[:, 2] >= camera.width_px - s.edge_margin_px)
    hidden = hidden_below(xyxy, s.hidden_share)
    edge = np.hypot(s.edge_noise_px, s.edge_noise_share * tall)
    degree = camera.focal_y_px * math.radians(1.0)

    # Ground plane. d = height / slope, so an error of the row is an error of (row - horizon) in the same share.
    foot = camera.ground_distance_m(np.minimum(y2, camera.bottom_y_px), horizon_y_px)
    drop = camera.height_m / foot * camera.focal_y_px
    ground_ok = ~HANGING[class_id] & ~cut_bottom & (drop > 0)
    drop = np.maximum(drop, 1e-6)
    ground_noise = np.hypot(edge, s.nod_deg * degree) / drop
    ground_bias = np.hypot(math.hypot(horizon_std_px, s.road_deg * degree) / drop, s.height_spread[camera.estimated])
    ground_bias = np.where(hidden, np.hypot(ground_bias, s.hidden_spread), ground_bias)
    ground_ok &= np.hypot(ground_noise, ground_bias) < s.ground_limit

    # Class height. A light hangs upright or lies, so its long side counts. Rays, not pixels: right at any pitch.
    slopes = camera.slope(np.stack([y1, y2]), horizon_y_px)
    rise = slopes[1] - slopes[0]
    long_side = (xyxy[:, 2] - xyxy[:, 0]) / camera.focal_x_px
    rise = np.maximum(np.where(light, np.maximum(rise, long_side), rise), 1e-6)
    size_distance = CLASS_HEIGHT_M[class_id] / rise
    size_noise = math.sqrt(2.0) * edge / (rise * camera.focal_y_px)
    size_bias = np.hypot(spread, s.focal_spread[camera.estimated])
    size_bias = np.where(hidden, np.hypot(size_bias, s.hidden_spread), size_bias)
    size_ok = ~cut_bottom & ~cut_top & ~(light & cut_side)

    # Cut off by the picture's lower edge or the bonnet: nearer than the nearest road in view.
    cut_ok = cut_bottom & ~HANGING[class_id] & (foot < np.inf)
    distance, noise, bias = _fuse(
        np.log(np.stack([np.where(ground_ok, foot, 1.0), size_distance, np.where(cut_ok, s.cut_share * foot, 1.0)])),
        np.stack([ground_noise, size_noise, np.full_like(foot, s.cut_noise)]),
        np.stack([ground_bias, size_bias, np.full_like(foot, s.cut_spread)]),
        np.stack([ground_ok, size_ok, cut_ok]),
    )
    return Measured(distance, noise, bias, size_ok & ~hidden & ~cut_side)


def _fuse(log_d: F64, noise: F64, bias: F64, ok: Bools) -> tuple[F64, F64, F64]:
    """Inverse variance over cues (C, N); a spread that the cues' disagreement belies is widened to cover it."""
    weight = np.where(ok, 1.0 / (noise**2 + bias**2), 0.0)
    total = weight.sum(axis=0)
    some = total > 0
    share = weight / np.where(some, total, 1.0)
    mean = (share * log_d).sum(axis=0)
    spare = np.maximum(ok.sum(axis=0) - 1, 1)
    misfit = np.maximum((weight * (log_d - mean) ** 2).sum(axis=0) / spare, 1.0)
    out_noise = np.sqrt((share**2 * noise**2).sum(axis=0))
    out_bias = np.sqrt((share**2 * bias**2).sum(axis=0) * misfit)
    return np.where(some, np.exp(mean), np.nan), np.where(some, out_noise, np.nan), np.where(some, out_bias, np.nan)


class DistanceFilter:
    """Smooths each track's distance: a Kalman filter on its logarithm, driven by the tracker's scale rate.

    What is seen to grow by 1 % comes 1 % nearer, so between frames the logarithm moves by -scale_rate * dt.
    """

    def __init__(self, settings: DistanceSettings) -> None:
        self._drift = settings.drift
        self.reset()

    def reset(self) -> None:
        """Forget every track."""
        self._id: I64 = np.zeros(0, np.int64)
        self._log_d: F64 = np.zeros(0)
        self._variance: F64 = np.zeros(0)
        self._bias: F64 = np.zeros(0)

    def update(
        self, ids: I64, measured: Measured, seen: Bools, scale_rate: F32, scale_rate_std: F32, dt_s: float
    ) -> tuple[F64, F64]:
        """Distance and its standard deviation, metres float64 (N,), for tracks of ascending `ids`.

        Rows not `seen` in this frame are carried on by their scale rate alone.
        """
        row, known = match(self._id, ids)
        log_d = np.where(known, take(self._log_d, row), np.nan)
        variance = np.where(known, take(self._variance, row), np.nan)
        bias = np.where(known, take(self._bias, row), np.nan)
        log_d = log_d - scale_rate * dt_s
        variance = variance + (scale_rate_std * dt_s) ** 2 + self._drift**2 * dt_s

        new_log, new_variance = np.log(measured.distance_m), measured.noise**2
        usable = seen & np.isfinite(new_log)
        fresh = usable & ~np.isfinite(log_d)
        gain = np.where(usable & ~fresh, variance / (variance + new_variance), 0.0)
        log_d = np.where(fresh, new_log, log_d + gain * np.where(usable, new_log - log_d, 0.0))
        variance = np.where(fresh, new_variance, (1.0 - gain) * variance)
        self._bias = np.where(usable, measured.bias, bias)
        self._id, self._log_d, self._variance = ids, log_d, variance
        distance = np.exp(log_d)
        return distance, distance * np.sqrt(variance + self._bias**2)


def match(old_ids: I64, ids: I64) -> tuple[I64, Bools]:
    """For each of `ids` its row among ascending `old_ids`, and whether it is there; rows of the absent are 0."""
    row = np.searchsorted(old_ids, ids)
    row[row == len(old_ids)] = 0
    known = old_ids[row] == ids if len(old_ids) else np.zeros(len(ids), bool)
    return np.where(known, row, 0).astype(np.int64), known


def take(values: F64, row: I64) -> F64:
    """`values[row]`, zeros where there are no values at all."""
    return values[row] if len(values) else np.zeros(len(row))
