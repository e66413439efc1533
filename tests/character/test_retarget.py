from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posewright.character import default_character, retarget, skin
from posewright.errors import UsageError
from posewright.geometry import normalize, quat_angle, quat_conjugate, quat_multiply
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.types import Character, Motion
from tests.character.rigs import bare_character, below_root, rolled, without
from tests.strategies import random_motion

LIMBS = [(side + a, side + b) for side in ("left", "right") for a, b in (("UpperArm", "LowerArm"), ("LowerArm", "Hand"), ("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot"))]
LESS = [(), ("upperChest",), ("upperChest", "chest", "neck"), ("leftShoulder", "rightShoulder", "leftToes", "rightToes")]


def limb_directions(motion: Motion, names: dict[str, str]) -> np.ndarray:
    """Unit vectors along the limbs, (T, L, 3)."""
    at = motion.joint_positions()
    ends = [(motion.skeleton.index(names[a]), motion.skeleton.index(names[b])) for a, b in LIMBS]
    return np.stack([normalize(at[:, b] - at[:, a]) for a, b in ends], axis=1)


def still(skeleton: Skeleton) -> Motion:
    return Motion(skeleton, skeleton.rest_rotations[None].repeat(3, 0), skeleton.rest_offsets[:1].repeat(3, 0), 30.0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), less=st.sampled_from(LESS), lengths=st.floats(0.3, 3.0), rooted=st.booleans())
def test_limbs_point_as_in_the_source(seed: int, less: tuple[str, ...], lengths: float, rooted: bool) -> None:
    """Whatever the bones' axes and lengths, and whatever bones are missing or lie between."""
    motion = random_motion(seed, frames=6, angle=2.0)
    factors = np.random.default_rng(seed).uniform(1.0, 1.0 + lengths, (len(motion.skeleton), 1))
    body = without(replace(motion.skeleton, rest_offsets=motion.skeleton.rest_offsets * factors), *less)
    character = bare_character(rolled(below_root(body) if rooted else body, seed))
    result = retarget(motion, character)
    own = {joint: joint for joint in motion.skeleton.joints}
    np.testing.assert_allclose(limb_directions(result, dict(character.humanoid)), limb_directions(motion, own), atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.1, 4.0), rooted=st.booleans())
def test_a_scaled_body_does_the_same_to_scale(seed: int, scale: float, rooted: bool) -> None:
    """Every joint, feet on the floor included, lies where the source's lies times the scale."""
    motion = random_motion(seed, frames=5, angle=1.5)
    small = motion.skeleton.scaled(scale)
    character = bare_character(rolled(below_root(small) if rooted else small, seed))
    result = retarget(motion, character)
    columns = [result.skeleton.index(character.humanoid[joint]) for joint in motion.skeleton.joints]
    np.testing.assert_allclose(result.joint_positions()[:, columns], scale * motion.joint_positions(), atol=1e-6 * max(scale, 1.0))


def test_rest_gives_rest() -> None:
    character = default_character()
    source = reference_skeleton(1.83, fingers=True)
    result = retarget(still(source), character)
    # The mannequin's limbs are up to two degrees off the T-pose's straight lines; those of the motion are met, not those.
    np.testing.assert_allclose(quat_angle(result.rotations, character.skeleton.rest_rotations), 0.0, atol=np.radians(2.5))
    # The motion says where on the floor the hip joints are; the mannequin's own lie a few millimetres from the middle.
    place = result.root_translation[1] - character.skeleton.rest_offsets[0]
    np.testing.assert_allclose(place, [0.0, 0.0, 0.0], atol=0.01)
    assert abs(place[1]) < 1e-3
    np.testing.assert_allclose(skin(character, result, 1)[0] - place, character.meshes[0].positions, atol=0.02)


def test_fingers_hang_curled_when_the_motion_has_none() -> None:
    character = default_character()
    at = retarget(still(reference_skeleton()), character).joint_positions()[0]
    index = character.skeleton.index
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for finger in ("Index", "Middle", "Ring", "Little"):
            knuckle, tip = at[index(f"{side}{finger}Proximal")], at[index(f"{side}{finger}Distal")]
            assert tip[1] < knuckle[1] - 0.015  # towards the palm, which faces down
            assert (tip - knuckle)[0] * sign > 0.02
        assert at[index(f"{side}ThumbDistal")][1] < character.skeleton.rest_pose()[0][index(f"{side}ThumbDistal")][1]
    kept = retarget(still(reference_skeleton(fingers=True)), character)
    np.testing.assert_allclose(quat_angle(kept.rotations[0], character.skeleton.rest_rotations), 0.0, atol=np.radians(2.5))


def test_left_and_right_curl_alike() -> None:
    character = default_character()
    at = retarget(still(reference_skeleton()), character).joint_positions()[0]
    for joint in character.skeleton.joints:
        if joint.startswith("left"):
            other = at[character.skeleton.index("right" + joint[4:])]
            np.testing.assert_allclose(at[character.skeleton.index(joint)] * [-1, 1, 1], other, atol=0.004)


@pytest.mark.parametrize("height", [1.2, 1.7, 2.0])
def test_feet_reach_the_floor(height: float) -> None:
    """A person of any height who stands, then squats with feet where they were: the mannequin's soles stay near the floor."""
    source = reference_skeleton(height)
    bend = np.radians(np.array([0.0, 35.0, 70.0]))
    rotations = np.tile([0.0, 0.0, 0.0, 1.0], (3, len(source), 1))
    for side in ("left", "right"):
        for bone, share in (("UpperLeg", -1.0), ("LowerLeg", 2.0), ("Foot", -1.0)):
            rotations[:, source.index(side + bone)] = np.stack([np.sin(share * bend / 2), 0 * bend, 0 * bend, np.cos(share * bend / 2)], axis=-1)
    loose = Motion(source, rotations, source.rest_offsets[:1].repeat(3, 0), 30.0)
    sunk = loose.joint_positions()[:, source.index("leftFoot"), 1] - source.rest_pose()[0][source.index("leftFoot"), 1]
    motion = replace(loose, root_translation=loose.root_translation - sunk[:, None] * [0.0, 1.0, 0.0])
    soles = skin(default_character(), retarget(motion, default_character()))[0][..., 1].min(1)
    assert np.abs(soles).max() < 0.02


def test_a_motion_that_starts_at_the_origin_is_measured_from_its_lowest_joint() -> None:
    source = reference_skeleton()
    lifted = replace(source, rest_offsets=source.rest_offsets - [[0.0, 0.955, 0.0]] * (np.arange(len(source)) == 0)[:, None])
    standing = Motion(lifted, lifted.rest_rotations[None], source.rest_offsets[:1], 30.0)
    hips = retarget(standing, default_character()).joint_positions()[0, 0]
    assert hips[1] == pytest.approx(default_character().skeleton.rest_offsets[0, 1], abs=0.03)


def test_a_rig_as_source_is_undone() -> None:
    """Onto a rolled rig, and from that rig under the humanoid's names back to the humanoid."""
    motion = random_motion(3, frames=8, angle=1.0)
    there = retarget(motion, bare_character(rolled(motion.skeleton, 5)))
    named = replace(there, skeleton=there.skeleton.renamed({f"rig:{joint}": joint for joint in motion.skeleton.joints}))
    back = retarget(named, Character("humanoid", motion.skeleton, (), (), {joint: joint for joint in motion.skeleton.joints}))
    np.testing.assert_allclose(quat_angle(back.rotations, motion.rotations), 0.0, atol=1e-6)
    np.testing.assert_allclose(back.root_translation, motion.root_translation, atol=1e-9)


def test_extra_joints_keep_their_rest_pose() -> None:
    motion = random_motion(2, frames=4, angle=1.0)
    character = bare_character(rolled(below_root(motion.skeleton), 9))
    result = retarget(motion, character)
    for joint in ("Root", "leftTwist"):
        i = character.skeleton.index(joint)
        np.testing.assert_allclose(quat_angle(result.rotations[:, i], character.skeleton.rest_rotations[i]), 0.0, atol=1e-6)


def test_keeps_time_contacts_and_confidence() -> None:
    motion = random_motion(1, frames=5, fps=24.0)
    motion = replace(motion, contacts=np.eye(5, 4, dtype=np.float32), confidence=np.linspace(0, 1, 5, dtype=np.float32), name="jump")
    result = retarget(motion, default_character())
    assert (result.fps, result.name, len(result)) == (24.0, "jump", 5)
    np.testing.assert_array_equal(result.contacts, motion.contacts)
    np.testing.assert_array_equal(result.confidence, motion.confidence)


def test_no_sign_flips() -> None:
    motion = random_motion(4, frames=60, angle=3.0)
    rotations = retarget(motion, default_character()).rotations
    assert ((rotations[1:] * rotations[:-1]).sum(-1) > 0).all()


def test_world_turns_are_those_of_the_source() -> None:
    motion = random_motion(8, frames=3, angle=1.5)
    character = bare_character(rolled(motion.skeleton, 2))
    turned = quat_multiply(retarget(motion, character).world_rotations(), quat_conjugate(character.skeleton.rest_pose()[1]))
    np.testing.assert_allclose(quat_angle(turned, motion.world_rotations()), 0.0, atol=1e-6)


def test_says_what_a_motion_lacks() -> None:
    tail = Skeleton(("base", "tip"), (-1, 0), np.array([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]), np.tile([0.0, 0.0, 0.0, 1.0], (2, 1)))
    with pytest.raises(UsageError, match=r"no humanoid bone 'hips'\. Its joints: base, tip"):
        retarget(still(tail), default_character())
