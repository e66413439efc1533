"""Bones that stretch and bodies that lean by known amounts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from posewright.study.metrics import bone_length_cv, bone_length_std, bone_lengths, clip_lean, frame_lean, trunk_lean


def body(frames: int = 12) -> np.ndarray:
    """Random joints of a moving body, (frames, 8, 3)."""
    return np.random.default_rng(5).normal(size=(frames, 8, 3)) * [0.3, 0.8, 0.2]


def turned(points: np.ndarray, rotation: Rotation) -> np.ndarray:
    return points @ rotation.as_matrix().T


def test_bone_lengths_and_their_spread() -> None:
    xyz = np.zeros((2, 2, 3))
    xyz[:, 1, 0] = [0.9, 1.1]
    assert bone_lengths(xyz, [(0, 1)])[:, 0].tolist() == pytest.approx([0.9, 1.1])
    assert bone_length_std(xyz, [(0, 1)])[0] == pytest.approx(0.1)
    assert bone_length_cv(2 * xyz, [(0, 1)])[0] == pytest.approx(0.1)


def test_missing_joints_do_not_spread() -> None:
    xyz = np.zeros((3, 2, 3))
    xyz[:, 1, 0] = [0.9, np.nan, 1.1]
    assert bone_length_std(xyz, [(0, 1)])[0] == pytest.approx(0.1)
    assert np.isnan(bone_length_cv(np.full((3, 2, 3), np.nan), [(0, 1)])[0])


@given(st.floats(0, 1.5), st.floats(-3, 3), st.floats(-3, 3), st.floats(0.3, 3))
def test_lean_is_the_tilt_whatever_the_heading_size_and_place(tilt: float, towards: float, heading: float, scale: float) -> None:
    ref = body()
    axis = [np.cos(towards), 0, np.sin(towards)]
    pred = scale * turned(turned(ref, Rotation.from_rotvec([0, heading, 0])), Rotation.from_rotvec(np.multiply(tilt, axis)))
    assert clip_lean(pred + 4, ref) == pytest.approx(tilt, abs=1e-7)
    assert frame_lean(pred + 4, ref) == pytest.approx(tilt, abs=1e-7)


def test_lean_that_comes_and_goes_shows_by_frame() -> None:
    ref = body(2)
    pred = np.stack([turned(ref[0], Rotation.from_rotvec([0.2, 0, 0])), turned(ref[1], Rotation.from_rotvec([-0.2, 0, 0]))])
    assert frame_lean(pred, ref) == pytest.approx([0.2, 0.2])
    assert clip_lean(pred, ref) < 0.1


def test_lean_with_joints_missing() -> None:
    ref = body()
    pred = turned(ref, Rotation.from_rotvec([0.1, 0, 0]))
    pred[3, 2] = np.nan
    assert clip_lean(pred, ref) == pytest.approx(0.1)


def test_trunk_lean() -> None:
    hips, shoulders = [[0.1, 0, 0], [-0.1, 0, 0]], [[0.2, 0.5, 0.5], [-0.2, 0.5, 0.5]]  # left, right: faces +z and leans there
    forward = np.array([[*hips, *shoulders]])
    about = turned(forward, Rotation.from_rotvec([0, 2.0, 0]))
    assert trunk_lean(forward, (0, 1), (2, 3))[0] == pytest.approx(np.pi / 4)
    assert trunk_lean(about, (0, 1), (2, 3))[0] == pytest.approx(np.pi / 4)
    assert trunk_lean(forward * [1, 1, -1], (0, 1), (2, 3))[0] == pytest.approx(-np.pi / 4)
