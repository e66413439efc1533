from dataclasses import replace

import numpy as np
import pytest

from posewright.errors import UsageError
from posewright.lift.depth import DepthLifter, bones, metric_positions, nearest_at, normalised, weighted_median
from posewright.media import Frame
from posewright.skeletons import H36M17, HUMANOID, conversion
from tests.lift.people import CAMERA, SIZE, moving_body, track_of


def h36m(body):
    """Joints in H36M-17; those that the humanoid lacks stand between the others."""
    points, _ = conversion(HUMANOID, H36M17).apply(body, np.ones(body.shape[:2]))
    points[:, H36M17.index("nose")] = points[:, H36M17.index("head_top")] = points[:, H36M17.index("neck")]
    return points.astype(np.float64)


def lifted(points, scale, shift, noise=0.0, seed=0):
    depth = scale / points[..., 2] + shift
    depth = depth + noise * np.ptp(depth) * np.random.default_rng(seed).normal(size=depth.shape)
    return metric_positions(points / points[..., 2:], depth, np.ones(points.shape[:2]), np.arange(len(points)) / 30)


def error(found, truth):
    """Mean distance of joints relative to the root, metres."""
    return float(np.linalg.norm((found - found[:, :1]) - (truth - truth[:, :1]), axis=-1).mean())


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (40.0, -9.0), (0.3, 100.0)])
def test_scale_and_shift_of_the_depth_do_not_matter(scale, shift):
    truth = h36m(moving_body(40))
    found = lifted(truth, scale, shift)
    assert error(found, truth) < 0.02
    np.testing.assert_allclose(np.median(found[:, 0, 2]), 4.0, rtol=0.05)


def test_depth_tells_more_than_a_flat_body_even_with_noise():
    truth = h36m(moving_body(40))
    noisy, flat = error(lifted(truth, 20.0, 3.0, noise=0.05), truth), error(lifted(truth, 0.0, 3.0), truth)
    assert noisy < 0.6 * flat


def test_a_single_image_is_enough():
    truth = h36m(moving_body(1, seed=4))
    assert error(lifted(truth, 10.0, 5.0), truth) < 0.03


def test_a_map_without_meaning_gives_finite_numbers():
    truth = h36m(moving_body(20))
    depth = np.random.default_rng(0).normal(size=truth.shape[:2]) * 100
    found = metric_positions(truth / truth[..., 2:], depth, np.zeros(truth.shape[:2]), np.arange(20) / 30)
    assert np.isfinite(found).all()
    assert np.abs(found - found[:, :1]).max() < 5.0


def test_the_map_loses_its_scale_and_shift():
    depth = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    np.testing.assert_allclose(normalised(depth), normalised(7 * depth + 3), atol=1e-2)
    assert np.isfinite(normalised(np.zeros((4, 4), np.float32))).all()


def test_the_nearest_surface_round_a_point_counts():
    depth = np.zeros((10, 20), np.float16)
    depth[4, 10] = 3
    points = np.array([[100.0, 40.0], [115.0, 55.0], [135.0, 45.0], [-50.0, 900.0]])
    np.testing.assert_array_equal(nearest_at(depth, points, (200, 100)), [3, 3, 0, 0])


def test_bones_are_those_of_an_average_adult():
    ends, lengths = bones()
    named = {frozenset(H36M17.joints[end] for end in pair): length for pair, length in zip(ends, lengths, strict=True)}
    assert named[frozenset(["left_hip", "left_knee"])] == pytest.approx(0.415, abs=0.01)
    assert len(named) >= 12


def test_the_weighted_median_is_the_plain_one_when_weights_are_equal():
    values = np.random.default_rng(0).random((6, 7))
    np.testing.assert_array_equal(weighted_median(values, np.ones_like(values)), np.median(values, axis=1))


def test_frames_are_observed_as_they_pass():
    track = track_of(moving_body(12))

    def depth(frame):
        """Brighter to the right, in other units in each frame."""
        return np.tile(np.linspace(0, 1 + frame.index, SIZE[0] // 4, dtype=np.float32), (SIZE[1] // 4, 1))

    lifter = DepthLifter(depth)
    with pytest.raises(UsageError, match="not seen 12 of 12 frames"):
        lifter(track, CAMERA)
    frames = [Frame.from_rgb(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), i, time) for i, time in enumerate(track.keypoints.timestamps)]
    assert list(lifter.observe(frames)) == frames
    poses = lifter(track, CAMERA)
    assert poses.joint_set is H36M17
    assert poses.root_relative
    assert np.isfinite(poses.xyz).all()
    right, left = (poses.xyz[:, H36M17.index(joint)] for joint in ("right_shoulder", "left_shoulder"))
    assert ((right[:, 2] - left[:, 2]) * (right[:, 0] - left[:, 0]) <= 1e-6).all()  # what lies to the right is nearer


def test_a_hand_and_a_leg_that_nobody_sees_hang_down():
    track = track_of(moving_body(6))
    keypoints = track.keypoints
    unseen = list(keypoints.joint_set.indices("right_wrist", "left_knee", "left_ankle"))
    xy, confidence = keypoints.xy.copy(), keypoints.confidence.copy()
    xy[:, unseen], confidence[:, unseen] = np.nan, 0.0
    lifter = DepthLifter(lambda frame: np.ones((SIZE[1] // 4, SIZE[0] // 4), dtype=np.float32))
    list(lifter.observe(Frame.from_rgb(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), i, time) for i, time in enumerate(keypoints.timestamps)))
    poses = lifter(replace(track, keypoints=replace(keypoints, xy=xy, confidence=confidence)), CAMERA)
    place = {joint: poses.xyz[:, i] for i, joint in enumerate(H36M17.joints)}
    ends, lengths = bones()
    for start, end in (("right_elbow", "right_wrist"), ("left_hip", "left_knee"), ("left_knee", "left_ankle")):
        length = lengths[(ends == H36M17.indices(start, end)).all(1)]
        np.testing.assert_allclose(place[end] - place[start], np.tile([0.0, length[0], 0.0], (6, 1)), atol=1e-6)
    assert (poses.confidence[:, H36M17.index("right_wrist")] > 0).all()
