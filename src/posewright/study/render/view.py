"""The geometry of a view: projection, the sun's view for shadows, what part of the picture a body can touch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import normalize
from posewright.types import Camera

NEAR_M, FAR_M = 0.1, 60.0
BELOW_M = 4.0
"""How far behind the bodies the shadow map still tells what the sun reaches, metres."""

BESIDE_M = 0.25
"""How far the patch of floor reaches beyond them, so that a sole a little below it is hidden from a low camera too, metres."""


def clip_matrix(camera: Camera) -> NDArray[np.float64]:
    """World to clip space, (4, 4); +y in clip space is down the image, so that rows come back top first."""
    (width, height), (fx, fy), (cx, cy) = camera.image_size, camera.focal, camera.centre
    depth = (FAR_M + NEAR_M) / (FAR_M - NEAR_M)
    projection = np.array(
        [
            [2 * fx / width, 0.0, 2 * cx / width - 1.0, 0.0],
            [0.0, 2 * fy / height, 2 * cy / height - 1.0, 0.0],
            [0.0, 0.0, depth, -(1.0 + depth) * NEAR_M],
            [0.0, 0.0, 1.0, 0.0],
        ]
    )
    return projection @ camera.T_camera_world


def shadow_matrix(points: NDArray[np.float64], sun: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """World to the shadow map's unit cube (an orthographic view from the sun round the points), (4, 4), and its width in metres."""
    right = normalize(np.cross([0.0, 1.0, 0.0] if abs(sun[1]) < 0.99 else [0.0, 0.0, 1.0], sun))
    axes = np.stack([right, np.cross(sun, right), -sun])
    seen = points @ axes.T
    low, high = seen.min(0), seen.max(0)
    side = 1.05 * float(max(high[:2] - low[:2]))
    scale = np.array([side, side, high[2] - low[2] + BELOW_M])
    matrix = np.eye(4)
    matrix[:3, :3] = axes / scale[:, None]
    matrix[:3, 3] = -np.array([*(low + high)[:2] / 2 - side / 2, low[2]]) / scale
    return matrix, side


def floor_patch(points: NDArray[np.float64], sun: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners x, z, x, z (4,) of a rectangle of floor that holds the points' shadows and what is beneath them, metres."""
    shadow = points[:, [0, 2]] - np.maximum(points[:, 1:2], 0.0) * sun[[0, 2]] / sun[1]
    ground = np.concatenate([points[:, [0, 2]], shadow])
    return np.concatenate([ground.min(0) - BESIDE_M, ground.max(0) + BESIDE_M])


def touched(points: NDArray[np.float64], camera: Camera) -> tuple[int, int, int, int]:
    """Left, top, width and height of the part of the picture that holds all points' images, pixels; all of it where a point is behind the camera."""
    width, height = camera.image_size
    if camera.to_camera(points)[:, 2].min() < NEAR_M:
        return 0, 0, width, height
    pixels = camera.project(points)
    left, top = np.clip(np.floor(pixels.min(0)) - 2, 0, [width, height]).astype(int).tolist()
    right, bottom = np.clip(np.ceil(pixels.max(0)) + 2, 0, [width, height]).astype(int).tolist()
    return left, top, right - left, bottom - top
