"""Fingers that nobody tracked: curled as in a hand that hangs at rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posewright.character.stance import Body
from posewright.geometry import normalize, quat_from_rotvec

_CURL_DEG: dict[str, tuple[float, float, float]] = {
    "Index": (18.0, 24.0, 14.0),
    "Middle": (22.0, 28.0, 16.0),
    "Ring": (25.0, 30.0, 18.0),
    "Little": (27.0, 30.0, 18.0),
}
"""Bend of each finger's three joints in a hand at rest, degrees."""
_THUMB_CURL_DEG = (12.0, 8.0, 14.0)


def relaxed_fingers(body: Body) -> dict[str, NDArray[np.float64]]:
    """Rotation of each finger bone against its parent, in the world axes of the T-pose, as a hand hangs at rest."""
    positions = body.t_positions
    down = np.array([0.0, -1.0, 0.0])
    curls = {}
    for side, outwards in (("left", 1.0), ("right", -1.0)):
        towards_palm = np.cross([outwards, 0.0, 0.0], down)
        for finger, angles in _CURL_DEG.items():
            for segment, angle in zip(("Proximal", "Intermediate", "Distal"), angles, strict=True):
                curls[f"{side}{finger}{segment}"] = quat_from_rotvec(towards_palm * np.radians(angle))
        thumb = [body.joint.get(f"{side}Thumb{segment}") for segment in ("Metacarpal", "Proximal", "Distal")]
        if thumb[0] is None or thumb[1] is None:
            continue
        along = positions[thumb[1]] - positions[thumb[0]]
        sink, close = normalize(np.cross(along, down)), normalize(np.cross(along, [outwards, 0.0, 0.0]))
        for segment, axis, angle in zip(("Metacarpal", "Proximal", "Distal"), (sink, close, close), _THUMB_CURL_DEG, strict=True):
            curls[f"{side}Thumb{segment}"] = quat_from_rotvec(axis * np.radians(angle))
    return curls
