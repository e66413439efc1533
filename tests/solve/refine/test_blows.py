from dataclasses import replace

import numpy as np
import pytest

from posewright.geometry import quat_from_rotvec, quat_multiply
from posewright.skeletons import HALPE26
from posewright.skeletons.bone_tree import tree_for
from posewright.solve.refine import RefineOptions, refine_clip
from posewright.solve.refine.blows import LIMBS, with_blows
from posewright.solve.refine.refine import initial_state, observe
from tests.solve.refine.bodies import FPS, halpe_points, marching, seen, tilted_camera

TREE = tree_for(HALPE26)
OFF = RefineOptions(blow=1.0, blow_seen=1.0)


def struck(frames=60, at=30, seconds=0.1, turn=1.6):
    """A marching body whose left forearm shoots up and back."""
    motion = marching(frames)
    shape = np.exp(-0.5 * ((np.arange(frames) - at) / FPS / (0.5 * seconds)) ** 2)
    rotations = motion.rotations.copy()
    elbow = motion.skeleton.index("leftLowerArm")
    rotations[:, elbow] = quat_multiply(quat_from_rotvec(np.stack([0 * shape, 0 * shape, turn * shape], axis=-1)), rotations[:, elbow])
    return replace(motion, rotations=rotations)


def observed_of(keypoints, poses, camera):
    observed = observe(TREE, keypoints, poses, camera)
    return observed, initial_state(TREE, observed).root[:, 2]


def peak_speed(points):
    wrist = points[:, HALPE26.index("left_wrist")] - points[:, HALPE26.index("pelvis")]
    return np.linalg.norm(np.diff(wrist, axis=0), axis=-1).max() * FPS


def test_a_punch_keeps_its_speed():
    motion, camera = struck(), tilted_camera(8)
    keypoints, poses, truth = seen(motion, camera, pixel_noise=1.0)
    calm, _, _ = seen(marching(60), camera)
    lifted = replace(poses, xyz=seen(marching(60), camera)[1].xyz)  # a lifter that knows no punches
    assert np.abs(calm.xy - keypoints.xy)[28:33].max() > 30
    kept = {name: peak_speed(refine_clip(keypoints, lifted, camera, options).poses.xyz) / peak_speed(truth) for name, options in (("on", RefineOptions()), ("off", OFF))}
    assert kept["on"] > kept["off"] + 0.1
    assert 0.75 < kept["on"] < 1.1


@pytest.mark.parametrize("bone", ["left_forearm", "left_upper_arm"])
def test_only_the_limb_that_strikes_is_free_and_only_while_it_does(bone):
    observed, depth = observed_of(*seen(struck(), tilted_camera(8))[:2], tilted_camera(8))
    free = with_blows(TREE, observed, depth, RefineOptions()).freedom
    column = TREE.bones.index(bone)
    assert free[30, column] > 0.75 * RefineOptions().blow
    others = np.delete(free, [TREE.bones.index("left_forearm"), TREE.bones.index("left_upper_arm")], axis=1)
    np.testing.assert_array_equal(others, 1.0)
    np.testing.assert_array_equal(free[:15], 1.0)
    np.testing.assert_array_equal(free[45:], 1.0)


@pytest.mark.parametrize("rate", [24.0, 60.0, 120.0])
def test_speed_is_in_metres_a_second_whatever_the_frame_rate_and_the_distance(rate):
    for distance in (3.0, 8.0):
        camera = tilted_camera(8, distance=distance)
        keypoints, poses, _ = seen(struck(), camera)
        times = np.arange(0, keypoints.timestamps[-1], 1 / rate)

        def at(values, stamps=keypoints.timestamps, times=times):
            flat = values.reshape(len(values), -1)
            return np.stack([np.interp(times, stamps, column) for column in flat.T], axis=1).reshape(len(times), *values.shape[1:]).astype(np.float32)

        resampled = replace(keypoints, xy=at(keypoints.xy), confidence=at(keypoints.confidence), timestamps=times)
        lifted = replace(poses, xyz=at(poses.xyz), confidence=at(poses.confidence), timestamps=times)
        observed, depth = observed_of(resampled, lifted, camera)
        free = with_blows(TREE, observed, depth, RefineOptions()).freedom[:, TREE.bones.index("left_forearm")]
        seconds = np.sum(free > 0.5 * RefineOptions().blow) / rate
        assert 0.15 < seconds < 0.6


def test_a_keypoint_that_is_unsure_or_lost_is_no_blow():
    motion, camera = marching(40), tilted_camera(8)
    keypoints, poses, _ = seen(motion, camera)
    wrist = HALPE26.index("left_wrist")
    xy, confidence = keypoints.xy.copy(), keypoints.confidence.copy()
    xy[20:, wrist] += 200.0
    confidence[20, wrist] = 0.2  # lost, then found elsewhere
    observed, depth = observed_of(replace(keypoints, xy=xy, confidence=confidence), poses, camera)
    np.testing.assert_array_equal(with_blows(TREE, observed, depth, RefineOptions()).freedom, 1.0)


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_very_short_clips(frames):
    camera = tilted_camera(8)
    keypoints, poses, _ = seen(marching(frames), camera)
    observed, depth = observed_of(keypoints, poses, camera)
    assert np.isfinite(with_blows(TREE, observed, depth, RefineOptions()).freedom).all()


def test_the_tree_has_every_limb_that_is_watched():
    for side in ("left", "right"):
        for start, points, bones, _ in LIMBS.values():
            assert {f"{side}_{name}" for name in (start, *points)} <= set(TREE.points)
            assert {f"{side}_{name}" for name in bones} <= set(TREE.bones)
    assert np.isfinite(halpe_points(struck())).any()
