from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posewright.errors import InputError
from posewright.train.data.bodies import JOINTS, POINT_TWINS, POINTS, Bodies, load_bodies
from posewright.train.data.sequences import Sequences, mirrored

MIRROR = np.array([-1.0, 1.0, 1.0], dtype=np.float32)


def test_the_shipped_bodies_are_people(bodies: Bodies) -> None:
    assert len(bodies) >= 300
    assert 1.4 < bodies.stature.min() < 1.6
    assert 1.85 < bodies.stature.max() < 2.1
    share = bodies.leg_lengths / bodies.stature
    assert share.min() > 0.40
    assert share.max() < 0.56
    still = np.tile([0.0, 0.0, 0.0, 1.0], (len(bodies), 1, len(JOINTS), 1))
    hips = bodies.offsets[:, 0] + bodies.offsets[:, [JOINTS.index("leftUpperLeg"), JOINTS.index("rightUpperLeg")]].mean(1)
    points = dict(zip(POINTS, np.moveaxis(bodies.pose(still, hips[:, None]).points[:, 0], 1, 0), strict=True))
    assert (points["left_wrist"][:, 0] > points["left_elbow"][:, 0]).all()
    assert (points["left_elbow"][:, 0] > points["left_shoulder"][:, 0]).all()
    assert (points["nose"][:, 2] > points["left_ear"][:, 2]).all()
    assert (points["left_foot_index"][:, 2] > points["left_heel"][:, 2] + 0.12).all()
    for point in ("left_heel", "right_foot_index"):
        assert (np.abs(points[point][:, 1] - 0.03) < 0.04).all()
    assert (points["left_eye_inner"][:, 0] < points["left_eye"][:, 0]).all()
    assert (points["left_eye"][:, 0] < points["left_eye_outer"][:, 0]).all()
    assert (points["left_mouth"][:, 1] < points["nose"][:, 1]).all()
    assert (points["nose"][:, 1] < points["left_eye"][:, 1]).all()


def test_the_limbs_points_are_the_joints(bodies: Bodies, sequences: Sequences) -> None:
    window = sequences.window(np.array([40, 150]), np.arange(5))
    posed = bodies.taken(np.array([3, 70])).pose(window.rotations, window.pelvis)
    for point, joint in (("left_shoulder", "leftUpperArm"), ("right_wrist", "rightHand"), ("left_knee", "leftLowerLeg"), ("right_ankle", "rightFoot")):
        np.testing.assert_allclose(posed.points[:, :, POINTS.index(point)], posed.joints[:, :, JOINTS.index(joint)], atol=1e-5)
    np.testing.assert_allclose(posed.joints[:, :, [JOINTS.index("leftUpperLeg"), JOINTS.index("rightUpperLeg")]].mean(2), window.pelvis, atol=1e-5)


def test_a_mirrored_motion_gives_the_mirrored_body(bodies: Bodies, sequences: Sequences) -> None:
    window = sequences.window(np.array([60]), np.arange(30))
    body = bodies.taken(np.array([11]))
    plain, flipped = (body.pose(each.rotations, each.pelvis).points for each in (window, mirrored(window)))
    np.testing.assert_allclose(flipped, plain[:, :, POINT_TWINS] * MIRROR, atol=1e-3)


def test_keypoints_stand_where_the_root_is(bodies: Bodies, sequences: Sequences) -> None:
    window = sequences.window(np.array([60]), np.arange(3))
    root = np.array([[[1.0, 2.0, 3.0]] * 3])
    points = bodies.keypoints(np.array([8]), window.rotations, root)
    skeleton = bodies.skeleton(8)
    positions = skeleton.forward(window.rotations[0], root[0])[0]
    np.testing.assert_allclose(points[0, :, POINTS.index("left_elbow")], positions[:, skeleton.index("leftLowerArm")], atol=1e-5)


def test_varied_bodies_stay_symmetric_and_differ(bodies: Bodies) -> None:
    some = bodies.varied(np.random.default_rng(3), 40)
    left, right = JOINTS.index("leftLowerArm"), JOINTS.index("rightLowerArm")
    np.testing.assert_allclose(some.offsets[:, left] * MIRROR, some.offsets[:, right], atol=1e-3)
    assert np.std(some.offsets[:, left, 0]) > 0.01
    again = bodies.varied(np.random.default_rng(3), 40)
    np.testing.assert_array_equal(some.offsets, again.offsets)


def test_saved_and_loaded(bodies: Bodies, tmp_path: Path) -> None:
    bodies.taken(np.arange(5)).save(tmp_path / "five.npz")
    found = load_bodies(tmp_path / "five.npz")
    np.testing.assert_allclose(found.local, bodies.local[:5], atol=1e-3)
    np.savez(tmp_path / "other.npz", joints=np.array(["a"]), points=np.array(POINTS))
    with pytest.raises(InputError, match="bake it again"):
        load_bodies(tmp_path / "other.npz")


def test_a_body_needs_its_window(bodies: Bodies) -> None:
    with pytest.raises(ValueError, match="2 windows for 1 bodies"):
        bodies.taken(np.array([0])).pose(np.zeros((2, 1, 22, 4)), np.zeros((2, 1, 3)))
