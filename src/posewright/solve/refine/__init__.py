"""Whole-clip refinement of lifted poses against the 2D keypoints."""

from posewright.solve.refine.clip import DEFAULT_STATURE_M, Refined, refine_clip
from posewright.solve.refine.problem import ALIKE, Ground, RefineOptions

__all__ = ["ALIKE", "DEFAULT_STATURE_M", "Ground", "RefineOptions", "Refined", "refine_clip"]
