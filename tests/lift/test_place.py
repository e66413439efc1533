from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from posewright.lift.place import fit_translation
from posewright.types import Camera


def scene(frames: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Body points about an origin (T, J, 3), and that origin's path in the camera frame (T, 3)."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-0.6, 0.6, (frames, 12, 3))
    t = np.linspace(0, 1, frames)[:, None]
    return points, np.hstack([t - 0.5, 0.2 * t, 3.0 + t])


@pytest.mark.parametrize("distortion", [(), (0.1, -0.05, 0.001, 0.002, 0.01)])
def test_exact_pixels_give_the_exact_path(distortion: tuple[float, ...]) -> None:
    camera = replace(Camera.from_fov((1280, 720), 60.0), distortion=distortion, T_world_camera=np.eye(4))
    points, path = scene()
    plane = camera.rays(camera.project(points + path[:, None]))
    np.testing.assert_allclose(fit_translation(points, plane, np.ones(points.shape[:2])), path, atol=1e-3)


def test_outliers_hardly_count() -> None:
    camera = replace(Camera.from_fov((1280, 720)), T_world_camera=np.eye(4))
    points, path = scene()
    pixels = camera.project(points + path[:, None])
    pixels[:, 3] += 300.0
    pixels[5, 4] = np.nan
    found = fit_translation(points, camera.rays(pixels), np.ones(points.shape[:2]))
    assert np.abs(found - path).max() < 0.1
