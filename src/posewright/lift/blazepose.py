"""BlazePose lifts by itself: its network gives world landmarks in metres beside those in pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from posewright.errors import UsageError
from posewright.geometry import normalize, quat_between, quat_rotate
from posewright.track import Track
from posewright.types import Camera, Poses3D

_MIDDLE = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")


class BlazePoseWorld:
    """BlazePose's world landmarks (Grishchenko et al. 2022, BlazePose GHUM Holistic, https://arxiv.org/abs/2206.11678).

    The network sees a crop, so its axes are those of a camera that looks straight at the person. They are turned
    into the axes of the camera itself, by the rotation from its optical axis to the line of sight.
    """

    def __call__(self, track: Track, camera: Camera) -> Poses3D:
        """Root-relative positions in the camera's axes, metres.

        Raises:
            UsageError: the estimator gave no 3D.
        """
        if track.poses is None:
            raise UsageError("the estimator gave 2D keypoints only: choose a lifter that works from 2D")
        keypoints = track.keypoints
        middle = keypoints.xy[:, keypoints.joint_set.indices(*_MIDDLE)].mean(1)
        sight = np.concatenate([(middle - camera.centre) / camera.focal, np.ones((len(middle), 1))], axis=-1)
        turn = quat_between(np.array([0.0, 0.0, 1.0]), np.where(np.isfinite(sight), normalize(np.nan_to_num(sight)), [0.0, 0.0, 1.0]))
        return replace(track.poses, xyz=quat_rotate(turn[:, None], track.poses.xyz).astype(np.float32))
