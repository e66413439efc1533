"""Paths whose errors can be read off."""

import numpy as np
import pytest

from posewright.study.metrics import distance_walked, masked_mean, path_error, path_error_share

FPS = 30.0


def straight(metres: float, frames: int = 91) -> np.ndarray:
    """A walk along x at hip height, (frames, 3)."""
    path = np.zeros((frames, 3))
    path[:, 0] = np.linspace(0, metres, frames)
    path[:, 1] = 0.9
    return path


def test_distance_counts_no_bobbing_and_no_noise() -> None:
    path = straight(3.0)
    assert distance_walked(path, FPS) == pytest.approx(3.0)
    shaken = path + np.random.default_rng(0).normal(scale=0.01, size=path.shape)
    assert distance_walked(shaken, FPS) == pytest.approx(3.0, rel=0.05)
    path[:, 1] += 0.1 * np.sin(np.arange(91))
    assert distance_walked(path, FPS) == pytest.approx(3.0)


def test_path_error_starts_at_zero_and_ends_with_the_drift() -> None:
    errors = path_error(straight(3.3) + 7, straight(3.0))
    assert errors[0] == pytest.approx(0)
    assert errors[-1] == pytest.approx(0.3)
    assert masked_mean(errors) == pytest.approx(0.15)


def test_shares_of_the_distance() -> None:
    assert path_error_share(straight(3.3), straight(3.0), FPS) == (pytest.approx(0.05), pytest.approx(0.1))


def test_frames_missing() -> None:
    pred = straight(3.3)
    pred[[0, 40, 90]] = np.nan
    mean, end = path_error_share(pred, straight(3.0), FPS)
    assert mean == pytest.approx(0.05, abs=0.002)
    assert end == pytest.approx(0.1, abs=0.003)


def test_standing_still_has_no_share() -> None:
    assert all(np.isnan(path_error_share(straight(0.2), straight(0.1), FPS)))
