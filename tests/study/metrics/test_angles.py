"""Hand-made cases of joint angles."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from posewright.study.metrics import flexion, flexion_error, rotation_error, segment_direction_error


def arm(angle: float, turn: float = 0.0) -> np.ndarray:
    """Shoulder, elbow, wrist with the given angle at the elbow, turned about the vertical: (1, 3, 3)."""
    points = np.array([[0.0, 1, 0], [0, 0, 0], [0.7 * np.sin(angle), 0.7 * np.cos(angle), 0]])
    return (points @ Rotation.from_rotvec([0, turn, 0]).as_matrix().T)[None]


def test_rotation_error_is_the_angle_between_rotations() -> None:
    ref = Rotation.random(6, random_state=0)
    pred = ref * Rotation.from_rotvec([0.3, 0, 0])
    assert rotation_error(pred.as_quat().reshape(2, 3, 4), ref.as_quat().reshape(2, 3, 4)) == pytest.approx(0.3)
    assert rotation_error(-ref.as_quat()[None], ref.as_quat()[None]) == pytest.approx(0, abs=1e-7)  # -q is q


@pytest.mark.parametrize("angle", [1e-6, 0.5, np.pi / 2, np.pi - 1e-6])
def test_flexion_reads_the_angle_off(angle: float) -> None:
    assert flexion(arm(angle), [(0, 1, 2)])[0, 0] == pytest.approx(angle, abs=1e-12)


def test_flexion_error_needs_no_alignment() -> None:
    pred = 3 * arm(1.2, turn=2.0) + 5
    assert flexion_error(pred, arm(1.0), [(0, 1, 2)]) == pytest.approx(0.2)


def test_segment_direction_error_sees_the_swing() -> None:
    # The upper arm agrees, the forearm is 0.4 off.
    assert segment_direction_error(arm(1.4), arm(1.0), [(0, 1), (1, 2)]) == pytest.approx(0.2)


def test_missing_joints_are_left_out() -> None:
    pred, ref = np.concatenate([arm(1.2), arm(1.3)]), np.concatenate([arm(1.0), arm(1.0)])
    pred[1, 2] = np.nan
    assert flexion_error(pred, ref, [(0, 1, 2)]) == pytest.approx(0.2)
    assert np.isnan(flexion(np.zeros((1, 3, 3)), [(0, 1, 2)])[0, 0])  # no direction, no angle
