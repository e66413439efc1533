"""Time: gaps bridged, true timestamps resampled to an even rate, and light zero-phase smoothing."""

from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import gaussian_filter1d

from posewright.geometry import Array, quat_continuous, quat_normalize

DEFAULT_FPS = 30.0
"""For a single frame, whose rate cannot be told."""
FORGET_S = 0.25
"""Seconds over which the trust in a bridged gap falls to a third."""
BLOCK = 4096
"""Frames taken at once where the working arrays are large, so that an hour of motion fits in memory."""
MIN_WEIGHT = 0.02
"""What is bridged or hardly trusted still counts this much, so that there is always something to follow."""


def nominal_fps(timestamps: Array) -> float:
    """Frames a second of timestamps (T,) of which some may be missing or rounded; whole numbers within 0.05 % are taken as such."""
    steps = np.diff(timestamps)
    if len(steps) == 0:
        return DEFAULT_FPS
    middle = np.median(steps)
    fps = 1.0 / float(steps[np.abs(steps - middle) <= 0.5 * middle].mean())
    return float(round(fps)) if round(fps) > 0 and abs(fps - round(fps)) < 5e-4 * fps else fps


def even_times(timestamps: Array, fps: float) -> Array:
    """Times (N,) at an even rate from the first timestamp to the last, half a frame more or less."""
    count = round(float(timestamps[-1] - timestamps[0]) * fps) + 1
    return timestamps[0] + np.arange(count) / fps


def bridge_gaps(values: Array, weight: Array, timestamps: Array) -> tuple[Array, Array]:
    """Fill NaN in positions (T, J, D) linearly in time, holding the ends; the weight (T, J) of what is filled falls with the time to the next seen frame.

    A joint never seen stays NaN with weight 0.
    """
    values, weight = values.copy(), weight.copy()
    frames = np.arange(len(values))
    seen = np.all(np.isfinite(values), axis=-1)
    for j in np.flatnonzero(seen.any(0) & ~seen.all(0)):
        known, gaps = np.flatnonzero(seen[:, j]), np.flatnonzero(~seen[:, j])
        for d in range(values.shape[2]):
            values[gaps, j, d] = np.interp(timestamps[gaps], timestamps[known], values[known, j, d])
        before = known[np.maximum(np.searchsorted(known, gaps) - 1, 0)]
        after = known[np.minimum(np.searchsorted(known, gaps), len(known) - 1)]
        away = np.minimum(np.abs(timestamps[gaps] - timestamps[before]), np.abs(timestamps[after] - timestamps[gaps]))
        edge = np.minimum(weight[before, j], weight[after, j])
        weight[frames[gaps], j] = edge * np.exp(-away / FORGET_S)
    return values, weight


def smooth_to(times: Array, values: Array, weight: Array, timestamps: Array, sigma_s: float) -> tuple[Array, Array]:
    """Values (T, J, D) at other times (N,): a local quadratic in time, least squares under a Gaussian of `sigma_s` times the weights (T, J).

    Zero phase and true to peaks (Savitzky and Golay 1964, with weights and uneven steps: Fan and Gijbels 1996, ch. 2).
    With `sigma_s` 0 it interpolates linearly. Returns values (N, J, D) and weights (N, J).
    """
    if len(timestamps) == 1:
        return np.repeat(values, len(times), axis=0), np.repeat(weight, len(times), axis=0)
    right = np.clip(np.searchsorted(timestamps, times), 1, len(timestamps) - 1)
    share = np.clip((times - timestamps[right - 1]) / (timestamps[right] - timestamps[right - 1]), 0.0, 1.0)
    trust = weight[right - 1] * (1 - share)[:, None] + weight[right] * share[:, None]
    if sigma_s <= 0:
        return values[right - 1] * (1 - share)[:, None, None] + values[right] * share[:, None, None], trust

    smoothed = [_local_quadratic(times[i : i + BLOCK], values, weight, timestamps, sigma_s) for i in range(0, len(times), BLOCK)]
    return np.concatenate(smoothed), trust


def _local_quadratic(times: Array, values: Array, weight: Array, timestamps: Array, sigma_s: float) -> Array:
    """The smoothing of `smooth_to` for one block of times."""
    reach = math.ceil(3.0 * sigma_s / float(np.median(np.diff(timestamps))))
    after = np.clip(np.searchsorted(timestamps, times), 1, len(timestamps) - 1)
    nearest = np.where(times - timestamps[after - 1] < timestamps[after] - times, after - 1, after)
    moments = np.zeros((5, len(times), values.shape[1]))
    sums = np.zeros((3, len(times), *values.shape[1:]))
    for offset in range(-reach, reach + 1):
        index = nearest + offset
        inside = (index >= 0) & (index < len(timestamps))
        index = np.clip(index, 0, len(timestamps) - 1)
        x = (timestamps[index] - times) / sigma_s
        w = np.where(inside, np.exp(-0.5 * x * x), 0.0)[:, None] * np.maximum(weight[index], MIN_WEIGHT)
        wv = w[..., None] * values[index]
        for power in range(5):
            moments[power] += w * (x**power)[:, None]
        for power in range(3):
            sums[power] += wv * (x**power)[:, None, None]
    return _intercept(moments, sums)


def _intercept(moments: Array, sums: Array) -> Array:
    """Value at 0 of the weighted quadratic through moments (5, ...) and sums (3, ..., D), by Cramer's rule; a small ridge serves lone samples."""
    s0, s1, s2, s3, s4 = moments
    s2r, s4r = s2 + 1e-3 * s0, s4 + 1e-3 * s0
    c0, c1, c2 = s2r * s4r - s3 * s3, s2 * s3 - s1 * s4r, s1 * s3 - s2 * s2r
    determinant = s0 * c0 + s1 * c1 + s2 * c2
    return (c0[..., None] * sums[0] + c1[..., None] * sums[1] + c2[..., None] * sums[2]) / determinant[..., None]


def smooth(values: Array, sigma_frames: float) -> Array:
    """Gaussian smoothing along the first axis, in frames."""
    return values if sigma_frames <= 0 or len(values) < 2 else gaussian_filter1d(values, sigma_frames, axis=0, mode="nearest")


def smooth_rotations(q: Array, sigma_frames: float) -> Array:
    """Smooth unit quaternions (T, ..., 4) in time by their normalised weighted mean, which is the mean rotation to second order in the window's spread."""
    return quat_normalize(smooth(quat_continuous(q), sigma_frames))
