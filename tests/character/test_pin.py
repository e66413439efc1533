from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from posewright.character import default_character, retarget, skin, with_contacts
from posewright.character.contacts import foot_points
from posewright.character.stance import Body
from posewright.geometry import quat_conjugate, quat_from_rotvec, quat_multiply, quat_rotate
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.solve.footprints import segments
from posewright.types import Character, Motion
from tests.character.rigs import bare_character, rolled

FPS = 30.0


def walk(skeleton: Skeleton | None = None, slip: float = 0.0) -> Motion:
    """Steps in place of a body that sways: one foot stands while the other is lifted, knees bend, the standing foot drifts by `slip` metres a second."""
    skeleton = skeleton or reference_skeleton()
    frames = 120
    time = np.arange(frames) / FPS
    rotations = np.tile([0.0, 0.0, 0.0, 1.0], (frames, len(skeleton), 1))
    lift = {"left": np.maximum(np.sin(2 * np.pi * time), 0.0), "right": np.maximum(-np.sin(2 * np.pi * time), 0.0)}
    for side in ("left", "right"):
        for bone, share in (("UpperLeg", -1.0), ("LowerLeg", 2.0), ("Foot", -1.0)):
            rotations[:, skeleton.index(side + bone)] = quat_from_rotvec(np.outer(share * (0.25 + 0.6 * lift[side]), [1.0, 0.0, 0.0]))
    rotations[:, 0] = quat_from_rotvec(np.outer(0.15 * np.sin(2 * np.pi * time), [0.0, 1.0, 0.0]))
    loose = Motion(skeleton, rotations, np.tile(skeleton.rest_offsets[0], (frames, 1)), FPS)
    feet = foot_points(loose, Body(skeleton, {joint: joint for joint in skeleton.joints}))
    path = loose.root_translation - feet[..., 1].min(1)[:, None] * [0.0, 1.0, 0.0] + np.outer(slip * time, [1.0, 0.0, 0.0])
    contacts = np.repeat(np.stack([lift["left"] < 0.02, lift["right"] < 0.02], axis=1), 2, axis=1).astype(np.float32)
    return replace(loose, root_translation=path, contacts=contacts)


def with_legs(character: Character, thigh: float, shin: float) -> Character:
    offsets = character.skeleton.rest_offsets.copy()
    for side in ("left", "right"):
        offsets[character.skeleton.index(character.humanoid[f"{side}LowerLeg"])] *= thigh
        offsets[character.skeleton.index(character.humanoid[f"{side}Foot"])] *= shin
    offsets[0, 1] = 0.0
    skeleton = replace(character.skeleton, rest_offsets=offsets)
    feet = [skeleton.index(character.humanoid[f"{side}Foot"]) for side in ("left", "right")]
    offsets[0, 1] = 0.08 - skeleton.rest_pose()[0][feet, 1].mean()
    return replace(character, skeleton=replace(skeleton, rest_offsets=offsets), meshes=())


def skate(motion: Motion, body: Body, contacts: np.ndarray) -> tuple[float, float]:
    """Mean speed of planted feet over the floor (metres a second), and their greatest height above or below it."""
    points = foot_points(motion, body)
    planted = segments(contacts, motion.fps, 0.6, 0.5, 0.1, 0.06)
    speed = np.linalg.norm(np.gradient(points[..., [0, 2]], 1 / motion.fps, axis=0), axis=-1)
    return float(speed[planted].mean()), float(np.abs(points[..., 1][planted]).max())


@pytest.mark.parametrize(("thigh", "shin"), [(1.0, 1.0), (0.7, 0.7), (1.3, 1.3), (1.0, 0.7), (1.3, 1.0)])
@pytest.mark.parametrize("seed", [None, 5])
def test_feet_stand_on_legs_of_other_lengths(thigh: float, shin: float, seed: int | None) -> None:
    source = walk(slip=0.05)
    body = Body(source.skeleton, {joint: joint for joint in source.skeleton.joints})
    skeleton = source.skeleton if seed is None else rolled(source.skeleton, seed)
    character = with_legs(bare_character(skeleton), thigh, shin)
    hero = Body.of(character)
    assert source.contacts is not None
    loose, _ = skate(retarget(source, character, pin=False), hero, source.contacts)
    found, height = skate(retarget(source, character), hero, source.contacts)
    theirs, _ = skate(source, body, source.contacts)
    assert found < 1.3 * theirs
    assert found < loose
    assert height < 0.012


def test_knees_bend_the_way_they_bent() -> None:
    source = walk()
    character = with_legs(bare_character(rolled(source.skeleton, 2)), 1.3, 0.8)
    result = retarget(source, character)
    body = Body.of(character)
    turned = quat_multiply(result.world_rotations(), quat_conjugate(body.t_pose))
    for side in ("left", "right"):
        thigh, shin = (turned[:, body.joint[side + bone]] for bone in ("UpperLeg", "LowerLeg"))
        back = quat_rotate(quat_conjugate(thigh), quat_rotate(shin, np.array([0.0, -1.0, 0.0])))
        assert (back[:, 2] < 0.02).all()
        assert np.abs(back[:, 0]).max() < 0.1


def test_soles_of_the_mannequin_stay_on_the_floor() -> None:
    source = walk(reference_skeleton(1.9))
    result = retarget(source, default_character())
    lowest = skin(default_character(), result, slice(0, None, 7))[0][..., 1].min(1)
    assert np.abs(lowest).max() < 0.02


def test_soles_are_levelled_where_they_stand_flat() -> None:
    source = walk()
    tilted = source.rotations.copy()
    foot = source.skeleton.index("leftFoot")
    tilted[:, foot] = quat_multiply(tilted[:, foot], quat_from_rotvec(np.radians([0.0, 0.0, 15.0])))
    result = retarget(replace(source, rotations=tilted), bare_character(source.skeleton))
    up = quat_rotate(result.world_rotations()[:, foot], np.array([0.0, 1.0, 0.0]))[:, 1]
    assert source.contacts is not None
    planted = segments(source.contacts, FPS, 0.6, 0.5, 0.06, 0.06)[:, :2].all(1)
    np.testing.assert_allclose(up[planted], 1.0, atol=1e-6)
    assert up[~planted].min() < 0.99


def test_contacts_of_recorded_motion_are_found() -> None:
    truth = walk()
    raised = replace(truth, contacts=None, root_translation=truth.root_translation + np.array([0.0, 0.07, 0.0]))
    found = with_contacts(raised)
    assert found.contacts is not None
    assert truth.contacts is not None
    assert ((found.contacts > 0.5) == (truth.contacts > 0.5)).mean() > 0.9
    np.testing.assert_allclose(found.root_translation, truth.root_translation, atol=0.01)
    assert with_contacts(truth) is truth
    assert with_contacts(Motion(truth.skeleton.renamed({"leftFoot": "paw"}), truth.rotations, truth.root_translation, FPS)).contacts is None
