import itertools

import numpy as np
import pytest

from posewright.errors import UsageError
from posewright.estimate.blazepose import BlazePose
from posewright.estimate.blazepose.estimator import confidence
from posewright.estimate.blazepose.landmarks import Landmarks
from posewright.media import Frame, open_source
from tests.estimate.blazepose.sample import SAMPLE, blazepose, shared

CLIPS = {
    "jesse_dance": "jesse_dance.mp4",
    "sports2d_demo": "sports2d_demo.mp4",
    "pose2sim_single_cam01": "pose2sim_single/cam01.mp4",
    "pose2sim_single_cam04": "pose2sim_single/cam04.mp4",
}


@pytest.fixture(scope="module")
def estimator():
    return blazepose()


@pytest.mark.parametrize("clip", CLIPS)
def test_agrees_with_mediapipe(estimator, clip):
    golden = np.load(shared(f"golden/blazepose/{clip}.npz"))
    theirs = golden["landmarks_px"][:, :, :2]
    with open_source(shared(f"video/{CLIPS[clip]}")) as frames:
        results = list(estimator.estimate_clip(frames))
        assert frames.info.frame_size == tuple(golden["frame_size"])
    assert len(results) == len(theirs)
    found = np.array([bool(result.people) for result in results])
    assert found[np.isfinite(theirs[:, 0, 0])].all(), "a frame was lost that MediaPipe has"
    both = found & np.isfinite(theirs[:, 0, 0])
    ours = np.stack([result.people[0].xy for result in itertools.compress(results, both)])
    metres = np.stack([result.people[0].xyz for result in itertools.compress(results, both)])
    distance = np.linalg.norm(ours - theirs[both], axis=-1) / np.ptp(theirs[both, :, 1], axis=1)[:, None]
    assert np.median(distance) < 0.005
    assert np.median(np.linalg.norm(metres - golden["world_m"][both], axis=-1)) < 0.02


def test_whole_clips_give_what_frame_by_frame_gives(estimator):
    with open_source(SAMPLE, end=1.0) as frames:
        fast = list(estimator.estimate_clip(frames))
    plain = blazepose(threads=1)
    with open_source(SAMPLE, end=1.0) as frames:
        slow = [(frame.timestamp, plain(frame)) for frame in frames]
    assert len(fast) == len(slow) > 10
    for result, (timestamp, people) in zip(fast, slow, strict=True):
        assert result.timestamp == timestamp
        assert len(result.people) == len(people) == 1
        np.testing.assert_allclose(result.people[0].xy, people[0].xy, atol=1e-3)
        np.testing.assert_allclose(result.people[0].xyz, people[0].xyz, atol=1e-5)


def test_a_second_run_gives_the_same(estimator):
    def run():
        with open_source(SAMPLE, end=0.3) as frames:
            return np.stack([result.people[0].xy for result in estimator.estimate_clip(frames)])

    np.testing.assert_array_equal(run(), run())


def test_one_picture_is_enough(estimator):
    with open_source(SAMPLE, end=0.01) as frames:
        (frame,) = frames
    (result,) = estimator.estimate_clip([Frame.from_rgb(frame.rgb())])
    (only,) = result.people
    assert only.score > 0.9
    inside = (only.xy >= 0).all(axis=1) & (only.xy < frame.size).all(axis=1)
    assert inside.mean() > 0.9
    assert only.xyz[[23, 24]].mean(axis=0) == pytest.approx([0, 0, 0], abs=0.02)  # the hips are the origin


def test_progress_counts_the_frames(estimator):
    told = []
    with open_source(SAMPLE, end=0.2) as frames:
        results = list(estimator.estimate_clip(frames, told.append))
    assert told == list(range(1, len(results) + 1))


def test_two_people_are_found(estimator):
    with open_source(shared("video/pose2sim_multi/cam04.mp4"), end=0.2) as frames:
        results = list(blazepose(people=2).estimate_clip(frames))
    assert [len(result.people) for result in results] == [2] * len(results)


def test_nobody_in_noise(estimator):
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    estimator.reset()
    assert estimator(Frame.from_rgb(noise)) == []


def test_what_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="no variant 'huge'"):
        BlazePose("huge")
    with pytest.raises(UsageError, match="0 people"):
        BlazePose(people=0)


def test_a_point_outside_the_frame_is_trusted_less_than_a_hidden_one():
    visibility, presence = np.full(33, 0.1, np.float32), np.full(33, 0.99, np.float32)
    presence[0] = 0.01
    points = Landmarks(np.zeros((33, 3)), visibility, presence, np.ones(33, np.float32), np.zeros((33, 3)), np.zeros((2, 2)), 1.0)
    trust = confidence(points)
    assert trust[0] < 0.1 < trust[1] < 0.5
    assert ((trust >= 0) & (trust <= 1)).all()


def test_a_point_is_trusted_by_how_sharply_it_is_placed():
    sure, sharpness = np.ones(33, np.float32), np.full(33, 0.98, np.float32)
    sharpness[:2] = 0.3, 0.6
    trust = confidence(Landmarks(np.zeros((33, 3)), sure, sure, sharpness, np.zeros((33, 3)), np.zeros((2, 2)), 1.0))
    assert trust[0] < 0.4 < trust[1] < 0.7
    np.testing.assert_array_equal(trust[2:], 1.0)
