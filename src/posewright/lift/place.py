"""Where a body stands whose shape and whose image are known, and how little a keypoint far off shall count in it."""

from __future__ import annotations

import numpy as np

from posewright.geometry import Array

NEAREST_M = 0.3
"""Nobody is nearer to the camera."""
OUTLIER = 0.02
"""Distance from its ray, as a share of the depth, at which a joint counts half (Cauchy's weight)."""
ROBUST_PASSES = 4


def fit_translation(points: Array, plane: Array, weight: Array) -> Array:
    """Translations (T, 3) in the camera frame that best bring points onto their rays, by linear least squares under full perspective.

    A point p + t projects to (x, y) when p_x + t_x = x (p_z + t_z), and so for y: linear in t.
    Repeated with Cauchy's weights against outliers.

    Args:
        points: (T, J, 3), metres, camera axes.
        plane: (T, J, 2), where each was seen on the plane at depth 1; NaN where unseen.
        weight: (T, J).
    """
    known = np.all(np.isfinite(plane), axis=-1) & np.all(np.isfinite(points), axis=-1)
    weight, plane, points = np.where(known, weight, 0.0), np.nan_to_num(plane), np.nan_to_num(points)
    x, y = plane[..., 0], plane[..., 1]
    bx, by = x * points[..., 2] - points[..., 0], y * points[..., 2] - points[..., 1]
    robust = np.ones_like(weight)
    for _ in range(ROBUST_PASSES):
        w = weight * robust
        s, sx, sy = w.sum(1), (w * x).sum(1), (w * y).sum(1)
        normal = np.zeros((len(points), 3, 3))
        normal[:, 0, 0] = normal[:, 1, 1] = s
        normal[:, 0, 2] = normal[:, 2, 0] = -sx
        normal[:, 1, 2] = normal[:, 2, 1] = -sy
        normal[:, 2, 2] = (w * (x * x + y * y)).sum(1)
        right = np.stack([(w * bx).sum(1), (w * by).sum(1), -(w * (x * bx + y * by)).sum(1)], axis=-1)
        determined = np.linalg.det(normal) > 1e-12
        t = np.full((len(points), 3), np.nan)
        t[determined] = np.linalg.solve(normal[determined], right[determined][..., None])[..., 0]
        depth = np.maximum(t[:, 2:3], NEAREST_M)
        miss = np.hypot(t[:, 0:1] - x * t[:, 2:3] - bx, t[:, 1:2] - y * t[:, 2:3] - by) / depth
        robust = np.nan_to_num(1.0 / (1.0 + (miss / OUTLIER) ** 2))
    t[t[:, 2] < NEAREST_M] = np.nan
    return t


def geman_mcclure_weight(size: Array, bound: float) -> Array:
    """Weight that takes all pull from a squared residual far beyond `bound`, in the units of `size`; a quarter at the bound (Geman and McClure 1985)."""
    return np.asarray(1.0 / (1.0 + (size / bound) ** 2) ** 2)
