from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from posewright.geometry import quat_angle, quat_multiply
from posewright.skeletons import reference_skeleton
from tests.solve.bodies import bent, blazepose_of, plausible_motion, poses_of, solved, world_poses


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_head_and_hands_are_turned_as_they_were(seed: int) -> None:
    motion = plausible_motion(seed)
    found = solved(world_poses(motion), motion.skeleton)
    off = np.degrees(quat_angle(found.world_rotations(), motion.world_rotations()))
    index = motion.skeleton.index
    assert off[:, index("head")].max() < 3.0
    assert off[:, [index("leftHand"), index("rightHand")]].max() < 12.0


def test_forearm_and_hand_share_the_roll() -> None:
    skeleton = reference_skeleton()
    roll = bent(np.full(3, 1.0), "leftHand", (1, 0, 0), {"leftLowerArm": (0.0, -1.0, 0.0)})
    found = solved(world_poses(roll), skeleton)
    elbow, hand = (found.rotations[:, skeleton.index(bone)] for bone in ("leftLowerArm", "leftHand"))
    np.testing.assert_allclose(np.degrees(quat_angle(hand, np.array([0.0, 0.0, 0.0, 1.0]))), np.degrees(0.5), atol=3.0)
    whole = quat_multiply(elbow, hand)
    assert np.degrees(quat_angle(whole, quat_multiply(roll.rotations[:, skeleton.index("leftLowerArm")], roll.rotations[:, skeleton.index("leftHand")]))).max() < 6.0


def test_a_frame_without_face_keeps_the_head_with_the_chest() -> None:
    motion = plausible_motion(3, frames=6)
    points = blazepose_of(motion)
    points[:, :11] = np.nan
    found = solved(poses_of(points, motion.timestamps), motion.skeleton)
    index = motion.skeleton.index
    off = quat_angle(found.world_rotations()[:, index("head")], found.world_rotations()[:, index("upperChest")])
    assert np.degrees(off).max() < 0.1
