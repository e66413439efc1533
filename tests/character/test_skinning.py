from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from posewright.character import default_character, skin
from posewright.errors import UsageError
from posewright.types import Character, Motion
from tests.strategies import random_motion


def rest(character: Character) -> Motion:
    skeleton = character.skeleton
    return Motion(skeleton, skeleton.rest_rotations[None], skeleton.rest_offsets[:1], 30.0)


def test_rest_pose_is_the_mesh() -> None:
    character = default_character()
    positions, normals = skin(character, rest(character), 0)
    np.testing.assert_allclose(positions, character.meshes[0].positions, atol=1e-5)
    np.testing.assert_allclose(normals, character.meshes[0].normals, atol=1e-3)


def test_equals_the_plain_way() -> None:
    """One vertex and one joint at a time, with 4 x 4 matrices."""
    character = default_character()
    skeleton, mesh = character.skeleton, character.meshes[0]
    motion = random_motion(1, frames=3, skeleton=skeleton, angle=1.0)

    def matrices(rotations: np.ndarray, root: np.ndarray) -> list[np.ndarray]:
        result: list[np.ndarray] = []
        for i, parent in enumerate(skeleton.parents):
            local = np.eye(4)
            local[:3, :3] = Rotation.from_quat(rotations[i]).as_matrix()
            local[:3, 3] = root if parent < 0 else skeleton.rest_offsets[i]
            result.append(local if parent < 0 else result[parent] @ local)
        return result

    bind = matrices(skeleton.rest_rotations, skeleton.rest_offsets[0])
    pose = matrices(motion.rotations[2], motion.root_translation[2])
    positions, normals = skin(character, motion, 2)
    for v in np.random.default_rng(0).choice(len(mesh.positions), 50, replace=False):
        blend = sum(w * pose[j] @ np.linalg.inv(bind[j]) for j, w in zip(mesh.joints[v], mesh.weights[v], strict=True))
        np.testing.assert_allclose(positions[v], (blend @ [*mesh.positions[v], 1.0])[:3], atol=1e-6)
        normal = blend[:3, :3] @ mesh.normals[v]
        np.testing.assert_allclose(normals[v], normal / np.linalg.norm(normal), atol=1e-6)


def test_several_frames_are_each_frame() -> None:
    character = default_character()
    motion = random_motion(2, frames=5, skeleton=character.skeleton)
    several, turned = skin(character, motion, np.array([4, 1]))
    for row, frame in enumerate((4, 1)):
        positions, normals = skin(character, motion, frame)
        np.testing.assert_allclose(several[row], positions, atol=1e-12)
        np.testing.assert_allclose(turned[row], normals, atol=1e-12)
    assert skin(character, motion, slice(1, 3))[0].shape == (2, len(character.meshes[0].positions), 3)


def test_follows_the_root_rigidly() -> None:
    character = default_character()
    still = rest(character)
    turn = Rotation.from_euler("y", 130, degrees=True)
    moved = Motion(character.skeleton, still.rotations.copy(), np.array([[1.0, 2.0, 3.0]]), 30.0)
    moved.rotations[0, 0] = turn.as_quat()
    expected = turn.apply(character.meshes[0].positions - character.skeleton.rest_offsets[0]) + np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(skin(character, moved, 0)[0], expected, atol=1e-5)


def test_stacks_several_meshes() -> None:
    character = default_character()
    twice = Character("two", character.skeleton, character.meshes * 2, character.materials, character.humanoid)
    positions, _ = skin(twice, rest(twice), 0)
    half = len(character.meshes[0].positions)
    np.testing.assert_array_equal(positions[:half], positions[half:])


def test_wants_a_motion_on_the_rig() -> None:
    with pytest.raises(UsageError, match="retarget"):
        skin(default_character(), random_motion(0))
