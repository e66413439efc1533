"""`wright`, our own lifter: from 2D keypoints to bone directions, the vertical, rotations and more (README.md is its model card)."""

from posewright.lift.wright.clip import LiftedBody, LiftedDirections, can_lift, graded, lift_directions
from posewright.lift.wright.lifter import Wright
from posewright.lift.wright.model import read_model
from posewright.lift.wright.outputs import BODY_BONES

__all__ = ["BODY_BONES", "LiftedBody", "LiftedDirections", "Wright", "can_lift", "graded", "lift_directions", "read_model"]
