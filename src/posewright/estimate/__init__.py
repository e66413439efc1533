"""Second room of the path: frames to 2D keypoints of each person, by a network chosen by name."""

from posewright.estimate.networks import DETECTORS
from posewright.estimate.result import FrameResult, Pose2D
from posewright.estimate.table import ESTIMATORS, Estimator, EstimatorEntry, make_estimator

__all__ = ["DETECTORS", "ESTIMATORS", "Estimator", "EstimatorEntry", "FrameResult", "Pose2D", "make_estimator"]
