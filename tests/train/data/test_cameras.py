from __future__ import annotations

import numpy as np

from posewright.train.data.bodies import Bodies
from posewright.train.data.cameras import NEAREST_M, random_cameras, rays, turns
from posewright.train.data.sequences import Sequences
from posewright.types import Camera


def _points(bodies: Bodies, sequences: Sequences, count: int = 300) -> np.ndarray:
    window = sequences.window(np.random.default_rng(2).integers(0, len(sequences), count), np.arange(-8, 9))
    people = bodies.taken(np.arange(count))
    return people.pose(window.rotations, window.pelvis * people.leg_lengths[:, None, None]).points


def test_everybody_is_before_the_camera_at_all_angles(bodies: Bodies, sequences: Sequences) -> None:
    points = _points(bodies, sequences)
    cameras = random_cameras(np.random.default_rng(0), points)
    local = cameras.local(points)
    assert local[..., 2].min() > 0.9 * NEAREST_M
    np.testing.assert_allclose(cameras.turn @ cameras.turn.swapaxes(-1, -2), np.broadcast_to(np.eye(3), cameras.turn.shape), atol=1e-5)
    pitch = np.degrees(cameras.pitch()[:, 0])
    assert pitch.min() < -15.0
    assert pitch.max() > 35.0
    assert (cameras.eye[:, 0, 1] > 0.0).mean() > 0.9
    assert np.abs(rays(local)[:, :, 23:25].mean((1, 2))).max() < 1.0
    yaw = np.arctan2(cameras.turn[:, 0, 2, 0], cameras.turn[:, 0, 2, 2])
    assert (np.histogram(yaw, 4, (-np.pi, np.pi))[0] > 40).all()


def test_rays_are_what_the_pinhole_camera_sees(bodies: Bodies, sequences: Sequences) -> None:
    points = _points(bodies, sequences, 1)
    cameras = random_cameras(np.random.default_rng(1), points, moving=False)
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = cameras.turn[0, 0].T, cameras.eye[0, 0]
    camera = Camera((640, 480), (500.0, 500.0), (320.0, 240.0), T_world_camera=pose)
    np.testing.assert_allclose(rays(cameras.local(points))[0] * 500.0 + [320.0, 240.0], camera.project(points[0].astype(float)), atol=0.01)
    np.testing.assert_allclose(cameras.up[0, 0], pose[:3, :3].T @ [0.0, 1.0, 0.0], atol=1e-6)


def test_a_level_camera_looks_along_minus_z() -> None:
    zero = np.zeros(1)
    np.testing.assert_allclose(turns(zero, zero, zero)[0] @ [0.0, 1.0, -2.0], [0.0, -1.0, 2.0], atol=1e-12)
    down = turns(zero, np.array([0.3]), zero)[0]
    np.testing.assert_allclose(down[2], [0.0, -np.sin(0.3), -np.cos(0.3)], atol=1e-12)


def test_some_cameras_move_and_only_when_they_may(bodies: Bodies, sequences: Sequences) -> None:
    points = _points(bodies, sequences)
    for moving, low, high in ((True, 0.08, 0.3), (False, 0.0, 0.0)):
        cameras = random_cameras(np.random.default_rng(3), points, moving)
        changed = np.ptp(cameras.turn, axis=1).max((1, 2)) + np.ptp(cameras.eye, axis=1).max(1) > 1e-6
        assert low <= changed.mean() <= high
