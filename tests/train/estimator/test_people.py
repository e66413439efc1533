"""Bodies in other builds and colours, and COCO's keypoints on them."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from posewright.character import default_character
from posewright.character.default import MANNEQUIN
from posewright.errors import InputError
from posewright.geometry import quat_from_rotvec, quat_multiply, quat_rotate
from posewright.skeletons import COCO17
from posewright.train.estimator.people import coco_points, disguised, read_bodies


def at_rest(character):
    return coco_points(character, *character.skeleton.rest_pose())


def test_the_face_lies_on_the_skin():
    body = default_character()
    skin = np.concatenate([mesh.positions for mesh in body.meshes])
    for name, point in zip(COCO17.joints, at_rest(body), strict=True):
        if name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear"):
            assert np.linalg.norm(skin - point, axis=1).min() < 0.012, name


def test_left_is_left_and_the_order_is_cocos():
    points = dict(zip(COCO17.joints, at_rest(default_character()), strict=True))
    for part in ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
        assert points[f"left_{part}"][0] > 0 > points[f"right_{part}"][0]
    assert points["nose"][2] > points["left_eye"][2] > points["left_ear"][2]
    assert points["left_wrist"][0] > points["left_elbow"][0] > points["left_shoulder"][0]
    assert points["left_hip"][1] > points["left_knee"][1] > points["left_ankle"][1]


def test_keypoints_turn_with_the_body():
    body = default_character()
    positions, rotations = body.skeleton.rest_pose()
    turn = quat_from_rotvec(np.array([0.3, 1.2, -0.4]))
    turned = coco_points(body, quat_rotate(turn, positions), quat_multiply(turn, rotations))
    np.testing.assert_allclose(turned, quat_rotate(turn, at_rest(body)), atol=1e-9)


def test_a_disguise_is_another_build_in_other_colours_and_the_seed_decides():
    body = default_character()
    one, same, other = (disguised(body, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.materials == same.materials != other.materials
    np.testing.assert_array_equal(one.meshes[0].positions, same.meshes[0].positions)
    ratio = one.meshes[0].positions.max(0) / body.meshes[0].positions.max(0)
    assert np.abs(ratio - 1).max() > 0.01
    joints, before = one.skeleton.rest_pose()[0], body.skeleton.rest_pose()[0]
    np.testing.assert_allclose(joints, before * ratio, atol=1e-5)  # the joints move with the skin
    assert one.document is None  # or its file would be drawn instead


def test_every_third_body_of_a_folder_is_held_out(tmp_path):
    for name in "abc":
        shutil.copy(MANNEQUIN, tmp_path / f"{name}.glb")
    assert len(read_bodies(tmp_path, False)) == 3  # the mannequin, a, b
    assert len(read_bodies(tmp_path, True)) == 1


def test_a_folder_without_bodies_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no bodies"):
        read_bodies(tmp_path, False)
