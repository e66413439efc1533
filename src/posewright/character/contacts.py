"""Where the feet of a recorded motion stand, for motions that do not say so themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from posewright.character.stance import Body
from posewright.character.tpose import SIDES
from posewright.geometry import Array
from posewright.solve.filters import smooth
from posewright.types import Motion

LOW_PERCENTILE = 5.0
"""Of a foot point's height through the clip: what it has when it stands."""
RISE_SHARE, SPEED_SHARE = 0.035, 0.35
"""Height above that, as a share of the legs' length, and speed, in legs a second, at which a contact is even odds."""


def with_contacts(motion: Motion) -> Motion:
    """The motion with contacts estimated from height and speed of its feet, and standing on the floor y = 0.

    A motion that has contacts, or whose skeleton has no feet under the humanoid's names, is given back as it is.
    """
    skeleton = motion.skeleton
    if motion.contacts is not None or not all(side + part in skeleton for side in SIDES for part in ("UpperLeg", "LowerLeg", "Foot")):
        return motion
    body = Body(skeleton, {joint: joint for joint in skeleton.joints})
    points = foot_points(motion, body)
    floor = np.percentile(points[..., 1], LOW_PERCENTILE, axis=0)
    rise = (points[..., 1] - floor) / (RISE_SHARE * body.leg_height)
    speed = np.linalg.norm(np.gradient(points, 1.0 / motion.fps, axis=0), axis=-1) if len(points) > 1 else np.zeros(rise.shape)
    slow = speed / (SPEED_SHARE * body.leg_height)
    odds = 1.0 / ((1.0 + np.exp(4.0 * (rise - 1.0))) * (1.0 + np.exp(4.0 * (slow - 1.0))))
    contacts = np.asarray(smooth(odds, 0.03 * motion.fps), dtype=np.float32)
    standing = contacts > 0.5
    sunk = float(np.median(points[..., 1][standing])) if standing.any() else float(floor.min())
    return replace(motion, contacts=contacts, root_translation=motion.root_translation - [0.0, sunk, 0.0])


def foot_points(motion: Motion, body: Body) -> NDArray[np.float64]:
    """The joints at heel and ball of both feet in the order of CONTACT_POINTS, less their height at rest, (T, 4, 3)."""
    positions: Array = motion.joint_positions()
    points = []
    for side in SIDES:
        for part in ("Foot", "Toes"):
            i = body.joint.get(side + part, body.joint[f"{side}Foot"])
            points.append(positions[:, i] - [0.0, body.rest_positions[i, 1] - body.floor, 0.0])
    return np.stack(points, axis=1)
