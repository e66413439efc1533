"""The rotated square that the landmark network looks at, and how it is carried from frame to frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MARGIN = 1.25
"""Side of the region over the diameter of the circle round the body."""
SMALLEST_PX = 8.0
"""A region below this holds nobody that could be seen."""


@dataclass(frozen=True)
class Region:
    """A square in the frame, turned so that the person in it stands upright."""

    centre: tuple[float, float]
    """Pixels."""
    size: float
    """Side in pixels."""
    rotation: float
    """Radians in -pi..pi, clockwise as seen on the screen: 0 for an upright person."""

    @classmethod
    def from_alignment(cls, points: NDArray[np.floating]) -> Region:
        """The region given by BlazePose's two alignment points, (2, 2) pixels: mid-point of the hips, and a point above it on the circle round the whole body."""
        hips, top = np.asarray(points, dtype=np.float64)
        x, y = top - hips
        return cls((float(hips[0]), float(hips[1])), 2 * MARGIN * math.hypot(x, y), math.atan2(x, -y))

    @property
    def usable(self) -> bool:
        """False for a region that has collapsed or run away."""
        return math.isfinite(self.centre[0] + self.centre[1] + self.size) and self.size >= SMALLEST_PX

    @property
    def turn(self) -> NDArray[np.float64]:
        """Rotation of region axes to frame axes, (2, 2)."""
        c, s = math.cos(self.rotation), math.sin(self.rotation)
        return np.array([[c, -s], [s, c]])

    def T_frame_crop(self, side: int) -> NDArray[np.float64]:
        """Pixels of a crop of `side` x `side` to pixels of the frame, (2, 3). The crop's corners (0, 0) and (side, side) are the region's."""
        linear = self.turn * (self.size / side)
        return np.column_stack([linear, np.array(self.centre) - linear @ (side / 2, side / 2)])

    def corners(self) -> NDArray[np.float32]:
        """Corners in pixels, clockwise from the upper left of the upright person, (4, 2)."""
        unit = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
        return (unit @ self.turn.T * self.size + self.centre).astype(np.float32)


class AlignmentFilter:
    """The 1-euro filter on the alignment points that keeps the region still while the person is (Casiez et al. 2012, https://doi.org/10.1145/2207676.2208639).

    MediaPipe applies it even with smoothing switched off, with these constants, on positions in units of the circle's
    diameter, and takes every stream for one of 30 frames a second: without it the region jitters with the landmarks it follows.
    """

    MIN_CUTOFF = 0.01
    BETA = 10.0
    SPEED_CUTOFF = 1.0
    RATE = 30.0

    def __init__(self) -> None:
        self._raw: NDArray[np.float64] | None = None
        self._speed: NDArray[np.float64] | float = 0.0
        self._smooth: NDArray[np.float64] | float = 0.0

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take the next pair of alignment points, (2, 2) pixels, and give the smoothed ones."""
        if self._raw is None:
            self._raw = self._smooth = points
            return points
        diameter = 2.0 * math.dist(points[0], points[1])
        speed = (points - self._raw) * (self.RATE / max(diameter, 1e-6))
        self._speed += self._alpha(self.SPEED_CUTOFF) * (speed - self._speed)
        self._smooth = self._smooth + self._alpha(self.MIN_CUTOFF + self.BETA * np.abs(self._speed)) * (points - self._smooth)
        self._raw = points
        return self._smooth

    def _alpha(self, cutoff: NDArray[np.float64] | float) -> NDArray[np.float64] | float:
        """Share of the new value in a low-pass filter of `cutoff` hertz."""
        return 1.0 / (1.0 + self.RATE / (2.0 * math.pi * cutoff))
