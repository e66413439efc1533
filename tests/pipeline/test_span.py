import numpy as np

from posewright.pipeline.span import held, on_whole_clip
from posewright.skeletons import COCO17
from posewright.types import Diagnostics, Keypoints, Person, Poses3D
from tests.strategies import random_motion


def _person(start: int, frames: int, fps: float = 30.0) -> Person:
    times = (start + np.arange(frames)) / fps
    sure = np.ones((frames, 17), np.float32)
    poses = Poses3D(np.zeros((frames, 17, 3), np.float32), sure, COCO17, times, "world", False)
    diagnostics = Diagnostics(poses, np.ones(frames, bool), np.zeros((frames, 17), bool))
    return Person(Keypoints(np.ones((frames, 17, 2), np.float32), sure, COCO17, times, (64, 48)), poses, random_motion(frames=frames, fps=fps), diagnostics)


def test_a_person_seen_for_a_while_stands_still_before_and_after():
    timeline = np.arange(60) / 30.0
    short = _person(20, 10)
    whole = on_whole_clip(short, timeline)
    assert len(whole.motion) == len(whole.keypoints) == len(whole.poses) == 60
    assert np.array_equal(whole.motion.rotations[20:30], short.motion.rotations)
    assert np.array_equal(whole.motion.root_translation[:20], np.tile(short.motion.root_translation[0], (20, 1)))
    assert np.array_equal(whole.motion.rotations[30:], np.tile(short.motion.rotations[-1], (30, 1, 1)))
    assert (whole.motion.confidence[:20] == 0).all()
    assert (whole.motion.confidence[20:30] == 1).all()
    assert np.isnan(whole.keypoints.xy[:20]).all()
    assert not np.isnan(whole.keypoints.xy[20:30]).any()
    assert whole.diagnostics.swapped.sum() == 10


def test_another_frame_rate_of_the_motion_keeps_the_length():
    timeline = np.arange(61) / 60.0
    times = (20 + np.arange(11)) / 60.0
    person = _person(20, 11, 60.0)
    slow = Person(person.keypoints, person.poses, random_motion(frames=6, fps=30.0))
    assert np.allclose(person.keypoints.timestamps, times)
    whole = on_whole_clip(slow, timeline)
    assert abs(whole.motion.duration - 1.0) <= 1 / 30.0


def test_somebody_always_there_is_left_alone():
    person = _person(0, 10)
    assert on_whole_clip(person, person.keypoints.timestamps) is person


def test_holding_keeps_contacts():
    motion = held(random_motion(frames=5), 2, 3)
    assert len(motion) == 10
    assert motion.contacts is None
