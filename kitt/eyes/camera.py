"""Where a pixel looks: a pinhole camera above a flat road, pitched, without yaw or roll.

Road axes: x to the right, y down, z forward and level, metres, origin in the lens; the road is the plane
y = camera height. A camera that looks down by `pitch` has the horizon at `center_y - focal * tan(pitch)`, so a
horizon row and a pitch say the same thing; every function here takes the row, since that is what the drive refines.
Geometry: Hartley and Zisserman, Multiple View Geometry, 2nd ed., chapters 6 and 8.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from kitt.config import CameraCalibration, estimated_camera
from kitt.errors import KittError
from kitt.types import F64

SHAPE_TOLERANCE = 0.02


@dataclass(frozen=True)
class Camera:
    """A calibration scaled to the pictures that really come; build one with `Camera.of`.

    focal_x_px, focal_y_px, center_x_px, center_y_px: pixels of the picture; height_m: of the lens above the road;
    horizon_y_px: row of the horizon by calibration; bottom_y_px: last row that shows the road and not the bonnet.
    """

    width_px: int
    height_px: int
    focal_x_px: float
    focal_y_px: float
    center_x_px: float
    center_y_px: float
    height_m: float
    horizon_y_px: float
    bottom_y_px: float
    car_width_m: float
    left_hand_traffic: bool
    estimated: bool

    @staticmethod
    def of(calibration: CameraCalibration, frame_size: tuple[int, int]) -> Camera:
        """The camera behind pictures of `frame_size` (width, height); KittError where the shapes do not fit."""
        width, height = frame_size
        if not calibration.width_px:
            usual = estimated_camera(width, height)
            same = ("width_px", "height_px", "focal_px", "center_x_px", "center_y_px")
            calibration = replace(calibration, **{name: getattr(usual, name) for name in same})
        x_scale, y_scale = width / calibration.width_px, height / calibration.height_px
        if abs(x_scale / y_scale - 1.0) > SHAPE_TOLERANCE:
            raise KittError(
                f"camera calibration: it is for {calibration.width_px}x{calibration.height_px} pictures, these are "
                f"{width}x{height}, another shape: give this camera's own calibration (--camera)"
            )
        focal_y, center_y = calibration.focal_px * y_scale, calibration.center_y_px * y_scale
        bonnet = calibration.bonnet_y_px * y_scale
        return Camera(
            width_px=width,
            height_px=height,
            focal_x_px=calibration.focal_px * x_scale,
            focal_y_px=focal_y,
            center_x_px=calibration.center_x_px * x_scale,
            center_y_px=center_y,
            height_m=calibration.camera_height_m,
            horizon_y_px=center_y - focal_y * math.tan(math.radians(calibration.pitch_deg)),
            bottom_y_px=min(bonnet, float(height)) if bonnet > 0 else float(height),
            car_width_m=calibration.car_width_m,
            left_hand_traffic=calibration.driving_side == "left",
            estimated=calibration.estimated,
        )

    def pitch_rad(self, horizon_y_px: float) -> float:
        """Pitch of a camera that has the horizon on that row; positive looks down."""
        return math.atan((self.center_y_px - horizon_y_px) / self.focal_y_px)

    def slope(self, y_px: ArrayLike, horizon_y_px: float) -> F64:
        """Metres that the ray through row `y_px` (any shape) falls per metre of road; negative above the horizon."""
        angle = np.arctan((np.asarray(y_px, np.float64) - self.center_y_px) / self.focal_y_px)
        return np.tan(angle + self.pitch_rad(horizon_y_px))

    def ground_distance_m(self, y_px: ArrayLike, horizon_y_px: float) -> F64:
        """Distance along the road of the ground seen on row `y_px` (any shape); infinite at the horizon and above."""
        slope = self.slope(y_px, horizon_y_px)
        return np.divide(self.height_m, slope, out=np.full_like(slope, np.inf), where=slope > 1e-9)

    def lateral_m(self, x_px: ArrayLike, distance_m: ArrayLike, horizon_y_px: float) -> F64:
        """Metres right of the camera's axis of the ground point on column `x_px` at `distance_m` along the road."""
        pitch = self.pitch_rad(horizon_y_px)
        depth = np.asarray(distance_m, np.float64) * math.cos(pitch) + self.height_m * math.sin(pitch)
        return (np.asarray(x_px, np.float64) - self.center_x_px) / self.focal_x_px * depth

    def project(self, points_xyz: ArrayLike, horizon_y_px: float | None = None) -> F64:
        """Pixels (N, 2) of points (N, 3) in road axes; NaN for what is not in front of the lens."""
        points = np.asarray(points_xyz, np.float64).reshape(-1, 3)
        pitch = self.pitch_rad(self.horizon_y_px if horizon_y_px is None else horizon_y_px)
        depth = points[:, 2] * math.cos(pitch) + points[:, 1] * math.sin(pitch)
        down = points[:, 1] * math.cos(pitch) - points[:, 2] * math.sin(pitch)
        depth = np.where(depth > 1e-6, depth, np.nan)
        x = self.center_x_px + self.focal_x_px * points[:, 0] / depth
        y = self.center_y_px + self.focal_y_px * down / depth
        return np.stack([x, y], axis=1)
