from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posewright.geometry import quat_angle, quat_from_matrix, quat_rotate, quat_to_matrix
from posewright.skeletons import reference_skeleton
from posewright.solve.fit import fit_rotation, frame_from, local_rotations, smoothstep
from tests.strategies import quaternions

TEMPLATE = np.array([[0.1, 0.0, 0.0], [0.0, 0.2, 0.0], [0.05, 0.0, 0.1]])


@given(quaternions((4,)))
def test_a_turned_template_gives_the_turn(q: np.ndarray) -> None:
    observed = 1.3 * quat_rotate(q[:, None], TEMPLATE)
    found = fit_rotation(TEMPLATE, observed, np.ones((4, 3)), quat_to_matrix(q), 0.1)
    assert quat_angle(quat_from_matrix(found), q).max() < 1e-6


def test_the_prior_decides_what_the_vectors_leave_open() -> None:
    observed = np.array([[[0.0, 0.0, 2.0]], [[np.nan] * 3]])
    prior = np.tile(np.eye(3), (2, 1, 1))
    found = fit_rotation(np.array([[0.0, 1.0, 0.0]]), observed, np.ones((2, 1)), prior, 1e-4)
    np.testing.assert_allclose(found[0], [[1, 0, 0], [0, 0, -1], [0, 1, 0]], atol=1e-3)
    np.testing.assert_allclose(found[1], np.eye(3), atol=1e-9)


def test_frame_from_is_a_rotation_along_x() -> None:
    frame = frame_from(np.array([0.0, 2.0, 0.0]), np.array([1.0, 1.0, 0.0]))
    np.testing.assert_allclose(frame.T @ frame, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(frame[:, 0], [0, 1, 0])
    assert np.linalg.det(frame) > 0
    assert frame[0, 1] > 0.99


@pytest.mark.parametrize(("x", "y"), [((0, 0, 0), (0, 1, 0)), ((1, 0, 0), (2, 0, 0)), ((0, 3, 0), (0, 0, 0)), ((0, 0, 0), (0, 0, 0))])
def test_frame_from_nothing_is_still_a_rotation(x: tuple[float, ...], y: tuple[float, ...]) -> None:
    frame = frame_from(np.array(x, dtype=float), np.array(y, dtype=float))
    np.testing.assert_allclose(frame.T @ frame, np.eye(3), atol=1e-12)
    assert np.linalg.det(frame) > 0


@given(quaternions((3, 22)))
def test_local_rotations_undo_forward_kinematics(q: np.ndarray) -> None:
    skeleton = reference_skeleton()
    _, worlds = skeleton.forward(q, np.zeros((3, 3)))
    assert quat_angle(local_rotations(worlds, skeleton.parents), q).max() < 1e-6


@given(st.floats(-5, 5))
def test_smoothstep_rises_between_its_ends(x: float) -> None:
    y = float(smoothstep(np.array(x), 1.0, 2.0))
    assert y == (0.0 if x <= 1 else 1.0) if not 1 < x < 2 else 0.0 <= y <= 1.0
