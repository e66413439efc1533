"""Recorded skeletons whose zero pose is not a T-pose: what their joints' rotations would be in one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from posewright.character.tpose import t_pose
from posewright.geometry import normalize, quat_conjugate, quat_multiply
from posewright.skeletons import HUMANOID, HUMANOID_PARENTS, REQUIRED_BONES, Skeleton
from posewright.solve import SolveOptions, solve
from posewright.types import Camera, Motion, Poses3D

UP, LEFT = np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0])
LIMBS: dict[str, tuple[str, NDArray[np.float64]]] = {
    **{f"{side}{a}": (f"{side}{b}", sign * LEFT) for side, sign in (("left", 1.0), ("right", -1.0)) for a, b in (("UpperArm", "LowerArm"), ("LowerArm", "Hand"))},
    **{f"{side}{a}": (f"{side}{b}", -UP) for side in ("left", "right") for a, b in (("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot"))},
}
"""Bone: the joint where it ends, and where it points in a T-pose."""
_LEGS = [i for i, bone in enumerate(LIMBS, start=1) if "Leg" in bone]
T_POSE_DEG = 20.0
"""Limbs that lie further from a T-pose's make it another pose to programs that take it for one."""
STRAIGHT_DEG, SPREAD_DEG, SNAP_DEG = 5.0, 60.0, 35.0
EXACT = SolveOptions(smoothing_s=0.0, rotation_smoothing_s=0.0, symmetric=False, ground=False, centre=False)


def with_t_pose(motion: Motion) -> Motion:
    """The same movement, on a skeleton that rests in a T-pose.

    A skeleton with the humanoid's names that already does, or one with other names, is given back as it is. One that
    stands on its legs, whatever its arms do (an A-pose, CMU's straddled legs), is put in the T-pose as characters are.
    Where the zero pose is no pose of a body at all (bones laid along one axis), the clip itself must tell.
    """
    skeleton = motion.skeleton
    if not all(bone in skeleton for bone in REQUIRED_BONES):
        return motion
    if degrees_off(skeleton).max() < STRAIGHT_DEG:
        return motion
    if stands(skeleton):
        found = t_pose(skeleton, {joint: joint for joint in skeleton.joints if joint in HUMANOID_PARENTS})
        worlds = dict(zip(skeleton.joints, found, strict=True))
    else:
        worlds = _from_movement(motion)
    local = skeleton.rest_rotations.copy()
    rest = skeleton.rest_pose()[1]
    for i, (joint, parent) in enumerate(zip(skeleton.joints, skeleton.parents, strict=True)):
        above = quat_conjugate(rest[parent]) if parent >= 0 else np.array([0.0, 0.0, 0.0, 1.0])
        if joint in worlds:
            rest[i], local[i] = worlds[joint], quat_multiply(above, worlds[joint])
        elif parent >= 0:
            rest[i] = quat_multiply(rest[parent], local[i])
    return replace(motion, skeleton=replace(skeleton, rest_rotations=local))


def _directions(skeleton: Skeleton) -> NDArray[np.float64]:
    """Where the trunk and each of `LIMBS` point at rest, unit vectors (9, 3)."""
    positions, _ = skeleton.rest_pose()
    ends = [("hips", "head"), *((bone, end) for bone, (end, _) in LIMBS.items())]
    return normalize(np.array([positions[skeleton.index(end)] - positions[skeleton.index(bone)] for bone, end in ends]))


def degrees_off(skeleton: Skeleton) -> NDArray[np.float64]:
    """The angles between the trunk and each of `LIMBS` at rest and in a T-pose, (9,)."""
    cosines = np.sum(_directions(skeleton) * np.array([UP, *(direction for _, direction in LIMBS.values())]), axis=-1)
    return np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))


def stands(skeleton: Skeleton) -> bool:
    """Whether a skeleton with the humanoid's names rests upright on its legs, whatever its arms do."""
    return bool(degrees_off(skeleton)[[0, *_LEGS]].max() < SPREAD_DEG)


def _from_movement(motion: Motion) -> dict[str, NDArray[np.float64]]:
    """World rotation of the body's joints in the T-pose: what each keeps, on average, from its counterpart on the solved humanoid.

    Such rigs have joints whose axes lie along the world's in the T-pose: a rotation near one of those 24 is that one.
    """
    skeleton = motion.skeleton
    known = [joint for joint in HUMANOID.joints if joint in skeleton]
    xyz = np.full((len(motion), len(HUMANOID), 3), np.nan, dtype=np.float32)
    xyz[:, HUMANOID.indices(*known)] = motion.joint_positions()[:, [skeleton.index(joint) for joint in known]]
    confidence = np.where(np.isnan(xyz[..., 0]), 0.0, 1.0).astype(np.float32)
    poses = Poses3D(xyz, confidence, HUMANOID, motion.timestamps, "world", root_relative=False)
    solved = solve(poses, None, Camera((1, 1), (1.0, 1.0), (0.0, 0.0)), fps=motion.fps, options=EXACT)
    recorded, humanoid = motion.world_rotations(), solved.world_rotations()
    from scipy.spatial.transform import Rotation  # slow to import, and seldom needed

    square = Rotation.create_group("O")
    worlds = {}
    for joint in known:
        kept = quat_multiply(quat_conjugate(humanoid[:, solved.skeleton.index(joint)]), recorded[:, skeleton.index(joint)])
        mean = Rotation.from_quat(kept).mean()
        angles = (square * mean.inv()).magnitude()
        worlds[joint] = (square[int(angles.argmin())] if angles.min() < np.radians(SNAP_DEG) else mean).as_quat()
    return worlds
