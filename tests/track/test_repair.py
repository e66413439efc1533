from dataclasses import replace

import numpy as np

from posewright.skeletons import HALPE26
from posewright.track import Track, repair
from posewright.track.repair import DOUBTED
from tests.solve.refine.bodies import marching, seen, tilted_camera

WRIST = HALPE26.index("left_wrist")


def _track():
    keypoints, poses, _ = seen(marching(60), tilted_camera(5))
    return Track(keypoints, poses)


def test_a_wild_keypoint_is_distrusted_in_2d_and_doubted_in_3d():
    track = _track()
    xy = track.keypoints.xy.copy()
    xy[25:27, WRIST] += [150.0, -90.0]
    mended = repair(Track(replace(track.keypoints, xy=xy), track.poses))
    assert np.argwhere(mended.outliers).tolist() == [[25, WRIST], [26, WRIST]]
    assert (mended.track.keypoints.confidence[25:27, WRIST] == 0).all()
    np.testing.assert_allclose(mended.track.poses.confidence[25:27, WRIST], DOUBTED)
    assert mended.track.keypoints.confidence.sum() == track.keypoints.confidence.sum() - 2


def test_left_and_right_are_put_right():
    track = _track()
    order = np.arange(len(HALPE26))
    for left, right in HALPE26.pairs:
        order[[HALPE26.index(left), HALPE26.index(right)]] = HALPE26.index(right), HALPE26.index(left)
    xy, xyz = track.keypoints.xy.copy(), track.poses.xyz.copy()
    xy[20:30], xyz[20:30] = xy[20:30][:, order], xyz[20:30][:, order]
    mended = repair(Track(replace(track.keypoints, xy=xy), replace(track.poses, xyz=xyz)))
    assert np.flatnonzero(mended.swapped).tolist() == list(range(20, 30))
    np.testing.assert_array_equal(mended.track.keypoints.xy, track.keypoints.xy)
    np.testing.assert_array_equal(mended.track.poses.xyz, track.poses.xyz)


def test_a_steady_track_is_left_alone():
    track = _track()
    mended = repair(track)
    assert not mended.swapped.any()
    assert not mended.outliers.any()
