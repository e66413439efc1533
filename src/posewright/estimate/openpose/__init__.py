"""OpenPose: heat maps of joints and part-affinity fields, grouped into people (Cao et al. 2019, https://arxiv.org/abs/1812.08008)."""

from posewright.estimate.openpose.estimator import VARIANTS, OpenPose

__all__ = ["VARIANTS", "OpenPose"]
