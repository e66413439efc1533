"""Pelvis, spine and clavicles: the trunk's joint rotations that put hips and shoulders where they were seen.

Six numbers are seen of the shoulders (their positions against the pelvis) where the trunk has fifteen freedoms, so
the solution is the most probable one: Gauss-Newton on the positions with a Gaussian prior on each freedom, which
shares bend and twist over the spine's joints, and lets the clavicles take what a spine of fixed length cannot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posewright.geometry import Array, normalize, quat_from_matrix, quat_from_rotvec, quat_to_matrix, quat_to_rotvec
from posewright.skeletons import Skeleton
from posewright.solve.filters import BLOCK
from posewright.solve.fit import frame_from
from posewright.solve.targets import Targets

BONES = ("hips", "spine", "chest", "upperChest", "leftShoulder", "rightShoulder")
"""The bones solved here; three freedoms each, in this order."""
_PARENT = (-1, 0, 1, 2, 3, 3)
# Landmark: (bone whose head, or whose child's head, it is; the bones that move it are that child's ancestors).
_POINTS = {
    "left_hip": "leftUpperLeg",
    "right_hip": "rightUpperLeg",
    "left_shoulder": "leftUpperArm",
    "right_shoulder": "rightUpperArm",
    "hips_joint": "hips",
    "spine_joint": "spine",
    "chest_joint": "chest",
    "upper_chest_joint": "upperChest",
    "neck_joint": "neck",
    "left_clavicle": "leftShoulder",
    "right_clavicle": "rightShoulder",
}
# Standard deviations of the freedoms (x, y, z of each bone's own axes), radians. The pelvis is free; a clavicle
# protracts and lifts but hardly rolls.
_SIGMA_RAD = np.radians([[170.0] * 3, [10.0] * 3, [10.0] * 3, [10.0] * 3, [1.0, 12.0, 12.0], [1.0, 12.0, 12.0]])
LUMBAR_SHARE = 0.3
"""The spine bends forward by this share of what the thighs are lifted , low down (fitted on CMU motion)."""
HIP_NOISE = 0.2
"""Share of the noise that the hips are granted: they lie on one rigid bone, and legs that stand must not be pulled by the shoulders."""
ITERATIONS = 5


@dataclass(frozen=True)
class Trunk:
    """What the trunk's solution gives."""

    rotations: dict[str, Array]
    """Rotation matrices (T, 3, 3) by bone of `BONES`."""
    hips: Array
    """World position of the hips bone, (T, 3)."""


def solve_trunk(targets: Targets, skeleton: Skeleton, noise_m: float) -> Trunk:
    """The trunk's rotations in each frame, from the hips and shoulders and, where known, the humanoid's inner joints.

    `noise_m` is the standard deviation of trusted positions: an unsteady trunk length must not make the spine buckle.
    """
    points = [name for name in _POINTS if targets.has(name)]
    blocks = [_solve_block(targets.part(i, i + BLOCK), points, skeleton, noise_m) for i in range(0, len(targets), BLOCK)]
    rotations, hips = (np.concatenate(parts, axis=axis) for parts, axis in zip(zip(*blocks, strict=True), (1, 0), strict=True))
    return Trunk(dict(zip(BONES, rotations, strict=True)), hips)


def _solve_block(targets: Targets, points: list[str], skeleton: Skeleton, noise_m: float) -> tuple[Array, Array]:
    """World rotations (6, T, 3, 3) of the trunk's bones and positions (T, 3) of the hips bone for some frames, seen by `points`."""
    origin = targets.middle("hip")
    observed = np.stack([targets.at(name) - origin for name in points], axis=1)
    trust = np.stack([targets.trust(name) for name in points], axis=1)
    trust = np.where(np.isfinite(observed).all(-1), trust, 0.0)
    observed = np.nan_to_num(observed)
    share = np.array([HIP_NOISE if name.endswith("_hip") else 1.0 for name in points])
    noise = np.repeat((noise_m * share / np.maximum(trust, 1e-3)) ** 2, 3, axis=1)

    rotations = _first_guess(targets, skeleton)
    expected = np.zeros((len(origin), 3 * len(BONES)))
    expected[:, 3] = LUMBAR_SHARE * _hip_flexion(targets, rotations[0])
    for _ in range(ITERATIONS):
        worlds, heads = _forward(rotations, skeleton)
        predicted, jacobian = _linearise(points, worlds, heads, skeleton)
        current = np.stack([quat_to_rotvec(quat_from_matrix(r)) for r in rotations], axis=1).reshape(len(origin), -1)
        current[:, :3] = 0.0
        step = _map_step(jacobian, (observed - predicted).reshape(len(origin), -1), noise, current - expected)
        rotations = [r @ quat_to_matrix(quat_from_rotvec(step[:, 3 * i : 3 * i + 3])) for i, r in enumerate(rotations)]
    worlds, heads = _forward(rotations, skeleton)
    return np.stack(worlds), heads[0] + origin


def _map_step(jacobian: Array, residual: Array, noise: Array, current: Array) -> Array:
    """The step (T, F) to the most probable freedoms: Gauss-Newton with a Gaussian prior, in its dual form (fewer rows than freedoms).

    Args:
        jacobian: (T, R, F).
        residual: observed minus predicted, (T, R).
        noise: variances of the residuals, (T, R).
        current: freedoms now less the prior's mean, (T, F).
    """
    spread = jacobian * (_SIGMA_RAD**2).ravel()
    gram = spread @ jacobian.transpose(0, 2, 1)
    rows = np.arange(gram.shape[1])
    gram[:, rows, rows] += noise
    aim = residual + (jacobian @ current[..., None])[..., 0]
    return (spread.transpose(0, 2, 1) @ np.linalg.solve(gram, aim[..., None]))[..., 0] - current


def _first_guess(targets: Targets, skeleton: Skeleton) -> list[Array]:
    """Local rotation matrices: the pelvis on the hip line, the chest on the shoulder line, the turn between them shared by the spine."""
    rest, _ = skeleton.rest_pose()
    hips, shoulders = (0.5 * (rest[skeleton.index("left" + bone)] + rest[skeleton.index("right" + bone)]) for bone in ("UpperLeg", "UpperArm"))
    at_rest = frame_from(np.array([1.0, 0.0, 0.0]), shoulders - hips).T
    up = normalize(targets.middle("shoulder") - targets.middle("hip"))
    pelvis = frame_from(targets.at("left_hip") - targets.at("right_hip"), up) @ at_rest
    chest = frame_from(targets.at("left_shoulder") - targets.at("right_shoulder"), up) @ at_rest
    third = quat_to_matrix(quat_from_rotvec(quat_to_rotvec(quat_from_matrix(pelvis.transpose(0, 2, 1) @ chest)) / 3.0))
    still = np.tile(np.eye(3), (len(up), 1, 1))
    return [pelvis, third, third, third, still, still]


def _hip_flexion(targets: Targets, pelvis: Array) -> Array:
    """How far the thighs are lifted forwards against the pelvis (T, 3, 3), mean of both, radians (T,)."""
    thigh = normalize(targets.at("left_knee") - targets.at("left_hip")) + normalize(targets.at("right_knee") - targets.at("right_hip"))
    local = np.einsum("tij,ti->tj", pelvis, thigh)
    # Thighs that point apart or up say little: their sum in the sagittal plane is short, and fades out.
    return np.clip(np.arctan2(local[:, 2], np.maximum(-local[:, 1], 0.3)), -0.5, 2.0)


def _forward(rotations: list[Array], skeleton: Skeleton) -> tuple[list[Array], list[Array]]:
    """World rotations (T, 3, 3) and heads (T, 3) of the trunk's bones; the origin is the mid-point of the hips."""
    offsets = skeleton.rest_offsets
    middle = 0.5 * (offsets[skeleton.index("leftUpperLeg")] + offsets[skeleton.index("rightUpperLeg")])
    worlds, heads = [rotations[0]], [-(rotations[0] @ middle)]
    for bone, parent, rotation in zip(BONES[1:], _PARENT[1:], rotations[1:], strict=True):
        heads.append(heads[parent] + worlds[parent] @ offsets[skeleton.index(bone)])
        worlds.append(worlds[parent] @ rotation)
    return worlds, heads


def _linearise(points: list[str], worlds: list[Array], heads: list[Array], skeleton: Skeleton) -> tuple[Array, Array]:
    """Positions (T, P, 3) of the points and their derivatives (T, 3P, F) by turns of each bone about its own axes."""
    frames = len(heads[0])
    predicted = np.empty((frames, len(points), 3))
    jacobian = np.zeros((frames, len(points), 3, 3 * len(BONES)))
    for i, point in enumerate(points):
        bone = _POINTS[point]
        if bone == "hips":
            carrier, predicted[:, i] = 0, heads[0]
        else:
            carrier = BONES.index(skeleton.joints[skeleton.parents[skeleton.index(bone)]])
            predicted[:, i] = heads[carrier] + worlds[carrier] @ skeleton.rest_offsets[skeleton.index(bone)]
        pivot = np.zeros(3)  # the pelvis turns about the mid-point of the hips
        while carrier >= 0:
            pivot = heads[carrier] if carrier else np.zeros(3)
            jacobian[:, i, :, 3 * carrier : 3 * carrier + 3] = np.cross(worlds[carrier], (predicted[:, i] - pivot)[:, :, None], axis=1)
            carrier = _PARENT[carrier]
    return predicted, jacobian.reshape(frames, -1, 3 * len(BONES))
