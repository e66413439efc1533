from dataclasses import replace

import numpy as np
import pytest

from posewright.geometry import normalize, quat_from_rotvec, quat_multiply
from posewright.skeletons import HALPE26
from posewright.skeletons.bone_tree import tree_for
from posewright.solve.refine import ALIKE, RefineOptions, refine_clip
from posewright.solve.refine.lively import turning, with_liveliness
from posewright.solve.refine.refine import observe
from tests.solve.refine.bodies import FPS, marching, seen, tilted_camera

TREE = tree_for(HALPE26)
FOREARM = TREE.bones.index("left_forearm")


def struck(frames=60, at=30, seconds=0.1, turn=1.6):
    """A marching body whose left forearm shoots up and back."""
    motion = marching(frames)
    shape = np.exp(-0.5 * ((np.arange(frames) - at) / FPS / (0.5 * seconds)) ** 2)
    rotations = motion.rotations.copy()
    elbow = motion.skeleton.index("leftLowerArm")
    rotations[:, elbow] = quat_multiply(quat_from_rotvec(np.stack([0 * shape, 0 * shape, turn * shape], axis=-1)), rotations[:, elbow])
    return replace(motion, rotations=rotations)


def peak_speed(points):
    wrist = points[:, HALPE26.index("left_wrist")] - points[:, HALPE26.index("pelvis")]
    return np.linalg.norm(np.diff(wrist, axis=0), axis=-1).max() * FPS


def observed_of(motion):
    camera = tilted_camera(8)
    return observe(TREE, *seen(motion, camera)[:2], camera)


def test_a_punch_keeps_its_speed():
    motion, camera = struck(), tilted_camera(8)
    keypoints, poses, truth = seen(motion, camera, pixel_noise=1.0)
    calm, _, _ = seen(marching(60), camera)
    lifted = replace(poses, xyz=seen(marching(60), camera)[1].xyz)  # a lifter that knows no punches
    assert np.abs(calm.xy - keypoints.xy)[28:33].max() > 30
    kept = {
        name: peak_speed(refine_clip(keypoints, lifted, camera, options).poses.xyz) / peak_speed(truth)
        for name, options in (("on", RefineOptions()), ("off", RefineOptions(**ALIKE)))
    }
    assert kept["on"] > kept["off"] + 0.1
    assert 0.75 < kept["on"] < 1.1


def test_somebody_who_stands_still_is_smoothed_as_much_as_ever():
    """Noise does not make a resting limb lively: what it leaves there is no more than where all bones are smoothed alike."""
    still = marching(1)
    motion = replace(still, rotations=np.repeat(still.rotations, 60, axis=0), root_translation=np.repeat(still.root_translation, 60, axis=0))
    camera = tilted_camera(8)
    keypoints, poses, _ = seen(motion, camera, pixel_noise=2.0, depth_noise=0.03)
    shaking = [np.diff(refine_clip(keypoints, poses, camera, options).poses.xyz, 2, axis=0).std() for options in (RefineOptions(), RefineOptions(**ALIKE))]
    assert shaking[0] < 1.1 * shaking[1]


@pytest.mark.parametrize("rate", [24.0, 60.0, 240.0])
def test_turning_is_the_second_derivative_whatever_the_frame_rate(rate):
    times = np.arange(0, 2, 1 / rate)
    angle = 0.5 * np.sin(2 * np.pi * 0.8 * times)
    swinging = np.stack([np.sin(angle), -np.cos(angle), 0 * angle], axis=-1)
    found = turning(np.stack([swinging, np.tile([0.0, 1.0, 0.0], (len(times), 1))], axis=1), times)
    expected = np.abs(np.gradient(np.gradient(angle, times), times)).max()
    assert found[:, 0].max() == pytest.approx(expected, rel=0.15)
    np.testing.assert_allclose(found[:, 1], 0.0, atol=1e-9)


def test_noise_that_changes_sign_counts_less_than_a_turn():
    times = np.arange(60) / 30.0
    shaking = normalize(np.stack([0.01 * (-1.0) ** np.arange(60), np.ones(60), np.zeros(60)], axis=-1))[:, None]
    alone = 4 * 0.01 * 30.0**2  # its second derivative, rad/s^2
    assert turning(shaking, times)[5:-5].max() < 0.35 * alone


def test_only_what_moves_is_let_go_and_only_while_it_does():
    observed, options = observed_of(struck()), RefineOptions()
    lively = with_liveliness(observed, observed.directions, options)
    assert lively.freedom[30, FOREARM] > 5.0
    np.testing.assert_array_equal(lively.freedom[:, TREE.bones.index("trunk")], 1.0)
    assert lively.freedom[10, FOREARM] < 0.4 * lively.freedom[30, FOREARM]
    assert lively.freedom.min() >= 1.0
    assert lively.freedom.max() <= options.liveliest / options.turn_acceleration
    assert lively.bone_trust[30, FOREARM] < observed.bone_trust[30, FOREARM]  # a lifter is late


@pytest.mark.parametrize("changes", [{"turn_acceleration": np.inf}, {"liveliness": 0.0}, {"liveliest": 1.0}])
def test_where_nothing_is_let_go_all_is_as_before(changes):
    observed = observed_of(struck())
    again = with_liveliness(observed, observed.directions, RefineOptions(**changes))
    np.testing.assert_array_equal(again.freedom, 1.0)
    np.testing.assert_array_equal(again.bone_trust, observed.bone_trust)


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_very_short_clips(frames):
    observed = observed_of(marching(frames))
    assert np.isfinite(with_liveliness(observed, observed.directions, RefineOptions()).freedom).all()


def test_a_keypoint_that_is_lost_and_found_elsewhere_is_no_blow():
    motion, camera = marching(40), tilted_camera(8)
    keypoints, poses, truth = seen(motion, camera)
    wrist = HALPE26.index("left_wrist")
    xy, confidence = keypoints.xy.copy(), keypoints.confidence.copy()
    xy[20:, wrist] += 200.0
    confidence[20, wrist] = 0.2
    found = refine_clip(replace(keypoints, xy=xy, confidence=confidence), poses, camera, RefineOptions())
    assert peak_speed(found.poses.xyz) < 1.1 * peak_speed(truth)
