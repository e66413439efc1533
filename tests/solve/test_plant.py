from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from posewright.geometry import quat_angle, quat_from_rotvec, quat_multiply, quat_rotate, quat_to_rotvec
from posewright.skeletons import reference_skeleton
from posewright.solve.ground import sole_positions
from posewright.solve.plant import PlantOptions, foot_of, plant
from posewright.study.authored import walk_wave
from posewright.study.metrics import foot_penetration, foot_skate
from posewright.types import Motion


def soles_of(motion: Motion) -> np.ndarray:
    return sole_positions(motion.skeleton, motion.joint_positions(), motion.world_rotations())


def knees(motion: Motion) -> np.ndarray:
    """Bend of both knees, (T, 2), radians, positive the human way."""
    return np.stack([quat_to_rotvec(motion.rotations[:, motion.skeleton.index(side + "LowerLeg")])[:, 0] for side in ("left", "right")], axis=1)


def acceleration(motion: Motion, bone: str) -> float:
    return float(np.linalg.norm(np.diff(motion.joint_positions()[:, motion.skeleton.index(bone)], 2, axis=0), axis=-1).mean() * motion.fps**2)


def standing(frames: int = 60, fps: float = 30.0) -> Motion:
    """The reference body with its knees a little bent, soles on the floor."""
    skeleton = reference_skeleton()
    rotations = np.tile([0.0, 0.0, 0.0, 1.0], (frames, len(skeleton), 1))
    for side in ("left", "right"):
        for bone, angle in (("UpperLeg", -0.3), ("LowerLeg", 0.6), ("Foot", -0.3)):
            rotations[:, skeleton.index(side + bone)] = quat_from_rotvec(np.array([angle, 0.0, 0.0]))
    motion = Motion(skeleton, rotations, np.tile(skeleton.rest_offsets[0], (frames, 1)), fps, np.ones((frames, 4), np.float32))
    return replace(motion, root_translation=motion.root_translation - [0.0, soles_of(motion)[0, 0, 1], 0.0])


def drifting(motion: Motion, amplitude: float) -> Motion:
    """The same with a root that sways by `amplitude` metres each way, and feet that nod."""
    t = motion.timestamps[:, None]
    sway = amplitude * np.sin(t * [2.1, 3.3, 1.7] + [0.0, 1.0, 2.0])
    rotations = motion.rotations.copy()
    for side in ("left", "right"):
        foot = motion.skeleton.index(side + "Foot")
        rotations[:, foot] = quat_multiply(rotations[:, foot], quat_from_rotvec(0.08 * np.sin(t * [4.0, 2.0, 3.0])))
    return replace(motion, root_translation=motion.root_translation + sway, rotations=rotations)


def test_a_walk_that_is_right_already_stays() -> None:
    walk = walk_wave()
    after = plant(walk)
    assert np.abs(after.joint_positions() - walk.joint_positions()).max() < 1e-3


def test_skating_feet_are_pinned() -> None:
    walk = walk_wave()
    before = drifting(walk, 0.03)
    after = plant(before)
    assert after.contacts is not None
    planted = after.contacts > 0.5
    assert foot_skate(soles_of(before), planted) > 1.5e-3
    assert foot_skate(soles_of(after), planted) < 0.5e-3
    assert foot_penetration(soles_of(before))[1] > 0.02
    assert foot_penetration(soles_of(after))[1] < 0.005
    assert planted.mean() > 0.6
    assert knees(after).min() > 0.0
    for bone in ("leftLowerLeg", "rightLowerLeg", "leftFoot", "rightFoot", "hips"):
        assert acceleration(after, bone) < 1.1 * acceleration(before, bone)
    miss = [np.linalg.norm(m.joint_positions() - walk.joint_positions(), axis=-1).mean() for m in (before, after)]
    assert miss[1] < miss[0], "and the body is nearer to the truth"


def test_planted_feet_lie_flat() -> None:
    after = plant(drifting(standing(), 0.02))
    np.testing.assert_allclose(soles_of(after)[..., 1], 0.0, atol=1e-6)
    np.testing.assert_allclose(np.ptp(soles_of(after), axis=0), 0.0, atol=1e-6)


def test_a_body_that_floats_is_brought_down_and_one_out_of_reach_sinks_smoothly() -> None:
    body = standing()
    floating = replace(body, root_translation=body.root_translation + np.array([0.0, 0.04, 0.0]))
    np.testing.assert_allclose(plant(floating).joint_positions(), body.joint_positions(), atol=1e-4)

    lift = 0.25 * np.exp(-(((body.timestamps - 1.0) / 0.2) ** 2))[:, None] * [0.0, 1.0, 0.0]
    after = plant(replace(body, root_translation=body.root_translation + 0.5 * lift))
    np.testing.assert_allclose(soles_of(after)[..., 1], 0.0, atol=1e-6)
    assert knees(after).min() > np.radians(10.0), "the pelvis sinks instead of the knees locking"
    assert np.abs(np.diff(after.root_translation[:, 1], 2)).max() < np.abs(np.diff(0.5 * lift[:, 1], 2)).max()


def test_a_jump_stays_a_jump() -> None:
    body = standing()
    t = body.timestamps
    height = np.where((t > 0.8) & (t < 1.3), 4.9 * (t - 0.8) * (1.3 - t), 0.0)
    contacts = np.repeat((height == 0.0).astype(np.float32)[:, None], 4, axis=1)
    jump = replace(body, root_translation=body.root_translation + height[:, None] * [0.0, 1.0, 0.0], contacts=contacts)
    after = plant(jump)
    np.testing.assert_allclose(after.joint_positions(), jump.joint_positions(), atol=2e-3)
    assert after.contacts is not None
    assert not after.contacts[(t > 0.83) & (t < 1.27)].any()


def test_feet_that_rest_on_something_else_are_left_alone() -> None:
    body = standing()
    seated = replace(body, root_translation=body.root_translation + np.array([0.0, 0.4, 0.0]))
    after = plant(seated)
    np.testing.assert_allclose(after.joint_positions(), seated.joint_positions(), atol=1e-9)
    assert after.contacts is not None
    assert not after.contacts.any()


def test_somebody_who_lies_stays_but_for_what_sinks_into_the_floor() -> None:
    body = standing()
    rotations = body.rotations.copy()
    rotations[:, 0] = quat_from_rotvec(np.array([-np.pi / 2, 0.0, 0.0]))
    lying = Motion(body.skeleton, rotations, np.tile([0.0, 0.14, 0.0], (len(body), 1)), body.fps, np.zeros((len(body), 4), np.float32))
    assert soles_of(lying)[..., 1].min() > 0.0
    np.testing.assert_allclose(plant(lying).joint_positions(), lying.joint_positions(), atol=1e-9)
    sunk = replace(lying, root_translation=lying.root_translation - [0.0, 0.2, 0.0])
    depth = -soles_of(sunk)[..., 1].min()
    after = plant(sunk)
    assert depth > 0.05
    assert soles_of(after)[..., 1].min() > -1e-6
    assert np.abs(after.joint_positions() - sunk.joint_positions()).max() < 2.5 * depth


def test_toes_bend_instead_of_piercing_the_floor() -> None:
    body = standing()
    t = body.timestamps[:, None]
    rotations = body.rotations.copy()
    foot = body.skeleton.index("leftFoot")
    rotations[:, foot] = quat_multiply(rotations[:, foot], quat_from_rotvec(np.clip(t - 0.5, 0.0, 0.8) * [1.0, 0.0, 0.0]))
    contacts = np.ones((len(body), 4), np.float32)
    contacts[:, 0] = t[:, 0] < 0.5
    after = plant(replace(body, rotations=rotations, contacts=contacts))
    shape, toes = foot_of(body.skeleton, "left"), body.skeleton.index("leftToes")
    at = after.joint_positions()[:, toes], after.world_rotations()[:, toes]
    tip = at[0] + quat_rotate(at[1], np.array([0.0, -shape.ball_height, shape.toe_length]))
    assert tip[:, 1].min() > -1e-3
    np.testing.assert_allclose(np.ptp(at[0], axis=0), 0.0, atol=1e-6)
    assert soles_of(after)[-1, 0, 1] > 0.05, "the heel is up"
    assert quat_angle(after.rotations[-1, toes], body.rotations[-1, toes]) > 0.3


def test_contacts_can_be_given_or_estimated() -> None:
    body = drifting(standing(), 0.01)
    nothing = np.zeros((len(body), 4), np.float32)
    given = plant(body, nothing)
    assert given.contacts is not None
    assert not given.contacts.any()
    estimated = plant(replace(body, contacts=None))
    assert estimated.contacts is not None
    assert estimated.contacts.mean() > 0.9
    with pytest.raises(ValueError, match=r"contacts have shape \(3, 4\)"):
        plant(body, nothing[:3])


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_short_motions_pass(frames: int) -> None:
    body = standing(60).sliced(0, frames)
    after = plant(body, options=PlantOptions(least_s=0.0, follow_s=0.0))
    np.testing.assert_allclose(after.joint_positions(), body.joint_positions(), atol=1e-6)
