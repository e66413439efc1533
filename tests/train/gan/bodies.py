"""Small made-up people for the GAN's tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from posewright.geometry import IDENTITY, quat_slerp
from posewright.skeletons import reference_skeleton
from posewright.train.gan.mocap import Bodies, body_of
from tests.formats.samples import random_motion

FACING_CAMERA = np.float32([1, -1, -1])
"""From the world's axes to those of a level camera (OpenCV) ahead of a body that faces +Z: the body's left, +X, is on the camera's right."""


def bodies(frames: int = 120, clips: int = 2, swing: float = 0.4) -> Bodies:
    """Upright people of average stature who face +Z and swing all limbs."""
    return Bodies(np.concatenate([_clip(frames, seed, swing) for seed in range(clips)]).astype(np.float32), np.repeat(np.arange(clips), frames))


def _clip(frames, seed, swing):
    motion = random_motion(reference_skeleton(), frames, seed=seed)
    rotations = quat_slerp(np.broadcast_to(IDENTITY, motion.rotations.shape), motion.rotations, swing)
    rotations[:, 0] = IDENTITY
    return body_of(replace(motion, rotations=rotations))
