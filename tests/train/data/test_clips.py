from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posewright.errors import InputError
from posewright.train.data.bodies import JOINTS, POINTS, Bodies
from posewright.train.data.clips import read_clip, read_clips
from posewright.train.data.sequences import Sequences
from posewright.train.data.visibility import COVERED, OUTSIDE
from posewright.types import Camera


def _write(path: Path, sequences: Sequences, bodies: Bodies) -> Camera:
    """A clip whose detector makes no mistakes, but loses the person in the last frame."""
    window, body = sequences.window(np.array([60]), np.arange(6)), bodies.taken(np.array([4]))
    posed = body.pose(window.rotations, window.pelvis)
    pose = np.diag([1.0, -1.0, -1.0, 1.0])
    pose[:3, 3] = posed.joints[0, 0, 0] + [0.1, 0.2, 4.0]
    camera = Camera((300, 400), (450.0, 450.0), (140.0, 210.0), T_world_camera=pose)
    xy = camera.project(posed.points[0].astype(float))
    xy[-1] = np.nan
    np.savez(
        path, xy=xy, confidence=np.ones((6, 33)), world=np.zeros((6, 33, 3)), points=posed.points[0], rotations=window.rotations[0], root=posed.joints[0, :, 0],
        contacts=window.contacts[0], offsets=body.offsets[0], local=body.local[0], stature=body.stature[0], focal=450.0, centre=camera.centre, size=camera.image_size,
        T_world_camera=pose, pitch=0.0, distance=4.0, hidden=[0, 300, 300, 400], kind="hidden", name="a", figure="b",
    )  # fmt: skip
    return camera


def test_what_was_written(sequences: Sequences, bodies: Bodies, tmp_path: Path) -> None:
    _write(tmp_path / "clip_00001.npz", sequences, bodies)
    (clip,) = read_clips(tmp_path)
    np.testing.assert_allclose(clip.rays[:-1], clip.truth()[:-1], atol=1e-4)
    assert np.isnan(clip.rays[-1]).all()
    np.testing.assert_allclose(clip.joints[:, JOINTS.index("leftLowerLeg")], clip.points[:, POINTS.index("left_knee")], atol=1e-4)
    np.testing.assert_allclose(clip.turn[:, 1], [0.0, -1.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(clip.picture, [-140 / 450, -210 / 450, 160 / 450, 190 / 450], atol=1e-6)
    low = clip.truth()[..., 1] > 90.5 / 450
    state = clip.state()
    assert low.any()
    assert np.isin(state[low], (COVERED, OUTSIDE)).all()
    np.testing.assert_allclose(clip.size(), clip.stature / clip.points[:, [23, 24], 2].mean(1), rtol=1e-5)


def test_another_file_is_no_clip(tmp_path: Path) -> None:
    np.savez(tmp_path / "clip_1.npz", xy=np.zeros(3))
    with pytest.raises(InputError, match="is no clip of"):
        read_clip(tmp_path / "clip_1.npz")
