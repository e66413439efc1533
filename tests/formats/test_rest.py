from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from posewright.formats.rest import with_t_pose
from posewright.geometry import quat_angle, quat_conjugate, quat_from_rotvec, quat_multiply, quat_rotate
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.types import Motion
from tests.formats.samples import random_motion

IDENTITY = np.array([0.0, 0.0, 0.0, 1.0])


def with_joint_axes(motion: Motion, axes: np.ndarray) -> Motion:
    """The same movement with each joint's own axes turned by `axes` (J, 4), and all rotations zero at rest, as a BVH has it."""
    skeleton, parents = motion.skeleton, np.array(motion.skeleton.parents)
    offsets = skeleton.rest_offsets.copy()
    offsets[1:] = quat_rotate(quat_conjugate(axes[parents[1:]]), offsets[1:])
    worlds = quat_multiply(motion.world_rotations(), axes)
    local = worlds.copy()
    local[:, 1:] = quat_multiply(quat_conjugate(worlds[:, parents[1:]]), worlds[:, 1:])
    return Motion(Skeleton(skeleton.joints, skeleton.parents, offsets, np.tile(IDENTITY, (len(skeleton), 1))), local, motion.root_translation, motion.fps)


@pytest.fixture
def body() -> Motion:
    """A body that moves its limbs and bends its knees and elbows the human way, on the reference skeleton in T-pose."""
    skeleton = reference_skeleton()
    motion = random_motion(skeleton, frames=120)
    rotations = quat_from_rotvec(0.3 * np.random.default_rng(1).normal(size=(len(skeleton), 3)) * np.sin(np.arange(120) / 9)[:, None, None])
    bend = 0.6 + 0.4 * np.sin(np.arange(120) / 7)[:, None]
    for side, sign in (("left", -1.0), ("right", 1.0)):
        rotations[:, skeleton.index(f"{side}LowerArm")] = quat_from_rotvec(bend * [0.0, sign, 0.0])
        rotations[:, skeleton.index(f"{side}LowerLeg")] = quat_from_rotvec(bend * [1.0, 0.0, 0.0])
    return replace(motion, rotations=rotations)


def test_a_t_pose_is_left_alone(body: Motion) -> None:
    assert with_t_pose(body) is body
    unknown = replace(body, skeleton=body.skeleton.renamed({"hips": "Bip01"}))
    assert with_t_pose(unknown) is unknown


def test_straddled_legs_and_lowered_arms_are_swung_back(body: Motion) -> None:
    """An A-pose rig: in its T-pose the joints are turned by just what they were swung."""
    axes = np.tile(IDENTITY, (len(body.skeleton), 1))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for bones, angle in ((("UpperArm", "LowerArm", "Hand"), 45.0), (("UpperLeg", "LowerLeg"), -20.0)):
            for bone in bones:
                axes[body.skeleton.index(side + bone)] = quat_from_rotvec(np.radians(sign * angle) * np.array([0.0, 0.0, 1.0]))
    spread = with_joint_axes(body, axes)
    fixed = with_t_pose(spread)
    np.testing.assert_allclose(fixed.joint_positions(), spread.joint_positions(), atol=1e-9)
    assert np.degrees(quat_angle(fixed.skeleton.rest_pose()[1], axes)).max() < 2.0


def test_bones_laid_along_one_axis_are_told_by_the_movement(body: Motion) -> None:
    """A rig whose zero pose is no body's: the right angles of its joints' axes come out of the clip alone."""
    square = Rotation.create_group("O")
    axes = square[np.random.default_rng(2).integers(0, 24, len(body.skeleton))].as_quat()
    laid = with_joint_axes(body, axes)
    fixed = with_t_pose(laid)
    np.testing.assert_allclose(fixed.joint_positions(), laid.joint_positions(), atol=1e-9)
    off = np.degrees(quat_angle(fixed.skeleton.rest_pose()[1], axes))
    assert off.max() < 1e-3, dict(zip(body.skeleton.joints, off.round(), strict=True))
