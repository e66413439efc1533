"""Any motion as the humanoid's: bones of VRM's names alone, T-pose and identity rotations at rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from posewright.errors import UsageError
from posewright.formats.names import with_humanoid_bones
from posewright.formats.rest import T_POSE_DEG, degrees_off, with_t_pose
from posewright.geometry import IDENTITY, quat_conjugate, quat_multiply
from posewright.skeletons import HUMANOID_PARENTS, REQUIRED_BONES, Skeleton
from posewright.types import Character, Motion


def named_as_humanoid(motion: Motion, character: Character | None = None) -> Motion:
    """The motion with its joints called as the humanoid's bones: by the character's map if it is on its skeleton, otherwise by names that are known, or by its shape."""
    skeleton = motion.skeleton
    if character is None or character.skeleton.joints != skeleton.joints:
        return replace(motion, skeleton=with_humanoid_bones(skeleton))
    names = {joint: bone for bone, joint in character.humanoid.items()}
    taken = {*names.values()}
    others = {joint: f"{joint}_" for joint in skeleton.joints if joint not in names and joint in taken}
    return replace(motion, skeleton=skeleton.renamed(names | others))


def humanoid_motion(motion: Motion, character: Character | None = None) -> Motion:
    """The movement of the humanoid's bones, each in the frame of the nearest such bone above it, turned away from the T-pose.

    What bones between them do (twist bones, further vertebrae) is taken up in the rotations. A character that rests nearly
    in a T-pose is taken to rest in it, as programs that play VRM do.

    Args:
        motion: on any skeleton with names that are known, or on the character's.
        character: whose map tells which bone is which.

    Raises:
        UsageError: bones that VRM demands are missing, or they cannot be told.
    """
    known = named_as_humanoid(motion, character)
    if missing := [bone for bone in HUMANOID_PARENTS if bone in REQUIRED_BONES and bone not in known.skeleton]:
        raise UsageError(f"motion '{motion.name}' has no {', '.join(missing)}, or by no name that is known; VRM demands them. Its joints: {', '.join(motion.skeleton.joints)}")
    on_rig = character is not None and character.skeleton.joints == motion.skeleton.joints
    if not on_rig or degrees_off(known.skeleton).max() > T_POSE_DEG:
        known = with_t_pose(known)
    skeleton = known.skeleton
    bones = tuple(bone for bone in HUMANOID_PARENTS if bone in skeleton)
    columns = [skeleton.index(bone) for bone in bones]
    parents = tuple(_above(bone, bones) for bone in bones)
    rest, rest_turn = skeleton.rest_pose()
    positions, worlds = skeleton.forward(known.rotations, known.root_translation)
    turned = quat_multiply(worlds[:, columns], quat_conjugate(rest_turn[columns]))
    rotations = turned.copy()
    rotations[:, 1:] = quat_multiply(quat_conjugate(turned[:, list(parents[1:])]), turned[:, 1:])
    offsets = rest[columns].copy()
    offsets[1:] -= rest[columns][list(parents[1:])]
    bare = Skeleton(bones, parents, offsets, np.tile(IDENTITY, (len(bones), 1)))
    return replace(known, skeleton=bare, rotations=rotations, root_translation=positions[:, columns[0]])


def _above(bone: str, bones: tuple[str, ...]) -> int:
    """Index among `bones` of the nearest ancestor of `bone` on the humanoid, -1 for none."""
    parent = HUMANOID_PARENTS[bone]
    while parent is not None and parent not in bones:
        parent = HUMANOID_PARENTS[parent]
    return -1 if parent is None else bones.index(parent)
