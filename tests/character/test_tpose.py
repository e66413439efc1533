from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from posewright.character.retarget import retarget
from posewright.character.stance import Body
from posewright.character.tpose import reference_direction, t_pose
from posewright.geometry import normalize, quat_angle, quat_conjugate, quat_multiply
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.types import Motion
from tests.character.rigs import bare_character, posed, rested, rolled
from tests.character.test_retarget import LIMBS, limb_directions
from tests.strategies import random_motion


def turned(axis: str, degrees: float) -> np.ndarray:
    return Rotation.from_euler(axis, degrees, degrees=True).as_quat()


RESTS: dict[str, dict[str, np.ndarray]] = {
    "T": {},
    "A": {"leftUpperArm": turned("z", -45), "rightUpperArm": turned("z", 45)},
    "arms down": {"leftUpperArm": turned("z", -88), "rightUpperArm": turned("z", 88)},
    "elbows bent": {"leftUpperArm": turned("z", -50), "rightUpperArm": turned("z", 50), "leftLowerArm": turned("y", -60), "rightLowerArm": turned("y", 60)},
    "knees bent": {side + bone: turned("x", angle) for side in ("left", "right") for bone, angle in (("UpperLeg", -40), ("LowerLeg", 80), ("Foot", -40))},
    "straddled": {"leftUpperLeg": turned("z", 25), "rightUpperLeg": turned("z", -25), "leftFoot": turned("z", -25), "rightFoot": turned("z", 25)},
    "palms forward": {"leftUpperArm": turned("z", -80), "rightUpperArm": turned("z", 80), "leftHand": turned("x", -90), "rightHand": turned("x", -90)},
}


def test_the_reference_body_stands_in_its_own_t_pose() -> None:
    skeleton = reference_skeleton(fingers=True)
    np.testing.assert_allclose(quat_angle(t_pose(skeleton, {joint: joint for joint in skeleton.joints}), np.array([0.0, 0, 0, 1])), 0.0, atol=1e-6)


@pytest.mark.parametrize("name", RESTS)
def test_common_rest_poses_are_undone(name: str) -> None:
    """Whatever pose a body rests in, a motion on it looks as on the reference: every joint's turn, not only the limbs' directions."""
    skeleton = rested(reference_skeleton(fingers=True), RESTS[name])
    character = bare_character(rolled(skeleton, 3))
    motion = random_motion(4, frames=4, angle=1.0, skeleton=reference_skeleton(fingers=True))
    positions = retarget(motion, character).joint_positions()
    wanted = motion.joint_positions()
    columns = [character.skeleton.index(character.humanoid[joint]) for joint in motion.skeleton.joints]
    apart = np.linalg.norm(positions[:, columns] - wanted, axis=-1)
    thumbs = np.array(["Thumb" in joint for joint in motion.skeleton.joints])  # these keep the place on the hand that they rest in
    assert apart[:, ~thumbs].max() < 0.004


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), angle=st.floats(0.0, 1.2), lengths=st.floats(0.0, 1.5), scale=st.floats(0.05, 20.0))
def test_limbs_point_as_in_the_source_from_any_rest_pose(seed: int, angle: float, lengths: float, scale: float) -> None:
    motion = random_motion(seed, frames=5, angle=2.0)
    factors = np.random.default_rng(seed).uniform(1.0, 1.0 + lengths, (len(motion.skeleton), 1))
    skeleton = motion.skeleton
    body = Skeleton(skeleton.joints, skeleton.parents, skeleton.rest_offsets * factors, skeleton.rest_rotations).scaled(scale)
    character = bare_character(rolled(posed(body, seed, angle), seed + 1))
    found = limb_directions(retarget(motion, character), dict(character.humanoid))
    wanted = limb_directions(motion, {joint: joint for joint in skeleton.joints})
    assert np.degrees(np.arccos(np.clip((found * wanted).sum(-1), -1, 1))).max() < 0.01


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), angle=st.floats(0.0, 1.0))
def test_there_and_back_is_the_same(seed: int, angle: float) -> None:
    """Recorded on rig A, put on rig B and back on A: rigs of random axes, lengths and rest poses."""
    reference = reference_skeleton()
    rng = np.random.default_rng(seed)
    a = rolled(posed(reference, seed, angle), seed)
    b_body = Skeleton(reference.joints, reference.parents, reference.rest_offsets * rng.uniform(0.6, 1.6, (len(reference), 1)), reference.rest_rotations)
    b = bare_character(rolled(posed(b_body, seed + 7, angle), seed + 7))
    swing = random_motion(seed, frames=6, angle=1.2, skeleton=reference)
    start = Motion(a, quat_multiply(a.rest_rotations, swing.rotations), swing.root_translation, 30.0)
    there = retarget(start, b)
    named = Motion(there.skeleton.renamed({joint: bone for bone, joint in b.humanoid.items()}), there.rotations, there.root_translation, 30.0)
    home = bare_character(a)
    back = retarget(named, home)
    assert np.degrees(quat_angle(back.rotations, start.rotations)).mean() < 0.01
    np.testing.assert_allclose(back.joint_positions()[:, 0], start.joint_positions()[:, 0], atol=0.02 * Body.of(home).leg_height)


def test_limbs_at_rest_lie_along_the_reference_directions() -> None:
    for bone, child in LIMBS:
        skeleton = reference_skeleton()
        along = normalize(skeleton.rest_pose()[0][skeleton.index(child)] - skeleton.rest_pose()[0][skeleton.index(bone)])
        np.testing.assert_allclose(reference_direction(bone), along, atol=1e-12)


def test_palms_are_turned_down_and_the_forearm_shares_the_roll() -> None:
    skeleton = rested(reference_skeleton(fingers=True), RESTS["palms forward"])
    worlds = t_pose(skeleton, {joint: joint for joint in skeleton.joints})
    forearm, hand = worlds[skeleton.index("leftLowerArm")], worlds[skeleton.index("leftHand")]
    roll = np.degrees(quat_angle(quat_multiply(quat_conjugate(forearm), hand), np.array([0.0, 0.0, 0.0, 1.0])))
    assert 40 < roll < 50  # of the ninety degrees between arm and palm
