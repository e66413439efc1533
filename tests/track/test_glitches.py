import numpy as np
import pytest

from posewright.track.glitches import STATURE_SIZES, find_glitches

PX_PER_M = 200.0


def _find(path_m, fps, confidence=None):
    """Glitches (T,) of one keypoint whose path is given in metres, on a standing person."""
    frames = len(path_m)
    trust = np.ones((frames, 1)) if confidence is None else confidence[:, None]
    return find_glitches(PX_PER_M * path_m[:, None], trust, np.arange(frames) / fps, np.full(frames, STATURE_SIZES * PX_PER_M))[:, 0]


def _swing(frames, fps):
    """A hand that swings half a metre to and fro."""
    t = np.arange(frames) / fps
    return np.stack([0.25 * np.sin(2 * np.pi * t), 0.1 * np.cos(2 * np.pi * t)], axis=-1) + np.random.default_rng(0).normal(0, 0.008, (frames, 2))


def _kick(frames, fps, speed):
    """A foot that shoots up at up to `speed` m/s within some 0.2 s, stops hard and comes down again."""
    t = np.arange(frames) / fps
    out, back = np.tanh((t - 0.6) * 2 * speed), np.tanh((t - 0.95) * speed)
    return np.stack([0.25 * (out - back), 0.5 * (out - back)], axis=-1)


@pytest.mark.parametrize(("fps", "length"), [(24.0, 1), (30.0, 1), (30.0, 2), (60.0, 1), (60.0, 3), (60.0, 5)])
def test_a_keypoint_that_jumps_away_for_some_frames_is_found(fps, length):
    path = _swing(60, fps)
    path[30 : 30 + length] += [0.45, -0.2]
    np.testing.assert_array_equal(np.flatnonzero(_find(path, fps)), np.arange(30, 30 + length))


def test_a_keypoint_that_lags_behind_and_leaps_after_is_found():
    path = _kick(90, 60.0, 9.0) * 1.5
    lost = path.copy()
    at = int(np.argmax(np.linalg.norm(np.diff(path, axis=0), axis=-1)))
    lost[at : at + 4] = path[at - 1]
    found = _find(lost, 60.0)
    assert found[at + 1 : at + 4].sum() >= 2
    assert found.sum() <= 4


@pytest.mark.parametrize("fps", [24.0, 30.0, 50.0, 60.0])
@pytest.mark.parametrize("speed", [4.0, 9.0])
def test_a_blow_survives(fps, speed):
    path = _kick(int(1.6 * fps), fps, speed)
    assert np.linalg.norm(np.diff(path, axis=0), axis=-1).max() * fps > 0.7 * speed
    assert not _find(path, fps).any()


def test_what_is_unsure_is_given_up_first():
    path = np.zeros((41, 2))
    path[20] = [0.045, 0.0]
    sure = np.ones(41)
    unsure = sure.copy()
    unsure[20] = 0.05
    assert not _find(path, 60.0, sure)[20]
    assert _find(path, 60.0, unsure)[20]


def test_unseen_frames_are_no_glitches():
    path = _swing(50, 30.0)
    path[20:30] = np.nan
    assert not _find(path, 30.0).any()
    assert not _find(np.full((50, 2), np.nan), 30.0).any()
    assert not _find(path[:3], 30.0).any()


def test_keypoints_are_judged_each_by_itself():
    path = np.stack([_swing(40, 30.0)] * 3, axis=1)
    path[12, 1] += 0.6
    found = find_glitches(PX_PER_M * path, np.ones((40, 3)), np.arange(40) / 30.0, np.full(40, STATURE_SIZES * PX_PER_M))
    assert np.argwhere(found).tolist() == [[12, 1]]
