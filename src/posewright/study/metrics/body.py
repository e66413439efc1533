"""Whether the body stays the same body, and upright."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posewright.geometry import normalize
from posewright.study.align import similarity
from posewright.study.metrics.common import Array, check_points, check_same_shape, valid_points

UP = np.array([0.0, 1.0, 0.0])


def bone_lengths(xyz: Array, bones: Sequence[Sequence[int]]) -> Array:
    """Length of each bone (from, to) in each frame, (T, J, 3) to (T, len(bones))."""
    check_points(xyz)
    xyz = np.asarray(xyz, dtype=np.float64)
    return np.linalg.norm(xyz[:, [b[1] for b in bones]] - xyz[:, [b[0] for b in bones]], axis=-1)


def bone_length_std(xyz: Array, bones: Sequence[Sequence[int]]) -> Array:
    """Standard deviation of each bone's length over the clip, (len(bones),), in the unit of the inputs. Sun et al. 2017 (Compositional Pose)."""
    lengths = bone_lengths(xyz, bones)
    return np.array([np.std(column[np.isfinite(column)]) if np.isfinite(column).any() else np.nan for column in lengths.T])


def bone_length_cv(xyz: Array, bones: Sequence[Sequence[int]]) -> Array:
    """Coefficient of variation of each bone's length: standard deviation over mean, (len(bones),)."""
    lengths = bone_lengths(xyz, bones)
    means = np.array([np.mean(column[np.isfinite(column)]) if np.isfinite(column).any() else np.nan for column in lengths.T])
    return bone_length_std(xyz, bones) / means


def clip_lean(pred: Array, ref: Array) -> float:
    """Angle between the estimated and the true vertical, radians, one for the clip.

    One rotation (with scale) is fitted that takes the predicted joints of all frames, each frame about its own centroid, to the
    true ones (Umeyama 1991); the result is the angle between +Y and its image. Turning about the vertical counts nothing.
    Both (T, J, 3), +Y up. Our own definition.
    """
    pred, ref = _about_centroid(pred, ref)
    return float(_tilt(similarity(pred.reshape(1, -1, 3), ref.reshape(1, -1, 3)).rotation)[0])


def frame_lean(pred: Array, ref: Array) -> Array:
    """As `clip_lean` with a rotation for each frame, (T,) radians. It shows leaning that comes and goes, but errors of pose enter too."""
    check_same_shape(pred, ref)
    return _tilt(similarity(pred, ref).rotation)


def trunk_lean(xyz: Array, hips: Sequence[int], shoulders: Sequence[int]) -> Array:
    """How far the line from mid-hip to mid-shoulder leans forward from the vertical, (T, J, 3) to (T,) radians; negative backward.

    Forward is the horizontal direction that the hips, (left, right), face. What an animator calls lean. Our own definition.
    """
    check_points(xyz)
    xyz = np.asarray(xyz)
    trunk = xyz[:, list(shoulders)].mean(1) - xyz[:, list(hips)].mean(1)
    forward = normalize(np.cross(xyz[:, hips[0]] - xyz[:, hips[1]], UP))
    return np.arctan2((trunk * forward).sum(-1), trunk[:, 1])


def _about_centroid(pred: Array, ref: Array) -> tuple[Array, Array]:
    """Both with the mean of the joints known on both sides at the origin of each frame."""
    check_same_shape(pred, ref)
    known = valid_points(pred, ref)[..., None]
    count = np.maximum(known.sum(1, keepdims=True), 1)
    pred, ref = (np.where(known, a, np.nan) for a in (pred, ref))
    return pred - np.nansum(pred, 1, keepdims=True) / count, ref - np.nansum(ref, 1, keepdims=True) / count


def _tilt(rotation: Array) -> Array:
    """Angle between +Y and its image under rotation matrices (..., 3, 3)."""
    up = rotation @ UP
    return np.arctan2(np.linalg.norm(up[..., [0, 2]], axis=-1), up[..., 1])
