"""`Poses3D`: one person's 3D joint positions through a clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from posewright.errors import require
from posewright.skeletons.convert import conversion
from posewright.skeletons.jointset import JointSet


@dataclass(frozen=True)
class Poses3D:
    """3D joint positions of one person through a clip."""

    xyz: NDArray[np.float32]
    """Positions in metres. Shape (T, J, 3); NaN where unknown."""
    confidence: NDArray[np.float32]
    """How far to trust each position, 0 to 1. Shape (T, J)."""
    joint_set: JointSet
    timestamps: NDArray[np.float64]
    """Seconds from the start of the clip, increasing. Shape (T,)."""
    frame: Literal["camera", "world"]
    """Axes: `camera` is OpenCV's (x right, y down, z forward); `world` is right-handed, +Y up."""
    root_relative: bool
    """True when the origin is the mid-point of the hips in each frame, so that the path through space is unknown."""

    def __post_init__(self) -> None:
        require(self.xyz.ndim == 3 and self.xyz.shape[2] == 3, f"xyz has shape {self.xyz.shape}, not (T, J, 3)")
        frames, joints, _ = self.xyz.shape
        require(joints == len(self.joint_set), f"{joints} columns for the {len(self.joint_set)} joints of {self.joint_set.name}")
        require(self.confidence.shape == (frames, joints), f"confidence has shape {self.confidence.shape}, not ({frames}, {joints})")
        require(self.timestamps.shape == (frames,), f"{self.timestamps.shape} timestamps for {frames} frames")
        require(bool((np.diff(self.timestamps) > 0).all()), "timestamps must increase")
        require(self.frame in ("camera", "world"), f"frame is '{self.frame}', not camera or world")
        require(not np.isinf(self.xyz).any(), "xyz holds infinity")
        require(bool(((self.confidence >= 0) & (self.confidence <= 1)).all()), "confidence must lie in 0..1, without NaN")

    def __len__(self) -> int:
        return len(self.xyz)

    def to(self, joint_set: JointSet) -> Poses3D:
        """The same person in another joint set; joints it lacks are NaN with confidence 0.

        Raises:
            UsageError: no conversion between the two sets is known.
        """
        rule = conversion(self.joint_set, joint_set)
        xyz, confidence = rule.apply(self.xyz, self.confidence)
        return Poses3D(xyz, confidence, joint_set, self.timestamps, self.frame, self.root_relative)
