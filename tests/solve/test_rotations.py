from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posewright.geometry import quat_angle
from posewright.skeletons import COCO17, H36M17
from tests.solve.bodies import LIMBS, bent, blazepose_of, largest_step, plausible_motion, solved, world_poses


def test_t_pose_gives_identity() -> None:
    motion = bent(np.zeros(3), "hips", (0, 1, 0))
    found = solved(world_poses(motion), motion.skeleton)
    assert np.degrees(quat_angle(found.rotations, motion.rotations)).max() < 0.1
    assert (found.rotations[..., 3] > 0).all()
    np.testing.assert_allclose(found.root_translation, motion.root_translation, atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_forward_kinematics_meets_the_landmarks(seed: int) -> None:
    motion = plausible_motion(seed)
    found = solved(world_poses(motion), motion.skeleton)
    there, back = blazepose_of(motion), found.joint_positions()
    index = [motion.skeleton.index(bone) for bone in LIMBS]
    assert np.abs(back[:, index] - motion.joint_positions()[:, index]).max() < 1e-3
    # Soles and faces too, which tells that feet and heads are turned as they were.
    assert np.linalg.norm(blazepose_of(found)[:, 25:] - there[:, 25:], axis=-1).max() < 3e-3
    assert (np.sum(found.rotations[1:] * found.rotations[:-1], axis=-1) > 0).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_joint_jumps(seed: int) -> None:
    motion = plausible_motion(seed)
    assert largest_step(solved(world_poses(motion), motion.skeleton)) < 2.0 * largest_step(motion) + 3.0


@pytest.mark.parametrize("joint_set", [COCO17, H36M17], ids=lambda s: s.name)
def test_joint_sets_without_hands_and_feet(joint_set) -> None:
    motion = plausible_motion(5)
    found = solved(world_poses(motion).to(joint_set), motion.skeleton)
    index = [motion.skeleton.index(bone) for bone in LIMBS]
    assert np.abs(found.joint_positions()[:, index] - motion.joint_positions()[:, index]).max() < 1e-3
    feet = [motion.skeleton.index(bone) for bone in ("leftFoot", "rightFoot", "leftToes", "leftHand", "rightHand")]
    assert np.degrees(quat_angle(found.rotations[:, feet], np.array([0.0, 0.0, 0.0, 1.0]))).max() < 0.1
    assert np.degrees(quat_angle(found.world_rotations(), motion.world_rotations()))[:, motion.skeleton.index("head")].max() < 25.0


@pytest.mark.parametrize("axis", [(0, 1, 0), (1, 0, 0), (0, 0, 1)], ids=["turn", "somersault", "cartwheel"])
def test_two_full_turns_have_no_jump(axis: tuple[float, float, float]) -> None:
    base = {"leftUpperArm": (0.0, 0.0, -1.2), "rightUpperArm": (0.0, 0.0, 1.2), "leftUpperLeg": (-0.5, 0.0, 0.0), "leftLowerLeg": (0.6, 0.0, 0.0)}
    motion = bent(np.linspace(0, 4 * np.pi, 121), "hips", axis, base)
    found = solved(world_poses(motion), motion.skeleton)
    assert largest_step(found) < 6.5  # the turn itself is 6 degrees a frame
    assert (np.sum(found.rotations[1:] * found.rotations[:-1], axis=-1) > 0).all()
    hips = np.degrees(quat_angle(found.world_rotations()[:, 0], motion.world_rotations()[:, 0]))
    assert np.ptp(hips) < 0.5
