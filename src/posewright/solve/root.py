"""The path of the hips through space: the solved body placed so that it projects onto the 2D keypoints."""

from __future__ import annotations

import numpy as np

from posewright.geometry import Array
from posewright.lift.place import fit_translation
from posewright.solve.filters import smooth


def camera_path(points: Array, plane: Array, weight: Array, depth_sigma: float, sigma: float) -> Array:
    """Path (T, 3) in the camera frame of the origin of `points`; arguments as of `fit_translation`, and the smoothing in frames.

    A monocular depth is the least certain number here: it is smoothed much more, by its logarithm, and x and y are
    then solved again for the smooth depth. Frames that determine nothing are bridged.
    """
    depth = fit_translation(points, plane, weight)[:, 2]
    found = np.isfinite(depth)
    if not found.any():
        return np.zeros((len(points), 3))
    frames = np.arange(len(depth))
    depth = np.exp(smooth(np.interp(frames, frames[found], np.log(depth[found])), depth_sigma))
    known = np.all(np.isfinite(plane), axis=-1)
    w = np.where(known, weight, 0.0)[..., None]
    across = np.nan_to_num(plane) * (points[..., 2] + depth[:, None])[..., None] - points[..., :2]
    total = w.sum(1)
    sideways = (w * across).sum(1) / np.maximum(total, 1e-9)
    seen = total[:, 0] > 1e-6
    sideways = np.stack([np.interp(frames, frames[seen], sideways[seen, i]) for i in range(2)], axis=-1)
    return np.concatenate([smooth(sideways, sigma), depth[:, None]], axis=-1)
