"""`wright`, our own lifter: from 2D keypoints alone to bone directions and the vertical (README.md is its model card)."""

from posewright.lift.wright.lift import LiftedDirections, can_lift, lift_directions

__all__ = ["LiftedDirections", "can_lift", "lift_directions"]
