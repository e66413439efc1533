from __future__ import annotations

import numpy as np
import pytest

from posewright.character import default_character
from posewright.character.default import MANNEQUIN
from posewright.skeletons import HUMANOID_PARENTS, REQUIRED_BONES
from posewright.types import Character


@pytest.fixture(scope="module")
def mannequin() -> Character:
    return default_character()


def head_of(character: Character, bone: str) -> np.ndarray:
    return character.skeleton.rest_pose()[0][character.skeleton.index(character.humanoid[bone])]


def test_is_small_enough_to_ship() -> None:
    assert MANNEQUIN.stat().st_size < 3_000_000


def test_has_every_bone_under_its_vrm_parent(mannequin: Character) -> None:
    assert set(mannequin.humanoid) == set(HUMANOID_PARENTS) - {"jaw"}
    assert set(mannequin.humanoid) > REQUIRED_BONES
    for joint, parent in zip(mannequin.skeleton.joints, mannequin.skeleton.parents, strict=True):
        assert (mannequin.skeleton.joints[parent] if parent >= 0 else None) == HUMANOID_PARENTS[joint]


def test_rest_rotations_are_identity(mannequin: Character) -> None:
    np.testing.assert_allclose(mannequin.skeleton.rest_rotations, np.tile([0, 0, 0, 1], (54, 1)), atol=1e-12)


def test_stands_in_a_t_pose(mannequin: Character) -> None:
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder, elbow, wrist, knuckle = (head_of(mannequin, side + bone) for bone in ("UpperArm", "LowerArm", "Hand", "MiddleProximal"))
        hip, knee, ankle, toes = (head_of(mannequin, side + bone) for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes"))
        for above, below in ((shoulder, elbow), (elbow, wrist), (wrist, knuckle)):
            along = (below - above) / np.linalg.norm(below - above)
            assert along[0] * sign > 0.999
        for above, below in ((hip, knee), (knee, ankle)):
            assert ((below - above) / np.linalg.norm(below - above))[1] < -0.999
        assert wrist[0] * sign > 0.5
        assert abs((toes - ankle)[0]) < 0.005
        assert (toes - ankle)[2] > 0.1
        # Palm down: the thumb's side of the hand is in front.
        assert head_of(mannequin, side + "IndexProximal")[2] > head_of(mannequin, side + "LittleProximal")[2] + 0.04
        assert head_of(mannequin, side + "ThumbDistal")[2] > head_of(mannequin, side + "IndexProximal")[2]


def test_left_and_right_mirror(mannequin: Character) -> None:
    for bone in mannequin.humanoid:
        if bone.startswith("left"):
            np.testing.assert_allclose(head_of(mannequin, bone) * [-1, 1, 1], head_of(mannequin, "right" + bone[4:]), atol=0.003)


def test_mesh_faces_forward_and_stands_on_the_floor(mannequin: Character) -> None:
    points = mannequin.meshes[0].positions
    assert abs(points[:, 1].min()) < 1e-4
    assert 1.68 < points[:, 1].max() < 1.75
    face = points[(points[:, 1] > 1.5) & (np.abs(points[:, 0]) < 0.05)]
    nose = face[face[:, 2].argmax()]
    assert abs(nose[0]) < 0.003
    assert nose[2] > head_of(mannequin, "head")[2] + 0.1
    assert face[:, 2].max() > 2.0 * -face[:, 2].min()
    assert points[:, 0].max() > 0.8
    assert points[:, 0].min() < -0.8


def test_skin_weights_are_whole_and_stay_on_their_side(mannequin: Character) -> None:
    mesh = mannequin.meshes[0]
    np.testing.assert_allclose(mesh.weights.sum(1), 1.0, atol=1e-6)
    assert (mesh.weights >= 0).all()
    names = np.array(mannequin.skeleton.joints)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        hand = np.isin(names, [side + bone for bone in ("Hand", "LowerArm")])
        held = (mesh.weights * hand[mesh.joints]).sum(1)
        assert held.max() > 0.99
        assert (mesh.positions[held > 0.5, 0] * sign > 0.4).all()


def test_mesh_is_sound(mannequin: Character) -> None:
    mesh = mannequin.meshes[0]
    points = mesh.positions.astype(np.float64)
    assert np.isfinite(points).all()
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1.0, atol=1e-3)
    corners = points[mesh.triangles]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    volume = np.einsum("fa,fa->", corners[:, 0], cross) / 6.0
    assert 0.04 < volume < 0.12  # cubic metres: inside out it would be negative
    facing = np.einsum("fa,fa->f", cross, mesh.normals[mesh.triangles].mean(1))
    assert np.abs(cross[facing < 0]).sum() < 0.02 * np.abs(cross).sum()

    _, welded = np.unique(np.round(points / 1e-5), axis=0, return_inverse=True)
    edges = np.sort(welded.ravel()[mesh.triangles[:, [0, 1, 1, 2, 2, 0]]].reshape(-1, 2), axis=1)
    _, uses = np.unique(edges, axis=0, return_counts=True)
    assert (uses == 1).mean() < 0.04  # open only where an edge is turned in under cloth or hair


def test_is_made_once(mannequin: Character) -> None:
    assert default_character() is mannequin
    assert "CC0" in mannequin.licence
    assert "MakeHuman" in str(mannequin.extras["origin"])
