import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posewright.geometry import quat_to_matrix
from posewright.skeletons import BODY_PARENTS, HUMANOID_PARENTS, REQUIRED_BONES, Skeleton, reference_skeleton
from tests.strategies import random_motion


def _forward_plainly(skeleton, rotations, root):
    """One joint at a time with 4 x 4 matrices."""
    worlds = []
    for j, parent in enumerate(skeleton.parents):
        local = np.eye(4)
        local[:3, :3] = quat_to_matrix(rotations[j])
        local[:3, 3] = root if parent < 0 else skeleton.rest_offsets[j]
        worlds.append(local if parent < 0 else worlds[parent] @ local)
    return np.array([world[:3, 3] for world in worlds])


@given(st.integers(0, 1000))
def test_forward_equals_the_plain_way(seed):
    motion = random_motion(seed, frames=2, angle=2.0)
    fast = motion.joint_positions()
    for t in range(2):
        assert np.allclose(fast[t], _forward_plainly(motion.skeleton, motion.rotations[t], motion.root_translation[t]), atol=1e-9)


def test_reference_body_stands_on_the_floor_faces_forward_and_has_its_left_at_plus_x():
    skeleton = reference_skeleton(1.80)
    at = dict(zip(skeleton.joints, skeleton.rest_pose()[0], strict=True))
    assert at["leftHand"][0] > 0.6 > -0.6 > at["rightHand"][0]
    assert at["leftToes"][2] > at["leftFoot"][2]
    assert 0 < at["leftToes"][1] < 0.05
    assert at["head"][1] + 0.18 * 1.80 / 1.70 == pytest.approx(1.80, abs=0.02)
    assert at["leftHand"][1] == pytest.approx(at["leftUpperArm"][1])


def test_the_body_is_symmetric():
    skeleton = reference_skeleton(fingers=True)
    at = dict(zip(skeleton.joints, skeleton.rest_pose()[0], strict=True))
    for bone, position in at.items():
        if bone.startswith("left"):
            assert np.allclose(at["right" + bone[4:]], position * [-1, 1, 1])


def test_bones_are_those_of_vrm():
    assert len(BODY_PARENTS) == 22
    assert len(HUMANOID_PARENTS) == 55
    assert len(REQUIRED_BONES) == 15
    assert set(BODY_PARENTS) < set(HUMANOID_PARENTS)
    assert set(BODY_PARENTS) >= REQUIRED_BONES
    assert len(reference_skeleton(fingers=True)) == 52


@pytest.mark.parametrize(
    ("joints", "parents", "message"),
    [(("a", "a"), (-1, 0), "unique"), (("a", "b"), (-1, -1), "only root"), (("a", "b"), (-1, 1), "parents must come before"), ((), (), "at least one")],
)
def test_impossible_trees_are_refused(joints, parents, message):
    with pytest.raises(ValueError, match=message):
        Skeleton(joints, parents, np.zeros((len(joints), 3)), np.tile([0, 0, 0, 1.0], (len(joints), 1)))
