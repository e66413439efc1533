"""Errors of joint angles, radians: between local rotations where both sides have them, else between limb segments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posewright.errors import require
from posewright.geometry import quat_angle
from posewright.study.metrics.common import Array, check_points, check_same_shape, masked_mean


def rotation_error(pred: Array, ref: Array) -> float:
    """Mean geodesic angle between local rotations, quaternions (T, J, 4), in 0..pi. Huynh 2009, metric Phi_6; as MPJAE in von Marcard et al. 2018 (3DPW)."""
    require(np.shape(pred) == np.shape(ref) and np.shape(pred)[-1] == 4, f"rotations have shapes {np.shape(pred)} and {np.shape(ref)}, not (T, J, 4) twice")
    return masked_mean(quat_angle(pred, ref))


def flexion(xyz: Array, triples: Sequence[Sequence[int]]) -> Array:
    """The angle at the middle joint of each triple (a, b, c), between b->a and b->c. (T, J, 3) to (T, len(triples)), 0..pi."""
    check_points(xyz)
    a, b, c = (np.asarray(xyz)[:, [t[k] for t in triples]] for k in range(3))
    return _angle(a - b, c - b)


def flexion_error(pred: Array, ref: Array, triples: Sequence[Sequence[int]]) -> float:
    """Mean absolute difference of the angles at the joints of `triples`; needs no alignment. What goniometers and gait laboratories report."""
    check_same_shape(pred, ref)
    return masked_mean(np.abs(flexion(pred, triples) - flexion(ref, triples)))


def segment_direction_error(pred: Array, ref: Array, segments: Sequence[Sequence[int]]) -> float:
    """Mean angle between the directions of the same limb segment (from, to), both (T, J, 3) in the same axes.

    The geodesic distance on the sphere of directions: the swing part of the rotation error, which is all that positions show.
    """
    check_same_shape(pred, ref)
    start, end = [s[0] for s in segments], [s[1] for s in segments]
    return masked_mean(_angle(pred[:, end] - pred[:, start], ref[:, end] - ref[:, start]))


def _angle(u: Array, v: Array) -> Array:
    """Angle between vectors (..., 3), exact for small and for flat angles; NaN for vectors without length."""
    sine, cosine = np.linalg.norm(np.cross(u, v), axis=-1), np.sum(u * v, axis=-1)
    undefined = (np.linalg.norm(u, axis=-1) == 0) | (np.linalg.norm(v, axis=-1) == 0)
    return np.where(undefined, np.nan, np.arctan2(sine, cosine))
