from dataclasses import replace

import numpy as np
import pytest

from posewright.errors import ModelError
from posewright.lift.clip import GUESS, mirrored
from posewright.lift.motionbert import MotionBERT, average_flip, crop_scale
from posewright.skeletons import BLAZEPOSE33, BODY_25, COCO17, H36M17, HALPE26, OPENPOSE18, conversion
from posewright.track import Track
from posewright.types import Keypoints
from tests.estimate.stub import StubSession
from tests.lift.people import CAMERA, moving_body, track_of
from tests.nets.golden import golden

SHAPES = [(-1, -1, 17, 3)]


@pytest.fixture
def published():
    return np.load(golden("motionbert/decode.npz"))


@pytest.mark.parametrize(("joint_set", "name"), [(COCO17, "coco"), (HALPE26, "halpe")])
def test_conversions_are_the_published_ones(published, joint_set, name):
    given, wanted = published[f"{name}_in"], published[f"{name}_h36m"]
    xy, _ = conversion(joint_set, H36M17).apply(given[..., :2], given[..., 2])
    np.testing.assert_allclose(xy, wanted[..., :2], rtol=1e-6)
    keypoints = Keypoints(given[..., :2].astype(np.float32), np.clip(given[..., 2], 0, 1).astype(np.float32), joint_set, np.arange(len(given)) / 30, (1280, 720))
    scaled = crop_scale(wanted.astype(np.float32))
    np.testing.assert_allclose(MotionBERT(StubSession(SHAPES, list)).prepare(keypoints), scaled, atol=1e-5)


def test_the_clip_is_scaled_as_published(published):
    np.testing.assert_allclose(crop_scale(published["halpe_h36m"]), published["crop_scale_out"], atol=1e-6)
    np.testing.assert_allclose(crop_scale(published["crop_scale_in_with_zero_conf"]), published["crop_scale_out_with_zero_conf"], atol=1e-6)
    nobody = published["halpe_h36m"] * (1, 1, 0)
    np.testing.assert_array_equal(crop_scale(nobody), published["crop_scale_out_all_zero_conf"])


def test_the_mirrored_clip_is_the_published_one(published):
    np.testing.assert_array_equal(mirrored(published["net_in"], H36M17), published["flip_data_out"])


def test_the_mean_of_both_is_that_of_each_turned_back():
    plain = np.random.default_rng(0).normal(size=(2, 4, 17, 3)).astype(np.float32)
    np.testing.assert_allclose(average_flip(plain, mirrored(plain, H36M17)), plain, atol=1e-6)


@pytest.mark.parametrize("joint_set", [COCO17, HALPE26, BLAZEPOSE33, OPENPOSE18, BODY_25, H36M17], ids=lambda s: s.name)
def test_tracks_of_every_estimator_are_lifted(joint_set):
    """A network that says z = 0 gives the body as it is seen, flat, in metres."""
    track = track_of(moving_body(300), joint_set)
    poses = MotionBERT(StubSession(SHAPES, lambda clips: [clips * np.array([1, 1, 0], np.float32)]))(track, CAMERA)
    assert poses.joint_set is H36M17
    assert poses.xyz.shape == (300, 17, 3)
    assert np.isfinite(poses.xyz).all()
    np.testing.assert_array_equal(poses.xyz[:, 0], 0)
    height = np.ptp(poses.xyz[:, H36M17.indices("left_ankle", "right_ankle", "left_shoulder"), 1], axis=1)
    assert 0.5 < np.median(height) < 2.5


def test_one_frame_is_a_clip():
    track = track_of(moving_body(1))
    poses = MotionBERT(StubSession(SHAPES, lambda clips: [clips]))(track, CAMERA)
    assert poses.xyz.shape == (1, 17, 3)


def test_what_is_unseen_is_a_guess_and_nobody_is_nothing():
    track = track_of(moving_body(20))
    confidence = track.keypoints.confidence.copy()
    confidence[5:9, COCO17.index("left_wrist")] = 0
    confidence[18:] = 0
    session = StubSession(SHAPES, lambda clips: [clips])
    poses = MotionBERT(session)(Track(replace(track.keypoints, confidence=confidence), None), CAMERA)
    wrist = H36M17.index("left_wrist")
    assert (session.inputs[0][0, 5:9, wrist, 2] == 0).all()
    np.testing.assert_allclose(poses.confidence[5:9, wrist], GUESS)
    assert (poses.confidence[:5] > 0.5).all()
    assert (poses.confidence[18:] == 0).all()


def test_another_network_is_refused():
    with pytest.raises(ModelError, match="17, 3"):
        MotionBERT(StubSession([(-1, 51)], list))
