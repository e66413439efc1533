"""The path of the root through the world, metres, +Y up."""

from __future__ import annotations

import numpy as np

from posewright.errors import require
from posewright.study.metrics.common import Array, masked_mean

STRIDE_S = 0.5
"""Distance walked is summed over steps of this length, so that sway and noise are not counted as walking."""
LEAST_WALK_M = 1.0
"""Below this distance an error as a share of it means nothing."""


def path_error(pred: Array, ref: Array) -> Array:
    """Distance between two paths (T, 3) that are made to start at the same point, (T,).

    The first frame known on both sides is the start; after Sturm et al. 2012 (absolute trajectory error), with start alignment
    in place of a fit over the whole path, so that drift counts. Headings must agree (`align.yaw_alignment`).
    """
    _check_path(pred, ref)
    known = np.flatnonzero(np.isfinite(pred).all(-1) & np.isfinite(ref).all(-1))
    if not len(known):
        return np.full(len(pred), np.nan)
    return np.linalg.norm((pred - pred[known[0]]) - (ref - ref[known[0]]), axis=-1)


def distance_walked(path: Array, fps: float) -> float:
    """Horizontal length of a path (T, 3), summed over steps of STRIDE_S."""
    require(np.ndim(path) == 2 and np.shape(path)[1] == 3, f"a path has shape {np.shape(path)}, not (T, 3)")
    known = np.flatnonzero(np.isfinite(path).all(-1))
    if not len(known):
        return float("nan")
    # The nearest known frame at each stride, and the last one.
    stops = known[np.clip(np.searchsorted(known, np.arange(known[0], known[-1], STRIDE_S * fps)), 0, len(known) - 1)]
    ground = np.asarray(path)[np.unique([*stops, known[-1]])][:, [0, 2]]
    return float(np.linalg.norm(np.diff(ground, axis=0), axis=-1).sum())


def path_error_share(pred: Array, ref: Array, fps: float) -> tuple[float, float]:
    """Mean and final error of the start-aligned path as shares of the true distance walked. The mean is the RTE of Shin et al. 2024 (WHAM), start-aligned.

    Both NaN where the reference walks less than LEAST_WALK_M.
    """
    errors, walked = path_error(pred, ref), distance_walked(ref, fps)
    known = errors[np.isfinite(errors)]
    if not len(known) or walked < LEAST_WALK_M:
        return float("nan"), float("nan")
    return masked_mean(errors) / walked, float(known[-1]) / walked


def _check_path(pred: Array, ref: Array) -> None:
    require(np.shape(pred) == np.shape(ref) and np.ndim(pred) == 2 and np.shape(pred)[1] == 3, f"paths have shapes {np.shape(pred)} and {np.shape(ref)}, not (T, 3) twice")
