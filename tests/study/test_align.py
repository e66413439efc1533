"""Alignment in space and time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from posewright.errors import InputError
from posewright.geometry import quat_angle, quat_from_rotvec
from posewright.study.align import apply_similarity, common_times, find_offset, resample, resample_rotations, root_relative, similarity, yaw_alignment
from posewright.study.evaluate import joint_features
from tests.study.people import walker_track

POINTS = np.random.default_rng(0).normal(size=(4, 7, 3))


def test_similarity_finds_what_was_done() -> None:
    turns = Rotation.random(4, random_state=3).as_matrix()
    target = np.array([0.5, 1, 2, 3])[:, None, None] * np.einsum("tij,tkj->tki", turns, POINTS) + [[[1, 2, 3]]]
    found = similarity(POINTS, target)
    assert np.allclose(found.rotation, turns)
    assert np.allclose(found.scale, [0.5, 1, 2, 3])
    assert np.allclose(apply_similarity(found, POINTS), target)


def test_similarity_without_scale_is_rigid() -> None:
    found = similarity(POINTS, 2 * POINTS, with_scale=False)
    assert np.allclose(found.scale, 1)
    assert np.allclose(found.rotation, np.eye(3))


def test_one_similarity_serves_all_frames() -> None:
    one = similarity(POINTS[:1], 2 * POINTS[:1] + 1)
    assert np.allclose(apply_similarity(one, POINTS), 2 * POINTS + 1)


def test_root_relative_puts_the_hips_at_the_origin() -> None:
    rooted = root_relative(POINTS, (2, 5))
    assert np.allclose(rooted[:, 2] + rooted[:, 5], 0)


@given(st.floats(-3.1, 3.1))
def test_yaw_is_found_whatever_the_path(angle: float) -> None:
    turn = Rotation.from_rotvec([0, angle, 0]).as_matrix()
    ref = POINTS.copy()
    ref[1, 3] = np.nan
    pred = POINTS @ turn + np.arange(4)[:, None, None]  # turned back, and walking away
    assert np.allclose(yaw_alignment(pred, ref), turn)


# Time


def test_frames_at_the_same_time_are_taken_as_they_are() -> None:
    times = np.arange(10) / 30
    noisy = np.random.default_rng(1).normal(size=(10, 2, 3))
    assert (resample(noisy, times, times[2:7] + 1e-6) == noisy[2:7]).all()


def test_resampling_follows_a_smooth_path() -> None:
    times, at = np.arange(60) / 60, np.arange(1, 23) / 24
    path = np.stack([np.sin(5 * times), np.cos(5 * times), times], axis=-1)[:, None]
    expected = np.stack([np.sin(5 * at), np.cos(5 * at), at], axis=-1)
    assert np.abs(resample(path, times, at)[:, 0] - expected).max() < 1e-4


def test_nothing_is_made_up_outside_or_in_gaps() -> None:
    times = np.arange(20) / 20
    path = np.repeat(times[:, None, None], 3, axis=2)
    path[8:13] = np.nan  # five frames missing
    path[3] = np.nan  # one missing: bridged
    made = resample(path, times, np.array([-0.5, 0.16, 0.49, 0.71, 1.5]))
    assert np.isnan(made[[0, 2, 4]]).all()
    assert made[[1, 3], 0, 0].tolist() == pytest.approx([0.16, 0.71])


def test_rotations_go_the_shorter_way() -> None:
    turns = quat_from_rotvec(np.array([[[0.0, 0.1, 0]], [[0.0, 0.3, 0]]]))
    turns[1] *= -1
    middle = resample_rotations(turns, np.array([0.0, 1.0]), np.array([0.5]))
    assert quat_angle(middle, quat_from_rotvec(np.array([[[0.0, 0.2, 0]]]))).max() < 1e-6


def test_common_times_are_those_of_the_slower_and_of_the_prediction_at_equal_rates() -> None:
    slow, fast = np.arange(24) / 24, np.arange(60) / 60 + 0.25
    assert np.allclose(common_times(slow, fast), slow[6:])
    assert np.allclose(common_times(fast, slow), slow[6:])
    shifted = np.arange(24) / 24 + 0.01
    assert np.allclose(common_times(shifted, slow), shifted[:-1])


def test_clips_that_share_no_time_are_refused() -> None:
    with pytest.raises(InputError, match="share fewer than two frames"):
        common_times(np.arange(10) / 10, np.arange(10) / 10 + 5)


@pytest.mark.parametrize(("rate", "begin"), [(30.0, 0.0), (30.0, 0.7), (24.0, 0.43), (60.0, -0.315), (25.0, 1.234)])
def test_an_unknown_offset_is_found_to_a_fraction_of_a_frame(rate: float, begin: float) -> None:
    pred, ref = walker_track(rate, 4.0, begin), walker_track(30.0, 6.0)
    noise = np.random.default_rng(0).normal(scale=0.01, size=pred.xyz.shape)
    object.__setattr__(pred, "xyz", pred.xyz + noise)
    found = find_offset(joint_features(pred), pred.timestamps, joint_features(ref), ref.timestamps)
    assert found.seconds == pytest.approx(begin, abs=0.2 / 30)
    assert found.correlation > 0.9
    assert found.runner_up < found.correlation - 0.1


def test_an_offset_is_found_with_frames_missing() -> None:
    pred, ref = walker_track(30.0, 4.0, 0.5), walker_track(30.0, 6.0)
    pred.xyz[20:50, :3] = np.nan
    found = find_offset(joint_features(pred), pred.timestamps, joint_features(ref), ref.timestamps)
    assert found.seconds == pytest.approx(0.5, abs=0.01)


def test_a_clip_too_short_or_unknown_is_refused() -> None:
    ref = walker_track()
    features = joint_features(ref)
    with pytest.raises(InputError, match="too short"):
        find_offset(features[:3], ref.timestamps[:3], features, ref.timestamps)
    with pytest.raises(InputError, match="too few joints"):
        find_offset(np.full_like(features, np.nan), ref.timestamps, features, ref.timestamps)
