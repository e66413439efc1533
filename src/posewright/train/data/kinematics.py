"""Quaternions and forward kinematics in single precision, joint by joint over many windows at once: `Skeleton.forward` for training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array

Floats = NDArray[np.float32]


def multiply(a: Array, b: Array) -> Floats:
    """Hamilton product a * b of quaternions (..., 4), broadcast. Single precision."""
    out = np.empty(np.broadcast_shapes(a.shape, b.shape), dtype=np.float32)
    ax, ay, az, aw = (a[..., k] for k in range(4))
    bx, by, bz, bw = (b[..., k] for k in range(4))
    out[..., 0] = aw * bx + ax * bw + ay * bz - az * by
    out[..., 1] = aw * by - ax * bz + ay * bw + az * bx
    out[..., 2] = aw * bz + ax * by - ay * bx + az * bw
    out[..., 3] = aw * bw - ax * bx - ay * by - az * bz
    return out


def rotate(q: Array, v: Array) -> Floats:
    """Vectors (..., 3) turned by unit quaternions (..., 4), broadcast. Single precision."""
    out = np.empty((*np.broadcast_shapes(q.shape[:-1], v.shape[:-1]), 3), dtype=np.float32)
    x, y, z, w = (q[..., k] for k in range(4))
    a, b, c = (v[..., k] for k in range(3))
    tx, ty, tz = 2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)
    out[..., 0] = a + w * tx + y * tz - z * ty
    out[..., 1] = b + w * ty + z * tx - x * tz
    out[..., 2] = c + w * tz + x * ty - y * tx
    return out


def forward(rotations: Floats, offsets: Floats, parents: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Forward kinematics of n bodies over windows of W frames.

    Args:
        rotations: local rotations, (n, W, J, 4).
        offsets: rest offsets of each body's joints, (n, J, 3), metres.
        parents: of the joints, parents first; joint 0 is the root and is put at the origin.

    Returns:
        World positions (J, n, W, 3) and world rotations (J, n, W, 4), joints first.
    """
    local = np.ascontiguousarray(np.moveaxis(rotations, 2, 0))
    joints = np.zeros((*local.shape[:-1], 3), dtype=np.float32)
    turns = np.empty_like(local)
    turns[0] = local[0]
    for j, parent in enumerate(parents[1:], start=1):
        turns[j] = multiply(turns[parent], local[j])
        joints[j] = joints[parent] + rotate(turns[parent], offsets[:, None, j])
    return joints, turns
