"""Triangles to pixels in NumPy: which triangle each pixel sees, and where on it. Reference: Pineda 1988, edge functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.types import Camera

NEAR_M = 0.05
"""Triangles that come nearer to the camera than this are left out."""
_CHUNK = 4_000_000


def rasterise(points: NDArray[Any], triangles: NDArray[Any], camera: Camera, cull: bool = True) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """Draw triangles through a pinhole camera (its distortion is not applied).

    Args:
        points: world positions (V, 3), metres.
        triangles: vertex indices (F, 3), counter-clockwise seen from outside.
        camera: `image_size` is the size drawn.
        cull: leave out triangles seen from behind.

    Returns:
        Triangle index of each pixel (H, W), -1 for none; perspective-correct barycentric coordinates (H, W, 3);
        inverse depth (H, W) in 1/metre, 0 for none.
    """
    width, height = camera.image_size
    local = camera.to_camera(points)
    z = local[:, 2]
    corners = (local[:, :2] / np.maximum(z, 1e-6)[:, None] * camera.focal + camera.centre - 0.5)[triangles]  # (F, 3, 2), pixel centres at whole numbers
    last = np.array([width - 1, height - 1])
    low = np.clip(np.ceil(corners.min(1)), 0, last + 1).astype(np.int32)
    high = np.clip(np.floor(corners.max(1)), -1, last).astype(np.int32)
    area = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])  # y down: negative when counter-clockwise
    seen = (z[triangles].min(1) > NEAR_M) & (low <= high).all(1) & ((area < -1e-9) if cull else (np.abs(area) > 1e-9))
    order = np.flatnonzero(seen)

    index = np.full(height * width, -1, dtype=np.int32)
    weights = np.zeros((height * width, 3), dtype=np.float32)
    depth = np.zeros(height * width, dtype=np.float32)
    area = np.where(seen, area, 1.0)
    planes = [_edge_plane(corners[:, k], corners[:, (k + 1) % 3], area) for k in (1, 2)]
    inverse_z = (1.0 / np.maximum(z, 1e-6)).astype(np.float32)[triangles]
    cells = np.prod(high - low + 1, axis=1)[order]
    for chunk in np.split(order, np.flatnonzero(np.diff(np.cumsum(cells) // _CHUNK)) + 1):
        row, pixel, share = _covered(chunk, low, high, planes, width)
        share *= inverse_z[chunk[row]]
        near = share.sum(1)
        ahead = near > depth[pixel]
        row, pixel, share, near = row[ahead], pixel[ahead], share[ahead], near[ahead]
        far_to_near = np.argsort(near, kind="stable")
        best = np.full(len(index), -1, dtype=np.int64)
        best[pixel[far_to_near]] = far_to_near  # of several triangles on a pixel the last, nearest one stays
        at = np.flatnonzero(best >= 0)
        chosen = best[at]
        index[at], depth[at], weights[at] = chunk[row[chosen]], near[chosen], share[chosen] / near[chosen, None]
    return index.reshape(height, width), weights.reshape(height, width, 3), depth.reshape(height, width)


def _covered(chunk: NDArray[Any], low: NDArray[Any], high: NDArray[Any], planes: list[NDArray[Any]], width: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Every pixel inside each triangle of `chunk`: its place in `chunk`, the pixel's number, and the barycentric coordinates (N, 3) there."""
    spans = (high - low + 1)[chunk]
    cells = spans[:, 0] * spans[:, 1]
    row = np.repeat(np.arange(len(chunk), dtype=np.int32), cells)
    cell = np.arange(len(row), dtype=np.int32) - np.repeat(np.cumsum(cells) - cells, cells).astype(np.int32)
    y, x = np.divmod(cell, spans[row, 0].astype(np.int32))
    x += low[chunk][row, 0]
    y += low[chunk][row, 1]
    first, second = (plane[:, 0] * x + plane[:, 1] * y + plane[:, 2] for plane in (whole[chunk][row] for whole in planes))
    third = 1.0 - first - second
    inside = np.flatnonzero((first >= 0) & (second >= 0) & (third >= 0))
    share = np.stack([first[inside], second[inside], third[inside]], axis=1).astype(np.float32)
    return row[inside], y[inside].astype(np.int64) * width + x[inside], share


def _edge_plane(q: NDArray[Any], r: NDArray[Any], area: NDArray[Any]) -> NDArray[Any]:
    """Coefficients (F, 3) of the barycentric coordinate that is 0 on the edge from `q` to `r`: first * x + second * y + third."""
    edge = (r - q).astype(np.float64)
    return np.stack([-edge[:, 1], edge[:, 0], edge[:, 1] * q[:, 0] - edge[:, 0] * q[:, 1]], axis=1) / area[:, None]


def _cross(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
