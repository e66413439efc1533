"""Turning frames onto vectors: the one piece of linear algebra that pelvis, head, hands and feet share."""

from __future__ import annotations

import numpy as np

from posewright.geometry import Array, normalize, quat_conjugate, quat_multiply


def fit_rotation(template: Array, observed: Array, weights: Array, prior: Array, strength: float) -> Array:
    """Rotations that best take template vectors to observed ones, leaning to a prior where the vectors leave something open.

    Orthogonal Procrustes problem (Schönemann 1966; determinant after Umeyama 1991) with one term more.

    Args:
        template: (K, 3).
        observed: (T, K, 3); NaN where unknown.
        weights: (T, K), at least 0.
        prior: rotation matrices (T, 3, 3).
        strength: weight of the prior as a share of the template's own moment.

    Returns:
        Rotation matrices (T, 3, 3).
    """
    template = np.asarray(template, dtype=np.float64)
    known = np.all(np.isfinite(observed), axis=-1)
    weights = np.where(known, weights, 0.0)
    moment = strength * float((template**2).sum())
    covariance = np.einsum("tk,tki,kj->tij", weights, np.where(known[..., None], observed, 0.0), template) + moment * prior
    u, _, vt = np.linalg.svd(covariance)
    u[..., 2] *= np.linalg.det(u @ vt)[..., None]
    return np.asarray(u @ vt)


def frame_from(x: Array, y: Array) -> Array:
    """Rotation matrices (..., 3, 3) whose x axis is along `x` and whose y axis is as near to `y` as it can be. Both (..., 3).

    A zero `x` counts as the x axis, and a `y` along `x` as any direction across it.
    """
    x, y = np.broadcast_arrays(normalize(x), normalize(y))
    x = np.where(np.linalg.norm(x, axis=-1, keepdims=True) > 0.5, x, [1.0, 0.0, 0.0])
    across = np.where(np.abs(x[..., 1:2]) < 0.9, [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
    z = np.cross(x, y)
    z = normalize(np.where(np.linalg.norm(z, axis=-1, keepdims=True) > 1e-6, z, np.cross(x, across)))
    return np.stack([x, np.cross(z, x), z], axis=-1)


def local_rotations(worlds: Array, parents: tuple[int, ...]) -> Array:
    """World rotations (T, J, 4) to rotations in the parents' frames (T, J, 4)."""
    locals_ = worlds.copy()
    children = np.arange(1, len(parents))
    locals_[:, children] = quat_multiply(quat_conjugate(worlds[:, list(parents[1:])]), worlds[:, children])
    return locals_


def smoothstep(x: Array, low: float, high: float) -> Array:
    """0 below `low`, 1 above `high`, and smooth between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))
