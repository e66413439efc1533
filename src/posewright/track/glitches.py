"""Single keypoints that leave their path for a few frames: the frames to believe are those that a body could pass through.

An estimator that loses a fast hand or foot jumps to another place, or lags behind, for some frames, often with a high
confidence. Through the frames that are right the path bends no more than muscles can bend it. So each keypoint's
frames are chosen, by dynamic programming over the clip (Viterbi 1967, second order), at the least sum of the bends
between the chosen ones and the confidence of those left out. A blow survives: it bends hard, but in every frame a little.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array

STATURE_SIZES = 1.8
"""Metres that the diagonal of a standing person's box spans."""
ACCELERATION_M_S2 = 200.0
"""Of a hand or a foot in a hard blow."""
NOISE_M = 0.04
"""By which a keypoint that is right is off its path."""
LEFT_OUT = 1.0
"""What leaving out a sure frame costs, in squared bends of the size that noise and acceleration together explain."""
LEAST_SURE = 0.25
"""What is unsure costs this much more than its confidence."""
LONGEST_S = 0.16
"""Longer stretches are never left out."""


def find_glitches(xy: Array, confidence: Array, times: Array, size_px: Array) -> NDArray[np.bool_]:
    """Keypoints (T, J) that lie off any path that a body could take.

    Args:
        xy: (T, J, 2), pixels, NaN where unseen.
        confidence: (T, J).
        times: seconds, (T,).
        size_px: the person's size in each frame, pixels, (T,).
    """
    known = np.asarray(np.isfinite(xy).all(-1))
    if len(xy) < 4:
        return np.zeros(known.shape, dtype=bool)
    path = np.where(known[..., None], xy, 0.0).astype(np.float64) * (STATURE_SIZES / float(np.median(size_px)))
    reach = max(2, math.ceil(LONGEST_S / float(np.median(np.diff(times)))))
    skipped = np.concatenate([np.zeros((1, known.shape[1])), np.cumsum(np.where(known, np.minimum(LEAST_SURE + confidence, 1.0) * LEFT_OUT, 0.0), axis=0)])
    cost, came_from = _costs(path, known, times, skipped, reach)
    return known & ~_chosen(cost, came_from, skipped, reach)


def _costs(path: Array, known: Array, times: Array, skipped: Array, reach: int) -> tuple[Array, NDArray[np.int8]]:
    """Least cost (T, R + 1, J) up to each frame by how many frames lie back to the chosen one before it, 0: it is the first; and that one's own."""
    frames, joints = known.shape
    cost = np.full((frames, reach + 1, joints), np.inf)
    came_from = np.zeros((frames, reach + 1, joints), dtype=np.int8)
    cost[: reach + 1, 0] = skipped[: min(reach + 1, frames)]
    for now in range(1, frames):
        middle = now - np.arange(1, min(reach, now) + 1)
        total = cost[middle].copy()
        total[:, 1:] += _bends(path, known, times, middle, now, reach)
        best = total.argmin(1)
        came_from[now, 1 : len(middle) + 1] = best
        cost[now, 1 : len(middle) + 1] = np.take_along_axis(total, best[:, None], axis=1)[:, 0] + skipped[now] - skipped[middle + 1]
    return cost, came_from


def _bends(path: Array, known: Array, times: Array, middle: NDArray[np.int64], now: int, reach: int) -> Array:
    """How far the path (T, J, 2) at frames `middle` (M,) lies off the line to `now` from each of the `reach` frames before, squared, in what is usual, (M, R, J).

    Before the clip's first frame the way is barred already, whatever this gives there.
    """
    before = np.maximum(middle[:, None] - np.arange(1, reach + 1), 0)
    second = (times[now] - times[middle])[:, None]
    first = np.maximum(times[middle][:, None] - times[before], 1e-6)
    share = (first / (first + second))[..., None, None]
    off = path[middle][:, None] - (path[before] * (1.0 - share) + path[now] * share)
    usual = NOISE_M + 0.5 * ACCELERATION_M_S2 * first * second
    judged = known[before] & (known[middle] & known[now])[:, None]
    return np.where(judged, (off[..., 0] ** 2 + off[..., 1] ** 2) / usual[..., None] ** 2, 0.0)


def _chosen(cost: Array, came_from: NDArray[np.int8], skipped: Array, reach: int) -> NDArray[np.bool_]:
    """The frames (T, J) on the cheapest way."""
    frames, _, joints = cost.shape
    first = max(0, frames - 1 - reach)
    ends = (cost[first:] + (skipped[-1] - skipped[first + 1 :])[:, None]).reshape(-1, joints).argmin(0)
    chosen = np.zeros((frames, joints), dtype=bool)
    for joint in range(joints):
        now, back = first + int(ends[joint]) // (reach + 1), int(ends[joint]) % (reach + 1)
        chosen[now, joint] = True
        while back:
            now, back = now - back, int(came_from[now, back, joint])
            chosen[now, joint] = True
    return chosen
