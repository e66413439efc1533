from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posewright.geometry import quat_angle, quat_from_matrix
from posewright.skeletons import reference_skeleton
from posewright.solve.targets import find_targets
from posewright.solve.trunk import solve_trunk
from tests.solve.bodies import bent, humanoid_poses, plausible_motion, solved, world_poses


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_humanoids_own_joints_are_all_met(seed: int) -> None:
    motion = plausible_motion(seed)
    found = solved(humanoid_poses(motion), motion.skeleton)
    assert np.abs(found.joint_positions() - motion.joint_positions()).max() < 2e-3


def test_shoulders_and_hips_are_met_with_the_spine_bent_evenly() -> None:
    skeleton = reference_skeleton()
    motion = bent(np.linspace(0.0, 0.5, 5), "chest", (1, 0, 0))
    found = solve_trunk(find_targets(world_poses(motion), np.eye(3)), skeleton, 0.002)
    bends = [quat_from_matrix(np.swapaxes(found.rotations[a], 1, 2) @ found.rotations[b]) for a, b in (("hips", "spine"), ("spine", "chest"), ("chest", "upperChest"))]
    angles = [float(np.degrees(quat_angle(bend[-1], np.array([0.0, 0.0, 0.0, 1.0])))) for bend in bends]
    assert max(angles) < 15.0, "no one joint takes it all"


def test_an_unsteady_trunk_length_does_not_make_the_spine_buckle() -> None:
    motion = bent(np.zeros(40), "hips", (0, 1, 0))
    poses = world_poses(motion)
    shoulders = poses.joint_set.indices("left_shoulder", "right_shoulder")
    poses.xyz[:, shoulders, 1] += 0.015 * np.where(np.arange(40) % 2 == 0, 1.0, -1.0)[:, None]
    found = solve_trunk(find_targets(poses, np.eye(3)), motion.skeleton, 0.015)
    chest = quat_from_matrix(np.swapaxes(found.rotations["hips"], 1, 2) @ found.rotations["upperChest"])
    assert np.degrees(quat_angle(chest[1:], chest[:-1])).max() < 1.0


def test_blocks_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    motion = plausible_motion(1)
    targets = find_targets(humanoid_poses(motion), np.eye(3))
    whole = solve_trunk(targets, motion.skeleton, 0.002)
    monkeypatch.setattr("posewright.solve.trunk.BLOCK", 7)
    parts = solve_trunk(targets, motion.skeleton, 0.002)
    np.testing.assert_allclose(parts.hips, whole.hips)
    np.testing.assert_allclose(parts.rotations["leftShoulder"], whole.rotations["leftShoulder"], atol=1e-9)
