"""The floor and what rests on it: a first estimate from the height and speed of the soles."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from posewright.geometry import Array, quat_rotate
from posewright.skeletons import Skeleton
from posewright.solve.filters import smooth
from posewright.solve.proportions import ankle_height
from posewright.solve.targets import SIDES

FLOOR_PERCENTILE = 10.0
"""Of the lowest sole point through the clip: someone stands in most clips most of the time, and noise goes below the floor too."""
HEEL_SHARE = 0.35
"""The heel rests behind the ankle by this share of the way from ankle to ball."""
CONTACT_HEIGHT_M = 0.04
CONTACT_SPEED = 0.35
"""Height above the floor and speed in metres a second at which a contact is even odds."""


def sole_positions(skeleton: Skeleton, positions: Array, worlds: Array) -> Array:
    """World positions of the underside of heel and ball of both feet in the order of CONTACT_POINTS, (T, 4, 3)."""
    soles = []
    height = ankle_height(skeleton)
    for side in SIDES:
        foot = skeleton.index(f"{side}Foot")
        ball = skeleton.rest_offsets[skeleton.index(f"{side}Toes")]
        for z in (-HEEL_SHARE * ball[2], ball[2]):
            soles.append(positions[:, foot] + quat_rotate(worlds[:, foot], np.array([0.0, -height, z])))
    return np.stack(soles, axis=1)


def floor_height(soles: Array) -> float:
    """Height of the floor under soles (T, 4, 3), metres."""
    return float(np.percentile(soles[..., 1].min(1), FLOOR_PERCENTILE))


def estimate_contacts(soles: Array, fps: float) -> Array:
    """How surely each sole point (T, 4, 3) rests on a floor at y = 0, (T, 4), from its height and speed."""
    speed = np.linalg.norm(np.gradient(soles, 1.0 / fps, axis=0), axis=-1) if len(soles) > 1 else np.zeros(soles.shape[:2])
    low = expit((CONTACT_HEIGHT_M - soles[..., 1]) / (0.25 * CONTACT_HEIGHT_M))
    slow = expit((CONTACT_SPEED - speed) / (0.25 * CONTACT_SPEED))
    return np.asarray(smooth(low * slow, 0.03 * fps), dtype=np.float32)
