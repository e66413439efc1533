"""Errors and measures of movement. Frames are evenly spaced; a NaN frame takes out each difference that touches it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posewright.errors import require
from posewright.study.metrics.common import Array, check_points, check_same_shape, masked_mean

PEAK_WINDOW_S = 0.1
"""How far from the moment of the reference's greatest speed the prediction's may lie."""
APART_S = 0.3
"""Peaks of one joint's speed nearer to each other are one blow."""


@dataclass(frozen=True)
class Blow:
    """One peak of a joint's speed."""

    joint: int
    frame: int
    speed: float
    """The reference's, units per second."""
    kept: float
    """The prediction's peak near by, as a share of it."""


def mpjve(pred: Array, ref: Array) -> float:
    """Mean per-joint velocity error: MPJPE of the first difference, in units per frame. Pavllo et al. 2019 (VideoPose3D)."""
    check_same_shape(pred, ref)
    return masked_mean(_norm(np.diff(pred, 1, axis=0) - np.diff(ref, 1, axis=0)))


def acceleration_error(pred: Array, ref: Array) -> float:
    """Mean length of the difference of the second differences, in units per frame squared. Kanazawa et al. 2019 (HMMR)."""
    check_same_shape(pred, ref)
    return masked_mean(_norm(np.diff(pred, 2, axis=0) - np.diff(ref, 2, axis=0)))


def mean_acceleration(xyz: Array) -> float:
    """Mean length of the second difference of (T, J, 3), in units per frame squared: Kanazawa et al. 2019's measure against a body at rest."""
    check_points(xyz)
    return masked_mean(_norm(np.diff(xyz, 2, axis=0)))


def jitter(xyz: Array, fps: float) -> float:
    """Mean length of the third difference times fps cubed, in units per second cubed.

    The jerk of all joints in global space: Yi et al. 2021 (TransPose), after Flash and Hogan 1985.
    """
    check_points(xyz)
    return masked_mean(_norm(np.diff(xyz, 3, axis=0))) * fps**3


def speed(xyz: Array, fps: float) -> Array:
    """Speed of each joint by central differences, (T, J, 3) to (T, J), units per second; NaN in the first and last frame."""
    check_points(xyz)
    speeds = np.full(np.shape(xyz)[:2], np.nan)
    speeds[1:-1] = _norm(np.asarray(xyz)[2:] - np.asarray(xyz)[:-2]) * (fps / 2)
    return speeds


def peak_speed_kept(pred: Array, ref: Array, fps: float, least: float = 0.0) -> Array:
    """The prediction's peak speed as a share of the reference's, by joint: (T, J, 3) twice to (J,).

    The reference's peak is the maximum over the clip; the prediction's is its maximum within PEAK_WINDOW_S of
    that moment, so that noise elsewhere does not count as speed. 1 keeps the blow, less means that it was smoothed
    away. NaN for a joint whose reference never exceeds `least` (units per second). Our own definition.
    """
    check_same_shape(pred, ref)
    require(fps > 0, f"{fps} frames a second")
    speeds, truth = speed(pred, fps), speed(ref, fps)
    kept = np.full(truth.shape[1], np.nan)
    reach = max(1, round(PEAK_WINDOW_S * fps))
    for joint in range(truth.shape[1]):
        if np.isfinite(truth[:, joint]).any():
            peak = int(np.nanargmax(truth[:, joint]))
            near = speeds[max(0, peak - reach) : peak + reach + 1, joint]
            if truth[peak, joint] > least and np.isfinite(near).any():
                kept[joint] = np.nanmax(near) / truth[peak, joint]
    return kept


def blows(pred: Array, ref: Array, fps: float, least: float) -> list[Blow]:
    """Every blow of the reference, (T, J, 3) twice, in order of joint and time: what `peak_speed_kept` tells of each joint's hardest only.

    A blow is where a joint's speed is greatest within `APART_S`, and above `least` (units per second). Our own definition.
    """
    check_same_shape(pred, ref)
    require(fps > 0, f"{fps} frames a second")
    speeds, truth = speed(pred, fps), speed(ref, fps)
    reach, apart = max(1, round(PEAK_WINDOW_S * fps)), APART_S * fps
    found: list[Blow] = []
    for joint in range(truth.shape[1]):
        peaks: list[int] = []
        for frame in np.argsort(-np.nan_to_num(truth[:, joint]), kind="stable").tolist():
            if not truth[frame, joint] > least:
                break
            if all(abs(frame - peak) > apart for peak in peaks):
                peaks.append(frame)
        for peak in sorted(peaks):
            near = speeds[max(0, peak - reach) : peak + reach + 1, joint]
            kept = float(np.nanmax(near) / truth[peak, joint]) if np.isfinite(near).any() else float("nan")
            found.append(Blow(joint, peak, float(truth[peak, joint]), kept))
    return found


def _norm(vectors: Array) -> Array:
    return np.linalg.norm(vectors, axis=-1)
