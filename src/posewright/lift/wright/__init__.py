"""`wright`, our own lifter: from 2D keypoints alone to bone directions and the vertical (README.md is its model card)."""

from posewright.lift.wright.lift import LiftedDirections, lift_directions

__all__ = ["LiftedDirections", "lift_directions"]
