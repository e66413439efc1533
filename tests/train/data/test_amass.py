from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posewright.errors import InputError
from posewright.geometry import quat_from_rotvec, quat_multiply, quat_rotate, quat_to_rotvec
from posewright.train.data.amass import read_amass, skeleton
from posewright.train.data.recorded import read_motions
from posewright.types import Motion

UP = quat_from_rotvec(np.array([np.pi / 2, 0.0, 0.0]))


def amass(motion: Motion, path: Path, width: int = 156, key: str = "mocap_framerate", **changes: object) -> Path:
    """The motion as AMASS keeps it: axis and angle in SMPL's order, +Z up."""
    order = [motion.skeleton.index(joint) for joint in skeleton().joints]
    rotations = motion.rotations[:, order].copy()
    rotations[:, 0] = quat_multiply(UP, rotations[:, 0])
    poses = np.zeros((len(motion), width))
    poses[:, :66] = quat_to_rotvec(rotations).reshape(len(motion), -1)
    values = {"poses": poses, "trans": quat_rotate(UP, motion.root_translation), "betas": np.zeros(16), "gender": "neutral", key: motion.fps}
    np.savez(path, **(values | changes))
    return path


@pytest.mark.parametrize(("width", "key"), [(72, "mocap_framerate"), (156, "mocap_framerate"), (165, "mocap_frame_rate")])
def test_there_and_back(walk: Motion, tmp_path: Path, width: int, key: str) -> None:
    ((_, found),) = read_amass(amass(walk, tmp_path / "a.npz", width, key), print)
    positions = dict(zip(found.skeleton.joints, np.moveaxis(found.joint_positions(), 1, 0), strict=True))
    expected = walk.joint_positions()
    for joint in walk.skeleton.joints:
        np.testing.assert_allclose(positions[joint], expected[:, walk.skeleton.index(joint)], atol=1e-6)
    assert found.fps == 30.0


def test_on_the_humanoid(walk: Motion, tmp_path: Path) -> None:
    (found,) = read_motions([amass(walk, tmp_path / "a.npz")])
    np.testing.assert_allclose(found.motion.joint_positions()[:230], walk.joint_positions()[:230], atol=0.02)


def test_frames_with_nan_cut_the_sequence(walk: Motion, tmp_path: Path) -> None:
    path = amass(walk, tmp_path / "a.npz")
    with np.load(path) as data:
        values = dict(data)
    values["poses"][100:103, 5] = np.nan
    np.savez(path, **values)
    told: list[str] = []
    found = read_motions([path], told.append)
    assert [(each.name, len(each.motion)) for each in found] == [("a#0", 100), ("a#1", len(walk) - 103)]
    assert told == ["a.npz: frame 100 holds NaN or infinity; cut into 2 parts"]
    assert all(np.isfinite(each.motion.rotations).all() for each in found)
    values["poses"][::5] = np.nan
    np.savez(path, **values)
    with pytest.raises(InputError, match="frame 0 holds NaN"):
        read_motions([path], told.append)


def test_what_is_wrong_is_said(walk: Motion, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"shape \(234, 99\).*165 \(SMPL-X\)"):
        read_amass(amass(walk, tmp_path / "a.npz", poses=np.zeros((234, 99))), print)
    with pytest.raises(InputError, match="trans of"):
        read_amass(amass(walk, tmp_path / "b.npz", trans=np.zeros((3, 3))), print)
    with pytest.raises(InputError, match="does not say its frame rate"):
        read_amass(amass(walk, tmp_path / "c.npz", key="rate"), print)
