"""A body that moves, for the tests of this folder."""

from __future__ import annotations

import numpy as np

from posewright.geometry import quat_from_rotvec
from posewright.skeletons import reference_skeleton
from posewright.study.tracks import JointTrack, track_of_motion
from posewright.types import Motion


def walker(fps: float = 30.0, seconds: float = 4.0, begin: float = 0.0) -> Motion:
    """A body that swings its limbs at rates that never repeat together, and glides 1 m/s along x from x = `begin`; frame 0 is at time `begin`."""
    skeleton = reference_skeleton()
    time = begin + np.arange(round(seconds * fps)) / fps
    rotvec = np.zeros((len(time), len(skeleton), 3))
    for number, bone in enumerate(("leftUpperArm", "leftLowerArm", "rightUpperArm", "rightLowerArm", "leftUpperLeg", "leftLowerLeg", "rightUpperLeg", "rightLowerLeg")):
        rotvec[:, skeleton.index(bone), 0 if "Leg" in bone else 2] = 0.6 * np.sin((2.1 + 0.37 * number) * time + number) + 0.2 * np.sin(5.3 * time + 2 * number)
    path = skeleton.rest_offsets[0] + np.stack([time, 0 * time, 0 * time], axis=-1)
    return Motion(skeleton, quat_from_rotvec(rotvec), path, fps)


def walker_track(fps: float = 30.0, seconds: float = 4.0, begin: float = 0.0, source: str = "walker") -> JointTrack:
    """`walker` as a track."""
    return track_of_motion(walker(fps, seconds, begin), source)
