from __future__ import annotations

import numpy as np
import pytest

from posewright.geometry import quat_angle, quat_rotate
from tests.solve.bodies import bent, solved, world_poses


@pytest.mark.parametrize(("bone", "axis"), [("leftLowerArm", (0, -1, 0)), ("rightLowerArm", (0, 1, 0)), ("leftLowerLeg", (1, 0, 0)), ("rightLowerLeg", (1, 0, 0))])
def test_a_limb_that_straightens_keeps_its_twist(bone: str, axis: tuple[float, float, float]) -> None:
    angles = np.radians(80.0) * np.abs(np.linspace(-1, 1, 61))
    angles = np.maximum(angles - np.radians(5.0), -np.radians(3.0))  # a touch beyond straight, as noise would have it
    motion = bent(angles, bone, axis, {"leftUpperArm": (0.3, 0.0, -1.2), "rightUpperArm": (0.3, 0.0, 1.2), "leftUpperLeg": (-0.3, 0.2, 0.0)})
    found = solved(world_poses(motion), motion.skeleton)
    upper = motion.skeleton.parents[motion.skeleton.index(bone)]
    off = np.degrees(quat_angle(found.rotations[:, upper], motion.rotations[:, upper]))
    assert off.max() < 20.0
    assert np.degrees(quat_angle(found.rotations[1:, upper], found.rotations[:-1, upper])).max() < 5.0


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_knee_that_seems_to_bend_backwards_is_straightened(side: str) -> None:
    motion = bent(np.full(10, np.radians(-20.0)), f"{side}LowerLeg", (1, 0, 0))
    found = solved(world_poses(motion), motion.skeleton)
    bend = np.degrees(np.arctan2(*quat_rotate(found.rotations[:, motion.skeleton.index(f"{side}LowerLeg")], np.array([0.0, -1.0, 0.0]))[:, [2, 1]].T * -1))
    assert np.abs(bend).max() < 6.0
    knee_axis = quat_rotate(found.world_rotations()[:, motion.skeleton.index(f"{side}UpperLeg")], np.array([0.0, 0.0, 1.0]))
    assert (knee_axis[:, 2] > 0.95).all(), "the knee still points forwards"


@pytest.mark.parametrize("side", ["left", "right"])
def test_limbs_bend_the_human_way(side: str) -> None:
    sign = 1.0 if side == "left" else -1.0
    knee = bent(np.full(3, 1.0), f"{side}LowerLeg", (1, 0, 0))
    found = solved(world_poses(knee), knee.skeleton)
    assert np.degrees(quat_angle(found.rotations, knee.rotations)).max() < 2.0
    elbow = bent(np.full(3, 1.0), f"{side}LowerArm", (0, -sign, 0), {f"{side}UpperArm": (0.0, 0.0, -sign)})
    found = solved(world_poses(elbow), elbow.skeleton)
    arms = [elbow.skeleton.index(side + bone) for bone in ("UpperArm", "LowerArm", "Hand")]
    assert np.degrees(quat_angle(found.rotations[:, arms], elbow.rotations[:, arms])).max() < 2.0
