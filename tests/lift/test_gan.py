from importlib.resources import files

import numpy as np
import pytest

from posewright.errors import ModelError, UsageError
from posewright.formats import read_motion
from posewright.lift.gan import BODY, FORMS, GANLifter, Generator, complete_body, load_generator, made_nose, normalised, placed, shipped_generator
from posewright.skeletons import H36M17
from posewright.study.metrics.position import pa_mpjpe
from posewright.train.gan.mocap import body_of, camera_axes
from tests.lift.people import CAMERA, moving_body, track_of


@pytest.fixture
def from_depth(monkeypatch):
    """A generator that gives every joint the depth of its own height in the picture, so that what it lifts is known."""
    monkeypatch.setitem(FORMS, "known", lambda weights, xy: (0.5 * xy[..., 1], np.full(len(xy), 0.1, np.float32)))
    return Generator("known", {}, 10.0, False)


def test_joints_lie_on_their_lines_of_sight(from_depth):
    xy = normalised(np.random.default_rng(0).normal(size=(5, len(BODY), 2))).astype(np.float32)
    body, elevation = from_depth(xy)
    np.testing.assert_allclose(body[..., :2] / (1 + body[..., 2:] / 10.0), xy, atol=1e-5)
    np.testing.assert_allclose(body[..., 2], 0.5 * xy[..., 1], atol=1e-5)
    np.testing.assert_allclose(elevation, 0.1)


def test_parallel_lines_of_sight_keep_the_picture():
    xy, depth = np.ones((2, 17, 2), np.float32), np.full((2, 17), 0.3, np.float32)
    np.testing.assert_array_equal(placed(xy, depth, 0.0), np.concatenate([xy, depth[..., None]], -1))


def test_the_trunk_is_made_of_hips_and_shoulders():
    body = complete_body(np.random.default_rng(0).normal(size=(3, 17, 2)))
    np.testing.assert_allclose(body[:, BODY.index("pelvis")], 0, atol=1e-12)
    np.testing.assert_allclose(body[:, BODY.index("spine")], 0.5 * body[:, BODY.index("neck")], atol=1e-12)
    nose, neck, crown = (made_nose(body)[:, BODY.index(joint)] for joint in ("nose", "neck", "head_top"))
    np.testing.assert_allclose(nose, 0.55 * neck + 0.45 * crown)


def test_a_track_is_lifted_in_the_cameras_axes(from_depth):
    poses = GANLifter(from_depth)(track_of(moving_body(20)), CAMERA)
    assert (poses.joint_set, poses.frame, poses.root_relative) == (H36M17, "camera", True)
    assert np.isfinite(poses.xyz).all()
    np.testing.assert_allclose(poses.xyz[:, 0], 0, atol=1e-6)
    assert 0.3 < np.linalg.norm(poses.xyz[:, H36M17.index("left_knee")] - poses.xyz[:, H36M17.index("left_hip")], axis=-1).mean() < 0.6


def test_where_in_the_picture_a_body_stands_does_not_matter(from_depth):
    body = moving_body(5)
    middle = GANLifter(from_depth).prepare(track_of(body).keypoints, CAMERA)
    turn = np.array([[np.cos(0.4), 0, np.sin(0.4)], [0, 1, 0], [-np.sin(0.4), 0, np.cos(0.4)]])
    aside = GANLifter(from_depth).prepare(track_of(body @ turn.T).keypoints, CAMERA)
    limbs = [joint for joint in range(17) if BODY.joints[joint] not in ("nose", "head_top")]
    np.testing.assert_allclose(aside[0][:, limbs], middle[0][:, limbs], atol=0.05)


@pytest.mark.parametrize("elevation_deg", [0.0, 30.0])
def test_the_shipped_generator_lifts_a_walk(elevation_deg):
    motion = read_motion(files("posewright") / "data" / "sample" / "walk_wave.npz")
    body = body_of(motion)[::8]
    level = np.full(len(body), np.radians(elevation_deg))
    truth = np.einsum("tij,tkj->tki", camera_axes(level, np.linspace(0, 6, len(body)), 0 * level), body)
    xyz, elevation = shipped_generator()(normalised(truth[..., :2] / (1 + truth[..., 2:] / 4.0)))
    limbs = BODY.indices(*(f"{side}_{joint}" for side in ("left", "right") for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")))
    assert pa_mpjpe(xyz[:, limbs], truth[:, limbs]) < 0.75 * pa_mpjpe((xyz * (1, 1, 0))[:, limbs], truth[:, limbs])
    assert pa_mpjpe(xyz[:, limbs], truth[:, limbs]) < 0.6 * pa_mpjpe((xyz * (1, 1, -1))[:, limbs], truth[:, limbs])
    assert np.degrees(np.median(elevation)) == pytest.approx(elevation_deg, abs=12)


def test_several_generators_give_their_mean():
    members = shipped_generator().members
    assert len(members) == 3
    xy = normalised(np.random.default_rng(0).normal(size=(5, len(BODY), 2))).astype(np.float32)
    body, elevation = shipped_generator()(xy)
    np.testing.assert_allclose(elevation, np.mean([member(xy)[1] for member in members], axis=0), rtol=1e-5)
    depth = np.mean([member(xy)[0][..., 2] for member in members], axis=0)
    np.testing.assert_allclose(body[..., 2], np.maximum(depth, (0.3 - 1.0) * members[0].distance), atol=1e-4)
    np.testing.assert_allclose(body[..., :2], xy * (1.0 + body[..., 2:] / members[0].distance), atol=1e-5)  # still on its lines of sight


def test_other_files_are_refused(tmp_path):
    with pytest.raises(ModelError, match="cannot read"):
        load_generator(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", format="something else")
    with pytest.raises(ModelError, match="something else"):
        load_generator(tmp_path / "other.npz")


def test_without_arms_there_is_nothing_to_lift(from_depth):
    from posewright.skeletons import JointSet

    few = JointSet("legs", ("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "nose"), (), ())
    with pytest.raises(UsageError, match="left_shoulder"):
        GANLifter(from_depth)(track_of(moving_body(3), few), CAMERA)
