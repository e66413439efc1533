from __future__ import annotations

from dataclasses import replace

import numpy as np

from posewright.lift.place import fit_translation
from posewright.solve.root import camera_path
from posewright.types import Camera
from tests.lift.test_place import scene


def test_depth_is_smoothed_and_dark_frames_are_bridged() -> None:
    camera = replace(Camera.from_fov((1280, 720)), T_world_camera=np.eye(4))
    points, path = scene(60)
    rng = np.random.default_rng(1)
    plane = camera.rays(camera.project(points + path[:, None])) + rng.normal(0, 0.003, (60, 12, 2))
    plane[20:25] = np.nan
    weight = np.ones(points.shape[:2])
    rough, smoothed = fit_translation(points, plane, weight), camera_path(points, plane, weight, 10.0, 0.0)
    assert np.isfinite(smoothed).all()
    seen = np.isfinite(rough[:, 2])
    assert not seen[20:25].any()
    assert np.abs(np.diff(smoothed[:, 2], 2)).mean() < 0.1 * np.nanmean(np.abs(np.diff(rough[:, 2], 2)))
    assert np.abs(smoothed - path)[10:-10].max() < 0.1


def test_nothing_seen_stays_at_the_origin() -> None:
    points, _ = scene(4)
    assert (camera_path(points, np.full((4, 12, 2), np.nan), np.ones((4, 12)), 1.0, 0.0) == 0).all()
