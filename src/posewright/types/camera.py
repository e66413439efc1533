"""`Camera`: a pinhole camera with OpenCV's conventions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import require

DEFAULT_FOV_DEG = 60.0
"""Angle of view along the longer side that is assumed when nothing is known: a phone's main camera has 60 to 75."""

# Columns are the camera's axes (x right, y down, z forward) of a level camera at the world's origin
# that looks along -Z, so that a person who faces it faces +Z.
LEVEL = np.diag([1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True)
class Camera:
    """Intrinsics in pixels of the upright frame, and the pose in the world."""

    image_size: tuple[int, int]
    """Width and height in pixels."""
    focal: tuple[float, float]
    """Focal lengths fx, fy in pixels."""
    centre: tuple[float, float]
    """Principal point cx, cy in pixels."""
    distortion: tuple[float, ...] = ()
    """OpenCV's coefficients k1, k2, p1, p2, k3 to k6; empty for none."""
    T_world_camera: NDArray[np.float64] = field(default_factory=lambda: LEVEL.copy())
    """Camera to world, (4, 4); the camera frame is OpenCV's (x right, y down, z forward), metres."""
    assumed: bool = False
    """True when the intrinsics are a default and not measured."""

    def __post_init__(self) -> None:
        require(all(side > 0 for side in self.image_size), f"image size {self.image_size} must be positive")
        require(all(math.isfinite(f) and f > 0 for f in self.focal), f"focal lengths {self.focal} must be positive")
        object.__setattr__(self, "T_world_camera", np.asarray(self.T_world_camera, dtype=np.float64))
        require(self.T_world_camera.shape == (4, 4), f"T_world_camera has shape {self.T_world_camera.shape}, not (4, 4)")
        rotation = self.T_world_camera[:3, :3]
        require(bool(np.allclose(rotation.T @ rotation, np.eye(3), atol=1e-4)), "T_world_camera is not a rigid transform")

    @classmethod
    def from_fov(cls, image_size: tuple[int, int], fov_deg: float | None = None) -> Camera:
        """A level camera without distortion from the angle of view along the longer side, degrees.

        Raises:
            ValueError: the angle is not between 1 and 175 degrees.
        """
        fov = DEFAULT_FOV_DEG if fov_deg is None else fov_deg
        require(1.0 <= fov <= 175.0, f"an angle of view of {fov} degrees is not between 1 and 175")
        width, height = image_size
        focal = max(width, height) / 2.0 / math.tan(math.radians(fov) / 2.0)
        return cls(image_size, (focal, focal), (width / 2.0, height / 2.0), assumed=fov_deg is None)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The intrinsic matrix K, (3, 3)."""
        return np.array([[self.focal[0], 0.0, self.centre[0]], [0.0, self.focal[1], self.centre[1]], [0.0, 0.0, 1.0]])

    @property
    def T_camera_world(self) -> NDArray[np.float64]:
        """World to camera, (4, 4)."""
        return np.asarray(np.linalg.inv(self.T_world_camera), dtype=np.float64)

    def to_camera(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """World points (..., 3) in the camera frame, metres."""
        transform = self.T_camera_world
        return np.asarray(points) @ transform[:3, :3].T + transform[:3, 3]

    def to_world(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Camera-frame points (..., 3) in the world, metres."""
        return np.asarray(points) @ self.T_world_camera[:3, :3].T + self.T_world_camera[:3, 3]

    def rays(self, pixels: NDArray[Any]) -> NDArray[np.float64]:
        """Lines of sight of pixels (..., 2): where they meet the plane at depth 1 of the camera frame, x / z and y / z. Distortion is removed; NaN stays."""
        import cv2

        flat = np.nan_to_num(np.asarray(pixels, dtype=np.float64)).reshape(-1, 1, 2)
        plane = cv2.undistortPoints(flat, self.matrix, np.array(self.distortion) if self.distortion else None).reshape(np.shape(pixels))
        return np.where(np.isfinite(pixels), plane, np.nan)

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pixels (..., 2) of world points (..., 3); NaN behind the camera. Distortion is applied (OpenCV's model, up to 8 coefficients)."""
        local = self.to_camera(points)
        depth = np.where(local[..., 2] > 1e-6, local[..., 2], np.nan)
        x, y = local[..., 0] / depth, local[..., 1] / depth
        if self.distortion:
            k1, k2, p1, p2, k3, k4, k5, k6 = (*self.distortion, *[0.0] * 8)[:8]
            r2 = x * x + y * y
            radial = (1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))) / (1.0 + r2 * (k4 + r2 * (k5 + r2 * k6)))
            x, y = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
        return np.stack([x * self.focal[0] + self.centre[0], y * self.focal[1] + self.centre[1]], axis=-1)
