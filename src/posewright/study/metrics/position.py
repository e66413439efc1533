"""Errors of joint positions. NaN joints of either side are left out."""

from __future__ import annotations

import numpy as np

from posewright.study.align import apply_similarity, similarity
from posewright.study.metrics.common import Array, check_same_shape, masked_mean, valid_points


def joint_errors(pred: Array, ref: Array) -> Array:
    """Distance of each joint, (T, J, 3) twice to (T, J); NaN where either is unknown."""
    check_same_shape(pred, ref)
    return np.linalg.norm(np.asarray(pred) - np.asarray(ref), axis=-1)


def mpjpe(pred: Array, ref: Array) -> float:
    """Mean per-joint position error of (T, J, 3), in the unit of the inputs. Ionescu et al. 2014 (Human3.6M), eq. 8.

    The paper's protocol puts the root at the origin first; do so with `align.root_relative`.
    """
    return masked_mean(joint_errors(pred, ref))


def pa_mpjpe(pred: Array, ref: Array) -> float:
    """MPJPE after the best similarity (scale, rotation, translation) of each frame.

    Protocol 2 of Human3.6M as in Bogo et al. 2016 (SMPLify); the alignment after Umeyama 1991. Frames with
    fewer than three joints known on both sides are left out.
    """
    check_same_shape(pred, ref)
    return mpjpe(apply_similarity(similarity(pred, ref), pred), ref)


def n_mpjpe(pred: Array, ref: Array) -> float:
    """MPJPE after scaling the prediction of each frame by the least-squares factor. Rhodin et al. 2018 (CVPR).

    Both (T, J, 3) relative to the root. factor = sum(pred . ref) / sum(pred . pred).
    """
    check_same_shape(pred, ref)
    known = valid_points(pred, ref)[..., None]
    above = np.sum(pred * ref, axis=(1, 2), where=known, initial=0.0)
    below = np.sum(pred * pred, axis=(1, 2), where=known, initial=0.0)
    scale = above / np.where(below > 0, below, np.nan)
    return mpjpe(scale[:, None, None] * pred, ref)


def pck(pred: Array, ref: Array, threshold: float = 0.150) -> float:
    """Share of joints, 0 to 1, that lie within `threshold` of the truth. 3DPCK at 150 mm: Mehta et al. 2017 (MPI-INF-3DHP)."""
    errors = joint_errors(pred, ref)
    known = errors[np.isfinite(errors)]
    return float((known <= threshold).mean()) if known.size else float("nan")
