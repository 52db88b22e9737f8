"""The horizon row, refined from the vehicles of the drive.

On a flat road a vehicle of height H whose box is h pixels high stands with its lower edge at

    y_bottom = y_horizon + (camera height / H) * h

so vehicles at many distances lie on one line, and the line meets h = 0 at the horizon (Hoiem, Efros, Hebert,
"Putting Objects in Perspective", CVPR 2006). The line is fitted by recursive least squares with Huber's weights,
slow forgetting, and the calibration as its prior; the row stays within a bound around the calibrated one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kitt.eyes.camera import Camera
from kitt.types import F64


@dataclass(frozen=True)
class HorizonSettings:
    """prior_deg: how well a measured pitch is known (load moves it by about half a degree), and an estimated one.
    slope_prior: relative, of camera height over vehicle height. memory_s: forgetting. seconds_per_vote: frames of one
    vehicle say the same thing over and over, so each counts as one observation per so many seconds."""

    prior_deg: float = 0.5
    prior_estimated_deg: float = 3.0
    slope_prior: float = 0.04
    slope_prior_estimated: float = 0.15
    bound_sigmas: float = 3.0
    huber_sigmas: float = 1.5
    memory_s: float = 60.0
    seconds_per_vote: float = 1.0
    floor_deg: float = 0.1
    edge_noise_px: float = 1.0


class Horizon:
    """Running estimate. `y_px`: the row; `std_px`: its standard deviation; `observations`: vehicles' votes so far."""

    def __init__(self, camera: Camera, settings: HorizonSettings | None = None) -> None:
        self._camera = camera
        self._set = settings or HorizonSettings()
        prior = self._set.prior_estimated_deg if camera.estimated else self._set.prior_deg
        self._prior_px = camera.focal_y_px * math.tan(math.radians(prior))
        self._floor_px = camera.focal_y_px * math.tan(math.radians(self._set.floor_deg))
        slope_prior = self._set.slope_prior_estimated if camera.estimated else self._set.slope_prior
        # Unknowns: the row's offset from the calibrated one, and a common factor on camera height / class height.
        self._prior = np.diag([self._prior_px**-2, slope_prior**-2])
        self.reset()

    def reset(self) -> None:
        """Forget the drive: back to the calibrated row."""
        self._information = np.zeros((2, 2))
        self._vector = np.zeros(2)
        self._offset, self._factor = 0.0, 0.0
        self._offset_std = self._prior_px
        self.observations = 0.0

    @property
    def y_px(self) -> float:
        return self._camera.horizon_y_px + self._offset

    @property
    def std_px(self) -> float:
        return math.hypot(self._offset_std, self._floor_px)

    def update(self, bottom_y_px: F64, box_height_px: F64, class_height_m: F64, spread: F64, dt_s: float) -> None:
        """Take in one frame's vehicles: whole boxes only, arrays (N,); `spread` is relative, of the class height.

        `dt_s` since the frame before weighs them, so that frame rate does not matter.
        """
        keep = math.exp(-dt_s / self._set.memory_s)
        self._information *= keep
        self._vector *= keep
        if len(bottom_y_px) and dt_s > 0:
            lever = self._camera.height_m / class_height_m * box_height_px
            row = bottom_y_px - self._camera.horizon_y_px - lever
            # Both edges are noisy, and a vehicle's own height is off by its class's spread.
            edges = self._set.edge_noise_px * np.hypot(1.0 - lever / box_height_px, lever / box_height_px)
            std = np.hypot(edges, lever * spread)
            miss = np.abs(row - self._offset - self._factor * lever) / np.hypot(std, self._offset_std)
            weight = np.minimum(1.0, self._set.huber_sigmas / np.maximum(miss, 1e-9))
            weight *= min(dt_s / self._set.seconds_per_vote, 1.0)
            self.observations += float(weight.sum())
            weight /= std**2
            cross = float(weight @ lever)
            self._information += np.array([[float(weight.sum()), cross], [cross, float(weight @ lever**2)]])
            self._vector += np.array([float(weight @ row), float(weight @ (row * lever))])
        covariance = np.linalg.inv(self._information + self._prior)
        offset, self._factor = (float(v) for v in covariance @ self._vector)
        bound = self._set.bound_sigmas * self._prior_px
        self._offset = min(max(offset, -bound), bound)
        self._offset_std = math.sqrt(float(covariance[0, 0]))
