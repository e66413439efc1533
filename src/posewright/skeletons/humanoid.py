"""The canonical body: the VRM 1.0 humanoid, T-pose at rest, identity rest rotations.

Bones and hierarchy: https://github.com/vrm-c/vrm-specification/blob/master/specification/VRMC_vrm-1.0/humanoid.md
"""

from __future__ import annotations

import numpy as np

from posewright.skeletons.jointset import JointSet
from posewright.skeletons.skeleton import Skeleton

_SIDES = ("left", "right")
_FINGERS = {
    "Thumb": ("Metacarpal", "Proximal", "Distal"),
    "Index": ("Proximal", "Intermediate", "Distal"),
    "Middle": ("Proximal", "Intermediate", "Distal"),
    "Ring": ("Proximal", "Intermediate", "Distal"),
    "Little": ("Proximal", "Intermediate", "Distal"),
}

# Bone: (parent, offset from the parent in a T-pose, metres, for a body 1.70 m tall), for the mid-line and the left.
# Lengths after Winter, Biomechanics and Motor Control of Human Movement (2009), fig. 4.1.
_CENTRE: dict[str, tuple[str | None, tuple[float, float, float]]] = {
    "hips": (None, (0.0, 0.955, 0.0)),
    "spine": ("hips", (0.0, 0.075, -0.005)),
    "chest": ("spine", (0.0, 0.120, -0.005)),
    "upperChest": ("chest", (0.0, 0.125, 0.0)),
    "neck": ("upperChest", (0.0, 0.150, -0.005)),
    "head": ("neck", (0.0, 0.090, 0.015)),
}
_LEFT: dict[str, tuple[str, tuple[float, float, float]]] = {
    "Shoulder": ("upperChest", (0.025, 0.110, 0.0)),
    "UpperArm": ("Shoulder", (0.140, 0.0, -0.005)),
    "LowerArm": ("UpperArm", (0.285, 0.0, 0.0)),
    "Hand": ("LowerArm", (0.250, 0.0, 0.0)),
    "UpperLeg": ("hips", (0.088, -0.055, 0.0)),
    "LowerLeg": ("UpperLeg", (0.0, -0.415, 0.0)),
    "Foot": ("LowerLeg", (0.0, -0.410, 0.0)),
    "Toes": ("Foot", (0.0, -0.060, 0.135)),
}
# Finger joints: offsets along the hand, metres. x outwards, z forward (the thumb's side in a T-pose, palms down).
_FINGER_OFFSETS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "Thumb": ((0.025, -0.010, 0.025), (0.030, -0.005, 0.025), (0.025, 0.0, 0.018)),
    "Index": ((0.090, 0.0, 0.025), (0.040, 0.0, 0.0), (0.024, 0.0, 0.0)),
    "Middle": ((0.092, 0.0, 0.003), (0.044, 0.0, 0.0), (0.027, 0.0, 0.0)),
    "Ring": ((0.086, 0.0, -0.018), (0.040, 0.0, 0.0), (0.026, 0.0, 0.0)),
    "Little": ((0.080, 0.0, -0.036), (0.031, 0.0, 0.0), (0.019, 0.0, 0.0)),
}
REFERENCE_HEIGHT_M = 1.70
"""Stature of the reference body, crown to sole."""
REFERENCE_HEAD_TOP_M = 0.18
"""From the head joint to the crown of the reference body."""
REFERENCE_ANKLE_HEIGHT_M = 0.075
"""Ankle joint above the sole of the reference body."""


def _table(fingers: bool) -> dict[str, tuple[str | None, tuple[float, float, float]]]:
    table = dict(_CENTRE)
    for side, sign in zip(_SIDES, (1.0, -1.0), strict=True):
        rows: dict[str, tuple[str, tuple[float, float, float]]] = dict(_LEFT)
        if fingers:
            for finger, segments in _FINGERS.items():
                parent = "Hand"
                for segment, offset in zip(segments, _FINGER_OFFSETS[finger], strict=True):
                    rows[finger + segment] = (parent, offset)
                    parent = finger + segment
        for bone, (parent, (x, y, z)) in rows.items():
            table[side + bone] = (parent if parent in _CENTRE else side + parent, (sign * x, y, z))
    return table


BODY_PARENTS: dict[str, str | None] = {bone: parent for bone, (parent, _) in _table(fingers=False).items()}
"""The 22 bones that a body motion drives, with their parents, parents first."""

HUMANOID_PARENTS: dict[str, str | None] = {bone: parent for bone, (parent, _) in _table(fingers=True).items()} | {
    "leftEye": "head",
    "rightEye": "head",
    "jaw": "head",
}
"""All 55 bones of the VRM 1.0 humanoid with their parents, parents first."""

REQUIRED_BONES: frozenset[str] = frozenset(
    ["hips", "spine", "head"] + [side + bone for side in _SIDES for bone in ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot")]
)
"""Bones that VRM 1.0 demands."""


def reference_skeleton(height_m: float = REFERENCE_HEIGHT_M, fingers: bool = False) -> Skeleton:
    """An average adult of the given stature in T-pose: 22 body bones, or 52 with fingers. Soles at y = 0."""
    table = _table(fingers)
    names = tuple(table)
    parents = tuple(-1 if parent is None else names.index(parent) for parent, _ in table.values())
    offsets = np.array([offset for _, offset in table.values()])
    return Skeleton(names, parents, offsets, np.tile([0.0, 0.0, 0.0, 1.0], (len(names), 1))).scaled(height_m / REFERENCE_HEIGHT_M)


def _humanoid_joint_set() -> JointSet:
    names = tuple(BODY_PARENTS)
    return JointSet(
        name="humanoid",
        joints=names,
        edges=tuple((parent, bone) for bone, parent in BODY_PARENTS.items() if parent is not None),
        pairs=tuple(("left" + bone, "right" + bone) for bone in _LEFT),
        parents=tuple(-1 if parent is None else names.index(parent) for parent in BODY_PARENTS.values()),
        source="VRM 1.0 humanoid, https://github.com/vrm-c/vrm-specification",
    )


HUMANOID = _humanoid_joint_set()
"""The body bones' joints as a joint set, for `Poses3D` made from a motion."""
