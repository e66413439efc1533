"""`Keypoints`: one person's 2D track through a clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.errors import require
from posewright.skeletons.convert import conversion
from posewright.skeletons.jointset import JointSet


@dataclass(frozen=True)
class Keypoints:
    """2D keypoints of one person through a clip."""

    xy: NDArray[np.float32]
    """Positions in pixels, x right, y down, of the upright frame. Shape (T, J, 2); NaN where unseen."""
    confidence: NDArray[np.float32]
    """How far to trust each position, 0 to 1. Shape (T, J); 0 where unseen."""
    joint_set: JointSet
    timestamps: NDArray[np.float64]
    """Seconds from the start of the clip, increasing. Shape (T,)."""
    frame_size: tuple[int, int]
    """Width and height in pixels."""

    def __post_init__(self) -> None:
        require(self.xy.ndim == 3 and self.xy.shape[2] == 2, f"xy has shape {self.xy.shape}, not (T, J, 2)")
        frames, joints, _ = self.xy.shape
        require(joints == len(self.joint_set), f"{joints} columns for the {len(self.joint_set)} joints of {self.joint_set.name}")
        require(self.confidence.shape == (frames, joints), f"confidence has shape {self.confidence.shape}, not ({frames}, {joints})")
        require(self.timestamps.shape == (frames,), f"{self.timestamps.shape} timestamps for {frames} frames")
        require(bool((np.diff(self.timestamps) > 0).all()), "timestamps must increase")
        require(not np.isinf(self.xy).any(), "xy holds infinity")
        require(bool(((self.confidence >= 0) & (self.confidence <= 1)).all()), "confidence must lie in 0..1, without NaN")

    def __len__(self) -> int:
        return len(self.xy)

    def to(self, joint_set: JointSet) -> Keypoints:
        """The same person in another joint set; joints it lacks are NaN with confidence 0.

        Raises:
            UsageError: no conversion between the two sets is known.
        """
        rule = conversion(self.joint_set, joint_set)
        xy, confidence = rule.apply(self.xy, self.confidence)
        return Keypoints(xy, confidence, joint_set, self.timestamps, self.frame_size)
