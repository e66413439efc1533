"""BlazePose, run by us on LiteRT: detector, landmarks, and the region carried from frame to frame."""

from posewright.estimate.blazepose.estimator import VARIANTS, BlazePose

__all__ = ["VARIANTS", "BlazePose"]
