"""Landmarks to the local rotations of the humanoid, all frames at once."""

from __future__ import annotations

import numpy as np

from posewright.geometry import Array, normalize, quat_continuous, quat_from_matrix
from posewright.skeletons import Skeleton
from posewright.solve.extremities import solve_foot, solve_hand, solve_head, solve_neck
from posewright.solve.fit import local_rotations
from posewright.solve.limbs import ELBOW, KNEE, solve_hinge
from posewright.solve.targets import SIDES, Targets
from posewright.solve.trunk import solve_trunk

FOOT_HINT = 0.5
"""How much the foot's direction counts against the pelvis's when a straight leg does not show where its knee points."""


def solve_rotations(targets: Targets, skeleton: Skeleton, fps: float, noise_m: float) -> tuple[Array, Array]:
    """Local rotations (T, J, 4) and the world position of the hips (T, 3), in the targets' axes and origin.

    The targets are at the even rate `fps` and free of gaps; a landmark may be missing altogether. `noise_m` is the
    standard deviation of their positions.
    """
    trunk = solve_trunk(targets, skeleton, noise_m)
    worlds = np.empty((len(targets), len(skeleton), 4))
    bones = {bone: quat_from_matrix(matrix) for bone, matrix in trunk.rotations.items()}
    bones["head"] = solve_head(targets, bones["upperChest"])
    bones["neck"] = solve_neck(targets, skeleton, bones["upperChest"], bones["head"])
    for side in SIDES:
        upper, lower = _direction(targets, side, "shoulder", "elbow"), _direction(targets, side, "elbow", "wrist")
        arm, forearm = solve_hinge(ELBOW, side, bones["upperChest"], upper, lower, None, 0.0, fps)
        bones[f"{side}UpperArm"] = arm
        bones[f"{side}LowerArm"], bones[f"{side}Hand"] = solve_hand(targets, side, forearm)

        upper, lower = _direction(targets, side, "hip", "knee"), _direction(targets, side, "knee", "ankle")
        back = targets.at(f"{side}_ankle") - targets.at(f"{side}_{'ball' if targets.has(f'{side}_ball') else 'toe'}")
        leg, shin = solve_hinge(KNEE, side, bones["hips"], upper, lower, back, FOOT_HINT, fps)
        bones[f"{side}UpperLeg"], bones[f"{side}LowerLeg"] = leg, shin
        bones[f"{side}Foot"], bones[f"{side}Toes"] = solve_foot(targets, skeleton, side, shin)
    for i, joint in enumerate(skeleton.joints):
        worlds[:, i] = bones[joint]
    locals_ = quat_continuous(local_rotations(worlds, skeleton.parents))
    return np.where(locals_[:1, :, 3:] < 0, -1.0, 1.0) * locals_, trunk.hips


def _direction(targets: Targets, side: str, start: str, end: str) -> Array:
    return normalize(targets.at(f"{side}_{end}") - targets.at(f"{side}_{start}"))
