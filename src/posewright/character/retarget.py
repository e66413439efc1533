"""A motion on another body: what each humanoid bone turns from its T-pose is carried onto the rig's own bones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import CharacterError, UsageError
from posewright.geometry import IDENTITY, normalize, quat_conjugate, quat_continuous, quat_from_rotvec, quat_multiply
from posewright.skeletons import Skeleton
from posewright.types import Character, Motion

_CURL_DEG: dict[str, tuple[float, float, float]] = {
    "Index": (18.0, 24.0, 14.0),
    "Middle": (22.0, 28.0, 16.0),
    "Ring": (25.0, 30.0, 18.0),
    "Little": (27.0, 30.0, 18.0),
}
"""Bend of each finger's three joints in a hand at rest, degrees."""
_THUMB_CURL_DEG = (12.0, 8.0, 14.0)


def retarget(motion: Motion, character: Character) -> Motion:
    """Carry a motion onto a character.

    Both must stand in a T-pose at rest; their bones may have any axes. Each humanoid bone that the motion has turns its
    counterpart by the same world rotation away from the T-pose, so limbs point the same way on both bodies whatever bones
    lie between. Other bones keep their rest pose in their parent, fingers that the motion lacks are curled as in a hand
    at rest. The path of the hips is scaled by the ratio of the heights of the hip joints at rest, so that feet reach the floor.

    Args:
        motion: on a skeleton whose joints have the humanoid's names (others are ignored).
        character: who is to move.

    Returns:
        A motion on all joints of the character's skeleton, with the same frames, contacts and confidence.

    Raises:
        UsageError: the motion's skeleton has no hips or no upper legs.
    """
    source, target = motion.skeleton, character.skeleton
    for bone in ("hips", "leftUpperLeg", "rightUpperLeg"):
        if bone not in source:
            raise UsageError(f"motion '{motion.name}' has no humanoid bone '{bone}'. Its joints: {', '.join(source.joints)}")
        if bone not in character.humanoid:
            raise CharacterError(f"{character.name} has no bone for '{bone}'")
    bone_of = {joint: bone for bone, joint in character.humanoid.items()}
    turned = quat_multiply(motion.world_rotations(), quat_conjugate(source.rest_pose()[1]))  # (T, J, 4), away from the T-pose
    curls = _relaxed_fingers(character)
    rest = target.rest_pose()[1]

    deltas = np.empty((len(motion), len(target), 4))
    local = np.empty_like(deltas)
    for i, (joint, parent) in enumerate(zip(target.joints, target.parents, strict=True)):
        bone = bone_of.get(joint, "")
        above = deltas[:, parent] if parent >= 0 else np.broadcast_to(IDENTITY, (len(motion), 4))
        deltas[:, i] = turned[:, source.index(bone)] if bone in source else quat_multiply(above, curls.get(bone, IDENTITY))
        # The parent's world rotation is delta * rest, and so is ours; what lies between is the local rotation.
        world_above = quat_multiply(above, rest[parent]) if parent >= 0 else above
        local[:, i] = quat_multiply(quat_conjugate(world_above), quat_multiply(deltas[:, i], rest[i]))
    return Motion(target, quat_continuous(local), _root_path(motion, character, local), motion.fps, motion.contacts, motion.confidence, motion.name)


def _root_path(motion: Motion, character: Character, local: NDArray[Any]) -> NDArray[np.float64]:
    """World positions (T, 3) of the character's root that bring its hip joints to where the motion's are, to scale."""
    own_legs = [character.skeleton.index(character.humanoid[bone]) for bone in ("leftUpperLeg", "rightUpperLeg")]
    legs = [motion.skeleton.index(bone) for bone in ("leftUpperLeg", "rightUpperLeg")]
    scale = _hip_height(character.skeleton, own_legs) / _hip_height(motion.skeleton, legs)
    wanted = motion.joint_positions()[:, legs].mean(1) * scale
    unmoved = character.skeleton.forward(local, np.zeros(3))[0][:, own_legs].mean(1)
    return np.asarray(wanted - unmoved)


def _hip_height(skeleton: Skeleton, legs: list[int]) -> float:
    """Height of the hip joints above the floor in the rest pose, metres. A rest pose that reaches below y = 0 stands on its lowest joint."""
    height = skeleton.rest_pose()[0][:, 1]
    return float(max(height[legs].mean() - min(height.min(), 0.0), 1e-3))


def _relaxed_fingers(character: Character) -> dict[str, NDArray[np.float64]]:
    """Rotation of each finger bone against its parent, in the world axes of the T-pose, as a hand hangs at rest."""
    positions = character.skeleton.rest_pose()[0]
    down = np.array([0.0, -1.0, 0.0])
    curls = {}
    for side, outwards in (("left", 1.0), ("right", -1.0)):
        towards_palm = np.cross([outwards, 0.0, 0.0], down)
        for finger, angles in _CURL_DEG.items():
            for segment, angle in zip(("Proximal", "Intermediate", "Distal"), angles, strict=True):
                curls[f"{side}{finger}{segment}"] = quat_from_rotvec(towards_palm * np.radians(angle))
        thumb = [character.humanoid.get(f"{side}Thumb{segment}") for segment in ("Metacarpal", "Proximal", "Distal")]
        if thumb[0] is None or thumb[1] is None:
            continue
        along = positions[character.skeleton.index(thumb[1])] - positions[character.skeleton.index(thumb[0])]
        sink, close = normalize(np.cross(along, down)), normalize(np.cross(along, [outwards, 0.0, 0.0]))
        for segment, axis, angle in zip(("Metacarpal", "Proximal", "Distal"), (sink, close, close), _THUMB_CURL_DEG, strict=True):
            curls[f"{side}Thumb{segment}"] = quat_from_rotvec(axis * np.radians(angle))
    return curls
