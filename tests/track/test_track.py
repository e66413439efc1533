import numpy as np
import pytest

from posewright.media import open_source
from posewright.track import track
from tests.estimate.blazepose.sample import blazepose, shared
from tests.track.people import clip, person

SIZE = (1280, 720)


def test_one_person_throughout():
    (only,) = track(clip(*[[person(100 + t)] for t in range(30)]), SIZE)
    assert len(only) == 30
    assert only.seen.all()
    np.testing.assert_allclose(only.keypoints.xy[:, :, 0] - only.keypoints.xy[0, :, 0], np.arange(30)[:, None] * np.ones(33), atol=1e-4)
    np.testing.assert_allclose(only.keypoints.timestamps, np.arange(30) / 30)
    assert only.keypoints.frame_size == SIZE
    assert (only.poses.frame, only.poses.root_relative) == ("camera", True)
    np.testing.assert_allclose(only.poses.xyz[:, 0, 0], 100 + np.arange(30))


def test_gaps_are_nan_without_confidence_and_the_ends_are_cut():
    frames = [[person(100)] if t in (*range(3, 10), *range(15, 22)) else [] for t in range(30)]
    (only,) = track(clip(*frames), SIZE)
    assert len(only) == 19
    assert only.keypoints.timestamps[0] == pytest.approx(3 / 30)
    gap = ~only.seen
    np.testing.assert_array_equal(np.flatnonzero(gap), np.arange(7, 12))
    assert np.isnan(only.keypoints.xy[gap]).all()
    assert np.isnan(only.poses.xyz[gap]).all()
    assert not only.keypoints.confidence[gap].any()
    assert not only.poses.confidence[gap].any()


def test_the_one_who_fills_most_of_the_clip_comes_first():
    frames = [[person(100), *([person(600, size=2)] if t >= 20 else [])] for t in range(60)]
    first, second = track(clip(*frames), SIZE, people=2)
    assert first.keypoints.xy[0, :, 0].mean() > 400
    assert (len(first), len(second)) == (40, 60)
    assert len(track(clip(*frames), SIZE, people=1)) == 1


def test_nobody_is_no_track():
    assert track(clip([], [], []), SIZE) == []
    assert track([], SIZE) == []


@pytest.mark.parametrize(("seen", "fps", "kept"), [(4, 10.0, False), (5, 30.0, False), (7, 30.0, True), (5, 10.0, True)])
def test_who_is_seen_too_briefly_is_dropped(seen, fps, kept):
    frames = [[person(100)] if t < seen else [] for t in range(60)]
    assert bool(track(clip(*frames, fps=fps), SIZE)) == kept


def test_an_image_and_a_very_short_clip_are_kept():
    (still,) = track(clip([person(100)]), SIZE)
    assert len(still) == 1
    (short,) = track(clip(*[[person(100)]] * 3), SIZE)
    assert len(short) == 3


def test_without_3d_there_are_no_poses():
    (only,) = track(clip(*[[person(100, lifted=False)]] * 10), SIZE)
    assert only.poses is None
    assert only.on_timeline(np.arange(12) / 30).poses is None


def test_on_the_timeline_of_the_clip():
    frames = [[person(100)] if 5 <= t < 25 else [] for t in range(30)]
    results = clip(*frames)
    (only,) = track(results, SIZE)
    whole = only.on_timeline([result.timestamp for result in results])
    np.testing.assert_array_equal(np.flatnonzero(whole.seen), np.arange(5, 25))
    np.testing.assert_array_equal(whole.keypoints.xy[5:25], only.keypoints.xy)
    np.testing.assert_array_equal(whole.poses.xyz[5:25], only.poses.xyz)
    with pytest.raises(ValueError, match="lacks"):
        only.on_timeline(np.arange(30) / 30 + 0.001)


def test_two_people_on_film_keep_their_names():
    with open_source(shared("video/pose2sim_multi/cam04.mp4")) as frames:
        results = list(blazepose(people=2).estimate_clip(frames))
        tracks = track(results, frames.info.frame_size, people=2)
    assert [len(single) for single in tracks] == [100, 100]
    left, right = sorted(np.nanmean(single.keypoints.xy[:, [23, 24], 0], axis=1).tolist() for single in tracks)
    assert max(np.abs(np.diff(left)).max(), np.abs(np.diff(right)).max()) < 60
