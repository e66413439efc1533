from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posewright.errors import UsageError
from posewright.lift.clip import gapless, in_windows, metric_scale, mirrored, unsheared, window_starts
from posewright.skeletons import COCO17, H36M17, HUMANOID, MPII16, conversion
from posewright.types import Camera
from tests.lift.people import CAMERA, moving_body, track_of


def test_gaps_are_filled_in_time_and_not_trusted():
    keypoints = track_of(moving_body(20)).keypoints
    xy, confidence = keypoints.xy.copy(), keypoints.confidence.copy()
    wrist = COCO17.index("left_wrist")
    confidence[8:12, wrist] = 0
    xy[8:12, wrist] = 9999.0  # an estimator may leave anything where it saw nothing
    xy[:3], confidence[:3] = np.nan, 0
    filled, trust = gapless(replace(keypoints, xy=xy, confidence=confidence), COCO17)
    assert np.isfinite(filled).all()
    steps = np.diff(filled[7:13, wrist], axis=0)
    np.testing.assert_allclose(steps, np.broadcast_to(steps[0], steps.shape), atol=1e-2)
    np.testing.assert_array_equal(filled[0], filled[3])
    assert (trust[8:12, wrist] == 0).all()
    assert (trust[:3] == 0).all()
    np.testing.assert_allclose(filled[12:], keypoints.xy[12:], atol=1e-3)


def test_a_joint_never_seen_stands_among_the_others():
    keypoints = track_of(moving_body(5)).keypoints
    confidence = keypoints.confidence.copy()
    confidence[:, 0] = 0
    filled, trust = gapless(replace(keypoints, confidence=confidence), COCO17)
    np.testing.assert_allclose(filled[:, 0], keypoints.xy[:, 1:].mean(1), atol=1e-2)
    assert (trust[:, 0] == 0).all()


def test_what_cannot_be_lifted_is_refused():
    mpii = track_of(moving_body(5), MPII16).keypoints
    with pytest.raises(UsageError, match=r"left_eye.*cannot be made from mpii16"):
        gapless(mpii, COCO17)
    assert np.isfinite(gapless(mpii, H36M17)[0]).all()
    nobody = replace(mpii, confidence=np.zeros_like(mpii.confidence))
    with pytest.raises(UsageError, match="nothing to lift"):
        gapless(nobody, H36M17)


@settings(deadline=None)
@given(frames=st.integers(1, 200), length=st.integers(2, 60), share=st.floats(0, 0.9))
def test_windows_cover_the_clip_and_share_what_they_should(frames, length, share):
    overlap = int(share * (length - 1))
    starts = list(window_starts(frames, length, overlap))
    covered = np.zeros(frames, int)
    for start in starts:
        covered[start : start + length] += 1
    assert covered.min() >= 1
    assert all(b - a <= length - overlap for a, b in pairwise(starts))
    assert frames <= length or starts[-1] + length == frames


@settings(deadline=None)
@given(frames=st.integers(1, 90), overlap=st.integers(0, 19), batch=st.integers(1, 5))
def test_what_needs_no_window_is_the_same_in_windows(frames, overlap, batch):
    clip = np.random.default_rng(frames).normal(size=(frames, 4, 3)).astype(np.float32)
    np.testing.assert_allclose(in_windows(lambda windows: 2 * windows, clip, 20, overlap, batch), 2 * clip, rtol=1e-5)


def test_windows_that_disagree_are_blended_without_a_jump():
    numbers = iter(range(100))
    lifted = in_windows(lambda windows: np.stack([np.full(window.shape, float(next(numbers))) for window in windows]), np.zeros((100, 1, 3), np.float32), 40, 10)
    assert lifted.min() == 0.0
    assert lifted.max() == 2.0
    assert np.abs(np.diff(lifted[:, 0, 0])).max() < 0.12


def test_mirroring_twice_changes_nothing():
    clip = np.random.default_rng(0).normal(size=(5, 17, 3)).astype(np.float32)
    np.testing.assert_array_equal(mirrored(mirrored(clip, COCO17), COCO17), clip)
    assert (mirrored(clip, COCO17)[:, COCO17.index("left_knee"), 0] == -clip[:, COCO17.index("right_knee"), 0]).all()


def test_image_axes_become_the_cameras():
    """Far from the principal point, depth changes the place in the image: taken out, the body is what it was, to the weak perspective's error."""
    body = moving_body(10, depth=6.0) + np.array([2.0, 0.0, 0.0])
    root = body[:, :1]
    pixels = body[..., :2] / body[..., 2:] * CAMERA.focal + CAMERA.centre
    flat = np.concatenate([(pixels - pixels[:, :1]) * root[..., 2:] / CAMERA.focal, body[..., 2:] - root[..., 2:]], axis=-1)
    truth = body - root
    before, after = (np.abs(x - truth).max() for x in (flat, unsheared(flat.astype(np.float32), pixels[:, 0], CAMERA)))
    assert after < 0.4 * before
    np.testing.assert_allclose(unsheared(flat, pixels[:, 0], Camera.from_fov((1280, 720), 1.0)), flat, atol=1e-2)  # from afar nothing is to be done


def test_bones_tell_the_unit():
    body, _ = conversion(HUMANOID, H36M17).apply(moving_body(30), np.ones((30, len(HUMANOID))))
    assert metric_scale(body, H36M17) == pytest.approx(1.0, rel=1e-3)
    assert metric_scale(7 * body, H36M17) == pytest.approx(1 / 7, rel=1e-3)
    assert metric_scale(0 * body, H36M17) == 1.0
