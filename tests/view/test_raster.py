from __future__ import annotations

import numpy as np
import pytest

from posewright.types import Camera
from posewright.view import raster
from posewright.view.raster import rasterise


def plainly(points: np.ndarray, triangles: np.ndarray, camera: Camera, cull: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ray by ray and triangle by triangle: solve for distance and barycentric coordinates."""
    width, height = camera.image_size
    local = camera.to_camera(points)
    index, weights, depth = np.full((height, width), -1), np.zeros((height, width, 3)), np.zeros((height, width))
    for v in range(height):
        for u in range(width):
            ray = np.array([(u + 0.5 - camera.centre[0]) / camera.focal[0], (v + 0.5 - camera.centre[1]) / camera.focal[1], 1.0])
            for i, triangle in enumerate(triangles):
                a, b, c = local[triangle]
                if cull and np.cross(b - a, c - a) @ a >= 0:
                    continue
                if min(a[2], b[2], c[2]) <= raster.NEAR_M or abs(np.linalg.det(np.stack([a, b, c]))) < 1e-9:
                    continue
                share = np.linalg.solve(np.stack([a, b, c], axis=1), ray)
                if (share >= 0).all() and share.sum() > depth[v, u]:
                    index[v, u], weights[v, u], depth[v, u] = i, share / share.sum(), share.sum()
    return index, weights, depth


def scene(seed: int, count: int = 30) -> tuple[np.ndarray, np.ndarray, Camera]:
    random = np.random.default_rng(seed)
    points = random.normal(size=(count, 3)) * [1.2, 1.2, 1.5] - [0.0, 0.0, 3.0]
    triangles = np.array([random.permutation(three) for three in np.unique(np.sort(random.integers(0, count, size=(count, 3)), axis=1), axis=0)])
    return points, triangles[(np.diff(np.sort(triangles, axis=1), axis=1) > 0).all(1)], Camera.from_fov((26, 20), 60.0)


@pytest.mark.parametrize("cull", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_equals_the_plain_way(seed: int, cull: bool) -> None:
    points, triangles, camera = scene(seed)
    index, weights, depth = rasterise(points, triangles, camera, cull)
    expected, shares, inverse = plainly(points, triangles, camera, cull)
    assert (expected >= 0).sum() > 20
    same = index == expected
    assert (~same).sum() <= 2  # a ray may pass within rounding of an edge
    np.testing.assert_allclose(weights[same], shares[same], atol=2e-3)
    np.testing.assert_allclose(depth[same], inverse[same], rtol=1e-3, atol=1e-4)


def test_chunks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    points, triangles, camera = scene(5, 200)
    whole = rasterise(points, triangles, camera)
    monkeypatch.setattr(raster, "_CHUNK", 300)
    for one, other in zip(whole, rasterise(points, triangles, camera), strict=True):
        np.testing.assert_array_equal(one, other)


def test_empty_and_unseen_scenes() -> None:
    camera = Camera.from_fov((8, 6), 60.0)
    behind = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    for triangles in (np.zeros((0, 3), dtype=int), np.array([[0, 1, 2], [0, 2, 1]])):
        index, weights, depth = rasterise(behind, triangles, camera)
        assert (index == -1).all()
        assert not weights.any()
        assert not depth.any()
