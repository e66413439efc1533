"""`reaching`: limbs end where they are sent, bend as limbs bend, and are the same on both sides."""

from __future__ import annotations

import numpy as np
import pytest

from posewright.geometry import normalize, quat_multiply, quat_rotate, quat_to_matrix
from posewright.train.data.bodies import JOINTS
from posewright.train.data.reaches import ARM, LEG, limb_turns, reaching
from posewright.train.data.sequences import Window

TIMES = np.linspace(-1.3, 1.3, 41)


def still(count: int) -> Window:
    rotations = np.zeros((count, len(TIMES), len(JOINTS), 4), dtype=np.float32)
    rotations[..., 3] = 1.0
    return Window(rotations, np.zeros((count, len(TIMES), 3), np.float32), np.ones((count, len(TIMES), 4), np.float32))


@pytest.mark.parametrize(("limb", "rest"), [(ARM, (1.0, 0.0, 0.0)), (LEG, (0.0, -1.0, 0.0))])
def test_limbs_end_where_they_are_sent_and_bend_towards_the_pole(limb: object, rest: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(0)
    ends = normalize(rng.normal(size=(50, 3, 3))) * rng.uniform(0.4, 0.98, (50, 3, 1))
    poles = rng.normal(size=(50, 3, 3))
    upper, lower = limb_turns(limb, ends, poles)  # type: ignore[arg-type]
    elbow = quat_rotate(upper, 0.52 * np.array(rest))
    end = elbow + quat_rotate(upper, quat_rotate(lower, 0.48 * np.array(rest)))
    np.testing.assert_allclose(end, ends, atol=2e-3)
    along = normalize(ends)
    assert np.all((elbow * (poles - (poles * along).sum(-1, keepdims=True) * along)).sum(-1) > 0)
    np.testing.assert_allclose(np.linalg.det(quat_to_matrix(upper.astype(np.float64))), 1.0, atol=1e-5)


def test_forearms_bend_forward_and_shins_back_from_the_rest_pose() -> None:
    for limb, rest, towards in ((ARM, (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)), (LEG, (0.0, -1.0, 0.0), (0.0, 0.0, -1.0))):
        end = (0.8 * np.array(rest) + 0.3 * np.array(towards))[None, None]
        _, lower = limb_turns(limb, end, -np.array(towards)[None, None])
        assert quat_rotate(lower, np.array(rest))[0, 0] @ np.array(towards) > 0.3


def test_some_reach_the_rest_stay_and_kicking_feet_have_no_known_contacts() -> None:
    before = still(400)
    after = reaching(before, TIMES, np.random.default_rng(1), arms=0.5, legs=0.2)
    moved = np.abs(after.rotations - before.rotations).max((1, 3)) > 0  # (n, J)
    for bone, least, most in (("leftUpperArm", 0.3, 0.6), ("rightLowerArm", 0.3, 0.6), ("leftLowerLeg", 0.05, 0.2), ("spine", 0.5, 0.9), ("head", 0.0, 0.0)):
        assert least <= moved[:, JOINTS.index(bone)].mean() <= most
    kicks = moved[:, JOINTS.index("leftLowerLeg")] | moved[:, JOINTS.index("rightLowerLeg")]
    untouched = ~moved[:, [JOINTS.index(bone) for bone in ("leftUpperArm", "rightUpperArm", "leftUpperLeg", "rightUpperLeg")]].any(1)
    assert untouched.any()
    assert not moved[untouched].any()
    assert np.array_equal(np.isnan(after.contacts).all((1, 2)), kicks)
    assert np.array_equal(before.rotations, still(400).rotations)
    np.testing.assert_allclose(np.linalg.norm(after.rotations, axis=-1), 1.0, atol=1e-3)


def test_the_shoulder_of_the_hand_ahead_goes_ahead_and_the_legs_stay_behind() -> None:
    turns = reaching(still(300), TIMES, np.random.default_rng(3), arms=1.0, legs=0.0).rotations.astype(np.float64)
    world = turns[:, :, JOINTS.index("hips")]
    thigh = quat_multiply(world, turns[:, :, JOINTS.index("leftUpperLeg")])
    for bone in ("spine", "chest", "upperChest"):
        world = quat_multiply(world, turns[:, :, JOINTS.index(bone)])
    left_shoulder = quat_rotate(world, np.array([1.0, 0.0, 0.0]))  # from the middle: +X left, +Z ahead
    hands = []
    for side, sign in (("left", 1.0), ("right", -1.0)):
        upper, lower = (turns[:, :, JOINTS.index(side + bone)] for bone in ARM.bones)
        rest = np.array([sign, 0.0, 0.0])
        moved = np.abs(upper[..., :3]).max((1, 2)) > 0
        hands.append(np.where(moved[:, None], (0.52 * quat_rotate(upper, rest) + 0.48 * quat_rotate(upper, quat_rotate(lower, rest)))[..., 2], 0.0))
    ahead = hands[0] - hands[1]
    turned = np.degrees(np.arctan2(left_shoulder[..., 2], left_shoulder[..., 0]))
    clearly = np.abs(ahead) > 0.5  # on its way a hand may be sent nearer to the shoulder than it can go
    assert np.all((turned * ahead)[clearly] > -0.1)
    assert 10.0 < np.abs(turned[clearly]).mean() < 40.0
    assert np.abs(turned).max() < 110.0
    np.testing.assert_allclose(quat_rotate(thigh, np.array([0.0, 0.0, 1.0]))[..., 2], 1.0, atol=1e-5)


def test_hands_move_without_jumps_and_as_far_on_either_side() -> None:
    after = reaching(still(600), TIMES, np.random.default_rng(2), arms=1.0, legs=0.0)
    speeds = []
    for side, sign in (("left", 1.0), ("right", -1.0)):
        upper, lower = (after.rotations[:, :, JOINTS.index(side + bone)].astype(np.float64) for bone in ARM.bones)
        rest = np.array([sign, 0.0, 0.0])
        hand = 0.52 * quat_rotate(upper, rest) + 0.48 * quat_rotate(upper, quat_rotate(lower, rest))
        speeds.append(np.linalg.norm(np.diff(hand, axis=1), axis=-1) / np.diff(TIMES)[:, None].T)
        reaches = np.abs(hand - rest).max((1, 2)) > 0
        assert hand[reaches, :, 2].mean() > 0.2  # mostly before the body
    assert all(np.percentile(speed, 99.9) < 36.0 for speed in speeds)  # arm lengths a second; 2 across in 0.1 s with least jerk peak at 37
    assert speeds[0].mean() == pytest.approx(speeds[1].mean(), rel=0.1)
