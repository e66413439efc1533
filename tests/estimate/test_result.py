import numpy as np
import pytest

from posewright.estimate import Pose2D
from posewright.skeletons import COCO17


def test_shapes_are_checked():
    Pose2D(np.zeros((17, 2)), np.zeros(17), 0.5, COCO17)
    with pytest.raises(ValueError, match="xy has shape"):
        Pose2D(np.zeros((16, 2)), np.zeros(17), 0.5, COCO17)
    with pytest.raises(ValueError, match="xyz"):
        Pose2D(np.zeros((17, 2)), np.zeros(17), 0.5, COCO17, xyz=np.zeros((17, 2)))
    with pytest.raises(ValueError, match="NaN"):
        Pose2D(np.full((17, 2), np.nan), np.zeros(17), 0.5, COCO17)
