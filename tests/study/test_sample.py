from __future__ import annotations

import av
import numpy as np

from posewright.study.sample import sample_clip, sample_truth
from posewright.types import CONTACT_POINTS


def test_clip_is_small_short_and_matches_its_truth() -> None:
    motion, camera = sample_truth()
    assert sample_clip().stat().st_size < 1.5e6
    with av.open(str(sample_clip())) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.format.name == "yuv420p"
        assert (stream.width, stream.height) == camera.image_size
        assert float(stream.average_rate or 0) == motion.fps
        count = sum(1 for _ in container.decode(video=0))
    assert count == len(motion)
    assert 5.0 <= count / motion.fps <= 8.0


def test_whole_body_stays_in_the_picture() -> None:
    motion, camera = sample_truth()
    width, height = camera.image_size
    positions = motion.joint_positions()
    crown = positions[:, motion.skeleton.index("head")] + [0.0, 0.25, 0.0]
    xy = camera.project(np.concatenate([positions, crown[:, None]], axis=1))
    assert (xy > 10).all()
    assert (xy < [width - 10, height - 10]).all()


def test_truth_is_grounded() -> None:
    motion, _ = sample_truth()
    assert motion.contacts is not None
    positions = motion.joint_positions()
    assert positions[..., 1].min() > 0.0
    for column, bone in enumerate(CONTACT_POINTS):
        on = motion.contacts[:, column] > 0.5
        steps = np.linalg.norm(np.diff(positions[:, motion.skeleton.index(bone)], axis=0), axis=1)
        assert steps[on[1:] & on[:-1]].max() < 1e-3


def test_person_faces_the_camera_while_waving_with_the_right_hand() -> None:
    motion, camera = sample_truth()
    xy = camera.project(motion.joint_positions())[round(3.6 * motion.fps)]
    left, right = (xy[motion.skeleton.index(side + "UpperArm")] for side in ("left", "right"))
    assert left[0] > right[0] + 20
    assert xy[motion.skeleton.index("rightHand")][1] < right[1] < xy[motion.skeleton.index("leftHand")][1]
