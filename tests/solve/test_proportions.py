from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from posewright.geometry import IDENTITY
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.solve.proportions import fit_skeleton, stature, weighted_quantile
from posewright.solve.targets import find_targets
from posewright.types import Motion
from tests.solve.bodies import humanoid_poses, world_poses


def standing(skeleton: Skeleton, frames: int = 9) -> Motion:
    return Motion(skeleton, np.tile(IDENTITY, (frames, len(skeleton), 1)), np.tile(skeleton.rest_offsets[0], (frames, 1)), 30.0)


def odd_person() -> Skeleton:
    """Long arms, short shins, broad shoulders."""
    skeleton = reference_skeleton(1.6)
    offsets = skeleton.rest_offsets.copy()
    for side in ("left", "right"):
        offsets[skeleton.index(f"{side}LowerArm")] *= 1.2
        offsets[skeleton.index(f"{side}Foot")] *= 0.9
        offsets[skeleton.index(f"{side}UpperArm")] *= 1.1
        offsets[skeleton.index(f"{side}Shoulder"), 0] *= 1.1
    return replace(skeleton, rest_offsets=offsets)


@pytest.mark.parametrize("view", [world_poses, humanoid_poses])
def test_a_standing_person_gives_back_the_bone_lengths(view) -> None:
    person = odd_person()
    found = fit_skeleton(find_targets(view(standing(person)), np.eye(3)))
    limbs = [i for i, joint in enumerate(person.joints) if i and joint not in ("leftToes", "rightToes")]
    np.testing.assert_allclose(found.rest_offsets[limbs], person.rest_offsets[limbs], atol=3e-3)  # a clavicle is scaled along its rest direction


def test_outliers_and_distrust_do_not_move_the_lengths() -> None:
    motion = standing(reference_skeleton(), 50)
    poses = world_poses(motion)
    knee = poses.joint_set.index("left_knee")
    poses.xyz[:20, knee] += 0.5
    poses.confidence[:30, knee] = 0.05
    found = fit_skeleton(find_targets(poses, np.eye(3)))
    np.testing.assert_allclose(found.rest_offsets, motion.skeleton.rest_offsets, atol=0.005)


def test_left_and_right_are_alike_unless_asked() -> None:
    person = reference_skeleton()
    offsets = person.rest_offsets.copy()
    offsets[person.index("leftLowerArm")] *= 1.1
    targets = find_targets(world_poses(standing(replace(person, rest_offsets=offsets))), np.eye(3))
    left, right = person.index("leftLowerArm"), person.index("rightLowerArm")
    even, own = fit_skeleton(targets).rest_offsets, fit_skeleton(targets, symmetric=False).rest_offsets
    assert even[left, 0] == pytest.approx(-even[right, 0]) == pytest.approx(1.05 * person.rest_offsets[left, 0], rel=1e-3)
    assert own[left, 0] == pytest.approx(1.1 * person.rest_offsets[left, 0], rel=1e-3)


@pytest.mark.parametrize("height", [1.2, 1.7, 2.0])
def test_stature_of_the_reference_is_its_height(height: float) -> None:
    assert stature(reference_skeleton(height)) == pytest.approx(height, abs=0.02)


def test_weighted_quantile_follows_the_weight() -> None:
    assert weighted_quantile(np.array([3.0, 1.0, np.nan, 2.0]), np.array([1.0, 1.0, 9.0, 1.0]), 0.5) == 2.0
    assert weighted_quantile(np.array([1.0, 5.0]), np.array([0.1, 1.0]), 0.5) == 5.0
    assert np.isnan(weighted_quantile(np.array([np.nan]), np.array([1.0]), 0.5))
