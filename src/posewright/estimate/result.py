"""What an estimator hands on: the poses that it found in one frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.errors import require
from posewright.skeletons import JointSet


@dataclass(frozen=True)
class Pose2D:
    """One person in one frame."""

    xy: NDArray[np.float32]
    """Positions in pixels of the upright frame, x right, y down. Shape (J, 2), finite; they may lie outside the frame."""
    confidence: NDArray[np.float32]
    """How far to trust each position, 0 to 1. Shape (J,)."""
    score: float
    """How sure the network is that there is a person, 0 to 1."""
    joint_set: JointSet
    xyz: NDArray[np.float32] | None = None
    """Where the network lifts too: metres from the mid-point of the hips, OpenCV camera axes (x right, y down, z forward). Shape (J, 3)."""
    roi: NDArray[np.float32] | None = None
    """Corners of the region that the network looked at, in pixels, clockwise from its upper left. Shape (4, 2)."""

    def __post_init__(self) -> None:
        joints = len(self.joint_set)
        require(self.xy.shape == (joints, 2), f"xy has shape {self.xy.shape}, not ({joints}, 2)")
        require(bool(np.isfinite(self.xy).all()), "xy holds NaN or infinity: give a joint that was not found confidence 0 instead")
        require(self.confidence.shape == (joints,), f"confidence has shape {self.confidence.shape}, not ({joints},)")
        require(self.xyz is None or self.xyz.shape == (joints, 3), f"xyz must have shape ({joints}, 3)")
        require(self.roi is None or self.roi.shape == (4, 2), "roi must have shape (4, 2)")


@dataclass(frozen=True)
class FrameResult:
    """The people in one frame of a clip."""

    index: int
    """Number of the frame."""
    timestamp: float
    """Seconds from the start of the clip."""
    people: tuple[Pose2D, ...]
    """Empty where nobody was found."""
