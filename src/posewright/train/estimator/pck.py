"""The percentage of correct keypoints."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import require


def pck(pred: NDArray[Any], truth: NDArray[Any], scale: NDArray[Any], share: float = 0.1) -> NDArray[np.float64]:
    """Share of keypoints nearer to the truth than `share` times a person's size (Yang and Ramanan 2013, https://doi.org/10.1109/TPAMI.2012.261).

    Args:
        pred: positions in pixels, (N, J, 2); NaN where nothing was found, which counts as wrong.
        truth: the same; NaN where it is not known, which does not count.
        scale: size of each person in pixels, (N,): here the longer side of the box, or the torso.
        share: how near is near enough.

    Returns:
        For each keypoint (J,), 0 to 1; NaN where no truth is known.
    """
    require(pred.shape == truth.shape and scale.shape == pred.shape[:1], f"{pred.shape}, {truth.shape} and {scale.shape} do not fit together")
    known = np.isfinite(truth).all(-1)
    near = np.linalg.norm(pred - truth, axis=-1) < share * scale[:, None]  # NaN is not less
    counts = known.sum(0)
    return np.where(counts > 0, (near & known).sum(0) / np.maximum(counts, 1), np.nan)


def box_side(truth: NDArray[Any]) -> NDArray[np.float64]:
    """Longer side of the box round the keypoints (N, J, 2) of each person, (N,), pixels."""
    return np.asarray((np.nanmax(truth, axis=1) - np.nanmin(truth, axis=1)).max(-1))


def torso(truth: NDArray[Any], shoulder: int, hip: int) -> NDArray[np.float64]:
    """Distance from the left shoulder to the right hip, (N,), pixels; their places among the keypoints are given."""
    return np.asarray(np.linalg.norm(truth[:, shoulder] - truth[:, hip], axis=-1))
