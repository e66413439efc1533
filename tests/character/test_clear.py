from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from posewright.character import default_character, retarget
from posewright.character.clear import clear_hands
from posewright.character.stance import Body
from posewright.character.trunk import trunk_slabs
from posewright.geometry import quat_angle, quat_conjugate, quat_from_rotvec, quat_multiply, quat_rotate
from posewright.skeletons import reference_skeleton
from posewright.types import Character, Motion
from tests.character.rigs import bare_character


def stout(character: Character, by: float) -> Character:
    """The character with its trunk's vertices blown out from the mid-line."""
    joints = [character.skeleton.index(character.humanoid[bone]) for bone in ("hips", "spine", "chest", "upperChest")]
    meshes = []
    for mesh in character.meshes:
        share = (mesh.weights * np.isin(mesh.joints, joints)).sum(1, keepdims=True)
        meshes.append(replace(mesh, positions=(mesh.positions * (1.0 + (by - 1.0) * share * [1.0, 0.0, 1.0])).astype(np.float32)))
    return replace(character, meshes=tuple(meshes), document=None)


def hands_before_the_belly() -> Motion:
    """Both forearms folded in front of the trunk, the hands going in and out again."""
    body = reference_skeleton()
    frames = 31
    local = np.tile(body.rest_rotations, (frames, 1, 1))
    fold = np.sin(np.linspace(0, np.pi, frames))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        local[:, body.index(f"{side}UpperArm")] = quat_multiply(quat_from_rotvec(np.array([0.0, 0.0, -sign * 1.15])), quat_from_rotvec(np.array([1.2, 0.0, 0.0])))
        local[:, body.index(f"{side}LowerArm")] = quat_from_rotvec(-sign * (0.8 + 1.4 * fold)[:, None] * [0.0, 1.0, 0.0])
    return Motion(body, local, np.tile(body.rest_offsets[0], (frames, 1)), 30.0)


def depth(motion: Motion, character: Character) -> np.ndarray:
    """How far each wrist lies in the trunk, (T, 2), metres."""
    body = Body.of(character)
    positions, worlds = motion.skeleton.forward(motion.rotations, motion.root_translation)
    out = np.zeros((len(motion), 2))
    for column, side in enumerate(("left", "right")):
        for slab in trunk_slabs(character, body):
            turned = quat_multiply(worlds[:, slab.joint], quat_conjugate(body.t_pose[slab.joint]))
            local = quat_rotate(quat_conjugate(turned), positions[:, body.joint[f"{side}Hand"]] - positions[:, slab.joint])
            out[:, column] = np.maximum(out[:, column], np.linalg.norm(slab.push(local, 0.0), axis=-1))
    return out


def test_the_trunk_of_the_mannequin_has_a_humans_girth() -> None:
    character = default_character()
    slabs = trunk_slabs(character, Body.of(character))
    assert len(slabs) >= 3
    for slab in slabs:
        assert 0.10 < slab.radii[0] < 0.25
        assert 0.07 < slab.radii[1] < 0.20
        assert abs(slab.centre[0]) < 0.01


@pytest.mark.parametrize("by", [1.0, 1.6])
def test_hands_stay_out_and_move_smoothly(by: float) -> None:
    hero, motion = stout(default_character(), by), hands_before_the_belly()
    loose, clear = retarget(motion, hero, clear=False), retarget(motion, hero)
    if by > 1.0:
        assert depth(loose, hero).max() > 0.03
    assert depth(clear, hero).max() < 0.01
    hands = [hero.skeleton.index(hero.humanoid[f"{side}Hand"]) for side in ("left", "right")]
    steps = [np.abs(np.diff(m.joint_positions()[:, hands], 2, axis=0)).max() for m in (loose, clear)]
    assert steps[1] < steps[0] + 0.02
    np.testing.assert_allclose(quat_angle(clear.world_rotations()[:, hands], loose.world_rotations()[:, hands]), 0.0, atol=1e-6)


def test_what_is_clear_stays_as_it_is() -> None:
    body = reference_skeleton()
    still = Motion(body, body.rest_rotations[None].repeat(2, 0), body.rest_offsets[:1].repeat(2, 0), 30.0)
    hero = default_character()
    np.testing.assert_array_equal(retarget(still, hero).rotations, retarget(still, hero, clear=False).rotations)


def test_a_body_without_a_mesh_is_left_alone() -> None:
    character = bare_character(reference_skeleton())
    motion = retarget(hands_before_the_belly(), character, clear=False)
    assert clear_hands(motion, character, Body.of(character)) is motion
