"""The room between tracks and the solver: a track of 2D keypoints becomes 3D joint positions."""

from posewright.lift.table import LIFTERS, Lifter, LifterEntry, fitting_lifters, make_lifter, observed

__all__ = ["LIFTERS", "Lifter", "LifterEntry", "fitting_lifters", "make_lifter", "observed"]
