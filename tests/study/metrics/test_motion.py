"""Hand-made movements: constant velocity, constant acceleration, constant jerk."""

import numpy as np
import pytest

from posewright.study.metrics import acceleration_error, blows, jitter, mean_acceleration, mpjve, peak_speed_kept

FRAMES = np.arange(20.0)


def along_x(values: np.ndarray) -> np.ndarray:
    """One joint that moves along x: (T, 1, 3)."""
    return values[:, None, None] * np.array([1.0, 0, 0])


def test_velocity_error() -> None:
    assert mpjve(along_x(0.05 * FRAMES + 7), along_x(0.02 * FRAMES)) == pytest.approx(0.03)


def test_acceleration_error_ignores_velocity() -> None:
    pred, ref = along_x(0.5 * 0.004 * FRAMES**2 + 9 * FRAMES), along_x(0.5 * 0.001 * FRAMES**2)
    assert acceleration_error(pred, ref) == pytest.approx(0.003)
    assert mean_acceleration(pred) == pytest.approx(0.004)


def test_jitter_is_the_third_derivative_in_seconds() -> None:
    fps = 50.0
    time = FRAMES / fps
    assert jitter(along_x(6.0 * time**3 / 6 + time**2), fps) == pytest.approx(6.0)


def test_a_missing_frame_takes_out_what_touches_it() -> None:
    xyz = along_x(0.5 * 0.004 * FRAMES**2)
    xyz[10] = np.nan
    assert mean_acceleration(xyz) == pytest.approx(0.004)
    assert np.isnan(mean_acceleration(xyz[9:12]))


def test_peak_speed_kept_near_the_true_peak_only() -> None:
    fps, time = 30.0, np.arange(60) / 30.0
    ref = along_x(np.tanh((time - 1.0) * 8))  # a blow at 1 s
    assert peak_speed_kept(0.9 * ref, ref, fps)[0] == pytest.approx(0.9)
    noisy = 0.8 * ref
    noisy[5] += 1.0  # a glitch far from the blow is no speed kept
    assert peak_speed_kept(noisy, ref, fps)[0] == pytest.approx(0.8)
    late = along_x(np.tanh((time - 1.0 - 2 / 30) * 8))  # two frames late is kept
    assert peak_speed_kept(late, ref, fps)[0] == pytest.approx(1.0)
    assert np.isnan(peak_speed_kept(ref, ref, fps, least=100.0)[0])


def test_each_blow_counts_by_itself() -> None:
    fps, time = 60.0, np.arange(180) / 60.0
    first, second = np.tanh((time - 1.0) * 8), 0.5 * np.tanh((time - 2.0) * 8)
    found = blows(along_x(0.9 * first + 0.5 * second), along_x(first + second), fps, least=3.0)
    assert [(blow.joint, round(blow.frame / fps, 1)) for blow in found] == [(0, 1.0), (0, 2.0)]
    assert [blow.kept for blow in found] == pytest.approx([0.9, 0.5], abs=1e-3)
    assert found[0].speed == pytest.approx(8.0, rel=0.02)
    assert blows(along_x(first), along_x(first), fps, least=9.0) == []
