from __future__ import annotations

import numpy as np
import pytest

from posewright.errors import UsageError
from posewright.skeletons import BODY_25, COCO17, H36M17, HALPE26, MPII16, OPENPOSE18, JointSet
from posewright.solve.targets import REQUIRED, find_targets, landmark_columns
from tests.solve.bodies import humanoid_poses, world_poses
from tests.strategies import random_motion


def test_the_humanoid_and_blazepose_give_the_same_limbs() -> None:
    motion = random_motion()
    points, bones = find_targets(world_poses(motion), np.eye(3)), find_targets(humanoid_poses(motion), np.eye(3))
    for name in REQUIRED:
        np.testing.assert_allclose(points.at(name), bones.at(name), atol=1e-5)
    assert points.has("nose")
    assert not points.has("neck_joint")
    assert bones.has("neck_joint")
    assert not bones.has("nose")


@pytest.mark.parametrize("joint_set", [COCO17, HALPE26, H36M17, BODY_25, OPENPOSE18, MPII16], ids=lambda s: s.name)
def test_every_body_set_will_do(joint_set: JointSet) -> None:
    columns = landmark_columns(joint_set)
    assert sum(column is not None for column in columns) >= len(REQUIRED)


def test_axes_are_turned_and_missing_points_weigh_nothing() -> None:
    poses = world_poses(random_motion())
    poses.xyz[2, poses.joint_set.index("left_knee")] = np.nan
    targets = find_targets(poses, np.diag([1.0, -1.0, -1.0]))
    np.testing.assert_allclose(targets.at("nose"), poses.xyz[:, 0] * [1, -1, -1])
    assert targets.trust("left_knee")[2] == 0
    assert targets.trust("left_knee")[3] == 1


def test_a_set_without_legs_is_refused() -> None:
    bust = JointSet("bust", ("nose", "left_shoulder", "right_shoulder"), (), ())
    with pytest.raises(UsageError, match=r"bust has no .*left_hip"):
        landmark_columns(bust)
