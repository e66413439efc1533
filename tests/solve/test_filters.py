from __future__ import annotations

import numpy as np
import pytest

from posewright.geometry import quat_angle, quat_from_rotvec
from posewright.solve.filters import bridge_gaps, even_times, nominal_fps, smooth_rotations, smooth_to


@pytest.mark.parametrize("fps", [23.976, 24.0, 29.97, 30.0, 59.94, 60.0])
def test_nominal_fps_of_rounded_timestamps(fps: float) -> None:
    milliseconds = np.round(np.arange(300) / fps, 3)
    assert nominal_fps(milliseconds) == pytest.approx(fps, rel=2e-3)
    assert nominal_fps(np.delete(np.arange(300) / fps, slice(50, 60))) == pytest.approx(fps, rel=1e-6)


def test_even_times_span_the_clip() -> None:
    times = even_times(np.array([0.5, 0.61, 0.7, 1.5]), 30.0)
    assert len(times) == 31
    assert times[0] == 0.5
    assert times[-1] == pytest.approx(1.5)
    assert len(even_times(np.array([2.0]), 30.0)) == 1


def test_gaps_are_bridged_and_trusted_less() -> None:
    times = np.arange(10) / 10
    values = np.stack([np.stack([times, 2 * times], -1), np.full((10, 2), np.nan)], axis=1)
    values[4:7, 0] = np.nan
    values[0, 0] = np.nan
    filled, weight = bridge_gaps(values, np.isfinite(values[..., 0]) * 0.8, times)
    np.testing.assert_allclose(filled[1:, 0], np.stack([times, 2 * times], -1)[1:])
    np.testing.assert_allclose(filled[0, 0], filled[1, 0])
    assert 0 < weight[5, 0] < weight[4, 0] < weight[3, 0] == 0.8
    assert np.isnan(filled[:, 1]).all()
    assert (weight[:, 1] == 0).all()


def plain_local_quadratic(t: float, values: np.ndarray, weight: np.ndarray, timestamps: np.ndarray, sigma: float) -> float:
    """The obvious way: a weighted polynomial fit about one time."""
    w = np.sqrt(np.exp(-0.5 * ((timestamps - t) / sigma) ** 2) * weight)
    return float(np.polyfit((timestamps - t) / sigma, values, 2, w=w)[-1])


def test_smoothing_equals_a_polynomial_fit_at_each_time() -> None:
    rng = np.random.default_rng(0)
    stamps = np.cumsum(rng.uniform(0.02, 0.045, 80))
    values, weight = rng.normal(size=(80, 2, 3)), rng.uniform(0.2, 1, (80, 2))
    times = even_times(stamps, 25.0)
    found, _ = smooth_to(times, values, weight, stamps, 0.1)
    wanted = [plain_local_quadratic(t, values[:, 1, 2], weight[:, 1], stamps, 0.1) for t in times]
    np.testing.assert_allclose(found[:, 1, 2], wanted, atol=0.04)  # a small ridge and a window of 3 sigma


def test_smoothing_keeps_a_parabola_and_has_no_lag() -> None:
    stamps = np.arange(60) / 30
    values = (stamps**2 - stamps)[:, None, None]
    found, _ = smooth_to(stamps, values, np.ones((60, 1)), stamps, 0.08)
    np.testing.assert_allclose(found[3:-3], values[3:-3], atol=1e-3)


def test_no_smoothing_gives_back_what_came_in() -> None:
    stamps = np.array([0.0, 0.1, 0.25, 0.3])
    values = np.random.default_rng(1).normal(size=(4, 2, 3))
    found, weight = smooth_to(stamps, values, np.ones((4, 2)), stamps, 0.0)
    np.testing.assert_allclose(found, values, atol=1e-12)
    np.testing.assert_allclose(weight, 1.0)


@pytest.mark.parametrize("sigma", [0.0, 0.1])
def test_a_single_frame_passes(sigma: float) -> None:
    found, _ = smooth_to(np.array([3.0]), np.ones((1, 2, 3)), np.ones((1, 2)), np.array([3.0]), sigma)
    np.testing.assert_allclose(found, 1.0)


def test_distrusted_points_hardly_pull() -> None:
    stamps = np.arange(41) / 30
    values, weight = np.zeros((41, 1, 1)), np.ones((41, 1))
    values[20], weight[20] = 1.0, 0.0
    found, _ = smooth_to(stamps, values, weight, stamps, 0.06)
    assert np.abs(found).max() < 0.02


def test_rotations_are_smoothed_on_the_sphere_whatever_their_signs() -> None:
    angles = np.linspace(0, 6 * np.pi, 200)
    noise = np.random.default_rng(2).normal(0, 0.05, 200)
    q = quat_from_rotvec(np.stack([0 * angles, angles + noise, 0 * angles], axis=-1))
    q[::3] *= -1
    found = smooth_rotations(q, 2.0)
    exact = quat_from_rotvec(np.stack([0 * angles, angles, 0 * angles], axis=-1))
    np.testing.assert_allclose(np.linalg.norm(found, axis=-1), 1.0)
    assert quat_angle(found, exact)[5:-5].std() < 0.6 * quat_angle(q, exact)[5:-5].std()
    assert quat_angle(found, exact)[5:-5].max() < 0.12
