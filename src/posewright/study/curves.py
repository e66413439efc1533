"""Curves through keyframes, for motion authored by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d, minimum_filter1d


def ease(t: NDArray[Any], start: float, stop: float) -> NDArray[np.float64]:
    """0 before `start`, 1 after `stop`, between them the minimum-jerk curve (Flash and Hogan 1985). Shape of `t`."""
    x = np.clip((np.asarray(t, dtype=np.float64) - start) / (stop - start), 0.0, 1.0)
    return x * x * x * (10.0 + x * (6.0 * x - 15.0))


def hold(t: NDArray[Any], rise: float, full: float, release: float, gone: float) -> NDArray[np.float64]:
    """A weight that eases from 0 to 1 over `rise`..`full`, stays, and eases back over `release`..`gone`."""
    return ease(t, rise, full) - ease(t, release, gone)


def keys(t: NDArray[Any], *points: tuple[float, float]) -> NDArray[np.float64]:
    """A smooth curve through (time, value) keys that never overshoots them, held beyond the ends. Shape of `t`."""
    times, values = np.array(points).T
    return PchipInterpolator(times, values)(np.clip(t, times[0], times[-1]))


def smooth(values: NDArray[Any], seconds: float, rate: float) -> NDArray[np.float64]:
    """Gaussian smoothing along the first axis (time); `seconds` is the standard deviation."""
    return gaussian_filter1d(np.asarray(values, dtype=np.float64), seconds * rate, axis=0, mode="nearest")


def below(limit: NDArray[Any], seconds: float, rate: float) -> NDArray[np.float64]:
    """A smooth curve that stays at or below `limit` (T,): the minimum over a window, then a mean of at most that width."""
    half = max(1, round(seconds * rate))
    low = minimum_filter1d(limit, 2 * half + 1, mode="nearest")
    return gaussian_filter1d(low, half / 2.5, mode="nearest", radius=half)


def wobble(t: NDArray[Any], amplitude: float, seed: int, periods: Sequence[float] = (1.3, 2.1, 3.7)) -> NDArray[np.float64]:
    """Slow, irregular sway: a few sine waves of random phase. Shape of `t`."""
    phases = np.random.default_rng(seed).uniform(0.0, 2 * np.pi, len(periods))
    return amplitude * sum(np.sin(2 * np.pi * t / period + phase) for period, phase in zip(periods, phases, strict=True)) / len(periods)
