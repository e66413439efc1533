"""Bringing a prediction and a reference together, in space and in time, by no more than the metric at hand allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline
from scipy.signal import fftconvolve

from posewright.errors import InputError, require
from posewright.geometry import quat_slerp

Array = NDArray[Any]

LEAST_OVERLAP_S = 1.0
"""Clips must share at least this long (or half of the shorter one, if that is less) for an offset to be believed."""
SAME_TIME_S = 1e-4
"""Frames nearer than this in time are the same frame: taken as they are, without interpolation."""
LARGEST_GAP_FRAMES = 2.5
"""Between frames farther apart than this many typical intervals nothing is interpolated."""


def known_points(points: Array) -> NDArray[np.bool_]:
    """Where positions (..., 3) are known, shape (...)."""
    return np.asarray(np.isfinite(points).all(-1))


# Space


@dataclass(frozen=True)
class Similarity:
    """p -> scale * rotation @ p + translation, one for each of T frames."""

    scale: Array
    """(T,)"""
    rotation: Array
    """(T, 3, 3)"""
    translation: Array
    """(T, 3)"""


def similarity(source: Array, target: Array, *, with_scale: bool = True) -> Similarity:
    """The least-squares similarity of each frame that takes `source` to `target`, both (T, J, 3). Umeyama 1991, eq. 34-43.

    Joints that are NaN on either side are left out; frames with fewer than three others give NaN. Proper rotations only.
    """
    require(np.shape(source) == np.shape(target) and np.ndim(source) == 3, f"points have shapes {np.shape(source)} and {np.shape(target)}, not (T, J, 3) twice")
    known = known_points(source) & known_points(target)
    enough = known.sum(1) >= 3
    count = np.maximum(known.sum(1), 1)[:, None]
    a, b = (np.where(known[..., None], points, 0.0) for points in (source, target))
    centre_a, centre_b = a.sum(1) / count, b.sum(1) / count
    a, b = (np.where(known[..., None], points - centre[:, None], 0.0) for points, centre in ((a, centre_a), (b, centre_b)))
    u, d, vt = np.linalg.svd(np.einsum("tji,tjk->tik", b, a))
    sign = np.ones_like(d)
    sign[:, 2] = np.where(np.linalg.det(u) * np.linalg.det(vt) < 0, -1.0, 1.0)
    rotation = np.where(enough[:, None, None], (u * sign[:, None, :]) @ vt, np.nan)
    variance = (a**2).sum((1, 2))
    scale = (d * sign).sum(1) / np.where(variance > 0, variance, np.nan) if with_scale else np.ones(len(a))
    return Similarity(scale, rotation, centre_b - scale[:, None] * np.einsum("tij,tj->ti", rotation, centre_a))


def apply_similarity(transform: Similarity, points: Array) -> Array:
    """Frames (T, J, 3) under their transforms, or under one transform (T = 1) for all."""
    return transform.scale[:, None, None] * np.einsum("tij,tkj->tki", np.broadcast_to(transform.rotation, (len(points), 3, 3)), points) + transform.translation[:, None]


def root_relative(xyz: Array, hips: Sequence[int]) -> Array:
    """Positions (T, J, 3) with the mid-point of the hips at the origin of each frame."""
    return xyz - xyz[:, list(hips)].mean(1, keepdims=True)


def yaw_alignment(source: Array, target: Array) -> Array:
    """The one turn about +Y, (3, 3), that best takes the poses of `source` to those of `target`, (T, J, 3) twice.

    Each frame is taken about its own centroid, so that the heading comes from the body and not from its path.
    """
    known = (known_points(source) & known_points(target))[..., None]
    count = np.maximum(known.sum(1, keepdims=True), 1)
    p, q = (np.where(known, points - np.where(known, points, 0.0).sum(1, keepdims=True) / count, 0.0) for points in (source, target))
    cosine = (q[..., 0] * p[..., 0] + q[..., 2] * p[..., 2]).sum()
    sine = (q[..., 0] * p[..., 2] - q[..., 2] * p[..., 0]).sum()
    angle = np.arctan2(sine, cosine)
    return np.array([[np.cos(angle), 0.0, np.sin(angle)], [0.0, 1.0, 0.0], [-np.sin(angle), 0.0, np.cos(angle)]])


# Time


def resample(values: Array, times: Array, at: Array) -> Array:
    """Positions (T, ..., 3) known at `times` (T,) as they are at other times (N,).

    Where a frame lies within SAME_TIME_S it is taken as it is, known or not; elsewhere a cubic spline through the known
    frames of each point is read. NaN outside of the clip and inside gaps wider than LARGEST_GAP_FRAMES.
    """
    require(len(values) == len(times), f"{len(times)} times for {len(values)} frames")
    flat = np.asarray(values, dtype=np.float64).reshape(len(values), -1, 3)
    nearest = nearest_frames(times, at)
    out = flat[nearest]
    between = np.abs(times[nearest] - at) > SAME_TIME_S
    if between.any():
        reach = LARGEST_GAP_FRAMES * _interval(times)
        for point in range(flat.shape[1]):
            known = np.flatnonzero(known_points(flat[:, point]))
            out[between, point] = _spline(flat[known, point], times[known], at[between], reach)
    return out.reshape(len(at), *values.shape[1:])


def _spline(values: Array, times: Array, at: Array, reach: float) -> Array:
    """One point known throughout, (T, 3), at other times (N,); NaN outside and in gaps wider than `reach`."""
    out = np.full((len(at), 3), np.nan)
    if len(times) > 1:
        after = np.clip(np.searchsorted(times, at), 1, len(times) - 1)
        inside = (at > times[0]) & (at < times[-1]) & (times[after] - times[after - 1] <= reach)
        out[inside] = make_interp_spline(times, values, k=3 if len(times) > 3 else 1)(at[inside])
    return out


def resample_rotations(rotations: Array, times: Array, at: Array) -> Array:
    """Quaternions (T, J, 4) at other times (N,), along the shorter arc between neighbours; the ends' outside of the clip."""
    if len(times) < 2:
        return np.repeat(rotations[:1], len(at), axis=0)
    after = np.clip(np.searchsorted(times, at), 1, len(times) - 1)
    share = np.clip((at - times[after - 1]) / (times[after] - times[after - 1]), 0.0, 1.0)
    return quat_slerp(rotations[after - 1], rotations[after], share[:, None])


def nearest_frames(times: Array, at: Array) -> NDArray[np.intp]:
    """Index of the frame of increasing `times` (T,) nearest to each time of `at` (N,)."""
    return np.searchsorted((times[1:] + times[:-1]) / 2, at)


def common_times(pred: Array, ref: Array) -> Array:
    """Times at which both clips are compared: the frames of the one with the lower rate, over the time that both cover.

    At equal rates they are the prediction's, so that interpolation never smooths what is to be measured.

    Raises:
        InputError: the clips share fewer than two frames.
    """
    slower = ref if _interval(ref) > _interval(pred) * 1.001 else pred
    start, end = max(pred[0], ref[0]), min(pred[-1], ref[-1])
    shared = slower[(slower >= start - SAME_TIME_S) & (slower <= end + SAME_TIME_S)]
    if len(shared) < 2:
        ranges = f"{pred[0]:.2f} to {pred[-1]:.2f} s and {ref[0]:.2f} to {ref[-1]:.2f} s on the reference's clock"
        raise InputError(f"the clips share fewer than two frames: {ranges}. Give another offset, or `auto`.")
    return shared


def _interval(times: Array) -> float:
    return float(np.median(np.diff(times))) if len(times) > 1 else np.inf


@dataclass(frozen=True)
class Offset:
    """What is added to the prediction's clock to read the reference's."""

    seconds: float
    correlation: float
    """Pearson correlation of the features at that offset, -1 to 1; below about 0.4 it is a guess."""
    runner_up: float
    """Correlation of the best other peak; near to `correlation` when the motion repeats itself."""


def find_offset(pred: Array, pred_times: Array, ref: Array, ref_times: Array) -> Offset:
    """The time offset between two recordings of one motion, to a fraction of a frame.

    The offset of greatest correlation between features (T, F) that do not depend on the view (`joint_features`), each
    centred on its mean over the frames that overlap (normalised cross-correlation with gaps: Padfield 2012), refined by a
    parabola through the peak.

    Raises:
        InputError: a clip is too short, or none of its features is known.
    """
    step = min(_interval(pred_times), _interval(ref_times))
    a, b = (_even(values, times, step) for values, times in ((pred, pred_times), (ref, ref_times)))
    shorter = min(len(a), len(b))
    if shorter < 5:
        raise InputError(f"a clip of {shorter} frames is too short to find its place in time. Give the offset in seconds.")
    score = _masked_correlation(a, b, min(LEAST_OVERLAP_S / step, shorter / 2))
    if not np.isfinite(score).any():
        raise InputError("no offset found: too few joints are known on both sides. Give the offset in seconds.")
    best = int(np.nanargmax(score))
    peak = float(score[best])
    fraction = 0.0
    if 0 < best < len(score) - 1 and np.isfinite(score[[best - 1, best + 1]]).all():
        left, right = float(score[best - 1]), float(score[best + 1])
        bend = left - 2 * peak + right
        fraction = 0.5 * (left - right) / bend if bend < 0 else 0.0
    lag = best - (len(a) - 1) + fraction  # frames by which the prediction must move later to meet the reference
    return Offset(float(ref_times[0] - pred_times[0] + lag * step), peak, _runner_up(score, best))


def _even(values: Array, times: Array, step: float) -> Array:
    """Features (T, F) on an even clock; NaN where unknown."""
    at = times[0] + step * np.arange(int(np.floor((times[-1] - times[0]) / step + 1e-6)) + 1)
    return np.stack([_linear(column, times, at) for column in values.T], axis=-1)


def _linear(column: Array, times: Array, at: Array) -> Array:
    known = np.isfinite(column)
    if not known.any():
        return np.full(len(at), np.nan)
    near = known[nearest_frames(times, at)]
    return np.where(near, np.interp(at, times[known], column[known]), np.nan)


def _masked_correlation(a: Array, b: Array, least: float) -> Array:
    """Correlation of (N, F) with (M, F) at every lag, (N + M - 1,), over the frames known on both sides; NaN where they are fewer than `least`."""
    total_cov = total_a = total_b = np.zeros(len(a) + len(b) - 1)
    support = np.zeros(len(a) + len(b) - 1)
    for x, y in zip(a.T, b.T, strict=True):
        known_x, known_y = np.isfinite(x), np.isfinite(y)
        if not known_x.any() or not known_y.any():
            continue
        # Centre first: the sums of squares then stay small and rounding harmless.
        x = np.where(known_x, x - x[known_x].mean(), 0.0)
        y = np.where(known_y, y - y[known_y].mean(), 0.0)
        m, k = known_x.astype(float), known_y.astype(float)
        n = np.maximum(_slide(m, k), 0.5)
        sum_x, sum_y = _slide(x, k), _slide(m, y)
        total_cov = total_cov + _slide(x, y) - sum_x * sum_y / n
        total_a = total_a + np.maximum(_slide(x * x, k) - sum_x**2 / n, 0.0)
        total_b = total_b + np.maximum(_slide(m, y * y) - sum_y**2 / n, 0.0)
        support = np.maximum(support, n)
    spread = np.sqrt(total_a * total_b)
    return np.where((support >= least) & (spread > 1e-9), total_cov / np.maximum(spread, 1e-9), np.nan)


def _slide(x: Array, y: Array) -> Array:
    """sum_i x[i] y[i + lag] at lags -(N - 1) to M - 1."""
    return fftconvolve(y, x[::-1])


def _runner_up(score: Array, best: int) -> float:
    """The greatest local maximum apart from `best`, or NaN."""
    filled = np.where(np.isfinite(score), score, -2.0)
    peaks = np.flatnonzero((filled[1:-1] >= filled[:-2]) & (filled[1:-1] > filled[2:])) + 1
    others = filled[peaks[np.abs(peaks - best) > 2]]
    return float(others.max()) if len(others) and others.max() > -2.0 else float("nan")
