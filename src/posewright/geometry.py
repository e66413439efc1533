"""Rotations and transforms as arrays of any leading shape. Quaternions are (x, y, z, w), as in SciPy and glTF.

Tested against SciPy's `Rotation`, which is not used here because importing it takes longer than solving a clip.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
IDENTITY: Array = np.array([0.0, 0.0, 0.0, 1.0])


def quat_multiply(a: Array, b: Array) -> Array:
    """Hamilton product a * b: rotate by `b`, then by `a`. Shapes (..., 4), broadcast."""
    ax, ay, az, aw = np.moveaxis(np.asarray(a), -1, 0)
    bx, by, bz, bw = np.moveaxis(np.asarray(b), -1, 0)
    return np.stack(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ],
        axis=-1,
    )


def quat_conjugate(q: Array) -> Array:
    """The inverse of unit quaternions, (..., 4)."""
    return np.asarray(q) * np.array([-1.0, -1.0, -1.0, 1.0])


def quat_rotate(q: Array, v: Array) -> Array:
    """Rotate vectors `v` (..., 3) by unit quaternions `q` (..., 4), broadcast."""
    q, v = np.asarray(q), np.asarray(v)
    u, w = q[..., :3], q[..., 3:]
    t = 2.0 * np.cross(u, v)
    return v + w * t + np.cross(u, t)


def quat_normalize(q: Array) -> Array:
    """Scale quaternions (..., 4) to unit length; a zero quaternion becomes the identity."""
    q = np.asarray(q, dtype=np.float64)
    norm = np.linalg.norm(q, axis=-1, keepdims=True)
    return np.where(norm > 1e-12, q / np.maximum(norm, 1e-12), IDENTITY)


def quat_from_matrix(matrix: Array) -> Array:
    """Rotation matrices (..., 3, 3) to quaternions (..., 4) with w >= 0, by the largest of the four components (Shepperd 1978)."""
    m = np.asarray(matrix, dtype=np.float64)
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    xy, xz, yz = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    wx, wy, wz = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    # Row k is 4 q_k q: any row will do, the one with the largest q_k is the most exact.
    rows = np.stack(
        [
            np.stack([1.0 + xx - yy - zz, xy, xz, wx], axis=-1),
            np.stack([xy, 1.0 - xx + yy - zz, yz, wy], axis=-1),
            np.stack([xz, yz, 1.0 - xx - yy + zz, wz], axis=-1),
            np.stack([wx, wy, wz, 1.0 + xx + yy + zz], axis=-1),
        ],
        axis=-2,
    )
    best = np.argmax(np.diagonal(rows, axis1=-2, axis2=-1), axis=-1)
    q = quat_normalize(np.take_along_axis(rows, best[..., None, None], axis=-2)[..., 0, :])
    return np.where(q[..., 3:] < 0, -q, q)


def quat_to_matrix(q: Array) -> Array:
    """Unit quaternions (..., 4) to rotation matrices (..., 3, 3)."""
    x, y, z, w = np.moveaxis(quat_normalize(q), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def quat_from_rotvec(rotvec: Array) -> Array:
    """Rotation vectors (..., 3), radians, to quaternions (..., 4)."""
    rotvec = np.asarray(rotvec, dtype=np.float64)
    half = 0.5 * np.linalg.norm(rotvec, axis=-1, keepdims=True)
    return np.concatenate([0.5 * np.sinc(half / np.pi) * rotvec, np.cos(half)], axis=-1)


def quat_to_rotvec(q: Array) -> Array:
    """Unit quaternions (..., 4) to rotation vectors (..., 3), radians, at most pi long."""
    q = quat_normalize(q)
    q = np.where(q[..., 3:] < 0, -q, q)
    sine = np.linalg.norm(q[..., :3], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(sine, q[..., 3:])
    return np.where(sine > 1e-9, angle / np.maximum(sine, 1e-9), 2.0) * q[..., :3]


def quat_continuous(q: Array) -> Array:
    """Flip signs along the first axis (time) so that neighbouring quaternions (T, ..., 4) never jump to the antipode."""
    q = np.array(q, dtype=np.float64)
    if len(q) > 1:
        steps = np.sum(q[1:] * q[:-1], axis=-1, keepdims=True)
        q[1:] *= np.cumprod(np.where(steps < 0, -1.0, 1.0), axis=0)
    return q


def quat_angle(a: Array, b: Array) -> Array:
    """Angle between two rotations, radians in 0..pi. Shapes (..., 4) to (...)."""
    dot = np.abs(np.sum(np.asarray(a) * np.asarray(b), axis=-1))
    return 2.0 * np.arccos(np.clip(dot, 0.0, 1.0))


def quat_between(a: Array, b: Array) -> Array:
    """The shortest rotation taking directions `a` to `b`, (..., 3) to (..., 4). Opposite directions turn about any normal."""
    a, b = normalize(a), normalize(b)
    a, b = np.broadcast_arrays(a, b)
    w = 1.0 + np.sum(a * b, axis=-1, keepdims=True)
    q = np.concatenate([np.cross(a, b), w], axis=-1)
    helper = np.where(np.abs(a[..., :1]) < 0.9, np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    half_turn = np.concatenate([normalize(np.cross(a, helper)), np.zeros_like(w)], axis=-1)
    return quat_normalize(np.where(w < 1e-8, half_turn, q))


def quat_slerp(a: Array, b: Array, t: Array | float) -> Array:
    """Spherical interpolation from `a` to `b` (..., 4) along the shorter arc, t in 0..1 of shape (...) or a number."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    t = np.asarray(t, dtype=np.float64)[..., None]
    dot = np.sum(a * b, axis=-1, keepdims=True)
    b = np.where(dot < 0, -b, b)
    theta = np.arccos(np.clip(np.abs(dot), 0.0, 1.0))
    sine = np.sin(theta)
    near = sine < 1e-6
    safe = np.where(near, 1.0, sine)
    wa = np.where(near, 1.0 - t, np.sin((1.0 - t) * theta) / safe)
    wb = np.where(near, t, np.sin(t * theta) / safe)
    return quat_normalize(wa * a + wb * b)


def normalize(v: Array) -> Array:
    """Unit vectors of `v` (..., 3); a zero vector stays zero."""
    v = np.asarray(v, dtype=np.float64)
    norm = np.linalg.norm(v, axis=-1, keepdims=True)
    return v / np.maximum(norm, 1e-12)


def matrix_from_axes(x: Array, y: Array, z: Array) -> Array:
    """Rotation matrices (..., 3, 3) whose columns are the given unit axes (..., 3)."""
    return np.stack([x, y, z], axis=-1)
