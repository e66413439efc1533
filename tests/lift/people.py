"""Tracks of made-up people, for tests of lifters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posewright.skeletons import COCO17, HUMANOID, JointSet, conversion, reference_skeleton
from posewright.track import Track
from posewright.types import Camera, Keypoints
from tests.formats.samples import random_motion

SIZE = (1280, 720)
CAMERA = Camera.from_fov(SIZE, 60.0)


def moving_body(frames: int = 60, depth: float = 4.0, seed: int = 0) -> NDArray[np.float64]:
    """The humanoid's joints (T, 22, 3) in the camera's axes, metres: an average adult who swings all limbs, some metres away."""
    motion = random_motion(reference_skeleton(), frames, seed=seed)
    positions = motion.joint_positions() - motion.root_translation[:, None]
    return positions * (1, -1, -1) + (0.3, 0.1, depth)


def track_of(body: NDArray[np.float64], joint_set: JointSet = COCO17, camera: Camera = CAMERA) -> Track:
    """The humanoid's joints (T, 22, 3) as seen by the camera, in another joint set; a joint that cannot be made stands by the pelvis."""
    points, _ = conversion(HUMANOID, joint_set).apply(body, np.ones(body.shape[:2]))
    points = np.where(np.isfinite(points), points, body[:, :1] + np.random.default_rng(1).normal(0, 0.05, points.shape))
    xy = points[..., :2] / points[..., 2:] * camera.focal + camera.centre
    times = np.arange(len(body)) / 30
    return Track(Keypoints(xy.astype(np.float32), np.full(xy.shape[:2], 0.9, np.float32), joint_set, times, camera.image_size), None)
