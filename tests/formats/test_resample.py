"""Motions at other frame rates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posewright.errors import UsageError
from posewright.formats import resampled, write
from posewright.formats.bvh import read_bvh
from posewright.geometry import quat_angle, quat_from_rotvec
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.types import Motion
from tests.formats.samples import random_motion

SKELETON = Skeleton(("a", "b", "c"), (-1, 0, 1), np.tile([0.0, 0.3, 0.0], (3, 1)), np.tile([0.0, 0.0, 0.0, 1.0], (3, 1)))
RATES = st.sampled_from([12.0, 23.976, 24.0, 25.0, 29.97, 30.0, 48.0, 50.0, 60.0, 120.0])


def turning(frames: int, fps: float, speed: float) -> Motion:
    """Every joint turns at a constant speed (radians a second) about an axis of its own, the root moves straight."""
    axes = np.random.default_rng(0).normal(size=(len(SKELETON), 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    time = np.arange(frames) / fps
    contacts = (np.arange(frames)[:, None] % 2 == np.arange(4) % 2).astype(np.float32)
    return Motion(SKELETON, quat_from_rotvec(speed * time[:, None, None] * axes), time[:, None] * [1.0, 0.0, 2.0], fps, contacts, np.linspace(0, 1, frames, dtype=np.float32))


@settings(deadline=None)
@given(st.integers(1, 40), RATES, st.floats(-30.0, 30.0))
def test_double_and_back_is_the_same(frames: int, fps: float, speed: float) -> None:
    motion = turning(frames, fps, speed)
    doubled = resampled(motion, 2 * fps)
    assert len(doubled) == 2 * frames - 1
    back = resampled(doubled, fps)
    assert len(back) == frames
    assert quat_angle(back.rotations, motion.rotations).max() < 1e-6
    assert np.allclose(back.root_translation, motion.root_translation, atol=1e-12)
    assert np.array_equal(back.contacts, motion.contacts)


@settings(deadline=None)
@given(st.integers(2, 40), RATES, RATES, st.floats(-5.0, 5.0))
def test_constant_speed_stays_exact(frames: int, old: float, new: float, speed: float) -> None:
    motion = resampled(turning(frames, old, speed), new)
    times = np.minimum(motion.timestamps, (frames - 1) / old)
    axes = np.random.default_rng(0).normal(size=(len(SKELETON), 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    assert quat_angle(motion.rotations, quat_from_rotvec(speed * times[:, None, None] * axes)).max() < 1e-6
    assert np.allclose(motion.root_translation, times[:, None] * [1.0, 0.0, 2.0], atol=1e-9)
    assert np.allclose(motion.confidence, times * old / (frames - 1), atol=1e-5)


@settings(deadline=None)
@given(st.integers(1, 50), RATES, st.floats(0.5, 240.0))
def test_both_ends_are_kept(frames: int, old: float, new: float) -> None:
    motion = random_motion(SKELETON, frames, old)
    other = resampled(motion, new)
    assert other.fps == new
    assert np.isfinite(other.rotations).all()
    assert abs(other.duration - motion.duration) < 1.002 / new
    for frame in (0, -1):
        assert quat_angle(other.rotations[frame], motion.rotations[frame]).max() < 0.02
    assert other.duration >= motion.duration - 2e-3 / new


def test_contacts_are_the_nearest_frames() -> None:
    motion = turning(5, 10.0, 1.0)
    assert motion.contacts is not None
    assert np.array_equal(resampled(motion, 40.0).contacts, motion.contacts[[0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4]])


def test_the_same_rate_is_the_same_motion() -> None:
    motion = turning(5, 30.0, 1.0)
    assert resampled(motion, 30.0) is motion
    assert resampled(motion, None) is motion


@pytest.mark.parametrize("fps", [0.0, -24.0, float("nan"), float("inf"), 1e6])
def test_no_frame_rate(fps: float) -> None:
    with pytest.raises(UsageError, match="frames a second: give a number"):
        resampled(turning(5, 30.0, 1.0), fps)


@pytest.mark.parametrize("fps", [24.0, 25.0, 30.0, 60.0])
def test_files_are_written_at_any_rate(tmp_path: Path, fps: float) -> None:
    motion = random_motion(reference_skeleton(), 31, 30.0)
    write(tmp_path / "a.bvh", motion, fps=fps)
    back = read_bvh(tmp_path / "a.bvh", unit="cm")
    assert (back.fps, len(back)) == (fps, int(fps) + 1)
    hand = [body.joint_positions()[-1, body.skeleton.index(joint)] for body, joint in ((back, "mixamorig:LeftHand"), (motion, "leftHand"))]
    assert np.allclose(*hand, atol=1e-5)
